package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/uptally/uptally/uptime"
	"github.com/uptally/uptally/uptime/fakes"
)

type verdictSuggest struct {
	From  instant `required:"" placeholder:"TIME" help:"First instant looked at: best before the devices in question came up."`
	To    instant `required:"" placeholder:"TIME" help:"End, exclusive; two to four weeks later."`
	CSV   string  `name:"csv" placeholder:"FILE" help:"Write the devices as a table that verdict import takes; - is stdout."`
	Limit int     `default:"100" help:"How many devices to print at most; --csv and --json have all."`
}

// Run prints the devices whose timelines chance cannot explain together. It records
// nothing: a person reviews them and imports the table, or does not.
func (c verdictSuggest) Run(ctx context.Context, a *app) error {
	span := uptime.SpanOf(c.From.Time, c.To.Time)
	if err := fakes.CheckSpan(span); err != nil {
		return usage("--from %s --to %s: %w", utc(c.From.Time), utc(c.To.Time), err)
	}
	if c.CSV == "-" && a.JSON {
		return usage("--csv - and --json: choose one for stdout")
	}
	if c.Limit < 0 {
		return usage("--limit %d: give 0 or more", c.Limit)
	}
	var found fakes.Findings
	if err := a.read(ctx, func(tx pgx.Tx) (err error) {
		found, err = fakes.Read(ctx, tx, span, everRecorded)
		return err
	}); err != nil {
		return err
	}
	if err := c.export(a, found.Suspects); err != nil || c.CSV == "-" {
		return err
	}
	view := viewFindings(span, found)
	return a.show(view, func(out io.Writer) { view.print(out, c.Limit) })
}

// export writes the table that verdicts are imported from, if it was asked for.
func (c verdictSuggest) export(a *app, suspects []fakes.Suspect) error {
	switch {
	case c.CSV == "":
		return nil
	case c.CSV == "-":
		out := bufio.NewWriter(a.out)
		rows, err := fakes.WriteVerdicts(out, suspects)
		a.say("%s\n%s to review; nothing was recorded.", fakes.Method, devicesOf(rows))
		return errors.Join(err, out.Flush())
	case a.DryRun:
		a.say("Dry run: %s was not written.", c.CSV)
		return nil
	}
	rows, err := writeWhole(c.CSV, func(out io.Writer) (int, error) { return fakes.WriteVerdicts(out, suspects) })
	if err != nil {
		return fmt.Errorf("--csv: %w", err)
	}
	a.say("%s in %s to review; what you keep becomes verdicts with: uptally verdict import %s", devicesOf(rows), c.CSV, c.CSV)
	return nil
}

// writeWhole writes a file beside its place and moves it there once it is whole.
func writeWhole(path string, write func(io.Writer) (int, error)) (rows int, err error) {
	file, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+"-*")
	if err != nil {
		return 0, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.Remove(file.Name()))
		}
	}()
	out := bufio.NewWriter(file)
	rows, err = write(out)
	if err := errors.Join(err, out.Flush(), file.Chmod(0o644), file.Close()); err != nil {
		return 0, err
	}
	return rows, os.Rename(file.Name(), path)
}

// devicesOf writes how many devices.
func devicesOf(n int) string {
	if n == 1 {
		return "1 device"
	}
	return count(n) + " devices"
}

// findingsView is a list of likely fakes as --json prints it.
type findingsView struct {
	Advisory  bool          `json:"advisory"` // always: it excludes nobody
	Method    string        `json:"method"`
	From      time.Time     `json:"from"`
	To        time.Time     `json:"to"` // exclusive
	Slots     int           `json:"slots"`
	Observed  int           `json:"observed"` // slots
	Devices   int           `json:"devices"`
	Seen      int           `json:"seen"`       // of the devices, that were up at all
	NoOpinion int           `json:"no_opinion"` // of those seen, with too few switches to be judged
	Listed    int           `json:"listed"`
	Spoofed   int           `json:"already_spoofed"` // of those listed
	Platform  []stretchView `json:"platform_moved"`
	Cohorts   []cohortView  `json:"cohorts"`
	Suspects  []suspectView `json:"suspects"`
}

type stretchView struct {
	From time.Time `json:"from"`
	To   time.Time `json:"to"` // exclusive
}

type switchView struct {
	Slot time.Time `json:"slot"`
	Up   bool      `json:"up"`
}

type cohortView struct {
	Cohort    int          `json:"cohort"`
	Devices   int          `json:"devices"`
	Spoofed   int          `json:"already_spoofed"`
	Suppliers []uuid.UUID  `json:"suppliers"`
	Switches  []switchView `json:"switches"`
	Run       stretchView  `json:"longest_run"`
	Through   int          `json:"through_outage_per_mille"` // of the population that the outage took; 0: none
	Score     int64        `json:"score"`                    // bits
}

type suspectView struct {
	DeviceID     uuid.UUID    `json:"device_id"`
	SupplierID   uuid.UUID    `json:"supplier_id"`
	RegisteredAt time.Time    `json:"registered_at"`
	Cohort       int          `json:"cohort"`
	Shared       int          `json:"switches_in_common"`
	Own          int          `json:"switches"`
	Run          int          `json:"longest_run"` // slots
	Identical    int          `json:"identical_per_mille"`
	First        []switchView `json:"first_switches"`
	Score        int64        `json:"score"` // bits
	Spoofed      bool         `json:"already_spoofed"`
}

func viewFindings(span uptime.Span, f fakes.Findings) findingsView {
	v := findingsView{
		Advisory: true, Method: fakes.Method, From: span.From.Start(), To: span.To.Start(), Slots: span.Len(),
		Observed: f.Observed, Devices: f.Devices, Seen: f.Seen, NoOpinion: f.NoOpinion, Listed: len(f.Suspects),
		Platform: make([]stretchView, len(f.Platform)), Cohorts: make([]cohortView, len(f.Cohorts)),
		Suspects: make([]suspectView, len(f.Suspects)),
	}
	for i, s := range f.Platform {
		v.Platform[i] = viewStretch(s)
	}
	for i, c := range f.Cohorts {
		v.Spoofed += c.Spoofed
		v.Cohorts[i] = cohortView{
			c.Number, c.Devices, c.Spoofed, c.Suppliers, viewSwitches(c.Switches), viewStretch(c.Run), c.Through, c.Score,
		}
	}
	for i, s := range f.Suspects {
		v.Suspects[i] = suspectView{
			s.Device.ID, s.Device.Supplier, s.Device.RegisteredAt.UTC(), s.Cohort, s.Shared, s.Own, s.Run, s.Identical,
			viewSwitches(s.First), s.Score, s.Device.Spoofed,
		}
	}
	return v
}

func viewStretch(s uptime.Span) stretchView { return stretchView{s.From.Start(), s.To.Start()} }

func viewSwitches(switches []fakes.Switch) []switchView {
	views := make([]switchView, len(switches))
	for i, s := range switches {
		views[i] = switchView{s.Slot.Start(), s.Up}
	}
	return views
}

// print writes the list for people, with so many devices at most.
func (v findingsView) print(out io.Writer, limit int) {
	fmt.Fprintf(out, "Likely fakes, %s to %s: %s of %s slots observed. Advice only: nobody is excluded by it.\n\n%s\n\n",
		utc(v.From), utc(v.To), count(v.Observed), count(v.Slots), v.Method)
	for _, s := range v.Platform {
		fmt.Fprintf(out, "The platform moved: %s to %s.\n", utc(s.From), utc(s.To))
	}
	fmt.Fprintf(out, "%s, %s seen, %s with too few switches for an opinion; %s listed, %s of them spoofed by verdict already.\n",
		devicesOf(v.Devices), count(v.Seen), count(v.NoOpinion), count(v.Listed), count(v.Spoofed))
	if v.Listed == 0 {
		return
	}
	g := newGrid(">cohort", ">devices", ">spoofed", ">suppliers", ">switches", "first", "longest run", ">slots", ">through", ">score")
	for _, c := range v.Cohorts {
		g.add(c.Cohort, count(c.Devices), count(c.Spoofed), len(c.Suppliers), len(c.Switches), c.Switches[0].text(),
			utc(c.Run.From), count(int(c.Run.To.Sub(c.Run.From)/uptime.SlotLength)), asPercent(c.Through), count(c.Score))
	}
	fmt.Fprintln(out)
	g.print(out)
	if limit == 0 {
		return
	}
	g = newGrid(">cohort", "device", "supplier", "registered", ">in common", ">of", ">longest run", ">alike", "spoofed")
	for _, s := range v.Suspects[:min(limit, len(v.Suspects))] {
		g.add(s.Cohort, s.DeviceID, s.SupplierID, utc(s.RegisteredAt), s.Shared, s.Own, count(s.Run), asPercent(s.Identical), yesNo(s.Spoofed))
	}
	fmt.Fprintln(out)
	g.print(out)
	if left := v.Listed - limit; left > 0 {
		fmt.Fprintf(out, "and %s more: --csv FILE and --json have all\n", count(left))
	}
}

func (s switchView) text() string {
	if s.Up {
		return "up " + utc(s.Slot)
	}
	return "down " + utc(s.Slot)
}

// asPercent writes a share of a thousand as a percentage, and none as a dash.
func asPercent(n int) string {
	if n == 0 {
		return "-"
	}
	return fmt.Sprintf("%d.%d %%", n/10, n%10)
}
