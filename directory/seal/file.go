package seal

import (
	"bufio"
	"bytes"
	"crypto/ed25519"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/google/uuid"
)

// An export is lines of JSON, each an object with one member:
//
//	{"key":{"id","publicKey"}}            keys of older blocks
//	{"block":{…,"leaves","rows"}}         a block; rows of the events that follow are its own
//	{"event":{…}}                         an event as it is now
//	{"end":{"blocks","events"}}           the last line: without it the export is not whole
//
// Events behind those of the last block are not sealed yet.
type line struct {
	Key   *keyLine   `json:"key,omitempty"`
	Block *blockLine `json:"block,omitempty"`
	Event *eventLine `json:"event,omitempty"`
	End   *endLine   `json:"end,omitempty"`
}

type keyLine struct {
	ID     string `json:"id"`
	Public string `json:"publicKey"`
}

type blockLine struct {
	Block
	Leaves []byte `json:"leaves,omitempty"`
	Rows   int    `json:"rows"`
}

type endLine struct {
	Blocks int64 `json:"blocks"`
	Events int64 `json:"events"`
}

// eventLine is an event. Changes are JSON as it is stored; or, should it not be compact JSON, a
// string that holds them byte for byte.
type eventLine struct {
	Seq        int64           `json:"seq"`
	ID         uuid.UUID       `json:"id"`
	Time       time.Time       `json:"time"`
	ActorType  string          `json:"actorType"`
	Actor      string          `json:"actor"`
	Action     string          `json:"action"`
	Directory  *uuid.UUID      `json:"directory,omitempty"`
	Connector  *uuid.UUID      `json:"connector,omitempty"`
	User       *uuid.UUID      `json:"user,omitempty"`
	Group      *uuid.UUID      `json:"group,omitempty"`
	Record     *uuid.UUID      `json:"record,omitempty"`
	Request    string          `json:"request,omitempty"`
	Changes    json.RawMessage `json:"changes"`
	ValuesHash string          `json:"valuesHash,omitempty"`
	Values     *valuesLine     `json:"values,omitempty"`
}

type valuesLine struct {
	Data json.RawMessage `json:"data"`
	Salt string          `json:"salt"`
}

// Writer writes an export.
type Writer struct {
	out     *json.Encoder
	compact bytes.Buffer
	end     endLine
}

// NewWriter begins an export with the keys of its blocks.
func NewWriter(w io.Writer, keys []ed25519.PublicKey) (*Writer, error) {
	out := &Writer{out: json.NewEncoder(w)}
	out.out.SetEscapeHTML(false)
	for _, k := range keys {
		if err := out.out.Encode(line{Key: &keyLine{ID: KeyID(k), Public: FormatKey(k)}}); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// Block writes a block and its events.
func (w *Writer) Block(b Block, leaves []byte, events []Event) error {
	w.end.Blocks++
	if err := w.out.Encode(line{Block: &blockLine{Block: b, Leaves: leaves, Rows: len(events)}}); err != nil {
		return err
	}
	return w.Events(events)
}

// Events writes events, behind the last block those that it does not seal.
func (w *Writer) Events(events []Event) error {
	for i := range events {
		w.end.Events++
		if err := w.out.Encode(line{Event: w.say(&events[i])}); err != nil {
			return err
		}
	}
	return nil
}

// End writes the last line.
func (w *Writer) End() error { return w.out.Encode(line{End: &w.end}) }

func (w *Writer) say(e *Event) *eventLine {
	some := func(id *uuid.UUID) *uuid.UUID {
		if *id == uuid.Nil {
			return nil
		}
		return id
	}
	l := &eventLine{Seq: e.Seq, ID: e.ID, Time: e.Time.UTC(), ActorType: e.ActorType, Actor: e.Actor, Action: e.Action,
		Directory: some(&e.Directory), Connector: some(&e.Connector), User: some(&e.User), Group: some(&e.Group), Record: some(&e.Record),
		Request: e.Request, Changes: w.exact(e.Changes), ValuesHash: e.ValuesHash}
	if e.Values != nil {
		l.Values = &valuesLine{Data: w.exact(e.Values.Data), Salt: e.Values.Salt}
	}
	return l
}

// exact is stored JSON in a form from which inexact makes the same bytes again.
func (w *Writer) exact(text string) json.RawMessage {
	w.compact.Reset()
	if err := json.Compact(&w.compact, []byte(text)); err == nil && w.compact.Len() == len(text) && text[0] == '{' {
		return json.RawMessage(text)
	}
	quoted, err := json.Marshal(text)
	if err != nil {
		return json.RawMessage(`""`)
	}
	return quoted
}

func inexact(raw json.RawMessage) string {
	if len(raw) > 0 && raw[0] == '"' {
		var text string
		if json.Unmarshal(raw, &text) == nil {
			return text
		}
	}
	return string(raw)
}

// ErrNotWhole says that an export ends before its last line.
var ErrNotWhole = errors.New("the export is not whole: its last line is missing. Export it again")

// mostLine bounds a line: a block's leaves are the longest part of one that is no event.
const mostLine = 64 << 20

// Verify reads an export and checks it. The error is a *Broken if the audit is not as it was
// sealed; another one says that this is no export, or not a whole one.
func Verify(r io.Reader, c *Check) (Result, error) {
	lines := bufio.NewScanner(r)
	lines.Buffer(make([]byte, 1<<20), mostLine)
	v := verifying{check: c}
	for n := 1; lines.Scan(); n++ {
		if v.over {
			return c.result, fmt.Errorf("line %d: something follows the last line of the export", n)
		}
		var l line
		if err := json.Unmarshal(lines.Bytes(), &l); err != nil {
			return c.result, fmt.Errorf("line %d is no line of an export of the audit: %w", n, err)
		}
		if err := v.take(l); err != nil {
			return c.result, err
		}
	}
	if err := lines.Err(); err != nil {
		return c.result, fmt.Errorf("reading the export: %w", err)
	}
	if !v.over {
		return c.result, ErrNotWhole
	}
	return c.End()
}

// verifying gathers a block's events, then checks the block.
type verifying struct {
	check  *Check
	block  *blockLine
	events []Event
	seen   endLine
	over   bool
}

func (v *verifying) take(l line) error {
	switch {
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
	case l.Event != nil:
		v.seen.Events++
		v.events = append(v.events, l.Event.event())
		if v.block == nil {
			err := v.check.Rest(v.events)
			v.events = v.events[:0]
			return err
		}
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
	err := v.check.Add(b.Block, b.Leaves, v.events)
	v.events = v.events[:0]
	return err
}

func (l *eventLine) event() Event {
	id := func(id *uuid.UUID) uuid.UUID {
		if id == nil {
			return uuid.Nil
		}
		return *id
	}
	e := Event{Seq: l.Seq, ID: l.ID, Time: l.Time, ActorType: l.ActorType, Actor: l.Actor, Action: l.Action, Directory: id(l.Directory),
		Connector: id(l.Connector), User: id(l.User), Group: id(l.Group), Record: id(l.Record), Request: l.Request,
		Changes: inexact(l.Changes), ValuesHash: l.ValuesHash}
	if l.Values != nil {
		e.Values = &Values{Data: inexact(l.Values.Data), Salt: l.Values.Salt}
	}
	return e
}
