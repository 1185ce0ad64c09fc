package e2e

import (
	"os"
	"strings"
	"sync/atomic"
	"testing"
)

// given is the engine of a server that was there before the tests: MUSTER_E2E_URL is its base URL
// and MUSTER_E2E_ADMIN_TOKEN the token of its admin API. It may be a proxy before several
// replicas, or several replicas themselves, separated by commas: then each request goes to the
// next one, and MUSTER_E2E_PUBLIC_URL says what they call themselves. The tests make tenants and directories of their own and leave them there, so it
// should be a server of which nobody needs the data. It has to run without a rate limit.
const given = "given"

// engines are the databases that every suite runs on; the given server's alone, if there is one.
func engines() []string {
	if os.Getenv("MUSTER_E2E_URL") != "" {
		return []string{given}
	}
	return []string{"sqlite", "postgres"}
}

// givenServer is the server that the environment names. A test that wants settings of its own is
// skipped: they can only be given to a server that the test starts.
func givenServer(t testing.TB, variables []string) *server {
	t.Helper()
	if len(variables) > 0 {
		t.Skipf("needs a server with %s, and MUSTER_E2E_URL gives one that runs already", strings.Join(variables, " "))
	}
	urls := strings.Split(os.Getenv("MUSTER_E2E_URL"), ",")
	for i, url := range urls {
		urls[i] = strings.TrimRight(strings.TrimSpace(url), "/")
		if !strings.HasPrefix(urls[i], "http://") {
			t.Fatalf("MUSTER_E2E_URL has %q; write http://host:port, or several of them with commas", url)
		}
	}
	s := &server{engine: given, URL: os.Getenv("MUSTER_E2E_PUBLIC_URL"), token: os.Getenv("MUSTER_E2E_ADMIN_TOKEN"), dir: t.TempDir(), log: &logBuffer{}}
	if s.token == "" {
		t.Fatal("MUSTER_E2E_URL is set: set MUSTER_E2E_ADMIN_TOKEN too")
	}
	s.targets = &targets{urls: urls}
	if s.URL == "" {
		s.URL = urls[0]
	}
	return s
}

// ownOnly skips a test that has to kill or to restart its server.
func (s *server) ownOnly(t testing.TB) {
	t.Helper()
	if s.engine == given {
		t.Skip("kills its server, which must not happen to the one that MUSTER_E2E_URL gives")
	}
}

// targets are the places that a server's requests go to, in turn.
type targets struct {
	urls []string
	sent atomic.Uint64
}

// host is where the next request goes.
func (s *server) host() string {
	if s.targets == nil {
		return strings.TrimPrefix(s.URL, "http://")
	}
	url := s.targets.urls[(s.targets.sent.Add(1)-1)%uint64(len(s.targets.urls))]
	return strings.TrimPrefix(url, "http://")
}
