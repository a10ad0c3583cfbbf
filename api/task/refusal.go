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

// Refusal is an error that ends a task, and the kind that it is told by.
type Refusal struct {
	Err  error
	Kind string // that of the same error's answer over HTTP
}

// Refusals are all of them. The first that applies counts.
var Refusals = []Refusal{
	{ErrNoNode, "no-node"},
	{distribution.ErrInvalid, "invalid-request"},
	{settle.ErrNotReceipts, "invalid-request"},
	{settle.ErrNoPayer, "invalid-request"},
	{solana.ErrSource, "invalid-request"},
	{solana.ErrTransfer, "invalid-request"},
	{solana.ErrTooLarge, "invalid-request"},
	{wallet.ErrTable, "invalid-request"},
	{wallet.ErrHold, "invalid-request"},
	{wallet.ErrSignatureSyntax, "invalid-request"},
	{distribution.ErrUnknown, "not-found"},
	{distribution.ErrSelfApproval, "own-work"},
	{wallet.ErrSignature, "not-allowed"},
	{distribution.ErrConflict, "conflict"},
	{distribution.ErrNotApproved, "conflict"},
	{distribution.ErrRail, "conflict"},
	{distribution.ErrCancelled, "conflict"},
	{distribution.ErrMayLand, "conflict"},
	{distribution.ErrAside, "conflict"},
	{ledger.ErrConflict, "conflict"},
	{wallet.ErrUsed, "conflict"},
	{wallet.ErrExpired, "conflict"},
	{distribution.ErrNothingToPay, "guard"},
	{settle.ErrMisfit, "guard"},
	{submit.ErrMisfit, "guard"},
	{ledger.ErrInsufficient, "guard"},
	{wallet.ErrOnChain, "guard"},
	{distribution.ErrCorrupt, "corrupt"},
	{wallet.ErrWallet, "invalid-request"}, // last, as what stands above may be why
	{wallet.ErrText, "invalid-request"},
	{wallet.ErrAnother, "invalid-request"},
	{wallet.ErrTwice, "invalid-request"},
}

// refusalOf says what an error is told by, and whether it is a refusal.
func refusalOf(err error) (kind, why string, refused bool) {
	if rows, bad := errors.AsType[*wallet.BadRows](err); bad {
		return "invalid-request", rows.Error(), true
	}
	for _, r := range Refusals {
		if errors.Is(err, r.Err) {
			return r.Kind, err.Error(), true
		}
	}
	return internal, internalText, false
}
