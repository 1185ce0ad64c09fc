package idp

import "strconv"

// newOneAccess is Huawei OneAccess with its defaults: Basic, application/json, times as epoch
// milliseconds, activity as text, organisations under a path of their own. Its templates say
// nothing of who belongs to an organisation.
func newOneAccess(c *Client) provider {
	const hired = 1735526400000
	meta := func(kind string) map[string]any {
		return map[string]any{"resourceType": kind, "created": hired, "lastModified": hired}
	}
	return &habits{
		Client:    c,
		probes:    []string{"/Users?startIndex=1&count=1"},
		findUser:  byFilter("userName"),
		findGroup: byDisplayName,
		user: func(p *Person) map[string]any {
			user := plainUser(p, true)
			user["active"] = strconv.FormatBool(p.Active)
			user["meta"] = meta("User")
			return user
		},
		facts: oktaFacts,
		group: func(g *Group) map[string]any {
			group := plainGroup(g)
			group["meta"] = meta("Group")
			return group
		},
		bare: true,
	}
}
