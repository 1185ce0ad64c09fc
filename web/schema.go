package web

import (
	"encoding/json"

	"github.com/danielgtaylor/huma/v2"

	"github.com/muster-scim/muster/policy"
)

// Rules are a connector's rules, read and written by policy; this type only describes them.
type Rules struct{ policy.Rules }

// DirectoryPatch are the settings of a directory that a PATCH names. policy reads them.
type DirectoryPatch map[string]json.RawMessage

// Schema describes rules once, as a component of the document.
func (Rules) Schema(r huma.Registry) *huma.Schema { return component(r, "Rules", rulesSchema) }

// Schema describes a directory's settings once, as a component of the document.
func (DirectoryPatch) Schema(r huma.Registry) *huma.Schema {
	return component(r, "DirectorySettings", settingsSchema)
}

// component puts a schema into the document under a name and returns a reference to it.
func component(r huma.Registry, name string, describe func() *huma.Schema) *huma.Schema {
	if _, ok := r.Map()[name]; !ok {
		s := describe()
		precompute(s)
		r.Map()[name] = s
	}
	return &huma.Schema{Ref: "#/components/schemas/" + name}
}

// precompute prepares a schema's messages, and its children's, for validation.
func precompute(s *huma.Schema) {
	for _, child := range s.Properties {
		precompute(child)
	}
	for _, child := range s.OneOf {
		precompute(child)
	}
	if s.Items != nil {
		precompute(s.Items)
	}
	s.PrecomputeMessages()
}

func rulesSchema() *huma.Schema {
	s := object("The policy of one connector. What is left out has the default. Patterns are matched against the whole name, without regard to case.",
		map[string]*huma.Schema{
			"onlyAssign":     entries("If not empty: of the groups the IdP sends, only these are assigned."),
			"neverAssign":    entries("Of the groups the IdP sends, these are never assigned; wins over onlyAssign."),
			"alwaysAssign":   entries("Names of groups that every user with a contributing record of the connector is in. Created if missing."),
			"defaultGroups":  entries("Names of groups granted once, when the connector's record of a user first counts."),
			"neverRemove":    entries("Memberships of these groups are not taken away by settling."),
			"requiredGroups": entries("If not empty: a record whose user is in none of these does not count."),
			"requiredGrace":  duration("How long losing the last required group is waited for.", "1h"),
			"cleanup": object("What happens to a user for whom no record counts any more.", map[string]*huma.Schema{
				"action":      {Type: huma.TypeString, Enum: []any{"disable", "delete", "keep"}, Default: "disable", Description: "What is done to the user."},
				"stripGroups": {Type: huma.TypeBoolean, Description: "Take the memberships away too.", Default: false},
				"keepGroups":  entries("But for those of these groups."),
				"graceDays":   {Type: huma.TypeInteger, Description: "Delays deleting and stripping, never disabling.", Default: 0, Minimum: number(0), Maximum: number(3650)},
			}),
			"mapping": object("Changes to attributes and group names before anything else sees them.", map[string]*huma.Schema{
				"steps": {Type: huma.TypeArray, Description: "Expressions (CEL) that give attributes other values, in order.", MaxItems: whole(200), Items: object("One attribute's value.", map[string]*huma.Schema{
					"target":     {Type: huma.TypeString, Description: "A SCIM path: title, name.givenName, emails[type eq \"work\"].value, URN:department.", Examples: []any{"title"}},
					"expression": {Type: huma.TypeString, MaxLength: whole(4096), Description: "What gives the value, from record, enterprise, connector and, with when update, current; null takes it away.", Examples: []any{"enterprise.department"}},
					"when":       {Type: huma.TypeString, Enum: []any{"", "create", "update", "always"}, Description: "create: when the record first counts; update: once it was changed afterwards; always is the default."},
				})},
				"dropWhen": {Type: huma.TypeString, MaxLength: whole(4096), Description: "An expression; true drops the record, so that it does not count.", Examples: []any{"record.userType == \"Contractor\""}},
				"renames": {Type: huma.TypeArray, Description: "Renames of groups, each over what the former made.", MaxItems: whole(200), Items: object("Groups that get another name.", map[string]*huma.Schema{
					"from": {Description: "Which groups: a name, an expression, or an object as in the lists.", OneOf: []*huma.Schema{{Type: huma.TypeString, Description: "A name, or a regular expression that matches the whole name."}, {Type: huma.TypeObject, AdditionalProperties: true, Description: "One of is, startsWith, endsWith, contains, matches."}}, Examples: []any{"okta-(.*)"}},
					"to":   {Type: huma.TypeString, Description: "The name from then on; $1 and ${name} are what groups of the expression matched.", Examples: []any{"$1"}},
				})},
			}),
			"linking": object("Which users of the directory new records may link to.", map[string]*huma.Schema{
				"match":         {Type: huma.TypeArray, Items: &huma.Schema{Type: huma.TypeString}, Description: "Attributes that are compared.", Default: []string{"userName", "email"}},
				"acrossTenants": {Type: huma.TypeBoolean, Description: "Link users of other tenants too; needs domains.", Default: false},
				"domains":       {Type: huma.TypeArray, Items: &huma.Schema{Type: huma.TypeString}, Description: "Domains that a matching value must have."},
			}),
			"safety": object("Limits of what the connector may take away within a window: the larger of a number and a share of the most it supported, never more than half of that. What goes over is held until an administrator decides.", map[string]*huma.Schema{
				"window":           duration("The window.", "1h"),
				"losses":           {Type: huma.TypeInteger, Description: "Users that may be disabled or deleted.", Default: 20, Minimum: number(0)},
				"membershipLosses": {Type: huma.TypeInteger, Description: "Memberships that may be removed.", Default: 100, Minimum: number(0)},
				"share":            {Type: huma.TypeNumber, Description: "The same as a share of what the connector supports; the larger counts.", Default: 0.1, Minimum: number(0), Maximum: number(1)},
				"off":              {Type: huma.TypeBoolean, Description: "No limit.", Default: false},
			}),
		})
	s.Examples = []any{map[string]any{
		"onlyAssign": []any{"jira-.*"}, "neverAssign": []any{".*-admins"},
		"alwaysAssign": []any{"staff"}, "neverRemove": []any{map[string]any{"startsWith": "vpn-"}},
	}}
	return s
}

func settingsSchema() *huma.Schema {
	s := object("Settings of a directory. What a PATCH leaves out stays as it is.", map[string]*huma.Schema{
		"protectedGroups": entries("Groups out of reach of every connector that an entry does not except."),
		"protectedUsers":  entries("Users, by userName, e-mail or displayName, out of reach of every connector that an entry does not except."),
		"sharedGroups":    entries("Groups that connectors of every tenant may feed."),
		"activeWhen":      {Type: huma.TypeString, Enum: []any{"any", "owner"}, Default: "any", Description: "Whose word makes a user active: any contributing record's, or the owner's."},
		"retentionDays":   {Type: huma.TypeInteger, Default: 30, Minimum: number(1), Maximum: number(3650), Description: "How long a deleted user can be restored before it is purged."},
		"copyFrom":        {Type: huma.TypeString, MaxLength: length(256), Description: "Another directory. Whoever is created here, or linked for the first time, is given once what the user of the same userName has there: memberships, attributes that no record gives, and the last login.", Examples: []any{"legacy"}},
	})
	s.Examples = []any{map[string]any{"sharedGroups": []any{"jira-users"}, "protectedGroups": []any{map[string]any{"is": "root", "except": []any{"acme-okta"}}}}}
	return s
}

func number(n float64) *float64 { return &n }

func whole(n int) *int { return &n }

func length(n int) *int { return &n }

func object(about string, properties map[string]*huma.Schema) *huma.Schema {
	return &huma.Schema{Type: huma.TypeObject, Description: about, Properties: properties, AdditionalProperties: false}
}

func duration(about, standard string) *huma.Schema {
	return &huma.Schema{Type: huma.TypeString, Description: about, Default: standard, Examples: []any{"30m"}}
}

// entries is a list of patterns: a text, or an object that says how the text is compared. policy
// says precisely what it refuses, so the schema stays general.
func entries(about string) *huma.Schema {
	return &huma.Schema{Type: huma.TypeArray, Description: about, Default: []any{}, Items: &huma.Schema{
		OneOf: []*huma.Schema{
			{Type: huma.TypeString, Description: "A name, or a regular expression that matches the whole name."},
			{Type: huma.TypeObject, AdditionalProperties: true, Description: "One of is, startsWith, endsWith, contains, matches; on protected lists also except."},
		},
		Examples: []any{"jira-.*"},
	}}
}
