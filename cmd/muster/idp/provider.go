package idp

import (
	"context"
	"net/http"
	"net/url"
)

// provider is how one IdP product says things. Every method is one event at the IdP and sends
// the requests that this product sends for it.
type provider interface {
	Test(ctx context.Context) error
	// FindUser and FindGroup return the id of what the connector has under the name, or "".
	FindUser(ctx context.Context, p *Person, userName string) (string, error)
	FindGroup(ctx context.Context, g *Group, name string) (string, error)

	CreateUser(ctx context.Context, p *Person) error
	UpdateUser(ctx context.Context, p *Person) error // the whole profile, userName and activity too
	SetActive(ctx context.Context, p *Person) error
	DeleteUser(ctx context.Context, p *Person) error

	// A group is given with the members it has now, or has after the change.
	CreateGroup(ctx context.Context, g *Group) error
	RenameGroup(ctx context.Context, g *Group) error
	DeleteGroup(ctx context.Context, g *Group) error
	// PushMembers makes a group just created, or found, have its members.
	PushMembers(ctx context.Context, g *Group, found bool) error
	ChangeMembers(ctx context.Context, g *Group, add, remove []*Person) error
}

// find reads the first resource of a look-up by name.
func (c *Client) find(ctx context.Context, path, query string) (string, error) {
	got, err := c.get(ctx, path, query)
	if err != nil || len(got.Resources) == 0 {
		return "", err
	}
	return got.Resources[0].ID, nil
}

func (c *Client) delete(ctx context.Context, path, id string, group bool) error {
	gone := said{group: group, gone: true}
	_, err := c.change(ctx, http.MethodDelete, path+"/"+id, id, nil, gone)
	if isStatus(err, http.StatusNotFound) {
		c.book.enter(id, gone) // an answer got lost, or an earlier run has done it
		return nil
	}
	return err
}

// operation is one operation of a PATCH.
type operation struct {
	Op    string `json:"op"`
	Path  string `json:"path,omitempty"`
	Value any    `json:"value,omitempty"`
}

// operations is the body of a PATCH of SCIM 2.0.
func operations(list ...operation) map[string]any {
	return map[string]any{"schemas": []string{"urn:ietf:params:scim:api:messages:2.0:PatchOp"}, "Operations": list}
}

func (c *Client) patch(ctx context.Context, path, id string, means said, list ...operation) error {
	_, err := c.change(ctx, http.MethodPatch, path+"/"+id, id, operations(list...), means)
	return err
}

// batches cuts people into slices of at most n.
func batches(people []*Person, n int) (cut [][]*Person) {
	for len(people) > n {
		cut, people = append(cut, people[:n]), people[n:]
	}
	if len(people) > 0 {
		cut = append(cut, people)
	}
	return cut
}

// values are members as most products write them.
func values(people []*Person) []any {
	list := []any{}
	for _, p := range people {
		list = append(list, map[string]any{"value": p.ID})
	}
	return list
}

func quote(s string) string { return `"` + s + `"` }

const (
	userSchema       = "urn:ietf:params:scim:schemas:core:2.0:User"
	groupSchema      = "urn:ietf:params:scim:schemas:core:2.0:Group"
	enterpriseSchema = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
	core11           = "urn:scim:schemas:core:1.0"
	enterprise11     = "urn:scim:schemas:extension:enterprise:1.0"
)

var escape = url.QueryEscape
