// Package metrics counts what a replica does and shows it to Prometheus, with what the database says
// of the whole deployment. docs/metrics.md lists every name.
//
// Laws it keeps: labels are bounded. A connector is its slug, and only once it is known to exist;
// beyond so many it is "other", and one that is deleted disappears with all its series. No person,
// group, credential or path is ever a label. A scrape costs no query: what the database says is
// read beside it, at most every ReadEvery, and shown until it is too old to be true.
//
// Every room is measured from outside: requests as the gateway tells of them, transactions as they
// pass to the store, everything else as somebody keeps count of it.
package metrics

import (
	"log/slog"
	"net/http"
	"runtime"
	"time"

	"github.com/google/uuid"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/muster-scim/muster/directory/webhook"
	"github.com/muster-scim/muster/storage/local"
	"github.com/muster-scim/muster/storage/redis"
	"github.com/muster-scim/muster/storage/sql"
)

// Options are what is measured. Nil functions are not asked.
type Options struct {
	Version  string
	Source   Source              // the database
	Pool     func() sql.Pool     // the connections to it
	Redis    func() redis.Counts // nil without Redis
	Alone    func() local.Counts // the gate of this process
	Replicas func() int          // how many there are
	Activity func() (written, lost int64)
	Now      func() time.Time
	Log      *slog.Logger
}

// Metrics is all that one replica shows.
type Metrics struct {
	registry *prometheus.Registry
	all      []prometheus.Collector
	labels   *labels
	read     *reader

	requests  *prometheus.CounterVec
	durations *prometheus.HistogramVec
	inFlight  prometheus.Gauge
	failures  *prometheus.CounterVec
	limited   *prometheus.CounterVec
	last      *prometheus.GaugeVec
	admin     *prometheus.CounterVec
	webhooks  *prometheus.CounterVec

	events       *prometheus.CounterVec
	transactions *prometheus.HistogramVec
	parts        *prometheus.HistogramVec
}

// Webhook counts an attempt to tell a webhook something.
func (m *Metrics) Webhook(_ uuid.UUID, o webhook.Outcome) {
	outcome := "refused"
	switch {
	case o.Taken():
		outcome = "taken"
	case o.Status == 0:
		outcome = "unanswered"
	}
	m.webhooks.WithLabelValues(outcome).Inc()
}

// buckets of the durations of requests and transactions, in seconds.
var buckets = []float64{.002, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 10}

// New makes the metrics. Run has to run for those of the database.
func New(o Options) *Metrics {
	m := &Metrics{registry: prometheus.NewRegistry(), labels: newLabels()}
	m.read = newReader(o, m.labels)
	counter := func(name, help string, names ...string) *prometheus.CounterVec {
		return prometheus.NewCounterVec(prometheus.CounterOpts{Name: name, Help: help}, names)
	}
	histogram := func(name, help string, names ...string) *prometheus.HistogramVec {
		return prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: name, Help: help, Buckets: buckets}, names)
	}
	m.requests = counter("muster_scim_requests_total", "SCIM requests that were answered.", "connector", "method", "resource", "code")
	m.durations = histogram("muster_scim_request_duration_seconds", "How long SCIM requests took that a credential had proved.", "connector", "method", "resource")
	m.inFlight = prometheus.NewGauge(prometheus.GaugeOpts{Name: "muster_requests_in_flight", Help: "Requests of any kind that are being answered."})
	m.failures = counter("muster_scim_auth_failures_total", "SCIM requests whose credential was not accepted.", "connector", "reason")
	m.limited = counter("muster_scim_limited_requests_total", "SCIM requests that met a limit: refused with 429, or only reported.", "connector", "limit", "outcome")
	m.last = prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: "muster_connector_last_served_timestamp_seconds", Help: "When this replica last served the connector."}, []string{"connector"})
	m.admin = counter("muster_admin_requests_total", "Requests to everything but SCIM.", "method", "code")
	m.webhooks = counter("muster_webhook_attempts_total", "Messages that were sent to webhooks: taken, refused by an answer, or unanswered.", "outcome")
	m.events = counter("muster_events_total", "Events of the audit that were written, with the reason code behind each, if it has one.", "connector", "action", "reason")
	m.transactions = histogram("muster_transaction_duration_seconds", "How long changes took, with all their tries.", "outcome")
	m.parts = histogram("muster_transaction_part_seconds", "How long the parts of a change took: load (locks and reads), decide (the policy), save (writes and the commit).", "part")
	for _, vec := range m.perConnector() {
		m.labels.forget = append(m.labels.forget, vec.DeletePartialMatch)
	}
	info := prometheus.NewGauge(prometheus.GaugeOpts{Name: "muster_build_info", Help: "Always 1; which program this is.",
		ConstLabels: prometheus.Labels{"version": o.Version, "go_version": runtime.Version()}})
	info.Set(1)
	m.all = []prometheus.Collector{info, m.requests, m.durations, m.inFlight, m.failures, m.limited, m.last, m.admin, m.webhooks, m.events, m.transactions, m.parts,
		m.read, newOwn(o),
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{})}
	m.registry.MustRegister(m.all...)
	return m
}

// partial is a metric of which a part can be dropped.
type partial interface {
	DeletePartialMatch(prometheus.Labels) int
}

// perConnector are the metrics that have a connector's series.
func (m *Metrics) perConnector() []partial {
	return []partial{m.requests, m.durations, m.failures, m.limited, m.last, m.events}
}

// Handler answers a scrape. Whoever mounts it says who may ask.
func (m *Metrics) Handler() http.Handler {
	shown := promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{ErrorHandling: promhttp.ContinueOnError, MaxRequestsInFlight: 4, Timeout: 20 * time.Second})
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodGet && r.Method != http.MethodHead {
			w.Header().Set("Allow", "GET, HEAD")
			w.WriteHeader(http.StatusMethodNotAllowed)
			return
		}
		m.read.ask(r.Context())
		w.Header().Set("Cache-Control", "no-store")
		w.Header().Set("X-Content-Type-Options", "nosniff")
		shown.ServeHTTP(w, r)
	})
}
