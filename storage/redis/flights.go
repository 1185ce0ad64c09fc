package redis

import (
	"context"
	"sync"
	"time"
)

const (
	lookupTimeout = 5 * time.Second

	// linger is how long a look-up can still be joined after its end: whoever asked Redis before
	// it was told the outcome has not come here yet.
	linger = 2 * callTimeout
)

// flights are the look-ups in the database that are under way or have just ended. Whoever needs
// the same one at the same time shares it.
type flights struct {
	mu      sync.Mutex
	running map[string]*flight
}

// flight is one look-up. Its outcome may be read once done is closed.
type flight struct {
	done    chan struct{}
	finding *finding
	err     error
}

// do looks up what the key stands for, or waits for whoever does already. The look-up runs on
// its own time: the caller that started it may leave, the others still want the outcome. One
// that has ended lingers, and is shared while what it found is not older than oldest.
func (f *flights) do(ctx context.Context, key string, now time.Time, oldest time.Duration, look func(context.Context) (*finding, error)) (*finding, error) {
	f.mu.Lock()
	l, ok := f.running[key]
	if !ok || l.old(now, oldest) {
		l = &flight{done: make(chan struct{})}
		f.running[key] = l
		go f.fly(context.WithoutCancel(ctx), key, l, look)
	}
	f.mu.Unlock()
	select {
	case <-l.done:
		return l.finding, l.err
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// old says whether the flight has ended and nobody should join it.
func (l *flight) old(now time.Time, oldest time.Duration) bool {
	select {
	case <-l.done:
		return l.err != nil || !l.finding.current(now) || now.Sub(l.finding.read) > oldest
	default:
		return false
	}
}

func (f *flights) fly(ctx context.Context, key string, l *flight, look func(context.Context) (*finding, error)) {
	ctx, cancel := context.WithTimeout(ctx, lookupTimeout)
	defer cancel()
	l.finding, l.err = look(ctx)
	close(l.done)
	time.AfterFunc(linger, func() {
		f.mu.Lock()
		defer f.mu.Unlock()
		if f.running[key] == l {
			delete(f.running, key)
		}
	})
}
