package e2e

import (
	"bufio"
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"
)

// TestTheFirstContactIsSeen: an administrator enters base URL and token at the IdP, wrongly at
// first, and sees within two seconds what is wrong and what to do, and then that it works.
func TestTheFirstContactIsSeen(t *testing.T) {
	t.Parallel()
	onEveryDatabase(t, func(t *testing.T, s *server) {
		p, other := newProbe(t, s), newProbe(t, s)
		light := watch(t, s, p.Slug)
		light.until(t, "waiting", "")
		for _, method := range []string{"GET", "POST"} { // whoever knows the address alone is no contact
			p.send(request{Method: method, Target: "/scim/" + p.Slug + "/oauth/token"})
		}

		wrong := "Bearer " + strings.Replace(p.Token, p.Token[10:20], other.Token[10:20], 1)
		for _, c := range []struct {
			authorization, path, diagnosis, hint string
		}{
			{"", "/Users", "noCredential", ""},
			{"Bearer one two", "/Users", "badHeader", ""},
			{wrong, "/Users", "wrongToken", "…" + p.Token[len(p.Token)-4:]},
			{"Bearer 9f86d081884c7d659a2feaa0c55ad015", "/Users", "wrongToken", "…d015"},
			{"Bearer " + other.Token, "/Users", "otherConnector", "…" + other.Token[len(other.Token)-4:]},
			{"Basic bm9ib2R5OnBhc3N3b3Jk", "/Users", "unknownUser", "nobody"},
			{"Bearer " + p.Token, "/scim/" + p.Slug + "/v2/Users", "doubledPath", ""},
			{"Bearer " + p.Token, "/People", "unknownPath", "/v2/People"},
		} {
			p.send(request{Method: "GET", Target: p.base["2.0"] + c.path, Header: http.Header{"Authorization": {c.authorization}}})
			got := light.until(t, "trouble", c.diagnosis)
			problem := got.problem(c.diagnosis)
			if problem.Hint != c.hint || problem.Sentence == "" || problem.Next == "" {
				t.Errorf("%s: %+v, want the hint %q and sentences", c.diagnosis, problem, c.hint)
			}
		}
		p.person("ada")
		got := light.until(t, "connected", "")
		if got.Credential != "first token" || got.Version != "2.0" || len(got.Asked) == 0 {
			t.Errorf("once connected: %+v", got)
		}
		p.with("Authorization", "Bearer wrong").ask("GET /Users", "", http.StatusUnauthorized)
		light.until(t, "connected", "wrongToken") // strangers do not put the light out

		out, err := s.muster(t, "connectors", "contact", p.Slug, "--wait", "5s")
		if err != nil || !strings.Contains(out, "connected") || !strings.Contains(out, "Base URL and token were taken from two connectors") || !strings.Contains(out, "POST /Users") {
			t.Errorf("muster connectors contact: %v\n%s", err, out)
		}
		if strings.Contains(s.log.tail(1<<20), p.Token) {
			t.Error("the log holds a token")
		}
		elsewhere := watch(t, s, other.Slug).until(t, "trouble", "usedElsewhere")
		if problem := elsewhere.problem("usedElsewhere"); problem.Hint != p.Slug {
			t.Errorf("the owner of the token is told %+v", problem)
		}
	})
}

// light is a stream of what an administrator sees of a contact.
type light struct{ seen chan contactSeen }

type contactSeen struct {
	State, Credential, Version string
	Problems                   []contactProblem
	Asked                      []struct{ Method, Route string }
}

type contactProblem struct{ Diagnosis, Sentence, Next, Hint string }

func (c contactSeen) problem(diagnosis string) contactProblem {
	for _, p := range c.Problems {
		if p.Diagnosis == diagnosis {
			return p
		}
	}
	return contactProblem{}
}

// watch opens the stream of a connector.
func watch(t *testing.T, s *server, slug string) *light {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	t.Cleanup(cancel)
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, s.URL+"/api/v1/connectors/"+slug+"/contact", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+s.token)
	r.Header.Set("Accept", "text/event-stream")
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	if kind := answer.Header.Get("Content-Type"); answer.StatusCode != http.StatusOK || kind != "text/event-stream" {
		t.Fatalf("the stream answers %d, %s", answer.StatusCode, kind)
	}
	l := &light{seen: make(chan contactSeen, 1000)}
	go func() {
		defer answer.Body.Close()
		for lines := bufio.NewScanner(answer.Body); lines.Scan(); {
			if data, ok := strings.CutPrefix(lines.Text(), "data: "); ok {
				var c contactSeen
				if err := json.Unmarshal([]byte(data), &c); err != nil {
					t.Error(err)
				}
				l.seen <- c
			}
		}
	}()
	return l
}

// until waits for a state with a diagnosis among its problems.
func (l *light) until(t *testing.T, state, diagnosis string) contactSeen {
	t.Helper()
	var last contactSeen
	for late := time.After(20 * time.Second); ; { // two seconds, on a machine that has nothing else to do
		select {
		case last = <-l.seen:
			if last.State == state && (diagnosis == "" || last.problem(diagnosis).Diagnosis != "") {
				return last
			}
		case <-late:
			t.Fatalf("waiting for %s %s; the last that was seen is %+v", state, diagnosis, last)
		}
	}
}
