package idp

import (
	"context"
	"crypto/sha256"
	"fmt"
	"net/http"
)

// entra is Microsoft Entra ID without the aadOptscim062020 flag: capitalised operations with a
// path each, booleans as text, members without a group read, groups created empty.
type entra struct{ *Client }

// entraBatch is how many members go into one PATCH.
const entraBatch = 20

// Test looks for a user and a group that cannot exist and wants an empty list.
func (e *entra) Test(ctx context.Context) error {
	if _, err := e.FindUser(ctx, guid("test user")); err != nil {
		return err
	}
	_, err := e.FindGroup(ctx, guid("test group"))
	return err
}

func (e *entra) FindUser(ctx context.Context, userName string) (string, error) {
	return e.find(ctx, "/Users", "filter="+escape("userName eq "+quote(userName)))
}

func (e *entra) FindGroup(ctx context.Context, name string) (string, error) {
	return e.find(ctx, "/Groups", "excludedAttributes=members&filter="+escape("displayName eq "+quote(name)))
}

func (e *entra) CreateUser(ctx context.Context, p *Person) error {
	got, err := e.change(ctx, http.MethodPost, "/Users", "", map[string]any{
		"schemas":     []string{userSchema, enterpriseSchema},
		"externalId":  p.Key,
		"userName":    p.UserName,
		"active":      p.Active,
		"displayName": p.Given + " " + p.Family,
		"emails":      []any{map[string]any{"primary": true, "type": "work", "value": p.UserName}},
		"meta":        map[string]any{"resourceType": "User"},
		"name": map[string]any{
			"formatted": p.Given + " " + p.Family, "familyName": p.Family, "givenName": p.Given,
		},
		"title":          p.Title,
		enterpriseSchema: map[string]any{"department": p.Department},
	})
	if err != nil {
		return err
	}
	p.ID = got.ID
	_, err = e.get(ctx, "/Users/"+p.ID, "")
	return err
}

func (e *entra) UpdateUser(ctx context.Context, p *Person) error {
	replace := func(path string, value any) operation { return operation{Op: "Replace", Path: path, Value: value} }
	return e.patch(ctx, "/Users", p.ID,
		replace("userName", p.UserName),
		replace("displayName", p.Given+" "+p.Family),
		replace("name.givenName", p.Given),
		replace("name.familyName", p.Family),
		replace("name.formatted", p.Given+" "+p.Family),
		replace(`emails[type eq "work"].value`, p.UserName),
		replace("title", p.Title),
		replace("externalId", p.Key),
		operation{Op: "Add", Path: enterpriseSchema + ":department", Value: p.Department},
		replace("active", entraBool(p.Active)),
	)
}

func (e *entra) SetActive(ctx context.Context, p *Person) error {
	return e.patch(ctx, "/Users", p.ID, operation{Op: "Replace", Path: "active", Value: entraBool(p.Active)})
}

// entraBool is a boolean as Entra writes it without its flag.
func entraBool(b bool) string {
	if b {
		return "True"
	}
	return "False"
}

func (e *entra) Deletes() bool { return true }

func (e *entra) DeleteUser(ctx context.Context, p *Person) error {
	return e.delete(ctx, "/Users", p.ID)
}

func (e *entra) CreateGroup(ctx context.Context, g *Group) error {
	got, err := e.change(ctx, http.MethodPost, "/Groups", "", map[string]any{
		"schemas":     []string{groupSchema, "http://schemas.microsoft.com/2006/11/ResourceManagement/ADSCIM/2.0/Group"},
		"externalId":  guid(g.Key),
		"displayName": g.Name,
		"meta":        map[string]any{"resourceType": "Group"},
	})
	if err != nil {
		return err
	}
	g.ID = got.ID
	_, err = e.get(ctx, "/Groups/"+g.ID, "excludedAttributes=members")
	return err
}

func (e *entra) RenameGroup(ctx context.Context, g *Group) error {
	return e.patch(ctx, "/Groups", g.ID, operation{Op: "Replace", Path: "displayName", Value: g.Name})
}

func (e *entra) DeleteGroup(ctx context.Context, g *Group) error {
	return e.delete(ctx, "/Groups", g.ID)
}

// PushMembers adds everybody: Entra does not read a group's members, and adding one twice is
// nothing.
func (e *entra) PushMembers(ctx context.Context, g *Group, _ bool) error {
	return e.ChangeMembers(ctx, g, g.Members, nil)
}

func (e *entra) ChangeMembers(ctx context.Context, g *Group, add, remove []*Person) error {
	for _, step := range []struct {
		op     string
		people []*Person
	}{{"Add", add}, {"Remove", remove}} {
		for _, batch := range batches(step.people, entraBatch) {
			var values []any
			for _, p := range batch {
				values = append(values, map[string]any{"$ref": nil, "value": p.ID})
			}
			if err := e.patch(ctx, "/Groups", g.ID, operation{Op: step.op, Path: "members", Value: values}); err != nil {
				return err
			}
		}
	}
	return nil
}

// guid makes a GUID of a name, the same one every time.
func guid(name string) string {
	h := sha256.Sum256([]byte(name))
	text := fmt.Sprintf("%x", h[:16])
	return text[:8] + "-" + text[8:12] + "-4" + text[13:16] + "-8" + text[17:20] + "-" + text[20:]
}
