package storagetest

import (
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/muster-scim/muster/directory"
	"github.com/muster-scim/muster/policy"
	"github.com/muster-scim/muster/tenants"
)

func (w *storeWorld) queue(t *testing.T, c tenants.Connector, due time.Time, records ...uuid.UUID) {
	t.Helper()
	changes := &directory.Changes{}
	for _, id := range records {
		changes.Queue = append(changes.Queue, directory.QueueRow{Connector: c.ID, Record: id, Due: due})
	}
	w.save(t, c, changes)
}

// due takes what is due at a time, in a transaction of its own.
func (w *storeWorld) due(t *testing.T, c tenants.Connector, at time.Time, limit int) []uuid.UUID {
	t.Helper()
	var due []uuid.UUID
	w.write(t, directory.Scope{Directory: c.DirectoryID}, func(tx directory.Tx) (err error) {
		due, err = tx.DueRecords(t.Context(), at, limit)
		return err
	})
	return due
}

func dueRecordsAreTakenOnce(t *testing.T, w *storeWorld) {
	soon, later, twice := newID(), newID(), newID()
	w.queue(t, w.acme, w.now, soon, twice, twice)
	w.queue(t, w.acme, w.now.Add(time.Hour), later)
	if n := w.pending(t, w.acme); n != 2 {
		t.Errorf("%d records pending, want the 2 that are due", n)
	}
	if got := w.due(t, w.acme, w.now.Add(-time.Second), 10); len(got) != 0 {
		t.Errorf("taken before their time: %v", got)
	}
	if got := w.due(t, w.acme, w.now, 10); !slices.Equal(got, []uuid.UUID{soon, twice}) {
		t.Errorf("took %v, want %v and %v once", got, soon, twice)
	}
	if got := w.due(t, w.acme, w.now.Add(time.Hour), 10); !slices.Equal(got, []uuid.UUID{later}) {
		t.Errorf("took %v, want the later one", got)
	}
	w.queue(t, w.acme, w.now, soon)
	err := w.Write(t.Context(), directory.Scope{Directory: w.acme.DirectoryID}, func(tx directory.Tx) error {
		if _, err := tx.DueRecords(t.Context(), w.now, 10); err != nil {
			return err
		}
		return errStop
	})
	if err == nil || w.pending(t, w.acme) != 1 {
		t.Errorf("a worker that failed took its records along (%v)", err)
	}
}

func queuedDuringSettling(t *testing.T, w *storeWorld) {
	for range 20 {
		if w.queuesDuringSettling(t) {
			return
		}
	}
	t.Error("no transaction of twenty succeeded at once")
}

// queuesDuringSettling queues a record while a transaction has taken it, and expects it to be due
// afterwards. It is false when that transaction had to run again: then it took both.
func (w *storeWorld) queuesDuringSettling(t *testing.T) bool {
	id := newID()
	w.queue(t, w.acme, w.now, id)
	taken, queued := make(chan struct{}), make(chan error, 1)
	go func() {
		<-taken
		queued <- w.Write(t.Context(), scopeOf(w.acme), func(tx directory.Tx) error {
			tx.Save(&directory.Changes{Queue: []directory.QueueRow{{Connector: w.acme.ID, Record: id, Due: w.now}}})
			return nil
		})
	}()
	runs := 0
	w.write(t, directory.Scope{Directory: w.acme.DirectoryID}, func(tx directory.Tx) error {
		got, err := tx.DueRecords(t.Context(), w.now, 10)
		if err != nil {
			return err
		}
		if !slices.Contains(got, id) {
			t.Errorf("took %v, want the record", got)
		}
		if runs++; runs == 1 {
			close(taken)
		}
		return nil
	})
	if err := <-queued; err != nil {
		t.Fatalf("queueing: %v", err)
	}
	if runs > 1 {
		return false
	}
	if got := w.due(t, w.acme, w.now, 10); !slices.Equal(got, []uuid.UUID{id}) {
		t.Errorf("afterwards %v is due, want the record again", got)
	}
	return true
}

func workersShareTheQueue(t *testing.T, w *storeWorld) {
	var all []uuid.UUID
	for range 300 {
		all = append(all, newID())
	}
	w.queue(t, w.acme, w.now, all...)
	taken := make(map[uuid.UUID]int)
	var mu sync.Mutex
	var workers sync.WaitGroup
	for range 6 {
		workers.Go(func() {
			for {
				var got []uuid.UUID
				err := w.Write(t.Context(), directory.Scope{Directory: w.acme.DirectoryID}, func(tx directory.Tx) (err error) {
					got, err = tx.DueRecords(t.Context(), w.now, 7)
					return err
				})
				if err != nil {
					t.Errorf("taking: %v", err)
					return
				}
				mu.Lock()
				for _, id := range got {
					taken[id]++
				}
				done := len(taken) == len(all) || len(got) == 0
				mu.Unlock()
				if done {
					return
				}
			}
		})
	}
	workers.Wait()
	for _, id := range w.due(t, w.acme, w.now, 1000) { // a worker may stop while others hold the rest
		taken[id]++
	}
	for _, id := range all {
		if taken[id] != 1 {
			t.Errorf("record %v was taken %d times", id, taken[id])
		}
	}
}

func recordsAreTakenWhole(t *testing.T, w *storeWorld) {
	often, once := newID(), newID()
	w.queue(t, w.acme, w.now.Add(-time.Hour), often)
	w.queue(t, w.acme, w.now.Add(-time.Minute), once, often)
	w.queue(t, w.acme, w.now, often)
	w.queue(t, w.acme, w.now.Add(time.Hour), often)
	if got := w.due(t, w.acme, w.now, 1); !slices.Equal(got, []uuid.UUID{often}) {
		t.Fatalf("first %v was taken, want the one that waits longest", got)
	}
	if got := w.due(t, w.acme, w.now, 10); !slices.Equal(got, []uuid.UUID{once}) {
		t.Errorf("then %v was taken, want the other one alone", got)
	}
	if got := w.due(t, w.acme, w.now.Add(time.Hour), 10); !slices.Equal(got, []uuid.UUID{often}) {
		t.Errorf("an hour later %v was taken, want what was due only then", got)
	}
}

func connectorsAreQueued(t *testing.T, w *storeWorld) {
	r, u := w.person(t, w.acme, "aki")
	gone, goneUser := w.person(t, w.acme, "gone")
	gone.State, gone.DeletedAt = policy.Deleted, w.now
	unlinked, forgotten := w.record(w.acme, "new"), w.record(w.acme, "forgotten")
	unlinked.ViewState = directory.NoView
	forgotten.State, forgotten.DeletedAt = policy.Deleted, w.now
	r.ViewJSON = []byte(`{"userName":"old"}`)
	w.save(t, w.acme, &directory.Changes{Record: gone, Links: []*directory.RecordRow{r, gone}})
	w.save(t, w.acme, &directory.Changes{NewRecord: unlinked})
	w.save(t, w.acme, &directory.Changes{NewRecord: forgotten})
	foreign, _ := w.person(t, w.globex, "foreign")

	g := w.group(t, w.acme, "Old name", r.ID, gone.ID)
	dropped := w.group(t, w.acme, "Dropped")
	g.DisplayName, g.NameKey, g.Version = "New name", "new name", 2
	fresh := edge(w.acme, g.ID, unlinked.ID)
	fresh.Viewed = false
	w.save(t, w.acme, &directory.Changes{GroupRecord: g, AddEdges: []directory.NewEdge{fresh}, SayNoMore: []directory.EdgeKey{{Group: g.ID, Member: gone.ID}}})
	dropped.DeletedAt = w.now
	w.save(t, w.acme, &directory.Changes{GroupRecord: dropped})

	w.write(t, directory.Scope{Directory: w.acme.DirectoryID}, func(tx directory.Tx) error {
		if _, err := tx.Load(t.Context(), directory.Request{Exclusive: true}); err != nil {
			return err
		}
		tx.Save(&directory.Changes{AdvanceRest: &directory.AdvanceRest{Connector: w.acme.ID}, QueueAll: &directory.QueueAll{Connector: w.acme.ID}, TouchedAt: w.now})
		return nil
	})
	want := []uuid.UUID{r.ID, gone.ID, unlinked.ID}
	slices.SortFunc(want, func(a, b uuid.UUID) int { return slices.Compare(a[:], b[:]) })
	if got := w.due(t, w.acme, w.now, 10); !slices.Equal(got, want) {
		t.Errorf("queued %v, want %v: without the tombstone of nobody and the other connector", got, want)
	}
	scene := w.load(t, scopeOf(w.acme), directory.Request{Records: []uuid.UUID{r.ID, gone.ID, unlinked.ID}})
	if p := scene.People[u.ID]; p == nil || p.Records[0].ViewJSON != nil || p.Records[0].ViewState != directory.ViewState(policy.Active) ||
		len(p.Records[0].Groups) != 1 || p.Records[0].Groups[0].Key != "new name" {
		t.Errorf("the view was not advanced: %+v", p)
	}
	if p := scene.People[goneUser.ID]; p == nil || p.Records[0].ViewState != directory.ViewState(policy.Deleted) || len(p.Records[0].Groups) != 0 {
		t.Errorf("the tombstone's view was not advanced: %+v", p)
	}
	if x := scene.Records[unlinked.ID]; x == nil || x.ViewState != directory.ViewState(policy.Active) || len(x.Groups) != 1 {
		t.Errorf("the new record's view was not advanced: %+v", x)
	}
	w.save(t, w.acme, &directory.Changes{QueueAll: &directory.QueueAll{Directory: true}, TouchedAt: w.now})
	if got := w.due(t, w.acme, w.now, 10); len(got) != 4 || !slices.Contains(got, foreign.ID) {
		t.Errorf("of the whole directory %d records were queued, want 4", len(got))
	}
}

func droppedMembersAreQueued(t *testing.T, w *storeWorld) {
	a, _ := w.person(t, w.acme, "a")
	b, _ := w.person(t, w.acme, "b")
	inner := w.group(t, w.acme, "Inner")
	g := w.group(t, w.acme, "Jira", a.ID, inner.ID)
	w.save(t, w.acme, &directory.Changes{AllMembers: &directory.AllMembers{Group: g.ID}, QueueAll: &directory.QueueAll{Members: []uuid.UUID{g.ID}}, TouchedAt: w.now})
	if got := w.due(t, w.acme, w.now, 10); !slices.Equal(got, []uuid.UUID{a.ID}) {
		t.Errorf("queued %v, want the dropped member", got)
	}
	w.save(t, w.acme, &directory.Changes{AddEdges: []directory.NewEdge{edge(w.acme, g.ID, b.ID)}, QueueAll: &directory.QueueAll{Members: []uuid.UUID{g.ID}}, TouchedAt: w.now})
	if got := w.due(t, w.acme, w.now, 10); !slices.Equal(got, []uuid.UUID{b.ID}) {
		t.Errorf("queued %v, want the new member", got)
	}
}
