package sql

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/muster-scim/muster/directory/webhook"
)

// leases is a store whose leases are counted, and fail from some number on.
type leases struct {
	*Store
	asked    atomic.Int64
	failFrom int64         // 0: never
	fourth   chan struct{} // closed when the fourth was given
}

func (l *leases) LeaseWebhook(ctx context.Context, id uuid.UUID, worker string, length time.Duration) (webhook.Webhook, bool, error) {
	n := l.asked.Add(1)
	if l.failFrom > 0 && n >= l.failFrom {
		return webhook.Webhook{}, false, errors.New("the database is away")
	}
	w, ours, err := l.Store.LeaseWebhook(ctx, id, worker, length)
	if n == 4 {
		close(l.fourth)
	}
	return w, ours, err
}

// impatient is a worker whose leases are short, and what counts them.
func (h hooks) impatient(t *testing.T, failFrom int64) (*webhook.Worker, *leases) {
	t.Helper()
	l := &leases{Store: h.Store, failFrom: failFrom, fourth: make(chan struct{})}
	w, err := webhook.NewWorker(l, h.sender, make([]byte, 32), time.Now, slog.New(slog.DiscardHandler), nil)
	if err != nil {
		t.Fatal(err)
	}
	w.Lease = 600 * time.Millisecond
	return w, l
}

// slowReceiver holds back its answer to the first request until its caller goes, or answer is closed.
func slowReceiver(t *testing.T, status int, reached, answer chan struct{}) (*httptest.Server, *atomic.Int64) {
	t.Helper()
	var requests atomic.Int64
	r := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		_, _ = io.Copy(io.Discard, q.Body)
		if requests.Add(1) == 1 {
			close(reached)
			select {
			case <-answer:
			case <-q.Context().Done():
				return
			}
			w.WriteHeader(status)
			return
		}
		w.WriteHeader(http.StatusNoContent)
	}))
	t.Cleanup(r.Close)
	return r, &requests
}

func TestALeaseIsRenewedAsLongAsARoundTakes(t *testing.T) {
	onBoth(t, func(t *testing.T, s *Store) {
		h := newHooks(t, s)
		reached, answer, served := make(chan struct{}), make(chan struct{}), make(chan error)
		r, requests := slowReceiver(t, http.StatusNoContent, reached, answer)
		w := h.create(t, r.URL)
		happen(t, s, "directory.user.created", uuid.New())
		through := certain(t, s, h.feed)
		worker, l := h.impatient(t, 0)
		go func() { served <- worker.Serve(t.Context(), w.ID, through) }()
		<-reached
		select {
		case <-l.fourth: // the first lease would have ended by now
		case <-time.After(20 * time.Second):
			t.Fatal("the lease is not renewed")
		}
		h.serve(t, h.worker(t), w.ID)
		if n := requests.Load(); n != 1 {
			t.Errorf("while a worker waits for the answer another one sends: %d requests", n)
		}
		close(answer)
		if err := <-served; err != nil {
			t.Fatal(err)
		}
		h.serve(t, h.worker(t), w.ID)
		if n := requests.Load(); n != 1 {
			t.Errorf("what was taken is sent again: %d requests", n)
		}
	})
}

func TestARoundEndsWhenItsLeaseCannotBeRenewed(t *testing.T) {
	onBoth(t, func(t *testing.T, s *Store) {
		h := newHooks(t, s)
		r, requests := slowReceiver(t, http.StatusNoContent, make(chan struct{}), nil)
		w := h.create(t, r.URL)
		happen(t, s, "directory.user.created", uuid.New())
		worker, _ := h.impatient(t, 2)
		began := time.Now()
		if err := worker.Serve(t.Context(), w.ID, certain(t, s, h.feed)); err != nil {
			t.Fatal(err)
		}
		if took := time.Since(began); took > 10*time.Second {
			t.Errorf("it went on for %v without a lease", took)
		}
		h.serve(t, h.worker(t), w.ID)
		if _, waiting, err := h.registry.Webhook(t.Context(), w.ID); err != nil || requests.Load() != 2 || waiting != (webhook.Backlog{}) {
			t.Errorf("after it: %d requests, %+v waits, %v", requests.Load(), waiting, err)
		}
	})
}

// A receiver that is gone answers only after the administrator has given another address.
func TestWhatAnOldAddressAnsweredMeansNothingForANewOne(t *testing.T) {
	onBoth(t, func(t *testing.T, s *Store) {
		h, fresh := newHooks(t, s), newReceiver(t)
		for _, status := range []int{http.StatusGone, http.StatusInternalServerError} {
			reached, answer, served := make(chan struct{}), make(chan struct{}), make(chan error)
			old, _ := slowReceiver(t, status, reached, answer)
			w := h.create(t, old.URL)
			user := uuid.New()
			happen(t, s, "directory.user.created", user)
			through := certain(t, s, h.feed)
			go func() { served <- h.worker(t).Serve(t.Context(), w.ID, through) }()
			<-reached
			if _, err := h.registry.UpdateWebhook(t.Context(), w.ID, nil, webhook.Change{URL: &fresh.URL}); err != nil {
				t.Fatal(err)
			}
			close(answer)
			if err := <-served; err != nil {
				t.Fatal(err)
			}
			now, _, err := h.registry.Webhook(t.Context(), w.ID)
			if err != nil || now.State != webhook.Enabled || now.Failures != 0 || now.LastError != "" {
				t.Errorf("after %d from the old address it is %+v, %v", status, now, err)
			}
			h.serve(t, h.worker(t), w.ID)
			if got := fresh.got()[user]; len(got) != 1 {
				t.Errorf("after %d from the old address the new one got %v", status, got)
			}
		}
	})
}
