package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// tail listens to a topic of the server, and connects again by itself when the connection is lost:
// what came meanwhile is told then. It ends with ctx, which is no error, or when the server says
// that listening is of no use.
type tail struct {
	api   *client
	topic string
	item  func(data []byte) error // is called with each item once

	place string // behind which to go on
	seen  recently
	lost  func(err error) // is told when the connection is lost
}

const (
	longestWait = 15 * time.Second
	silence     = 45 * time.Second // three signs of life that did not come
	longestItem = 4 << 20
)

func (x *tail) run(ctx context.Context) error {
	x.api.http.Timeout = 0
	for pause, first := time.Second, true; ; first = false {
		heard, err := x.listen(ctx)
		var answer *problem
		switch {
		case ctx.Err() != nil:
			return nil //nolint:nilerr // whoever looks on has seen enough
		case errors.As(err, &answer) && answer.Status < 500 && answer.Status != http.StatusTooManyRequests, first && !heard:
			return err
		case errors.As(err, new(*printError)):
			return err
		case heard:
			pause = time.Second
		}
		if err != nil {
			x.lost(err)
			if !waited(ctx, pause) {
				return nil
			}
			pause = min(2*pause, longestWait)
		}
	}
}

// printError is a failure to print, which listening again does not mend.
type printError struct{ error }

func (e *printError) Unwrap() error { return e.error }

func waited(ctx context.Context, pause time.Duration) bool {
	timer := time.NewTimer(pause)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// listen reads one stream to its end. A stream that ends in order is no error.
func (x *tail) listen(ctx context.Context) (heard bool, err error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	query := url.Values{"topics": {x.topic}}
	if x.place != "" {
		query.Set("after", x.place)
	}
	response, err := x.api.send(ctx, http.MethodGet, "/stream?"+query.Encode(), "text/event-stream", nil)
	if err != nil {
		return false, err
	}
	defer response.Body.Close()
	quiet := time.AfterFunc(silence, func() { cancel(errors.New("the server has gone silent")) })
	defer quiet.Stop()
	lines := bufio.NewScanner(response.Body)
	lines.Buffer(nil, longestItem)
	var event string
	var data bytes.Buffer
	for lines.Scan() {
		quiet.Reset(silence)
		name, value, _ := strings.Cut(lines.Text(), ":")
		value = strings.TrimPrefix(value, " ")
		switch name {
		case "id":
			x.place = value
		case "event":
			event = value
		case "data":
			data.WriteString(value)
		}
		if lines.Text() != "" {
			continue
		}
		if err := x.take(event, data.Bytes()); err != nil {
			return true, err
		}
		event = ""
		data.Reset()
	}
	if cause := context.Cause(ctx); cause != nil {
		return true, cause
	}
	if err := lines.Err(); err != nil && !errors.Is(err, io.ErrUnexpectedEOF) {
		return true, err
	}
	return true, nil
}

func (x *tail) take(event string, data []byte) error {
	if event == "gap" {
		x.lost(errors.New("too much came meanwhile; some of it is left out"))
		return nil
	}
	var item struct{ ID string }
	if event != x.topic || json.Unmarshal(data, &item) != nil || x.seen.before(item.ID) {
		return nil //nolint:nilerr // a message of another kind, as a newer server may send
	}
	if err := x.item(data); err != nil {
		return &printError{err}
	}
	return nil
}

// recently remembers the last ids.
type recently struct {
	ids  map[string]bool
	ring [5000]string
	next int
}

// before says whether an id was there already, and remembers it.
func (r *recently) before(id string) bool {
	if id == "" || r.ids[id] {
		return id != ""
	}
	if r.ids == nil {
		r.ids = make(map[string]bool, len(r.ring))
	}
	delete(r.ids, r.ring[r.next])
	r.ids[id], r.ring[r.next] = true, id
	r.next = (r.next + 1) % len(r.ring)
	return false
}

// follow prints what comes of a topic: as a line that row makes of it, if there is one, or as a
// line of JSON.
func follow[T any](ctx context.Context, t *terminal, r remote, topic string, fits func(*client, T) (bool, error), row func(T) string) error {
	api, err := r.connect()
	if err != nil {
		return err
	}
	x := &tail{api: api, topic: topic}
	x.lost = func(err error) { fmt.Fprintf(t.err, "muster: %v; listening again\n", err) }
	asking := newClient(api.base, api.token) // beside the stream, with a time limit
	x.item = func(data []byte) error {
		var item T
		if err := json.Unmarshal(data, &item); err != nil {
			return fmt.Errorf("what the server tells is not what this version expects: %w", err)
		}
		if ok, err := fits(asking, item); err != nil || !ok {
			return err
		}
		if r.Output == asJSON {
			_, err = fmt.Fprintf(t.out, "%s\n", data)
			return err
		}
		return say(t, "%s", row(item))
	}
	return x.run(ctx)
}
