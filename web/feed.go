package web

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strconv"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/muster-scim/muster/directory"
)

// Feed says up to which number events can be read in order, and waits for more: *feed.Feed.
type Feed interface {
	Through() (seq int64, known bool)
	Wait(ctx context.Context, after int64) (seq int64, known bool)
}

// Feeding is how a list of events is asked for as a feed.
type Feeding struct {
	After string `query:"after" maxLength:"20" pattern:"^(now|[0-9]+)$" doc:"Makes the list a feed, oldest first: the next of the answer before, 0 for the oldest event that is kept, now for what comes from here on. Its next is always there." example:"4711"`
	Wait  int    `query:"wait" minimum:"0" maximum:"30" doc:"Of a feed: for how many seconds the answer waits when there is nothing yet." example:"30"`
}

const (
	feedAnswers = 20 * time.Second // how long one answer looks through events of which none fits
	feedPatient = 2 * time.Second  // how long an answer waits for the first look of a process that just started
)

// feed answers a part of the feed.
func (a *API) feed(ctx context.Context, f directory.EventFilter, in Feeding, limit int) (*huma.StreamResponse, error) {
	if a.following == nil {
		return nil, errFeedUnknown
	}
	until := a.now().Add(time.Duration(in.Wait) * time.Second)
	ctx, cancel := context.WithDeadline(ctx, until.Add(feedAnswers))
	defer cancel()
	go func() { // a server that stops does not wait for those who wait
		select {
		case <-a.closing:
			cancel()
		case <-ctx.Done():
		}
	}()
	if in.After == "now" {
		through, known := a.through(ctx)
		if !known {
			return nil, errFeedUnknown
		}
		return feedAnswer(ctx, directory.FeedPage{Read: through}), nil
	}
	after, err := strconv.ParseInt(in.After, 10, 64)
	if err != nil {
		return nil, invalid("query.after", "is not a place in the feed: send the next of the answer before, 0 or now")
	}
	return a.feedBehind(ctx, f, after, until, limit)
}

var errFeedUnknown = newProblem(http.StatusServiceUnavailable, "unavailable", "It is not known yet which events are complete. Try again in a few seconds.")

// through is up to where the feed can be read. Of a process that just started it waits for the
// first look.
func (a *API) through(ctx context.Context) (int64, bool) {
	if seq, known := a.following.Through(); known {
		return seq, true
	}
	ctx, cancel := context.WithTimeout(ctx, feedPatient)
	defer cancel()
	return a.following.Wait(ctx, 0)
}

// feedBehind reads until something fits, or until has come.
func (a *API) feedBehind(ctx context.Context, f directory.EventFilter, after int64, until time.Time, limit int) (*huma.StreamResponse, error) {
	page := directory.FeedPage{Read: after}
	for {
		through, known := a.through(ctx)
		if !known {
			return nil, errFeedUnknown
		}
		var err error
		var lost *directory.FeedPlaceError
		switch page, err = a.effective.Feed(ctx, f, page.Read, through, limit); {
		case errors.As(err, &lost):
			return nil, newProblem(http.StatusGone, "feedPlaceLost", sentence(lost))
		case err != nil:
			return nil, err
		}
		if ended := page.Read >= through; ended {
			if len(page.Items) > 0 || !a.now().Before(until) {
				return feedAnswer(ctx, page), nil
			}
			waiting, cancel := context.WithDeadline(ctx, until)
			a.following.Wait(waiting, page.Read)
			cancel()
		}
		if len(page.Items) > 0 || ctx.Err() != nil {
			return feedAnswer(ctx, page), nil //nolint:nilerr // what was looked through is not looked through again
		}
	}
}

// feedAnswer is a part of the feed as a list whose next is where it goes on.
func feedAnswer(ctx context.Context, page directory.FeedPage) *huma.StreamResponse {
	next := strconv.FormatInt(page.Read, 10)
	out := List[Event]{Items: make([]Event, 0, len(page.Items)), Next: &next}
	for _, item := range page.Items {
		out.Items = append(out.Items, sayFed(item))
	}
	_ = narrow(ctx, &out) // a list is shorter, never missing
	return &huma.StreamResponse{Body: func(c huma.Context) {
		c.SetHeader("Content-Type", "application/json")
		c.SetStatus(http.StatusOK)
		_ = json.NewEncoder(c.BodyWriter()).Encode(out) // the caller has gone
	}}
}

// sayFed is an event with what the feed adds to it.
func sayFed(item directory.FeedItem) Event {
	said := sayEvent(item.Event)
	said.Sequence, said.Directory, said.UserName, said.GroupName = item.Seq, item.Directory, item.UserName, item.GroupName
	return said
}
