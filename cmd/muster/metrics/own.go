package metrics

import (
	"github.com/prometheus/client_golang/prometheus"

	"github.com/muster-scim/muster/storage/local"
)

// own is what this process counts of itself, asked at every scrape.
type own struct{ o Options }

func newOwn(o Options) *own { return &own{o} }

var (
	replicas       = describe("muster_replicas", "Replicas that said within 15 s that they are there.")
	connections    = describe("muster_database_connections", "Connections to the database: idle, inUse.", "state")
	mostConnection = describe("muster_database_connections_max", "Connections that this process opens at most.")
	poolWaits      = describe("muster_database_connection_waits_total", "Transactions that had to wait for a connection.")
	poolWaited     = describe("muster_database_connection_wait_seconds_total", "How long they waited.")
	lookups        = describe("muster_credential_lookups_total", "Where credentials were found: local, leased (a moment ago in Redis), redis, or further: database.", "source")
	keptRequests   = describe("muster_activity_written_total", "SCIM requests that were kept for administrators.")
	lostRequests   = describe("muster_activity_lost_total", "SCIM requests that could not be kept: too many at once, or the database was away.")
	redisUp        = describe("muster_redis_up", "1 if Redis is used; 0 while each replica goes by itself.")
	redisRejected  = describe("muster_redis_rejected_total", "Values in Redis that were too old, or that nobody here had sealed.")
	redisFallbacks = describe("muster_redis_fallbacks_total", "Requests that were answered without Redis.")
	redisOpened    = describe("muster_redis_breaker_opened_total", "How often Redis was given up for a while.")
)

// Describe implements prometheus.Collector.
func (w *own) Describe(out chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{replicas, connections, mostConnection, poolWaits, poolWaited, lookups, keptRequests, lostRequests, redisUp, redisRejected, redisFallbacks, redisOpened} {
		out <- d
	}
}

// Collect implements prometheus.Collector.
func (w *own) Collect(out chan<- prometheus.Metric) {
	gauge := func(d *prometheus.Desc, v float64, labels ...string) {
		out <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v, labels...)
	}
	counter := func(d *prometheus.Desc, v float64, labels ...string) {
		out <- prometheus.MustNewConstMetric(d, prometheus.CounterValue, v, labels...)
	}
	if w.o.Replicas != nil {
		gauge(replicas, float64(w.o.Replicas()))
	}
	if w.o.Pool != nil {
		p := w.o.Pool()
		gauge(connections, float64(p.InUse), "inUse")
		gauge(connections, float64(p.Idle), "idle")
		gauge(mostConnection, float64(p.Most))
		counter(poolWaits, float64(p.Waits))
		counter(poolWaited, p.Waited.Seconds())
	}
	if w.o.Activity != nil {
		written, lost := w.o.Activity()
		counter(keptRequests, float64(written))
		counter(lostRequests, float64(lost))
	}
	var alone local.Counts
	if w.o.Alone != nil {
		alone = w.o.Alone()
		counter(lookups, float64(alone.Hits), "local")
	}
	if w.o.Redis == nil {
		counter(lookups, float64(alone.Misses), "database")
		return
	}
	c := w.o.Redis()
	counter(lookups, float64(c.Hits), "redis")
	counter(lookups, float64(c.Leased), "leased")
	counter(lookups, float64(c.Misses+alone.Misses), "database")
	up := 1.0
	if c.Open {
		up = 0
	}
	gauge(redisUp, up)
	counter(redisRejected, float64(c.Rejected))
	counter(redisFallbacks, float64(c.Fallbacks))
	counter(redisOpened, float64(c.Opened))
}
