package rewards

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"

	"github.com/uptally/uptally/api/wire"
	"github.com/uptally/uptally/ledger"
	"github.com/uptally/uptally/snapshot"
)

func (d *desk) decisions() {
	wire.Act(d.Service, acting("/snapshots/{season}/{revision}/approval", "approve-snapshot", "Approve a revision",
		"As another person than its taker, by the digest that was looked at: another digest by now is a conflict."), team, d.approve)
	wire.Act(d.Service, acting("/snapshots/{season}/{revision}/rejection", "reject-snapshot", "Reject a revision",
		"As another person than its taker, with a reason."), team, d.reject)
	op := acting("/snapshots/{season}/{revision}/seal", "seal-snapshot", "Seal a revision",
		"Posts an approved revision to the ledger, or what differs of a later one. This cannot be undone; guards that have failed bar it.")
	op.Metadata = map[string]any{wire.Long: computing}
	wire.Act(d.Service, op, team, d.seal)
}

type approve struct {
	OneRevision
	Body approveBody
}

// approveBody is what approve takes.
type approveBody struct {
	Digest string `json:"digest" minLength:"64" maxLength:"64" pattern:"^[0-9a-f]{64}$" example:"9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08" doc:"Digest of the revision that you looked at, in full."`
	Reason string `json:"reason,omitempty" maxLength:"2000" default:"approved" pattern:"^[^\\x00]*$" example:"looked at it" doc:"What you say to it; it stays on record."`
}

func (d *desk) approve(ctx context.Context, a wire.Acting, in *approve) (*body[Snapshot], error) {
	digest, err := hex.DecodeString(in.Body.Digest)
	if err != nil {
		return nil, invalid("body.digest", err)
	}
	reason := in.Body.Reason
	if reason == "" {
		reason = "approved"
	}
	return in.OneRevision.decide(ctx, a, func(s snapshot.Snapshot) error {
		return snapshot.Approve(ctx, a.Tx, s.ID, digest, a.Person, reason)
	})
}

type reject struct {
	OneRevision
	Because
}

func (d *desk) reject(ctx context.Context, a wire.Acting, in *reject) (*body[Snapshot], error) {
	return in.OneRevision.decide(ctx, a, func(s snapshot.Snapshot) error {
		return snapshot.Reject(ctx, a.Tx, s.ID, a.Person, in.Body.Reason)
	})
}

// decide runs an act on a revision and shows what it is then.
func (in OneRevision) decide(ctx context.Context, a wire.Acting, act func(s snapshot.Snapshot) error) (*body[Snapshot], error) {
	s, err := in.find(ctx, a.Tx)
	if err != nil {
		return nil, err
	}
	if err := act(s); err != nil {
		return nil, err
	}
	if s, err = snapshot.ByID(ctx, a.Tx, s.ID); err != nil {
		return nil, err
	}
	view, err := readSnapshot(ctx, a.Tx, s)
	return &body[Snapshot]{view}, err
}

// sealed is a sealed revision, and the journal that it was posted as.
type sealed struct {
	Snapshot Snapshot `json:"snapshot" doc:"The revision."`
	Journal  journal  `json:"journal" doc:"What was posted."`
}

// journal is an act of the ledger.
type journal struct {
	Number    int64      `json:"number" example:"12" doc:"Its number in the ledger."`
	Act       string     `json:"act" enum:"seal,correct" example:"seal" doc:"What it is: a first seal, or a correction."`
	Total     wire.Money `json:"total" doc:"What it moved."`
	Transfers int64      `json:"transfers" example:"20123" doc:"Its transfers."`
	Digest    string     `json:"digest" example:"9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08" doc:"The ledger's digest after it."`
}

func (d *desk) seal(ctx context.Context, a wire.Acting, in *OneRevision) (*body[sealed], error) {
	var posted ledger.Journal
	now, err := in.decide(ctx, a, func(s snapshot.Snapshot) (err error) {
		posted, err = snapshot.Seal(ctx, a.Tx, s.ID, a.Person)
		return err
	})
	if err != nil {
		return nil, barred(in.name(), err)
	}
	return &body[sealed]{sealed{now.Body, journal{
		posted.Number, string(posted.Act), wire.MoneyOf(posted.Total), posted.Count, posted.Digest.String(),
	}}}, nil
}

// barred lists the guards that bar a seal one by one; another error is as it is.
func barred(name string, err error) error {
	bars, is := errors.AsType[*snapshot.Barred](err)
	if !is {
		return err
	}
	refusal := wire.Refuse(http.StatusConflict, "guard", fmt.Sprintf("Guards stand between %s and its seal: mend what they name, or have two persons override it.", name))
	for _, g := range bars.Guards {
		refusal = refusal.Because(wire.FieldError{
			Location: g.Code, Message: fmt.Sprintf("%s, asked for %s: %s", g.Figure, g.Threshold, g.Remedy),
		})
	}
	return refusal
}
