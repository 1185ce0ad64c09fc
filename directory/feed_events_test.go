package directory

import (
	"context"
	"testing"
	"time"
)

// keeps is a store that keeps events 51 to 90, and notes behind which number it was read.
type keeps struct {
	Store
	behind *int64
}

func (keeps) FeedEnds(context.Context) (dropped, newest int64, err error) { return 50, 90, nil }

func (keeps) Directories(context.Context) ([]Info, error) { return nil, nil }

func (k keeps) Feed(_ context.Context, _ EventQuery, after, through int64, _ int) (FeedPage, error) {
	*k.behind = after
	return FeedPage{Read: through}, nil
}

func TestAFeedFromItsBeginningDoesNotLookThroughWhatIsGone(t *testing.T) {
	t.Parallel()
	var behind int64
	d := New(keeps{behind: &behind}, Options{Now: time.Now})
	if page, err := d.Feed(t.Context(), EventFilter{}, 0, 80, 10); err != nil || page.Read != 80 || behind != 50 {
		t.Errorf("it was read behind %d up to %d (%v)", behind, page.Read, err)
	}
}
