package snapshot

// The cases as text, testdata/*.txt: testdata/README.md says how they are read.

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/holiman/uint256"

	"github.com/uptally/uptally/uptime"
)

func TestStories(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txt")
	if err != nil || len(files) < 7 {
		t.Fatalf("found %d stories (%v)", len(files), err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txt"), func(t *testing.T) {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			readStory(t, string(text)).check(t)
		})
	}
}

// story is a text case as read.
type story struct {
	basis    Basis
	first    uptime.Slot // of the boxes
	rules    storyRules
	observed string // a character an hour
	devices  []*Device
	byName   map[string]*Device
	rows     []*storyRow
	residual int64
}

type storyRules struct{ eligibility, permille, weights string }

// storyRow is one line of a device, as drawn and as written.
type storyRow struct {
	device *Device
	name   string // of the device
	owner  string
	gpu    string // "2xA100"
	drawn  string // a character an hour
	says   []string
}

func readStory(t *testing.T, text string) *story {
	t.Helper()
	s := &story{byName: map[string]*Device{}, basis: Basis{Released: map[int64]bool{}}}
	var log [][]string
	for n, line := range strings.Split(text, "\n") {
		words := strings.Fields(line)
		switch {
		case len(words) == 0 || words[0] == "#" || strings.HasPrefix(line, "device "):
		case strings.Contains(line, "|"):
			s.readRow(t, n+1, line)
		case words[0] == "log":
			log = append(log, words[1:])
		default:
			s.readSetting(t, words[0], words[1:])
		}
	}
	s.build(t)
	for _, entry := range log {
		s.readEntry(t, entry)
	}
	return s
}

func (s *story) readSetting(t *testing.T, name string, words []string) {
	t.Helper()
	options := storyOptions(words)
	switch name {
	case "season":
		from, to, _ := strings.Cut(words[0], "..")
		s.basis.Season = Season{Code: "story", FirstDay: storyDay(t, from), LastDay: storyDay(t, to), Pool: storyInt(t, options["pool"])}
		s.first = s.basis.Season.Span().From - uptime.SlotsPerDay
	case "taken":
		s.basis.AsOf = s.at(t, words[0])
	case "rules":
		s.rules.eligibility = fmt.Sprintf("min_uptime = %q\nmin_continuous = %s\nrequire_genuine = %s\nexclude = %q",
			options["min_uptime"], options["min_continuous"], options["require_genuine"], options["exclude"])
		s.rules.permille = options["permille"]
	case "weights":
		for model, weight := range options {
			s.rules.weights += fmt.Sprintf("%q = %q\n", model, weight)
		}
	case "window":
		s.basis.Windows = append(s.basis.Windows, s.window(t, words[0], options))
	case "hold":
		from, to, _ := strings.Cut(words[0], "..")
		s.basis.Holds = append(s.basis.Holds, Hold{From: s.at(t, from), To: s.at(t, to)})
	case "residual":
		s.residual = storyInt(t, words[0])
	default:
		t.Fatalf("unknown setting %q", name)
	}
}

func (s *story) window(t *testing.T, span string, options map[string]string) Window {
	t.Helper()
	from, to, _ := strings.Cut(span, "..")
	minBefore, err := ParseFraction(options["min_before"])
	if err != nil {
		t.Fatal(err)
	}
	w := Window{
		From: s.at(t, from), To: s.at(t, to), Cause: "outage", MinBefore: minBefore,
		Lookback: int(storyInt(t, options["lookback"])), Sustain: int(storyInt(t, options["sustain"])),
		ReconnectBy: s.at(t, options["reconnect_by"]), Credit: Credit(options["credit"]),
		RequireGenuine: options["require_genuine"] == "true",
	}
	if text, capped := options["cap"]; capped {
		w.Cap = new(int(storyInt(t, text)))
	}
	if err := w.Validate(); err != nil {
		t.Fatal(err)
	}
	return w
}

// readRow reads "name owner gpu |day|day|day| figures outcome notes".
func (s *story) readRow(t *testing.T, number int, line string) {
	t.Helper()
	parts := strings.Split(line, "|")
	words, boxes := strings.Fields(parts[0]), parts[1:len(parts)-1]
	if days := s.basis.Season.Span().Len()/uptime.SlotsPerDay + 2; len(boxes) != days {
		t.Fatalf("row %d has %d boxes, want %d", number, len(boxes), days)
	}
	drawn := strings.Join(boxes, "")
	if len(drawn) != 24*len(boxes) {
		t.Fatalf("row %d draws %d hours, want %d", number, len(drawn), 24*len(boxes))
	}
	if words[0] == "observed" {
		s.observed = drawn
		return
	}
	row := &storyRow{name: words[0], owner: words[1], gpu: words[2], drawn: drawn, says: strings.Fields(parts[len(parts)-1])}
	if len(row.says) != 8 {
		t.Fatalf("row %d has %d figures, want 8", number, len(row.says))
	}
	if row.name == `"` {
		row.name, row.device = s.rows[len(s.rows)-1].name, s.rows[len(s.rows)-1].device
	} else {
		row.device = &Device{Number: uptime.DeviceNumber(len(s.devices)), ID: storyID(row.name)}
		s.devices = append(s.devices, row.device)
		s.byName[row.name] = row.device
	}
	s.rows = append(s.rows, row)
}

// build makes the ruleset, the coverage, and the devices as they are registered.
func (s *story) build(t *testing.T) {
	t.Helper()
	text := fmt.Sprintf("name = \"story\"\nversion = 1\n[eligibility]\n%s\n[jobs]\npermille = %s\n[payout]\nminimum = 0\n"+
		"[weights.connectivity]\ndefault = \"1\"\n[weights.gpu]\n%s", s.rules.eligibility, s.rules.permille, s.rules.weights)
	var err error
	if s.basis.Rules, err = LoadRuleset([]byte(text)); err != nil {
		t.Fatal(err)
	}
	span := uptime.Span{From: s.first, To: s.hour(len(s.observed)).From}
	s.basis.Observed = uptime.NewTimeline(span)
	for i, cell := range s.observed {
		if cell == '#' {
			s.basis.Observed.AddSpan(s.hour(i))
		}
	}
	for _, row := range s.rows {
		if row.device.Up.Span() != span {
			row.device.Up = uptime.NewTimeline(span)
			s.register(t, row)
		}
		for i, cell := range row.drawn {
			if cell == '#' || cell == 'x' {
				row.device.Up.AddSpan(s.hour(i))
			}
			if cell != ' ' && (cell == '?') != (s.observed[i] == '?') {
				t.Fatalf("%s: hour %d is drawn %q, the coverage says %q", row.name, i, cell, s.observed[i])
			}
		}
	}
}

// register registers a device at the first hour that is drawn, and long before
// if that is the first of all.
func (s *story) register(t *testing.T, row *storyRow) {
	t.Helper()
	blank := len(row.drawn) - len(strings.TrimLeft(row.drawn, " "))
	row.device.RegisteredAt = s.hour(blank).From.Start()
	if blank == 0 {
		row.device.RegisteredAt = row.device.RegisteredAt.AddDate(-1, 0, 0)
	}
	s.change(t, row.device, row.device.RegisteredAt, uptime.ChannelRegistration,
		map[string]string{"owner": row.owner, "gpu": row.gpu})
}

func (s *story) change(t *testing.T, d *Device, at time.Time, channel uptime.Channel, options map[string]string) {
	t.Helper()
	connectivity := "any"
	c := uptime.Change{Seq: int64(1000*int(d.Number) + len(d.Changes)), DeviceID: d.ID, ChangedAt: at, Channel: channel, Connectivity: &connectivity}
	if owner, ok := options["owner"]; ok {
		c.SupplierID = new(storyID(owner))
	}
	if gpu, ok := options["gpu"]; ok {
		count, model, _ := strings.Cut(gpu, "x")
		c.GPUCount, c.GPUModel = new(int32(storyInt(t, count))), &model
	}
	if status, ok := options["status"]; ok {
		c.Status = &status
	}
	if options["released"] == "true" {
		s.basis.Released[c.Seq] = true
	}
	d.Changes = append(d.Changes, c)
}

// readEntry reads "when device what options": a verdict, job minutes or a
// change. A registration replaces the one that the rows imply.
func (s *story) readEntry(t *testing.T, words []string) {
	t.Helper()
	d, options := s.byName[words[1]], storyOptions(words[3:])
	if d == nil {
		t.Fatalf("no device %q is drawn", words[1])
	}
	switch words[2] {
	case "verdict":
		d.Verdicts = append(d.Verdicts, uptime.Verdict{
			Seq: int64(len(d.Verdicts) + 1), DeviceID: d.ID, Kind: uptime.VerdictKind(words[3]), DecidedAt: s.at(t, words[0]),
			EffectiveAt: s.at(t, options["effective"]), ByHand: options["by_hand"] == "true",
		})
	case "job-minutes":
		d.JobMinutes = append(d.JobMinutes, uptime.JobMinutes{
			DeviceID: d.ID, Day: s.at(t, words[0]+"T00:00"), Minutes: int32(storyInt(t, words[3])),
		})
	case "registration":
		d.RegisteredAt, d.Changes = s.at(t, words[0]), nil
		s.change(t, d, d.RegisteredAt, uptime.ChannelRegistration, options)
	case "user", "worker-api":
		s.change(t, d, s.at(t, words[0]), uptime.Channel(words[2]), options)
	default:
		t.Fatalf("unknown entry %q", words)
	}
}

func (s *story) check(t *testing.T) {
	t.Helper()
	scorer := s.basis.NewScorer()
	var lines []Line
	for _, d := range s.devices {
		first := len(lines)
		var err error
		if lines, err = scorer.Score(d, lines); err != nil {
			t.Fatal(err)
		}
		for i, line := range lines[first:] {
			if row := first + i; row < len(s.rows) && s.rows[row].device == d {
				s.checkDrawing(t, scorer, s.rows[row], line)
			}
		}
	}
	if len(lines) != len(s.rows) {
		t.Fatalf("%d lines, want %d", len(lines), len(s.rows))
	}
	total := new(uint256.Int)
	AddPoints(total, lines)
	if residual := s.basis.Season.Pool - Allocate(s.basis.Season.Pool, total, lines); residual != s.residual {
		t.Errorf("residual %d, want %d", residual, s.residual)
	}
	for i, line := range lines {
		s.checkFigures(t, s.rows[i], line)
	}
}

// checkDrawing compares the hours of the season that a row draws with the line:
// its span, what counts, and what was granted.
func (s *story) checkDrawing(t *testing.T, scorer *Scorer, row *storyRow, line Line) {
	t.Helper()
	counted := s.basis.Rules.Eligibility.Exclude.counted(line.Span, lastVerdict(row.device.Verdicts))
	for i, cell := range row.drawn {
		hour := s.hour(i)
		if hour.Intersect(scorer.season).Empty() {
			continue
		}
		granted := 0
		for _, d := range scorer.decisions {
			granted += scorer.down.Count(hour.Intersect(d.granted))
		}
		want := byte(' ')
		switch is := line.Span.Contains(hour.From); {
		case !is:
		case !s.basis.Observed.Has(hour.From):
			want = '?'
		case granted > 0:
			want = '+'
		default:
			want = map[[2]bool]byte{{true, true}: '#', {false, true}: '.', {true, false}: 'x', {false, false}: '-'}[[2]bool{
				row.device.Up.Has(hour.From), counted.Contains(hour.From)}]
		}
		if byte(cell) != want || granted%uptime.SlotsPerHour != 0 {
			t.Errorf("%s of %s: %s is drawn %q, want %q (%d slots granted)", row.name, row.owner, hour.From.Start(), cell, want, granted)
		}
	}
}

func (s *story) checkFigures(t *testing.T, row *storyRow, line Line) {
	t.Helper()
	notes := strings.ReplaceAll(line.Notes.String(), ";", ",")
	if notes == "" {
		notes = "-"
	}
	got := []string{
		fmt.Sprint(line.Observed), fmt.Sprint(line.Up), fmt.Sprint(line.Grace), fmt.Sprint(line.LongestRun),
		storyPoints(line.Points), fmt.Sprint(line.Amount), line.Outcome.String(), notes,
	}
	if line.DeviceID != row.device.ID || line.SupplierID != storyID(row.owner) {
		t.Errorf("%s of %s: the line is another's: %s of %s", row.name, row.owner, line.DeviceID, line.SupplierID)
	}
	if fmt.Sprint(got) != fmt.Sprint(row.says) {
		t.Errorf("%s of %s\n got %s\nwant %s", row.name, row.owner, got, row.says)
	}
	if err := line.Validate(); err != nil {
		t.Error(err)
	}
}

// hour returns the slots of the i-th character of a row.
func (s *story) hour(i int) uptime.Span {
	from := s.first + uptime.Slot(i)*uptime.SlotsPerHour
	return uptime.Span{From: from, To: from + uptime.SlotsPerHour}
}

// at reads a time of the season's month, "25T08:05" or "25T08:05:30".
func (s *story) at(t *testing.T, text string) time.Time {
	t.Helper()
	layout := "2006-01-02T15:04:05"
	text = s.basis.Season.FirstDay.Format("2006-01-") + text
	at, err := time.Parse(layout[:min(len(layout), len(text))], text)
	if err != nil {
		t.Fatal(err)
	}
	return at
}

func storyOptions(words []string) map[string]string {
	options := map[string]string{}
	for _, word := range words {
		if name, value, ok := strings.Cut(word, "="); ok {
			options[name] = value
		}
	}
	return options
}

// storyPoints writes points as their thousand millions where they are whole.
func storyPoints(points int64) string {
	if points > 0 && points%1e9 == 0 {
		return fmt.Sprintf("%de9", points/1e9)
	}
	return fmt.Sprint(points)
}

func storyID(name string) uuid.UUID { return uuid.NewSHA1(uuid.NameSpaceOID, []byte(name)) }

func storyDay(t *testing.T, text string) time.Time {
	t.Helper()
	day, err := time.Parse(time.DateOnly, text)
	if err != nil {
		t.Fatal(err)
	}
	return day
}

func storyInt(t *testing.T, text string) int64 {
	t.Helper()
	n, err := strconv.ParseInt(strings.ReplaceAll(text, "_", ""), 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	return n
}
