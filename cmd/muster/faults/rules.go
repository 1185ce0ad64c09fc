package faults

import (
	"regexp"
	"slices"
)

// rules are the rules of a connector that the workload uses, of every kind one.
type rules struct {
	only, never []string // patterns
	always      []string // names
	defaults    []string // names
	keep        []string // patterns of neverRemove
	cleanup     string   // "" means disable
	strip       bool     // the cleanup takes memberships away
}

// body is the form that the admin API takes. The safety limits are off: the workload takes away
// a lot, and what is held would be neither lost nor made.
func (r rules) body() map[string]any {
	body := map[string]any{"safety": map[string]any{"off": true}}
	for name, list := range map[string][]string{"onlyAssign": r.only, "neverAssign": r.never, "alwaysAssign": r.always,
		"defaultGroups": r.defaults, "neverRemove": r.keep} {
		if len(list) > 0 {
			body[name] = list
		}
	}
	if r.cleanup != "" || r.strip {
		body["cleanup"] = map[string]any{"action": r.cleanupAction(), "stripGroups": r.strip}
	}
	return body
}

func (r rules) cleanupAction() string {
	if r.cleanup == "" {
		return "disable"
	}
	return r.cleanup
}

// admits says whether a group that the IdP sends becomes a membership.
func (r rules) admits(group string) bool {
	return !fits(r.never, group) && (len(r.only) == 0 || fits(r.only, group))
}

// fits says whether one of the patterns fits the whole of a name, in any case of letters.
func fits(patterns []string, name string) bool {
	return slices.ContainsFunc(patterns, func(p string) bool { return regexp.MustCompile(`(?i)\A(?:` + p + `)\z`).MatchString(name) })
}

// sharedGroups may be fed by every tenant of the directory.
var sharedGroups = []string{"all-.*"}

// seat is one connector of the world: whose it is, how its IdP behaves, and its rules.
type seat struct {
	slug, tenant string
	parallel     bool // like Entra: eight requests at once, single edges; else like Okta: serial, whole groups
	rules        rules
	groups       []string // that its IdP pushes
}

// seats are the connectors of the world, in the order of their precedence. In each tenant both
// IdPs know some people in common, and some groups.
var seats = []seat{
	{
		slug: "north-okta", tenant: "north",
		rules:  rules{only: []string{"eng-.*", "all-.*", "ops"}, never: []string{".*-admins"}, always: []string{"north-everyone"}},
		groups: []string{"eng-core", "eng-web", "eng-admins", "all-staff", "ops", "social"},
	},
	{
		slug: "north-entra", tenant: "north", parallel: true,
		rules:  rules{never: []string{"tmp-.*"}, defaults: []string{"north-welcome"}, keep: []string{"keep-.*"}, strip: true},
		groups: []string{"eng-core", "ops", "keep-laptops", "keep-badges", "tmp-import", "all-staff"},
	},
	{
		slug: "south-okta", tenant: "south",
		rules:  rules{never: []string{"Secret.*", "x{2,}-.*"}},
		groups: []string{"sales", "secret-project", "xx-archive", "all-staff"},
	},
	{
		slug: "south-entra", tenant: "south", parallel: true,
		rules:  rules{always: []string{"south-everyone"}, only: []string{"(sales|field)(-.*)?", "all-staff"}, cleanup: "delete", strip: true},
		groups: []string{"sales", "field", "field-east", "fieldwork", "all-staff"},
	},
}
