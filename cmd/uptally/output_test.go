package main

import (
	"bytes"
	"errors"
	"testing"
	"time"
)

func TestFlags(t *testing.T) {
	for text, want := range map[string]time.Time{
		"2024-04-25":                time.Date(2024, 4, 25, 0, 0, 0, 0, time.UTC),
		"2024-04-25T08:05:00Z":      time.Date(2024, 4, 25, 8, 5, 0, 0, time.UTC),
		"2024-04-25T13:50:00+05:45": time.Date(2024, 4, 25, 8, 5, 0, 0, time.UTC),
	} {
		var got instant
		if err := got.UnmarshalText([]byte(text)); err != nil || got.Time != want {
			t.Errorf("%s is %v, %v", text, got, err)
		}
	}
	for text, want := range map[string]string{"0": "0", "1250000000": "1250000000", "12.5IO": "1250000000", "20,000,000 IO": "2000000000000000"} {
		var got amount
		if err := got.UnmarshalText([]byte(text)); err != nil || got.String() != want {
			t.Errorf("%s is %v, %v", text, got, err)
		}
	}
	for _, text := range []string{"", "12.5", "IO", "1e3", "0.123456789IO", "99999999999IO0", "100000000000IO"} {
		if err := new(amount).UnmarshalText([]byte(text)); err == nil {
			t.Errorf("%q is taken for an amount", text)
		}
	}
}

func TestNumbersForPeople(t *testing.T) {
	for _, c := range []struct{ got, want string }{
		{count(0), "0"},
		{count(999), "999"},
		{count(-1234567), "-1,234,567"},
		{inIO(100000000007), "1,000.00000007 IO"},
		{inIO(-1), "-0.00000001 IO"},
		{millionths(60_000_001), "60.000001"},
		{share(1, 3), "33.33 %"},
		{share(-1, 3), "-33.33 %"},
		{share(1<<62, 1<<62), "100.00 %"},
		{share(1, 0), "-"},
		{change(100, 150), "+50.00 %"},
		{change(100, 50), "-50.00 %"},
		{change(0, 50), "-"},
	} {
		if c.got != c.want {
			t.Errorf("%q, not %q", c.got, c.want)
		}
	}
}

func TestGrid(t *testing.T) {
	g := newGrid("season", ">lines", "notes")
	g.add("ignition-s1", count(1234), "")
	g.add("s2", count(7), "grace_applied")
	g.AppendFooter([]any{"", "1,241", ""})
	var out bytes.Buffer
	g.print(&out)
	golden(t, "grid.txt", out.String())
}

// What an act says is told once it stands: not before, and not if it fails.
func TestHolding(t *testing.T) {
	failed := errors.New("could not commit")
	for _, c := range []struct {
		name string
		err  error
		told bool
	}{
		{"an act that stands", nil, true},
		{"an act that failed", failed, false},
		{"a dry run", errRolledBack, true},
	} {
		var out, talk bytes.Buffer
		a := &app{out: &out, talk: &talk}
		err := a.holding(func() error {
			a.say("sealed")
			if err := printJSON(a.out, 7); err != nil {
				return err
			}
			if out.Len()+talk.Len() > 0 {
				t.Errorf("%s: told before it stands", c.name)
			}
			return c.err
		})
		told := talk.String() == "sealed\n" && out.String() == "7\n"
		if !errors.Is(err, c.err) || told != c.told || !told && out.Len()+talk.Len() > 0 || a.out != &out || a.talk != &talk {
			t.Errorf("%s: %v, said %q and showed %q", c.name, err, talk.String(), out.String())
		}
	}
}
