package api

import (
	"net/http"

	"github.com/uptally/uptally/api/appeal"
	"github.com/uptally/uptally/api/audit"
	"github.com/uptally/uptally/api/persons"
	"github.com/uptally/uptally/api/task"
	"github.com/uptally/uptally/api/webhook"
	"github.com/uptally/uptally/api/wire"
	"github.com/uptally/uptally/ledger"
	"github.com/uptally/uptally/ledger/distribution"
	"github.com/uptally/uptally/ledger/distribution/merkle"
	"github.com/uptally/uptally/ledger/distribution/settle"
	"github.com/uptally/uptally/ledger/distribution/solana"
	"github.com/uptally/uptally/ledger/distribution/submit"
	"github.com/uptally/uptally/ledger/distribution/wallet"
	"github.com/uptally/uptally/snapshot"
	"github.com/uptally/uptally/snapshot/evidence"
	"github.com/uptally/uptally/snapshot/incident"
	"github.com/uptally/uptally/uptime"
	"github.com/uptally/uptally/uptime/archive"
	"github.com/uptally/uptally/uptime/fakes"
	"github.com/uptally/uptally/uptime/reconcile"
)

// What errors of the domain are over HTTP.
var (
	invalid    = wire.Meaning{Status: http.StatusUnprocessableEntity, Kind: "invalid-request"}
	notFound   = wire.Meaning{Status: http.StatusNotFound, Kind: "not-found"}
	notAllowed = wire.Meaning{Status: http.StatusForbidden, Kind: "not-allowed"}
	ownWork    = wire.Meaning{Status: http.StatusForbidden, Kind: wire.OwnWork} // the maker is not the checker
	conflict   = wire.Meaning{Status: http.StatusConflict, Kind: "conflict"}
	guarded    = wire.Meaning{Status: http.StatusConflict, Kind: "guard"} // a guard stands against it
	tooLarge   = wire.Meaning{Status: http.StatusRequestEntityTooLarge, Kind: "body-too-large"}
	noNode     = wire.Meaning{Status: http.StatusServiceUnavailable, Kind: "no-node"}
	nodeDown   = wire.Meaning{Status: http.StatusServiceUnavailable, Kind: "node-unreachable"}
	corrupt    = wire.Meaning{Status: http.StatusInternalServerError, Kind: "corrupt"} // pay nothing from it
)

// plain is the meaning of an error that holds nothing but what the caller sent.
func plain(m wire.Meaning) wire.Meaning {
	m.Plain = true
	return m
}

// meanings is what each error means to HTTP. The first that applies counts; any other
// error is a failure of ours.
var meanings = []struct {
	err     error
	meaning wire.Meaning
}{
	{appeal.ErrText, plain(invalid)},
	{appeal.ErrLink, invalid},
	{appeal.ErrTerms, invalid},
	{webhook.ErrURL, plain(invalid)},
	{webhook.ErrText, plain(invalid)},
	{snapshot.ErrSeasonsDiffer, invalid},
	{snapshot.ErrRuleset, invalid},
	{fakes.ErrSpan, invalid},
	{uptime.ErrVerdictEntry, invalid},
	{ledger.ErrAmountSyntax, plain(invalid)},
	{ledger.ErrAmountRange, plain(invalid)},
	{ledger.ErrAccountSyntax, invalid},
	{ledger.ErrHeadSyntax, invalid},
	{ledger.ErrKey, invalid},
	{evidence.ErrNotBundle, invalid},
	{merkle.ErrMalformed, invalid},
	{incident.ErrEnd, invalid},
	{ledger.ErrInvalid, invalid},
	{distribution.ErrInvalid, invalid},
	{wallet.ErrTerms, plain(invalid)},
	{wallet.ErrTable, invalid},
	{wallet.ErrHold, plain(invalid)},
	{wallet.ErrReason, plain(invalid)},
	{wallet.ErrSignatureSyntax, plain(invalid)},
	{solana.ErrURL, invalid},
	{solana.ErrSource, invalid},
	{solana.ErrKeyFile, invalid},
	{solana.ErrSigner, invalid},
	{solana.ErrNonce, invalid},
	{solana.ErrTransfer, invalid},
	{solana.ErrTooLarge, invalid},
	{solana.ErrMessage, invalid},
	{solana.ErrFile, invalid},

	{submit.ErrKey, invalid},
	{submit.ErrPrice, invalid},
	{submit.ErrHandedOut, invalid},
	{settle.ErrNotReceipts, invalid},
	{settle.ErrNoPayer, invalid},

	{appeal.ErrUnknown, notFound},
	{appeal.ErrNoLine, notFound},
	{webhook.ErrUnknown, notFound},

	{audit.ErrReason, plain(invalid)},
	{audit.ErrAddress, plain(invalid)},
	{audit.ErrSelfResume, ownWork},
	{audit.ErrHalted, conflict},
	{audit.ErrNotHalted, conflict},

	{snapshot.ErrNotFound, notFound},
	{snapshot.ErrNoSeason, notFound},
	{fakes.ErrUnobserved, notFound},
	{uptime.ErrUnknownDevice, notFound},
	{uptime.ErrUnknownReopening, notFound},
	{archive.ErrUnknown, notFound},
	{incident.ErrNotFound, notFound},
	{ledger.ErrUnknownAccount, notFound},
	{ledger.ErrNeverVerified, notFound},
	{distribution.ErrUnknown, notFound},
	{distribution.ErrNoFile, notFound},
	{task.ErrUnknown, notFound},
	{wallet.ErrUnknownChallenge, notFound},
	{wallet.ErrNotAsked, notFound},
	{wallet.ErrNotFrozen, notFound},
	{settle.ErrNoPayout, notFound},
	{persons.ErrNoPerson, notFound},

	{appeal.ErrSelfAnswer, ownWork},
	{uptime.ErrOwnReopening, ownWork},
	{archive.ErrSelfApproval, ownWork},
	{snapshot.ErrSelfCheck, ownWork},
	{distribution.ErrSelfApproval, ownWork},
	{wallet.ErrSelfApproval, ownWork},
	{wallet.ErrSignature, plain(notAllowed)},

	{appeal.ErrLate, plain(conflict)},
	{appeal.ErrNothing, plain(conflict)},
	{appeal.ErrOpen, plain(conflict)},
	{appeal.ErrEnded, plain(conflict)},
	{webhook.ErrMany, plain(conflict)},
	{webhook.ErrEnded, plain(conflict)},
	{snapshot.ErrConflict, conflict},
	{snapshot.ErrWindowsOverlap, conflict},
	{snapshot.ErrAlreadyApproved, conflict},
	{snapshot.ErrAlreadyReleased, conflict},
	{evidence.ErrMoved, conflict},
	{incident.ErrConflict, conflict},
	{snapshot.ErrAlreadyRefused, conflict},
	{uptime.ErrHourClosed, conflict},
	{uptime.ErrHourOpen, conflict},
	{uptime.ErrReopeningApproved, conflict},
	{archive.ErrChanged, conflict},
	{archive.ErrAlreadyApproved, conflict},
	{ledger.ErrConflict, conflict},
	{distribution.ErrConflict, conflict},
	{distribution.ErrNotApproved, conflict},
	{settle.ErrNotClaimable, conflict},
	{submit.ErrNonce, conflict},
	{distribution.ErrRail, conflict},
	{distribution.ErrCancelled, conflict},
	{distribution.ErrMayLand, conflict},
	{distribution.ErrAside, conflict},
	{wallet.ErrUsed, plain(conflict)},
	{wallet.ErrExpired, plain(conflict)},
	{solana.ErrDifferent, conflict},
	{solana.ErrSignature, conflict},

	{snapshot.ErrGuard, guarded},
	{reconcile.ErrMisfit, guarded},
	{settle.ErrMisfit, guarded},
	{submit.ErrMisfit, guarded},
	{submit.ErrFunds, guarded},
	{submit.ErrStopped, guarded},
	{ledger.ErrInsufficient, guarded},
	{wallet.ErrOnChain, guarded},
	{distribution.ErrNothingToPay, guarded},

	{task.ErrTooLarge, plain(tooLarge)},
	{task.ErrNoNode, noNode},
	{solana.ErrUnreachable, nodeDown},
	{distribution.ErrCorrupt, corrupt},

	// Last, as what stands above may be why.
	{wallet.ErrWallet, plain(invalid)},
	{wallet.ErrText, plain(invalid)},
	{wallet.ErrAnother, invalid},
	{wallet.ErrTwice, invalid},
}
