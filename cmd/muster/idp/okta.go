package idp

import (
	"context"
	"net/http"
	"strings"
)

// oktaHeader is what Okta sends with every request; the Content-Type on a GET too.
func oktaHeader(media string) http.Header {
	return http.Header{
		"User-Agent": {"Okta SCIM Client 1.0.0"}, "Accept": {media}, "Accept-Charset": {"utf-8"}, "Content-Type": {media + "; charset=utf-8"},
	}
}

// oktaFacts are what an Okta profile says beside names and activity.
var oktaFacts = []string{"displayName", "email", "title", "department", "externalId"}

// okta is Okta's catalogue integration (OIN): whole profiles by PUT, activity by a PATCH without
// a path, members by PATCH with display names. It never deletes a user.
type okta struct{ *Client }

// oktaBatch is how many members go into one PATCH.
const oktaBatch = 100

func (o *okta) Test(ctx context.Context) error {
	if _, err := o.get(ctx, "/Users", "startIndex=1&count=2"); err != nil {
		return err
	}
	_, err := o.get(ctx, "/Groups", "startIndex=1&count=100")
	return err
}

func (o *okta) FindUser(ctx context.Context, _ *Person, userName string) (string, error) {
	return o.find(ctx, "/Users", "filter="+oktaEscape("userName eq "+quote(userName))+"&startIndex=1&count=100")
}

func (o *okta) FindGroup(ctx context.Context, _ *Group, name string) (string, error) {
	return o.find(ctx, "/Groups", "filter="+oktaEscape("displayName eq "+quote(name))+"&startIndex=1&count=100")
}

// oktaEscape writes a space as %20, as Okta does.
func oktaEscape(s string) string { return strings.ReplaceAll(escape(s), "+", "%20") }

func (o *okta) CreateUser(ctx context.Context, p *Person) error {
	body := o.profile(p)
	body["password"] = "Zq8pX1mvT4" // Okta sends a random one with every POST; it is never kept
	got, err := o.change(ctx, http.MethodPost, "/Users", "", body, aboutUser(p, oktaFacts...))
	p.ID = got.ID
	return err
}

func (o *okta) UpdateUser(ctx context.Context, p *Person) error {
	if _, err := o.get(ctx, "/Users/"+p.ID, ""); err != nil {
		return err
	}
	body := o.profile(p)
	body["id"] = p.ID
	_, err := o.change(ctx, http.MethodPut, "/Users/"+p.ID, p.ID, body, aboutUser(p, oktaFacts...))
	return err
}

func (o *okta) profile(p *Person) map[string]any {
	return map[string]any{
		"schemas":        []string{userSchema, enterpriseSchema},
		"userName":       p.UserName,
		"name":           map[string]any{"givenName": p.Given, "familyName": p.Family},
		"emails":         []any{map[string]any{"primary": true, "value": p.UserName, "type": "work"}},
		"displayName":    p.Given + " " + p.Family,
		"title":          p.Title,
		"locale":         "en-US",
		"externalId":     p.Key,
		"groups":         []any{},
		"active":         p.Active,
		enterpriseSchema: map[string]any{"department": p.Department},
	}
}

func (o *okta) SetActive(ctx context.Context, p *Person) error {
	return o.patch(ctx, "/Users", p.ID, aboutActivity(p), operation{Op: "replace", Value: map[string]any{"active": p.Active}})
}

func (o *okta) DeleteUser(ctx context.Context, p *Person) error {
	return o.delete(ctx, "/Users", p.ID, false)
}

func (o *okta) CreateGroup(ctx context.Context, g *Group) error {
	got, err := o.change(ctx, http.MethodPost, "/Groups", "", map[string]any{
		"schemas": []string{groupSchema}, "displayName": g.Name, "members": []any{},
	}, aboutAll(g, nil))
	g.ID = got.ID
	return err
}

func (o *okta) RenameGroup(ctx context.Context, g *Group) error {
	return o.patch(ctx, "/Groups", g.ID, aboutGroup(g), operation{Op: "replace", Value: map[string]any{"id": g.ID, "displayName": g.Name}})
}

func (o *okta) DeleteGroup(ctx context.Context, g *Group) error {
	return o.delete(ctx, "/Groups", g.ID, true)
}

// PushMembers adds batch by batch to a new group; a group that was there gets a full push.
func (o *okta) PushMembers(ctx context.Context, g *Group, found bool) error {
	if found {
		return o.patch(ctx, "/Groups", g.ID, aboutAll(g, g.Members), operation{Op: "replace", Path: "members", Value: oktaMembers(g.Members)})
	}
	return o.ChangeMembers(ctx, g, g.Members, nil)
}

// ChangeMembers changes batch by batch; on a day that reorders, Okta's workers overlap.
func (o *okta) ChangeMembers(ctx context.Context, g *Group, add, remove []*Person) error {
	var parts []func(context.Context) error
	for _, batch := range batches(remove, o.Chaos.batch(oktaBatch)) {
		var list []operation
		for _, p := range batch {
			list = append(list, operation{Op: "remove", Path: "members[value eq " + quote(p.ID) + "]"})
		}
		parts = append(parts, func(ctx context.Context) error {
			return o.patch(ctx, "/Groups", g.ID, aboutMembers(nil, batch), list...)
		})
	}
	for _, batch := range batches(add, o.Chaos.batch(oktaBatch)) {
		parts = append(parts, func(ctx context.Context) error {
			return o.patch(ctx, "/Groups", g.ID, aboutMembers(batch, nil), operation{Op: "add", Path: "members", Value: oktaMembers(batch)})
		})
	}
	return o.together(ctx, true, parts)
}

func oktaMembers(people []*Person) []any {
	members := []any{}
	for _, p := range people {
		members = append(members, map[string]any{"value": p.ID, "display": p.UserName})
	}
	return members
}
