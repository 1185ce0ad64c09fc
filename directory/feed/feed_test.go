package feed_test

import (
	"context"
	"errors"
	"testing"

	"github.com/muster-scim/muster/directory/feed"
)

// world is a log whose transactions are opened and ended by hand.
type world struct {
	newest int64
	next   int64 // position of the next transaction
	open   map[int64]bool
	broken error
}

func (w *world) begin() int64 {
	w.next++
	w.open[w.next] = true
	return w.next
}

func (w *world) FeedNewest(context.Context) (seq, horizon int64, err error) {
	horizon = w.next + 1
	for p := range w.open {
		horizon = min(horizon, p)
	}
	return w.newest, horizon, w.broken
}

func (w *world) FeedPosition(context.Context) (int64, error) {
	w.next++
	return w.next, w.broken
}

func through(t *testing.T, f *feed.Feed) int64 {
	t.Helper()
	if err := f.Look(t.Context()); err != nil {
		t.Fatal(err)
	}
	seq, _ := f.Through()
	return seq
}

func TestNothingIsCertainWhileATransactionThatMayHaveTakenALowerNumberRuns(t *testing.T) {
	t.Parallel()
	w := &world{open: map[int64]bool{}}
	f := feed.New(w)
	w.newest = 42
	if got := through(t, f); got != 42 {
		t.Fatalf("with nothing open the feed reaches %d, want 42", got)
	}
	slow := w.begin() // takes 43 and does not commit
	w.newest = 45     // others commit
	if got := through(t, f); got != 42 {
		t.Fatalf("with 43 open the feed reaches %d", got)
	}
	late := w.begin() // begins after 45 was seen: what it takes comes behind
	delete(w.open, slow)
	w.newest = 47
	if got := through(t, f); got != 45 {
		t.Errorf("when the one that was open has ended the feed reaches %d, want 45 though another runs", got)
	}
	delete(w.open, late)
	if got := through(t, f); got != 47 {
		t.Errorf("in the end the feed reaches %d, want 47", got)
	}
}

func TestWhoWaitsIsToldWhenTheFeedMoves(t *testing.T) {
	t.Parallel()
	w := &world{newest: 7, open: map[int64]bool{}}
	f := feed.New(w)
	got := make(chan int64)
	go func() {
		seq, _ := f.Wait(t.Context(), 6)
		got <- seq
	}()
	through(t, f)
	if seq := <-got; seq != 7 {
		t.Errorf("told %d, want 7", seq)
	}
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	if seq, known := f.Wait(gone, 7); seq != 7 || !known {
		t.Errorf("who goes is told %d, %v", seq, known)
	}
}

func TestAFeedThatCannotLookSaysSoAndStays(t *testing.T) {
	t.Parallel()
	w := &world{newest: 7, open: map[int64]bool{}}
	f := feed.New(w)
	through(t, f)
	w.newest, w.broken = 9, errors.New("no database")
	if err := f.Look(t.Context()); !errors.Is(err, w.broken) {
		t.Errorf("the error is %v", err)
	}
	if seq, _ := f.Through(); seq != 7 {
		t.Errorf("it moved to %d", seq)
	}
}
