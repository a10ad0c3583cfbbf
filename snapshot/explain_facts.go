package snapshot

import (
	"slices"
	"time"

	"github.com/uptally/uptally/uptime"
)

// Standing is whether a change is folded into a device's facts.
type Standing string

// The standings of a change.
const (
	Believed Standing = "believed"
	Held     Standing = "held"     // set aside by a hold
	Released Standing = "released" // believed after all: it, or every hold that it lies in, was released
)

// ExplainedChange is a change of the device, in the order in which changes are
// folded.
type ExplainedChange struct {
	Seq       int64          `json:"seq"`
	ChangedAt time.Time      `json:"changed_at"`
	From      time.Time      `json:"from"` // the start of the first slot that it is set against
	Channel   uptime.Channel `json:"channel"`
	Fields    []FieldChange  `json:"fields"`
	Standing  Standing       `json:"standing"`
	Hold      *int64         `json:"hold"`     // that sets it aside, or did until the release
	Decision  *Decision      `json:"decision"` // what a person decided on it, if anybody did
}

// explainChanges folds the changes and says of each what it does to the facts.
func (b *Basis) explainChanges(changes []uptime.Change) []ExplainedChange {
	explained := []ExplainedChange{}
	var facts folded
	for _, c := range foldingOrder(changes) {
		e := ExplainedChange{
			Seq: c.Seq, ChangedAt: c.ChangedAt.UTC(), From: uptime.SlotAtOrAfter(c.ChangedAt).Start(), Channel: c.Channel,
			Fields: facts.changes(c), Standing: Believed,
		}
		switch {
		case b.held(c):
			e.Standing = Held
		case !c.Channel.Trusted() && b.Released[c.Seq]:
			e.Standing = Released
		}
		if e.Standing != Believed {
			e.Hold = b.holdAround(c)
		}
		if e.Standing != Held {
			facts = facts.apply(c)
		}
		explained = append(explained, e)
	}
	return explained
}

// foldingOrder returns the changes in the order in which they are folded.
func foldingOrder(changes []uptime.Change) []*uptime.Change {
	ordered := make([]*uptime.Change, len(changes))
	for i := range changes {
		ordered[i] = &changes[i]
	}
	slices.SortFunc(ordered, compareChanges)
	return ordered
}

// holdAround returns the first of the basis's holds that the change lies in.
func (b *Basis) holdAround(c *uptime.Change) *int64 {
	for i := range b.Holds {
		if b.Holds[i].contains(c.ChangedAt) {
			return &b.Holds[i].ID
		}
	}
	return nil
}

// explainVerdicts returns the verdicts in their order, of which last counts.
func explainVerdicts(verdicts []uptime.Verdict, last *uptime.Verdict) []ExplainedVerdict {
	ordered := make([]*uptime.Verdict, len(verdicts))
	for i := range verdicts {
		ordered[i] = &verdicts[i]
	}
	slices.SortFunc(ordered, compareVerdicts)
	explained := []ExplainedVerdict{}
	for _, v := range ordered {
		explained = append(explained, ExplainedVerdict{
			Kind: v.Kind, DecidedAt: v.DecidedAt.UTC(), EffectiveAt: v.EffectiveAt.UTC(), ByHand: v.ByHand,
			Reason: v.Reason, Evidence: v.Evidence, Counts: v == last,
		})
	}
	return explained
}
