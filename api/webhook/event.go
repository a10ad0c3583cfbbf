package webhook

import (
	"encoding/json"
	"time"

	"github.com/google/uuid"
)

// Kind says what happened.
type Kind string

// The kinds. An endpoint asks for any of them but the last.
const (
	SeasonSealed   Kind = "season.sealed"
	PayoutPaid     Kind = "payout.paid"
	DeviceFlagged  Kind = "device.flagged"
	WalletChanged  Kind = "wallet.changed"
	AppealAnswered Kind = "appeal.answered"
	Test           Kind = "webhook.test" // the supplier asked for it
)

// Kinds returns those that an endpoint can ask for.
func Kinds() []Kind {
	return []Kind{SeasonSealed, PayoutPaid, DeviceFlagged, WalletChanged, AppealAnswered}
}

// Body is what is posted.
type Body struct {
	Type      Kind            `json:"type"`
	Timestamp time.Time       `json:"timestamp"` // when it happened
	Data      json.RawMessage `json:"data"`      // one of the types below
}

// SeasonSealedData is the data of season.sealed: amounts of a revision are final.
type SeasonSealedData struct {
	Season   string `json:"season" example:"ignition-s1" doc:"The season."`
	Revision int    `json:"revision" example:"1" doc:"The revision that was sealed."`
}

// PayoutPaidData is the data of payout.paid.
type PayoutPaidData struct {
	Payout    string `json:"payout" example:"d1-42" doc:"The payout."`
	Wallet    string `json:"wallet" doc:"Solana address that it went to."`
	Amount    Amount `json:"amount"`
	Signature string `json:"signature" doc:"Of the transaction that paid it."`
}

// Amount is an amount of a token, as everywhere in the API.
type Amount struct {
	Amount   string `json:"amount" example:"125000000" doc:"Base units, an integer."`
	Decimals int    `json:"decimals" example:"8" doc:"amount / 10^decimals tokens."`
}

// DeviceFlaggedData is the data of device.flagged: a verdict says that the device is
// not the GPU that it claims to be.
type DeviceFlaggedData struct {
	DeviceID    uuid.UUID `json:"device_id" format:"uuid" doc:"The device."`
	EffectiveAt time.Time `json:"effective_at" doc:"From when the verdict holds."`
}

// WalletChangedData is the data of wallet.changed.
type WalletChangedData struct {
	Change     string     `json:"change" enum:"pending,activated,frozen,released" doc:"What happened."`
	Wallet     *string    `json:"wallet" doc:"Solana address; null if it is of all wallets."`
	ActiveFrom *time.Time `json:"active_from" doc:"From when it counts; null if it does not apply."`
}

// AppealAnsweredData is the data of appeal.answered.
type AppealAnsweredData struct {
	Appeal  uuid.UUID `json:"appeal" format:"uuid" doc:"The appeal."`
	Outcome string    `json:"outcome" enum:"accepted,refused" doc:"What was answered."`
}

// TestData is the data of webhook.test.
type TestData struct {
	Webhook uuid.UUID `json:"webhook" format:"uuid" doc:"The endpoint."`
}

// bodyOf writes what is posted.
func bodyOf(kind Kind, at time.Time, data []byte) ([]byte, error) {
	return json.Marshal(Body{Type: kind, Timestamp: at.UTC(), Data: data})
}
