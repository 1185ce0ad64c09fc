package faults

import (
	"cmp"
	"context"
	"fmt"
	"path/filepath"
	"slices"
)

// judge checks every invariant, now that all is quiet.
func (a *Arena) judge(ctx context.Context, row *Row) error {
	attempts, err := ReadLedger(filepath.Join(a.dir, "ledger"))
	if err != nil {
		return err
	}
	history := History(attempts)
	for _, c := range history {
		if c.Acknowledged {
			row.Acknowledged++
		}
	}
	for _, attempt := range attempts {
		if attempt.Outcome == Unknown {
			row.Unknown++
		}
	}
	if row.Void() {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, settling+checking)
	defer cancel()
	var spaces []space
	for i := range a.Replicas() {
		seen, wrong, err := a.judgeReplica(ctx, i, history)
		if err != nil {
			return fmt.Errorf("checking through replica %d: %w", i, err)
		}
		a.reportAll(wrong)
		spaces = seen
	}
	a.reportAll(judgeReads(a.watch.reads, history))
	if err := a.judgeAudit(ctx, attempts); err != nil {
		return fmt.Errorf("checking the audit: %w", err)
	}
	wrong, err := a.judgeDatabase(ctx, spaces)
	if err != nil {
		return fmt.Errorf("checking the database: %w", err)
	}
	a.reportAll(wrong)
	if a.scenario.Check != nil {
		wrong, err := a.scenario.Check(ctx, a)
		if err != nil {
			return fmt.Errorf("checking further: %w", err)
		}
		a.reportAll(wrong)
	}
	if wrong, err = a.judgeConvergence(ctx); err != nil {
		return fmt.Errorf("checking convergence: %w", err)
	}
	a.reportAll(wrong)
	row.Findings = distinct(a.watch.all())
	return nil
}

func (a *Arena) reportAll(wrong []Finding) {
	for _, f := range wrong {
		a.watch.report(f)
	}
}

// distinct drops what was found on more than one replica.
func distinct(all []Finding) []Finding {
	slices.SortStableFunc(all, func(x, y Finding) int {
		return cmp.Or(cmp.Compare(x.Invariant, y.Invariant), cmp.Compare(x.Harm, y.Harm), cmp.Compare(x.Text, y.Text))
	})
	return slices.Compact(all)
}

// judgeReplica checks what one replica answers: to each IdP what was acknowledged to it, and to
// administrators the directory that records and rules make.
func (a *Arena) judgeReplica(ctx context.Context, replica int, history []*Change) (spaces []space, wrong []Finding, err error) {
	if err := a.admin(replica).settled(ctx); err != nil {
		return nil, nil, err
	}
	for _, d := range a.doors {
		s, odd, err := readSpace(ctx, a.ReplicaURL(replica), d)
		if err != nil {
			return nil, nil, err
		}
		spaces, wrong = append(spaces, s), append(wrong, odd...)
		wrong = append(wrong, judgeSpace(s, history)...)
	}
	people, err := a.admin(replica).directory(ctx)
	if err != nil {
		return nil, nil, err
	}
	return spaces, append(wrong, compareDirectory(derive(spaces, history), people)...), nil
}

func (a *Arena) judgeAudit(ctx context.Context, attempts []Attempt) error {
	for i, d := range a.doors {
		events, err := a.admin(i%a.Replicas()).events(ctx, d.slug)
		if err != nil {
			return err
		}
		a.reportAll(judgeEvents(d.slug, events, attempts))
	}
	return nil
}

// judgeConvergence lets every IdP send all it knows, twice. The second time nothing is written:
// no version moves and no event is made.
func (a *Arena) judgeConvergence(ctx context.Context) (wrong []Finding, err error) {
	if wrong, err = a.resync(ctx); err != nil {
		return nil, err
	}
	before, err := a.marks(ctx)
	if err != nil {
		return nil, err
	}
	odd, err := a.resync(ctx)
	if err != nil {
		return nil, err
	}
	after, err := a.marks(ctx)
	if err != nil {
		return nil, err
	}
	moved := 0
	for what, mark := range after {
		if before[what] != mark {
			moved++
		}
	}
	if moved > 0 || len(before) != len(after) {
		odd = append(odd, found(convergence, Wrong, "a second full resync wrote: %d versions or counts of events moved; events %s, then %s", moved, before["events"], after["events"]))
	}
	return append(wrong, odd...), nil
}

// marks are the versions of all resources, and how many events there are.
func (a *Arena) marks(ctx context.Context) (map[string]string, error) {
	if err := a.admin(0).settled(ctx); err != nil {
		return nil, err
	}
	marks := make(map[string]string)
	for i, d := range a.doors {
		s, _, err := readSpace(ctx, a.ReplicaURL(i%a.Replicas()), d)
		if err != nil {
			return nil, err
		}
		for id, tag := range s.Tags {
			marks[d.slug+" "+id] = tag
		}
	}
	rows, err := a.Query(ctx, a.databaseURL(), "select count(*) from events")
	if err != nil {
		return nil, err
	}
	marks["events"] = fmt.Sprint(rows)
	return marks, nil
}
