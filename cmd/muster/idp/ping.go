package idp

// newPingOne is PingOne's outbound connection: look-ups with an operator in another case, whole
// users by PUT, e-mails without a type. Its words about groups are what its settings promise, not
// what was recorded.
func newPingOne(c *Client) provider {
	return &habits{
		Client: c,
		probes: []string{"/Users?startIndex=1&count=1"},
		findUser: func(_ *Person, userName string) string {
			return "filter=" + oktaEscape("emails.value Eq "+quote(userName))
		},
		findGroup: byDisplayName,
		user: func(p *Person) map[string]any {
			user := plainUser(p, true)
			user["emails"] = []any{map[string]any{"value": p.UserName, "primary": true}}
			return user
		},
		facts:  oktaFacts,
		group:  plainGroup,
		rename: renamePlain,
		add:    addValues,
		remove: removeByPath,
	}
}

// newPingFederate is the provisioner inside PingFederate: SCIM 1.1, groups made with their
// members, activity through a proxy that lets only GET and POST pass. It knows ids by heart; a
// program that starts anew does not, and looks up by name.
func newPingFederate(c *Client) provider {
	return &habits{
		Client:    c,
		probes:    []string{"/Users?startIndex=1&count=1"},
		findUser:  byFilter("userName"),
		findGroup: byDisplayName,
		user: func(p *Person) map[string]any {
			return map[string]any{
				"schemas": []string{core11}, "externalId": "CN=" + p.Key + ",OU=Users", "userName": p.UserName,
				"name":   map[string]any{"givenName": p.Given, "familyName": p.Family},
				"emails": []any{map[string]any{"value": p.UserName, "type": "work"}},
				"title":  p.Title, "active": p.Active,
			}
		},
		facts:    []string{"email", "title"},
		switcher: tunnelled(c),
		group: func(g *Group) map[string]any {
			group := group11(g)
			group["externalId"] = g.Key
			return group
		},
		bornFull: true,
		rename: func(g *Group) any {
			return map[string]any{"schemas": []string{core11}, "displayName": g.Name}
		},
		add: func(people []*Person) any {
			return map[string]any{"schemas": []string{core11}, "members": values(people)}
		},
		remove: func(people []*Person) any {
			return map[string]any{"schemas": []string{core11}, "members": members11(people, "delete")}
		},
	}
}
