package web

import (
	"bytes"
	"context"
	"errors"
	"sync"
	"time"

	"github.com/muster-scim/muster/directory"
	"github.com/muster-scim/muster/tenants"
)

// What is live is read, not told: once a second, while somebody listens, the store is asked for
// what is new of a topic. So it does not matter which replica a request came to or carries out a
// job, and a thousand listeners cost as much as one.

const (
	lookEvery   = time.Second
	mostWaiting = 1000 // messages that wait for a listener; one with more is too slow, and is let go
	rowsAtOnce  = 500
)

// message is one thing that happened to a topic, or the state it has now.
type message struct {
	topic  string
	number int64  // of a row; 0: it is a state
	resume int64  // of a row: whoever goes on behind this number misses nothing
	data   []byte // JSON
	// only says it for an administrator who is limited to tenants; nil: nothing of it is for them.
	only func(*view) any
}

// source is where a topic's messages come from: exactly one of its two functions is there.
type source struct {
	// state reads what is now. It is a message when it changed.
	state func(ctx context.Context) (message, error)
	// behind reads up to rowsAtOnce rows above a number, in order, and says up to which number it
	// looked. A negative number asks for no rows, but for the newest number.
	behind func(ctx context.Context, number int64) (rows []message, read int64, err error)
	// late is how long after a row others with lower numbers may still come.
	late time.Duration
}

// hub shares one reader of each topic among all who listen to it in this process.
type hub struct {
	every  time.Duration
	now    func() time.Time
	mu     sync.Mutex
	topics map[string]*topic
}

func newHub(every time.Duration, now func() time.Time) *hub {
	return &hub{every: every, now: now, topics: map[string]*topic{}}
}

// topic is what somebody listens to.
type topic struct {
	name   string
	source source
	stop   context.CancelFunc

	// Under the hub's lock:
	listeners map[*listener]bool
	last      *message // the state it had

	// The reader's own:
	begun  chan struct{}       // closed once place is known
	place  int64               // rows up to it, but for late ones, were told
	recent map[int64]time.Time // rows above it that were told, with the time; late ones may come between them
}

func newTopic(name string, s source, stop context.CancelFunc) *topic {
	return &topic{name: name, source: s, stop: stop, listeners: map[*listener]bool{},
		begun: make(chan struct{}), place: -1, recent: map[int64]time.Time{}}
}

// listener is a stream that is open.
type listener struct {
	heard chan message
	names []string // of its topics
	once  sync.Once
	gone  chan struct{} // closed when the listener was too slow, or what it listens to is no more
}

func newListener() *listener {
	return &listener{heard: make(chan message, mostWaiting), gone: make(chan struct{})}
}

// letGo ends the listener. Only who holds the hub's lock sends, so nobody does afterwards.
func (l *listener) letGo() { l.once.Do(func() { close(l.gone) }) }

// listen adds a topic to what a listener hears. Of a state it hears the one it has now; of rows
// those that come from here on, which is known from where on once begun is closed.
func (h *hub) listen(l *listener, name string, s source) (begun <-chan struct{}) {
	h.mu.Lock()
	defer h.mu.Unlock()
	l.names = append(l.names, name)
	t := h.topics[name]
	if t == nil {
		ctx, stop := context.WithCancel(context.Background())
		t = newTopic(name, s, stop)
		h.topics[name] = t
		go h.read(ctx, t)
	}
	t.listeners[l] = true
	if t.last != nil {
		l.hear(*t.last)
	}
	return t.begun
}

// leave ends what a listener hears. Who leaves last stops the reader.
func (h *hub) leave(l *listener) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, name := range l.names {
		t := h.topics[name]
		if t == nil || !t.listeners[l] {
			continue
		}
		if delete(t.listeners, l); len(t.listeners) == 0 {
			t.stop()
			delete(h.topics, name)
		}
	}
	l.letGo()
}

func (l *listener) hear(m message) {
	select {
	case <-l.gone:
	case l.heard <- m:
	default:
		l.letGo()
	}
}

// read looks for what is new until nobody listens any more.
func (h *hub) read(ctx context.Context, t *topic) {
	tick := time.NewTicker(h.every)
	defer tick.Stop()
	for {
		if err := h.look(ctx, t); gone(err) {
			h.end(t)
			return
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// gone says that what a topic is about is not there any more. Other errors pass.
func gone(err error) bool {
	return errors.Is(err, directory.ErrNotFound) || errors.Is(err, tenants.ErrUnknown)
}

// end lets everybody go: whoever comes again is told that the topic is not there.
func (h *hub) end(t *topic) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.topics[t.name] == t {
		delete(h.topics, t.name)
	}
	t.stop()
	for l := range t.listeners {
		l.letGo()
	}
}

// look asks once.
func (h *hub) look(ctx context.Context, t *topic) error {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	if t.source.state == nil {
		return h.lookBehind(ctx, t)
	}
	m, err := t.source.state(ctx)
	if err != nil {
		return err
	}
	m.topic = t.name
	h.mu.Lock()
	defer h.mu.Unlock()
	if t.last == nil || !bytes.Equal(t.last.data, m.data) {
		t.last = &m
		t.tell(m)
	}
	return nil
}

// lookBehind reads the rows that are new. place stays behind those that came just now, so that
// late ones are seen too.
func (h *hub) lookBehind(ctx context.Context, t *topic) error {
	if t.place < 0 {
		_, newest, err := t.source.behind(ctx, -1)
		if err == nil {
			t.place = newest
			close(t.begun)
		}
		return err
	}
	now := h.now()
	for number, told := range t.recent {
		if now.Sub(told) > t.source.late {
			t.place = max(t.place, number)
		}
	}
	for number := range t.recent {
		if number <= t.place {
			delete(t.recent, number)
		}
	}
	for from := t.place; ; {
		rows, read, err := t.source.behind(ctx, from)
		if err != nil {
			return err
		}
		if t.source.late == 0 {
			t.place = read
		}
		h.mu.Lock()
		for _, m := range rows {
			if _, told := t.recent[m.number]; told {
				continue
			}
			m.topic, m.resume = t.name, m.number
			if t.source.late > 0 {
				t.recent[m.number], m.resume = now, t.place
			}
			t.tell(m)
		}
		h.mu.Unlock()
		if from = read; len(rows) < rowsAtOnce {
			return nil
		}
	}
}

// tell is called with the hub's lock.
func (t *topic) tell(m message) {
	for l := range t.listeners {
		l.hear(m)
	}
}
