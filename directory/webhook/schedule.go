package webhook

import (
	"math/rand/v2"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// waits are the pauses after each attempt at a delivery, those that the Standard Webhooks
// specification recommends. After the last one a delivery is given up, if others got through.
var waits = []time.Duration{
	5 * time.Second, 5 * time.Minute, 30 * time.Minute, 2 * time.Hour, 5 * time.Hour,
	10 * time.Hour, 14 * time.Hour, 20 * time.Hour, 24 * time.Hour,
}

// knocks are the pauses between attempts at a receiver that takes nothing at all: one message is
// tried, and when it is taken everything goes on.
var knocks = []time.Duration{
	5 * time.Second, 10 * time.Second, 30 * time.Second, time.Minute, 2 * time.Minute, 5 * time.Minute, 10 * time.Minute, 30 * time.Minute,
}

// RestAfter is how many failures in a row make a receiver count as down.
const RestAfter = 5

const (
	mostAttempts = 10
	disableAfter = 5 * 24 * time.Hour // of nothing but failures
	mostPatience = 24 * time.Hour     // what a Retry-After may ask for
)

// jittered moves a pause by up to a tenth, so that what failed together does not come together.
func jittered(d time.Duration) time.Duration {
	return d - d/10 + rand.N(d/5+1)
}

// waitAfter is the pause after so many attempts.
func waitAfter(attempts int) time.Duration {
	return jittered(waits[min(max(attempts, 1), len(waits))-1])
}

// knockAfter is the pause of a receiver that is down, after so many failures in a row.
func knockAfter(failures int) time.Duration {
	return jittered(knocks[min(max(failures-RestAfter, 0), len(knocks)-1)])
}

// resting says that nothing but a single message is tried.
func (w Webhook) resting() bool { return w.Failures >= RestAfter }

// retryAfter is what an answer asks for, bounded; 0: nothing.
func retryAfter(h http.Header, now time.Time) time.Duration {
	text := strings.TrimSpace(h.Get("Retry-After"))
	var d time.Duration
	if seconds, err := strconv.ParseInt(text, 10, 32); err == nil {
		d = time.Duration(seconds) * time.Second
	} else if at, err := http.ParseTime(text); err == nil {
		d = at.Sub(now)
	}
	return min(max(d, 0), mostPatience)
}
