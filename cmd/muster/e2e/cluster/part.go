package cluster

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"sync"
	"syscall"
	"time"
)

// Part is one server of a cluster: a process, with children or without. Its methods may be called
// from any goroutine. A method that ends the process returns when nothing of it is left.
type Part struct {
	name    string
	address string                          // host:port
	log     string                          // the file with what it writes
	command func() *exec.Cmd                // makes the command of the next start
	ready   func(ctx context.Context) error // asks once whether it serves
	end     syscall.Signal                  // asks it to end in good order

	mu  sync.Mutex
	now *process // nil while it does not run
}

// process is one run of a part.
type process struct {
	pid    int
	ended  chan struct{}
	state  *os.ProcessState // once ended is closed
	frozen bool
}

const (
	startTime = 60 * time.Second // how long a part may take until it serves
	endTime   = 40 * time.Second // and to end in good order: more than a replica's drain
)

// Name is what the part is called: postgres, standby, redis, proxy, replica-0.
func (p *Part) Name() string { return p.name }

// Address is where the part listens, host:port. It stays the same over restarts.
func (p *Part) Address() string { return p.address }

// Log is the file with everything that the part wrote since the cluster was started.
func (p *Part) Log() string { return p.log }

// Start starts the part with the data and at the address that it had, and waits until it serves.
// It does nothing to a part that runs. A part that does not get to serve is ended again. Others
// may look at the part, or end it, while Start waits.
func (p *Part) Start(ctx context.Context) error {
	run, err := p.begin()
	if err != nil || run == nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, startTime)
	defer cancel()
	if err := p.wait(ctx, run); err != nil {
		err = fmt.Errorf("starting %s: %w\nthe end of its log, %s:\n%s", p.name, err, p.log, tail(p.log, 4<<10))
		run.kill()
		return err
	}
	return nil
}

// begin starts the process; nil if there is one.
func (p *Part) begin() (*process, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.running() {
		return nil, nil
	}
	run, err := p.spawn()
	if err != nil {
		return nil, fmt.Errorf("starting %s: %w", p.name, err)
	}
	p.now = run
	return run, nil
}

// wait waits until the part serves.
func (p *Part) wait(ctx context.Context, run *process) error {
	for {
		err := p.ready(ctx)
		if err == nil {
			return nil
		}
		select {
		case <-run.ended:
			return fmt.Errorf("it ended: %v", run.state)
		case <-ctx.Done():
			return errors.Join(err, ctx.Err())
		case <-time.After(10 * time.Millisecond):
		}
	}
}

// spawn starts the process. Should this process die, the part dies too: that is tied to the
// thread which started it, so the thread stays until the part has ended.
func (p *Part) spawn() (*process, error) {
	log, err := os.OpenFile(p.log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		return nil, err
	}
	cmd := p.command()
	cmd.Stdout, cmd.Stderr = log, log
	if cmd.SysProcAttr == nil {
		cmd.SysProcAttr = &syscall.SysProcAttr{}
	}
	cmd.SysProcAttr.Setpgid = true // Ctrl-C in a terminal is meant for who started the cluster
	cmd.SysProcAttr.Pdeathsig = syscall.SIGKILL
	run := &process{ended: make(chan struct{})}
	started := make(chan error)
	go func() {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		defer log.Close()
		err := cmd.Start()
		if err == nil {
			run.pid = cmd.Process.Pid
		}
		started <- err
		if err == nil {
			_ = cmd.Wait() // how it ended is in its state
			run.state = cmd.ProcessState
			close(run.ended)
		}
	}()
	return run, <-started
}

// Kill is kill -9 of the part and all its children.
func (p *Part) Kill() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.running() {
		return fmt.Errorf("killing %s: it does not run", p.name)
	}
	p.now.kill()
	return nil
}

// kill kills the process and its children, if it is there.
func (run *process) kill() {
	if run.running() {
		killTree(run.pid)
		<-run.ended
	}
}

func (run *process) running() bool {
	select {
	case <-run.ended:
		return false
	default:
		return true
	}
}

// Stop asks the part to end in good order (SIGTERM for a replica, which drains) and waits until
// it has. One that does not end is killed, and one that ends badly is an error as well. Stopping
// what does not run does nothing.
func (p *Part) Stop() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.running() {
		return nil
	}
	p.thaw()
	_ = syscall.Kill(p.now.pid, p.end) // if it is gone that shows below
	select {
	case <-p.now.ended:
		if !p.now.endedBy(p.end) {
			return fmt.Errorf("stopping %s: it ended with %v; its log is %s", p.name, p.now.state, p.log)
		}
		return nil
	case <-time.After(endTime):
		p.now.kill()
		return fmt.Errorf("stopping %s: it did not end within %v of the signal %v, and was killed", p.name, endTime, p.end)
	}
}

// endedBy says whether an ended process ended in good order: by itself with 0, or of the signal
// that asked it to, which some programs do not catch.
func (run *process) endedBy(signal syscall.Signal) bool {
	status, ok := run.state.Sys().(syscall.WaitStatus)
	return run.state.Success() || ok && status.Signaled() && status.Signal() == signal
}

// Freeze stops the part and its children where they are (SIGSTOP): connections stay, nothing
// answers.
func (p *Part) Freeze() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.running() {
		return fmt.Errorf("freezing %s: it does not run", p.name)
	}
	freezeTree(p.now.pid)
	p.now.frozen = true
	return nil
}

// Thaw lets a frozen part run on.
func (p *Part) Thaw() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.running() {
		return fmt.Errorf("thawing %s: it does not run", p.name)
	}
	p.thaw()
	return nil
}

func (p *Part) thaw() {
	if p.now.frozen {
		thawTree(p.now.pid)
		p.now.frozen = false
	}
}

// Running says whether the process is there, frozen or not.
func (p *Part) Running() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.running()
}

func (p *Part) running() bool { return p.now != nil && p.now.running() }

// PID is the process's id; 0 while it does not run.
func (p *Part) PID() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.running() {
		return 0
	}
	return p.now.pid
}

// Ended is closed once the process that runs now has ended, however it does; it is closed
// already for a part that does not run.
func (p *Part) Ended() <-chan struct{} {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.now == nil {
		ended := make(chan struct{})
		close(ended)
		return ended
	}
	return p.now.ended
}

// tail is the end of a file, for a message.
func tail(file string, n int) string {
	text, err := os.ReadFile(file)
	if err != nil {
		return err.Error()
	}
	if len(text) > n {
		text = text[len(text)-n:]
	}
	return string(text)
}
