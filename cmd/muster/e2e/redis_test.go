package e2e

import (
	"net/http"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/muster-scim/muster/storage/storagetest/redistest"
)

// another starts one more replica on the server's database.
func (s *server) another(t testing.TB) *server {
	t.Helper()
	address := freeAddress(t)
	r := &server{engine: s.engine, token: s.token, dir: t.TempDir(), log: &logBuffer{}, URL: "http://" + address,
		env: append(append([]string(nil), s.env...), "MUSTER_LISTEN="+address)}
	r.start(t)
	t.Cleanup(func() {
		r.terminate(t)
		if t.Failed() {
			t.Logf("the end of the other replica's log:\n%s", r.log.tail(8<<10))
		}
	})
	return r
}

// waits waits until the log says something.
func (l *logBuffer) waits(t testing.TB, text string, patience time.Duration) {
	t.Helper()
	for deadline := time.Now().Add(patience); !l.contains(text); time.Sleep(10 * time.Millisecond) { // another process's doing
		if time.Now().After(deadline) {
			t.Fatalf("the log does not say %q within %v:\n%s", text, patience, l.tail(4<<10))
		}
	}
}

// TestARevocationReachesEveryReplica deletes credentials on one of two replicas. The other one
// refuses them within a second while Redis is there, and within ten whatever happens.
func TestARevocationReachesEveryReplica(t *testing.T) {
	t.Parallel()
	if engines()[0] == given {
		t.Skip("stops its Redis, which must not happen to the one of the server that MUSTER_E2E_URL gives")
	}
	redis := redistest.New(t, redistest.Options{TCP: true})
	one := startServer(t, "postgres", "MUSTER_REDIS_URL="+redis.URL)
	two := one.another(t)
	here := one.lone(t, wanted{})
	there := here
	there.server = two

	// status is what a token is answered with on a replica.
	status := func(on connector, token string) int {
		on.Token = token
		return on.scim(t, "GET", "/Users?count=1", nil).Status
	}
	// revoked deletes a credential that both replicas know and returns how long it lives on.
	revoked := func() time.Duration {
		made := one.adminOK(t, "POST", "/connectors/"+here.Slug+"/credentials", map[string]any{"name": "short " + unique()})
		token := made.text(t, "$.token")
		for range 3 {
			for _, replica := range []connector{here, there} {
				if got := status(replica, token); got != http.StatusOK {
					t.Fatalf("a new credential: %d, want 200", got)
				}
			}
		}
		one.adminOK(t, "DELETE", "/connectors/"+here.Slug+"/credentials/"+made.text(t, "$.id"), nil)
		deleted := time.Now()
		if got := status(here, token); got != http.StatusUnauthorized {
			t.Errorf("where it was deleted: %d, want 401", got)
		}
		for ; status(there, token) != http.StatusUnauthorized; time.Sleep(20 * time.Millisecond) { // the other process's doing
			if time.Since(deleted) > 15*time.Second {
				t.Fatalf("15 s after its deletion a credential is still accepted on the other replica")
			}
		}
		return time.Since(deleted)
	}

	if took := revoked(); took > time.Second {
		t.Errorf("with Redis a deleted credential lived for %v on the other replica, want a second at most", took)
	}
	redis.Stop()
	for range 20 {
		for _, replica := range []connector{here, there} {
			if got := status(replica, here.Token); got != http.StatusOK {
				t.Errorf("without Redis a valid credential is answered %d, want 200", got)
			}
		}
	}
	if took := revoked(); took > 10*time.Second {
		t.Errorf("without Redis a deleted credential lived for %v on the other replica, want ten seconds at most", took)
	}
	if err := redis.Revive(); err != nil {
		t.Fatal(err)
	}
	for _, replica := range []*server{one, two} {
		replica.log.waits(t, "Redis serves again", 10*time.Second)
	}
	if took := revoked(); took > time.Second {
		t.Errorf("with Redis again a deleted credential lived for %v on the other replica, want a second at most", took)
	}
}

// TestReplicasShareALimit sends a connector's requests to two replicas in turn.
func TestReplicasShareALimit(t *testing.T) {
	t.Parallel()
	if engines()[0] == given {
		t.Skip("starts replicas of its own")
	}
	one := startServer(t, "postgres", "MUSTER_REDIS_URL="+redistest.URL(t))
	two := one.another(t)
	here := one.lone(t, wanted{})
	there := here
	there.server = two
	one.adminOK(t, "PATCH", "/connectors/"+here.Slug, map[string]any{"limits": map[string]any{"rate": 0.01, "burst": 6}})
	served := 0
	for i := range 12 {
		if []connector{here, there}[i%2].scim(t, "GET", "/Users?count=1", nil).Status == http.StatusOK {
			served++
		}
	}
	if served != 6 {
		t.Errorf("two replicas served %d requests at once, want the burst of 6 between them", served)
	}
}

// TestAPasswordOfRedisIsNotShown starts with a URL that holds one, while nothing is there.
func TestAPasswordOfRedisIsNotShown(t *testing.T) {
	t.Parallel()
	s := startServer(t, "sqlite", "MUSTER_REDIS_URL=redis://muster:s3cret-of-redis@"+freeAddress(t), "MUSTER_LOG_LEVEL=debug")
	s.lone(t, wanted{}).scimOK(t, "GET", "/Users", nil)
	s.log.waits(t, "Redis does not serve", 10*time.Second)
	if s.log.contains("s3cret-of-redis") {
		t.Errorf("the log shows the password:\n%s", s.log.tail(4<<10))
	}
}

// limiterDown stops Redis under a connector with a limit: nothing is refused because of that,
// and the limit stays.
func limiterDown(w *world, c badCase) {
	const burst = 20
	redis := redistest.New(w.t, redistest.Options{TCP: true})
	s := startServer(w.t, w.engine, "MUSTER_REDIS_URL="+redis.URL, "MUSTER_RATE_LIMIT=1/s,"+strconv.Itoa(burst), "MUSTER_CONCURRENCY=0")
	limited := s.lone(w.t, wanted{})
	expectStatus(w, limited.scim(w.t, "GET", "/Users", nil), http.StatusOK)
	redis.Stop()
	for range burst / 2 {
		expectStatus(w, limited.scim(w.t, "GET", "/Users", nil), http.StatusOK)
	}
	var mu sync.Mutex
	var senders sync.WaitGroup
	served := 0
	for range 4 * burst {
		senders.Go(func() {
			answer, err := s.send(limited.request(w.t, "GET", "/Users", nil))
			if err != nil {
				w.t.Error(err)
				return
			}
			mu.Lock()
			defer mu.Unlock()
			switch answer.Status {
			case http.StatusOK:
				served++
			case http.StatusTooManyRequests:
				if after, err := strconv.Atoi(answer.Header.Get("Retry-After")); err != nil || after < 1 {
					w.t.Errorf("Retry-After is %q", answer.Header.Get("Retry-After"))
				}
			default:
				w.t.Errorf("status %d: %s", answer.Status, answer.Body)
			}
		})
	}
	senders.Wait()
	if served == 0 || served > burst+10 { // the burst again, the queue, and what a slow machine takes
		w.t.Errorf("without Redis %d of %d requests were served at once, want about the burst of %d", served, 4*burst, burst)
	}
	if n := strings.Count(s.log.tail(1<<20), "Redis does not serve"); n != 1 {
		w.t.Errorf("the log says %d times that Redis is lost, want once", n)
	}
}
