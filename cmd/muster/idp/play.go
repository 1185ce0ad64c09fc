package idp

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
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
	Product     string // the name of one of Products
	Client      *Client
	Company     *Company
	Day         *Day // nil: nothing happens after provisioning
	Concurrency int
	Progress    Progress

	product *Product
	says    provider
}

// Play plays the run. A request that fails does not stop the others; the error counts them. The
// connection test alone stops everything.
func (r *Run) Play(ctx context.Context) error {
	if r.product = ProductNamed(r.Product); r.product == nil {
		return fmt.Errorf("no IdP %q can be played; there are %v", r.Product, ProductNames())
	}
	r.Client.book = newBook()
	r.says = r.product.speak(r.Client)
	r.Progress.Phase("Test connection", 1)
	if err := r.says.Test(ctx); err != nil {
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
	failed += each(ctx, r, "Users", r.Company.People, func(ctx context.Context, p *Person) error {
		return r.provisionUser(ctx, p, userNames[p])
	})
	if r.product.UsersOnly {
		return failed
	}
	failed += each(ctx, r, "Groups and members", r.Company.Groups, func(ctx context.Context, g *Group) error {
		return r.provisionGroup(ctx, g, groupNames[g])
	})
	return failed
}

func (r *Run) provisionUser(ctx context.Context, p *Person, laterName string) (err error) {
	find := func(name string) (string, error) { return r.says.FindUser(ctx, p, name) }
	if p.ID, err = lookUp(find, p.UserName, laterName); err != nil {
		return err
	}
	if p.ID == "" {
		err = r.says.CreateUser(ctx, p)
		if !isStatus(err, http.StatusConflict) {
			return err
		}
		// An answer got lost: what we made is there, and gets the profile like whom we found.
		if p.ID, err = find(p.UserName); err == nil && p.ID == "" {
			err = fmt.Errorf("user %s is refused as a duplicate, and a look-up does not find it", p.UserName)
		}
		if err != nil {
			return err
		}
	}
	return r.says.UpdateUser(ctx, p)
}

func (r *Run) provisionGroup(ctx context.Context, g *Group, laterName string) (err error) {
	find := func(name string) (string, error) { return r.says.FindGroup(ctx, g, name) }
	if g.ID, err = lookUp(find, g.Name, laterName); err != nil {
		return err
	}
	known := *g
	known.Members = withIDs(g.Members)
	found := g.ID != ""
	switch {
	case found:
		err = r.says.RenameGroup(ctx, &known)
	default:
		err = r.says.CreateGroup(ctx, &known)
		g.ID = known.ID
	}
	if isStatus(err, http.StatusConflict) {
		found = true
		if g.ID, err = find(g.Name); err == nil && g.ID == "" {
			err = fmt.Errorf("group %s is refused as a duplicate, and a look-up does not find it", g.Name)
		}
		known.ID = g.ID
		r.Client.book.enter(g.ID, aboutGroup(g))
	}
	if err != nil || r.product.NoMembers {
		return err
	}
	return r.says.PushMembers(ctx, &known, found)
}

func lookUp(find func(string) (string, error), name, laterName string) (string, error) {
	id, err := find(name)
	if err != nil || id != "" || laterName == "" {
		return id, err
	}
	return find(laterName)
}

// live plays the day.
func (r *Run) live(ctx context.Context) (failed int) {
	d := r.Day
	failed += each(ctx, r, "Profile changes", d.Promoted, func(ctx context.Context, p *Person) error {
		promote(p)
		return r.ifKnown(p, func() error { return r.says.UpdateUser(ctx, p) })
	})
	failed += each(ctx, r, "New names", d.Married, func(ctx context.Context, w Wedding) error {
		w.Person.Family, w.Person.UserName = w.Family, w.UserName
		return r.ifKnown(w.Person, func() error { return r.says.UpdateUser(ctx, w.Person) })
	})
	failed += each(ctx, r, "Deactivations", append(append([]*Person{}, d.Left...), d.OnLeave...), func(ctx context.Context, p *Person) error {
		p.Active = false
		return r.ifKnown(p, func() error { return r.says.SetActive(ctx, p) })
	})
	failed += each(ctx, r, "Reactivations", d.OnLeave, func(ctx context.Context, p *Person) error {
		p.Active = true
		return r.ifKnown(p, func() error { return r.says.SetActive(ctx, p) })
	})
	if !r.product.UsersOnly {
		failed += r.liveGroups(ctx)
	}
	if !r.product.keepsUsers {
		failed += each(ctx, r, "Users deleted", d.Purged, func(ctx context.Context, p *Person) error {
			return r.ifKnown(p, func() error { return r.says.DeleteUser(ctx, p) })
		})
	}
	return failed
}

// liveGroups is the part of the day that concerns groups.
func (r *Run) liveGroups(ctx context.Context) (failed int) {
	d := r.Day
	if !r.product.NoMembers {
		failed += r.moves(ctx)
	}
	failed += each(ctx, r, "Groups renamed", d.Renamed, func(ctx context.Context, n Renaming) error {
		n.Group.Name = n.Name
		known := *n.Group
		known.Members = withIDs(known.Members)
		return r.says.RenameGroup(ctx, &known)
	})
	if r.product.keepsGroups {
		return failed
	}
	return failed + each(ctx, r, "Groups deleted", d.Disbanded, func(ctx context.Context, g *Group) error { return r.says.DeleteGroup(ctx, g) })
}

// moves lets people leave and join groups: first the ones, then the others, or, when workers
// overlap and the day reorders, both at once. Nobody leaves and joins the same group.
func (r *Run) moves(ctx context.Context) (failed int) {
	move := func(ctx context.Context, g *Group, add, remove []*Person) error {
		g.Members = slices.DeleteFunc(slices.Clone(g.Members), func(p *Person) bool { return slices.Contains(remove, p) })
		g.Members = append(g.Members, add...)
		known := *g
		known.Members = withIDs(g.Members)
		return r.says.ChangeMembers(ctx, &known, withIDs(add), withIDs(remove))
	}
	if r.product.overlaps && r.Client.Chaos.reorders() {
		joining := map[*Group][]*Person{}
		for _, m := range r.Day.Joiners {
			joining[m.Group] = m.People
		}
		return each(ctx, r, "People join and leave", r.Day.Leavers, func(ctx context.Context, m Move) error {
			return move(ctx, m.Group, joining[m.Group], m.People)
		})
	}
	failed += each(ctx, r, "People leave groups", r.Day.Leavers, func(ctx context.Context, m Move) error { return move(ctx, m.Group, nil, m.People) })
	return failed + each(ctx, r, "People join groups", r.Day.Joiners, func(ctx context.Context, m Move) error { return move(ctx, m.Group, m.People, nil) })
}

// MembersOf reads back how many members the connector's own group of that name has.
func (r *Run) MembersOf(ctx context.Context, name string) (int, error) {
	id, err := r.says.FindGroup(ctx, &Group{Name: name}, name)
	if err != nil || id == "" {
		return 0, err
	}
	got, err := r.Client.get(ctx, r.product.groupsPath()+"/"+id, "")
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
func each[T any](ctx context.Context, r *Run, phase string, items []T, do func(context.Context, T) error) (failed int) {
	if len(items) == 0 || ctx.Err() != nil {
		return 0
	}
	r.Progress.Phase(phase, len(items))
	var (
		wg   sync.WaitGroup
		mu   sync.Mutex
		work = make(chan int)
	)
	for range max(1, r.Concurrency) {
		wg.Go(func() {
			for i := range work {
				if err := do(r.Client.Chaos.begin(ctx, phase, i), items[i]); err != nil && ctx.Err() == nil {
					r.Progress.Failed(fmt.Errorf("%s: %w", phase, err))
					mu.Lock()
					failed++
					mu.Unlock()
				}
				r.Progress.Step()
			}
		})
	}
	for _, i := range r.Client.Chaos.order(phase, len(items)) {
		if ctx.Err() != nil {
			break
		}
		work <- i
	}
	close(work)
	wg.Wait()
	return failed
}
