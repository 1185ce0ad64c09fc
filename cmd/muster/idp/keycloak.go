package idp

import "strconv"

// newKeycloak is Keycloak with the SCIM client extension: two slashes after its base URL, e-mails
// without a type, activity as text in a PATCH, groups put whole.
func newKeycloak(c *Client) provider {
	return &habits{
		Client:    c,
		probes:    []string{"//Users?count=1"},
		findUser:  byFilter("userName"),
		findGroup: byDisplayName,
		user: func(p *Person) map[string]any {
			user := plainUser(p, false)
			user["emails"] = []any{map[string]any{"value": p.UserName}}
			return user
		},
		facts: []string{"displayName", "email", "externalId"},
		patchActive: func(p *Person) any {
			return operations(operation{Op: "replace", Path: "active", Value: strconv.FormatBool(p.Active)})
		},
		group:    plainGroup,
		bornFull: true,
	}
}
