package faults

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"sync"
	"time"
)

// Outcome is what a client knows of a request after its end.
type Outcome string

// Outcomes. Only an answer tells: a connection that broke, and a 5xx, leave open whether the
// change was made.
const (
	Acknowledged Outcome = "ok"      // 2xx: it was made, and has to outlive everything
	Refused      Outcome = "refused" // 4xx, or it was never sent: it must not show
	Unknown      Outcome = "unknown" // made whole, or not at all, now or later
)

// Intent is a request that is about to be sent. Requests that repeat one change share its number.
type Intent struct {
	Number  int64  `json:"number"`
	Change  int64  `json:"change"`
	Client  string `json:"client"` // the IdP, by its connector's slug
	Method  string `json:"method"`
	Subject string `json:"subject"` // the user or group, by name
	Effect  Effect `json:"effect"`
}

// Effect is what a change makes of its subject. One of a user is a new value; one of a group is
// members that come and go.
type Effect struct {
	Group  bool     `json:"group,omitempty"`
	Value  string   `json:"value,omitempty"` // of a user; "" is absent
	Whole  bool     `json:"whole,omitempty"` // Add is all the members there are
	Add    []string `json:"add,omitempty"`
	Remove []string `json:"remove,omitempty"`
}

// Result is how an attempt ended.
type Result struct {
	Attempt    int64   `json:"attempt"`
	Outcome    Outcome `json:"outcome"`
	Status     int     `json:"status,omitempty"`     // 0: no answer came
	Request    string  `json:"request,omitempty"`    // the server's id of it
	RetryAfter string  `json:"retryAfter,omitempty"` // the header
}

// Attempt is one request of the ledger, read back.
type Attempt struct {
	Intent
	Result
	Sent, Done time.Time // Done is zero where the ledger knows no end
}

// line is one line of the ledger's file.
type line struct {
	At     time.Time `json:"at"`
	Intent *Intent   `json:"intent,omitempty"`
	Result *Result   `json:"result,omitempty"`
}

// Ledger is a write-ahead journal of requests. An intent is on disk before its request is sent,
// and an outcome before anybody relies on it, so what the file says is what the server promised,
// whoever dies when. It is safe for concurrent use; lines that come together share one fsync.
type Ledger struct {
	file  *os.File
	lines chan pending
	ended chan struct{}

	mu   sync.Mutex
	last int64
}

type pending struct {
	text    []byte
	written chan error
}

// CreateLedger starts a ledger in a new file.
func CreateLedger(path string) (*Ledger, error) {
	file, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, fmt.Errorf("creating the ledger: %w", err)
	}
	l := &Ledger{file: file, lines: make(chan pending, 256), ended: make(chan struct{})}
	go l.write()
	return l, nil
}

// Number returns a number for a change that no other change has.
func (l *Ledger) Number() int64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.last++
	return l.last
}

// Intend writes an intent down, durably, and returns the attempt's number.
func (l *Ledger) Intend(i Intent) (attempt int64, err error) {
	i.Number = l.Number()
	return i.Number, l.append(line{At: time.Now(), Intent: &i})
}

// Conclude writes the end of an attempt down, durably.
func (l *Ledger) Conclude(r Result) error {
	return l.append(line{At: time.Now(), Result: &r})
}

// Close ends the ledger. Nothing may be written any more.
func (l *Ledger) Close() error {
	close(l.lines)
	<-l.ended
	return l.file.Close()
}

func (l *Ledger) append(entry line) error {
	text, err := json.Marshal(entry)
	if err != nil {
		return fmt.Errorf("encoding a line of the ledger: %w", err)
	}
	p := pending{text: append(text, '\n'), written: make(chan error, 1)}
	l.lines <- p
	return <-p.written
}

// write writes what waits in one go and flushes it to disk, over and over.
func (l *Ledger) write() {
	defer close(l.ended)
	for first := range l.lines {
		batch := []pending{first}
		for more := true; more; {
			select {
			case p, ok := <-l.lines:
				if more = ok; ok {
					batch = append(batch, p)
				}
			default:
				more = false
			}
		}
		var text []byte
		for _, p := range batch {
			text = append(text, p.text...)
		}
		_, err := l.file.Write(text)
		if err == nil {
			err = l.file.Sync()
		}
		for _, p := range batch {
			p.written <- err
		}
	}
}

// ReadLedger reads a ledger's file. A last line that is cut off was never relied upon and is
// left out; an intent without a result is of unknown outcome.
func ReadLedger(path string) ([]Attempt, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("opening the ledger: %w", err)
	}
	defer file.Close()
	var attempts []Attempt
	place := make(map[int64]int)
	for r := bufio.NewReader(file); ; {
		text, err := r.ReadBytes('\n')
		if err == io.EOF {
			return attempts, nil
		}
		if err != nil {
			return nil, fmt.Errorf("reading the ledger: %w", err)
		}
		var entry line
		if err := json.Unmarshal(text, &entry); err != nil {
			return nil, fmt.Errorf("reading the ledger, after %d requests: %w", len(attempts), err)
		}
		switch {
		case entry.Intent != nil:
			place[entry.Intent.Number] = len(attempts)
			attempts = append(attempts, Attempt{Intent: *entry.Intent, Sent: entry.At, Result: Result{Attempt: entry.Intent.Number, Outcome: Unknown}})
		case entry.Result != nil:
			a := &attempts[place[entry.Result.Attempt]]
			a.Result, a.Done = *entry.Result, entry.At
		}
	}
}
