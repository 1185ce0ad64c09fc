package scim

// The Group schema of RFC 7643 4.2 and 8.7.1. Policy works on group names, so displayName is
// required and unique here, which the RFC leaves open.
var groupSchema = compileSchema(&Schema{
	URN: CoreGroup, Name: "Group", Description: "Group",
	Aliases: []string{"urn:scim:schemas:core:2.0:Group", "urn:scim:schemas:core:1.0:Group",
		"http://schemas.microsoft.com/2006/11/ResourceManagement/ADSCIM/2.0/Group"},
	Attributes: []*Attribute{
		idAttribute(),
		externalIDAttribute(),
		text("displayName", "The name of the group, unique without regard to case.").
			with(required).with(func(a *Attribute) { a.Uniqueness = uniqueServer }),
		{Name: "members", Description: "The members of the group.", MultiValued: true, Sub: []*Attribute{
			text("value", "The id of the member.").with(caseExact).with(immutable),
			reference("$ref", "The URI of the member.", "User", "Group").with(immutable),
			text("type", "The resource type of the member.").with(immutable).with(canonicalValues("User", "Group")),
			text("display", "The name of the member, for display.").with(readOnly),
		}},
	},
})

// The enterprise extension of RFC 7643 4.3 and 8.7.1.
var enterpriseSchema = compileSchema(&Schema{
	URN: EnterpriseUser, Name: "EnterpriseUser", Description: "Enterprise User",
	Aliases: []string{
		"urn:scim:schemas:extension:enterprise:2.0", "urn:scim:schemas:extension:enterprise:1.0",
		"urn:scim:schemas:extension:enterprise:2.0:User", "urn:scim:schemas:extension:enterprise:1.0:User",
		"urn:ietf:params:scim:schemas:extension:enterprise:2.0User", "urn:ietf:params:scim:schemas:extension:enterprise:2.0",
	},
	Attributes: []*Attribute{
		text("employeeNumber", "The number the organisation gave the person."),
		text("costCenter", "The name of the cost centre."),
		text("organization", "The name of the organisation."),
		text("division", "The name of the division."),
		text("department", "The name of the department."),
		complexAttribute("manager", "The user's manager.",
			text("value", "The id of the manager's resource.").with(caseExact),
			reference("$ref", "The URI of the manager's resource.", "User"),
			text("displayName", "The name of the manager.").with(readOnly),
		),
	},
})
