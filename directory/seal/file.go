package seal

import (
	"bufio"
	"crypto/ed25519"
	"encoding/json"
	"io"
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

// Writer writes an export.
type Writer struct {
	to    *bufio.Writer
	event []byte // the last one's line; its room is used again
	end   endLine
}

// together is how much is written at once, and how much is checked at once.
const together = 1 << 18

// NewWriter begins an export with the keys of its blocks. Lines are gathered: all of them are
// written only when End has returned nil.
func NewWriter(w io.Writer, keys []ed25519.PublicKey) (*Writer, error) {
	out := &Writer{to: bufio.NewWriterSize(w, together)}
	for _, k := range keys {
		if err := out.line(line{Key: &keyLine{ID: KeyID(k), Public: FormatKey(k)}}); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// Block writes a block and its events.
func (w *Writer) Block(b Block, leaves []byte, events []Event) error {
	w.end.Blocks++
	if err := w.line(line{Block: &blockLine{Block: b, Leaves: leaves, Rows: len(events)}}); err != nil {
		return err
	}
	return w.Events(events)
}

// Events writes events, behind the last block those that it does not seal.
func (w *Writer) Events(events []Event) error {
	for i := range events {
		w.end.Events++
		w.event = appendEvent(w.event[:0], &events[i])
		if _, err := w.to.Write(w.event); err != nil {
			return err
		}
	}
	return nil
}

// End writes the last line.
func (w *Writer) End() error {
	if err := w.line(line{End: &w.end}); err != nil {
		return err
	}
	return w.to.Flush()
}

func (w *Writer) line(l line) error {
	data, err := json.Marshal(l)
	if err == nil {
		_, err = w.to.Write(append(data, '\n'))
	}
	return err
}
