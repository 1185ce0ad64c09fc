package idp

import (
	"context"
	"slices"
)

// miniOrange is an inherited set-up: two IdPs share one URL and one token. What one of them has
// made the other changes, in its own dialect: Okta makes the people and the groups and renames
// them, Entra keeps profiles and activity, and members come from both.
type miniOrange struct {
	okta  *okta
	entra *entra
}

func newMiniOrange(c *Client) provider {
	first, second := *c, *c
	first.header = oktaHeader("application/scim+json")
	return &miniOrange{okta: &okta{&first}, entra: &entra{Client: &second}}
}

func (m *miniOrange) Test(ctx context.Context) error {
	if err := m.okta.Test(ctx); err != nil {
		return err
	}
	return m.entra.Test(ctx)
}

func (m *miniOrange) FindUser(ctx context.Context, p *Person, userName string) (string, error) {
	return m.entra.FindUser(ctx, p, userName)
}

func (m *miniOrange) FindGroup(ctx context.Context, g *Group, name string) (string, error) {
	return m.okta.FindGroup(ctx, g, name)
}

func (m *miniOrange) CreateUser(ctx context.Context, p *Person) error {
	return m.okta.CreateUser(ctx, p)
}

func (m *miniOrange) UpdateUser(ctx context.Context, p *Person) error {
	return m.entra.UpdateUser(ctx, p)
}

func (m *miniOrange) SetActive(ctx context.Context, p *Person) error {
	if p.Active {
		return m.okta.SetActive(ctx, p)
	}
	return m.entra.SetActive(ctx, p)
}

func (m *miniOrange) DeleteUser(ctx context.Context, p *Person) error {
	return m.entra.DeleteUser(ctx, p)
}

func (m *miniOrange) CreateGroup(ctx context.Context, g *Group) error {
	return m.okta.CreateGroup(ctx, g)
}

func (m *miniOrange) RenameGroup(ctx context.Context, g *Group) error {
	return m.okta.RenameGroup(ctx, g)
}

func (m *miniOrange) DeleteGroup(ctx context.Context, g *Group) error {
	return m.entra.DeleteGroup(ctx, g)
}

func (m *miniOrange) PushMembers(ctx context.Context, g *Group, found bool) error {
	return m.okta.PushMembers(ctx, g, found)
}

// ChangeMembers lets each of the two change its half.
func (m *miniOrange) ChangeMembers(ctx context.Context, g *Group, add, remove []*Person) error {
	return m.okta.together(ctx, true, []func(context.Context) error{
		func(ctx context.Context) error {
			return m.okta.ChangeMembers(ctx, g, half(add, true), half(remove, true))
		},
		func(ctx context.Context) error {
			return m.entra.ChangeMembers(ctx, g, half(add, false), half(remove, false))
		},
	})
}

func half(people []*Person, first bool) []*Person {
	middle := len(people) / 2
	if first {
		return slices.Clone(people[:middle])
	}
	return slices.Clone(people[middle:])
}
