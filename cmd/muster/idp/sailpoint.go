package idp

// newSailPoint is SailPoint: it reads all discovery documents and counts everybody before it
// writes, and changes a name by several operations without a path that have to merge.
func newSailPoint(c *Client) provider {
	replace := func(value map[string]any) operation { return operation{Op: "replace", Value: value} }
	return &habits{
		Client:    c,
		probes:    []string{"/ServiceProviderConfig", "/ResourceTypes", "/Schemas", "/Users?startIndex=1&count=50", "/Groups?startIndex=1&count=50"},
		findUser:  byFilter("userName"),
		findGroup: byDisplayName,
		user:      func(p *Person) map[string]any { return plainUser(p, true) },
		facts:     oktaFacts,
		patchUser: func(p *Person) any {
			return operations(
				replace(map[string]any{"name": map[string]any{"givenName": p.Given}}),
				replace(map[string]any{"name": map[string]any{"familyName": p.Family}}),
				replace(map[string]any{"userName": p.UserName, "displayName": p.Given + " " + p.Family, "title": p.Title, "externalId": p.Key, "active": p.Active}),
				replace(map[string]any{"emails": []any{map[string]any{"value": p.UserName, "type": "work", "primary": true}}}),
				replace(map[string]any{enterpriseSchema: map[string]any{"department": p.Department}}),
			)
		},
		patchActive: func(p *Person) any {
			return operations(replace(map[string]any{"active": p.Active}))
		},
		group:  plainGroup,
		rename: renamePlain,
		add: func(people []*Person) any {
			return operations(operation{Op: "add", Value: map[string]any{"members": values(people)}})
		},
		remove: removeByPath,
	}
}
