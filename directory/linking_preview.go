package directory

import (
	"context"
	"slices"

	"github.com/google/uuid"

	"github.com/muster-scim/muster/policy"
)

// Preview is what a decision would do. It is the decision itself, carried out to the end in a
// transaction that is rolled back, and the lines are what its events would tell.
type Preview struct {
	Lines []PlanLine
}

// PreviewDecision says what a decision of a conflict would do.
func (d *Directory) PreviewDecision(ctx context.Context, by Admin, directory string, id uuid.UUID, decision string, user uuid.UUID) (Preview, error) {
	return d.preview(ctx, directory, func(in *Directory) error {
		return in.DecideConflict(ctx, by, directory, id, decision, user)
	})
}

// PreviewUndo says what it would do to take a decision back.
func (d *Directory) PreviewUndo(ctx context.Context, by Admin, directory string, id uuid.UUID) (Preview, error) {
	return d.preview(ctx, directory, func(in *Directory) error { return in.UndoDecision(ctx, by, directory, id) })
}

// PreviewUnlink says what it would do to unlink a connector's records from a user.
func (d *Directory) PreviewUnlink(ctx context.Context, by Admin, directory string, user uuid.UUID, connector string) (Preview, error) {
	return d.preview(ctx, directory, func(in *Directory) error { return in.Unlink(ctx, by, directory, user, connector) })
}

// preview carries f out, and settles at once what it queued.
func (d *Directory) preview(ctx context.Context, directory string, f func(*Directory) error) (Preview, error) {
	var out Preview
	info, err := d.ReadDirectory(ctx, directory)
	if err != nil {
		return out, err
	}
	err = d.store.Try(ctx, func(s Store) error {
		kept := &keeping{Store: s}
		in := New(kept, Options{Now: d.now, Log: d.log})
		people, told := make(map[uuid.UUID]UserRow), make(map[uuid.UUID]*Linked)
		in.watch = func(p *Person, _ *policy.Decision) { people[p.User.ID] = p.User }
		in.matches = func(w *work, r *RecordRow, m matched, people map[uuid.UUID]*Person) (err error) {
			told[r.ID], err = w.linked(r, m, people)
			return err
		}
		if err := f(in); err != nil {
			return err
		}
		if records := kept.queued(); len(records) > 0 {
			err := in.change(ctx, Scope{Directory: info.ID}, worker, func(w *work) error {
				scene, err := w.load(Request{Records: records, GroupKeys: w.allNames()})
				if err != nil {
					return err
				}
				return w.settleScene(scene)
			})
			if err != nil {
				return err
			}
		}
		out.Lines, err = in.linesKept(ctx, directory, kept, people, told)
		return err
	})
	return out, err
}

// keeping is the Store of a preview, which keeps what was written through it, in order.
type keeping struct {
	Store
	saved []*Changes
}

// Write keeps nothing of a run of f that failed, or that the database had run again.
func (k *keeping) Write(ctx context.Context, sc Scope, f func(Tx) error) error {
	before := len(k.saved)
	err := k.Store.Write(ctx, sc, func(tx Tx) error {
		k.saved = k.saved[:before]
		return f(keepingTx{tx, k})
	})
	if err != nil {
		k.saved = k.saved[:before]
	}
	return err
}

type keepingTx struct {
	Tx
	*keeping
}

func (t keepingTx) Save(c *Changes) {
	t.saved = append(t.saved, c)
	t.Tx.Save(c)
}

// queued are the records that would be settled at once.
func (k *keeping) queued() []uuid.UUID {
	var ids []uuid.UUID
	for _, c := range k.saved {
		for _, q := range c.Queue {
			if !q.Due.After(c.TouchedAt) && !slices.Contains(ids, q.Record) {
				ids = append(ids, q.Record)
			}
		}
	}
	return ids
}

// linesKept turns what was written into lines as a plan has them.
func (d *Directory) linesKept(ctx context.Context, directory string, kept *keeping, people map[uuid.UUID]UserRow, told map[uuid.UUID]*Linked) ([]PlanLine, error) {
	var lines []PlanLine
	fresh := make(map[uuid.UUID]bool)
	r := &planner{made: make(map[uuid.UUID]bool)}
	for _, c := range kept.saved {
		for _, u := range c.NewUsers {
			fresh[u.ID], people[u.ID] = true, *u
		}
		for _, g := range c.NewGroups {
			r.made[g.ID] = true
		}
		asked := make(map[string]ConflictRow)
		for _, x := range c.Conflicts {
			asked[x.Record.String()+x.Kind] = x
		}
		for _, e := range c.Events {
			all := r.linesOf(e, told)
			if e.Action == "directory.user.unlinked" {
				all = []PlanLine{{Op: OpUnlinkUser, Detail: LineDetail{Record: e.Record}}}
			}
			for _, l := range all {
				if x := l.Detail.Linked; x != nil && x.Conflict != "" && x.Sentence == "" {
					x.Sentence = asked[e.Record.String()+x.Conflict].Detail.Sentence
				}
				l.User, l.Place = e.User, int64(len(lines))
				lines = append(lines, l)
			}
		}
	}
	for i := range lines {
		l := &lines[i]
		if _, known := people[l.User]; !known && l.User != uuid.Nil { // restored without a decision
			detail, err := d.ReadUserDetail(ctx, directory, l.User)
			if err != nil {
				return nil, err
			}
			people[l.User] = UserRow{UserName: detail.UserName}
		}
		l.UserName = people[l.User].UserName
		if fresh[l.User] {
			l.User = uuid.Nil
		}
	}
	return lines, nil
}
