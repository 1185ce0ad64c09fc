package storagetest

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"

	"github.com/google/uuid"

	"github.com/muster-scim/muster/directory"
	"github.com/muster-scim/muster/policy"
	"github.com/muster-scim/muster/scim"
	"github.com/muster-scim/muster/tenants"
)

func init() {
	raceCases["what was settled side by side is settled"] = func(_ *testing.T, s *stage) {
		crowd := &crowd{stage: s, users: make(map[string]uuid.UUID), groups: make(map[string]uuid.UUID)}
		for i := range 3 {
			crowd.idps = append(crowd.idps, s.connector("acme", fmt.Sprintf("c%d", i), tenants.Live, ruleSets[0]))
		}
		for seed := range uint64(4) {
			var all sync.WaitGroup
			for i := range uint64(4) {
				all.Go(func() {
					r := rand.New(rand.NewPCG(seed, i))
					for range 25 {
						crowd.step(r)
					}
				})
			}
			all.Wait()
			s.drain()
			s.again()
			crowd.consistent()
			if s.Failed() {
				s.Fatalf("seed %d", seed)
			}
		}
	}
	raceCases["two connectors that bring one person make one user"] = func(_ *testing.T, s *stage) {
		a := s.connector("acme", "a", tenants.Live, policy.Rules{})
		b := s.connector("acme", "b", tenants.Live, policy.Rules{})
		for i := range 25 {
			name := fmt.Sprintf("user%d", i)
			rivals(
				func() { a.group("A"+name, a.user(somebody(name))) },
				func() { b.group("B"+name, b.user(somebody(name))) },
			)
			s.drain()
			s.wants(name, fmt.Sprintf("active, A%s idp, B%s idp", name, name))
		}
		s.wantsConflicts()
		s.again()
	}
}

// crowd are connectors whose IdPs, administrators and workers all act at once.
type crowd struct {
	*stage
	idps   []idp
	mu     sync.Mutex
	users  map[string]uuid.UUID // "c0 ada"
	groups map[string]uuid.UUID
}

func (c *crowd) known(of map[string]uuid.UUID, key string) (uuid.UUID, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	id, there := of[key]
	return id, there
}

func (c *crowd) learn(of map[string]uuid.UUID, key string, id uuid.UUID, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if err == nil {
		of[key] = id
	}
}

// step does one thing. What another did first is refused, and nothing else is.
func (c *crowd) step(r *rand.Rand) {
	ctx := context.Background()
	p := c.idps[r.IntN(len(c.idps))]
	name, group := userNames[r.IntN(len(userNames))], groupNames[r.IntN(len(groupNames))]
	user, hasUser := c.known(c.users, p.Slug+name)
	gid, hasGroup := c.known(c.groups, p.Slug+group)
	var err error
	switch what := r.IntN(20); {
	case what < 3 && !hasUser:
		var made directory.UserRecord
		made, err = p.d.CreateUser(ctx, p.source(), somebody(name), nil)
		c.learn(c.users, p.Slug+name, made.ID, err)
	case what < 3:
		err = p.setUser(user, "active", r.IntN(2) == 0)
	case what == 3 && hasUser:
		if err = p.d.DeleteUser(ctx, p.source(), user, nil); err == nil {
			c.mu.Lock()
			delete(c.users, p.Slug+name)
			c.mu.Unlock()
		}
	case what < 6 && !hasGroup:
		var made directory.GroupRecord
		made, err = p.d.CreateGroup(ctx, p.source(), scim.Document{"displayName": group}, []string{name}, nil)
		c.learn(c.groups, p.Slug+group, made.ID, err)
	case what < 10 && hasGroup:
		err = p.patch(gid, "", scim.MemberEdit{Op: scim.AddMembers, Values: []string{name}})
	case what < 12 && hasGroup:
		err = p.patch(gid, "", scim.MemberEdit{Op: scim.RemoveMembers, Values: []string{name}})
	case what == 12 && hasGroup:
		err = p.patch(gid, "", scim.MemberEdit{Op: scim.ReplaceMembers, Values: []string{name}})
	case what == 13 && hasGroup:
		err = p.patch(gid, []string{group, group + "s", "Fresh"}[r.IntN(3)])
	case what == 14 && hasGroup:
		if err = p.d.DeleteGroup(ctx, p.source(), gid, nil); err == nil {
			c.mu.Lock()
			delete(c.groups, p.Slug+group)
			c.mu.Unlock()
		}
	case what == 15:
		_, err = p.d.SetRules(ctx, byAdmin, p.Slug, nil, ruleSets[r.IntN(5)], anyLosses)
	case what == 16:
		err = p.d.SetMode(ctx, byAdmin, p.Slug, []tenants.Mode{tenants.Observe, tenants.Live, tenants.Live}[r.IntN(3)], anyLosses)
	case what == 17:
		err = p.d.Drain(ctx)
	}
	var taken *directory.DuplicateError
	if err != nil && !errors.As(err, &taken) && !errors.Is(err, directory.ErrNotFound) {
		c.Errorf("%s: %v", p.Slug, err)
	}
}

// consistent says whether what the IdPs read back fits together.
func (c *crowd) consistent() {
	c.Helper()
	for _, p := range c.idps {
		users, err := p.d.ListUsers(context.Background(), p.Connector, scim.Query{StartIndex: 1, Count: 100, CountGiven: true}, true)
		c.ok(err)
		var living []string
		for _, u := range users.Items {
			living = append(living, u.ID.String())
		}
		for _, group := range groupNames {
			id, there := c.known(c.groups, p.Slug+group)
			if !there {
				continue
			}
			for _, member := range p.said(id) {
				if _, notID := uuid.Parse(member); notID == nil && !slices.Contains(living, member) {
					c.Errorf("%s: group %s lists %s, which is gone", p.Slug, group, member)
				}
			}
		}
	}
}
