package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptrace"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/muster-scim/muster/cmd/muster/idp"
)

// served starts a server on a database of the folder.
func served(t *testing.T, folder string) (*server, *client) {
	t.Helper()
	s := &settings{Listen: "127.0.0.1:0", DatabaseURL: secret("sqlite://" + filepath.Join(folder, "data", "muster.db")), RateLimit: "0", Migrate: true}
	if err := s.complete(); err != nil {
		t.Fatal(err)
	}
	srv, err := start(t.Context(), s, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	return srv, newClient(s.PublicURL, string(s.AdminToken))
}

func stop(t *testing.T, srv *server) {
	t.Helper()
	if err := srv.stop(); err != nil {
		t.Error(err)
	}
}

func TestTheFirstStartMakesATokenThatOnlyItsOwnerReads(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	first, _ := served(t, folder)
	token := first.settings.AdminToken
	if first.newToken == "" || len(token) < 40 {
		t.Errorf("made %d characters in %q", len(token), first.newToken)
	}
	info, err := os.Stat(filepath.Join(folder, "data", tokenFile))
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info, err)
	}
	stop(t, first)
	second, api := served(t, folder)
	defer stop(t, second)
	if second.newToken != "" || second.settings.AdminToken != token {
		t.Error("the second start has another token")
	}
	if err := api.call(t.Context(), http.MethodGet, "/tenants", nil, nil); err != nil {
		t.Error(err)
	}
	left, err := filepath.Glob(filepath.Join(folder, "data", ".admin.token-*"))
	if err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

func TestAStoppingServerIsUnreadyAndFinishesWhatItHas(t *testing.T) {
	t.Parallel()
	srv, api := served(t, t.TempDir())
	if err := srv.ready(t.Context()); err != nil {
		t.Fatal(err)
	}
	reading := make(chan struct{}) // closed when the server reads the body
	trace := &httptrace.ClientTrace{Got100Continue: func() { close(reading) }}
	body, more := io.Pipe()
	request, err := http.NewRequestWithContext(httptrace.WithClientTrace(t.Context(), trace), http.MethodPost, api.base+"/api/v1/tenants", body)
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Authorization", "Bearer "+api.token)
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("Expect", "100-continue")
	answered := make(chan error, 1)
	go func() {
		response, err := (&http.Transport{ExpectContinueTimeout: time.Minute}).RoundTrip(request)
		if err == nil {
			response.Body.Close()
			if response.StatusCode != http.StatusCreated {
				err = fmt.Errorf("answered %d", response.StatusCode)
			}
		}
		answered <- err
	}()
	<-reading
	stopped := make(chan error, 1)
	go func() { stopped <- srv.stop() }()
	for !srv.draining.Load() { // it is set before anything else is done
		runtime.Gosched()
	}
	if err := srv.ready(t.Context()); !errors.Is(err, errDraining) {
		t.Errorf("ready says %v", err)
	}
	if _, err := more.Write([]byte(`{"name":"acme"}`)); err != nil {
		t.Fatal(err)
	}
	more.Close()
	if err := <-answered; err != nil {
		t.Errorf("the running request: %v", err)
	}
	if err := <-stopped; err != nil {
		t.Error(err)
	}
}

func TestAStoppingServerTakesRequestsUntilALoadBalancerHasNoticed(t *testing.T) {
	t.Parallel()
	srv, api := served(t, t.TempDir())
	srv.settings.ShutdownDelay = 2 * time.Second
	stopped := make(chan error, 1)
	go func() { stopped <- srv.stop() }()
	for !srv.draining.Load() {
		runtime.Gosched()
	}
	fresh := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}} // a connection of its own
	response, err := fresh.Get(api.base + "/readyz")
	if err != nil {
		t.Fatal(err)
	}
	response.Body.Close()
	if response.StatusCode != http.StatusServiceUnavailable {
		t.Errorf("/readyz answers %d while the server stops, want 503", response.StatusCode)
	}
	if err := api.call(t.Context(), http.MethodGet, "/tenants", nil, nil); err != nil {
		t.Errorf("a request that comes before anybody could notice: %v", err)
	}
	if err := <-stopped; err != nil {
		t.Error(err)
	}
}

func TestAMissingServerIsExplained(t *testing.T) {
	t.Parallel()
	srv, api := served(t, t.TempDir())
	stop(t, srv)
	err := api.call(t.Context(), http.MethodGet, "/tenants", nil, nil)
	if err == nil || !strings.Contains(err.Error(), "make run") || !strings.Contains(err.Error(), api.base) {
		t.Errorf("%v", err)
	}
}

func TestTheDemoShowsEveryRuleAtWork(t *testing.T) {
	t.Parallel()
	out := runs(t, 0, "demo")
	for _, want := range []string{"<- onlyAssign", "<- neverAssign", "<- alwaysAssign", "<- neverRemove", "muster why", "Every rule did its work"} {
		if !strings.Contains(out, want) {
			t.Errorf("%q is missing in:\n%s", want, out)
		}
	}
}

func TestASimulationCanRunAgainAndEndsWhereItEnded(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"okta", "entra", "okta11", "google", "oneaccess"} { // one of each sort; the e2e tests play all
		product := idp.ProductNamed(name)
		t.Run(product.Name, func(t *testing.T) {
			t.Parallel()
			srv, api := served(t, t.TempDir())
			defer stop(t, srv)
			ledger := filepath.Join(t.TempDir(), "ledger")
			var ends []string
			for range 2 {
				c := simulateCmd{IDP: product.Name, Users: 30, Groups: 8, Connector: "sim", Tenant: "sim", Directory: "main", Concurrency: 3, Seed: 7, Ledger: ledger, Day: true,
					Rules: `{"neverAssign":[".*-admins"],"alwaysAssign":["staff"]}`}
				var out bytes.Buffer
				if err := c.play(t.Context(), &terminal{out: &out, err: &out}, api); err != nil {
					t.Fatalf("%v\n%s", err, out.String())
				}
				_, end, _ := strings.Cut(out.String(), "made of it:")
				ends = append(ends, end)
			}
			dropped := product.UsersOnly || product.NoMembers || strings.Contains(ends[0], "neverAssign .*-admins: [jira-admins]")
			if ends[0] != ends[1] || !strings.Contains(ends[0], "alwaysAssign gives it") || !dropped {
				t.Errorf("the first run ended with%s\nthe second with%s", ends[0], ends[1])
			}
			checkLedger(t, ledger)
		})
	}
}

// checkLedger wants whole lines, each an acknowledged change of a resource with an id.
func checkLedger(t *testing.T, file string) {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	lines := 0
	for line := range strings.Lines(string(data)) {
		var e idp.Entry
		if err := json.Unmarshal([]byte(line), &e); err != nil || e.Status < 200 || e.Status > 299 || e.ID == "" || e.Connector != "sim" || e.Method == http.MethodGet {
			t.Errorf("%v in %s", err, line)
		}
		lines++
	}
	if lines < 60 {
		t.Errorf("only %d lines", lines)
	}
}
