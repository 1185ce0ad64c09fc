package gateway_test

import (
	"net/http"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/muster-scim/muster/gateway"
	"github.com/muster-scim/muster/tenants"
)

var fifty = tenants.Rate{PerSecond: 50, Burst: 200}

// placesOf sets how many requests may be in flight.
func placesOf(n int) func(*gateway.Options) {
	return func(o *gateway.Options) { o.Quota = tenants.Quota{Concurrency: n, Patience: 2 * time.Second} }
}

func TestARefusedTurnIsA429ThatDidNothing(t *testing.T) {
	s := serve(t)
	s.doors.allowance = tenants.Allowance{Rate: fifty, Refused: true, Wait: 2100 * time.Millisecond, Reset: 4 * time.Second}
	a := s.do("POST", "/Users", strings.Replace(userBody, "%s", "aki", 1))
	a.wantError(t, "", http.StatusTooManyRequests)
	for header, want := range map[string]string{
		"Retry-After": "3", "RateLimit": `"connector";r=0;t=4`, "RateLimit-Policy": `"connector";q=200;w=4`,
	} {
		if got := a.Header.Get(header); got != want {
			t.Errorf("%s is %q, want %q", header, got, want)
		}
	}
	if len(s.records.sources) != 0 {
		t.Error("a refused request was carried out")
	}
	if detail := a.object(t)["detail"].(string); !strings.Contains(detail, "50 requests a second") || !strings.Contains(detail, "after 3 s") {
		t.Errorf("the detail does not say what to do: %s", detail)
	}
	if again := s.do("GET", "/Users", ""); again.StatusCode != 429 || strings.Count(s.log.String(), "over its limit") != 1 {
		t.Errorf("%d, and the log tells it more than once a minute:\n%s", again.StatusCode, s.log)
	}
}

func TestATurnThatComesSoonIsWaitedFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := serve(t)
		s.doors.allowance = tenants.Allowance{Rate: fifty, Wait: 1500 * time.Millisecond, Reset: 5 * time.Second}
		before := time.Now()
		s.do("GET", "/Users", "").wantStatus(t, 200)
		if waited := time.Since(before); waited != 1500*time.Millisecond {
			t.Errorf("the request waited %v, want 1.5 s", waited)
		}
	})
}

func TestWithoutALimitNothingIsSaidOfOne(t *testing.T) {
	a := serve(t).do("GET", "/Users", "").wantStatus(t, 200)
	if a.Header.Get("RateLimit") != "" || a.Header.Get("RateLimit-Policy") != "" {
		t.Errorf("headers of a limit that is not there: %v", a.Header)
	}
}

func TestShadowedLimitsOnlyReport(t *testing.T) {
	s := serve(t, func(o *gateway.Options) { o.Quota = tenants.Quota{Shadow: true} })
	s.doors.allowance = tenants.Allowance{Rate: fifty, Refused: true, Wait: time.Hour}
	s.do("GET", "/Users", "").wantStatus(t, 200)
	if !strings.Contains(s.log.String(), "over its limit, which only reports") {
		t.Errorf("the log does not report it:\n%s", s.log)
	}
}

func TestRequestsInFlightAreBoundedPerConnector(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := serve(t, placesOf(2))
		s.records.hold = make(chan struct{})
		var all sync.WaitGroup
		answers := make(chan int, 3)
		for range 3 {
			all.Go(func() { answers <- s.do("GET", "/Users", "").StatusCode })
		}
		synctest.Wait() // two are in flight, the third waits
		all.Go(func() {
			if got := s.do("GET", "/scim/other/v2/Users", "", "Authorization", "Bearer "+other).StatusCode; got != 200 {
				t.Errorf("another connector's request: %d", got)
			}
		})
		synctest.Wait()
		s.records.mu.Lock()
		if n := len(s.records.seen); n != 0 {
			t.Errorf("%d lists are done before any was let go", n)
		}
		s.records.mu.Unlock()
		before := time.Now()
		close(s.records.hold)
		all.Wait()
		for range 3 {
			if got := <-answers; got != 200 {
				t.Errorf("a request that found a place in time: %d", got)
			}
		}
		if time.Since(before) != 0 {
			t.Errorf("the third waited %v although a place was free", time.Since(before))
		}
	})
}

func TestWhoFindsNoPlaceInTimeIsRefused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := serve(t, placesOf(1))
		s.records.hold = make(chan struct{})
		var first sync.WaitGroup
		first.Go(func() { s.do("GET", "/Users", "") })
		synctest.Wait()
		before := time.Now()
		a := s.do("GET", "/Users", "")
		a.wantError(t, "", http.StatusTooManyRequests)
		if waited := time.Since(before); waited != 2*time.Second || a.Header.Get("Retry-After") != "1" {
			t.Errorf("refused after %v with Retry-After %q, want after 2 s with 1", waited, a.Header.Get("Retry-After"))
		}
		close(s.records.hold)
		first.Wait()
		s.do("GET", "/Users", "").wantStatus(t, 200) // the place was given back
	})
}

func TestTooManyFailuresAreA429WithoutAChallenge(t *testing.T) {
	s := serve(t)
	s.doors.tooMany = 6 * time.Second
	a := s.do("GET", "/Users", "", "Authorization", "")
	a.wantError(t, "", http.StatusTooManyRequests)
	if a.Header.Get("Retry-After") != "6" || a.Header.Get("WWW-Authenticate") != "" {
		t.Errorf("headers: %v", a.Header)
	}
	s.do("GET", "/Users", "").wantStatus(t, 200)
}

func TestTheAddressIsWhoTheTrustedProxyForwardsFor(t *testing.T) {
	s := serveBehind(t, []netip.Prefix{netip.MustParsePrefix("192.0.2.0/28")}) // httptest's requests come from 192.0.2.1
	for _, c := range []struct{ forwarded, want string }{
		{"", "192.0.2.1"},
		{"203.0.113.9", "203.0.113.9"},
		{"6.6.6.6, 203.0.113.9, 192.0.2.7", "203.0.113.9"}, // what the client itself wrote counts for nothing
		{"2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"},
		{"nonsense", "192.0.2.1"},
	} {
		s.do("GET", "/Users", "", "X-Forwarded-For", c.forwarded, "X-Real-IP", "6.6.6.6").wantStatus(t, 200)
		if got := s.doors.address.Load(); got != c.want {
			t.Errorf("X-Forwarded-For %q: the address is %q, want %q", c.forwarded, got, c.want)
		}
	}
}
