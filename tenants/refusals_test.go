package tenants

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/uuid"
)

// refusing is Refusals whose clock a test moves, with what they wrote.
type refusing struct {
	*Refusals
	now  time.Time
	kept []Refused
	err  error
}

func newRefusing() *refusing {
	w := &refusing{now: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)}
	w.Refusals = NewRefusals(func(_ context.Context, some []Refused) error {
		if w.err == nil {
			w.kept = append(w.kept, some...)
		}
		return w.err
	}, func() time.Time { return w.now })
	return w
}

func (w *refusing) count() (events int, requests int64) {
	for _, r := range w.kept {
		requests += r.Count
	}
	return len(w.kept), requests
}

func TestRefusalsBeyondTenAMinuteAreOneLineWithTheirNumber(t *testing.T) {
	t.Parallel()
	w := newRefusing()
	for range 1000 {
		w.Hear(Refused{Side: "scim", Slug: "acme-okta", Reason: "wrongToken", Status: 401})
	}
	if err := w.flush(t.Context(), false); err != nil || len(w.kept) != 10 {
		t.Fatalf("within the minute %d lines are written (%v), want 10", len(w.kept), err)
	}
	w.now = w.now.Add(time.Minute)
	if err := w.flush(t.Context(), false); err != nil {
		t.Fatal(err)
	}
	if events, requests := w.count(); events != 11 || requests != 1000 || w.kept[10].Count != 990 || w.kept[10].Slug != "acme-okta" {
		t.Errorf("%d lines of %d requests, the last %+v; want 11 of 1000", events, requests, w.kept[len(w.kept)-1])
	}
}

func TestStrangersCannotFillTheAuditByInventingConnectors(t *testing.T) {
	t.Parallel()
	w := newRefusing()
	for i := range 50_000 {
		w.Hear(Refused{Side: "scim", Slug: fmt.Sprintf("invented-%d", i), Reason: "wrongToken", Status: 401})
	}
	known := Refused{Side: "scim", Slug: "acme-okta", Reason: "readOnly", Status: 403, Credential: uuid.New()}
	w.Hear(known)
	if err := w.flush(t.Context(), true); err != nil {
		t.Fatal(err)
	}
	events, requests := w.count()
	if events > 30 || requests != 50_001 || w.Lost() != 0 {
		t.Errorf("%d lines of %d requests (%d lost), want few lines, and every request counted", events, requests, w.Lost())
	}
	for _, r := range w.kept {
		if r.Slug == known.Slug && r.Credential == known.Credential {
			return
		}
	}
	t.Error("strangers took the place of a refusal of somebody known")
}

func TestRefusalsThatFindNoRoomAreCountedAndTold(t *testing.T) {
	t.Parallel()
	w := newRefusing()
	w.err = errors.New("the database is away")
	const minutes = 300
	for range minutes {
		for range 50 {
			w.Hear(Refused{Side: "scim", Slug: "acme-okta", Reason: "wrongToken", Status: 401})
		}
		w.now = w.now.Add(time.Minute)
		if err := w.flush(t.Context(), false); err == nil {
			t.Fatal("a write that fails is no error")
		}
	}
	if w.Lost() == 0 || len(w.due) > mostRefused {
		t.Errorf("%d wait and %d are lost", len(w.due), w.Lost())
	}
	w.err = nil
	if err := w.flush(t.Context(), true); err != nil {
		t.Fatal(err)
	}
	if _, requests := w.count(); requests != minutes*50 {
		t.Errorf("%d requests are told of, want all %d, those that were lost by their number", requests, minutes*50)
	}
}
