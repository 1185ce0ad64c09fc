package idp

import (
	"context"
	"net/http"
)

// okta11 is Okta speaking SCIM 1.1: PATCHes without operations, members that merge, and a
// description of groups under a schema of its own that cannot be switched off.
type okta11 struct{ *Client }

const oktaGroupSchema = "urn:okta:custom:group:1.0"

// Test reads the discovery document first, as the on-premises agent does.
func (o *okta11) Test(ctx context.Context) error {
	for _, path := range []string{"/ServiceProviderConfigs", "/Users?startIndex=1&count=2", "/Groups?startIndex=1&count=100"} {
		if _, err := o.get(ctx, path, ""); err != nil {
			return err
		}
	}
	return nil
}

func (o *okta11) FindUser(ctx context.Context, p *Person, userName string) (string, error) {
	return (&okta{o.Client}).FindUser(ctx, p, userName)
}

func (o *okta11) FindGroup(ctx context.Context, g *Group, name string) (string, error) {
	return (&okta{o.Client}).FindGroup(ctx, g, name)
}

func (o *okta11) CreateUser(ctx context.Context, p *Person) error {
	body := o.profile(p)
	body["password"] = "p4Vq9sLw"
	got, err := o.change(ctx, http.MethodPost, "/Users", "", body, aboutUser(p, oktaFacts...))
	p.ID = got.ID
	return err
}

func (o *okta11) UpdateUser(ctx context.Context, p *Person) error {
	if _, err := o.get(ctx, "/Users/"+p.ID, ""); err != nil {
		return err
	}
	body := o.profile(p)
	body["id"] = p.ID
	_, err := o.change(ctx, http.MethodPut, "/Users/"+p.ID, p.ID, body, aboutUser(p, oktaFacts...))
	return err
}

func (o *okta11) profile(p *Person) map[string]any {
	body := (&okta{o.Client}).profile(p)
	delete(body, enterpriseSchema)
	body["schemas"] = []string{core11, enterprise11}
	body["locale"] = "en_US"
	body[enterprise11] = map[string]any{"department": p.Department}
	return body
}

func (o *okta11) SetActive(ctx context.Context, p *Person) error {
	return o.merge(ctx, "/Users/", p.ID, aboutActivity(p), map[string]any{"id": p.ID, "active": p.Active})
}

// merge is a PATCH of SCIM 1.1: the attributes that change stand at the top.
func (o *okta11) merge(ctx context.Context, path, id string, means said, body map[string]any) error {
	body["schemas"] = []string{core11}
	_, err := o.change(ctx, http.MethodPatch, path+id, id, body, means)
	return err
}

func (o *okta11) DeleteUser(ctx context.Context, p *Person) error {
	return o.delete(ctx, "/Users", p.ID, false)
}

func (o *okta11) CreateGroup(ctx context.Context, g *Group) error {
	got, err := o.change(ctx, http.MethodPost, "/Groups", "", map[string]any{
		"schemas": []string{core11, oktaGroupSchema}, "displayName": g.Name,
		oktaGroupSchema: map[string]any{"description": "Everybody in " + g.Name},
	}, aboutAll(g, nil))
	g.ID = got.ID
	return err
}

func (o *okta11) RenameGroup(ctx context.Context, g *Group) error {
	return o.merge(ctx, "/Groups/", g.ID, aboutGroup(g), map[string]any{"id": g.ID, "displayName": g.Name})
}

func (o *okta11) DeleteGroup(ctx context.Context, g *Group) error {
	return o.delete(ctx, "/Groups", g.ID, true)
}

func (o *okta11) PushMembers(ctx context.Context, g *Group, _ bool) error {
	return o.ChangeMembers(ctx, g, g.Members, nil)
}

func (o *okta11) ChangeMembers(ctx context.Context, g *Group, add, remove []*Person) error {
	var parts []func(context.Context) error
	for _, batch := range batches(remove, o.Chaos.batch(oktaBatch)) {
		parts = append(parts, func(ctx context.Context) error {
			return o.merge(ctx, "/Groups/", g.ID, aboutMembers(nil, batch), map[string]any{"members": members11(batch, "delete")})
		})
	}
	for _, batch := range batches(add, o.Chaos.batch(oktaBatch)) {
		parts = append(parts, func(ctx context.Context) error {
			return o.merge(ctx, "/Groups/", g.ID, aboutMembers(batch, nil), map[string]any{"members": members11(batch, "")})
		})
	}
	return o.together(ctx, true, parts)
}

// members11 are members of a PATCH of SCIM 1.1, each with the operation, if one is given.
func members11(people []*Person, operation string) []any {
	list := []any{}
	for _, p := range people {
		member := map[string]any{"value": p.ID, "display": p.UserName}
		if operation != "" {
			member["operation"] = operation
		}
		list = append(list, member)
	}
	return list
}
