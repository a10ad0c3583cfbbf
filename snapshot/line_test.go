package snapshot

import (
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/uptally/uptally/uptime"
)

func goodLine() Line {
	day := storyClock("2024-04-25T00:00:00Z")
	return Line{
		DeviceID:   uuid.MustParse("01c1967e-02cf-4460-984b-6d918d540947"),
		SupplierID: uuid.MustParse("962b85ee-4da8-4cee-adbb-6670aa957c1a"),
		Span:       uptime.SpanOf(day, day.Add(24*time.Hour)),
		Observed:   280, Up: 200, Grace: 20, LongestRun: 230, WeightMillionths: 2_333_333, JobMinutes: 60,
		Points: 2_636_666_290_000, Amount: 7, Outcome: OutcomeEligible, Notes: NoteGraceApplied | NoteMetadataHeld,
	}
}

func storyClock(text string) time.Time {
	at, err := time.Parse(time.RFC3339Nano, text)
	if err != nil {
		panic(err)
	}
	return at
}

func TestAppendCSV(t *testing.T) {
	const want = "before 01c1967e-02cf-4460-984b-6d918d540947,962b85ee-4da8-4cee-adbb-6670aa957c1a,2024-04-25T00:00:00Z,2024-04-26T00:00:00Z," +
		"280,200,20,220,2333333,60,2636666290000,7,eligible,grace_applied;metadata_held\n"
	if got := string(AppendCSV([]byte("before "), goodLine())); got != want {
		t.Errorf("row\n got %swant %s", got, want)
	}
	if strings.Count(CSVHeader, ",") != strings.Count(want, ",") || !strings.HasSuffix(CSVHeader, ",notes\n") {
		t.Errorf("header %q", CSVHeader)
	}
}

func TestLineInequalities(t *testing.T) {
	if err := goodLine().Validate(); err != nil {
		t.Error(err)
	}
	for wrong, change := range map[string]func(*Line){
		"first slot < end":        func(l *Line) { l.Span.To = l.Span.From },
		"every figure >= 0":       func(l *Line) { l.JobMinutes = -1 },
		"observed <= slots":       func(l *Line) { l.Observed = 289 },
		"up + grace <= observed":  func(l *Line) { l.Up = 261 },
		"longest run <= observed": func(l *Line) { l.LongestRun = 281 },
		"outcome and notes":       func(l *Line) { l.Outcome = 8 },
		"points only if eligible": func(l *Line) { l.Outcome = OutcomeSpoofed },
		"amount only with points": func(l *Line) { l.Points = 0 },
		"grace_applied if and":    func(l *Line) { l.Grace = 0 },
	} {
		l := goodLine()
		change(&l)
		if err := l.Validate(); err == nil || !strings.Contains(err.Error(), wrong) {
			t.Errorf("error %v, want %q", err, wrong)
		}
	}
}
