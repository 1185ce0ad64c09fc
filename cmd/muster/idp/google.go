package idp

// newGoogle is Google Workspace's auto-provisioning: users alone, suspended and deleted later.
func newGoogle(c *Client) provider {
	return &habits{
		Client:    c,
		probes:    []string{"/Users?count=1"},
		findUser:  byFilter("userName"),
		findGroup: byDisplayName,
		user:      func(p *Person) map[string]any { return plainUser(p, true) },
		facts:     oktaFacts,
		patchActive: func(p *Person) any {
			return operations(operation{Op: "replace", Path: "active", Value: p.Active})
		},
		group: plainGroup,
	}
}

// newRippling is a custom app of Rippling. It looks people up by e-mail.
func newRippling(c *Client) provider {
	return &habits{
		Client:    c,
		probes:    []string{"/Users?startIndex=1&count=1"},
		findUser:  byFilter("emails[primary eq true].value"),
		findGroup: byDisplayName,
		user: func(p *Person) map[string]any {
			user := plainUser(p, false)
			delete(user, "externalId")
			delete(user, "displayName")
			user["title"] = p.Title
			return user
		},
		facts: []string{"email", "title"},
		patchActive: func(p *Person) any {
			return operations(operation{Op: "replace", Value: map[string]any{"active": p.Active}})
		},
		group: plainGroup,
	}
}
