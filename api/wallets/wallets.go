package wallets

import (
	"context"
	"net/http"
	"strconv"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/uptally/uptally/api/auth"
	"github.com/uptally/uptally/api/wire"
	"github.com/uptally/uptally/ledger/distribution/wallet"
)

// Options are what wallets are proved on.
type Options struct {
	Domain  string        // which installation asks; see wallet.Text
	Hold    time.Duration // before a new wallet counts; see wallet.HoldDefault
	Expires time.Duration // how long a text is good for; 0: ExpiresDefault
}

// DefaultOptions are those of an installation without a name of its own.
var DefaultOptions = Options{Domain: "uptally", Hold: wallet.HoldDefault, Expires: ExpiresDefault}

// ExpiresDefault is how long a text is good for, unless the options say otherwise.
const ExpiresDefault = 30 * time.Minute

// Register adds the operations of suppliers on their wallets. No options at all are
// DefaultOptions.
func Register(s *wire.Service, o Options) {
	if o == (Options{}) {
		o = DefaultOptions
	}
	if o.Expires == 0 {
		o.Expires = ExpiresDefault
	}
	registerList(s)
	registerChallenges(s, o)
	registerProofs(s, o)
	registerFreeze(s)
}

// Wallet is a supplier's wallet as it stands.
type Wallet struct {
	Address    string     `json:"address" example:"7Np41oeYqPefeNQEHSv1UDhYrehxin3NStELsSKCT4K2" doc:"Solana address, base58."`
	State      string     `json:"state" enum:"pending,active,frozen,unproven" doc:"pending: its hold is not over. active: what is paid goes there. frozen: nothing is paid. unproven: it was recorded before proofs were asked for, and is not paid."`
	How        string     `json:"how" enum:"challenge,text,allowance,nothing" doc:"How it was shown to be yours."`
	ActiveFrom *time.Time `json:"active_from,omitempty" doc:"From when it counts; absent if it never does."`
	RecordedAt time.Time  `json:"recorded_at" doc:"When it was shown to be yours."`
}

// Standing is where a supplier is paid.
type Standing struct {
	Frozen bool     `json:"frozen" doc:"Whether nothing is paid at present, to whatever wallet."`
	Items  []Wallet `json:"items" nullable:"false" doc:"The wallet that counts, then the one whose hold is not over."`
}

type standingOutput struct{ Body Standing }

// Event is what happened to a supplier's wallets.
type Event struct {
	Event      string     `json:"event" enum:"recorded,proved,pending,activated,frozen,release_asked,released,allow_asked,allowed" doc:"What happened."`
	Address    string     `json:"address,omitempty" doc:"The wallet; absent if it is of all of them."`
	ActiveFrom *time.Time `json:"active_from,omitempty" doc:"From when it counts."`
	At         time.Time  `json:"at" doc:"When it happened."`

	supplier uuid.UUID
	id       int64
}

type historyOutput struct{ Body wire.Page[Event] }

func registerList(s *wire.Service) {
	wire.Own(s, huma.Operation{
		OperationID: "list-wallets", Method: http.MethodGet, Path: "/v1/wallets", Tags: []string{"Supplier"},
		Summary: "List my wallets", Description: "Where you are paid, and the wallet that waits until its hold is over.",
	}, func(ctx context.Context, r wire.Reader, me auth.Caller, _ *struct{}) (*standingOutput, error) {
		standing, err := standingOf(ctx, r, me)
		return &standingOutput{standing}, err
	})
	wire.Own(s, huma.Operation{
		OperationID: "list-wallet-events", Method: http.MethodGet, Path: "/v1/wallets/history", Tags: []string{"Supplier"},
		Summary: "List what happened to my wallets", Description: "The newest first: proofs, holds, freezes and releases.",
	}, func(ctx context.Context, r wire.Reader, me auth.Caller, in *wire.Paging) (*historyOutput, error) {
		before, err := eventCursor(in.Cursor)
		if err != nil {
			return nil, err
		}
		var events []Event
		batch := &pgx.Batch{}
		queueEvents(batch, before, in.Limit+1, &events)
		if err := r.Ask(ctx, batch); err != nil {
			return nil, err
		}
		return &historyOutput{wire.PageOf(mine(me, events), in.Limit, func(last Event) string {
			return wire.Cursor(strconv.FormatInt(last.id, 10))
		})}, nil
	})
}

// eventCursor returns the event that the page comes before, the last of all if it is
// the first page.
func eventCursor(cursor string) (before int64, err error) {
	parts, err := wire.ParseCursor(cursor, 1)
	if err != nil || parts == nil {
		return 1<<63 - 1, err
	}
	if before, err = strconv.ParseInt(parts[0], 10, 64); err != nil {
		return 0, wire.BadCursor
	}
	return before, nil
}

// mine drops what is another's.
func mine(me auth.Caller, events []Event) []Event {
	kept := make([]Event, 0, len(events))
	for _, e := range events {
		if wire.Mine(me, e.supplier) {
			kept = append(kept, e)
		}
	}
	return kept
}

// standingOf returns how the caller's wallets stand.
func standingOf(ctx context.Context, r wire.Reader, me auth.Caller) (Standing, error) {
	var rows []standingRow
	batch := &pgx.Batch{}
	queueStanding(batch, &rows)
	if err := r.Ask(ctx, batch); err != nil {
		return Standing{}, err
	}
	standing := Standing{Items: []Wallet{}}
	for _, row := range rows {
		if !wire.Mine(me, row.supplier) {
			continue
		}
		standing.Frozen = standing.Frozen || row.frozen
		if row.address != "" {
			standing.Items = append(standing.Items, row.wallet())
		}
	}
	return standing, nil
}

// standingRow is a wallet as the database has it; of a supplier who is frozen and has
// none, the address is empty.
type standingRow struct {
	supplier   uuid.UUID
	address    string
	frozen     bool
	pending    bool
	how        wallet.How
	activeFrom *time.Time
	recordedAt *time.Time
}

func (r *standingRow) wallet() Wallet {
	w := Wallet{Address: r.address, How: string(r.how), State: string(wallet.Active)}
	switch {
	case r.frozen:
		w.State = string(wallet.Frozen)
	case r.pending:
		w.State = string(wallet.Pending)
	case r.how == wallet.ByNothing:
		w.State = string(wallet.Unproven)
	}
	if r.activeFrom != nil {
		w.ActiveFrom = new(r.activeFrom.UTC())
	}
	if r.recordedAt != nil {
		w.RecordedAt = r.recordedAt.UTC()
	}
	return w
}
