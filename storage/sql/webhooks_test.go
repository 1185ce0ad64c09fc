package sql

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/muster-scim/muster/directory"
	"github.com/muster-scim/muster/directory/feed"
	"github.com/muster-scim/muster/directory/webhook"
	"github.com/muster-scim/muster/tenants"
)

// happen writes one event of each user, in one transaction.
func happen(t *testing.T, s *Store, action string, users ...uuid.UUID) {
	t.Helper()
	mustWrite(t, s, func(x *tx) error {
		for _, u := range users {
			x.insert("events", []string{"id", "time", "actor_type", "actor", "action", "user_id", "changes"}, [][]any{{newID(), micros(time.Now()), "admin", "test", action, u, `{}`}}, "")
		}
		return nil
	})
}

// certain follows the feed until everything that is there can be read.
func certain(t *testing.T, s *Store, f *feed.Feed) int64 {
	t.Helper()
	_, newest, err := s.FeedEnds(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for ctx := t.Context(); ctx.Err() == nil; {
		if err := f.Look(ctx); err != nil {
			t.Fatal(err)
		}
		if through, known := f.Through(); known && through >= newest {
			return through
		}
		_ = sleep(ctx, 5*time.Millisecond) // other tests' transactions end
	}
	t.Fatal("the feed never came so far")
	return 0
}

// readFeed reads all of the feed behind a number in small parts.
func readFeed(t *testing.T, s *Store, f *feed.Feed, after int64) (seqs []int64, read int64) {
	t.Helper()
	for {
		through, _ := f.Through()
		if after >= through {
			return seqs, after
		}
		page, err := s.Feed(t.Context(), directory.EventQuery{}, after, through, 3)
		if err != nil {
			t.Fatal(err)
		}
		for _, item := range page.Items {
			seqs = append(seqs, item.Seq)
		}
		after = page.Read
	}
}

func TestTheFeedHasEveryEventOnceAlthoughWritersOvertakeEachOther(t *testing.T) {
	onBoth(t, func(t *testing.T, s *Store) {
		f := feed.New(s)
		var writers sync.WaitGroup
		var done atomic.Bool
		for range 6 {
			writers.Go(func() {
				for range 15 {
					happen(t, s, "directory.user.updated", uuid.New(), uuid.New())
				}
			})
		}
		go func() { writers.Wait(); done.Store(true) }()
		var all []int64
		after, seqs := int64(0), []int64(nil)
		for !done.Load() {
			if err := f.Look(t.Context()); err != nil {
				t.Fatal(err)
			}
			seqs, after = readFeed(t, s, f, after)
			all = append(all, seqs...)
		}
		certain(t, s, f)
		seqs, _ = readFeed(t, s, f, after)
		all = append(all, seqs...)
		if len(all) != 180 || !slices.IsSorted(all) || len(slices.Compact(slices.Clone(all))) != len(all) {
			t.Errorf("the feed had %d events, want 180, each once and in order", len(all))
		}
	})
}

// TestTheFeedWaitsForWhoTookANumberEarlier is PostgreSQL's alone: on SQLite there is one writer at
// a time.
func TestTheFeedWaitsForWhoTookANumberEarlier(t *testing.T) {
	t.Parallel()
	s := newPostgres(t)
	f := feed.New(s)
	happen(t, s, "directory.user.created", uuid.New())
	before := certain(t, s, f)
	err := s.write(t.Context(), everyConnector, func(slow *tx) error {
		slow.insert("events", []string{"id", "time", "actor_type", "actor", "action"}, [][]any{{newID(), 1, "admin", "slow", "directory.user.created"}}, "")
		if err := slow.flush(); err != nil {
			return err
		}
		happen(t, s, "directory.user.created", uuid.New()) // takes a later number, and is there first
		for range 3 {
			if err := f.Look(t.Context()); err != nil {
				return err
			}
		}
		if through, _ := f.Through(); through != before {
			return fmt.Errorf("while an earlier number is not there the feed reaches %d, want %d", through, before)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	certain(t, s, f)
	if seqs, _ := readFeed(t, s, f, before); len(seqs) != 2 {
		t.Errorf("behind it the feed has %v, want two", seqs)
	}
}

// receiver takes messages, or does not.
type receiver struct {
	*httptest.Server
	mu     sync.Mutex
	status func(m webhook.Message) int
	taken  []webhook.Message
	ids    []string
}

func newReceiver(t *testing.T) *receiver {
	r := &receiver{status: func(webhook.Message) int { return http.StatusNoContent }}
	r.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		body, err := io.ReadAll(q.Body)
		var m webhook.Message
		if err != nil || json.Unmarshal(body, &m) != nil {
			t.Errorf("a message is %s", body)
		}
		r.mu.Lock()
		defer r.mu.Unlock()
		status := r.status(m)
		if status < 300 {
			r.taken, r.ids = append(r.taken, m), append(r.ids, q.Header.Get(webhook.HeaderID))
		}
		w.WriteHeader(status)
	}))
	t.Cleanup(r.Close)
	return r
}

func (r *receiver) answer(f func(m webhook.Message) int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.status = f
}

// got are the numbers of what was taken, by user.
func (r *receiver) got() map[uuid.UUID][]int64 {
	r.mu.Lock()
	defer r.mu.Unlock()
	by := map[uuid.UUID][]int64{}
	for _, m := range r.taken {
		by[m.Data.User.ID] = append(by[m.Data.User.ID], m.Data.Sequence)
	}
	return by
}

// hooks is a store with a feed, a registry and a worker.
type hooks struct {
	*Store
	feed     *feed.Feed
	registry *webhook.Registry
	sender   *webhook.Sender
}

func newHooks(t *testing.T, s *Store) hooks {
	t.Helper()
	h := hooks{Store: s, feed: feed.New(s), sender: webhook.NewSender([]netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}, "test", nil)}
	certain(t, s, h.feed)
	var err error
	if h.registry, err = webhook.NewRegistry(s, h.sender, make([]byte, 32), time.Now, h.feed.Through); err != nil {
		t.Fatal(err)
	}
	return h
}

func (h hooks) worker(t *testing.T) *webhook.Worker {
	t.Helper()
	w, err := webhook.NewWorker(h.Store, h.sender, make([]byte, 32), time.Now, slog.New(slog.DiscardHandler), nil)
	if err != nil {
		t.Fatal(err)
	}
	return w
}

// serve lets a worker send all that is due.
func (h hooks) serve(t *testing.T, w *webhook.Worker, id uuid.UUID) {
	t.Helper()
	if err := w.Serve(t.Context(), id, certain(t, h.Store, h.feed)); err != nil {
		t.Fatal(err)
	}
}

// elapse makes everything due that waits for a time.
func (h hooks) elapse(t *testing.T) {
	t.Helper()
	mustWrite(t, h.Store, func(x *tx) error {
		x.exec(nil, "update webhook_deliveries set next_at = 1 where state = 'pending'")
		x.exec(nil, "update webhooks set next_at = 0")
		return nil
	})
}

func (h hooks) create(t *testing.T, url string, types ...string) webhook.Webhook {
	t.Helper()
	w, _, err := h.registry.CreateWebhook(t.Context(), webhook.New{URL: url, Types: types})
	if err != nil {
		t.Fatal(err)
	}
	return w
}

func TestAReceiverThatWasDownGetsEverythingInTheOrderOfEachUser(t *testing.T) {
	onBoth(t, func(t *testing.T, s *Store) {
		h, r := newHooks(t, s), newReceiver(t)
		happen(t, s, "directory.user.created", uuid.New()) // before: not told
		certain(t, s, h.feed)
		w := h.create(t, r.URL, "user.*")
		worker := h.worker(t)
		users := []uuid.UUID{uuid.New(), uuid.New(), uuid.New()}
		r.answer(func(webhook.Message) int { return http.StatusInternalServerError })
		for range 4 {
			happen(t, s, "directory.user.updated", users...)
			happen(t, s, "directory.membership.added", users...) // not asked for
			h.serve(t, worker, w.ID)
			h.elapse(t)
		}
		if got := r.got(); len(got) != 0 {
			t.Fatalf("it took %v", got)
		}
		down, waiting, err := h.registry.Webhook(t.Context(), w.ID)
		if err != nil || down.Failures == 0 || down.FailingSince.IsZero() || down.LastError == "" || waiting.Pending != 12 || waiting.Oldest.IsZero() {
			t.Errorf("while it is down it is %+v %+v, %v", down, waiting, err)
		}
		r.answer(func(webhook.Message) int { return http.StatusOK })
		h.serve(t, worker, w.ID)
		got := r.got()
		for _, u := range users {
			if len(got[u]) != 4 || !slices.IsSorted(got[u]) {
				t.Errorf("of a user it took %v", got[u])
			}
		}
		back, waiting, err := h.registry.Webhook(t.Context(), w.ID)
		if err != nil || len(got) != 3 || back.Failures != 0 || back.LastSuccess.IsZero() || waiting != (webhook.Backlog{}) {
			t.Errorf("in the end: %d users, %+v %+v, %v", len(got), back, waiting, err)
		}
	})
}

func TestOneUserWhoseMessageIsRefusedHoldsUpNobodyElse(t *testing.T) {
	onBoth(t, func(t *testing.T, s *Store) {
		h, r := newHooks(t, s), newReceiver(t)
		w, worker := h.create(t, r.URL), h.worker(t)
		ada, bob := uuid.New(), uuid.New()
		r.answer(func(m webhook.Message) int {
			if m.Data.User.ID == ada {
				return http.StatusBadRequest
			}
			return http.StatusOK
		})
		happen(t, s, "directory.user.created", ada, bob)
		happen(t, s, "directory.user.updated", ada, bob)
		h.serve(t, worker, w.ID)
		if got := r.got(); len(got[ada]) != 0 || len(got[bob]) != 2 {
			t.Errorf("taken: %v", got)
		}
		page, err := h.registry.Deliveries(t.Context(), w.ID, webhook.Pending, directory.Listing{Limit: 10})
		if err != nil || len(page.Items) != 2 || page.Items[0].Attempts != 0 || page.Items[1].Attempts != 1 || page.Items[1].Status != 400 {
			t.Errorf("pending: %+v, %v", page.Items, err)
		}
	})
}

func TestOneWorkerAtATimeSendsToAWebhook(t *testing.T) {
	onBoth(t, func(t *testing.T, s *Store) {
		h, r := newHooks(t, s), newReceiver(t)
		w := h.create(t, r.URL)
		var users []uuid.UUID
		for range 40 {
			users = append(users, uuid.New())
		}
		happen(t, s, "directory.user.created", users...)
		through := certain(t, s, h.feed)
		var all sync.WaitGroup
		for range 4 {
			worker := h.worker(t)
			all.Go(func() {
				for range 3 {
					if err := worker.Serve(t.Context(), w.ID, through); err != nil {
						t.Error(err)
					}
				}
			})
		}
		all.Wait()
		h.serve(t, h.worker(t), w.ID)
		r.mu.Lock()
		defer r.mu.Unlock()
		if slices.Sort(r.ids); len(r.ids) != 40 || len(slices.Compact(r.ids)) != 40 {
			t.Errorf("the receiver took %d messages, want 40, each once", len(r.ids))
		}
	})
}

// Of a worker that was killed between sending and writing that down, another one sends again.
func TestWhatAWorkerDidNotWriteDownIsSentAgain(t *testing.T) {
	onBoth(t, func(t *testing.T, s *Store) {
		h, r := newHooks(t, s), newReceiver(t)
		w := h.create(t, r.URL)
		happen(t, s, "directory.user.created", uuid.New())
		through := certain(t, s, h.feed)
		held, ours, err := s.LeaseWebhook(t.Context(), w.ID, "killed", time.Minute)
		if err != nil || !ours {
			t.Fatal(ours, err)
		}
		if waiting, _, err := s.FillWebhook(t.Context(), held, "killed", through, 10); err != nil || len(waiting) != 1 {
			t.Fatal(waiting, err)
		}
		h.serve(t, h.worker(t), w.ID)
		if len(r.got()) != 0 {
			t.Fatal("somebody else sent while the lease was held")
		}
		mustWrite(t, s, func(x *tx) error { x.exec(nil, "update webhooks set lease_until = 1"); return nil })
		h.serve(t, h.worker(t), w.ID)
		if len(r.got()) != 1 {
			t.Error("when the lease has ended nobody sends")
		}
		late := webhook.Round{Webhook: held}
		late.Webhook.State, late.Webhook.Reason = webhook.Disabled, webhook.ReasonGone
		if err := s.KeepRound(t.Context(), w.ID, "killed", late); err != nil {
			t.Fatal(err)
		}
		if now, _, err := h.registry.Webhook(t.Context(), w.ID); err != nil || now.State != webhook.Enabled {
			t.Errorf("who lost its lease wrote down %+v, %v", now, err)
		}
	})
}

func TestGoneDisablesAndEnablingSendsWhatWaited(t *testing.T) {
	onBoth(t, func(t *testing.T, s *Store) {
		h, r := newHooks(t, s), newReceiver(t)
		w, worker := h.create(t, r.URL), h.worker(t)
		r.answer(func(webhook.Message) int { return http.StatusGone })
		happen(t, s, "directory.user.created", uuid.New())
		h.serve(t, worker, w.ID)
		gone, _, err := h.registry.Webhook(t.Context(), w.ID)
		if err != nil || gone.State != webhook.Disabled || gone.Reason != webhook.ReasonGone {
			t.Fatalf("after 410 it is %+v, %v", gone, err)
		}
		r.answer(func(webhook.Message) int { return http.StatusOK })
		happen(t, s, "directory.user.updated", uuid.New())
		h.serve(t, worker, w.ID)
		if len(r.got()) != 0 {
			t.Error("it is sent to although it is disabled")
		}
		enabled := webhook.Enabled
		if _, err := h.registry.UpdateWebhook(t.Context(), w.ID, func(v int64) bool { return v == gone.Version }, webhook.Change{State: &enabled}); err != nil {
			t.Fatal(err)
		}
		h.serve(t, worker, w.ID)
		if got := r.got(); len(got) != 2 {
			t.Errorf("when it is enabled again it takes %v", got)
		}
		actions := map[string]int{}
		page, err := s.Events(t.Context(), directory.EventQuery{EventFilter: directory.EventFilter{Action: "webhook."}}, directory.Listing{Limit: 50})
		for _, e := range page.Items {
			actions[e.Action]++
		}
		if err != nil || actions["webhook.created"] != 1 || actions["webhook.disabled"] != 1 || actions["webhook.changed"] != 1 {
			t.Errorf("the audit says %v, %v", actions, err)
		}
	})
}

func TestADeliveryIsSentAgainOnRequest(t *testing.T) {
	onBoth(t, func(t *testing.T, s *Store) {
		h, r := newHooks(t, s), newReceiver(t)
		w, worker := h.create(t, r.URL), h.worker(t)
		happen(t, s, "directory.user.created", uuid.New())
		h.serve(t, worker, w.ID)
		page, err := h.registry.Deliveries(t.Context(), w.ID, "", directory.Listing{Limit: 10})
		if err != nil || len(page.Items) != 1 || page.Items[0].State != webhook.Delivered || page.Items[0].Status != 204 {
			t.Fatalf("deliveries: %+v, %v", page.Items, err)
		}
		if again, err := h.registry.Redeliver(t.Context(), w.ID, page.Items[0].ID); err != nil || again.State != webhook.Pending || again.Attempts != 0 {
			t.Fatalf("again: %+v, %v", again, err)
		}
		h.serve(t, worker, w.ID)
		if len(r.ids) != 2 || r.ids[0] != r.ids[1] {
			t.Errorf("taken with the ids %v, want one id twice", r.ids)
		}
		for _, err := range []error{second(h.registry.Redeliver(t.Context(), w.ID, uuid.New())), second(h.registry.Redeliver(t.Context(), uuid.New(), page.Items[0].ID)),
			second(h.registry.Deliveries(t.Context(), uuid.New(), "", directory.Listing{Limit: 1})), h.registry.DeleteWebhook(t.Context(), uuid.New())} {
			if !errors.Is(err, tenants.ErrUnknown) {
				t.Errorf("what is not there is %v", err)
			}
		}
		if n, err := s.DropDeliveries(t.Context(), time.Now().Add(time.Minute)); err != nil || n != 1 {
			t.Errorf("dropped %d, %v", n, err)
		}
	})
}

func second[T any](_ T, err error) error { return err }

func TestAWebhookOfADirectoryIsToldOfThatDirectoryAlone(t *testing.T) {
	onBoth(t, func(t *testing.T, s *Store) {
		h, r := newHooks(t, s), newReceiver(t)
		w, _, err := h.registry.CreateWebhook(t.Context(), webhook.New{URL: r.URL, Directory: "MAIN"})
		if err != nil || w.Directory != "main" {
			t.Fatal(w, err)
		}
		if _, _, err := h.registry.CreateWebhook(t.Context(), webhook.New{URL: r.URL, Directory: "nowhere"}); !errors.Is(err, tenants.ErrUnknown) {
			t.Errorf("of no directory: %v", err)
		}
		inside := uuid.New()
		happen(t, s, "directory.user.created", uuid.New())
		mustWrite(t, s, func(x *tx) error {
			x.insert("events", []string{"id", "time", "directory_id", "actor_type", "actor", "action", "user_id"}, [][]any{{newID(), 1, w.DirectoryID, "admin", "test", "directory.user.created", inside}}, "")
			return nil
		})
		h.serve(t, h.worker(t), w.ID)
		if got := r.got(); len(got) != 1 || len(got[inside]) != 1 || r.taken[0].Data.Directory != "main" {
			t.Errorf("it is told of %v", got)
		}
	})
}

func TestBothSecretsSignDuringARotation(t *testing.T) {
	onBoth(t, func(t *testing.T, s *Store) {
		h, r := newHooks(t, s), newReceiver(t)
		w := h.create(t, r.URL)
		count := func() int {
			var n int
			r.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
				n = len(strings.Fields(q.Header.Get(webhook.HeaderSignature)))
				w.WriteHeader(http.StatusOK)
			})
			if o, err := h.registry.TestWebhook(context.WithoutCancel(t.Context()), w.ID); err != nil || !o.Taken() {
				t.Fatalf("%+v, %v", o, err)
			}
			return n
		}
		if n := count(); n != 1 {
			t.Errorf("%d signatures before", n)
		}
		if _, _, err := h.registry.RotateWebhookSecret(t.Context(), w.ID, time.Hour, ""); err != nil {
			t.Fatal(err)
		}
		if n := count(); n != 2 {
			t.Errorf("%d signatures during", n)
		}
		if _, _, err := h.registry.RotateWebhookSecret(t.Context(), w.ID, 0, ""); err != nil {
			t.Fatal(err)
		}
		if n := count(); n != 1 {
			t.Errorf("%d signatures when the old one is dead at once", n)
		}
	})
}
