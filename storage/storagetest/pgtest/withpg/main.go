// Command withpg runs a command beside a throw-away PostgreSQL server:
//
//	go run ./storage/storagetest/pgtest/withpg [-durable] [-install] command [argument…]
//
// The command finds the server's URL in MUSTER_TEST_POSTGRES_URL, so that all test processes of
// one run share one server. Where the variable is set already, that server is used and none is
// started. withpg ends with the exit code of the command; the server ends with withpg.
package main

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"syscall"

	"github.com/muster-scim/muster/storage/storagetest/pgtest"
)

func main() {
	durable := flag.Bool("durable", false, "flush to disk as a server in production does")
	install := flag.Bool("install", false, "as root on Debian: install PostgreSQL if it is missing")
	flag.Parse()
	code, err := withServer(flag.Args(), *durable, *install)
	if err != nil {
		fmt.Fprintln(os.Stderr, "withpg:", err)
	}
	os.Exit(code)
}

func withServer(command []string, durable, install bool) (int, error) {
	if len(command) == 0 {
		return 2, errors.New("usage: withpg [-durable] [-install] command [argument…]")
	}
	cmd := exec.Command(command[0], command[1:]...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	if os.Getenv(pgtest.Variable) == "" {
		if install {
			if err := pgtest.Install(); err != nil {
				return 1, err
			}
		}
		server, err := pgtest.Start(pgtest.Options{Durable: durable})
		if err != nil {
			return 1, err
		}
		defer server.Stop()
		cmd.Env = append(os.Environ(), pgtest.Variable+"="+server.URL)
	}
	// The command decides when to end, and we wait for it. Ctrl-C reaches it by itself, as a
	// terminal sends it to both of us; what was sent to us alone is passed on.
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	if err := cmd.Start(); err != nil {
		return 1, err
	}
	go func() {
		for s := range signals {
			if s == syscall.SIGTERM {
				_ = cmd.Process.Signal(s) // it may have ended by itself
			}
		}
	}()
	err := cmd.Wait()
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		if code := exit.ExitCode(); code > 0 {
			return code, nil
		}
		return 1, fmt.Errorf("%s: %w", command[0], err)
	}
	if err != nil {
		return 1, err
	}
	return 0, nil
}
