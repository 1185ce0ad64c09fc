package policy

import "github.com/muster-scim/muster/scim/canonical"

// Directory is DirectorySettings made ready for matching.
type Directory struct {
	settings DirectorySettings
	tenants  int
	groups   list
	users    list
	shared   list
	memo     memo[groupFinding]
}

// groupFinding is what the directory's lists say of the name of a group.
type groupFinding struct {
	protectedBy []*pattern
	shared      bool
}

// CompileDirectory makes settings ready for Decide; tenants is how many tenants own
// connectors of the directory. The error is a *RuleError.
func CompileDirectory(s DirectorySettings, tenants int) (*Directory, error) {
	s = s.filled()
	d := &Directory{settings: s, tenants: tenants}
	var err error
	if d.groups, err = compileList(ListProtectedGroups, s.ProtectedGroups, true); err != nil {
		return nil, err
	}
	if d.users, err = compileList(ListProtectedUsers, s.ProtectedUsers, true); err != nil {
		return nil, err
	}
	if d.shared, err = compileList(ListSharedGroups, s.SharedGroups, false); err != nil {
		return nil, err
	}
	switch {
	case s.ActiveWhen != ActiveWhenAny && s.ActiveWhen != ActiveWhenOwner:
		return nil, &RuleError{List: "activeWhen", Index: -1, Problem: `must be "any" or "owner"`}
	case s.RetentionDays < 1 || s.RetentionDays > 3650:
		return nil, &RuleError{List: "retentionDays", Index: -1, Problem: "must be between 1 and 3650"}
	}
	return d, nil
}

// Settings gives back what was compiled, defaults filled in.
func (d *Directory) Settings() DirectorySettings { return d.settings }

// ProtectedUser gives the first pattern of protectedUsers that matches one of the values (the
// userName, every e-mail, the displayName, as sent) and the connectors that every matching
// pattern excepts; "" if the user is not protected. A match that runs out of time protects.
func (d *Directory) ProtectedUser(values ...string) (pattern string, except []string) {
	for _, p := range d.users {
		for _, value := range values {
			if value == "" || p.match(canonical.Key(value), value) == no {
				continue
			}
			if pattern == "" {
				pattern, except = p.String(), p.entry.Except
			} else {
				except = both(except, p.entry.Except)
			}
			break
		}
	}
	return pattern, except
}

// ProtectedGroup gives the first pattern of protectedGroups that keeps the connector away
// from the group of that name. A match that runs out of time does.
func (d *Directory) ProtectedGroup(name, connector string) (pattern string, ok bool) {
	for _, p := range d.about(name).protectedBy {
		if !contains(p.entry.Except, connector) {
			return p.String(), true
		}
	}
	return "", false
}

// MayFeed says whether a tenant's connectors may give memberships of an existing group.
func (d *Directory) MayFeed(tenant string, g GroupFacts) bool {
	return d.mayFeed(tenant, g.Tenant, true, g.Name)
}

// mayFeed is the rule of groups that belong to somebody.
//
//	the group belongs to      connectors of that tenant   of another tenant
//	nobody yet                yes, and it is theirs       yes, and it is theirs
//	one tenant                yes                         only if shared
//	nobody: it is local       yes if the directory has one tenant, else only if shared
func (d *Directory) mayFeed(tenant, owner string, exists bool, name string) bool {
	switch {
	case owner == tenant && owner != "":
		return true
	case owner == "" && (!exists || d.tenants <= 1):
		return true
	}
	return d.Shared(name)
}

// Shared says whether connectors of every tenant may feed the group of that name.
func (d *Directory) Shared(name string) bool { return d.about(name).shared }

var unlisted groupFinding

func (d *Directory) about(name string) *groupFinding {
	if len(d.groups)+len(d.shared) == 0 {
		return &unlisted
	}
	if known, ok := d.memo.get(name); ok {
		return known
	}
	key := canonical.Key(name)
	found := &groupFinding{shared: d.shared.find(key, key).answer == yes}
	for _, p := range d.groups {
		if p.match(key, name) != no {
			found.protectedBy = append(found.protectedBy, p)
		}
	}
	return d.memo.put(name, found)
}

func contains(list []string, one string) bool {
	for _, item := range list {
		if item == one {
			return true
		}
	}
	return false
}

func both(a, b []string) []string {
	var common []string
	for _, item := range a {
		if contains(b, item) {
			common = append(common, item)
		}
	}
	return common
}
