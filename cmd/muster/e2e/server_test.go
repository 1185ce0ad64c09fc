package e2e

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/muster-scim/muster/cmd/muster/e2e/cluster"
	"github.com/muster-scim/muster/storage/storagetest/pgtest"
)

// databases are the engines that every suite runs on.
var databases = engines()

// onEveryDatabase runs a test against a server of its own on each engine.
func onEveryDatabase(t *testing.T, test func(t *testing.T, s *server)) {
	for _, engine := range databases {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			test(t, startServer(t, engine))
		})
	}
}

// server is one running `muster serve`.
type server struct {
	engine string
	URL    string // http://127.0.0.1:port
	token  string // of the admin API

	targets *targets // where requests go; nil: to URL

	dir     string // its working directory
	env     []string
	process *os.Process
	ended   chan struct{} // closed when the process is gone
	state   *os.ProcessState
	log     *logBuffer
}

// startServer starts a server on a fresh database, which ends well, on SIGTERM, when the test
// does. Variables are further environment variables, NAME=value.
func startServer(t testing.TB, engine string, variables ...string) *server {
	t.Helper()
	if engine == given {
		return givenServer(t, variables)
	}
	s := &server{engine: engine, token: "e2e-admin-token-" + unique(), dir: t.TempDir(), log: &logBuffer{}}
	database := "sqlite://" + filepath.Join(s.dir, "muster.db")
	if engine == "postgres" {
		database = pgtest.New(t)
	}
	address := freeAddress(t)
	s.URL = "http://" + address
	s.env = append([]string{
		"MUSTER_LISTEN=" + address,
		"MUSTER_DATABASE_URL=" + database,
		"MUSTER_ADMIN_TOKEN=" + s.token,
		"MUSTER_RATE_LIMIT=0",
	}, variables...)
	s.start(t)
	t.Cleanup(func() {
		s.terminate(t)
		if t.Failed() {
			t.Logf("the errors in the %s server's log:\n%s\nand its end:\n%s", engine, s.log.lines("level=ERROR"), s.log.tail(8<<10))
		}
	})
	return s
}

// start starts the process and waits until it is ready.
func (s *server) start(t testing.TB) {
	t.Helper()
	cmd := exec.Command(program(t), "serve")
	cmd.Dir = s.dir
	cmd.Env = append(cleanEnvironment(), s.env...)
	cmd.Stdout, cmd.Stderr = s.log, s.log
	// Should the test process die, the server must not outlive it. The signal is tied to the
	// thread that started the child, which therefore stays until the child is gone.
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	started := make(chan error)
	s.ended = make(chan struct{})
	go func() {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		err := cmd.Start()
		s.process = cmd.Process
		started <- err
		if err == nil {
			cmd.Wait()
			s.state = cmd.ProcessState
			close(s.ended)
		}
	}()
	if err := <-started; err != nil {
		t.Fatalf("starting the server: %v", err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	if err := s.waitReady(ctx); err != nil {
		t.Fatalf("the server on %s is not ready: %v\nits log:\n%s", s.engine, err, s.log.tail(8<<10))
	}
}

func (s *server) waitReady(ctx context.Context) error {
	for {
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, s.URL+"/readyz", nil)
		if err != nil {
			return err
		}
		response, err := http.DefaultClient.Do(request)
		if err == nil {
			response.Body.Close()
			if response.StatusCode == http.StatusOK {
				return nil
			}
			err = fmt.Errorf("/readyz answers %s", response.Status)
		}
		select {
		case <-s.ended:
			return fmt.Errorf("the process ended: %v", s.state)
		case <-ctx.Done():
			return errors.Join(err, ctx.Err())
		case <-time.After(10 * time.Millisecond):
		}
	}
}

// terminate asks the server to drain and end, and expects exit code 0.
func (s *server) terminate(t testing.TB) {
	t.Helper()
	s.process.Signal(syscall.SIGTERM)
	select {
	case <-s.ended:
	case <-time.After(30 * time.Second):
		s.kill()
		t.Errorf("the server on %s is still there 30 s after SIGTERM", s.engine)
		return
	}
	if code := s.state.ExitCode(); code != 0 {
		t.Errorf("the server on %s ended with %v after SIGTERM, want exit code 0", s.engine, s.state)
	}
}

// kill is kill -9: nothing in the process gets to do anything any more.
func (s *server) kill() {
	s.process.Kill()
	<-s.ended
}

// cleanEnvironment is this process's environment without settings of Muster.
func cleanEnvironment() (kept []string) {
	for _, variable := range os.Environ() {
		if !bytes.HasPrefix([]byte(variable), []byte("MUSTER_")) {
			kept = append(kept, variable)
		}
	}
	return kept
}

// freeAddress returns a loopback address that nothing listens on, and that no other test of this
// process is given.
func freeAddress(t testing.TB) string {
	t.Helper()
	address, err := cluster.FreeAddress()
	if err != nil {
		t.Fatal(err)
	}
	return address
}

// logBuffer keeps what the server writes.
type logBuffer struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *logBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *logBuffer) contains(s string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return bytes.Contains(l.text.Bytes(), []byte(s))
}

// lines are those that hold the text; of many, the first ones.
func (l *logBuffer) lines(with string) string {
	const most = 20
	l.mu.Lock()
	defer l.mu.Unlock()
	var out strings.Builder
	found := 0
	for line := range strings.Lines(l.text.String()) {
		if strings.Contains(line, with) && found < most {
			out.WriteString(line)
			found++
		}
	}
	return out.String()
}

func (l *logBuffer) tail(n int) string {
	l.mu.Lock()
	defer l.mu.Unlock()
	text := l.text.Bytes()
	if len(text) > n {
		text = text[len(text)-n:]
	}
	return string(text)
}
