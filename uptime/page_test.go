package uptime

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
)

const (
	idA = "5f0c1d2e-3a4b-4c5d-8e6f-708192a3b4c5"
	idB = "00000000-0000-0000-0000-000000000001"
)

func heartbeat(id, at string) Heartbeat {
	t, err := time.Parse(time.RFC3339, at)
	if err != nil {
		panic(err)
	}
	return Heartbeat{Device: uuid.MustParse(id), At: t.Unix()}
}

// row is a row of a page in its plain form.
func row(id, at string) string { return fmt.Sprintf(`{"device_id":%q,"at":%q}`, id, at) }

func TestDecodeHeartbeatPage(t *testing.T) {
	const at = "2024-04-25T08:05:12Z"
	a, b := heartbeat(idA, at), heartbeat(idB, "2024-02-29T23:59:59Z")
	tests := []struct {
		name, body string
		want       []Heartbeat
		next       string
	}{
		{"no rows", `{"heartbeats":[]}`, nil, ""},
		{"plain rows", `{"heartbeats":[` + row(idA, at) + `,` + row(idB, "2024-02-29T23:59:59Z") + `],"next_cursor":"x"}`, []Heartbeat{a, b}, "x"},
		{"a row twice", `{"heartbeats":[` + row(idA, at) + `,` + row(idA, at) + `]}`, []Heartbeat{a, a}, ""},
		{"time first", `{"heartbeats":[{"at":"` + at + `","device_id":"` + idA + `"}]}`, []Heartbeat{a}, ""},
		{"cursor first", `{"next_cursor":"x","heartbeats":[` + row(idA, at) + `]}`, []Heartbeat{a}, "x"},
		{"cursor null", `{"heartbeats":[` + row(idA, at) + `],"next_cursor":null}`, []Heartbeat{a}, ""},
		{"cursor empty", `{"heartbeats":[` + row(idA, at) + `],"next_cursor":""}`, []Heartbeat{a}, ""},
		{"cursor with escapes", `{"heartbeats":[],"next_cursor":"\"\\\u00e9\n\ud83d\ude00"}`, nil, "\"\\é\n😀"},
		{"white space", " {\t\"heartbeats\"\r\n:\n[ " + row(idA, at) + " ,\n { \"device_id\" : \"" + idA + "\" , \"at\" : \"" + at + "\" } ] } \n", []Heartbeat{a, a}, ""},
		{"unknown fields", `{"v":[1,{"a":[]}],"heartbeats":[{"x":{"y":[null,true,false,-1.5e+3,"\u0041"]},"device_id":"` + idA + `","at":"` + at + `","z":{}}],"w":0}`, []Heartbeat{a}, ""},
		{"escaped values", `{"heartbeats":[{"device_id":"\u0035` + idA[1:] + `","at":"2024\u002d04-25T08:05:12\u005A"}]}`, []Heartbeat{a}, ""},
		{"escaped keys", `{"he\u0061rtbeats":[{"device\u005fid":"` + idA + `","\u0061t":"` + at + `"}]}`, []Heartbeat{a}, ""},
		{"other spellings of keys are other keys", `{"heartbeats":[{"device_id":"` + idA + `","at":"` + at + `","At":1,"DEVICE_ID":2}],"Heartbeats":3}`, []Heartbeat{a}, ""},
		{"the last of two values counts", `{"heartbeats":[{"at":"2024-01-01T00:00:00Z","at":"` + at + `","device_id":"` + idB + `","device_id":"` + idA + `"}]}`, []Heartbeat{a}, ""},
		{"the last of two arrays counts", `{"heartbeats":[` + row(idB, at) + `],"heartbeats":[` + row(idA, at) + `]}`, []Heartbeat{a}, ""},
		{"the last of two cursors counts", `{"heartbeats":[],"next_cursor":"x","next_cursor":null}`, nil, ""},
		{"a fraction is cut", `{"heartbeats":[` + row(idA, "2024-04-25T08:05:12.999999999999Z") + `]}`, []Heartbeat{a}, ""},
		{"a fraction before 1970 is rounded down", `{"heartbeats":[` + row(idA, "1969-12-31T23:59:58.5Z") + `]}`, []Heartbeat{{a.Device, -2}}, ""},
		{"the first and the last second", `{"heartbeats":[` + row(idA, "0000-01-01T00:00:00Z") + `,` + row(idA, "9999-12-31T23:59:59Z") + `]}`,
			[]Heartbeat{{a.Device, -62167219200}, {a.Device, 253402300799}}, ""},
		{"leap days", `{"heartbeats":[` + row(idA, "2000-02-29T00:00:00Z") + `,` + row(idA, "2024-02-29T00:00:00Z") + `]}`,
			[]Heartbeat{heartbeat(idA, "2000-02-29T00:00:00Z"), heartbeat(idA, "2024-02-29T00:00:00Z")}, ""},
		{"nested as deep as allowed", `{"heartbeats":[],"x":` + strings.Repeat("[", nestingMax-1) + strings.Repeat("]", nestingMax-1) + `}`, nil, ""},
	}
	var page HeartbeatPage // one for all: what it held before must not shine through
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if err := page.Decode([]byte(tt.body)); err != nil {
				t.Fatal(err)
			}
			checkRows(t, page.Heartbeats, tt.want)
			if page.Next != tt.next || string(page.Body) != tt.body {
				t.Errorf("next %q, body %q; want %q, %q", page.Next, page.Body, tt.next, tt.body)
			}
		})
	}
}

func checkRows[T comparable](t *testing.T, got, want []T) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%d rows, want %d: %v", len(got), len(want), got)
	}
	for i := range got {
		if got[i] != want[i] {
			t.Errorf("row %d is %v, want %v", i, got[i], want[i])
		}
	}
}

func TestDecodeHeartbeatPageMalformed(t *testing.T) {
	const at = "2024-04-25T08:05:12Z"
	good := row(idA, at)
	tests := map[string]string{
		"nothing":                       ``,
		"white space":                   " \n",
		"HTML":                          `<html>busy</html>`,
		"null":                          `null`,
		"an array":                      `[]`,
		"a bare array of rows":          `[` + good + `]`,
		"no array":                      `{}`,
		"array null":                    `{"heartbeats":null}`,
		"array null at last":            `{"heartbeats":[],"heartbeats":null}`,
		"array an object":               `{"heartbeats":{}}`,
		"array a string":                `{"heartbeats":"[]"}`,
		"another spelling of the array": `{"Heartbeats":[]}`,
		"row null":                      `{"heartbeats":[null]}`,
		"row a string":                  `{"heartbeats":["` + idA + `"]}`,
		"row empty":                     `{"heartbeats":[{}]}`,
		"row without time":              `{"heartbeats":[{"device_id":"` + idA + `"}]}`,
		"row without device":            `{"heartbeats":[{"at":"` + at + `"}]}`,
		"device null":                   `{"heartbeats":[{"device_id":null,"at":"` + at + `"}]}`,
		"device null at last":           `{"heartbeats":[{"device_id":"` + idA + `","device_id":null,"at":"` + at + `"}]}`,
		"device a number":               `{"heartbeats":[{"device_id":1,"at":"` + at + `"}]}`,
		"time null":                     `{"heartbeats":[{"device_id":"` + idA + `","at":null}]}`,
		"time a number":                 `{"heartbeats":[{"device_id":"` + idA + `","at":1714032312}]}`,
		"one bad row of three":          `{"heartbeats":[` + good + `,` + row(idA, "soon") + `,` + good + `]}`,
		"a bad value before a good one": `{"heartbeats":[{"at":"soon","at":"` + at + `","device_id":"` + idA + `"}]}`,
		"cursor a number":               `{"heartbeats":[],"next_cursor":1}`,
		"cursor an object":              `{"heartbeats":[],"next_cursor":{}}`,
		"cursor false":                  `{"heartbeats":[],"next_cursor":false}`,
		"cut off in the array":          `{"heartbeats":[` + good + `,`,
		"cut off in a row":              `{"heartbeats":[` + good[:60],
		"cut off before the end":        `{"heartbeats":[` + good + `]`,
		"two objects":                   `{"heartbeats":[]}{"heartbeats":[]}`,
		"data after the object":         `{"heartbeats":[]} x`,
		"a zero byte after the object":  "{\"heartbeats\":[]}\x00",
		"comma before the end":          `{"heartbeats":[` + good + `,]}`,
		"comma before the brace":        `{"heartbeats":[],}`,
		"comma first":                   `{,"heartbeats":[]}`,
		"no comma between rows":         `{"heartbeats":[` + good + good + `]}`,
		"no colon":                      `{"heartbeats"[]}`,
		"wrong bracket":                 `{"heartbeats":[}`,
		"key without quotes":            `{heartbeats:[]}`,
		"bad unknown number":            `{"heartbeats":[],"x":01}`,
		"bad unknown fraction":          `{"heartbeats":[],"x":1.}`,
		"bad unknown exponent":          `{"heartbeats":[],"x":1e}`,
		"bad unknown sign":              `{"heartbeats":[],"x":+1}`,
		"bad unknown literal":           `{"heartbeats":[],"x":nul}`,
		"bad unknown string":            `{"heartbeats":[],"x":"\x"}`,
		"bad unknown escape":            `{"heartbeats":[],"x":"\u12g4"}`,
		"bad unknown key":               `{"heartbeats":[],"x":{"\x":1}}`,
		"control character in a string": "{\"heartbeats\":[],\"x\":\"a\nb\"}",
		"string without end":            `{"heartbeats":[],"x":"`,
		"escape without end":            `{"heartbeats":[],"x":"\`,
		"comment":                       `{"heartbeats":[]/* all */}`,
		"byte order mark":               "\uFEFF" + `{"heartbeats":[]}`,
		"nested too deep":               `{"heartbeats":[],"x":` + strings.Repeat("[", nestingMax) + strings.Repeat("]", nestingMax) + `}`,
		"nested without end":            `{"heartbeats":[],"x":` + strings.Repeat(`{"a":`, 100_000),
	}
	for _, id := range []string{
		"", idA[1:], idA + "0", strings.ToUpper(idA), "{" + idA + "}", "urn:uuid:" + idA, strings.ReplaceAll(idA, "-", ""),
		"g" + idA[1:], idA[:35] + "G", idA[:8] + "0" + idA[9:], idA[:23] + "_" + idA[24:], idA[:35] + "é", " " + idA[1:],
	} {
		tests["device "+id] = `{"heartbeats":[` + row(id, at) + `]}`
	}
	for _, instant := range []string{
		"", "Z", "2024-04-25", "2024-04-25T08:05:12", "2024-04-25T08:05:12z", "2024-04-25t08:05:12Z", "2024-04-25 08:05:12Z",
		"2024-04-25T08:05:12+00:00", "2024-04-25T08:05:12-05:00", "2024-04-25T08:05Z", "2024-04-25T08:05:12.Z",
		"2024-04-25T08:05:12,5Z", "2024-04-25T08:05:12.5", "2024-04-25T08:05:12.5ZZ", "2024-04-25T08:05:12.5+Z",
		"2024-00-25T08:05:12Z", "2024-13-25T08:05:12Z", "2024-04-00T08:05:12Z", "2024-04-31T08:05:12Z", "2023-02-29T08:05:12Z",
		"1900-02-29T08:05:12Z", "2024-04-25T24:00:00Z", "2024-04-25T08:60:12Z", "2024-04-25T23:59:60Z", "2016-12-31T23:59:60Z",
		"+024-04-25T08:05:12Z", "2024-4-25T08:05:12Z", "2024-04-25T8:05:12Z", "12024-04-25T08:05:12Z", "-001-04-25T08:05:12Z",
		"2024/04/25T08:05:12Z", "2024-04-25T08.05.12Z", "2024-04-25T08:05:12 Z", "٢٠٢٤-04-25T08:05:12Z",
	} {
		tests["time "+instant] = `{"heartbeats":[` + row(idA, instant) + `]}`
		tests["time first "+instant] = `{"heartbeats":[{"at":"` + instant + `","device_id":"` + idA + `"}]}`
	}
	for name, body := range tests {
		t.Run(name, func(t *testing.T) {
			page := HeartbeatPage{Heartbeats: []Heartbeat{{At: 1}}, Next: "before"}
			if err := page.Decode([]byte(body)); !errors.Is(err, ErrMalformed) {
				t.Fatalf("error %v, want ErrMalformed", err)
			}
			if len(page.Heartbeats) != 0 || page.Next != "" {
				t.Errorf("a malformed page gave rows %v and cursor %q", page.Heartbeats, page.Next)
			}
		})
	}
}

func TestDecodeHeartbeatPageNamesTheRow(t *testing.T) {
	var page HeartbeatPage
	err := page.Decode([]byte(`{"heartbeats":[` + row(idA, "2024-04-25T08:05:12Z") + `, {"device_id":"x"}]}`))
	const want = `malformed page: heartbeats[1]: byte 113: want a UUID in lower case, 8-4-4-4-12`
	if err == nil || err.Error() != want {
		t.Errorf("error %v, want %s", err, want)
	}
}

// Reading page after page must leave no garbage but the cursor and one scanner.
func TestDecodeHeartbeatPageReusesItsMemory(t *testing.T) {
	const spaced = `{"heartbeats":[%s{"seen":1, "device_id": "` + idA + `", "at": "2024-04-25T08:05:12.25Z"}],"next_cursor":"x"}`
	for name, body := range map[string][]byte{
		"plain": fullPage(),
		"other": fmt.Appendf(nil, spaced, strings.Repeat(`{"at": "2024-04-25T08:05:12.5Z", "device_id": "`+idB+`"},`, 9_999)),
	} {
		t.Run(name, func(t *testing.T) {
			var page HeartbeatPage
			allocations := testing.AllocsPerRun(5, func() {
				if err := page.Decode(body); err != nil || len(page.Heartbeats) != 10_000 {
					t.Fatalf("%d rows, error %v", len(page.Heartbeats), err)
				}
			})
			if allocations > 2 {
				t.Errorf("%v allocations for 10,000 rows, want at most 2", allocations)
			}
		})
	}
}
