package main

import (
	"encoding/json"
	"strings"
	"testing"
)

func TestABoundMarksWhatMeetsIt(t *testing.T) {
	for _, c := range []struct {
		bound Bound
		ratio float64
		mark  string
	}{
		{AtMost(8), 7.99, "pass"},
		{AtMost(8), 8, "pass"},
		{AtMost(8), 8.01, "MISSED"},
		{AtLeast(4), 3.99, "MISSED"},
		{AtLeast(4), 4, "pass"},
		{AtLeast(4), 4.01, "pass"},
		{Bound{}, 1e9, ""},
	} {
		if mark := c.bound.Mark(c.ratio); mark != c.mark {
			t.Errorf("%s marks %v %q, want %q", c.bound, c.ratio, mark, c.mark)
		}
	}
}

func TestTableShowsEveryFigureWithItsMark(t *testing.T) {
	var table strings.Builder
	err := writeTable(&table, []Figure{
		ratioOf("ingest.merge", 5, 1000, "ms", AtMost(0.01)),
		ratioOf("snapshot.score", 10, 1, "s", AtMost(8)),
		ratioOf("ingest.pull", 1234567, 300000, "beats/s", AtLeast(1)),
		ratioOf("scale.devices", 3, 2, "s", Bound{}),
	})
	if err != nil {
		t.Fatal(err)
	}
	want := `
       ours    other     unit  ratio    bound          figure
          5     1000       ms  0.005  <= 0.01    pass  ingest.merge
         10        1        s     10     <= 8  MISSED  snapshot.score
  1,234,567  300,000  beats/s  4.115     >= 1    pass  ingest.pull
          3        2        s    1.5     none          scale.devices
`
	if got := "\n" + table.String(); got != want {
		t.Errorf("the table is%swant%s", got, want)
	}
}

func TestJSONHasTheFiveFieldsOfAFigure(t *testing.T) {
	var out strings.Builder
	if err := writeJSON(&out, []Figure{ratioOf("ingest.decode", 900, 90, "MB/s", AtLeast(4))}); err != nil {
		t.Fatal(err)
	}
	var got []map[string]any
	if err := json.Unmarshal([]byte(out.String()), &got); err != nil {
		t.Fatal(err)
	}
	want := map[string]any{"name": "ingest.decode", "ours": 900.0, "other": 90.0, "ratio": 10.0, "unit": "MB/s"}
	if len(got) != 1 || len(got[0]) != len(want) {
		t.Fatalf("got %v, want one object %v", got, want)
	}
	for field, value := range want {
		if got[0][field] != value {
			t.Errorf("%s is %v, want %v", field, got[0][field], value)
		}
	}
}
