package metrics

import (
	"net/http"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// Metrics are a server's counters. A nil *Metrics counts nothing.
type Metrics struct {
	registry *prometheus.Registry
	requests *prometheus.CounterVec
	duration *prometheus.HistogramVec
	refusals *prometheus.CounterVec
	alerts   *prometheus.CounterVec
	jobs     *prometheus.CounterVec
	working  *prometheus.HistogramVec
}

// buckets are upper bounds of durations in seconds: from a cached read to the longest
// that an operation may take.
var buckets = []float64{.0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 15}

// jobBuckets are upper bounds of durations of jobs in seconds: from one statement to a
// season's.
var jobBuckets = []float64{.005, .025, .1, .5, 1, 5, 15, 60, 300, 1800, 7200}

// New returns metrics that stand at 0, with those of the process and of Go beside.
func New() *Metrics {
	m := &Metrics{
		registry: prometheus.NewRegistry(),
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "uptally_requests_total", Help: "Calls answered, by operation and class of status (2xx, 3xx, 4xx, 5xx).",
		}, []string{"operation", "class"}),
		duration: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "uptally_request_duration_seconds", Help: "How long calls took, by operation.", Buckets: buckets,
		}, []string{"operation"}),
		refusals: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "uptally_refusals_total", Help: "Calls refused, by kind of problem.",
		}, []string{"kind"}),
		alerts: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "uptally_alerts_total", Help: "Surges found in the audit log, by kind.",
		}, []string{"kind"}),
		jobs: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "uptally_jobs_total", Help: "Attempts of jobs, by kind and outcome (completed, failed, snoozed, cancelled, discarded, cut_off).",
		}, []string{"kind", "outcome"}),
		working: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "uptally_job_duration_seconds", Help: "How long attempts of jobs took, by kind.", Buckets: jobBuckets,
		}, []string{"kind"}),
	}
	m.registry.MustRegister(m.requests, m.duration, m.refusals, m.alerts, m.jobs, m.working,
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return m
}

// Served counts a call that was answered: its operation, "" if none was meant, the kind
// of the problem, "" if there was none, its status, and how long it took. Operations
// and kinds are names of the program's own, never what a caller sent: each is a series
// that is kept.
func (m *Metrics) Served(operation, kind string, status int, took time.Duration) {
	if m == nil {
		return
	}
	if operation == "" {
		operation = "none"
	}
	m.requests.WithLabelValues(operation, class(status)).Inc()
	m.duration.WithLabelValues(operation).Observe(took.Seconds())
	if status >= http.StatusBadRequest {
		if kind == "" {
			kind = "none"
		}
		m.refusals.WithLabelValues(kind).Inc()
	}
}

// class is the first digit of a status and xx; of no status it is "none".
func class(status int) string {
	if status < 100 || status > 599 {
		return "none"
	}
	return strconv.Itoa(status/100) + "xx"
}

// Alerted counts an alert of a kind.
func (m *Metrics) Alerted(kind string) {
	if m != nil {
		m.alerts.WithLabelValues(kind).Inc()
	}
}

// Worked counts an attempt of a job: its kind, what it came to, and how long it took.
// Both are names of the program's own: each is a series that is kept.
func (m *Metrics) Worked(kind, outcome string, took time.Duration) {
	if m == nil {
		return
	}
	m.jobs.WithLabelValues(kind, outcome).Inc()
	m.working.WithLabelValues(kind).Observe(took.Seconds())
}

// Queue shows how many refusals wait to be put on record, as depth says when it is
// asked. It is called once.
func (m *Metrics) Queue(depth func() int) {
	if m == nil {
		return
	}
	m.registry.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Name: "uptally_audit_queue_entries", Help: "Refusals that wait to be put on record.",
	}, func() float64 { return float64(depth()) }))
}

// Counted shows how many refusals stand in the audit log by their number alone, as count
// says when it is asked. It is called once.
func (m *Metrics) Counted(count func() int64) {
	if m == nil {
		return
	}
	m.registry.MustRegister(prometheus.NewCounterFunc(prometheus.CounterOpts{
		Name: "uptally_audit_counted_total", Help: "Refusals and failures that were counted in another's audit entry.",
	}, func() float64 { return float64(count()) }))
}

// Handler serves the metrics at every path, in the text format of Prometheus. It asks
// for no token: it is for a listener of its own, which is not open to the world.
func (m *Metrics) Handler() http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{})
}
