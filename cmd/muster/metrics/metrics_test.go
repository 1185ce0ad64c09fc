package metrics

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/muster-scim/muster/gateway"
	"github.com/muster-scim/muster/storage/sql"
	"github.com/muster-scim/muster/tenants"
)

// source is a database in the shape of what is read of it.
type source struct {
	mu       sync.Mutex
	slugs    []string
	err      error
	readings int
	hold     chan struct{} // if set, a reading waits for it
}

func (s *source) Measure(context.Context) (m sql.Measures, err error) {
	if s.hold != nil {
		<-s.hold
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.readings++
	for _, slug := range s.slugs {
		m.Connectors = append(m.Connectors, sql.ConnectorMeasure{ID: uuid.NewSHA1(uuid.Nil, []byte(slug)), Slug: slug, Kind: "okta", Mode: "live", Waiting: 1, Lag: time.Minute})
	}
	return m, s.err
}

func (s *source) MeasureSizes(context.Context) (sql.Sizes, error) {
	return sql.Sizes{Users: []sql.CountOf{{Name: "main", Kind: "active", Count: 3}}}, nil
}

// world is a Metrics whose time a test moves.
type world struct {
	*Metrics
	source *source
	mu     sync.Mutex
	at     time.Time
}

func newWorld(t *testing.T, slugs ...string) *world {
	t.Helper()
	w := &world{source: &source{slugs: slugs}, at: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)}
	w.Metrics = New(Options{Version: "test", Source: w.source, Now: func() time.Time {
		w.mu.Lock()
		defer w.mu.Unlock()
		return w.at
	}})
	return w
}

func (w *world) pass(d time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.at = w.at.Add(d)
}

// scrape is what Prometheus reads, after the database was read if that was asked for.
func (w *world) scrape(t *testing.T) string {
	t.Helper()
	select {
	case <-w.read.asked:
		w.read.readNow(t.Context())
	default:
	}
	gone, leave := context.WithCancel(t.Context())
	leave()
	w.read.ask(gone) // and waits for nothing
	answer := httptest.NewRecorder()
	promhttp.HandlerFor(w.registry, promhttp.HandlerOpts{}).ServeHTTP(answer, httptest.NewRequest(http.MethodGet, "/metrics", nil))
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(body)
}

func served(slug string) gateway.Served {
	return gateway.Served{Context: context.Background(), Method: "GET", Route: "/Users/{id}", SCIM: true, Status: 200, Connector: slug}
}

func TestADeletedConnectorDisappears(t *testing.T) {
	w := newWorld(t, "acme", "beta")
	w.scrape(t)
	w.Served(served("acme"))
	w.Served(served("beta"))
	if got := w.scrape(t); !strings.Contains(got, `connector="acme"`) || !strings.Contains(got, `muster_connector_info{connector="beta",kind="okta",mode="live"} 1`) {
		t.Fatalf("before: %s", got)
	}
	w.source.slugs = []string{"beta"}
	w.pass(ReadEvery)
	w.scrape(t) // asks for a reading
	got := w.scrape(t)
	if strings.Contains(got, "acme") || !strings.Contains(got, `muster_scim_requests_total{code="2xx",connector="beta"`) {
		t.Errorf("after acme is gone: %s", got)
	}
}

func TestAConnectorThatIsMadeWhileTheDatabaseIsReadStays(t *testing.T) {
	w := newWorld(t)
	w.labels.begin()
	w.Served(served("new"))
	w.labels.took(nil)
	if got := w.scrape(t); !strings.Contains(got, `connector="new"`) {
		t.Error("its first request is not counted as its own")
	}
}

func TestStrangersInventNoSeries(t *testing.T) {
	w := newWorld(t, "acme")
	w.scrape(t)
	w.scrape(t)
	for i := range 1000 {
		s := served("")
		s.Claimed, s.Status, s.Refused = fmt.Sprint("guess-", i), 401, tenants.NoCredential
		w.Served(s)
	}
	s := served("")
	s.Claimed, s.Status, s.Refused = "acme", 401, tenants.WrongToken
	w.Served(s)
	got := w.scrape(t)
	if strings.Contains(got, "guess") || !strings.Contains(got, `muster_scim_auth_failures_total{connector="",reason="noCredential"} 1000`) ||
		!strings.Contains(got, `muster_scim_auth_failures_total{connector="acme",reason="wrongToken"} 1`) {
		t.Error(got)
	}
}

func TestConnectorsBeyondTheMostAreOneSeries(t *testing.T) {
	var slugs []string
	for i := range MostConnectors + 10 {
		slugs = append(slugs, fmt.Sprintf("c%03d", i))
	}
	w := newWorld(t, slugs...)
	w.scrape(t)
	for _, slug := range slugs {
		w.Served(served(slug))
	}
	got := w.scrape(t)
	if n := strings.Count(got, "muster_scim_requests_total{"); n != MostConnectors+1 {
		t.Errorf("%d series, want %d", n, MostConnectors+1)
	}
	if !strings.Contains(got, `muster_scim_requests_total{code="2xx",connector="other",method="GET",resource="users"} 10`) ||
		!strings.Contains(got, `muster_settle_pending_records{connector="other"} 10`) || !strings.Contains(got, `muster_settle_lag_seconds{connector="other"} 60`) {
		t.Error("the others are not together")
	}
}

func TestScrapesReadTheDatabaseAtMostEveryFifteenSeconds(t *testing.T) {
	w := newWorld(t, "acme")
	for range 10 {
		w.scrape(t)
	}
	if w.source.readings != 1 {
		t.Errorf("%d readings for ten scrapes at once, want 1", w.source.readings)
	}
	w.pass(ReadEvery)
	for range 10 {
		w.scrape(t)
	}
	if w.source.readings != 2 {
		t.Errorf("%d readings after 15 s, want 2", w.source.readings)
	}
}

func TestAScrapeWaitsForNoDatabaseThatHangs(t *testing.T) {
	w := newWorld(t, "acme")
	w.scrape(t)
	w.scrape(t)
	w.source.hold = make(chan struct{})
	w.pass(ReadEvery)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		w.read.readNow(context.Background())
	}()
	if got := w.scrape(t); !strings.Contains(got, "muster_connector_info") {
		t.Error("what was read a moment ago is not shown")
	}
	close(w.source.hold)
	<-ended
}

func TestWhatIsTooOldIsNotShown(t *testing.T) {
	w := newWorld(t, "acme")
	w.scrape(t)
	w.scrape(t)
	w.source.err = errors.New("away")
	w.pass(showFor)
	for range 5 {
		w.scrape(t)
	}
	got := w.scrape(t)
	if strings.Contains(got, "muster_connector_info") || !strings.Contains(got, "muster_database_up 0") || !strings.Contains(got, "muster_measure_failures_total 1") {
		t.Error(got)
	}
	if !strings.Contains(got, `muster_directory_users{directory="main",status="active"} 3`) {
		t.Error("sizes, which change slowly, are not shown any more")
	}
}

func BenchmarkServed(b *testing.B) {
	m := New(Options{})
	s := served("acme")
	for b.Loop() {
		m.Served(s)
	}
}
