package metrics

import (
	"context"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/muster-scim/muster/storage/sql"
)

// How often the database is read for metrics.
const (
	ReadEvery  = 15 * time.Second // what waits, modes, holds
	SizesEvery = 5 * time.Minute  // how many people and groups there are
	showFor    = 2 * time.Minute  // what is older than this is not shown; sizes: as long again as they are read
	patience   = time.Second      // that a scrape waits, where all that is there is too old to show
	readTime   = 10 * time.Second // of one reading
)

// Source is what is read. *sql.Store is one.
type Source interface {
	Measure(ctx context.Context) (sql.Measures, error)
	MeasureSizes(ctx context.Context) (sql.Sizes, error)
}

// reader reads the database beside the scrapes, and is the collector of what it read. Without
// scrapes it reads nothing.
type reader struct {
	source Source
	labels *labels
	now    func() time.Time
	log    *slog.Logger

	asked    chan struct{}
	failures atomic.Uint64

	mu      sync.Mutex
	renewed chan struct{} // closed by the next reading
	tried   time.Time     // when the last reading began; zero: never
	at      time.Time     // of measures; zero: none
	sizedAt time.Time
	m       sql.Measures
	z       sql.Sizes
	up      bool
}

func newReader(o Options, l *labels) *reader {
	r := &reader{source: o.Source, labels: l, now: o.Now, log: o.Log, asked: make(chan struct{}, 1), renewed: make(chan struct{})}
	if r.now == nil {
		r.now = time.Now
	}
	if r.log == nil {
		r.log = slog.New(slog.DiscardHandler)
	}
	return r
}

// Run reads the database when scrapes ask for it, until ctx ends.
func (m *Metrics) Run(ctx context.Context) {
	r := m.read
	for {
		select {
		case <-ctx.Done():
			return
		case <-r.asked:
		}
		r.readNow(ctx)
	}
}

// ask wants fresh values, and waits for them only where there are none to show.
func (r *reader) ask(ctx context.Context) {
	r.mu.Lock()
	now, renewed := r.now(), r.renewed
	idle, age := now.Sub(r.tried), now.Sub(r.at)
	r.mu.Unlock()
	if idle < ReadEvery {
		return
	}
	select {
	case r.asked <- struct{}{}:
	default: // asked already
	}
	if age < showFor {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	select {
	case <-renewed:
	case <-ctx.Done():
	}
}

func (r *reader) readNow(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, readTime)
	defer cancel()
	began := r.now()
	r.mu.Lock()
	if began.Sub(r.tried) < ReadEvery { // somebody asked while it was read
		r.mu.Unlock()
		return
	}
	r.tried = began
	sized := r.sizedAt
	r.mu.Unlock()
	r.labels.begin()
	m, err := r.source.Measure(ctx)
	if err == nil {
		r.labels.took(m.Connectors)
	}
	r.keep(err, func() { r.m, r.at = m, began })
	if err != nil || began.Sub(sized) < SizesEvery {
		return
	}
	z, err := r.source.MeasureSizes(ctx)
	r.keep(err, func() { r.z, r.sizedAt = z, began })
}

// keep notes a reading: what set writes down, or that it failed.
func (r *reader) keep(err error, set func()) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.up = err == nil; r.up {
		set()
	} else {
		r.failures.Add(1)
		r.log.Debug("reading the database for metrics", "error", err)
	}
	close(r.renewed)
	r.renewed = make(chan struct{})
}

// Names of what is read.
var (
	readUp       = describe("muster_database_up", "1 if the database answered when it was last read for metrics.")
	readFailures = describe("muster_measure_failures_total", "Readings of the database for metrics that failed.")
	schema       = describe("muster_migration_version", "Number of the newest migration of the database.")
	info         = describe("muster_connector_info", "Always 1; what a connector is.", "connector", "kind", "mode")
	lag          = describe("muster_settle_lag_seconds", "For how long the first record that is due has waited to be settled.", "connector")
	waiting      = describe("muster_settle_pending_records", "Records that are due to be settled.", "connector")
	lastRequest  = describe("muster_connector_last_request_timestamp_seconds", "When the connector's last request came, to any replica.", "connector")
	expiry       = describe("muster_credential_expiry_timestamp_seconds", "When the first credential of the connector ends that was used within a week.", "connector")
	held         = describe("muster_held_changes", "Changes that wait for an administrator.", "connector", "kind")
	open         = describe("muster_open_conflicts", "Conflicts that wait for an administrator.", "directory", "kind")
	jobs         = describe("muster_running_jobs", "Jobs that run.", "connector")
	jobAge       = describe("muster_running_job_age_seconds", "How long the oldest job of a connector has been running.", "connector")
	webhookLag   = describe("muster_webhook_lag_seconds", "For how long the first delivery of a webhook that is not taken yet has waited.", "webhook")
	webhookEnded = describe("muster_webhook_given_up", "1 if a webhook was disabled because its receiver took nothing for days, or is gone for good.", "webhook")
	records      = describe("muster_records", "What connectors hold: users, groups, members of groups; read every few minutes.", "connector", "kind")
	users        = describe("muster_directory_users", "Users of a directory, read every few minutes.", "directory", "status")
	groups       = describe("muster_directory_groups", "Groups of a directory, read every few minutes.", "directory")
	memberships  = describe("muster_directory_memberships", "Memberships of a directory by their origin, read every few minutes.", "directory", "origin")
)

func describe(name, help string, names ...string) *prometheus.Desc {
	return prometheus.NewDesc(name, help, names, nil)
}

// Describe implements prometheus.Collector.
func (r *reader) Describe(out chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{readUp, readFailures, schema, info, lag, waiting, lastRequest, expiry, held, open, jobs, jobAge, webhookLag, webhookEnded, records, users, groups, memberships} {
		out <- d
	}
}

// Collect implements prometheus.Collector.
func (r *reader) Collect(out chan<- prometheus.Metric) {
	r.mu.Lock()
	m, z, up, now := r.m, r.z, r.up, r.now()
	showM, showZ := now.Sub(r.at) < showFor, now.Sub(r.sizedAt) < 2*SizesEvery
	r.mu.Unlock()
	gauge := func(d *prometheus.Desc, v float64, labels ...string) {
		out <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v, labels...)
	}
	gauge(readUp, oneIf(up))
	out <- prometheus.MustNewConstMetric(readFailures, prometheus.CounterValue, float64(r.failures.Load()))
	if showM {
		gauge(schema, float64(m.Schema))
		r.collectConnectors(m, gauge)
		all := newSums()
		for _, c := range m.Holds {
			all.add(held, float64(c.Count), r.labels.proven(c.Name), c.Kind)
		}
		for _, c := range m.Conflicts {
			all.add(open, float64(c.Count), c.Name, c.Kind)
		}
		for _, j := range m.RunningJobs {
			all.add(jobs, 1, r.labels.proven(j.Slug))
			all.most(jobAge, now.Sub(j.Since).Seconds(), r.labels.proven(j.Slug))
		}
		for _, w := range m.Webhooks {
			all.add(webhookLag, w.Lag.Seconds(), w.ID.String())
			all.add(webhookEnded, oneIf(w.GivenUp), w.ID.String())
		}
		all.collect(gauge)
	}
	if showZ {
		all := newSums()
		for _, c := range z.Records {
			all.add(records, float64(c.Count), r.labels.proven(c.Name), c.Kind)
		}
		for _, c := range z.Users {
			all.add(users, float64(c.Count), c.Name, c.Kind)
		}
		for _, c := range z.Groups {
			all.add(groups, float64(c.Count), c.Name)
		}
		for _, c := range z.Memberships {
			all.add(memberships, float64(c.Count), c.Name, c.Kind)
		}
		all.collect(gauge)
	}
}

func (r *reader) collectConnectors(m sql.Measures, gauge func(*prometheus.Desc, float64, ...string)) {
	all := newSums()
	for _, c := range m.Connectors {
		label := r.labels.proven(c.Slug)
		if label != others { // what many are together is nothing
			all.add(info, 1, label, c.Kind, c.Mode)
		}
		all.add(waiting, float64(c.Waiting), label)
		all.most(lag, c.Lag.Seconds(), label)
		if !c.Heard.IsZero() {
			all.most(lastRequest, seconds(c.Heard), label)
		}
		if !c.Expires.IsZero() {
			all.least(expiry, seconds(c.Expires), label)
		}
	}
	all.collect(gauge)
}

func oneIf(so bool) float64 {
	if so {
		return 1
	}
	return 0
}

func seconds(t time.Time) float64 { return float64(t.UnixMilli()) / 1000 }
