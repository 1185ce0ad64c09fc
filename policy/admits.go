package policy

import "github.com/muster-scim/muster/scim/canonical"

// Admits says whether the lists let a group of that name through when the IdP sends it. A
// match that runs out of time admits nothing.
func (rs *RuleSet) Admits(name string) bool {
	f := rs.about(name, canonical.Key(name))
	return f.never.answer == no && (len(rs.only) == 0 || f.only.answer == yes)
}
