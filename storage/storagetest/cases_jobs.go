package storagetest

import (
	"context"
	"errors"
	"maps"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/muster-scim/muster/directory"
	"github.com/muster-scim/muster/policy"
	"github.com/muster-scim/muster/tenants"
)

// waitLong is longer than any plan of a case takes.
const waitLong = time.Minute

var jobCases = map[string]func(*testing.T, *stage){
	"a job that is killed between batches is carried on by another process": func(_ *testing.T, s *stage) {
		a, job := s.halfDone(1200)
		if now, err := s.d.ReadJob(context.Background(), job.ID); err != nil || now.State != directory.JobRunning || now.Done == 0 || now.Done == now.Total {
			s.Fatalf("the job is at %d of %d, %s (%v)", now.Done, now.Total, now.State, err)
		}
		s.d = directory.New(s.Backend, directory.Options{Now: s.tick})
		s.drain()
		now, err := s.d.ReadJob(context.Background(), job.ID)
		s.ok(err)
		if now.State != directory.JobDone || now.Done != 1200 || now.Failed != 0 {
			s.Errorf("the job is %s at %d, %d failed", now.State, now.Done, now.Failed)
		}
		if p := a.plan(directory.Draft{Rules: &policy.Rules{AlwaysAssign: policy.Text("Everyone")}}); p.Counts.Visited != 0 {
			s.Errorf("afterwards the rules still would change %d people", p.Counts.Visited)
		}
	},
	"a cancelled job restores the rules and offers the way back": func(_ *testing.T, s *stage) {
		ctx := context.Background()
		a, job := s.halfDone(600)
		cancelled, err := s.d.CancelJob(ctx, byAdmin, job.ID, "a mistake")
		s.ok(err)
		rules, version, err := s.d.Rules(ctx, "a")
		s.ok(err)
		if cancelled.State != directory.JobCancelled || len(rules.AlwaysAssign) != 0 || version != 3 {
			s.Fatalf("the job is %s, the rules are version %d: %+v", cancelled.State, version, rules.AlwaysAssign)
		}
		back := s.waitPlan("a", cancelled.WayBack)
		if back.Counts.MembershipsRemoved != int(cancelled.Done) || cancelled.Done == 0 || cancelled.Done == cancelled.Total {
			s.Fatalf("the way back from %d of %d is %+v", cancelled.Done, cancelled.Total, back.Counts)
		}
		a.apply(back, "back")
		s.drain()
		if p := a.plan(directory.Draft{Rules: &rules}); p.Counts.Visited != 0 {
			s.Errorf("afterwards the rules still would change %d people", p.Counts.Visited)
		}
		_, err = s.d.CancelJob(ctx, byAdmin, job.ID, "a mistake")
		s.wantsRefusal(err, "jobOver")
	},
	"another change of rules takes along whom a cancelled job had visited": func(_ *testing.T, s *stage) {
		a, job := s.halfDone(600)
		cancelled, err := s.d.CancelJob(context.Background(), byAdmin, job.ID, "a mistake")
		s.ok(err)
		p := a.plan(directory.Draft{Rules: &policy.Rules{NeverAssign: policy.Text("nobody")}})
		if p.Counts.MembershipsRemoved != int(cancelled.Done) || cancelled.Done == 0 {
			s.Fatalf("of %d people whom the job had visited the plan takes %d memberships back", cancelled.Done, p.Counts.MembershipsRemoved)
		}
		a.apply(p, "x")
		s.drain()
		s.again()
	},
	"going live can be cancelled half-way: whom it has not come to stays as it was": func(_ *testing.T, s *stage) {
		ctx := context.Background()
		a := s.connector("acme", "a", tenants.Live, policy.Rules{})
		var ids []uuid.UUID
		for _, name := range numbered("u", 600) {
			ids = append(ids, a.user(somebody(name)))
		}
		eng := a.group("Eng", ids...)
		s.drain()
		a.mode(tenants.Observe)
		s.ok(s.d.DeleteGroup(ctx, a.source(), eng, nil))
		a.group("Ops", ids...)
		job := a.apply(a.plan(directory.Draft{Mode: tenants.Live}), "x")
		s.oneBatch()
		job, err := s.d.CancelJob(ctx, byAdmin, job.ID, "a mistake")
		s.ok(err)
		held := func() map[string]int {
			shown := make(map[string]int)
			for _, name := range numbered("u", 600) {
				shown[s.shows(name)]++
			}
			return shown
		}
		visited := int(job.Done)
		want := map[string]int{"active, Ops idp": visited, "active, Eng idp": 600 - visited}
		if got := held(); !maps.Equal(got, want) || visited == 0 || visited == 600 {
			s.Fatalf("after %d of 600 the directory shows %v", visited, got)
		}
		s.again()
		a.mode(tenants.Live)
		s.drain()
		if got := held(); !maps.Equal(got, map[string]int{"active, Ops idp": 600}) {
			s.Errorf("live after all, the directory shows %v", got)
		}
		s.again()
	},
	"whom a request changes between plan and application follows the new rules too": func(_ *testing.T, s *stage) {
		a := s.connector("acme", "a", tenants.Live, policy.Rules{})
		ada := a.user(somebody("ada"))
		bob := a.user(somebody("bob"))
		g := a.group("Eng", ada)
		p := a.plan(directory.Draft{Rules: &policy.Rules{NeverAssign: policy.Text("eng")}})
		s.ok(a.patch(g, "", adding(bob)))
		a.apply(p, "x")
		s.wants("bob", "active, Eng idp") // nobody has come to bob yet
		s.drain()
		s.wants("bob", "active")
		s.again()
	},
	"a person who cannot be settled keeps nobody else of a job from it": func(_ *testing.T, s *stage) {
		ctx := context.Background()
		a := s.connector("acme", "a", tenants.Live, policy.Rules{})
		for _, name := range numbered("u", 40) {
			a.user(somebody(name))
		}
		p := a.plan(directory.Draft{Rules: &policy.Rules{AlwaysAssign: policy.Text("Everyone")}})
		job := a.apply(p, "")
		s.d = directory.New(&spoiltUser{s.Backend, s.userID("u007")}, directory.Options{Now: s.tick})
		s.drain()
		now, err := s.d.ReadJob(ctx, job.ID)
		s.ok(err)
		if now.Failed != 1 {
			s.Errorf("%d people failed, want 1", now.Failed)
		}
		s.wants("u008", "active, Everyone always")
	},
	"a second job waits for the first": func(_ *testing.T, s *stage) {
		a := s.connector("acme", "a", tenants.Live, policy.Rules{})
		b := s.connector("acme", "b", tenants.Live, policy.Rules{})
		a.user(somebody("ada"))
		b.user(somebody("bob"))
		pa := a.plan(directory.Draft{Rules: &policy.Rules{AlwaysAssign: policy.Text("A")}})
		pb := b.plan(directory.Draft{Rules: &policy.Rules{AlwaysAssign: policy.Text("B")}})
		a.apply(pa, "")
		b.apply(pb, "") // helps the first to its end
		s.drain()
		s.wants("ada", "active, A always")
		s.wants("bob", "active, B always")
	},
	"the losses that a plan confirms are known while its job runs": func(_ *testing.T, s *stage) {
		ctx := context.Background()
		a := s.connector("acme", "a", tenants.Live, policy.Rules{})
		a.group("Eng", a.user(somebody("ada")))
		p := a.plan(directory.Draft{Rules: &policy.Rules{NeverAssign: policy.Text("eng")}})
		confirmed := func() (n int) {
			s.ok(s.Look(ctx, directory.Scope{Directory: a.DirectoryID}, func(tx directory.Tx) error {
				found, err := tx.Confirmed(ctx, []uuid.UUID{s.userID("ada")})
				for _, losses := range found {
					n += len(losses)
				}
				return err
			}))
			return n
		}
		if n := confirmed(); n != 0 {
			s.Errorf("%d losses are confirmed before the plan is applied", n)
		}
		a.apply(p, "x")
		if n := confirmed(); n != 1 {
			s.Errorf("%d losses are confirmed while the job runs, want 1", n)
		}
		s.drain()
		if n := confirmed(); n != 0 {
			s.Errorf("%d losses are confirmed after the job", n)
		}
	},
}

// halfDone begins a job over so many users whose process dies after its first batch.
func (s *stage) halfDone(users int) (idp, directory.Job) {
	s.Helper()
	a := s.connector("acme", "a", tenants.Live, policy.Rules{})
	for _, name := range numbered("u", users) {
		a.user(somebody(name))
	}
	p := a.plan(directory.Draft{Rules: &policy.Rules{AlwaysAssign: policy.Text("Everyone")}})
	job := a.apply(p, "")
	s.oneBatch()
	return a, job
}

// oneBatch carries a job on by one batch, by a process that dies then.
func (s *stage) oneBatch() {
	s.Helper()
	d := directory.New(&dying{Backend: s.Backend, writes: 1}, directory.Options{Now: s.tick})
	if err := d.Drain(context.Background()); !errors.Is(err, errDied) {
		s.Fatalf("the process did not die: %v", err)
	}
}

var errDied = errors.New("the process died")

// dying is a store whose process dies after some writes.
type dying struct {
	Backend
	writes int
}

func (d *dying) Write(ctx context.Context, sc directory.Scope, f func(directory.Tx) error) error {
	if d.writes--; d.writes < 0 {
		return errDied
	}
	return d.Backend.Write(ctx, sc, f)
}

// spoiltUser is a store that fails whenever a user is loaded to be written.
type spoiltUser struct {
	Backend
	user uuid.UUID
}

type spoiltUserTx struct {
	directory.Tx
	user uuid.UUID
}

func (s *spoiltUser) Write(ctx context.Context, sc directory.Scope, f func(directory.Tx) error) error {
	return s.Backend.Write(ctx, sc, func(tx directory.Tx) error { return f(spoiltUserTx{tx, s.user}) })
}

func (t spoiltUserTx) Load(ctx context.Context, r directory.Request) (*directory.Scene, error) {
	for _, id := range r.Users {
		if id == t.user {
			return nil, errors.New("this user is spoilt")
		}
	}
	return t.Tx.Load(ctx, r)
}
