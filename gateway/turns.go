package gateway

import (
	"context"
	"fmt"
	"math"
	"net/http"
	"time"

	"github.com/muster-scim/muster/scim"
	"github.com/muster-scim/muster/tenants"
)

// queueLength is how many requests of one connector wait for a place at most. More are refused
// at once: each one holds a connection and some memory.
const queueLength = 256

// limitError refuses a request that came too early. Nothing of it was done.
type limitError struct {
	retry  time.Duration
	detail string
}

func (e *limitError) Error() string { return e.detail }

// answer is what the client is told.
func (e *limitError) answer() *scim.Error {
	return scim.NewError(http.StatusTooManyRequests, "%s; repeat the request after %d s", e.detail, seconds(e.retry))
}

// seconds rounds up to what Retry-After can say: whole seconds, and at least one, since IdPs
// read no fractions and take 0 for "at once".
func seconds(d time.Duration) int { return max(1, int(math.Ceil(d.Seconds()))) }

func tooManyFailures(e *tenants.FailuresError) error {
	return &limitError{retry: e.Retry, detail: "too many requests of this address had no valid credential for this connector; a valid one is still accepted"}
}

// turn lets a request begin its work when its connector may: after its place in the rate's
// queue, and while fewer of its requests are in flight than the connector may have. leave must
// be called at the end of the work. The error is a *limitError.
//
// A short wait is better than a refusal: IdPs treat 429 as a failure of their job.
func (g *Gateway) turn(ctx context.Context, rq *request) (leave func(), err error) {
	connector, allowance := rq.connector(), rq.principal.Allowance
	slug, limits := connector.Slug, connector.Settings.Limits
	shadow := g.quota.Shadows(limits)
	if shadow {
		if allowance.Refused {
			g.overLimit.note(rq.r, slug, "rate", shadow)
		}
		allowance = tenants.Allowance{}
	}
	sayLimit(rq.w.Header(), allowance)
	if allowance.Refused {
		g.overLimit.note(rq.r, slug, "rate", shadow)
		return nil, &limitError{retry: allowance.Wait,
			detail: fmt.Sprintf("this %s sends more than its %g requests a second", rq.caller(), allowance.Rate.PerSecond)}
	}
	if err := pause(ctx, allowance.Wait); err != nil {
		return nil, err
	}
	places := g.quota.ConcurrencyOf(limits)
	if places == 0 {
		return func() {}, nil
	}
	if shadow {
		leave, within := g.places.count(slug, places)
		if !within {
			g.overLimit.note(rq.r, slug, "concurrency", shadow)
		}
		return leave, nil
	}
	waiting, cancel := context.WithTimeout(ctx, g.quota.Patience)
	defer cancel()
	leave, err = g.places.enter(waiting, slug, places)
	switch {
	case err == nil:
		return leave, nil
	case ctx.Err() != nil:
		return nil, ctx.Err()
	}
	g.overLimit.note(rq.r, slug, "concurrency", shadow)
	return nil, &limitError{retry: time.Second,
		detail: fmt.Sprintf("this %s has %d requests in flight already, and more are waiting", rq.caller(), places)}
}

// caller is what the credential is of.
func (rq *request) caller() string {
	if rq.principal.Consumer != nil {
		return "consumer"
	}
	return "connector"
}

// sayLimit tells the client where it stands
// (https://datatracker.ietf.org/doc/draft-ietf-httpapi-ratelimit-headers/).
func sayLimit(h http.Header, a tenants.Allowance) {
	if a.Rate.None() {
		return
	}
	h.Set("RateLimit-Policy", fmt.Sprintf(`"connector";q=%d;w=%d`, a.Rate.Burst, seconds(a.Rate.Window())))
	h.Set("RateLimit", fmt.Sprintf(`"connector";r=%d;t=%d`, a.Remaining, seconds(a.Reset)))
}

// pause waits, unless the client leaves first.
func pause(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return nil
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
