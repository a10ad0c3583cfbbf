package rewards

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/uptally/uptally/api/auth"
	"github.com/uptally/uptally/api/wire"
	"github.com/uptally/uptally/snapshot"
)

func (d *desk) windows() {
	wire.Read(d.Service, reading("/windows", "list-windows", "List the grace windows",
		"All windows, or a season's, by season and beginning."), payers, d.listWindows)
	wire.Act(d.Service, making("/windows", "propose-window", "Propose a grace window",
		"An interval in which devices that prove themselves are credited although they were down. It counts once another person has approved it."),
		team, d.proposeWindow)
	wire.Act(d.Service, acting("/windows/{id}/approval", "approve-window", "Approve a grace window",
		"As another person than its proposer. Approved windows of a season do not overlap."), team, d.approveWindow)
}

// Rule is when a window is, and how a device proves itself.
type Rule struct {
	From           time.Time `json:"from" example:"2024-04-25T08:05:00Z" doc:"First instant."`
	To             time.Time `json:"to" example:"2024-04-26T00:00:00Z" doc:"End, exclusive."`
	Cause          string    `json:"cause" minLength:"1" maxLength:"500" pattern:"^[^\\x00]*[^\\x00\\s][^\\x00]*$" example:"authentication migration" doc:"What happened."`
	Lookback       int       `json:"lookback,omitempty" minimum:"1" maximum:"100000" default:"288" example:"288" doc:"Slots before the window that are looked at."`
	MinBefore      string    `json:"min_before,omitempty" maxLength:"20" default:"0.5" example:"0.5" doc:"Share of the observed ones of them that the device was up, at least."`
	Sustain        int       `json:"sustain,omitempty" minimum:"1" maximum:"100000" default:"3" example:"3" doc:"Slots in a row that prove a device back."`
	ReconnectBy    time.Time `json:"reconnect_by" example:"2024-04-28T00:00:00Z" doc:"By when the first of them must start."`
	Credit         string    `json:"credit,omitempty" enum:"full,own_rate" default:"full" example:"full" doc:"What is credited: full, or the device's own share before the window."`
	Cap            *int      `json:"cap,omitempty" minimum:"0" maximum:"100000" example:"288" doc:"Slots granted to a device at most; absent: all."`
	RequireGenuine bool      `json:"require_genuine,omitempty" example:"false" doc:"Only devices that a proof of work found genuine."`
}

// window returns the window of the rule, checked.
func (r Rule) window(part string) (snapshot.Window, error) {
	if err := moments(part, &r.From, &r.To, &r.ReconnectBy); err != nil {
		return snapshot.Window{}, err
	}
	w := snapshot.Window{
		From: r.From, To: r.To, Cause: r.Cause, Lookback: r.Lookback, MinBefore: snapshot.DefaultMinBefore, Sustain: r.Sustain,
		ReconnectBy: r.ReconnectBy, Credit: snapshot.Credit(r.Credit), Cap: r.Cap, RequireGenuine: r.RequireGenuine,
	}
	if w.Lookback == 0 {
		w.Lookback = snapshot.DefaultLookback
	}
	if w.Sustain == 0 {
		w.Sustain = snapshot.DefaultSustain
	}
	if w.Credit == "" {
		w.Credit = snapshot.CreditFull
	}
	var err error
	if r.MinBefore != "" {
		if w.MinBefore, err = snapshot.ParseFraction(r.MinBefore); err != nil {
			return w, invalid(part+".min_before", err)
		}
	}
	if err = w.Validate(); err != nil {
		return w, invalid(part, err)
	}
	return w, nil
}

// Window is a grace window with who proposed and who approved it.
type Window struct {
	ID     int64  `json:"id" example:"3" doc:"Its number."`
	Season string `json:"season" example:"ignition-s1" doc:"Season that it is of."`
	Rule
	ProposedBy string     `json:"proposed_by" example:"ada" doc:"Who proposed it."`
	ApprovedBy *string    `json:"approved_by" example:"grace" doc:"Who approved it; null while it is only proposed."`
	ApprovedAt *time.Time `json:"approved_at" example:"2024-05-02T10:00:00Z" doc:"When."`
}

func viewWindow(w snapshot.WindowRecord, names names) Window {
	v := Window{
		ID: w.ID, Season: w.Season, ProposedBy: names.of(w.ProposedBy), ApprovedBy: names.orNone(w.ApprovedBy), Rule: Rule{
			From: w.From.UTC(), To: w.To.UTC(), Cause: w.Cause, Lookback: w.Lookback, MinBefore: w.MinBefore.String(), Sustain: w.Sustain,
			ReconnectBy: w.ReconnectBy.UTC(), Credit: string(w.Credit), Cap: w.Cap, RequireGenuine: w.RequireGenuine,
		},
	}
	if w.ApprovedAt != nil {
		v.ApprovedAt = new(w.ApprovedAt.UTC())
	}
	return v
}

// everRecorded is after every stamp: what is asked for as of it is all that was
// recorded.
var everRecorded = time.Date(9999, 12, 31, 0, 0, 0, 0, time.UTC)

// readWindows reads the windows of the season, of all if it is empty.
func readWindows(ctx context.Context, tx pgx.Tx, season string) ([]Window, error) {
	windows, err := snapshot.Windows(ctx, tx, season, everRecorded)
	if err != nil {
		return nil, err
	}
	var people []*int64
	for i := range windows {
		people = append(people, &windows[i].ProposedBy, windows[i].ApprovedBy)
	}
	names, err := readNames(ctx, tx, people...)
	if err != nil {
		return nil, err
	}
	views := make([]Window, len(windows))
	for i, w := range windows {
		views[i] = viewWindow(w, names)
	}
	return views, nil
}

// windowByID reads the one of the number.
func windowByID(ctx context.Context, tx pgx.Tx, id int64) (Window, error) {
	all, err := readWindows(ctx, tx, "")
	if err != nil {
		return Window{}, err
	}
	for _, w := range all {
		if w.ID == id {
			return w, nil
		}
	}
	return Window{}, wire.NotFound
}

// MaybeSeason narrows a list to a season's.
type MaybeSeason struct {
	Season string `query:"season" maxLength:"63" pattern:"^[a-z0-9][a-z0-9-]*$" example:"ignition-s1" doc:"Only this season's."`
}

// check refuses a season that is not there.
func (in MaybeSeason) check(ctx context.Context, tx pgx.Tx) error {
	if in.Season == "" {
		return nil
	}
	_, err := snapshot.SeasonByCode(ctx, tx, in.Season)
	return err
}

func (d *desk) listWindows(ctx context.Context, tx pgx.Tx, _ auth.Caller, in *MaybeSeason) (*body[wire.Page[Window]], error) {
	if err := in.check(ctx, tx); err != nil {
		return nil, err
	}
	windows, err := readWindows(ctx, tx, in.Season)
	if err != nil {
		return nil, err
	}
	return whole(windows), nil
}

type proposeWindow struct {
	Body proposeWindowBody
}

// proposeWindowBody is what proposeWindow takes.
type proposeWindowBody struct {
	Season string `json:"season" minLength:"1" maxLength:"63" pattern:"^[a-z0-9][a-z0-9-]*$" example:"ignition-s1" doc:"Season that it is of."`
	Rule
}

func (d *desk) proposeWindow(ctx context.Context, a wire.Acting, in *proposeWindow) (*made[Window], error) {
	w, err := in.Body.Rule.window("body")
	if err != nil {
		return nil, err
	}
	id, err := snapshot.ProposeWindow(ctx, a.Tx, in.Body.Season, w, a.Person)
	if err != nil {
		return nil, err
	}
	view, err := windowByID(ctx, a.Tx, id)
	return &made[Window]{fmt.Sprintf("%s/windows?season=%s", prefix, in.Body.Season), view}, err
}

func (d *desk) approveWindow(ctx context.Context, a wire.Acting, in *OneID) (*body[Window], error) {
	if err := snapshot.ApproveWindow(ctx, a.Tx, in.ID, a.Person); err != nil {
		return nil, err
	}
	view, err := windowByID(ctx, a.Tx, in.ID)
	return &body[Window]{view}, err
}
