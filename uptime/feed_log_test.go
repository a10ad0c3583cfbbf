package uptime

import (
	"errors"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
)

const (
	supplierA    = "9d2a1c3b-0000-4000-8000-00000000000a"
	registration = `{"seq":1,"device_id":"` + idA + `","changed_at":"2024-03-01T10:00:00.123456789Z","channel":"registration",` +
		`"supplier_id":"` + supplierA + `","gpu_model":"NVIDIA H100 PCIe","gpu_count":8,"connectivity":"ultra"}`
	attack = `{"status":"down","device_name":"pwned\u0000\ud83d\ude00","seq":3,"x":[{}],"device_id":"` + idB + `",` +
		`"changed_at":"2024-04-25T08:05:00Z","channel":"worker-api","supplier_id":null,"gpu_count":null}`
	spoofed = `{"seq":7,"device_id":"` + idA + `","verdict":"spoofed","effective_at":"2024-04-23T06:00:00Z",` +
		`"decided_at":"2024-04-23T09:12:44Z","reason":"pow_hash_rate_mismatch","evidence":"pow-run 88121"}`
	genuine = `{"seq":9,"device_id":"` + idB + `","verdict":"genuine","effective_at":"2024-04-23T06:00:00Z","decided_at":"2024-04-24T00:00:00Z"}`
)

func TestFeedReadsChanges(t *testing.T) {
	t.Parallel()
	s := serve(t, reply(200, `{"changes":[`+registration+`,`+attack+`],"next_cursor":"c2"}`), reply(200, `{"changes":[],"next_cursor":"c2"}`))
	feed, _ := s.feed(t, FeedConfig{PageLimit: 500})
	rows, next, err := feed.Changes(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	want := []Change{
		{
			Seq: 1, DeviceID: uuid.MustParse(idA), ChangedAt: time.Date(2024, 3, 1, 10, 0, 0, 123456000, time.UTC), Channel: ChannelRegistration,
			SupplierID: new(uuid.MustParse(supplierA)), GPUModel: new("NVIDIA H100 PCIe"), GPUCount: new(int32(8)), Connectivity: new("ultra"),
		},
		{
			Seq: 3, DeviceID: uuid.MustParse(idB), ChangedAt: windowFrom, Channel: ChannelWorkerAPI,
			DeviceName: new("pwned\uFFFD😀"), Status: new("down"),
		},
	}
	if !reflect.DeepEqual(rows, want) || next != "c2" {
		t.Errorf("changes %+v, next %q", rows, next)
	}
	if rows, next, err = feed.Changes(t.Context(), next); err != nil || len(rows) != 0 || next != "c2" {
		t.Errorf("nothing new: %d rows, next %q, error %v", len(rows), next, err)
	}
	seen := s.seen()
	if seen[0].URL.RequestURI() != "/v1/devices/changes?limit=500" || seen[1].URL.RequestURI() != "/v1/devices/changes?cursor=c2&limit=500" {
		t.Errorf("requests: %v %v", seen[0].URL, seen[1].URL)
	}
}

func TestFeedReadsVerdicts(t *testing.T) {
	t.Parallel()
	s := serve(t, reply(200, `{"next_cursor":"c2","verdicts":[`+spoofed+`,`+genuine+`]}`))
	feed, _ := s.feed(t, FeedConfig{})
	rows, next, err := feed.Verdicts(t.Context(), "c1")
	if err != nil {
		t.Fatal(err)
	}
	effective := time.Date(2024, 4, 23, 6, 0, 0, 0, time.UTC)
	checkRows(t, rows, []Verdict{
		{
			Seq: 7, DeviceID: uuid.MustParse(idA), Kind: Spoofed, EffectiveAt: effective,
			DecidedAt: time.Date(2024, 4, 23, 9, 12, 44, 0, time.UTC), Reason: "pow_hash_rate_mismatch", Evidence: "pow-run 88121",
		},
		{Seq: 9, DeviceID: uuid.MustParse(idB), Kind: Genuine, EffectiveAt: effective, DecidedAt: time.Date(2024, 4, 24, 0, 0, 0, 0, time.UTC)},
	})
	if next != "c2" || s.seen()[0].URL.RequestURI() != "/v1/verdicts?cursor=c1&limit=10000" {
		t.Errorf("next %q, request %v", next, s.seen()[0].URL)
	}
}

func TestFeedReadsJobMinutes(t *testing.T) {
	t.Parallel()
	body := `{"job_minutes":[{"device_id":"` + idA + `","minutes":412},{"minutes":0,"device_id":"` + idA + `"}],"next_cursor":"c2"}`
	s := serve(t, reply(200, body), reply(200, `{"job_minutes":[]}`))
	feed, _ := s.feed(t, FeedConfig{})
	evening := time.Date(2024, 4, 26, 2, 0, 0, 0, time.FixedZone("Kathmandu", 20700)) // still the 25th in UTC
	rows, next, err := feed.JobMinutes(t.Context(), evening, "")
	if err != nil || next != "c2" {
		t.Fatalf("next %q, error %v", next, err)
	}
	day := time.Date(2024, 4, 25, 0, 0, 0, 0, time.UTC)
	checkRows(t, rows, []JobMinutes{{uuid.MustParse(idA), day, 412}, {uuid.MustParse(idA), day, 0}})
	if rows, next, err = feed.JobMinutes(t.Context(), evening, next); err != nil || len(rows) != 0 || next != "" {
		t.Errorf("last page: %d rows, next %q, error %v", len(rows), next, err)
	}
	if got := s.seen()[1].URL.RequestURI(); got != "/v1/job-minutes?cursor=c2&day=2024-04-25&limit=10000" {
		t.Errorf("request %s", got)
	}
}

func TestFeedReadsSummary(t *testing.T) {
	t.Parallel()
	s := serve(t, reply(200, `{"slots":[{"slot":"2024-04-25T08:05:00Z","devices":598211,"heartbeats":612034}]}`))
	feed, _ := s.feed(t, FeedConfig{})
	slots, err := feed.Summary(t.Context(), windowFrom, windowTo)
	if err != nil {
		t.Fatal(err)
	}
	checkRows(t, slots, []SlotSummary{{SlotOf(windowFrom), 598211, 612034}})
	const want = "/v1/heartbeats/summary?from=2024-04-25T08%3A05%3A00Z&to=2024-04-25T08%3A10%3A00Z"
	if got := s.seen()[0].URL.RequestURI(); got != want {
		t.Errorf("request %s, want %s", got, want)
	}
}

// Every endpoint asks again a bounded number of times for a page that is not as
// the contract says.
func TestFeedMalformedLogs(t *testing.T) {
	t.Parallel()
	changes := func(rows string) string { return `{"changes":[` + rows + `],"next_cursor":"c2"}` }
	verdicts := func(rows string) string { return `{"verdicts":[` + rows + `],"next_cursor":"c2"}` }
	swap := strings.NewReplacer
	tests := []struct{ endpoint, name, body string }{
		{"changes", "no array", `{"next_cursor":"c2"}`},
		{"changes", "array null", `{"changes":null,"next_cursor":"c2"}`},
		{"changes", "no cursor", `{"changes":[` + registration + `]}`},
		{"changes", "no cursor though nothing is new", `{"changes":[]}`},
		{"changes", "cursor null", `{"changes":[],"next_cursor":null}`},
		{"changes", "cursor empty", `{"changes":[],"next_cursor":""}`},
		{"changes", "cursor that stands still", `{"changes":[` + registration + `],"next_cursor":"c1"}`},
		{"changes", "cursor with U+0000", `{"changes":[` + registration + `],"next_cursor":"c\u0000"}`},
		{"changes", "seq that repeats", changes(registration + `,` + registration)},
		{"changes", "seq that falls", changes(attack + `,` + registration)},
		{"changes", "seq zero", changes(swap(`"seq":1`, `"seq":0`).Replace(registration))},
		{"changes", "seq with a fraction", changes(swap(`"seq":1`, `"seq":1.0`).Replace(registration))},
		{"changes", "seq in quotes", changes(swap(`"seq":1`, `"seq":"1"`).Replace(registration))},
		{"changes", "seq too large", changes(swap(`"seq":1`, `"seq":9223372036854775808`).Replace(registration))},
		{"changes", "seq null", changes(swap(`"seq":1`, `"seq":null`).Replace(registration))},
		{"changes", "seq of another spelling", changes(swap(`"seq"`, `"Seq"`).Replace(registration))},
		{"changes", "no device", changes(swap(`"device_id"`, `"device"`).Replace(registration))},
		{"changes", "device in upper case", changes(swap(idA, strings.ToUpper(idA)).Replace(registration))},
		{"changes", "no time", changes(swap(`"changed_at"`, `"at"`).Replace(registration))},
		{"changes", "time with an offset", changes(swap(`123456789Z`, `1+00:00`).Replace(registration))},
		{"changes", "no channel", changes(swap(`"channel":"worker-api",`, ``).Replace(attack))},
		{"changes", "another channel", changes(swap(`worker-api`, `worker`).Replace(attack))},
		{"changes", "registration without supplier", changes(swap(`"supplier_id"`, `"supplier"`).Replace(registration))},
		{"changes", "registration without model", changes(swap(`"gpu_model":"NVIDIA H100 PCIe"`, `"gpu_model":null`).Replace(registration))},
		{"changes", "registration without count", changes(swap(`"gpu_count":8,`, ``).Replace(registration))},
		{"changes", "registration without connectivity", changes(swap(`"connectivity"`, `"c"`).Replace(registration))},
		{"changes", "supplier not an id", changes(swap(supplierA, "me").Replace(registration))},
		{"changes", "model a number", changes(swap(`"NVIDIA H100 PCIe"`, `100`).Replace(registration))},
		{"changes", "count zero", changes(swap(`"gpu_count":8`, `"gpu_count":0`).Replace(registration))},
		{"changes", "count negative", changes(swap(`"gpu_count":8`, `"gpu_count":-8`).Replace(registration))},
		{"changes", "count too large", changes(swap(`"gpu_count":8`, `"gpu_count":2147483648`).Replace(registration))},
		{"changes", "name an object", changes(swap(`"device_name":"pwned\u0000\ud83d\ude00"`, `"device_name":{}`).Replace(attack))},
		{"verdicts", "no cursor", `{"verdicts":[` + spoofed + `]}`},
		{"verdicts", "cursor that stands still", `{"verdicts":[` + spoofed + `],"next_cursor":"c1"}`},
		{"verdicts", "seq that falls", verdicts(genuine + `,` + spoofed)},
		{"verdicts", "another verdict", verdicts(swap(`"spoofed"`, `"fake"`).Replace(spoofed))},
		{"verdicts", "no verdict", verdicts(swap(`"verdict"`, `"kind"`).Replace(spoofed))},
		{"verdicts", "no time of effect", verdicts(swap(`"effective_at"`, `"at"`).Replace(spoofed))},
		{"verdicts", "no time of decision", verdicts(swap(`"decided_at"`, `"at"`).Replace(spoofed))},
		{"verdicts", "no device", verdicts(swap(`"device_id"`, `"id"`).Replace(spoofed))},
		{"verdicts", "no seq", verdicts(swap(`"seq"`, `"n"`).Replace(spoofed))},
		{"job-minutes", "no array", `{}`},
		{"job-minutes", "no device", `{"job_minutes":[{"minutes":1}]}`},
		{"job-minutes", "no minutes", `{"job_minutes":[{"device_id":"` + idA + `"}]}`},
		{"job-minutes", "negative", `{"job_minutes":[{"device_id":"` + idA + `","minutes":-1}]}`},
		{"job-minutes", "too large", `{"job_minutes":[{"device_id":"` + idA + `","minutes":2147483648}]}`},
		{"job-minutes", "cursor that leads to itself", `{"job_minutes":[],"next_cursor":"c1"}`},
		{"summary", "no array", `{}`},
		{"summary", "no slot", `{"slots":[{"devices":1,"heartbeats":1}]}`},
		{"summary", "not the start of a slot", `{"slots":[{"slot":"2024-04-25T08:05:01Z","devices":1,"heartbeats":1}]}`},
		{"summary", "no devices", `{"slots":[{"slot":"2024-04-25T08:05:00Z","heartbeats":1}]}`},
		{"summary", "no heartbeats", `{"slots":[{"slot":"2024-04-25T08:05:00Z","devices":1}]}`},
		{"summary", "negative", `{"slots":[{"slot":"2024-04-25T08:05:00Z","devices":-1,"heartbeats":1}]}`},
		{"summary", "too many devices", `{"slots":[{"slot":"2024-04-25T08:05:00Z","devices":2147483648,"heartbeats":1}]}`},
		{"summary", "too many heartbeats", `{"slots":[{"slot":"2024-04-25T08:05:00Z","devices":1,"heartbeats":1099511627777}]}`},
		{"summary", "data after it", `{"slots":[]}]`},
	}
	for _, tt := range tests {
		t.Run(tt.endpoint+"/"+tt.name, func(t *testing.T) {
			t.Parallel()
			s := serve(t, reply(200, tt.body))
			feed, _ := s.feed(t, FeedConfig{Attempts: 2})
			var rows int
			var err error
			switch tt.endpoint {
			case "changes":
				var changes []Change
				changes, _, err = feed.Changes(t.Context(), "c1")
				rows = len(changes)
			case "verdicts":
				var verdicts []Verdict
				verdicts, _, err = feed.Verdicts(t.Context(), "c1")
				rows = len(verdicts)
			case "job-minutes":
				var minutes []JobMinutes
				minutes, _, err = feed.JobMinutes(t.Context(), windowFrom, "c1")
				rows = len(minutes)
			case "summary":
				var slots []SlotSummary
				slots, err = feed.Summary(t.Context(), windowFrom, windowTo)
				rows = len(slots)
			}
			if !errors.Is(err, ErrMalformed) || !strings.Contains(err.Error(), tt.endpoint) || rows != 0 {
				t.Errorf("%d rows, error %v; want none and ErrMalformed of %s", rows, err, tt.endpoint)
			}
			if len(s.seen()) != 2 {
				t.Errorf("%d requests, want 2", len(s.seen()))
			}
		})
	}
}

// A log that is still empty has nothing to point to.
func TestFeedEmptyLog(t *testing.T) {
	t.Parallel()
	s := serve(t, reply(200, `{"verdicts":[],"next_cursor":""}`))
	feed, _ := s.feed(t, FeedConfig{})
	if rows, next, err := feed.Verdicts(t.Context(), ""); err != nil || len(rows) != 0 || next != "" {
		t.Errorf("%d rows, next %q, error %v; want none", len(rows), next, err)
	}
}
