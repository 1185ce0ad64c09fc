package idp

// newJumpCloud is JumpCloud: whole users by PUT with the extension's schema first and empty
// arrays, activity as one operation, members taken out by a list of values.
func newJumpCloud(c *Client) provider {
	return &habits{
		Client:    c,
		probes:    []string{"/Users"},
		findUser:  byFilter("userName"),
		findGroup: byDisplayName,
		user: func(p *Person) map[string]any {
			user := plainUser(p, true)
			user["schemas"] = []string{enterpriseSchema, userSchema}
			user["addresses"], user["photos"] = []any{}, []any{}
			user["phoneNumbers"] = []any{map[string]any{"primary": true, "type": "work", "value": "tel:+1-555-555-5555"}}
			user["locale"], user["preferredLanguage"] = "en-US", "en-US"
			return user
		},
		facts: oktaFacts,
		patchActive: func(p *Person) any {
			return operations(operation{Op: "replace", Path: "active", Value: p.Active})
		},
		group: func(g *Group) map[string]any {
			return map[string]any{"schemas": []string{groupSchema}, "displayName": g.Name}
		},
		rename: func(g *Group) any {
			return operations(operation{Op: "replace", Value: map[string]any{"displayName": g.Name}})
		},
		add:    addValues,
		remove: removeValues,
	}
}
