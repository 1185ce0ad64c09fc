package seal

import (
	"bytes"
	"encoding/json"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"
)

// Events are nearly all lines of an export, so they are written and read by hand. Every line is
// what encoding/json makes of line, and whatever is not in the one form that appendEvent writes
// is read by encoding/json.

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

// appendEvent appends the line of an event.
func appendEvent(out []byte, e *Event) []byte {
	out = append(out, `{"event":{"seq":`...)
	out = strconv.AppendInt(out, e.Seq, 10)
	out = appendID(append(out, `,"id":`...), e.ID)
	out = append(out, `,"time":"`...)
	out = append(e.Time.UTC().AppendFormat(out, time.RFC3339Nano), '"')
	out = appendString(append(out, `,"actorType":`...), e.ActorType)
	out = appendString(append(out, `,"actor":`...), e.Actor)
	out = appendString(append(out, `,"action":`...), e.Action)
	for _, id := range [...]struct {
		name string
		id   uuid.UUID
	}{{`,"directory":`, e.Directory}, {`,"connector":`, e.Connector}, {`,"user":`, e.User}, {`,"group":`, e.Group}, {`,"record":`, e.Record}} {
		if id.id != uuid.Nil {
			out = appendID(append(out, id.name...), id.id)
		}
	}
	if e.Request != "" {
		out = appendString(append(out, `,"request":`...), e.Request)
	}
	out = appendExact(append(out, `,"changes":`...), e.Changes)
	if e.ValuesHash != "" {
		out = appendString(append(out, `,"valuesHash":`...), e.ValuesHash)
	}
	if e.Values != nil {
		out = appendExact(append(out, `,"values":{"data":`...), e.Values.Data)
		out = append(appendString(append(out, `,"salt":`...), e.Values.Salt), '}')
	}
	return append(out, "}}\n"...)
}

const hexDigits = "0123456789abcdef"

func appendID(out []byte, id uuid.UUID) []byte {
	var text [38]byte
	text[0], text[37] = '"', '"'
	at := 1
	for i, b := range id {
		if i == 4 || i == 6 || i == 8 || i == 10 {
			text[at] = '-'
			at++
		}
		text[at], text[at+1] = hexDigits[b>>4], hexDigits[b&15]
		at += 2
	}
	return append(out, text[:]...)
}

func appendString(out []byte, text string) []byte {
	for i := range len(text) {
		if c := text[i]; c < ' ' || c >= 0x7f || c == '"' || c == '\\' {
			return append(out, quoted(text)...)
		}
	}
	return append(append(append(out, '"'), text...), '"')
}

func quoted(text string) []byte {
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	_ = encoder.Encode(text) // a string always has a form
	return bytes.TrimSuffix(out.Bytes(), []byte("\n"))
}

// appendExact appends stored JSON in a form from which inexact makes the same bytes again.
func appendExact(out []byte, text string) []byte {
	if text != "" && text[0] == '{' && compactEnd(text, 0, 0) == len(text) {
		return append(out, text...)
	}
	return append(out, quoted(text)...)
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

// event is what a line that encoding/json read says.
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

// readEvent reads a line, without its end, in the form in which appendEvent writes it. The event's
// texts are parts of the line. ok is false for every other form, also for strings with escapes.
func readEvent(text string) (e Event, ok bool) {
	r := lineReader{rest: text, ok: true}
	r.must(`{"event":{"seq":`)
	e.Seq = r.number()
	r.must(`,"id":`)
	e.ID = r.id()
	r.must(`,"time":`)
	e.Time = r.time()
	r.must(`,"actorType":`)
	e.ActorType = r.string()
	r.must(`,"actor":`)
	e.Actor = r.string()
	r.must(`,"action":`)
	e.Action = r.string()
	for _, id := range [...]struct {
		name string
		id   *uuid.UUID
	}{{`,"directory":`, &e.Directory}, {`,"connector":`, &e.Connector}, {`,"user":`, &e.User}, {`,"group":`, &e.Group}, {`,"record":`, &e.Record}} {
		if r.may(id.name) {
			*id.id = r.id()
		}
	}
	if r.may(`,"request":`) {
		e.Request = r.string()
	}
	r.must(`,"changes":`)
	e.Changes = r.object()
	if r.may(`,"valuesHash":`) {
		e.ValuesHash = r.string()
	}
	if r.may(`,"values":{"data":`) {
		e.Values = &Values{Data: r.object()}
		r.must(`,"salt":`)
		e.Values.Salt = r.string()
		r.must("}")
	}
	r.must("}}")
	return e, r.ok && r.rest == ""
}

// lineReader takes what is expected from the front of a line.
type lineReader struct {
	rest string
	ok   bool
}

func (r *lineReader) may(text string) bool {
	if !strings.HasPrefix(r.rest, text) {
		return false
	}
	r.rest = r.rest[len(text):]
	return true
}

func (r *lineReader) must(text string) { r.ok = r.may(text) && r.ok }

// take is the next n bytes.
func (r *lineReader) take(n int) string {
	if n < 0 || n > len(r.rest) {
		r.ok, r.rest = false, ""
		return ""
	}
	text := r.rest[:n]
	r.rest = r.rest[n:]
	return text
}

func (r *lineReader) number() int64 {
	n := digitsEnd(r.rest, 0)
	value, err := strconv.ParseInt(r.take(n), 10, 64)
	r.ok = r.ok && err == nil
	return value
}

func (r *lineReader) string() string {
	r.must(`"`)
	text := r.take(strings.IndexByte(r.rest, '"'))
	r.ok = r.ok && strings.IndexByte(text, '\\') < 0
	r.must(`"`)
	return text
}

func (r *lineReader) id() uuid.UUID {
	text := r.string()
	id, err := uuid.Parse(text)
	r.ok = r.ok && err == nil && len(text) == 36
	return id
}

func (r *lineReader) time() time.Time {
	at, err := time.Parse(time.RFC3339Nano, r.string())
	r.ok = r.ok && err == nil
	return at
}

func (r *lineReader) object() string {
	if !strings.HasPrefix(r.rest, "{") {
		r.ok = false
		return ""
	}
	return r.take(compactEnd(r.rest, 0, 0))
}
