package idp

// newAuthentik is authentik: it reads what the server can do, looks up names without quotes, puts
// whole users, replaces groups without a path, and changes one member at a time.
func newAuthentik(c *Client) provider {
	return &habits{
		Client:    c,
		probes:    []string{"/ServiceProviderConfig"},
		findUser:  func(_ *Person, userName string) string { return "filter=" + escape("userName eq "+userName) },
		findGroup: func(_ *Group, name string) string { return "filter=" + escape("displayName eq "+quote(name)) },
		user: func(p *Person) map[string]any {
			user := plainUser(p, false)
			user["emails"] = []any{map[string]any{"value": p.UserName, "type": "other", "primary": true}}
			user["photos"], user["locale"] = []any{}, "en"
			return user
		},
		facts: []string{"displayName", "email", "externalId"},
		group: plainGroup,
		rename: func(g *Group) any {
			whole := plainGroup(g)
			whole["id"] = g.ID
			return operations(operation{Op: "replace", Value: whole})
		},
		add:    oneByOne("add"),
		remove: oneByOne("remove"),
		batch:  100,
	}
}

// oneByOne is a PATCH with an operation for each member.
func oneByOne(op string) func(people []*Person) any {
	return func(people []*Person) any {
		var list []operation
		for _, p := range people {
			list = append(list, operation{Op: op, Path: "members", Value: values([]*Person{p})})
		}
		return operations(list...)
	}
}
