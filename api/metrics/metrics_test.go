package metrics_test

import (
	"io"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/uptally/uptally/api/metrics"
)

func TestWhatIsCountedIsServed(t *testing.T) {
	t.Parallel()
	m := metrics.New()
	depth := 7
	m.Queue(func() int { return depth })
	m.Served("list-devices", "", 200, 3*time.Millisecond)
	m.Served("list-devices", "", 304, 3*time.Millisecond)
	m.Served("list-devices", "not-found", 404, time.Second)
	m.Served("", "", 500, time.Second)
	m.Served("odd", "", 0, time.Second)
	m.Alerted("refusals")
	m.Worked("deliver_message", "snoozed", 2*time.Second)
	m.Worked("deliver_message", "completed", 3*time.Millisecond)
	server := httptest.NewServer(m.Handler())
	t.Cleanup(server.Close)
	response, err := server.Client().Get(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	text := string(body)
	for _, line := range []string{
		`uptally_requests_total{class="2xx",operation="list-devices"} 1`,
		`uptally_requests_total{class="3xx",operation="list-devices"} 1`,
		`uptally_requests_total{class="4xx",operation="list-devices"} 1`,
		`uptally_requests_total{class="5xx",operation="none"} 1`,
		`uptally_requests_total{class="none",operation="odd"} 1`,
		`uptally_request_duration_seconds_bucket{operation="list-devices",le="0.005"} 2`,
		`uptally_request_duration_seconds_count{operation="list-devices"} 3`,
		`uptally_refusals_total{kind="not-found"} 1`,
		`uptally_refusals_total{kind="none"} 1`,
		`uptally_alerts_total{kind="refusals"} 1`,
		`uptally_jobs_total{kind="deliver_message",outcome="completed"} 1`,
		`uptally_jobs_total{kind="deliver_message",outcome="snoozed"} 1`,
		`uptally_job_duration_seconds_bucket{kind="deliver_message",le="0.005"} 1`,
		`uptally_job_duration_seconds_count{kind="deliver_message"} 2`,
		`uptally_audit_queue_entries 7`,
		`go_goroutines `,
	} {
		if !strings.Contains(text, "\n"+line) {
			t.Errorf("no line %s in\n%s", line, text)
		}
	}
}

func TestWithoutMetricsNothingIsCounted(t *testing.T) {
	t.Parallel()
	var none *metrics.Metrics
	none.Served("a", "", 200, 0)
	none.Alerted("b")
	none.Worked("c", "d", 0)
	none.Queue(nil)
}
