package storagetest

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/muster-scim/muster/directory"
	"github.com/muster-scim/muster/scim"
	"github.com/muster-scim/muster/tenants"
)

// The cases of this file put a Directory on the store: only its transactions, side by side, show
// whether locks are taken in an order that lets everybody through.

func (w *storeWorld) directory() *directory.Directory {
	return directory.New(w.Backend, directory.Options{Now: time.Now})
}

func source(c tenants.Connector) directory.Source { return directory.Source{Connector: c} }

func person(name string) scim.Document {
	return scim.Document{"userName": name, "active": true, "emails": []any{map[string]any{"value": name + "@acme.example", "primary": true}}}
}

func add(values ...string) directory.GroupEdit {
	return directory.GroupEdit{Members: []scim.MemberEdit{{Op: scim.AddMembers, Values: values}}}
}

func remove(values ...string) directory.GroupEdit {
	return directory.GroupEdit{Members: []scim.MemberEdit{{Op: scim.RemoveMembers, Values: values}}}
}

// at once runs f n times side by side and reports what fails.
func atOnce(t *testing.T, n int, f func(i int) error) {
	t.Helper()
	var all sync.WaitGroup
	for i := range n {
		all.Go(func() {
			if err := f(i); err != nil {
				t.Errorf("number %d: %v", i, err)
			}
		})
	}
	all.Wait()
}

func membersComeAtOnce(t *testing.T, w *storeWorld) {
	d, src, ctx := w.directory(), source(w.acme), t.Context()
	ids := make([]string, 50)
	for i, name := range numbered("user", 50) {
		u, err := d.CreateUser(ctx, src, person(name), nil)
		if err != nil {
			t.Fatal(err)
		}
		ids[i] = u.ID.String()
	}
	g, err := d.CreateGroup(ctx, src, scim.Document{"displayName": "Jira"}, ids[:25], nil)
	if err != nil {
		t.Fatal(err)
	}
	atOnce(t, 50, func(i int) error {
		edit := add(ids[i])
		if i < 25 {
			edit = remove(ids[i])
		}
		_, err := d.EditGroup(ctx, src, g.ID, nil, edit)
		return err
	})
	got, want := w.members(t, w.acme, g.ID), slices.Clone(ids[25:])
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("%d members are left, want exactly the 25 that were added", len(got))
	}
	read, err := w.GroupRecord(ctx, w.acme.ID, g.ID)
	if err != nil || read.Version != 51 {
		t.Errorf("after 50 changes the group is at version %d (%v), want 51", read.Version, err)
	}
	if err := d.Drain(ctx); err != nil {
		t.Fatal(err)
	}
	groups, err := w.Groups(ctx, w.acme.DirectoryID, directory.GroupQuery{Listing: directory.Listing{Limit: 9}})
	if err != nil || len(groups.Items) != 1 {
		t.Fatalf("groups: %+v (%v)", groups, err)
	}
	page, _, err := w.GroupMembers(ctx, w.acme.DirectoryID, groups.Items[0].ID, directory.Listing{Limit: 100})
	if err != nil || page.Total != 25 {
		t.Errorf("%d memberships (%v), want 25", page.Total, err)
	}
}

func arrivalsDoNotPass(t *testing.T, w *storeWorld) {
	d, src, ctx := w.directory(), source(w.acme), t.Context()
	g, err := d.CreateGroup(ctx, src, scim.Document{"displayName": "Jira"}, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	names := numbered("user", 30)
	var mu sync.Mutex
	var ids []string
	atOnce(t, 2*len(names), func(i int) error {
		name := names[i/2]
		if i%2 == 0 {
			_, err := d.EditGroup(ctx, src, g.ID, nil, add(name))
			return err
		}
		u, err := d.CreateUser(ctx, src, person(name), nil)
		mu.Lock()
		ids = append(ids, u.ID.String())
		mu.Unlock()
		return err
	})
	slices.Sort(ids)
	if got := w.members(t, w.acme, g.ID); !slices.Equal(got, ids) {
		t.Errorf("the group lists %v\nwant the 30 records and no name", got)
	}
}

func racesHaveOneWinner(t *testing.T, w *storeWorld) {
	d, ctx := w.directory(), t.Context()
	for round := range 5 {
		var mu sync.Mutex
		made, refused := 0, 0
		atOnce(t, 8, func(int) error {
			_, err := d.CreateUser(ctx, source(w.acme), person(fmt.Sprint("user", round)), nil)
			var duplicate *directory.DuplicateError
			mu.Lock()
			defer mu.Unlock()
			switch {
			case err == nil:
				made++
			case errors.As(err, &duplicate):
				refused++
			default:
				return err
			}
			return nil
		})
		if made != 1 || refused != 7 {
			t.Errorf("round %d: %d made and %d refused, want 1 and 7", round, made, refused)
		}
	}
	page, err := w.Users(ctx, w.acme.DirectoryID, directory.UserQuery{Listing: directory.Listing{Limit: 50}})
	if err != nil || page.Total != 5 {
		t.Errorf("%d users (%v), want 5", page.Total, err)
	}
}

// mixesFinish has clients of two connectors and two workers change the same few people and
// groups at random. Nobody may see anything but what the changes of others explain.
func mixesFinish(t *testing.T, w *storeWorld) {
	d, ctx := w.directory(), t.Context()
	connectors := []tenants.Connector{w.acme, w.globex}
	var groups [2][]uuid.UUID
	for i, c := range connectors {
		for _, name := range []string{"Jira", "Wiki"} {
			g, err := d.CreateGroup(ctx, source(c), scim.Document{"displayName": name}, nil, nil)
			if err != nil {
				t.Fatal(err)
			}
			groups[i] = append(groups[i], g.ID)
		}
	}
	people := newRoster()
	atOnce(t, 10, func(i int) error {
		if i >= 8 {
			for range 20 {
				if err := d.Drain(ctx); err != nil {
					return err
				}
			}
			return nil
		}
		random := rand.New(rand.NewPCG(7, uint64(i)))
		for range 25 {
			if err := step(t, d, connectors[i%2], groups[i%2], people, random); !explained(err) {
				return err
			}
		}
		return nil
	})
	if err := d.Drain(ctx); err != nil {
		t.Fatal(err)
	}
}

func step(t *testing.T, d *directory.Directory, c tenants.Connector, groups []uuid.UUID, people *roster, random *rand.Rand) error {
	ctx, src := t.Context(), source(c)
	name, group := fmt.Sprint("user", random.IntN(12)), groups[random.IntN(len(groups))]
	id := people.of(c.ID, name)
	var err error
	switch n := random.IntN(10); {
	case n < 3 || id == uuid.Nil && n < 8:
		var u directory.UserRecord
		if u, err = d.CreateUser(ctx, src, person(name), nil); err == nil {
			people.set(c.ID, name, u.ID)
		}
	case n < 5:
		_, err = d.EditUser(ctx, src, id, nil, func(doc scim.Document) (scim.Document, []scim.Note, error) {
			doc = doc.Clone()
			doc["active"], doc["title"] = random.IntN(3) > 0, fmt.Sprint(random.IntN(3))
			return doc, nil, nil
		})
	case n < 6:
		err = d.DeleteUser(ctx, src, id, nil)
	case n < 7:
		_, err = d.EditGroup(ctx, src, group, nil, remove(id.String()))
	case n < 8:
		_, err = d.EditGroup(ctx, src, group, nil, directory.GroupEdit{Members: []scim.MemberEdit{{Op: scim.ReplaceMembers, Values: []string{name, "user0"}}}})
	default:
		_, err = d.EditGroup(ctx, src, group, nil, add(name, fmt.Sprint("user", random.IntN(12))))
	}
	return err
}

// explained says whether an error is one that the changes of others explain.
func explained(err error) bool {
	var duplicate *directory.DuplicateError
	return err == nil || errors.As(err, &duplicate) || isNotFound(err)
}

// roster is who the clients think is there.
type roster struct {
	mu  sync.Mutex
	ids map[string]uuid.UUID
}

func newRoster() *roster { return &roster{ids: make(map[string]uuid.UUID)} }

func (r *roster) of(connector uuid.UUID, name string) uuid.UUID {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.ids[connector.String()+name]
}

func (r *roster) set(connector uuid.UUID, name string, id uuid.UUID) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.ids[connector.String()+name] = id
}
