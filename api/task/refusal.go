package task

import (
	"errors"

	"github.com/uptally/uptally/ledger"
	"github.com/uptally/uptally/ledger/distribution"
	"github.com/uptally/uptally/ledger/distribution/settle"
	"github.com/uptally/uptally/ledger/distribution/solana"
	"github.com/uptally/uptally/ledger/distribution/submit"
	"github.com/uptally/uptally/ledger/distribution/wallet"
)

// ErrNoNode means that what is asked for takes a node, and none is configured.
var ErrNoNode = errors.New("no Solana RPC node is configured")

// What is told of an error that is no refusal.
const (
	internal     = "internal"
	internalText = "The work failed for a reason of our own, after several tries; nothing is lost, and the log has it. Ask again, or ask an operator."
)

// Refusals are the errors that end a task, with the kind that each is told by: the
// same as that of an HTTP answer. The first that applies counts.
var Refusals = []struct {
	Err  error
	Kind string
}{
	{ErrNoNode, "no-node"},
	{distribution.ErrUnknown, "unknown-distribution"},
	{distribution.ErrNothingToPay, "nothing-to-pay"},
	{distribution.ErrSelfApproval, "self-approval"},
	{distribution.ErrNotApproved, "not-approved"},
	{distribution.ErrCorrupt, "corrupt-files"},
	{distribution.ErrRail, "another-rail"},
	{distribution.ErrCancelled, "distribution-cancelled"},
	{distribution.ErrMayLand, "may-still-be-paid"},
	{distribution.ErrAside, "payouts-aside"},
	{distribution.ErrConflict, "conflict"},
	{distribution.ErrInvalid, "invalid-request"},
	{settle.ErrNotReceipts, "not-receipts"},
	{settle.ErrMisfit, "does-not-fit"},
	{settle.ErrNoPayer, "no-payer"},
	{submit.ErrMisfit, "does-not-fit"},
	{solana.ErrSource, "not-a-source"},
	{solana.ErrTransfer, "cannot-be-paid"},
	{solana.ErrTooLarge, "cannot-be-paid"},
	{ledger.ErrConflict, "conflict"},
	{ledger.ErrInsufficient, "insufficient-balance"},
	{wallet.ErrTable, "not-a-table-of-proofs"},
	{wallet.ErrHold, "invalid-hold"},
	{wallet.ErrOnChain, "no-wallet-on-chain"},
	{wallet.ErrUsed, "proof-used"},
	{wallet.ErrExpired, "proof-expired"},
	{wallet.ErrSignature, "wrong-signature"},
	{wallet.ErrSignatureSyntax, "wrong-signature"},
	{wallet.ErrWallet, "not-a-wallet"},
	{wallet.ErrText, "not-a-challenge-text"},
	{wallet.ErrAnother, "not-a-challenge-text"},
	{wallet.ErrTwice, "given-twice"},
}

// refusalOf says what an error is told by, and whether it is a refusal.
func refusalOf(err error) (kind, why string, refused bool) {
	if rows, bad := errors.AsType[*wallet.BadRows](err); bad {
		return "bad-rows", rows.Error(), true
	}
	for _, r := range Refusals {
		if errors.Is(err, r.Err) {
			return r.Kind, err.Error(), true
		}
	}
	return internal, internalText, false
}
