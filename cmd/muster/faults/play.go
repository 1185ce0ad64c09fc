package faults

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"sync"
	"time"
)

// play puts the load on, breaks and heals, and ends the load.
func (a *Arena) play(ctx context.Context, row *Row) (err error) {
	path := filepath.Join(a.dir, "ledger")
	if a.ledger, err = CreateLedger(path); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, a.ledger.Close()) }()
	a.load = newLoad(a.doors, a.targets, a.ledger, a.watch, a.seed)
	a.load.target, a.load.pace = cmp.Or(a.scenario.Target, 60), a.scenario.Pace
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var reading sync.WaitGroup
	// Behind a proxy replicas come and go, which those who go to them directly do see.
	killed := func() bool { return a.scenario.Proxied || a.load.killed.Load() }
	r := readers{doors: a.doors, admin: a.AdminToken(), replicas: a.replicaURLs(), watch: a.watch, killed: killed}
	reads, endReads := context.WithCancel(ctx)
	for i := range a.Replicas() {
		reading.Go(func() { r.run(reads, i, rand.New(rand.NewPCG(a.seed, uint64(100+i)))) })
	}
	a.load.start(ctx)
	err = a.breakAndHeal(ctx, row)
	endReads()
	reading.Wait()
	giveUp := time.AfterFunc(finishing, cancel)
	defer giveUp.Stop()
	return errors.Join(err, a.load.stop())
}

// breakAndHeal waits for the load, measures it, breaks and heals, and lets it go on for a while.
func (a *Arena) breakAndHeal(ctx context.Context, row *Row) error {
	if err := pause(ctx, warmUp); err != nil {
		return err
	}
	from := time.Now()
	if err := pause(ctx, baseline); err != nil {
		return err
	}
	begin := time.Now()
	row.Load = float64(a.watch.acknowledged(from, begin)) / begin.Sub(from).Seconds()
	if row.Load < row.Floor {
		return nil // void: there is no use in going on
	}
	_, calm := a.watch.slowest("", from, begin)
	a.load.killed.Store(a.scenario.Kills)
	if err := a.scenario.Break(ctx, a); err != nil {
		return fmt.Errorf("breaking and healing: %w", err)
	}
	end := time.Now()
	if a.Healed.IsZero() {
		a.Healed = end
	}
	if err := a.recover(ctx, row); err != nil {
		return err
	}
	if err := pause(ctx, aftermath); err != nil {
		return err
	}
	longest, p99 := a.watch.slowest("", begin, time.Now())
	a.note("p99 of the answers %v before, %v from the fault on, the longest %v", calm.Round(time.Millisecond), p99.Round(time.Millisecond), longest.Round(time.Millisecond))
	return nil
}

// recover waits until a change of each tenant is acknowledged that began after the heal.
func (a *Arena) recover(ctx context.Context, row *Row) error {
	for deadline := time.Now().Add(finishing); time.Now().Before(deadline); {
		if took, ok := a.watch.firstAfter(a.Healed); ok {
			row.Recovery = took
			if a.scenario.Within > 0 && took > a.scenario.Within {
				a.watch.report(found(recovery, Wrong, "it took %v until every tenant's changes were acknowledged again, and may take %v", took.Round(time.Millisecond), a.scenario.Within))
			}
			return nil
		}
		if err := pause(ctx, 10*time.Millisecond); err != nil {
			return err
		}
	}
	a.watch.report(found(recovery, Wrong, "%v after the heal the changes of a tenant are still not acknowledged", finishing))
	return nil
}

// pause waits, or fails when ctx ends.
func pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
