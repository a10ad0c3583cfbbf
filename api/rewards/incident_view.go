package rewards

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/uptally/uptally/api/wire"
	"github.com/uptally/uptally/snapshot"
	"github.com/uptally/uptally/snapshot/incident"
	"github.com/uptally/uptally/uptime"
)

// Incident is what was found, with how it stands with the seasons that it concerns.
type Incident struct {
	ID       *int64     `json:"id" example:"3" doc:"Its number; null until a scan has recorded it."`
	Kind     string     `json:"kind" enum:"collapse,surge" example:"collapse" doc:"A collapse of the population, or a surge of untrusted changes."`
	Opened   time.Time  `json:"opened" example:"2024-04-25T08:05:00Z" doc:"Its first slot."`
	End      *time.Time `json:"end" example:"2024-04-26T12:00:00Z" doc:"Its end, exclusive; null while it lasts."`
	Slots    *int       `json:"slots" example:"335" doc:"Slots from its opening to its end."`
	Collapse *Collapse  `json:"collapse,omitempty" doc:"What is said of a collapse."`
	Surge    *Surge     `json:"surge,omitempty" doc:"What is said of a surge."`
	Curve    Curve      `json:"curve" doc:"How the population went, or the changes."`
	Seasons  []Concern  `json:"seasons" nullable:"false" doc:"Seasons that must not be sealed over it, unless it is resolved."`
}

// Collapse is what is said of a collapse.
type Collapse struct {
	Baseline       int64      `json:"baseline" example:"600000" doc:"Devices up before."`
	Lowest         int64      `json:"lowest" example:"10000" doc:"Devices up at the lowest."`
	LowestAt       time.Time  `json:"lowest_at" example:"2024-04-25T08:50:00Z" doc:"When that was."`
	DepthPermille  int64      `json:"depth_permille" example:"16" doc:"The lowest, of the baseline."`
	Recovered      *time.Time `json:"recovered" example:"2024-04-26T12:00:00Z" doc:"When it recovered."`
	Closed         *time.Time `json:"closed" example:"2024-04-26T13:00:00Z" doc:"When that was certain."`
	EndedByPerson  bool       `json:"ended_by_person" example:"false" doc:"Whether a person accepted the new level."`
	HalfBack       *time.Time `json:"half_back" example:"2024-04-25T20:00:00Z" doc:"When half of what was missing was back."`
	NineTenthsBack *time.Time `json:"nine_tenths_back" example:"2024-04-26T10:00:00Z" doc:"When nine tenths were."`
	Vanished       int64      `json:"vanished" example:"590000" doc:"Devices that it took."`
	Returned       int64      `json:"returned" example:"300000" doc:"Devices of them that came back."`
}

// Surge is what is said of a surge.
type Surge struct {
	Devices int64 `json:"devices" example:"120000" doc:"Devices that were changed."`
	Changes int64 `json:"changes" example:"180000" doc:"Changes through the untrusted channel."`
}

// Curve is a row of averages; of a surge, of sums.
type Curve struct {
	From   time.Time `json:"from" example:"2024-04-24T08:00:00Z" doc:"Begin of the first point."`
	Slots  int       `json:"slots_per_point" example:"6" doc:"Slots that a point stands for."`
	Points []*int64  `json:"points" nullable:"false" example:"[600000,10000]" doc:"The points; null where nothing was observed."`
}

// Concern is how an incident is resolved for a season.
type Concern struct {
	Season    string     `json:"season" example:"ignition-s1" doc:"The season."`
	Resolved  bool       `json:"resolved" example:"true" doc:"Whether somebody has decided."`
	Windows   []int64    `json:"windows" nullable:"false" example:"[3]" doc:"Approved windows that resolve it."`
	Holds     []int64    `json:"holds" nullable:"false" example:"[]" doc:"Holds that cover it together."`
	Dismissal *Dismissal `json:"dismissal,omitempty" doc:"The word that it changes nothing."`
	Remedy    string     `json:"remedy,omitempty" example:"propose a grace window" doc:"What is to be done; absent if it is resolved."`
}

// Dismissal is a person's word that an incident changes nothing.
type Dismissal struct {
	Person     string    `json:"person" example:"ada" doc:"Who said so."`
	RecordedAt time.Time `json:"recorded_at" example:"2024-05-02T09:00:00Z" doc:"When."`
	Reason     string    `json:"reason" example:"Announced maintenance." doc:"Why."`
}

func viewIncident(i incident.Incident) Incident {
	v := Incident{
		Kind: string(i.Kind), Opened: i.Opened.Start(), End: startOf(i.End), Seasons: []Concern{},
		Curve: Curve{From: i.Curve.From.Start(), Slots: i.Curve.Step, Points: make([]*int64, len(i.Curve.Points))},
	}
	if i.ID != 0 {
		v.ID = &i.ID
	}
	if i.End != nil {
		v.Slots = new(int(*i.End - i.Opened))
	}
	for n, point := range i.Curve.Points {
		if point != incident.Unobserved {
			v.Curve.Points[n] = &point
		}
	}
	if c := i.Collapse; c != nil {
		v.Collapse = &Collapse{
			Baseline: c.Baseline, Lowest: c.Lowest, LowestAt: c.LowestAt.Start(), DepthPermille: c.Depth(),
			Recovered: startOf(c.Recovered), Closed: startOf(c.Closed), EndedByPerson: c.EndedAt != nil,
			HalfBack: startOf(c.HalfBack), NineTenthsBack: startOf(c.NineTenthsBack), Vanished: c.Vanished, Returned: c.Returned,
		}
	}
	if s := i.Surge; s != nil {
		v.Surge = &Surge{s.Devices, s.Changes}
	}
	return v
}

// addSeason says how the incident is resolved for a season, if it concerns it.
func (v *Incident) addSeason(ctx context.Context, tx pgx.Tx, i incident.Incident, s snapshot.PinnedSeason, now time.Time) error {
	concerns, err := incident.Resolutions(ctx, tx, []incident.Incident{i}, s.Code, s.Span(), now)
	if err != nil || len(concerns) == 0 {
		return err
	}
	r := concerns[0].Resolution
	c := Concern{
		Season: s.Code, Resolved: !r.Open(), Windows: append([]int64{}, r.Windows...), Holds: append([]int64{}, r.Holds...), Remedy: r.Remedy,
	}
	if d := r.Dismissal; d != nil {
		names, err := readNames(ctx, tx, &d.Person)
		if err != nil {
			return err
		}
		c.Dismissal = &Dismissal{names.of(d.Person), d.RecordedAt.UTC(), d.Reason}
	}
	v.Seasons = append(v.Seasons, c)
	return nil
}

// overHTTP tells what is to be done about incidents by the operations that do it.
func overHTTP(incidents []Incident) []Incident {
	for _, i := range incidents {
		for n := range i.Seasons {
			i.Seasons[n].Remedy = wire.OverHTTP(i.Seasons[n].Remedy)
		}
	}
	return incidents
}

// startOf returns when a slot starts that may be none.
func startOf(k *uptime.Slot) *time.Time {
	if k == nil {
		return nil
	}
	return new(k.Start())
}
