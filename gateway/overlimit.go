package gateway

import (
	"log/slog"
	"net/http"
	"sync"
	"time"
)

// reportEvery is how often the log says that one connector is over a limit.
const reportEvery = time.Minute

// overLimit tells the log which connectors are over their limits: at the first request, and
// then once a minute with how many there were.
type overLimit struct {
	log *slog.Logger

	mu   sync.Mutex
	seen map[excess]*excessCount
}

type excess struct{ slug, limit string }

type excessCount struct {
	since time.Time // of the last line in the log
	more  int       // requests after it
}

func newOverLimit(log *slog.Logger) *overLimit {
	return &overLimit{log: log, seen: make(map[excess]*excessCount)}
}

// note counts one request over a limit, which is "rate" or "concurrency".
func (o *overLimit) note(r *http.Request, slug, limit string, shadow bool) {
	t := traceOf(r)
	t.limit, t.reported = limit, shadow
	o.mu.Lock()
	defer o.mu.Unlock()
	what, now := excess{slug, limit}, time.Now()
	c, ok := o.seen[what]
	if ok && now.Sub(c.since) < reportEvery {
		c.more++
		return
	}
	more := 0
	if ok {
		more = c.more
	}
	o.seen[what] = &excessCount{since: now}
	text := "a connector is over its limit; requests are refused with 429"
	if shadow {
		text = "a connector is over its limit, which only reports"
	}
	o.log.WarnContext(r.Context(), text, "connector", slug, "limit", limit, "sinceLastReport", more+1)
}
