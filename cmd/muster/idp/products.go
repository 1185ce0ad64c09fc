package idp

import "net/http"

// Product is an IdP that can be played.
type Product struct {
	Name      string
	Kind      string // the kind of connector that it wants
	Title     string // what it is, in a few words
	V1        bool   // speaks SCIM 1.1
	Basic     bool   // presents a Basic pair; else a bearer token
	UsersOnly bool   // provisions no groups
	NoMembers bool   // provisions groups and never says who is in them

	keepsUsers  bool   // never deletes a user
	keepsGroups bool   // never deletes a group
	overlaps    bool   // its workers change the members of one group at the same time
	users       string // the path of users; "" is /Users
	groups      string // the path of groups; "" is /Groups
	media       string
	header      http.Header
	make        func(*Client) provider
}

const plainJSON = "application/json"

// Products are the IdPs that can be played.
var Products = []*Product{
	{Name: "okta", Kind: "okta", Title: "Okta, an app of its catalogue: whole profiles by PUT, activity and members by PATCH",
		keepsUsers: true, overlaps: true, header: oktaHeader("application/scim+json"), make: func(c *Client) provider { return &okta{c} }},
	{Name: "okta-aiw", Kind: "okta", Title: "Okta, an app made with its wizard: reads, edits and puts back, groups too",
		keepsUsers: true, header: oktaHeader("application/scim+json"), make: func(c *Client) provider { return &oktaWizard{okta{c}} }},
	{Name: "okta11", Kind: "okta", Title: "Okta speaking SCIM 1.1, as its on-premises agent does", V1: true,
		keepsUsers: true, overlaps: true, media: plainJSON, header: oktaHeader(plainJSON), make: func(c *Client) provider { return &okta11{c} }},
	{Name: "entra", Kind: "entra", Title: "Microsoft Entra ID as it speaks by default",
		overlaps: true, make: func(c *Client) provider { return &entra{Client: c} }},
	{Name: "entra-flag", Kind: "entra", Title: "Microsoft Entra ID with aadOptscim062020 in its tenant URL",
		overlaps: true, make: func(c *Client) provider { return &entra{Client: c, flag: true} }},
	{Name: "onelogin", Kind: "onelogin", Title: "OneLogin, SCIM v2 Enterprise, with an odd template", keepsGroups: true,
		media: plainJSON, header: http.Header{"User-Agent": {""}, "Accept": {plainJSON}}, make: newOneLogin},
	{Name: "onelogin11", Kind: "onelogin", Title: "OneLogin speaking SCIM 1.1", V1: true, keepsGroups: true,
		header: http.Header{"Accept": {plainJSON}}, make: newOneLogin11},
	{Name: "google", Kind: "google", Title: "Google Workspace: users and no groups", UsersOnly: true,
		media: "application/scim+json", header: http.Header{"Accept": {"application/scim+json"}}, make: newGoogle},
	{Name: "pingone", Kind: "ping", Title: "PingOne, outbound", media: "application/scim+json",
		header: http.Header{"Accept": {"application/scim+json"}}, make: newPingOne},
	{Name: "pingfederate", Kind: "ping", Title: "PingFederate's own provisioner: SCIM 1.1, Basic", V1: true, Basic: true,
		media: plainJSON, header: http.Header{"Accept": {plainJSON}}, make: newPingFederate},
	{Name: "jumpcloud", Kind: "jumpcloud", Title: "JumpCloud", media: "application/scim+json",
		header: http.Header{"Accept": {"application/scim+json"}}, make: newJumpCloud},
	{Name: "oneaccess", Kind: "oneaccess", Title: "Huawei OneAccess: Basic, organisations as groups, times in milliseconds", Basic: true,
		NoMembers: true, groups: "/Organizations", media: plainJSON, header: http.Header{"Accept": {plainJSON}}, make: newOneAccess},
	{Name: "keycloak", Kind: "keycloak", Title: "Keycloak with the SCIM client extension", users: "//Users", groups: "//Groups",
		media: plainJSON, make: newKeycloak},
	{Name: "authentik", Kind: "authentik", Title: "authentik", media: "application/scim+json",
		header: http.Header{"Accept": {"application/scim+json"}, "Content-Type": {"application/scim+json"}}, make: newAuthentik},
	{Name: "rauthy", Kind: "generic", Title: "Rauthy", media: "application/scim+json",
		header: http.Header{"Accept": {"application/scim+json"}}, make: newRauthy},
	{Name: "pocket-id", Kind: "generic", Title: "Pocket ID: lists everything, puts everything", media: "application/scim+json",
		header: http.Header{"Accept": {"application/scim+json"}}, make: newPocketID},
	{Name: "sailpoint", Kind: "generic", Title: "SailPoint: reads the schemas, merges names part by part", media: "application/scim+json",
		header: http.Header{"Accept": {"application/scim+json"}}, make: newSailPoint},
	{Name: "rippling", Kind: "generic", Title: "Rippling, a custom app: looks people up by e-mail, no groups", UsersOnly: true,
		media: "application/scim+json", header: http.Header{"Accept": {"application/scim+json"}}, make: newRippling},
	{Name: "miniorange", Kind: "generic", Title: "two IdPs, Okta and Entra, on one URL and one token",
		overlaps: true, make: newMiniOrange},
}

// ProductNamed is the product of a name, nil if there is none.
func ProductNamed(name string) *Product {
	for _, p := range Products {
		if p.Name == name {
			return p
		}
	}
	return nil
}

// ProductNames are the names of all products, in order.
func ProductNames() (names []string) {
	for _, p := range Products {
		names = append(names, p.Name)
	}
	return names
}

func (p *Product) usersPath() string  { return orElse(p.users, "/Users") }
func (p *Product) groupsPath() string { return orElse(p.groups, "/Groups") }

func orElse(text, otherwise string) string {
	if text == "" {
		return otherwise
	}
	return text
}

// speak makes the client speak like this product.
func (p *Product) speak(c *Client) provider {
	c.header, c.media = p.header, p.media
	said := p.make(c)
	if h, ok := said.(*habits); ok {
		h.usersPath, h.groupsPath = p.usersPath(), p.groupsPath()
	}
	return said
}
