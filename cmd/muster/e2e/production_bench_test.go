package e2e

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/muster-scim/muster/cmd/muster/e2e/cluster"
)

// BenchmarkProductionCreates compares what users created a second cost on the way to the shape of
// production: one replica on PostgreSQL alone; the same with the look-up and the limit in Redis;
// two replicas with Redis behind the proxy. The three run side by side and take turns, so that
// whatever else the machine does falls on all of them; the ratios are medians over the rounds.
// MUSTER_BENCH_WORKERS (8) send at once.
//
//	go test ./cmd/muster/e2e -run '^$' -bench ProductionCreates -benchtime 9x
func BenchmarkProductionCreates(b *testing.B) {
	const wide = "MUSTER_RATE_LIMIT=1000000/s,1000000" // every request is counted, none refused
	workers := setting("MUSTER_BENCH_WORKERS", 8)
	alone := startBench(b, cluster.Options{Replicas: 1, Env: []string{"MUSTER_RATE_LIMIT=0", "MUSTER_CONCURRENCY=0"}})
	shared := startBench(b, cluster.Options{Replicas: 1, Redis: true, Env: []string{wide}})
	two := startBench(b, cluster.Options{Replicas: 2, Redis: true, Proxy: true, Env: []string{wide}})
	var withRedis, behindProxy []float64
	round := func(span time.Duration) (rates [3]float64) {
		for i, s := range []*benchServer{alone, shared, two} {
			rates[i] = s.creates(b, workers, span)
		}
		return rates
	}
	round(time.Second) // connections, plans and caches are there afterwards
	for b.Loop() {
		rates := round(3 * time.Second)
		b.Logf("created a second: alone %.0f, with Redis %.0f, two behind the proxy %.0f", rates[0], rates[1], rates[2])
		withRedis = append(withRedis, rates[1]/rates[0])
		behindProxy = append(behindProxy, rates[2]/rates[0])
	}
	b.ReportMetric(median(withRedis), "redis/alone")
	b.ReportMetric(median(behindProxy), "two-behind-proxy/alone")
}

// BenchmarkFlood measures what one connector's flood of 1,000 requests a second does to another
// one: the 99th percentile of its requests, with over without. Both go through the proxy to two
// replicas with the default limits.
//
//	go test ./cmd/muster/e2e -run '^$' -bench Flood -benchtime 5x
func BenchmarkFlood(b *testing.B) {
	s := startBench(b, cluster.Options{Replicas: 2, Redis: true, Proxy: true})
	flooding, quiet := s.lone(b, wanted{}), s.lone(b, wanted{})
	id := quiet.user(b, "somebody")
	const span = 15 * time.Second // 600 requests: a hundredth of fewer is the slowest two
	s.pace(b, quiet, id, 40, time.Second)
	var ratios []float64
	var refused atomic.Int64
	for b.Loop() {
		alone := s.pace(b, quiet, id, 40, span)
		ctx, stop := context.WithCancel(b.Context())
		var flood sync.WaitGroup
		flood.Go(func() { s.flood(ctx, flooding, 1000, &refused) })
		time.Sleep(time.Second) // until the flood's burst is used up
		beside := s.pace(b, quiet, id, 40, span)
		stop()
		flood.Wait()
		b.Logf("p99 alone %v, beside the flood %v; p50 %v, %v", at(alone, 99), at(beside, 99), at(alone, 50), at(beside, 50))
		ratios = append(ratios, float64(at(beside, 99))/float64(at(alone, 99)))
	}
	if refused.Load() == 0 {
		b.Error("nothing of the flood was refused")
	}
	b.ReportMetric(median(ratios), "p99-beside-flood/alone")
}

// benchServer is a cluster that the helpers of the tests take for a server.
type benchServer struct {
	*server
	cluster *cluster.Cluster
	target  string
	client  *http.Client
	number  atomic.Int64
	fresh   connector // whose users creates makes
}

func startBench(b *testing.B, o cluster.Options) *benchServer {
	b.Helper()
	// Whoever measures shares the machine with what is measured: collecting its own garbage in
	// between would show as somebody's slow request.
	debug.SetMemoryLimit(2 << 30)
	debug.SetGCPercent(-1)
	o.Binary, o.Durable = program(b), true
	c, err := cluster.Start(b.Context(), o)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(c.Stop)
	target := c.ReplicaURL(0)
	if o.Proxy {
		target = c.ProxyURL()
	}
	s := &benchServer{
		server:  &server{engine: "postgres", URL: target, token: c.AdminToken(), dir: c.Dir(), log: &logBuffer{}},
		cluster: c,
		target:  target,
		client:  &http.Client{Timeout: time.Minute, Transport: &http.Transport{MaxIdleConnsPerHost: 1000}},
	}
	s.fresh = s.lone(b, wanted{})
	return s
}

// creates lets workers create users one after the other for a span, and returns how many a second.
func (s *benchServer) creates(b *testing.B, workers int, span time.Duration) float64 {
	var made atomic.Int64
	start := time.Now()
	var all sync.WaitGroup
	for range workers {
		all.Go(func() {
			for time.Since(start) < span {
				n := s.number.Add(1)
				body := fmt.Sprintf(`{"schemas":[%q],"userName":"user%d@example.com","externalId":"00u%d","active":true,`+
					`"name":{"givenName":"Given%d","familyName":"Family%d"},"displayName":"Given%d Family%d",`+
					`"emails":[{"value":"user%d@example.com","type":"work","primary":true}]}`, userSchema, n, n, n, n, n, n, n)
				if status := s.do(s.fresh, http.MethodPost, "/Users", body); status != http.StatusCreated {
					b.Errorf("creating a user: %d", status)
					return
				}
				made.Add(1)
			}
		})
	}
	all.Wait()
	return float64(made.Load()) / time.Since(start).Seconds()
}

// pace reads and changes a connector's user so many times a second, whatever the answers take,
// and returns how long each took from the moment at which it was due.
func (s *benchServer) pace(b *testing.B, c connector, id string, perSecond int, span time.Duration) []time.Duration {
	var mu sync.Mutex
	var took []time.Duration
	var all sync.WaitGroup
	start := time.Now()
	for i := range int(span.Seconds() * float64(perSecond)) {
		due := start.Add(time.Duration(i) * time.Second / time.Duration(perSecond))
		time.Sleep(time.Until(due))
		all.Go(func() {
			method, path, body := http.MethodGet, "/Users/"+id, ""
			if i%4 == 0 {
				method, body = http.MethodPatch, fmt.Sprintf(`{"schemas":[%q],"Operations":[{"op":"replace","path":"title","value":"T%d"}]}`, patchSchema, i)
			}
			if status := s.do(c, method, path, body); status != http.StatusOK {
				b.Errorf("a request within the limits: %d", status)
			}
			mu.Lock()
			defer mu.Unlock()
			took = append(took, time.Since(due))
		})
	}
	all.Wait()
	return took
}

// flood sends a connector's requests at a rate until ctx ends, whatever the answers are.
func (s *benchServer) flood(ctx context.Context, c connector, perSecond int, refused *atomic.Int64) {
	var all sync.WaitGroup
	defer all.Wait()
	start := time.Now()
	for i := 0; ctx.Err() == nil; i++ {
		time.Sleep(time.Until(start.Add(time.Duration(i) * time.Second / time.Duration(perSecond))))
		all.Go(func() {
			if s.do(c, http.MethodGet, "/Users?count=10", "") == http.StatusTooManyRequests {
				refused.Add(1)
			}
		})
	}
}

// do sends one request and returns the status of the answer; 0 if there was none.
func (s *benchServer) do(c connector, method, path, body string) int {
	r, err := http.NewRequest(method, s.target+c.base["2.0"]+path, strings.NewReader(body))
	if err != nil {
		return 0
	}
	r.Header.Set("Authorization", "Bearer "+c.Token)
	r.Header.Set("Content-Type", "application/scim+json")
	answer, err := s.client.Do(r)
	if err != nil {
		return 0
	}
	defer answer.Body.Close()
	_, _ = io.Copy(io.Discard, answer.Body)
	return answer.StatusCode
}

// at is a percentile.
func at(all []time.Duration, percent int) time.Duration {
	sorted := slices.Sorted(slices.Values(all))
	return sorted[min(len(sorted)-1, len(sorted)*percent/100)]
}

func median(all []float64) float64 {
	return slices.Sorted(slices.Values(all))[len(all)/2]
}
