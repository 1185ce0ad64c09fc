package idp

import "net/http"

// oldCore and oldEnterprise are the schemas that templates of OneLogin name in SCIM 2.0.
const (
	oldCore       = "urn:scim:schemas:core:2.0"
	oldEnterprise = "urn:scim:schemas:extension:enterprise:2.0"
)

// newOneLogin is OneLogin's app of SCIM 2.0, with a template that an administrator has edited: the
// schemas of no version, explicit nulls, the e-mail as one object. Its queries end in &, its PUTs
// in a bare ?, and it never says that a role is gone.
func newOneLogin(c *Client) provider {
	return &habits{
		Client: c,
		probes: []string{"/Users?filter=userName+eq+%22nobody%40onelogin.invalid%22&"},
		findUser: func(_ *Person, userName string) string {
			return "filter=" + escape("userName eq "+quote(userName)) + "&"
		},
		findGroup: func(_ *Group, name string) string {
			return "filter=" + escape("displayName eq "+quote(name)) + "&"
		},
		user: func(p *Person) map[string]any {
			user := plainUser(p, true)
			user["schemas"] = []string{oldCore, oldEnterprise}
			user[oldEnterprise] = user[enterpriseSchema]
			delete(user, enterpriseSchema)
			user["emails"] = map[string]any{"value": p.UserName, "type": "work", "primary": true}
			user["locale"], user["timezone"], user["preferredLanguage"] = nil, nil, nil
			return user
		},
		facts:  oktaFacts,
		tail:   "?",
		group:  plainGroup,
		rename: renamePlain,
		add:    addValues,
		remove: removeByPath,
		batch:  1,
	}
}

// newOneLogin11 is OneLogin's app of SCIM 1.1.
func newOneLogin11(c *Client) provider {
	change := func(operation string) func(people []*Person) any {
		return func(people []*Person) any {
			var list []any
			for _, p := range people {
				list = append(list, map[string]any{"value": p.ID, "operation": operation})
			}
			return map[string]any{"schemas": []string{core11}, "members": list}
		}
	}
	return &habits{
		Client:    c,
		probes:    []string{"/Users?filter=userName%20eq%20%22nobody%40onelogin.invalid%22", "/Groups"},
		findUser:  byFilter("userName"),
		findGroup: byDisplayName,
		user: func(p *Person) map[string]any {
			user := plainUser(p, false)
			user["schemas"] = []string{core11}
			user["title"], user["locale"] = p.Title, nil
			return user
		},
		facts: []string{"displayName", "email", "title", "externalId"},
		group: group11,
		rename: func(g *Group) any {
			return map[string]any{"schemas": []string{core11}, "displayName": g.Name}
		},
		add:    change("add"),
		remove: change("delete"),
	}
}

// group11 is a group of SCIM 1.1.
func group11(g *Group) map[string]any {
	return map[string]any{"schemas": []string{core11}, "displayName": g.Name}
}

// tunnelled is the client, sending its writes as POSTs that name the method they mean.
func tunnelled(c *Client) *Client {
	through := *c
	through.tunnels = true
	through.header = http.Header{"Accept": {plainJSON}}
	return &through
}
