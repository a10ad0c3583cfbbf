package task

import (
	"fmt"

	solanago "github.com/gagliardetto/solana-go"
	"github.com/google/uuid"

	"github.com/uptally/uptally/ledger"
	"github.com/uptally/uptally/ledger/distribution"
	"github.com/uptally/uptally/ledger/distribution/settle"
	"github.com/uptally/uptally/ledger/distribution/solana"
)

// Arguments are what a task is asked for with. Each kind reads its own.
type Arguments struct {
	Distribution string `json:"distribution,omitempty"` // such as "d1": approve_cancel, settle_…

	// Of preview and prepare.
	Reason  string            `json:"reason,omitempty"`
	Rail    distribution.Rail `json:"rail,omitempty"`
	Minimum *ledger.Amount    `json:"minimum,omitempty"`
	Source  *Source           `json:"source,omitempty"` // on the rail transactions
	Expect  *Expect           `json:"expect,omitempty"`

	// Of settle_….
	Format  string          `json:"format,omitempty"` // of the input: solana-tokens, uptally or trees
	Funding *settle.Funding `json:"funding,omitempty"`
	DryRun  bool            `json:"dry_run,omitempty"` // post nothing

	Supplier *uuid.UUID `json:"supplier,omitempty"` // reconcile_chain: of one

	HoldHours int `json:"hold_hours,omitempty"` // import_wallets
}

// Expect is what a preview showed. A preparation that comes to anything else is refused.
type Expect struct {
	Payees int64         `json:"payees"`
	Total  ledger.Amount `json:"total"`
}

// Source names what pays, in base58, on the rail transactions. What is left out is
// what the command line takes: the treasury's associated account, and the treasury or
// its first member as fee payer.
type Source struct {
	Mint         string   `json:"mint,omitempty"`
	Treasury     string   `json:"treasury"`
	TokenAccount string   `json:"token_account,omitempty"`
	FeePayer     string   `json:"fee_payer,omitempty"`
	Members      []string `json:"members,omitempty"`
	Nonces       []string `json:"nonces,omitempty"`
}

// MintDefault is IO's on the main network.
const MintDefault = "BZLbGTNCSFfoth2GYDtwr7e4imWzpR5jqcUuGEwr646K"

// Request makes of the arguments of preview and prepare what the distribution is asked
// for, in a person's name and under a key. The error is distribution.ErrInvalid.
func (a Arguments) Request(key string, person int64) (distribution.Request, error) {
	r := distribution.Request{Key: key, Actor: person, Reason: a.Reason, Minimum: a.Minimum, Rail: a.Rail}
	if a.Source != nil {
		source, nonces, err := a.Source.resolve()
		if err != nil {
			return r, err
		}
		r.Source, r.Nonces = &source, nonces
	}
	return r, r.Check()
}

func (s Source) resolve() (source solana.Source, nonces []solana.Key, err error) {
	source.Decimals = ledger.DecimalPlaces
	read := func(field, text string) (key solana.Key) {
		if err == nil {
			key, err = address(field, text)
		}
		return key
	}
	source.Mint = read("mint", orElse(s.Mint, MintDefault))
	source.Owner = read("treasury", s.Treasury)
	for _, member := range s.Members {
		source.Signers = append(source.Signers, read("members", member))
	}
	for _, nonce := range s.Nonces {
		nonces = append(nonces, read("nonces", nonce))
	}
	source.FeePayer = source.Owner
	if len(source.Signers) > 0 {
		source.FeePayer = source.Signers[0]
	}
	if s.FeePayer != "" {
		source.FeePayer = read("fee_payer", s.FeePayer)
	}
	if s.TokenAccount != "" {
		source.Account = read("token_account", s.TokenAccount)
	} else if err == nil {
		source.Account, err = solana.AssociatedAccount(source.Owner, source.Mint)
	}
	return source, nonces, err
}

func orElse(text, otherwise string) string {
	if text == "" {
		return otherwise
	}
	return text
}

func address(field, text string) (solana.Key, error) {
	key, err := solanago.PublicKeyFromBase58(text)
	if err != nil {
		return key, fmt.Errorf("%w: %s %q: give a Solana address, 32 to 44 characters of base58", distribution.ErrInvalid, field, text)
	}
	return key, nil
}
