package uptime_test

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/uptally/uptally/uptime"
)

const (
	header = "device_id,verdict,effective_at,reason,evidence\n"
	first  = "00000001-0000-4000-8000-000000000000"
	second = "00000002-0000-4000-8000-000000000000"
)

func TestVerdictFilesThatAreFine(t *testing.T) {
	want := []uptime.VerdictRow{
		{Line: 2, VerdictEntry: uptime.VerdictEntry{DeviceID: deviceID(1), Kind: uptime.Spoofed, Reason: "pow_hash_rate_mismatch",
			EffectiveAt: time.Date(2024, 4, 23, 6, 0, 0, 123456000, time.UTC), Evidence: "run 88121, slow"}},
		{Line: 3, VerdictEntry: uptime.VerdictEntry{DeviceID: deviceID(2), Kind: uptime.Genuine, Reason: `he said "yes"`,
			EffectiveAt: time.Date(2024, 4, 23, 0, 0, 0, 0, time.UTC), Evidence: "visité"}},
	}
	table := header + first + `,spoofed,2024-04-23T06:00:00.1234567Z,pow_hash_rate_mismatch,"run 88121, slow"` + "\n" +
		strings.ToUpper(second) + `,genuine,2024-04-23,"he said ""yes""",visité`
	list := `[
		{"device_id": "` + first + `", "verdict": "spoofed", "effective_at": "2024-04-23T08:00:00.123456+02:00", "reason": "pow_hash_rate_mismatch", "evidence": "run 88121, slow"},
		{"evidence": "visit\u00e9", "reason": "he said \"yes\"", "effective_at": "2024-04-23", "verdict": "genuine", "device_id": "` + second + `"}]`
	for _, c := range []struct{ name, content string }{
		{"v.csv", table},
		{"v.csv", table + "\n"},
		{"v.csv", "\ufeff" + strings.ReplaceAll(table, "\n", "\r\n")},
		{"v", table},
		{"-", "\ufeff" + list + "\r\n"},
		{"v.JSON", list},
	} {
		got, err := uptime.ParseVerdictFile(c.name, []byte(c.content))
		if err != nil || !slices.Equal(got, want) {
			t.Errorf("%s: %v\n%+v, want\n%+v\nin %s", c.name, err, got, want, c.content)
		}
	}
}

func TestEveryMistakeOfAVerdictFileIsNamed(t *testing.T) {
	const good = first + ",spoofed,2024-04-23,why,run 1\n"
	for _, c := range []struct {
		name, content string
		want          []string // line: field: value: of the remedy
	}{
		{"empty.csv", "", []string{`1: file: "": it is empty`}},
		{"empty.json", "\ufeff \r\n", []string{`1: file: "": it is empty`}},
		{"bare.csv", header, []string{`1: file: "": it has no row`}},
		{"bare.json", " [ ]", []string{`1: file: "": it has no row`}},
		{"headless.csv", good, []string{`1: header: "` + first + `,spoofed,2024-04-23,why,run 1": begin the file`}},
		{"order.csv", "verdict,device_id,effective_at,reason,evidence\r\n" + good, []string{`1: header: "verdict,device_id,effective_at,reason,evidence": begin`}},
		{"quoted.csv", "\"device_id\nx", []string{`1: header: "\"device_id": begin`}},
		{"latin.csv", header + good + "caf\xe9", []string{`3: file: "": it is not UTF-8`}},
		{
			"all.csv",
			header + // 1
				good + // 2
				"gpu-7,fake,yesterday,,\n" + // 3
				first + ",genuine,2024-04-24,why,run 2\n" + // 4
				"\n" + // 5
				second + ",genuine,2024-04-24,why\n" + // 6
				second + ",genuine,2024-02-30,\"a \"b\" c\",run 3\n" + // 7
				second + ",,2024-04-23T06:00:00,\"two\nlines\",run\t4\n" + // 8 and 9
				"{" + second + "},Spoofed,0001-01-01,  ,run 5\n" + // 10
				second + ",spoofed,2024-04-23,\"never closed,run 6\nmore\n", // 11
			[]string{
				`3: device_id: "gpu-7": write the device's UUID`,
				`3: verdict: "fake": write spoofed or genuine`,
				`3: effective_at: "yesterday": write 2024-04-23T06:00:00Z`,
				`3: reason: "": say why`,
				`3: evidence: "": say what shows it`,
				`4: device_id: "` + first + `": line 2 has a verdict on it already`,
				`6: row: "` + second + `,genuine,2024-04-24,why": 4 columns`,
				`7: row: "` + second + `,genuine,2024-02-30,\"a \"b\" c\",run 3": its quotes are broken on line 7`,
				`8: verdict: "": write spoofed or genuine`,
				`8: effective_at: "2024-04-23T06:00:00": write 2024-04-23T06:00:00Z`,
				`8: reason: "two\nlines": write one line`,
				`8: evidence: "run\t4": write one line`,
				`10: device_id: "{` + second + `}": write the device's UUID`,
				`10: verdict: "Spoofed": write spoofed or genuine`,
				`10: effective_at: "0001-01-01": write`,
				`10: reason: "  ": say why`,
				`11: row: "` + second + `,spoofed,2024-04-23,\"never closed,run 6": its quotes are broken on line 12`,
			},
		},
		{"long.csv", header + strings.Repeat("é", 81) + good[36:], []string{`2: device_id: "` + strings.Repeat("é", 80) + `…": write`}},
		{"object.json", `{"device_id": 1}`, []string{`1: file: "": it is not JSON: byte 0: want [`}},
		{"cut.json", "[\n{\"device_id\": \"x\",\n\"verd", []string{`3: file: "": it is not JSON: byte 26: a string without end`}},
		{"trailing.json", "[]\n[]", []string{`2: file: "": it is not JSON: byte 3: data after`}},
		{
			"all.json",
			`[{"device_id": "` + first + `", "verdict": "spoofed", "effective_at": "2024-04-23", "reason": "why", "evidence": "run 1"},
			7, null,
			{"device_id": "` + second + `", "Verdict": {"a": [1]}, "effective_at": 1713852000, "reason": "why", "reason": "why not"},

			{},
			{"evidence": "", "reason": "why", "effective_at": "2024-04-23", "verdict": "genuine",
			 "device_id": "` + first + `"}]`,
			[]string{
				`2: row: "7": write an object`,
				`2: row: "null": write an object`,
				`3: Verdict: "{\"a\": [1]}": no such field`,
				`3: effective_at: "1713852000": write it as a string`,
				`3: reason: "\"why not\"": it stands twice`,
				`3: verdict: "": it is missing`,
				`3: evidence: "": it is missing`,
				`5: device_id: "": it is missing`,
				`5: verdict: "": it is missing`,
				`5: effective_at: "": it is missing`,
				`5: reason: "": it is missing`,
				`5: evidence: "": it is missing`,
				`6: evidence: "": say what shows it`,
				`6: device_id: "` + first + `": line 1 has a verdict on it already`,
			},
		},
	} {
		rows, err := uptime.ParseVerdictFile(c.name, []byte(c.content))
		bad, ok := errors.AsType[*uptime.BadVerdicts](err)
		if !ok || rows != nil || bad.File != c.name {
			t.Errorf("%s: %v and %d rows", c.name, err, len(rows))
			continue
		}
		for i := range max(len(c.want), len(bad.Rows)) {
			got, want := "nothing", "nothing"
			if i < len(bad.Rows) {
				got = bad.Rows[i].Error()
			}
			if i < len(c.want) {
				want = c.want[i]
			}
			if !strings.HasPrefix(got, want) {
				t.Errorf("%s: mistake %d is\n%s\nwant\n%s", c.name, i, got, want)
			}
			if !strings.Contains(err.Error(), "\n"+c.name+":"+got) {
				t.Errorf("%s: %q is not in %q", c.name, got, err)
			}
		}
	}
}

// Whatever the bytes, there are rows or mistakes, never both; rows can be recorded,
// and say the same when they are written as a table and as JSON and read again.
func FuzzParseVerdictFile(f *testing.F) {
	f.Add(true, header+first+",spoofed,2024-04-23,why,run 1\n")
	f.Add(false, `[{"device_id": "`+first+`", "verdict": "spoofed", "effective_at": "2024-04-23", "reason": "why", "evidence": "run 1"}]`)
	f.Add(true, header+"\"a\"b\r\n\ufeff,,,,\n")
	f.Add(false, `[{"device_id":"x","device_id":`)
	f.Fuzz(func(t *testing.T, table bool, content string) {
		name := "v.json"
		if table {
			name = "v.csv"
		}
		rows, err := uptime.ParseVerdictFile(name, []byte(content))
		if err != nil {
			bad, ok := errors.AsType[*uptime.BadVerdicts](err)
			if !ok || len(bad.Rows) == 0 || rows != nil {
				t.Fatalf("%v and %d rows", err, len(rows))
			}
			for _, m := range bad.Rows {
				if m.Line < 1 || m.Line > 1+strings.Count(content, "\n") || m.Field == "" && table || m.Remedy == "" {
					t.Fatalf("mistake %+v", m)
				}
			}
			return
		}
		var (
			again   bytes.Buffer
			objects []map[string]string
		)
		w := csv.NewWriter(&again)
		_ = w.Write(strings.Split(strings.TrimSpace(header), ","))
		for _, r := range rows {
			if err := r.Validate(); err != nil {
				t.Fatal(err)
			}
			at := r.EffectiveAt.Format(time.RFC3339Nano)
			_ = w.Write([]string{r.DeviceID.String(), string(r.Kind), at, r.Reason, r.Evidence})
			objects = append(objects, map[string]string{
				"device_id": r.DeviceID.String(), "verdict": string(r.Kind), "effective_at": at, "reason": r.Reason, "evidence": r.Evidence,
			})
		}
		w.Flush()
		list, _ := json.Marshal(objects)
		for name, content := range map[string][]byte{"v.csv": again.Bytes(), "v.json": list} {
			same, err := uptime.ParseVerdictFile(name, content)
			if err != nil || !slices.EqualFunc(same, rows, func(a, b uptime.VerdictRow) bool { return a.VerdictEntry == b.VerdictEntry }) {
				t.Fatalf("%s: %v\n%+v, want\n%+v", name, err, same, rows)
			}
		}
	})
}
