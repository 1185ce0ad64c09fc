// Package redistest gives tests throw-away Redis servers.
//
// URL is of a server that all tests of a process share: the one MUSTER_TEST_REDIS_URL names or,
// without it, a private one on a unix socket, started when it is first needed. A test owns the
// keys that it makes there and must not empty or stop that server; Start gives it one that it
// may do everything to. All of them end with the process, however the process ends.
//
// Only tests and benchmarks may import this package.
package redistest

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
)

// Variable names the environment variable that holds the URL of a server that tests may use.
const Variable = "MUSTER_TEST_REDIS_URL"

// ErrNotInstalled is the cause of a start that found no Redis on this machine.
var ErrNotInstalled = errors.New(`Redis is needed for these tests and none is installed:
    apt-get install redis-server      (Debian, Ubuntu: the program; the service need not run)
Most tests, but not those that stop their server, can use another one instead:
    export ` + Variable + `='redis://user:password@host:6379/0'`)

// lazy starts this process's own server, once.
var lazy = sync.OnceValues(func() (*Server, error) { return Start(Options{}) })

// URL returns the URL of the server that is shared.
func URL(t testing.TB) string {
	t.Helper()
	if given := os.Getenv(Variable); given != "" {
		return given
	}
	own, err := lazy()
	if err != nil {
		t.Fatalf("redistest: %v", err)
	}
	return own.URL
}

// New starts a server for one test alone, which ends with it.
func New(t testing.TB, o Options) *Server {
	t.Helper()
	s, err := Start(o)
	if err != nil {
		t.Fatalf("redistest: %v", err)
	}
	t.Cleanup(s.Stop)
	return s
}

// binary returns the path of the installed server, or ErrNotInstalled.
func binary() (string, error) {
	for _, name := range []string{"redis-server", "valkey-server"} {
		for _, dir := range []string{"", "/usr/local/bin", "/usr/sbin"} {
			if path, err := exec.LookPath(filepath.Join(dir, name)); err == nil {
				return path, nil
			}
		}
	}
	return "", ErrNotInstalled
}
