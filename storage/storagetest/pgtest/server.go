package pgtest

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/muster-scim/muster/storage/storagetest/daemon"
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

	daemon *daemon.Daemon
}

// Start starts a private server from the installed binaries.
func Start(o Options) (*Server, error) {
	bin, err := Binaries()
	if err != nil {
		return nil, err
	}
	owner, err := ServerUser()
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

	command := []string{filepath.Join(bin, "postgres"),
		"-D", data, "-k", dir, "-c", "listen_addresses=", "-c", "max_connections=200",
		"-c", "shared_buffers=64MB", "-c", "max_wal_size=4GB", "-c", "timezone=UTC"}
	if !o.Durable {
		command = append(command, "-c", "fsync=off", "-c", "synchronous_commit=off", "-c", "full_page_writes=off")
	}
	process, err := daemon.Start(daemon.Options{Dir: dir, Owner: owner, Command: command, Signal: "QUIT"})
	if err != nil {
		return nil, err
	}
	s := &Server{URL: socketURL(dir), daemon: process}
	if err := s.ready(); err != nil {
		err = fmt.Errorf("%w\nthe server's log:\n%s", err, process.Log())
		s.Stop()
		return nil, err
	}
	return s, nil
}

// Stop ends the server at once and removes its directory.
func (s *Server) Stop() { s.daemon.Stop() }

// ready waits until the server answers.
func (s *Server) ready() error {
	ctx, cancel := context.WithTimeout(context.Background(), timeout)
	defer cancel()
	for {
		conn, err := pgx.Connect(ctx, s.URL)
		if err == nil {
			return conn.Close(ctx)
		}
		if s.daemon.Dead() {
			return errors.New("the PostgreSQL server ended as soon as it was started")
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("the PostgreSQL server does not answer: %w", err)
		case <-time.After(10 * time.Millisecond):
		}
	}
}

// socketURL is the form of URL that names a directory of a unix socket instead of a host.
func socketURL(dir string) string {
	return "postgres://postgres@/postgres?host=" + url.QueryEscape(dir)
}

// ServerUser returns whom the server runs as: PostgreSQL refuses root, so root hands it to the
// user postgres, or to nobody; anyone else runs it as themselves (nil).
func ServerUser() (*syscall.Credential, error) {
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
