package idp

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
)

// provider is how one IdP product says things. Every method is one event at the IdP and sends
// the requests that this product sends for it.
type provider interface {
	Test(ctx context.Context) error
	// FindUser and FindGroup return the id of what the connector has under the name, or "".
	FindUser(ctx context.Context, userName string) (string, error)
	FindGroup(ctx context.Context, name string) (string, error)

	CreateUser(ctx context.Context, p *Person) error
	UpdateUser(ctx context.Context, p *Person) error // the whole profile, userName and activity too
	SetActive(ctx context.Context, p *Person) error
	Deletes() bool // whether the product ever deletes a user
	DeleteUser(ctx context.Context, p *Person) error

	CreateGroup(ctx context.Context, g *Group) error
	RenameGroup(ctx context.Context, g *Group) error
	DeleteGroup(ctx context.Context, g *Group) error
	// PushMembers makes a group just created, or found, have its members.
	PushMembers(ctx context.Context, g *Group, found bool) error
	ChangeMembers(ctx context.Context, g *Group, add, remove []*Person) error
}

// Products are the IdPs that can be played.
var Products = []string{"okta", "entra"}

func newProvider(product string, c *Client) (provider, error) {
	switch product {
	case "okta":
		c.header = http.Header{
			"User-Agent":     {"Okta SCIM Client 1.0.0"},
			"Accept":         {"application/scim+json"},
			"Accept-Charset": {"utf-8"},
			"Content-Type":   {"application/scim+json; charset=utf-8"}, // on GET too
		}
		return &okta{c}, nil
	case "entra":
		c.header = http.Header{}
		return &entra{c}, nil
	}
	return nil, fmt.Errorf("no IdP %q can be played; there are %v", product, Products)
}

// find reads the first resource of a look-up by name.
func (c *Client) find(ctx context.Context, path, query string) (string, error) {
	got, err := c.get(ctx, path, query)
	if err != nil || len(got.Resources) == 0 {
		return "", err
	}
	return got.Resources[0].ID, nil
}

func (c *Client) delete(ctx context.Context, path, id string) error {
	_, err := c.change(ctx, http.MethodDelete, path+"/"+id, id, nil)
	if isStatus(err, http.StatusNotFound) {
		return nil // an answer got lost, or an earlier run has done it
	}
	return err
}

// operation is one operation of a PATCH.
type operation struct {
	Op    string `json:"op"`
	Path  string `json:"path,omitempty"`
	Value any    `json:"value,omitempty"`
}

func (c *Client) patch(ctx context.Context, path, id string, operations ...operation) error {
	_, err := c.change(ctx, http.MethodPatch, path+"/"+id, id, map[string]any{
		"schemas":    []string{"urn:ietf:params:scim:api:messages:2.0:PatchOp"},
		"Operations": operations,
	})
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

func quote(s string) string { return `"` + s + `"` }

const (
	userSchema       = "urn:ietf:params:scim:schemas:core:2.0:User"
	groupSchema      = "urn:ietf:params:scim:schemas:core:2.0:Group"
	enterpriseSchema = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
)

var escape = url.QueryEscape
