package seal

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"runtime"
	"strings"
)

// ErrNotWhole says that an export ends before its last line.
var ErrNotWhole = errors.New("the export is not whole: its last line is missing. Export it again")

// mostLine bounds a line: a block's leaves are the longest part of one that is no event.
const mostLine = 64 << 20

// Verify reads an export and checks it. The error is a *Broken if the audit is not as it was
// sealed; another one says that this is no export, or not a whole one.
//
// Reading, hashing and comparing go on at the same time: one goroutine cuts what it reads into
// pieces of whole lines, as many as there are processors hash the events of a piece each, and this
// one takes the pieces in their order. Memory stays flat, as few pieces are on their way.
func Verify(r io.Reader, c *Check) (Result, error) {
	stop := make(chan struct{})
	defer close(stop)
	v := verifying{check: c}
	n := 0
	for ready := range hashPieces(r, stop) {
		p := <-ready
		for i := range p.lines {
			n++
			if v.over {
				return c.result, fmt.Errorf("line %d: something follows the last line of the export", n)
			}
			if err := v.take(&p.lines[i]); err != nil {
				return c.result, err
			}
		}
		if p.bad != nil {
			return c.result, fmt.Errorf("line %d is no line of an export of the audit: %w", n+1, p.bad)
		}
		if p.err != nil {
			return c.result, fmt.Errorf("reading the export: %w", p.err)
		}
	}
	if !v.over {
		return c.result, ErrNotWhole
	}
	return c.End()
}

// piece is some lines of an export.
type piece struct {
	lines []readLine
	bad   error // the line behind lines is none
	err   error // reading ended here, and not as it should
}

// readLine is an event with its hashes, or another line.
type readLine struct {
	event hashedEvent
	other *line // nil: event is it
}

// hashPieces gives the pieces of an export in their order, each once it is hashed. Closing stop
// ends it.
func hashPieces(r io.Reader, stop <-chan struct{}) <-chan chan piece {
	workers := runtime.GOMAXPROCS(0)
	inOrder := make(chan chan piece, 2*workers)
	turns := make(chan struct{}, workers)
	go func() {
		defer close(inOrder)
		var rest []byte
		for over := false; !over; {
			var text []byte
			var err error
			text, rest, err = nextLines(r, rest)
			over = err != nil
			ready := make(chan piece, 1)
			select {
			case inOrder <- ready:
			case <-stop:
				return
			}
			turns <- struct{}{}
			go func() {
				defer func() { <-turns }()
				p := hashLines(string(text))
				if p.bad == nil && err != nil && !errors.Is(err, io.EOF) {
					p.err = err
				}
				ready <- p
			}()
		}
	}()
	return inOrder
}

var errLongLine = fmt.Errorf("a line is longer than %d MiB", mostLine>>20)

// nextLines reads some whole lines, which begin with rest, and what it has read of the next one.
// With an error come the last of them: at io.EOF all that is left, else only whole ones.
func nextLines(r io.Reader, rest []byte) (lines, next []byte, err error) {
	buffer := make([]byte, max(together, 2*len(rest)))
	n := copy(buffer, rest)
	for err == nil {
		if n == len(buffer) {
			if end := bytes.LastIndexByte(buffer, '\n'); end >= 0 {
				return buffer[:end+1], buffer[end+1:], nil
			}
			if n >= mostLine {
				return nil, nil, errLongLine
			}
			buffer = append(buffer, make([]byte, len(buffer))...)
		}
		var more int
		more, err = r.Read(buffer[n:])
		n += more
	}
	if !errors.Is(err, io.EOF) {
		n = bytes.LastIndexByte(buffer[:n], '\n') + 1
	}
	return buffer[:n], nil, err
}

// hashLines reads lines, up to the first that is none.
func hashLines(text string) (p piece) {
	p.lines = make([]readLine, 0, strings.Count(text, "\n")+1)
	for len(text) > 0 {
		var one string
		one, text, _ = strings.Cut(text, "\n")
		if e, ok := readEvent(one); ok {
			p.lines = append(p.lines, readLine{event: hashEvent(e)})
			continue
		}
		var l line
		if p.bad = json.Unmarshal([]byte(one), &l); p.bad != nil {
			return p
		}
		if l.Event != nil && l.Key == nil && l.Block == nil {
			p.lines = append(p.lines, readLine{event: hashEvent(l.Event.event())})
		} else {
			p.lines = append(p.lines, readLine{other: &l})
		}
	}
	return p
}

// verifying gathers a block's events, then checks the block.
type verifying struct {
	check  *Check
	block  *blockLine
	events []hashedEvent
	seen   endLine
	over   bool
}

func (v *verifying) take(r *readLine) error {
	if r.other == nil {
		v.seen.Events++
		if v.block == nil {
			return v.check.waits(r.event)
		}
		v.events = append(v.events, r.event)
		return v.settle()
	}
	switch l := r.other; {
	case l.Key != nil:
		if public, err := ParseKey(l.Key.Public); err == nil {
			v.check.Know(public)
		}
	case l.Block != nil:
		v.seen.Blocks++
		if v.block != nil {
			return ErrNotWhole
		}
		v.block, v.events = l.Block, v.events[:0]
		return v.settle()
	case l.End != nil:
		v.over = true
		if v.block != nil || *l.End != v.seen {
			return ErrNotWhole
		}
	}
	return nil
}

// settle checks the block once all its events are there.
func (v *verifying) settle() error {
	if len(v.events) < v.block.Rows {
		return nil
	}
	b := v.block
	v.block = nil
	err := v.check.add(b.Block, b.Leaves, v.events)
	v.events = v.events[:0]
	return err
}
