package scim

// The User schema of RFC 7643 4.1 and 8.7.1, and what is common to all resources.

func text(name, description string) *Attribute {
	return &Attribute{Name: name, Description: description}
}

func (a *Attribute) with(change func(*Attribute)) *Attribute { change(a); return a }

func required(a *Attribute)  { a.Required = true }
func caseExact(a *Attribute) { a.CaseExact = true }
func readOnly(a *Attribute)  { a.Mutability = ReadOnly }
func immutable(a *Attribute) { a.Mutability = Immutable }

func canonicalValues(values ...string) func(*Attribute) {
	return func(a *Attribute) { a.Canonical = values }
}

func reference(name, description string, types ...string) *Attribute {
	return &Attribute{Name: name, Description: description, Type: typeReference, ReferenceTypes: types}
}

func complexAttribute(name, description string, sub ...*Attribute) *Attribute {
	return &Attribute{Name: name, Description: description, Sub: sub}
}

// list is a multi-valued complex attribute with the sub-attributes all of them share.
func list(name, description string, value *Attribute, types ...string) *Attribute {
	return &Attribute{Name: name, Description: description, MultiValued: true, Sub: []*Attribute{
		value,
		text("display", "A human-readable name, for display."),
		text("type", "A label of the value's function.").with(canonicalValues(types...)),
		{Name: "primary", Type: typeBoolean, Description: "Whether this is the preferred value; true for at most one."},
	}}
}

func idAttribute() *Attribute {
	return &Attribute{Name: "id", Description: "The resource's identifier, set by the service provider.",
		CaseExact: true, Mutability: ReadOnly, Returned: ReturnedAlways, Uniqueness: uniqueServer}
}

func externalIDAttribute() *Attribute {
	return text("externalId", "The resource's identifier at the provisioning client. Data only; need not be unique.").with(caseExact)
}

var schemasTable = &Attribute{Name: "schemas", Type: typeReference, Description: "The schemas of the resource.",
	MultiValued: true, Returned: ReturnedAlways, ReferenceTypes: []string{"uri"}}

var metaTable = complexAttribute("meta", "What the service provider knows of the resource.",
	text("resourceType", "The resource type.").with(caseExact).with(readOnly),
	&Attribute{Name: "created", Type: typeDateTime, Description: "When the resource was created.", Mutability: ReadOnly},
	&Attribute{Name: "lastModified", Type: typeDateTime, Description: "When the resource was last changed.", Mutability: ReadOnly},
	reference("location", "The resource's URI.", "uri").with(caseExact).with(readOnly),
	text("version", "The resource's version: its entity tag.").with(caseExact).with(readOnly),
).with(readOnly)

var userSchema = compileSchema(&Schema{
	URN: CoreUser, Name: "User", Description: "User Account",
	Aliases: []string{"urn:scim:schemas:core:2.0:User", "urn:scim:schemas:core:1.0:User"},
	Attributes: []*Attribute{
		idAttribute(),
		externalIDAttribute(),
		text("userName", "The name that identifies the user, unique without regard to case.").
			with(required).with(func(a *Attribute) { a.Uniqueness = uniqueServer }),
		complexAttribute("name", "The parts of the user's name.",
			text("formatted", "The whole name, formatted for display."),
			text("familyName", "The family name."),
			text("givenName", "The given name."),
			text("middleName", "The middle names."),
			text("honorificPrefix", "A title before the name."),
			text("honorificSuffix", "A suffix after the name."),
		),
		text("displayName", "The name shown to end users."),
		text("nickName", "The casual name."),
		reference("profileUrl", "The URL of the user's profile page.", "external"),
		text("title", "The user's title, such as \"Vice President\"."),
		text("userType", "The relation of the organisation to the user, such as \"Contractor\"."),
		text("preferredLanguage", "The preferred language, as in Accept-Language."),
		text("locale", "The locale for dates, numbers and currency."),
		text("timezone", "The time zone in the IANA format, such as \"America/Los_Angeles\"."),
		{Name: "active", Type: typeBoolean, Description: "Whether the user's account is active."},
		{Name: "password", Description: "Accepted and dropped: passwords are never stored.",
			CaseExact: true, Mutability: WriteOnly, Returned: ReturnedNever},
		list("emails", "E-mail addresses.", text("value", "The e-mail address."), "work", "home", "other"),
		list("phoneNumbers", "Phone numbers.", text("value", "The phone number, ideally as in RFC 3966."),
			"work", "home", "mobile", "fax", "pager", "other"),
		list("ims", "Instant messaging addresses.", text("value", "The address."),
			"aim", "gtalk", "icq", "xmpp", "msn", "skype", "qq", "yahoo"),
		list("photos", "URLs of photos.", reference("value", "The URL of a photo.", "external"), "photo", "thumbnail"),
		{Name: "addresses", Description: "Physical mailing addresses.", MultiValued: true, Sub: []*Attribute{
			text("formatted", "The whole address, formatted for display or a label."),
			text("streetAddress", "Street, house number and the like."),
			text("locality", "The city or locality."),
			text("region", "The state or region."),
			text("postalCode", "The postal code."),
			text("country", "The country, as in ISO 3166-1 alpha-2."),
			text("type", "A label of the address's function.").with(canonicalValues("work", "home", "other")),
			{Name: "primary", Type: typeBoolean, Description: "Whether this is the preferred address; true for at most one."},
		}},
		{Name: "groups", Description: "The groups the user belongs to.", MultiValued: true, Mutability: ReadOnly, Sub: []*Attribute{
			text("value", "The id of the group.").with(caseExact).with(readOnly),
			reference("$ref", "The URI of the group.", "User", "Group").with(readOnly),
			text("display", "The name of the group.").with(readOnly),
			text("type", "Whether the membership is direct or through another group.").with(readOnly).
				with(canonicalValues("direct", "indirect")),
		}},
		list("entitlements", "What the user is entitled to.", text("value", "The entitlement.")),
		list("roles", "The user's roles.", text("value", "The role.")),
		list("x509Certificates", "The user's certificates.",
			&Attribute{Name: "value", Type: typeBinary, CaseExact: true, Description: "An X.509 certificate, DER in base64."}),
	},
})
