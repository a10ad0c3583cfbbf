package rewards

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/uptally/uptally/api/auth"
	"github.com/uptally/uptally/api/wire"
	"github.com/uptally/uptally/ledger"
	"github.com/uptally/uptally/snapshot"
	"github.com/uptally/uptally/snapshot/incident"
)

// computing is how long what computes a season may take.
const computing = 3 * time.Minute

func (d *desk) proposals() {
	op := reading("/incidents/{id}/proposal", "get-incident-proposal", "Draft grace windows for an incident",
		"Who had proved themselves and came back, and what each draft would grant. Nothing is written: whoever proposes a draft sends its window to propose-window.")
	op.Metadata = map[string]any{wire.Long: computing}
	wire.Read(d.Service, op, team, d.getProposal)
}

type getProposal struct {
	OneID
	MaybeSeason
	Cause string `query:"cause" maxLength:"500" example:"authentication migration" doc:"What happened, as the windows will say."`
}

// proposal is what data says of the windows that an outage may be answered with.
type proposal struct {
	Incident  int64            `json:"incident" example:"3" doc:"Number of the incident."`
	AsOf      time.Time        `json:"as_of" example:"2024-05-02T09:00:00Z" doc:"What was recorded by then counts."`
	Began     time.Time        `json:"began" example:"2024-04-25T08:05:00Z" doc:"When the outage began."`
	LowestAt  time.Time        `json:"lowest_at" example:"2024-04-25T08:50:00Z" doc:"When it was deepest."`
	SeenUntil time.Time        `json:"seen_until" example:"2024-05-02T09:00:00Z" doc:"End of the last observed slot that was looked at."`
	Lookbacks []lookback       `json:"lookbacks" nullable:"false" doc:"Who came back, by how far one looks back."`
	Lookback  int              `json:"lookback" example:"288" doc:"The lookback of the drafts, in slots."`
	Seasons   []seasonProposal `json:"seasons" nullable:"false" doc:"What each draft would grant, by season."`
}

// lookback is who had proved themselves in so many slots before, and came back.
type lookback struct {
	Lookback   int        `json:"lookback" example:"288" doc:"Slots."`
	Hit        int64      `json:"hit" example:"590000" doc:"Devices that the outage hit, spoofed ones left out."`
	HitBack    int64      `json:"hit_back" example:"301000" doc:"Devices of them that came back."`
	Proven     int64      `json:"proven" example:"310000" doc:"Devices of them that had proved themselves before."`
	Back       int64      `json:"back" example:"300000" doc:"Of the proven, that came back."`
	Dead       int64      `json:"dead" example:"10000" doc:"Of the proven, that did not."`
	Separation int64      `json:"separation_permille" example:"950" doc:"How well it tells those who come back from the others."`
	HalfBack   *time.Time `json:"half_back" example:"2024-04-25T20:00:00Z" doc:"When half of those who came back were."`
	NineTenths *time.Time `json:"nine_tenths_back" example:"2024-04-26T10:00:00Z" doc:"When nine tenths were."`
	LastBack   *time.Time `json:"last_back" example:"2024-04-28T07:00:00Z" doc:"When the last was."`
}

// seasonProposal is what each draft would grant in a season.
type seasonProposal struct {
	Season  string  `json:"season" example:"ignition-s1" doc:"The season."`
	Without []int64 `json:"without_windows" nullable:"false" example:"[]" doc:"Approved windows that overlap a draft: left out in the figures."`
	Drafts  []draft `json:"drafts" nullable:"false" doc:"The drafts."`
}

// draft is a window and what it would grant.
type draft struct {
	Reaches     string     `json:"reaches" example:"nine tenths of the returns" doc:"How far it reaches."`
	Recommended bool       `json:"recommended" example:"true" doc:"Whether it leaves out nobody who came back."`
	Window      Rule       `json:"window" doc:"The window, as propose-window takes it."`
	Meets       bool       `json:"meets" example:"true" doc:"Whether it has a slot of the season."`
	Devices     int64      `json:"devices" example:"300000" doc:"Devices with granted credit."`
	Slots       int64      `json:"slots" example:"36000000" doc:"Slots credited."`
	Moved       wire.Money `json:"moved" doc:"What lines with granted credit would get more."`
	MovedShare  int64      `json:"moved_permille" example:"12" doc:"That, of the pool."`
	Refused     refused    `json:"refused" doc:"Devices that it would refuse."`
}

// refused are the devices that a draft would refuse, by note.
type refused struct {
	InactiveBefore int64 `json:"grace_inactive_before" example:"280000" doc:"They had not been up enough before."`
	NotBack        int64 `json:"grace_not_back" example:"10000" doc:"They did not come back in time."`
	Pending        int64 `json:"grace_pending" example:"0" doc:"They may still come back."`
}

// getProposal computes beside its transaction, which has said what the incident is.
func (d *desk) getProposal(ctx context.Context, tx pgx.Tx, _ auth.Caller, in *getProposal) (*body[proposal], error) {
	i, err := incidentNow(ctx, tx, in.ID)
	if err != nil {
		return nil, err
	}
	if i.Collapse == nil {
		return nil, fmt.Errorf("incident %d is a %s, which no grace window answers: set its changes aside with a hold: %w", in.ID, i.Kind, incident.ErrConflict)
	}
	cause := in.Cause
	if cause == "" {
		cause = fmt.Sprintf("outage from %s (incident %d)", i.Opened.Start().Format(time.RFC3339), in.ID)
	}
	leave, err := d.alone()
	if err != nil {
		return nil, err
	}
	defer leave()
	p, err := snapshot.Propose(ctx, d.App, i.Collapse.Collapse, in.Season, cause, computeWorkers)
	if err != nil {
		return nil, fmt.Errorf("incident %d: %w", in.ID, err)
	}
	return &body[proposal]{viewProposal(in.ID, p)}, nil
}

func viewProposal(id int64, p *snapshot.Proposal) proposal {
	v := proposal{
		Incident: id, AsOf: p.AsOf.UTC(), Began: p.Began.Start(), LowestAt: p.Bottom.Start(), SeenUntil: p.Seen.To.Start(),
		Lookback: p.Lookback, Lookbacks: []lookback{}, Seasons: []seasonProposal{},
	}
	for _, r := range p.Lookbacks {
		v.Lookbacks = append(v.Lookbacks, lookback{
			r.Lookback, r.Hit, r.HitBack, r.Proven, r.Back, r.Dead(), r.Separation(), startOf(r.Half), startOf(r.NineTenths), startOf(r.Last),
		})
	}
	for _, s := range p.Seasons {
		one := seasonProposal{Season: s.Season.Code, Without: append([]int64{}, s.Without...), Drafts: []draft{}}
		for _, g := range s.Drafts {
			one.Drafts = append(one.Drafts, viewDraft(g))
		}
		v.Seasons = append(v.Seasons, one)
	}
	return v
}

func viewDraft(g snapshot.Grants) draft {
	w := viewWindow(snapshot.WindowRecord{Window: g.Window}, nil).Rule
	return draft{
		Reaches: g.Reaches, Recommended: g.Recommended, Window: w, Meets: g.Meets, Devices: g.Devices, Slots: g.Slots,
		Moved: wire.MoneyOf(ledger.Amount(g.Moved)), MovedShare: g.PerMille,
		Refused: refused{g.Refused.InactiveBefore, g.Refused.NotBack, g.Refused.Pending},
	}
}
