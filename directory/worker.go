package directory

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"runtime"
	"slices"
	"sync"
	"time"

	"github.com/google/uuid"
)

const (
	settleBatch  = 200                    // records a worker takes at once, each with all that waits for it
	settleSmall  = 25                     // when a batch fails: to keep one bad record from the others
	putOff       = 30 * time.Second       // a record that cannot be settled
	pollInterval = 500 * time.Millisecond // how soon a worker finds what another replica queued
)

// Work settles what was queued until ctx ends. Any number of processes may work on one
// database. A batch is one transaction: killed in the middle, its records are still queued.
func (d *Directory) Work(ctx context.Context) {
	var jobs sync.WaitGroup
	jobs.Go(func() { d.work(ctx) })
	jobs.Go(func() { d.importWorker(ctx) })
	defer jobs.Wait()
	poll := time.NewTicker(pollInterval)
	defer poll.Stop()
	for {
		if err := d.settleQueue(ctx); err != nil && ctx.Err() == nil {
			d.log.Error("settling queued records", "error", err)
		}
		if err := d.Tend(ctx); err != nil && ctx.Err() == nil {
			d.log.Error("looking after the safety limits", "error", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-d.wake:
		case <-poll.C:
		}
	}
}

// Drain finishes every job and settles batches of every directory until nothing is due.
func (d *Directory) Drain(ctx context.Context) error {
	return errors.Join(d.workImports(ctx), d.workJobs(ctx), d.settleQueue(ctx))
}

// settleQueue settles what is due. A deployment may have many directories: only those that have
// something due are visited.
func (d *Directory) settleQueue(ctx context.Context) error {
	due, err := d.store.DueDirectories(ctx, d.now())
	if err != nil {
		return fmt.Errorf("looking for queued records: %w", err)
	}
	for _, id := range due {
		for n := 1; n > 0; {
			if n, err = d.settleSome(ctx, id); err != nil {
				return fmt.Errorf("directory %s: %w", id, err)
			}
		}
	}
	return ctx.Err()
}

// settleSome settles due records and returns how many it took from the queue. When a batch fails,
// a small one is tried, and then a single record; one that fails even alone is put off, so that
// it keeps nobody else from being settled.
func (d *Directory) settleSome(ctx context.Context, directory uuid.UUID) (n int, err error) {
	for _, limit := range []int{settleBatch, settleSmall, 1} {
		if n, err = d.settleDue(ctx, directory, limit); err == nil || ctx.Err() != nil {
			return n, err
		}
	}
	cause := err
	err = d.change(ctx, Scope{Directory: directory}, worker, func(w *work) error {
		records, err := w.tx.DueRecords(ctx, w.now, 1)
		n = len(records)
		for _, id := range records {
			w.changes.Queue = append(w.changes.Queue, QueueRow{Record: id, Due: w.now.Add(putOff)})
			d.log.Error("settling a queued record; it is put off", "record", id, "until", w.now.Add(putOff), "error", cause)
		}
		return err
	})
	if err != nil {
		return 0, errors.Join(cause, err)
	}
	return n, nil
}

// settleDue settles one batch of due records and returns how many it took from the queue.
func (d *Directory) settleDue(ctx context.Context, directory uuid.UUID, limit int) (int, error) {
	taken := 0
	err := d.change(ctx, Scope{Directory: directory}, worker, func(w *work) error {
		records, err := w.tx.DueRecords(ctx, w.now, limit)
		if err != nil {
			return err
		}
		taken = len(records)
		if taken == 0 {
			return nil
		}
		scene, err := w.load(Request{Records: records, GroupKeys: w.allNames()})
		if err != nil {
			return err
		}
		w.leaveDeleted(records, scene)
		return w.settleScene(scene)
	})
	return taken, err
}

// settleScene settles everybody in a scene.
func (w *work) settleScene(scene *Scene) error {
	// Newcomers first: a person whose record was deleted and made anew is settled once, with both.
	w.awaited = scene.People
	if err := w.settleNewcomers(scene.Records); err != nil {
		return err
	}
	for _, id := range sortedIDs(scene.People) {
		runtime.Gosched() // hundreds take a core for as long as a request should take at most
		if w.settled[id] {
			continue
		}
		if w.retiring.keeps(scene.People[id]) {
			w.letGo(scene.People[id])
			continue
		}
		if err := w.settle(scene.People[id]); err != nil {
			return fmt.Errorf("settling user %s: %w", id, err)
		}
	}
	return nil
}

// leaveDeleted drops the edges of records that are neither anybody's nor there any more: a large
// request may have added them while they were deleted. (Those of a user are settle's.)
func (w *work) leaveDeleted(records []uuid.UUID, scene *Scene) {
	there := make(map[uuid.UUID]bool, len(records))
	for id := range scene.Records {
		there[id] = true
	}
	for _, p := range scene.People {
		for _, r := range p.Records {
			there[r.ID] = true
		}
	}
	for _, id := range records {
		if !there[id] {
			w.changes.Leave = append(w.changes.Leave, id)
		}
	}
}

// settleNewcomers settles records that have no user yet.
func (w *work) settleNewcomers(records map[uuid.UUID]*RecordRow) error {
	var keys []Keys
	var locks []string
	for _, id := range sortedIDs(records) {
		if r := records[id]; r.ViewState != NoView {
			k := w.keys(r)
			keys, locks = append(keys, k), append(locks, k.locks()...)
		}
	}
	if len(keys) == 0 {
		return nil
	}
	scene, err := w.load(Request{Keys: locks, Candidates: keys})
	if err != nil {
		return err
	}
	candidates := make(map[uuid.UUID][]CandidateRow)
	for _, c := range scene.Candidates {
		candidates[c.For] = append(candidates[c.For], c)
	}
	for _, k := range keys {
		runtime.Gosched()
		if err := w.settleUnlinked(records[k.Record], candidates[k.Record]); err != nil {
			return fmt.Errorf("settling record %s: %w", k.Record, err)
		}
	}
	return nil
}

// allNames are the keys of the groups that any connector's rules name.
func (w *work) allNames() []string {
	var names []string
	for _, c := range w.settings.Connectors {
		names = append(names, c.Policy.Rules.Names()...)
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// sortedIDs is the order in which people are settled and locked.
func sortedIDs[T any](m map[uuid.UUID]T) []uuid.UUID {
	return slices.SortedFunc(maps.Keys(m), func(a, b uuid.UUID) int { return slices.Compare(a[:], b[:]) })
}

func merge[T any](a, b map[uuid.UUID]T) map[uuid.UUID]T {
	out := maps.Clone(a)
	if out == nil {
		out = make(map[uuid.UUID]T, len(b))
	}
	maps.Copy(out, b)
	return out
}
