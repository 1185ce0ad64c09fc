package tenants

import (
	"context"
	"sync"
	"time"

	"github.com/google/uuid"
)

// touchEvery is how often one credential's last use is written.
const touchEvery = time.Minute

// Usage remembers when credentials were used and writes it now and then, at most once a minute
// for each: a write for every request would cost more than the request.
type Usage struct {
	touch func(context.Context, map[uuid.UUID]time.Time) error
	now   func() time.Time

	mu      sync.Mutex
	written map[uuid.UUID]time.Time // the use that was last given to touch
	pending map[uuid.UUID]time.Time // the latest use since
}

// NewUsage returns a Usage that writes with touch: a Store's TouchCredentials.
func NewUsage(touch func(context.Context, map[uuid.UUID]time.Time) error, now func() time.Time) *Usage {
	return &Usage{touch: touch, now: now, written: make(map[uuid.UUID]time.Time), pending: make(map[uuid.UUID]time.Time)}
}

// Seen notes that a credential was used now.
func (u *Usage) Seen(credential uuid.UUID) {
	now := u.now()
	u.mu.Lock()
	defer u.mu.Unlock()
	u.pending[credential] = now
}

// Flush writes the uses of credentials that were not written within the last minute. What fails
// to be written is tried again with the next Flush.
func (u *Usage) Flush(ctx context.Context) error { return u.flush(ctx, touchEvery) }

// Run flushes at every tick until the context ends, then once more everything. failed is told
// of each error; the last use is worth no more than a line in the log.
func (u *Usage) Run(ctx context.Context, ticks <-chan time.Time, failed func(error)) {
	for {
		select {
		case <-ticks:
			if err := u.Flush(ctx); err != nil {
				failed(err)
			}
		case <-ctx.Done():
			last, cancel := context.WithTimeout(context.WithoutCancel(ctx), lastFlush)
			defer cancel()
			if err := u.flush(last, 0); err != nil {
				failed(err)
			}
			return
		}
	}
}

// lastFlush bounds the flush of a shutdown.
const lastFlush = 3 * time.Second

func (u *Usage) flush(ctx context.Context, every time.Duration) error {
	due := u.take(every)
	if len(due) == 0 {
		return nil
	}
	err := u.touch(ctx, due)
	u.mu.Lock()
	defer u.mu.Unlock()
	for id, at := range due {
		if err == nil {
			u.written[id] = at
		} else if _, later := u.pending[id]; !later {
			u.pending[id] = at
		}
	}
	return err
}

// take removes and returns the pending uses that are due.
func (u *Usage) take(every time.Duration) map[uuid.UUID]time.Time {
	now := u.now()
	u.mu.Lock()
	defer u.mu.Unlock()
	due := make(map[uuid.UUID]time.Time)
	for id, at := range u.pending {
		if last, ok := u.written[id]; !ok || now.Sub(last) >= every {
			due[id] = at
			delete(u.pending, id)
		}
	}
	return due
}
