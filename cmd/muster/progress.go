package main

import (
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"time"
)

// progress shows how a simulation goes: a bar that moves on a terminal, plain lines elsewhere.
type progress struct {
	mu       sync.Mutex
	out      io.Writer
	moving   bool // a terminal, whose line can be written over
	phase    string
	done     int
	steps    int
	failures int
	started  time.Time
	drawn    time.Time
}

func newProgress(t *terminal) *progress { return &progress{out: t.out, moving: isTerminal(t.out)} }

// isTerminal says whether w is a screen.
func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	if !ok || os.Getenv("TERM") == "dumb" || os.Getenv("TERM") == "" {
		return false
	}
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}

// Phase begins a phase.
func (p *progress) Phase(name string, steps int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.end()
	p.phase, p.steps, p.done, p.failures, p.started = name, steps, 0, 0, time.Now()
}

// Step counts a finished step.
func (p *progress) Step() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.done++
	if p.moving && time.Since(p.drawn) > 50*time.Millisecond {
		p.drawn = time.Now()
		const width = 30
		full := width * p.done / max(p.steps, 1)
		fmt.Fprintf(p.out, "\r  %-20s [%s%s] %d/%d", p.phase, strings.Repeat("#", full), strings.Repeat(".", width-full), p.done, p.steps)
	}
}

// Failed shows the first failures of a phase and counts the rest.
func (p *progress) Failed(err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.failures++
	if p.failures <= 3 {
		p.clear()
		fmt.Fprintf(p.out, "  ! %s\n", printable(err.Error()))
	}
}

func (p *progress) finish() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.end()
}

// end writes the line of the phase that is over.
func (p *progress) end() {
	if p.phase == "" {
		return
	}
	p.clear()
	failed := ""
	if p.failures > 0 {
		failed = fmt.Sprintf(", %d failed", p.failures)
	}
	if p.done < p.steps {
		failed += fmt.Sprintf(", of %d", p.steps)
	}
	fmt.Fprintf(p.out, "  %-20s %d in %s%s\n", p.phase, p.done, time.Since(p.started).Round(time.Millisecond), failed)
	p.phase = ""
}

func (p *progress) clear() {
	if p.moving {
		fmt.Fprintf(p.out, "\r%s\r", strings.Repeat(" ", 78))
	}
}
