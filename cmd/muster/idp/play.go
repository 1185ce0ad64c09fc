package idp

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"
)

// Progress is told how a run goes. Its methods are called by several goroutines.
type Progress interface {
	Phase(name string, steps int)
	Step()
	Failed(err error)
}

// Run is one run of an IdP: everybody is provisioned, then the day happens.
type Run struct {
	Product     string // one of Products
	Client      *Client
	Company     *Company
	Day         *Day // nil: nothing happens after provisioning
	Concurrency int
	Progress    Progress

	says provider
}

// Play plays the run. A request that fails does not stop the others; the error counts them. The
// connection test alone stops everything.
func (r *Run) Play(ctx context.Context) error {
	says, err := newProvider(r.Product, r.Client)
	if err != nil {
		return err
	}
	r.says = says
	r.Progress.Phase("Test connection", 1)
	if err := says.Test(ctx); err != nil {
		return fmt.Errorf("testing the connection: %w", err)
	}
	r.Progress.Step()
	failed := r.provision(ctx)
	if r.Day != nil {
		failed += r.live(ctx)
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	if failed > 0 {
		return fmt.Errorf("%d steps failed", failed)
	}
	return nil
}

// provision looks everybody and every group up, and creates or updates them.
func (r *Run) provision(ctx context.Context) (failed int) {
	userNames, groupNames := map[*Person]string{}, map[*Group]string{}
	if r.Day != nil {
		userNames, groupNames = r.Day.later()
	}
	failed += each(ctx, r, "Users", r.Company.People, func(p *Person) error {
		return r.provisionUser(ctx, p, userNames[p])
	})
	failed += each(ctx, r, "Groups and members", r.Company.Groups, func(g *Group) error {
		return r.provisionGroup(ctx, g, groupNames[g])
	})
	return failed
}

func (r *Run) provisionUser(ctx context.Context, p *Person, laterName string) (err error) {
	if p.ID, err = r.lookUp(ctx, r.says.FindUser, p.UserName, laterName); err != nil {
		return err
	}
	if p.ID != "" {
		return r.says.UpdateUser(ctx, p)
	}
	err = r.says.CreateUser(ctx, p)
	if isStatus(err, http.StatusConflict) { // an answer got lost: what we made is there
		if p.ID, err = r.says.FindUser(ctx, p.UserName); err == nil && p.ID == "" {
			err = fmt.Errorf("user %s is refused as a duplicate, and a look-up does not find it", p.UserName)
		}
	}
	return err
}

func (r *Run) provisionGroup(ctx context.Context, g *Group, laterName string) (err error) {
	if g.ID, err = r.lookUp(ctx, r.says.FindGroup, g.Name, laterName); err != nil {
		return err
	}
	found := g.ID != ""
	switch {
	case found:
		err = r.says.RenameGroup(ctx, g)
	default:
		err = r.says.CreateGroup(ctx, g)
	}
	if isStatus(err, http.StatusConflict) {
		found = true
		if g.ID, err = r.says.FindGroup(ctx, g.Name); err == nil && g.ID == "" {
			err = fmt.Errorf("group %s is refused as a duplicate, and a look-up does not find it", g.Name)
		}
	}
	if err != nil {
		return err
	}
	known := *g
	known.Members = withIDs(g.Members)
	return r.says.PushMembers(ctx, &known, found)
}

func (r *Run) lookUp(ctx context.Context, find func(context.Context, string) (string, error), name, laterName string) (string, error) {
	id, err := find(ctx, name)
	if err != nil || id != "" || laterName == "" {
		return id, err
	}
	return find(ctx, laterName)
}

// live plays the day.
func (r *Run) live(ctx context.Context) (failed int) {
	d := r.Day
	failed += each(ctx, r, "Profile changes", d.Promoted, func(p *Person) error {
		promote(p)
		return r.ifKnown(p, func() error { return r.says.UpdateUser(ctx, p) })
	})
	failed += each(ctx, r, "New names", d.Married, func(w Wedding) error {
		w.Person.Family, w.Person.UserName = w.Family, w.UserName
		return r.ifKnown(w.Person, func() error { return r.says.UpdateUser(ctx, w.Person) })
	})
	failed += each(ctx, r, "Deactivations", append(append([]*Person{}, d.Left...), d.OnLeave...), func(p *Person) error {
		p.Active = false
		return r.ifKnown(p, func() error { return r.says.SetActive(ctx, p) })
	})
	failed += each(ctx, r, "Reactivations", d.OnLeave, func(p *Person) error {
		p.Active = true
		return r.ifKnown(p, func() error { return r.says.SetActive(ctx, p) })
	})
	failed += each(ctx, r, "People leave groups", d.Leavers, func(m Move) error {
		return r.says.ChangeMembers(ctx, m.Group, nil, withIDs(m.People))
	})
	failed += each(ctx, r, "People join groups", d.Joiners, func(m Move) error {
		return r.says.ChangeMembers(ctx, m.Group, withIDs(m.People), nil)
	})
	failed += each(ctx, r, "Groups renamed", d.Renamed, func(n Renaming) error {
		n.Group.Name = n.Name
		return r.says.RenameGroup(ctx, n.Group)
	})
	failed += each(ctx, r, "Groups deleted", d.Disbanded, func(g *Group) error { return r.says.DeleteGroup(ctx, g) })
	if r.says.Deletes() {
		failed += each(ctx, r, "Users deleted", d.Purged, func(p *Person) error {
			return r.ifKnown(p, func() error { return r.says.DeleteUser(ctx, p) })
		})
	}
	return failed
}

// MembersOf reads back how many members the connector's own group of that name has.
func (r *Run) MembersOf(ctx context.Context, name string) (int, error) {
	id, err := r.says.FindGroup(ctx, name)
	if err != nil || id == "" {
		return 0, err
	}
	got, err := r.Client.get(ctx, "/Groups/"+id, "")
	return len(got.Members), err
}

// ifKnown skips a person whose creation failed: an IdP has no id to say anything about.
func (r *Run) ifKnown(p *Person, do func() error) error {
	if p.ID == "" {
		return errors.New("skipped " + p.UserName + ": it was never created")
	}
	return do()
}

func withIDs(people []*Person) (known []*Person) {
	for _, p := range people {
		if p.ID != "" {
			known = append(known, p)
		}
	}
	return known
}

// each does the steps of a phase, several at once, and counts the failed ones.
func each[T any](ctx context.Context, r *Run, phase string, items []T, do func(T) error) (failed int) {
	if len(items) == 0 || ctx.Err() != nil {
		return 0
	}
	r.Progress.Phase(phase, len(items))
	var (
		wg   sync.WaitGroup
		mu   sync.Mutex
		work = make(chan T)
	)
	for range max(1, r.Concurrency) {
		wg.Go(func() {
			for item := range work {
				if err := do(item); err != nil && ctx.Err() == nil {
					r.Progress.Failed(fmt.Errorf("%s: %w", phase, err))
					mu.Lock()
					failed++
					mu.Unlock()
				}
				r.Progress.Step()
			}
		})
	}
	for _, item := range items {
		if ctx.Err() != nil {
			break
		}
		work <- item
	}
	close(work)
	wg.Wait()
	return failed
}
