package web

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/muster-scim/muster/directory"
)

// numbered is a store of rows that a test adds to.
type numberedRows struct {
	mu    sync.Mutex
	rows  []int64
	looks int
}

func (n *numberedRows) add(rows ...int64) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.rows = append(n.rows, rows...)
	slices.Sort(n.rows)
}

func (n *numberedRows) source(late time.Duration) source {
	return source{late: late, behind: func(_ context.Context, after int64) (found []message, read int64, err error) {
		n.mu.Lock()
		defer n.mu.Unlock()
		n.looks++
		if after < 0 {
			return nil, n.rows[len(n.rows)-1], nil
		}
		for _, row := range n.rows {
			if row > after && len(found) < rowsAtOnce {
				found, after = append(found, message{number: row, data: fmt.Append(nil, row)}), row
			}
		}
		return found, after, nil
	}}
}

// heard takes the next messages.
func heard(t *testing.T, l *listener, n int) string {
	t.Helper()
	var said []string
	for range n {
		select {
		case m := <-l.heard:
			said = append(said, string(m.data))
		case <-time.After(10 * time.Second):
			t.Fatalf("only %v is heard", said)
		}
	}
	return strings.Join(said, " ")
}

// still is a hub and a topic whose reader does not look by itself.
func still(t *testing.T, s source, now func() time.Time) (*hub, *topic, *listener) {
	t.Helper()
	h, l := newHub(time.Hour, now), newListener()
	tp := newTopic("rows", s, func() {})
	h.topics["rows"] = tp
	h.listen(l, "rows", s)
	return h, tp, l
}

func TestRowsThatComeLateAreToldOnce(t *testing.T) {
	t.Parallel()
	now := time.Now()
	rows := &numberedRows{rows: []int64{1, 2}}
	h, tp, l := still(t, rows.source(time.Minute), func() time.Time { return now })
	look := func() {
		t.Helper()
		if err := h.look(t.Context(), tp); err != nil {
			t.Fatal(err)
		}
	}
	look() // finds where it begins
	rows.add(4, 6)
	look()
	rows.add(5)
	look()
	look()
	now = now.Add(2 * time.Minute)
	look()
	rows.add(7)
	look()
	if got := heard(t, l, 4); got != "4 6 5 7" || len(l.heard) > 0 {
		t.Errorf("heard %s and %d more", got, len(l.heard))
	}
	if tp.place != 6 {
		t.Errorf("the place is %d, want 6", tp.place)
	}
}

func TestListenersShareOneReaderWhichEndsWithTheLast(t *testing.T) {
	t.Parallel()
	states := make(chan string, 10)
	now := "one"
	s := source{state: func(context.Context) (message, error) {
		select {
		case now = <-states:
		default:
		}
		return message{data: []byte(now)}, nil
	}}
	h := newHub(time.Millisecond, time.Now)
	first, second := newListener(), newListener()
	h.listen(first, "t", s)
	if got := heard(t, first, 1); got != "one" {
		t.Errorf("the first hears %s", got)
	}
	h.listen(second, "t", s)
	if got := heard(t, second, 1); got != "one" {
		t.Errorf("who comes later hears %s", got)
	}
	states <- "two"
	if a, b := heard(t, first, 1), heard(t, second, 1); a != "two" || b != "two" {
		t.Errorf("both hear %s and %s", a, b)
	}
	h.leave(first)
	h.leave(second)
	if len(h.topics) != 0 {
		t.Errorf("%d topics are left", len(h.topics))
	}
}

func TestASlowListenerIsLetGo(t *testing.T) {
	t.Parallel()
	rows := &numberedRows{rows: []int64{0}}
	h, tp, slow := still(t, rows.source(0), time.Now)
	quick := newListener()
	h.listen(quick, "rows", tp.source)
	look := func() {
		t.Helper()
		if err := h.look(t.Context(), tp); err != nil {
			t.Fatal(err)
		}
	}
	look()
	for i := range int64(mostWaiting + 1) {
		if rows.add(i + 1); i%rowsAtOnce == 0 || i == mostWaiting {
			look()
			for len(quick.heard) > 0 {
				<-quick.heard
			}
		}
	}
	select {
	case <-slow.gone:
	default:
		t.Error("who does not listen is waited for")
	}
	select {
	case <-quick.gone:
		t.Error("who listens is let go")
	default:
	}
}

func TestATopicThatIsGoneEndsItsStreams(t *testing.T) {
	t.Parallel()
	h, l := newHub(time.Millisecond, time.Now), newListener()
	h.listen(l, "job:x", source{state: func(context.Context) (message, error) { return message{}, directory.ErrNotFound }})
	select {
	case <-l.gone:
	case <-time.After(10 * time.Second):
		t.Error("the listener waits for what is not there")
	}
	h.leave(l)
}

func TestWhoComesAgainHearsWhatItMissedOnce(t *testing.T) {
	t.Parallel()
	rows := &numberedRows{rows: []int64{1}}
	for n := range int64(2 * rowsAtOnce) {
		rows.add(n + 2)
	}
	var out strings.Builder
	e := &eventWriter{w: &out, called: func(topic string) string { return topic }, places: places{}}
	if !e.catchUp(t.Context(), "rows", rows.source(0), 2*rowsAtOnce-1) {
		t.Fatal("it is not there any more")
	}
	last := int64(2*rowsAtOnce + 1)
	e.send(message{topic: "rows", number: last, resume: last, data: []byte("again")})
	e.send(message{topic: "rows", number: last + 1, resume: last + 1, data: []byte("new")})
	want := fmt.Sprintf("id: rows=1000\nevent: rows\ndata: 1000\n\nid: rows=1001\nevent: rows\ndata: 1001\n\nid: rows=%d\nevent: rows\ndata: new\n\n", last+1)
	if out.String() != want {
		t.Errorf("it hears\n%s\nwant\n%s", out.String(), want)
	}
	for _, text := range []string{"", "events=4711,requests:acme-okta=12"} {
		if got := parsePlaces(text).String(); got != text {
			t.Errorf("%q reads as %q", text, got)
		}
	}
	for _, text := range []string{"=", "x=-1", "x=y", ",,", "x"} {
		if got := parsePlaces(text); len(got) > 0 {
			t.Errorf("%q reads as %v", text, got)
		}
	}
}
