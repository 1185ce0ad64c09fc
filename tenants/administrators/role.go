package administrators

import (
	"fmt"
	"slices"

	"github.com/muster-scim/muster/tenants"
)

// Role is what an administrator may do. Each role may do what those below it may:
//
//	owner       everything: administrators, tenants, directories, applications, the server
//	ruleEditor  connectors, credentials, rules, plans and their application, imports, groups
//	operator    help single people: edit, block, restore, unlink, local memberships, conflicts
//	viewer      read, ask why, try, export
type Role string

// The roles, from the least to the most.
const (
	Viewer     Role = "viewer"
	Operator   Role = "operator"
	RuleEditor Role = "ruleEditor"
	Owner      Role = "owner"
)

// Roles are all roles, from the least to the most.
var Roles = []Role{Viewer, Operator, RuleEditor, Owner}

// AtLeast says whether r may do what other may. What is no role may do nothing.
func (r Role) AtLeast(other Role) bool {
	mine, theirs := slices.Index(Roles, r), slices.Index(Roles, other)
	return mine >= 0 && theirs >= 0 && mine >= theirs
}

// Lesser is the role that may do less.
func (r Role) Lesser(other Role) Role {
	if r.AtLeast(other) {
		return other
	}
	return r
}

func (r Role) check(field string) error {
	if !slices.Contains(Roles, r) {
		return &tenants.Problem{Kind: tenants.ErrInvalid, Code: tenants.CodeInvalid, Field: field,
			Detail: fmt.Sprintf("%s is %q; it must be owner, ruleEditor, operator or viewer", field, string(r))}
	}
	return nil
}
