package directory

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/google/uuid"
)

const (
	settleBatch  = 500                    // records a worker takes at once
	settleSmall  = 25                     // when a batch fails: to keep one bad record from the others
	pollInterval = 500 * time.Millisecond // how soon a worker finds what another replica queued
)

// Work settles what was queued until ctx ends. Any number of processes may work on one
// database. A batch is one transaction: killed in the middle, its records are still queued.
func (d *Directory) Work(ctx context.Context) {
	poll := time.NewTicker(pollInterval)
	defer poll.Stop()
	for {
		if err := d.Drain(ctx); err != nil && ctx.Err() == nil {
			d.log.Error("settling queued records", "error", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-d.wake:
		case <-poll.C:
		}
	}
}

// Drain settles batches of every directory until nothing is due.
func (d *Directory) Drain(ctx context.Context) error {
	directories, err := d.store.Directories(ctx)
	if err != nil {
		return fmt.Errorf("reading the directories: %w", err)
	}
	for _, info := range directories {
		for {
			n, err := d.settleDue(ctx, info.ID, settleBatch)
			if err != nil {
				n, err = d.settleDue(ctx, info.ID, settleSmall)
			}
			if err != nil {
				return fmt.Errorf("directory %s: %w", info.Name, err)
			}
			if n == 0 {
				break
			}
		}
	}
	return ctx.Err()
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
		for _, id := range sortedIDs(scene.People) {
			if err := w.settle(scene.People[id]); err != nil {
				return fmt.Errorf("settling user %s: %w", id, err)
			}
		}
		return w.settleNewcomers(scene.Records)
	})
	return taken, err
}

// settleNewcomers settles records that have no user yet. Two of them that share a key could
// mean one person, and the second must see what came of the first: it goes back to the queue.
func (w *work) settleNewcomers(records map[uuid.UUID]*RecordRow) error {
	var keys []Keys
	var locks []string
	seen := make(map[string]bool)
	for _, id := range sortedIDs(records) {
		r := records[id]
		if r.ViewState == NoView {
			continue
		}
		k := r.keys()
		own := k.locks()
		if slices.ContainsFunc(own, func(lock string) bool { return seen[lock] }) {
			w.queue(r.Connector, r.ID)
			continue
		}
		for _, lock := range own {
			seen[lock] = true
		}
		keys, locks = append(keys, k), append(locks, own...)
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
	chosen := make(map[uuid.UUID]bool)
	for _, k := range keys {
		own := candidates[k.Record]
		if slices.ContainsFunc(own, func(c CandidateRow) bool { return chosen[c.User] }) {
			w.queue(k.Connector, k.Record)
			continue
		}
		for _, c := range own {
			chosen[c.User] = true
		}
		if err := w.settleUnlinked(records[k.Record], own); err != nil {
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
