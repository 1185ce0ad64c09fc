// Package daemon runs a server beside a test process. The server ends, and its directory goes,
// with Stop or with the process that started it, however that process ends: a return, os.Exit, a
// panic or a kill.
//
// Only tests and benchmarks may import this package.
package daemon

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
)

// Options say what to run.
type Options struct {
	Dir     string              // the server's own: its working directory, which goes with it
	Owner   *syscall.Credential // whom it runs as; nil: whoever runs the test
	Command []string            // the program's path and its arguments
	Signal  string              // what ends it at once: QUIT, KILL …
}

// Daemon is a running server.
type Daemon struct {
	dir  string
	life io.Closer     // while it is open the server lives
	done chan struct{} // closed when server and directory are gone
}

// supervisor is the shell script between the server and this process. It holds the reading end
// of a pipe whose writing end is this process's alone, so it notices the end of this process
// whatever the end was. A signal meant for the test run (Ctrl-C in a terminal) does not reach it,
// as it has a session of its own.
const supervisor = `
trap '' HUP INT TERM
"$@" >"$DIR/log" 2>&1 </dev/null &
server=$!
echo $server >"$DIR/pid"
cat >/dev/null
kill -$SIGNAL $server 2>/dev/null
wait $server
rm -rf "$DIR"
`

// Start starts a server. Whether it is ready, only its clients can say.
func Start(o Options) (*Daemon, error) {
	cmd := exec.Command("/bin/sh", append([]string{"-c", supervisor, "supervisor"}, o.Command...)...)
	cmd.Dir = o.Dir
	cmd.Env = append(os.Environ(), "DIR="+o.Dir, "SIGNAL="+o.Signal)
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: o.Owner, Setsid: true}
	life, err := cmd.StdinPipe()
	if err != nil {
		return nil, fmt.Errorf("making the server's life line: %w", err)
	}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("starting the server: %w", err)
	}
	d := &Daemon{dir: o.Dir, life: life, done: make(chan struct{})}
	go func() {
		_ = cmd.Wait() // how it ended shows in its log
		close(d.done)
	}()
	return d, nil
}

// Stop ends the server at once and removes its directory.
func (d *Daemon) Stop() {
	d.life.Close()
	<-d.done
}

// Signal sends a signal to the server itself.
func (d *Daemon) Signal(s syscall.Signal) error {
	pid, err := d.pid()
	if err != nil {
		return err
	}
	return syscall.Kill(pid, s)
}

// Dead reports whether the server's process was started and is gone.
func (d *Daemon) Dead() bool {
	pid, err := d.pid()
	return err == nil && errors.Is(syscall.Kill(pid, 0), syscall.ESRCH)
}

func (d *Daemon) pid() (int, error) {
	text, err := os.ReadFile(filepath.Join(d.dir, "pid"))
	if err != nil {
		return 0, err
	}
	return strconv.Atoi(strings.TrimSpace(string(text)))
}

// Log is what the server has written.
func (d *Daemon) Log() string {
	text, _ := os.ReadFile(filepath.Join(d.dir, "log"))
	return strings.TrimSpace(string(text))
}
