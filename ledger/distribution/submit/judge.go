package submit

import (
	"github.com/uptally/uptally/ledger/distribution/solana"
)

// attempt is one message that was made ready to be sent, and has no end yet.
type attempt struct {
	id           int64
	distribution string // "d1"
	batch        int
	memo         string
	message      []byte
	blockhash    string     // or the nonce's value
	nonce        solana.Key // zero: it lives by its blockhash
	lastValid    uint64     // block height; 0 with a nonce
	replaces     int64      // the attempt on the same nonce value whose place it takes; 0: none
	signature    solana.Signature
	transaction  []byte // signed; nil: it is handed out
}

func (a attempt) isSigned() bool { return a.transaction != nil }

func (a attempt) onNonce() bool { return !a.nonce.IsZero() }

// sight is what the chain says of one attempt, asked in the order of the fields:
// what comes later was asked of a chain that knew what came before.
type sight struct {
	over   bool          // the finalized height is past its last valid one, or its nonce moved on
	status solana.Status // of its signature, with history search; zero if it was not signed by us
	asked  bool          // whether the history was asked
	paid   []payment     // finalized transactions that carry its memo and moved tokens out of the treasury
}

// fate is what follows for an attempt.
type fate int

const (
	mayLand   fate = iota // unknown as yet: nothing is signed in its place
	landed                // finalized, by its own signature
	failed                // finalized with an error: it moved nothing
	elsewhere             // it cannot land itself, but its memo did: by another signature
	expired               // it cannot land, and nothing with its memo did
)

// judge is the rule that no payout is paid twice by. An attempt is given up only
// if all three hold: it is over, its signature is unknown, and no transaction that
// was paid carries its memo. Until each was asked, it may land.
func judge(s sight) fate {
	switch {
	case s.status.Found && !s.status.Finalized:
		return mayLand
	case s.status.Found && s.status.Failed != "":
		return failed
	case s.status.Found:
		return landed
	case !s.over || !s.asked:
		return mayLand
	case len(s.paid) > 0:
		return elsewhere
	}
	return expired
}
