package redistest

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"syscall"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/logging"

	"github.com/muster-scim/muster/storage/storagetest/daemon"
)

// timeout bounds every wait of this package, so that a server that hangs is a failed test.
const timeout = 30 * time.Second

// Options of a private server.
type Options struct {
	TCP       bool     // listen on a port of 127.0.0.1 instead of a unix socket
	TLS       *TLS     // speak TLS on that port
	Sentinel  string   // be a Sentinel, with this configuration
	Arguments []string // further arguments of redis-server
}

// TLS names the files of a certificate for localhost.
type TLS struct{ Certificate, Key string }

// Server is a private Redis server.
type Server struct {
	URL     string
	Address string // host:port, or the path of the unix socket

	program   string
	sentinel  string
	arguments []string
	dir       string
	daemon    *daemon.Daemon
	client    *redis.Client // of this package, without a password
}

// Start starts a private server from the installed program.
func Start(o Options) (*Server, error) {
	program, err := binary()
	if err != nil {
		return nil, err
	}
	port := "0"
	if o.TCP {
		if port, err = freePort(); err != nil {
			return nil, err
		}
	}
	// Not below TMPDIR: a unix socket's path has room for about a hundred bytes.
	dir, err := os.MkdirTemp("/tmp", "muster-redis-")
	if err != nil {
		return nil, fmt.Errorf("making the server's directory: %w", err)
	}
	s := newServer(program, dir, port, o)
	return s, s.Revive()
}

// newServer says how a server is to be started and reached.
func newServer(program, dir, port string, o Options) *Server {
	s := &Server{program: program, dir: dir, sentinel: o.Sentinel, Address: filepath.Join(dir, "redis.sock")}
	s.URL = "unix://" + s.Address
	client := &redis.Options{Network: "unix", Protocol: 2, DisableIdentity: true, DialerRetries: 1}
	s.arguments = []string{"--port", "0", "--unixsocket", s.Address}
	if o.TCP {
		s.Address = "127.0.0.1:" + port
		s.URL = "redis://" + s.Address
		s.arguments = []string{"--port", port, "--bind", "127.0.0.1"}
		if o.TLS != nil {
			s.URL = "rediss://localhost:" + port
			s.arguments = []string{"--port", "0", "--tls-port", port, "--bind", "127.0.0.1", "--tls-auth-clients", "no",
				"--tls-cert-file", o.TLS.Certificate, "--tls-key-file", o.TLS.Key}
			client.TLSConfig = &tls.Config{InsecureSkipVerify: true}
		}
		client.Network = "tcp"
	}
	s.arguments = append(append(s.arguments, "--dir", dir, "--daemonize", "no"), o.Arguments...)
	if s.sentinel == "" {
		s.arguments = append(s.arguments, "--save", "", "--appendonly", "no")
	} else {
		s.arguments = append([]string{filepath.Join(dir, "sentinel.conf"), "--sentinel"}, s.arguments...)
	}
	client.Addr = s.Address
	logging.Disable() // the tests' failures say enough
	s.client = redis.NewClient(client)
	return s
}

// Revive starts the server, with nothing in it, at its address. It must not be running.
func (s *Server) Revive() (err error) {
	if err := os.MkdirAll(s.dir, 0o700); err != nil {
		return fmt.Errorf("making the server's directory: %w", err)
	}
	if s.sentinel != "" {
		if err := os.WriteFile(filepath.Join(s.dir, "sentinel.conf"), []byte(s.sentinel), 0o600); err != nil {
			return fmt.Errorf("writing the Sentinel's configuration: %w", err)
		}
	}
	s.daemon, err = daemon.Start(daemon.Options{Dir: s.dir, Signal: "KILL", Command: append([]string{s.program}, s.arguments...)})
	if err != nil {
		os.RemoveAll(s.dir)
		return err
	}
	if err := s.ready(); err != nil {
		err = fmt.Errorf("%w\nthe server's log:\n%s", err, s.daemon.Log())
		s.Stop()
		return err
	}
	return nil
}

// Stop kills the server. It may be revived.
func (s *Server) Stop() { s.daemon.Stop() }

// Freeze stops the server's clock, so to say: it accepts connections and answers nothing until
// it is thawed.
func (s *Server) Freeze() error { return s.daemon.Signal(syscall.SIGSTOP) }

// Thaw ends Freeze.
func (s *Server) Thaw() error { return s.daemon.Signal(syscall.SIGCONT) }

// Do sends the server one command.
func (s *Server) Do(arguments ...any) (any, error) {
	ctx, cancel := context.WithTimeout(context.Background(), timeout)
	defer cancel()
	return s.client.Do(ctx, arguments...).Result()
}

// ready waits until the server answers. One that asks for a password does, too.
func (s *Server) ready() error {
	var refused redis.Error
	return wait(func() error {
		_, err := s.Do("ping")
		if err == nil || errors.As(err, &refused) {
			return nil
		}
		if s.daemon.Dead() {
			return &lost{errors.New("the Redis server ended as soon as it was started")}
		}
		return fmt.Errorf("the Redis server does not answer: %w", err)
	})
}

// lost says that there is nothing to wait for.
type lost struct{ error }

// wait asks until there is no error any more.
func wait(ask func() error) error {
	for deadline := time.Now().Add(timeout); ; {
		err := ask()
		var final *lost
		if err == nil || errors.As(err, &final) || time.Now().After(deadline) {
			return err
		}
		time.Sleep(5 * time.Millisecond) // another process's doing: there is nothing to wait on
	}
}

// freePort returns a port of 127.0.0.1 that nothing listens on, nor on the one 10,000 above it,
// which a node of a cluster takes as well.
func freePort() (string, error) {
	for range 100 {
		first, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return "", err
		}
		port := first.Addr().(*net.TCPAddr).Port
		second, err := net.Listen("tcp", "127.0.0.1:"+strconv.Itoa(port+10_000))
		first.Close()
		if err == nil {
			second.Close()
			return strconv.Itoa(port), nil
		}
	}
	return "", errors.New("no two free ports 10,000 apart were found")
}
