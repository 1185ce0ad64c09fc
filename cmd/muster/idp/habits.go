package idp

import (
	"context"
	"net/http"
	"slices"
)

// habits are a product whose requests come one at a time, in the forms that its functions give.
// It is enough for most products: look up, POST, PUT or PATCH, DELETE.
type habits struct {
	*Client
	usersPath, groupsPath string
	probes                []string // what a connection test reads, below the base URL

	findUser  func(p *Person, userName string) string // the query of a look-up
	findGroup func(g *Group, name string) string

	user        func(p *Person) map[string]any // a whole user, for POST and PUT
	facts       []string                       // what it says beside names and activity
	tail        string                         // what stands after the path of a PUT of a user
	patchUser   func(p *Person) any            // the body of a change of profile; nil: PUT
	patchActive func(p *Person) any            // … of activity; nil: as a change of profile
	switcher    *Client                        // sends changes of activity; nil: as everything

	group    func(g *Group) map[string]any // a group without its members, for POST and PUT
	bornFull bool                          // a POST has the members
	bare     bool                          // nothing ever has the members
	rename   func(g *Group) any            // the body of a PATCH; nil: PUT
	add      func(people []*Person) any    // the body of a PATCH; nil: the group is PUT with all members
	remove   func(people []*Person) any
	batch    int // how many members go into one PATCH; 0: any number
}

func (h *habits) Test(ctx context.Context) error {
	for _, probe := range h.probes {
		if _, err := h.get(ctx, probe, ""); err != nil {
			return err
		}
	}
	return nil
}

func (h *habits) FindUser(ctx context.Context, p *Person, userName string) (string, error) {
	return h.find(ctx, h.usersPath, h.findUser(p, userName))
}

func (h *habits) FindGroup(ctx context.Context, g *Group, name string) (string, error) {
	return h.find(ctx, h.groupsPath, h.findGroup(g, name))
}

func (h *habits) CreateUser(ctx context.Context, p *Person) error {
	got, err := h.change(ctx, http.MethodPost, h.usersPath, "", h.user(p), aboutUser(p, h.facts...))
	p.ID = got.ID
	return err
}

func (h *habits) UpdateUser(ctx context.Context, p *Person) error {
	if h.patchUser != nil {
		_, err := h.change(ctx, http.MethodPatch, h.usersPath+"/"+p.ID, p.ID, h.patchUser(p), aboutUser(p, h.facts...))
		return err
	}
	return h.putUser(ctx, h.Client, p)
}

func (h *habits) putUser(ctx context.Context, c *Client, p *Person) error {
	body := h.user(p)
	body["id"] = p.ID
	_, err := c.change(ctx, http.MethodPut, h.usersPath+"/"+p.ID+h.tail, p.ID, body, aboutUser(p, h.facts...))
	return err
}

func (h *habits) SetActive(ctx context.Context, p *Person) error {
	sender := h.Client
	if h.switcher != nil {
		sender = h.switcher
	}
	if h.patchActive == nil {
		if h.patchUser != nil {
			return h.UpdateUser(ctx, p)
		}
		return h.putUser(ctx, sender, p)
	}
	_, err := sender.change(ctx, http.MethodPatch, h.usersPath+"/"+p.ID, p.ID, h.patchActive(p), aboutActivity(p))
	return err
}

func (h *habits) DeleteUser(ctx context.Context, p *Person) error {
	return h.delete(ctx, h.usersPath, p.ID, false)
}

func (h *habits) CreateGroup(ctx context.Context, g *Group) error {
	body, means := h.group(g), aboutAll(g, nil)
	if h.bornFull {
		body["members"], means = values(g.Members), aboutAll(g, g.Members)
	}
	got, err := h.change(ctx, http.MethodPost, h.groupsPath, "", body, means)
	g.ID = got.ID
	return err
}

func (h *habits) RenameGroup(ctx context.Context, g *Group) error {
	if h.rename == nil {
		return h.putGroup(ctx, g)
	}
	_, err := h.change(ctx, http.MethodPatch, h.groupsPath+"/"+g.ID, g.ID, h.rename(g), aboutGroup(g))
	return err
}

// putGroup writes the whole group, with everybody in it.
func (h *habits) putGroup(ctx context.Context, g *Group) error {
	body, means := h.group(g), aboutGroup(g)
	body["id"] = g.ID
	if !h.bare {
		body["members"], means = values(g.Members), aboutAll(g, g.Members)
	}
	_, err := h.change(ctx, http.MethodPut, h.groupsPath+"/"+g.ID, g.ID, body, means)
	return err
}

func (h *habits) DeleteGroup(ctx context.Context, g *Group) error {
	return h.delete(ctx, h.groupsPath, g.ID, true)
}

func (h *habits) PushMembers(ctx context.Context, g *Group, found bool) error {
	switch {
	case h.bornFull && !found:
		return nil
	case h.add == nil:
		return h.putGroup(ctx, g)
	}
	return h.ChangeMembers(ctx, g, g.Members, nil)
}

func (h *habits) ChangeMembers(ctx context.Context, g *Group, add, remove []*Person) error {
	if h.add == nil {
		return h.putGroup(ctx, g)
	}
	most := h.batch
	if most == 0 {
		most = max(1, len(add), len(remove))
	}
	for batch := range slices.Values(batches(remove, most)) {
		if err := h.patchMembers(ctx, g, h.remove(batch), aboutMembers(nil, batch)); err != nil {
			return err
		}
	}
	for batch := range slices.Values(batches(add, most)) {
		if err := h.patchMembers(ctx, g, h.add(batch), aboutMembers(batch, nil)); err != nil {
			return err
		}
	}
	return nil
}

func (h *habits) patchMembers(ctx context.Context, g *Group, body any, means said) error {
	_, err := h.change(ctx, http.MethodPatch, h.groupsPath+"/"+g.ID, g.ID, body, means)
	return err
}

// byFilter looks up what has a value, as most products write it.
func byFilter(attribute string) func(*Person, string) string {
	return func(_ *Person, value string) string {
		return "filter=" + oktaEscape(attribute+" eq "+quote(value))
	}
}

func byDisplayName(_ *Group, name string) string {
	return "filter=" + oktaEscape("displayName eq "+quote(name))
}

// plainGroup is a group as most products write it.
func plainGroup(g *Group) map[string]any {
	return map[string]any{"schemas": []string{groupSchema}, "externalId": g.Key, "displayName": g.Name}
}

// plainUser is a user as most products write it; enterprise tells whether with a department.
func plainUser(p *Person, enterprise bool) map[string]any {
	user := map[string]any{
		"schemas":     []string{userSchema},
		"externalId":  p.Key,
		"userName":    p.UserName,
		"name":        map[string]any{"givenName": p.Given, "familyName": p.Family},
		"displayName": p.Given + " " + p.Family,
		"emails":      []any{map[string]any{"value": p.UserName, "type": "work", "primary": true}},
		"active":      p.Active,
	}
	if enterprise {
		user["schemas"] = []string{userSchema, enterpriseSchema}
		user["title"] = p.Title
		user[enterpriseSchema] = map[string]any{"department": p.Department}
	}
	return user
}

// The forms of membership changes that more than one product writes.
func addValues(people []*Person) any {
	return operations(operation{Op: "add", Path: "members", Value: values(people)})
}

func removeValues(people []*Person) any {
	return operations(operation{Op: "remove", Path: "members", Value: values(people)})
}

func removeByPath(people []*Person) any {
	var list []operation
	for _, p := range people {
		list = append(list, operation{Op: "remove", Path: "members[value eq " + quote(p.ID) + "]"})
	}
	return operations(list...)
}

func renamePlain(g *Group) any {
	return operations(operation{Op: "replace", Path: "displayName", Value: g.Name})
}
