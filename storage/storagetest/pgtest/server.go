package pgtest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"
)

// Options of a private server.
type Options struct {
	// Durable makes the server flush to disk as one in production does. Benchmarks want it;
	// tests are several times faster without.
	Durable bool
}

// Server is a private PostgreSQL server that listens on a unix socket in a directory of its
// own. It ends, and its directory goes, with Stop or with the process that started it.
type Server struct {
	URL string // of its administrative database

	dir  string
	life io.Closer     // while it is open the server lives
	done chan struct{} // closed when server and directory are gone
}

// supervisor is the shell script between the server and this process. It holds the reading end
// of a pipe whose writing end is this process's alone, so it notices the end of this process
// whatever the end was: a return, os.Exit, a panic or a kill. A signal meant for the test run
// (Ctrl-C in a terminal) does not reach it, as it has a session of its own.
const supervisor = `
trap '' HUP INT TERM
"$@" >"$DIR/log" 2>&1 </dev/null &
server=$!
echo $server >"$DIR/pid"
cat >/dev/null
kill -QUIT $server 2>/dev/null
wait $server
rm -rf "$DIR"
`

// Start starts a private server from the installed binaries.
func Start(o Options) (*Server, error) {
	bin, err := binaries()
	if err != nil {
		return nil, err
	}
	owner, err := serverUser()
	if err != nil {
		return nil, err
	}
	// Not below TMPDIR: a unix socket's path has room for about a hundred bytes, and the
	// server's user must be able to reach it.
	dir, err := os.MkdirTemp("/tmp", "muster-pg-")
	if err != nil {
		return nil, fmt.Errorf("making the server's directory: %w", err)
	}
	s, err := start(bin, dir, owner, o)
	if err != nil {
		os.RemoveAll(dir)
		return nil, err
	}
	return s, nil
}

func start(bin, dir string, owner *syscall.Credential, o Options) (*Server, error) {
	if owner != nil {
		if err := os.Chown(dir, int(owner.Uid), int(owner.Gid)); err != nil {
			return nil, fmt.Errorf("giving the server its directory: %w", err)
		}
	}
	data := filepath.Join(dir, "data")
	initdb := exec.Command(filepath.Join(bin, "initdb"), "-D", data, "-U", "postgres", "-A", "trust",
		"-E", "UTF8", "--locale=C", "--no-instructions", "--no-sync")
	initdb.Dir = dir
	initdb.SysProcAttr = &syscall.SysProcAttr{Credential: owner}
	if out, err := initdb.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("initdb: %w\n%s", err, out)
	}

	arguments := []string{"-c", supervisor, "supervisor", filepath.Join(bin, "postgres"),
		"-D", data, "-k", dir, "-c", "listen_addresses=", "-c", "max_connections=200",
		"-c", "shared_buffers=64MB", "-c", "max_wal_size=4GB", "-c", "timezone=UTC"}
	if !o.Durable {
		arguments = append(arguments, "-c", "fsync=off", "-c", "synchronous_commit=off", "-c", "full_page_writes=off")
	}
	cmd := exec.Command("/bin/sh", arguments...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "DIR="+dir)
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: owner, Setsid: true}
	life, err := cmd.StdinPipe()
	if err != nil {
		return nil, fmt.Errorf("making the server's life line: %w", err)
	}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("starting the server: %w", err)
	}
	s := &Server{URL: socketURL(dir), dir: dir, life: life, done: make(chan struct{})}
	go func() {
		_ = cmd.Wait() // how it ended shows in its log
		close(s.done)
	}()
	if err := s.ready(); err != nil {
		err = fmt.Errorf("%w\nthe server's log:\n%s", err, s.log())
		s.Stop()
		return nil, err
	}
	return s, nil
}

// Stop ends the server at once and removes its directory.
func (s *Server) Stop() {
	s.life.Close()
	<-s.done
}

// ready waits until the server answers.
func (s *Server) ready() error {
	ctx, cancel := context.WithTimeout(context.Background(), timeout)
	defer cancel()
	for {
		conn, err := pgx.Connect(ctx, s.URL)
		if err == nil {
			return conn.Close(ctx)
		}
		if s.dead() {
			return errors.New("the PostgreSQL server ended as soon as it was started")
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("the PostgreSQL server does not answer: %w", err)
		case <-time.After(10 * time.Millisecond):
		}
	}
}

// dead reports whether the server process was started and is gone.
func (s *Server) dead() bool {
	text, err := os.ReadFile(filepath.Join(s.dir, "pid"))
	if err != nil {
		return false
	}
	pid, err := strconv.Atoi(strings.TrimSpace(string(text)))
	return err == nil && errors.Is(syscall.Kill(pid, 0), syscall.ESRCH)
}

func (s *Server) log() string {
	text, _ := os.ReadFile(filepath.Join(s.dir, "log"))
	return strings.TrimSpace(string(text))
}

// socketURL is the form of URL that names a directory of a unix socket instead of a host.
func socketURL(dir string) string {
	return "postgres://postgres@/postgres?host=" + url.QueryEscape(dir)
}

// serverUser returns whom the server runs as: PostgreSQL refuses root, so root hands it to the
// user postgres, or to nobody; anyone else runs it as themselves (nil).
func serverUser() (*syscall.Credential, error) {
	if os.Getuid() != 0 {
		return nil, nil
	}
	for _, name := range []string{"postgres", "nobody"} {
		u, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, err1 := strconv.ParseUint(u.Uid, 10, 32)
		gid, err2 := strconv.ParseUint(u.Gid, 10, 32)
		if err := errors.Join(err1, err2); err != nil {
			return nil, fmt.Errorf("user %s: %w", name, err)
		}
		return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}, nil
	}
	return nil, errors.New("PostgreSQL does not run as root, and there is no user postgres or nobody to run it as")
}
