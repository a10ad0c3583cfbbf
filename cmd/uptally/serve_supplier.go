package main

import (
	"fmt"
	"path/filepath"
	"time"

	"github.com/uptally/uptally/api/appeal"
	"github.com/uptally/uptally/api/wallets"
	"github.com/uptally/uptally/api/webhook"
	"github.com/uptally/uptally/ledger/distribution/wallet"
)

// supplierFlags are those of what suppliers do themselves.
type supplierFlags struct {
	domainFlag
	WalletHold      time.Duration `env:"UPTALLY_WALLET_HOLD" default:"72h" help:"How long a wallet that a supplier proves waits before it counts."`
	AppealWithin    int           `default:"30" placeholder:"DAYS" env:"UPTALLY_APPEAL_WITHIN" help:"How long after a seal its outcomes can be appealed against."`
	AppealAnswer    int           `default:"14" placeholder:"DAYS" env:"UPTALLY_APPEAL_ANSWER" help:"How long the rewards team has to answer."`
	WebhookKey      string        `placeholder:"FILE" env:"UPTALLY_WEBHOOK_KEY_FILE" help:"Key that the secrets of webhooks follow from; or the key itself in UPTALLY_WEBHOOK_KEY. On the embedded database it is made; elsewhere there are no webhooks without one."`
	WebhookLoopback bool          `help:"Let webhooks lead to this machine, without TLS too: on the embedded database only."`
}

// terms are what appeals are raised on.
func (f supplierFlags) terms() (appeal.Terms, error) {
	terms := appeal.Terms{Within: f.AppealWithin, Answer: f.AppealAnswer}
	if err := terms.Validate(); err != nil {
		return terms, usage("--appeal-within, --appeal-answer: %w", err)
	}
	return terms, nil
}

// wallets are what wallets are proved on.
func (f supplierFlags) wallets() (wallets.Options, error) {
	if f.WalletHold < 0 || f.WalletHold > wallet.HoldMax {
		return wallets.Options{}, usage("--wallet-hold %s: give 0 to 90 days, such as 72h", f.WalletHold)
	}
	return wallets.Options{Domain: f.Domain, Hold: f.WalletHold}, nil
}

// webhooks returns what suppliers' endpoints are told by, nil without a key. A secret
// is never an argument: others can read those.
func (f supplierFlags) webhooks(a *app, db *database) (*webhook.Sender, error) {
	if f.WebhookLoopback && db.embedded == nil {
		return nil, fmt.Errorf("%w: --webhook-loopback is for the embedded database: anywhere else it lets suppliers call what listens here", errNotAllowed)
	}
	text, _ := a.lookup("UPTALLY_WEBHOOK_KEY")
	var key webhook.Key
	var err error
	switch {
	case f.WebhookKey != "":
		key, err = webhook.LoadKey(f.WebhookKey)
	case text != "":
		if key, err = webhook.ParseKey(text); err != nil {
			err = fmt.Errorf("UPTALLY_WEBHOOK_KEY: %w", err)
		}
	case db.embedded != nil:
		key, err = webhook.EnsureKey(filepath.Join(a.Data, "webhook.key"))
	default:
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return webhook.New(webhook.Config{Key: key, Loopback: f.WebhookLoopback}), nil
}
