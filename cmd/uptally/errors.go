package main

import (
	"errors"
	"fmt"

	"github.com/uptally/uptally/api/appeal"
	"github.com/uptally/uptally/api/audit"
	"github.com/uptally/uptally/api/auth"
	"github.com/uptally/uptally/api/auth/devissuer"
	"github.com/uptally/uptally/api/persons"
	"github.com/uptally/uptally/api/webhook"
	"github.com/uptally/uptally/ledger"
	"github.com/uptally/uptally/ledger/distribution"
	"github.com/uptally/uptally/ledger/distribution/merkle"
	"github.com/uptally/uptally/ledger/distribution/settle"
	"github.com/uptally/uptally/ledger/distribution/solana"
	"github.com/uptally/uptally/ledger/distribution/submit"
	"github.com/uptally/uptally/ledger/distribution/wallet"
	"github.com/uptally/uptally/migrations"
	"github.com/uptally/uptally/snapshot"
	"github.com/uptally/uptally/snapshot/evidence"
	"github.com/uptally/uptally/snapshot/incident"
	"github.com/uptally/uptally/uptime"
	"github.com/uptally/uptally/uptime/archive"
	"github.com/uptally/uptally/uptime/fakes"
	"github.com/uptally/uptally/uptime/reconcile"
)

// The exit codes.
const (
	exitDone = iota
	exitFailed
	exitUsage
	exitNotFound
	exitNotAllowed
	exitConflict
	exitGuard
)

// What goes wrong on the command line itself.
var (
	errUsage       = errors.New("usage")
	errNotAllowed  = errors.New("not allowed")
	errNotMigrated = errors.New("the database is not up to date")
	errIncomplete  = errors.New("not everything could be read")
	errFaulty      = errors.New("faults were found")
)

// exitCodes is what each error means to the shell. The first that applies counts;
// any other error is exitFailed, such as evidence.ErrDiffers, and a node that cannot be
// reached.
var exitCodes = []struct {
	err  error
	code int
}{
	{errUsage, exitUsage},
	{appeal.ErrTerms, exitUsage},
	{appeal.ErrText, exitUsage},
	{appeal.ErrLink, exitUsage},
	{webhook.ErrKey, exitUsage},
	{snapshot.ErrSeasonsDiffer, exitUsage},
	{fakes.ErrSpan, exitUsage},
	{uptime.ErrVerdictEntry, exitUsage},
	{ledger.ErrAmountSyntax, exitUsage},
	{ledger.ErrAmountRange, exitUsage},
	{ledger.ErrAccountSyntax, exitUsage},
	{ledger.ErrHeadSyntax, exitUsage},
	{ledger.ErrKey, exitUsage},
	{evidence.ErrNotBundle, exitUsage},
	{merkle.ErrMalformed, exitUsage},
	{incident.ErrEnd, exitUsage},
	{distribution.ErrInvalid, exitUsage},
	{wallet.ErrTerms, exitUsage},
	{wallet.ErrTable, exitUsage},
	{wallet.ErrHold, exitUsage},
	{wallet.ErrReason, exitUsage},
	{wallet.ErrSignatureSyntax, exitUsage},
	{solana.ErrURL, exitUsage},
	{solana.ErrSource, exitUsage},
	{auth.ErrConfig, exitUsage},
	{devissuer.ErrLifetime, exitUsage},
	{devissuer.ErrNotLoopback, exitUsage},
	{solana.ErrKeyFile, exitUsage},
	{solana.ErrSigner, exitUsage},
	{solana.ErrNonce, exitUsage},
	{solana.ErrTransfer, exitUsage},
	{solana.ErrTooLarge, exitUsage},
	{solana.ErrMessage, exitUsage},
	{solana.ErrFile, exitUsage},

	{submit.ErrKey, exitUsage},
	{submit.ErrPrice, exitUsage},
	{submit.ErrHandedOut, exitUsage},
	{settle.ErrNotReceipts, exitUsage},
	{settle.ErrNoPayer, exitUsage},

	{appeal.ErrUnknown, exitNotFound},
	{snapshot.ErrNotFound, exitNotFound},
	{snapshot.ErrNoSeason, exitNotFound},
	{fakes.ErrUnobserved, exitNotFound},
	{uptime.ErrUnknownDevice, exitNotFound},
	{uptime.ErrUnknownReopening, exitNotFound},
	{archive.ErrUnknown, exitNotFound},
	{incident.ErrNotFound, exitNotFound},
	{ledger.ErrUnknownAccount, exitNotFound},
	{ledger.ErrNeverVerified, exitNotFound},
	{distribution.ErrUnknown, exitNotFound},
	{wallet.ErrUnknownChallenge, exitNotFound},
	{wallet.ErrNotAsked, exitNotFound},
	{wallet.ErrNotFrozen, exitNotFound},
	{settle.ErrNoPayout, exitNotFound},
	{persons.ErrNoPerson, exitNotFound},

	{audit.ErrReason, exitUsage},
	{audit.ErrAddress, exitUsage},
	{audit.ErrSelfResume, exitNotAllowed},
	{audit.ErrHalted, exitConflict},
	{audit.ErrNotHalted, exitConflict},

	{errNotAllowed, exitNotAllowed},
	{migrations.ErrTooPowerful, exitNotAllowed},
	{migrations.ErrForeignSchema, exitNotAllowed},
	{migrations.ErrOtherDatabase, exitUsage},
	{auth.ErrToken, exitNotAllowed},
	{uptime.ErrOwnReopening, exitNotAllowed},
	{archive.ErrSelfApproval, exitNotAllowed},
	{appeal.ErrSelfAnswer, exitNotAllowed},
	{snapshot.ErrSelfCheck, exitNotAllowed},
	{distribution.ErrSelfApproval, exitNotAllowed},
	{wallet.ErrSelfApproval, exitNotAllowed},
	{wallet.ErrSignature, exitNotAllowed},

	{persons.ErrNameTaken, exitConflict},
	{appeal.ErrEnded, exitConflict},
	{snapshot.ErrConflict, exitConflict},
	{snapshot.ErrWindowsOverlap, exitConflict},
	{snapshot.ErrAlreadyApproved, exitConflict},
	{snapshot.ErrAlreadyReleased, exitConflict},
	{evidence.ErrMoved, exitConflict},
	{incident.ErrConflict, exitConflict},
	{snapshot.ErrAlreadyRefused, exitConflict},
	{uptime.ErrHourClosed, exitConflict},
	{uptime.ErrHourOpen, exitConflict},
	{uptime.ErrReopeningApproved, exitConflict},
	{archive.ErrChanged, exitConflict},
	{archive.ErrAlreadyApproved, exitConflict},
	{ledger.ErrConflict, exitConflict},
	{distribution.ErrConflict, exitConflict},
	{distribution.ErrNotApproved, exitConflict},
	{settle.ErrNotClaimable, exitConflict},
	{submit.ErrNonce, exitConflict},
	{distribution.ErrRail, exitConflict},
	{distribution.ErrCancelled, exitConflict},
	{distribution.ErrMayLand, exitConflict},
	{distribution.ErrAside, exitConflict},
	{wallet.ErrUsed, exitConflict},
	{wallet.ErrExpired, exitConflict},
	{solana.ErrDifferent, exitConflict},
	{solana.ErrSignature, exitConflict},

	{snapshot.ErrGuard, exitGuard},
	{reconcile.ErrMisfit, exitGuard},
	{settle.ErrMisfit, exitGuard},
	{submit.ErrMisfit, exitGuard},
	{submit.ErrFunds, exitGuard},
	{submit.ErrStopped, exitGuard},
	{ledger.ErrInsufficient, exitGuard},
	{wallet.ErrOnChain, exitGuard},

	// Last, as what stands above may be why.
	{wallet.ErrWallet, exitUsage},
	{wallet.ErrText, exitUsage},
	{wallet.ErrAnother, exitUsage},
	{wallet.ErrTwice, exitUsage},
}

// ownWork are the refusals of what one person may not do, as they did the first half of
// it.
var ownWork = []error{
	audit.ErrSelfResume, uptime.ErrOwnReopening, archive.ErrSelfApproval, appeal.ErrSelfAnswer,
	snapshot.ErrSelfCheck, distribution.ErrSelfApproval, wallet.ErrSelfApproval,
}

// exitCode returns what the error means to the shell.
func exitCode(err error) int {
	if err == nil {
		return exitDone
	}
	for _, row := range exitCodes {
		if errors.Is(err, row.err) {
			return row.code
		}
	}
	return exitFailed
}

// usage is an error of the command line, with its remedy.
func usage(format string, args ...any) error {
	return fmt.Errorf("%w: %w", errUsage, fmt.Errorf(format, args...))
}
