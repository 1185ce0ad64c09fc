package idp

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"
)

// target is a SCIM service that remembers what it was asked. It knows names and ids, no more.
type target struct {
	mu    sync.Mutex
	log   []string          // "METHOD /path body"
	names map[string]string // name to id
	odd   func(r *http.Request, times int) int
	times map[string]int
}

func newTarget(t *testing.T) (*target, *Client) {
	t.Helper()
	s := &target{names: map[string]string{}, times: map[string]int{}}
	server := httptest.NewServer(s)
	t.Cleanup(server.Close)
	return s, &Client{Base: server.URL, Token: "mst_test", Connector: "acme-okta", HTTP: server.Client(), Patience: 5 * time.Second}
}

func (s *target) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	body, _ := io.ReadAll(r.Body)
	s.log = append(s.log, strings.TrimSpace(fmt.Sprintf("%s %s %s", r.Method, r.URL.RequestURI(), body)))
	what := r.Method + " " + r.URL.Path
	s.times[what]++
	status := 0
	if s.odd != nil {
		status = s.odd(r, s.times[what])
	}
	if status >= 500 {
		w.WriteHeader(status)
		return
	}
	var doc struct{ UserName, DisplayName string }
	_ = json.Unmarshal(body, &doc) // not every request has one
	name := doc.UserName
	if name == "" {
		name = doc.DisplayName
	}
	method := r.Method
	if means := r.Header.Get("X-HTTP-Method-Override"); means != "" {
		method = means
	}
	switch filter := r.URL.Query().Get("filter"); {
	case filter != "":
		_, quoted, _ := strings.Cut(filter, ` eq "`)
		resources := []map[string]string{}
		if id, ok := s.names[strings.TrimSuffix(quoted, `"`)]; ok {
			resources = append(resources, map[string]string{"id": id})
		}
		_ = json.NewEncoder(w).Encode(map[string]any{"totalResults": len(resources), "Resources": resources})
	case method == http.MethodPost && s.names[name] != "":
		w.WriteHeader(http.StatusConflict)
	case method == http.MethodPost:
		s.names[name] = fmt.Sprintf("id-%d", len(s.names)+1)
		w.WriteHeader(http.StatusCreated)
		_ = json.NewEncoder(w).Encode(map[string]string{"id": s.names[name]})
	case method == http.MethodPatch || method == http.MethodDelete:
		w.WriteHeader(http.StatusNoContent)
	default:
		_, _ = w.Write([]byte(`{"id":"x"}`))
	}
}

// nobody is a progress that only remembers failures.
type nobody struct {
	mu     sync.Mutex
	failed []error
}

func (*nobody) Phase(string, int) {}
func (*nobody) Step()             {}
func (n *nobody) Failed(err error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.failed = append(n.failed, err)
}

func play(t *testing.T, product string, c *Client, people, groups int) *nobody {
	t.Helper()
	n := &nobody{}
	company := NewCompany("acme.example", people, groups, 1)
	run := &Run{Product: product, Client: c, Company: company, Day: NewDay(company, 1), Concurrency: 1, Progress: n}
	if err := run.Play(t.Context()); err != nil {
		t.Fatalf("%v: %v", err, n.failed)
	}
	return n
}

func TestOktaSpeaksAsOktaDoes(t *testing.T) {
	t.Parallel()
	s, c := newTarget(t)
	play(t, "okta", c, 20, 5)
	said := strings.Join(s.log, "\n")
	for _, want := range []string{
		"GET /Users?startIndex=1&count=2\n",
		"GET /Groups?startIndex=1&count=100\n",
		"GET /Users?filter=userName%20eq%20%22", // a space as %20
		`"groups":[]`,
		`"Operations":[{"op":"replace","value":{"active":false}}]`,
		`"Operations":[{"op":"replace","value":{"active":true}}]`,
		`{"op":"remove","path":"members[value eq \"id-`,
		`{"op":"add","path":"members","value":[{"display":"`,
	} {
		if !strings.Contains(said, want) {
			t.Errorf("never said %s", want)
		}
	}
	if strings.Contains(said, "DELETE /Users") {
		t.Error("Okta never deletes a user")
	}
}

func TestEntraSpeaksAsEntraDoes(t *testing.T) {
	t.Parallel()
	s, c := newTarget(t)
	play(t, "entra", c, 100, 5)
	said := strings.Join(s.log, "\n")
	for _, want := range []string{
		"GET /Users?filter=userName+eq+%22", // a space as +
		"GET /Groups?excludedAttributes=members&filter=displayName+eq+%22",
		"http://schemas.microsoft.com/2006/11/ResourceManagement/ADSCIM/2.0/Group",
		`{"op":"Replace","path":"active","value":"False"}`,
		`{"op":"Add","path":"members","value":[{"$ref":null,"value":"id-`,
		`{"op":"Remove","path":"members","value":[{"$ref":null,"value":"id-`,
		`{"op":"Replace","path":"emails[type eq \"work\"].value"`,
		"DELETE /Users/",
	} {
		if !strings.Contains(said, want) {
			t.Errorf("never said %s", want)
		}
	}
	for _, line := range s.log {
		if strings.HasPrefix(line, "POST /Groups") && strings.Contains(line, "members") {
			t.Errorf("Entra creates groups empty: %s", line)
		}
		if n := strings.Count(line, "$ref"); n > entraBatch {
			t.Errorf("%d members in one request", n)
		}
	}
}

func TestTheSameSeedSaysTheSameWords(t *testing.T) {
	t.Parallel()
	var first []string
	for range 2 {
		s, c := newTarget(t)
		play(t, "okta", c, 15, 5)
		if first != nil && strings.Join(first, "\n") != strings.Join(s.log, "\n") {
			t.Error("two runs of one seed differ")
		}
		first = s.log
	}
}

func TestALostAnswerIsFoundAgainAndNotCountedAsAcknowledged(t *testing.T) {
	t.Parallel()
	s, c := newTarget(t)
	s.odd = func(r *http.Request, times int) int {
		if r.Method != http.MethodPost || r.URL.Path != "/Users" || times != 1 {
			return 0
		}
		s.names["ada@acme.example"] = "id-lost" // it was made; the answer never arrives
		return http.StatusBadGateway
	}
	var ledger bytes.Buffer
	c.Ledger = NewLedger(&ledger)
	ada := &Person{Key: "k", UserName: "ada@acme.example", Given: "Ada", Family: "Byron", Active: true}
	run := &Run{Product: "okta", Client: c, Company: &Company{People: []*Person{ada}, Groups: []*Group{{Name: "team", Members: []*Person{ada}}}}, Concurrency: 1, Progress: &nobody{}}
	if err := run.Play(t.Context()); err != nil {
		t.Fatal(err)
	}
	if ada.ID != "id-lost" {
		t.Errorf("Ada is %q", ada.ID)
	}
	lines := strings.Split(strings.TrimSpace(ledger.String()), "\n")
	if len(lines) != 3 || strings.Contains(ledger.String(), `"path":"/Users"`) {
		t.Errorf("the ledger holds what nobody acknowledged:\n%s", ledger.String())
	}
	var last Entry
	if err := json.Unmarshal([]byte(lines[2]), &last); err != nil || last.Method != http.MethodPatch || last.Status != http.StatusNoContent || last.ID == "" || last.Connector != "acme-okta" {
		t.Errorf("%+v, %v", last, err)
	}
}

func TestOneFailureDoesNotStopTheRest(t *testing.T) {
	t.Parallel()
	s, c := newTarget(t)
	c.Patience = 0
	s.odd = func(r *http.Request, times int) int {
		if r.Method == http.MethodPost && r.URL.Path == "/Users" && times == 1 {
			return http.StatusInternalServerError
		}
		return 0
	}
	n := &nobody{}
	company := NewCompany("acme.example", 10, 2, 1)
	run := &Run{Product: "okta", Client: c, Company: company, Concurrency: 2, Progress: n}
	if err := run.Play(t.Context()); err == nil || len(n.failed) != 1 {
		t.Errorf("%v, %v", err, n.failed)
	}
	if len(s.names) != 9+2 {
		t.Errorf("made %d of 9 users and 2 groups", len(s.names))
	}
}

func TestAConnectionTestThatFailsStopsEverything(t *testing.T) {
	t.Parallel()
	s, c := newTarget(t)
	c.Patience = 0
	s.odd = func(*http.Request, int) int { return http.StatusInternalServerError }
	run := &Run{Product: "entra", Client: c, Company: NewCompany("acme.example", 10, 2, 1), Concurrency: 2, Progress: &nobody{}}
	if err := run.Play(t.Context()); err == nil || len(s.log) != 1 {
		t.Errorf("%v after %d requests", err, len(s.log))
	}
}
