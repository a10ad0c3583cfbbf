package finance

import (
	"context"
	"net/http"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/uptally/uptally/api/auth"
	"github.com/uptally/uptally/api/wire"
	"github.com/uptally/uptally/snapshot"
	"github.com/uptally/uptally/uptime"
	"github.com/uptally/uptally/uptime/reconcile"
)

// IngestReconciliation is what was read, against what the network's service counts.
type IngestReconciliation struct {
	From        time.Time          `json:"from" doc:"First instant."`
	To          time.Time          `json:"to" doc:"End, exclusive."`
	Fits        bool               `json:"fits" doc:"Nothing is left unexplained."`
	Slots       int                `json:"slots" doc:"Slots of the span that are over."`
	Equal       int                `json:"equal" doc:"As many devices as the service counts."`
	OursShort   int                `json:"ours_short" doc:"Fewer."`
	TheirsShort int                `json:"theirs_short" doc:"More."`
	Unobserved  int                `json:"unobserved" doc:"Not read."`
	NotCompared int                `json:"not_compared" doc:"Without a count of the service's."`
	Refusal     string             `json:"refusal,omitempty" doc:"Why the service's counts were last not had."`
	Differences []IngestDifference `json:"differences" nullable:"false" doc:"The first thousand runs of slots that are not equal."`
	All         int                `json:"difference_count" doc:"How many such runs there are."`
}

// IngestDifference is a run of slots that are not equal.
type IngestDifference struct {
	From    time.Time         `json:"from" doc:"First instant."`
	To      time.Time         `json:"to" doc:"End, exclusive."`
	Verdict reconcile.Verdict `json:"verdict" doc:"In what they differ."`
	Fits    bool              `json:"fits" doc:"It is explained."`
	Cause   string            `json:"cause" doc:"The likely cause."`
	Size    int64             `json:"size" doc:"Devices, summed over the slots."`
	Largest int64             `json:"largest" doc:"Devices, of one slot."`
}

// spanMax bounds what is compared at once.
const spanMax = 400 * 24 * time.Hour

func registerIngest(s *wire.Service) {
	type input struct {
		Season string    `query:"season" maxLength:"63" pattern:"^[a-z0-9-]*$" example:"ignition-s1" doc:"The slots of this season."`
		From   time.Time `query:"from" doc:"First instant, in place of a season."`
		To     time.Time `query:"to" doc:"End, exclusive."`
	}
	type output struct{ Body IngestReconciliation }
	wire.Read(s, with(reading("get-ingest-reconciliation", "/reconciliation/ingest", "Reconcile what was read",
		"Holds every slot against the service's own count of it, as it was last read. Give a season, or from and to, at most 400 days."), wire.Long, reconcileMax), books,
		func(ctx context.Context, tx pgx.Tx, _ auth.Caller, in *input) (*output, error) {
			span, err := spanOf(ctx, tx, in.Season, in.From, in.To)
			if err != nil {
				return nil, err
			}
			state, err := reconcile.StateOf(ctx, tx, span)
			if err != nil {
				return nil, err
			}
			return &output{viewIngest(span, state)}, nil
		})
}

// spanOf returns the slots that are asked about.
func spanOf(ctx context.Context, tx pgx.Tx, season string, from, to time.Time) (uptime.Span, error) {
	if season != "" && from.IsZero() && to.IsZero() {
		found, err := snapshot.SeasonByCode(ctx, tx, season)
		return found.Span(), err
	}
	if season != "" || from.IsZero() || !from.Before(to) || to.Sub(from) > spanMax {
		return uptime.Span{}, wire.Refuse(http.StatusUnprocessableEntity, "invalid-request",
			"Give a season, or from and a later to, at most 400 days apart.")
	}
	return uptime.SpanOf(from, to), nil
}

func viewIngest(span uptime.Span, s *reconcile.State) IngestReconciliation {
	view := IngestReconciliation{
		From: span.From.Start(), To: span.To.Start(), Fits: s.Fits(), Slots: s.Slots, Equal: s.Equal, OursShort: s.OursShort,
		TheirsShort: s.TheirsShort, Unobserved: s.Unobserved, NotCompared: s.NotCompared, Refusal: s.Refusal,
		Differences: make([]IngestDifference, min(len(s.Differences), shownMax)), All: len(s.Differences),
	}
	for i := range view.Differences {
		d := s.Differences[i]
		view.Differences[i] = IngestDifference{d.From.Start(), d.To.Start(), d.Verdict, d.Fits, wire.OverHTTP(d.Cause), d.Size, d.Largest}
	}
	return view
}
