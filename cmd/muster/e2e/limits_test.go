package e2e

import (
	"net/http"
	"strconv"
	"testing"
)

// limits gives a connector limits of its own.
func (p *probe) limits(limits map[string]any) {
	p.t.Helper()
	p.adminOK(p.t, "PATCH", "/connectors/"+p.Slug, map[string]any{"limits": limits})
}

// tooManyAre429 is line 14 of the protocol's tables.
func tooManyAre429(p *probe) {
	other := newProbe(p.t, p.server)
	p.limits(map[string]any{"rate": 0.2, "burst": 3}) // five seconds a request: nothing comes soon enough to be queued
	for _, name := range []string{"one", "two", "three"} {
		p.person(name)
	}
	for _, line := range []string{"POST /Users", "GET /Users", "GET /ServiceProviderConfig"} {
		body := ""
		if line == "POST /Users" {
			body = `{"schemas":["{{user}}"],"userName":"four"}`
		}
		answer := p.ask(line, body, http.StatusTooManyRequests, "$.scimType absent", "$.detail {\"$ne\":\"\"}")
		if after, err := strconv.Atoi(answer.Header.Get("Retry-After")); err != nil || after < 1 || after > 5 {
			p.t.Errorf("%s: Retry-After is %q, want whole seconds up to 5", line, answer.Header.Get("Retry-After"))
		}
		if answer.Header.Get("RateLimit-Policy") != `"connector";q=3;w=15` || answer.Header.Get("RateLimit") == "" {
			p.t.Errorf("%s: RateLimit-Policy %q, RateLimit %q", line, answer.Header.Get("RateLimit-Policy"), answer.Header.Get("RateLimit"))
		}
	}
	other.person("somebody") // another connector does not notice
	p.limits(map[string]any{"rate": 0})
	p.lists("/Users?sortBy=userName", "one", "three", "two")
}

// TestFailedAuthenticationsAreLimited: ten a minute for an address at a connector, and a valid
// credential is never refused for them.
func TestFailedAuthenticationsAreLimited(t *testing.T) {
	t.Parallel()
	onEveryDatabase(t, func(t *testing.T, s *server) {
		p, other := newProbe(t, s), newProbe(t, s)
		for _, token := range []string{"", "Bearer wrong", "Bearer " + other.Token} {
			for range 4 { // twelve in all
				p.with("Authorization", token).send(request{Method: "GET", Target: p.base["2.0"] + "/Users",
					Header: http.Header{"Authorization": {token}}})
			}
		}
		answer := p.with("Authorization", "Bearer wrong").ask("GET /Users", "", http.StatusTooManyRequests)
		if after, err := strconv.Atoi(answer.Header.Get("Retry-After")); err != nil || after < 1 || after > 6 {
			t.Errorf("Retry-After is %q, want up to 6 s", answer.Header.Get("Retry-After"))
		}
		p.ask("GET /Users", "", http.StatusOK)
		other.with("Authorization", "Bearer wrong").ask("GET /Users", "", http.StatusUnauthorized)
	})
}

// TestADefaultServerLimitsAConnector: the limits are there without being asked for.
func TestADefaultServerLimitsAConnector(t *testing.T) {
	t.Parallel()
	s := startServer(t, "sqlite", "MUSTER_RATE_LIMIT=1/s,1")
	p := newProbe(t, s)
	p.ask("GET /Users", "", http.StatusOK)
	answers := make(chan int, 6)
	for range cap(answers) {
		go func() {
			answer, err := p.send(request{Method: "GET", Target: p.base["2.0"] + "/Users", Header: p.header})
			if err != nil {
				t.Error(err)
			}
			answers <- answer.Status
		}()
	}
	count := map[int]int{}
	for range cap(answers) {
		count[<-answers]++
	}
	if count[http.StatusOK] == 0 || count[http.StatusTooManyRequests] == 0 || count[http.StatusOK]+count[http.StatusTooManyRequests] != cap(answers) {
		t.Errorf("answers by status: %v, want two served from the queue and the rest refused", count)
	}
}
