package directory

import (
	"context"
	"fmt"
)

// FeedItem is an event as the feed tells it: with the names of what it is about, as they are now.
type FeedItem struct {
	Event
	Directory string // by name; empty: the event is none of a directory
	UserName  string // empty: the user is not there any more
	GroupName string // empty: the group is not there any more
}

// FeedPage is a part of the feed.
type FeedPage struct {
	Items []FeedItem
	Read  int64 // everything up to this number was looked at
}

// FeedStore reads events in the order of their numbers. Up to where nothing can come any more is
// for the caller to know: see package feed.
type FeedStore interface {
	// Feed reads up to limit events that fit, with numbers above after and up to through. It may
	// look at fewer than that; Read says how far it came.
	Feed(ctx context.Context, q EventQuery, after, through int64, limit int) (FeedPage, error)
	// FeedEnds returns the number up to which retention dropped events, and that of the newest.
	FeedEnds(ctx context.Context) (dropped, newest int64, err error)
}

// FeedPlaceError says that a feed cannot be gone on with from a number.
type FeedPlaceError struct {
	After, Dropped, Newest int64
}

func (e *FeedPlaceError) Error() string {
	if e.After > e.Newest {
		return fmt.Sprintf("the newest event is number %d, and yours is %d: an older backup was restored. Read the directory anew, and go on from after=now", e.Newest, e.After)
	}
	return fmt.Sprintf("events up to number %d are not kept any more, and yours is %d. Read the directory anew, and go on from after=now", e.Dropped, e.After)
}

// Feed reads events that fit a filter in the order of their numbers: those above after, which is 0
// for the oldest that is kept, and up to through. The error is a *FeedPlaceError when something
// between after and what is kept may have been missed.
func (d *Directory) Feed(ctx context.Context, f EventFilter, after, through int64, limit int) (FeedPage, error) {
	dropped, newest, err := d.store.FeedEnds(ctx)
	if err != nil {
		return FeedPage{}, err
	}
	if after > 0 && (after < dropped || after > newest) {
		return FeedPage{}, &FeedPlaceError{After: after, Dropped: dropped, Newest: newest}
	}
	after = max(after, dropped) // who begins does not look through what is gone
	if after >= through {
		return FeedPage{Read: after}, nil
	}
	q, some, err := d.eventQuery(ctx, f)
	if err != nil {
		return FeedPage{}, err
	}
	if !some { // what is named may come to be: nothing is passed over for that
		return FeedPage{Read: through}, nil
	}
	page, err := d.store.Feed(ctx, q, after, through, limit)
	if err != nil {
		return page, err
	}
	return page, d.nameFeed(ctx, page.Items)
}

// nameFeed does for the feed what nameWould does for a list.
func (d *Directory) nameFeed(ctx context.Context, items []FeedItem) error {
	events := make([]Event, len(items))
	for i := range items {
		events[i] = items[i].Event
	}
	err := d.nameWould(ctx, events)
	for i := range items {
		items[i].Event = events[i]
	}
	return err
}
