package idp

import (
	"encoding/json"
	"io"
	"sync"
)

// Entry is one change that the server acknowledged with a 2xx.
type Entry struct {
	Connector string          `json:"connector"`
	Method    string          `json:"method"`
	Path      string          `json:"path"` // below the connector's base URL
	Status    int             `json:"status"`
	ID        string          `json:"id"` // of the resource, a created one's too
	Body      json.RawMessage `json:"body,omitempty"`
}

// Ledger keeps what was acknowledged, one JSON line each, in the order of the answers. Changes
// of one resource are never in flight together, so their order is the order of the changes.
type Ledger struct {
	mu sync.Mutex
	w  io.Writer
}

// NewLedger writes to w. It buffers nothing: a line is with w before Enter returns.
func NewLedger(w io.Writer) *Ledger { return &Ledger{w: w} }

// Enter adds a line.
func (l *Ledger) Enter(e Entry) error {
	line, err := json.Marshal(e)
	if err != nil {
		return err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	_, err = l.w.Write(append(line, '\n'))
	return err
}
