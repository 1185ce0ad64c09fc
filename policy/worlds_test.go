package policy_test

import (
	"fmt"
	"slices"
	"time"

	"pgregory.net/rapid"

	"github.com/muster-scim/muster/policy"
	"github.com/muster-scim/muster/scim/canonical"
)

// groupNames and patterns are few on purpose: what rarely meets proves nothing. No pattern
// needs an engine, so the laws do not depend on the clock; pattern_test.go is about those.
var (
	groupNames = []string{"Staff", "jira-users", "JIRA-Admin", "local-ops", "sales"}
	names      = policy.Text(groupNames...)
	patterns   = append(policy.Text("staff", ".*", "jira-users"),
		policy.Entry{Form: policy.FormStartsWith, Text: "jira-"}, policy.Entry{Form: policy.FormEndsWith, Text: "s"},
		policy.Entry{Form: policy.FormContains, Text: "a"})
	slugs = []string{"okta", "entra", "google"}
)

// features are what a generated world may use.
type features struct {
	remembering bool // neverRemove, defaultGroups, cleanups that strip: what depends on the past by design
	exceptions  bool
	tenants     bool // several, with groups of each
	protected   bool
	existing    bool // the user and its memberships exist already
}

var everything = features{remembering: true, exceptions: true, tenants: true, protected: true, existing: true}

func compileRules(r policy.Rules) *policy.RuleSet {
	rs, err := policy.Compile(r)
	if err != nil {
		panic(err)
	}
	return rs
}

func drawEntries(t *rapid.T, from []policy.Entry, label string) []policy.Entry {
	if rapid.IntRange(0, 2).Draw(t, label+"?") > 0 {
		return nil
	}
	return rapid.SliceOfNDistinct(rapid.SampledFrom(from), 1, 2, func(e policy.Entry) string { return e.Text }).Draw(t, label)
}

func drawRules(t *rapid.T, f features) policy.Rules {
	r := policy.DefaultRules()
	r.OnlyAssign = drawEntries(t, patterns, "onlyAssign")
	r.NeverAssign = drawEntries(t, patterns, "neverAssign")
	r.AlwaysAssign = drawEntries(t, names, "alwaysAssign")
	r.RequiredGroups = drawEntries(t, patterns, "requiredGroups")
	r.RequiredGrace = 0
	r.Cleanup.Action = rapid.SampledFrom([]policy.Action{policy.ActionDisable, policy.ActionDelete, policy.ActionKeep}).Draw(t, "action")
	if f.remembering {
		r.DefaultGroups = drawEntries(t, names, "defaultGroups")
		r.NeverRemove = drawEntries(t, patterns, "neverRemove")
		r.Cleanup.StripGroups = rapid.Bool().Draw(t, "strip")
		r.Cleanup.KeepGroups = drawEntries(t, patterns, "keepGroups")
		r.Cleanup.GraceDays = rapid.IntRange(0, 1).Draw(t, "graceDays")
		r.RequiredGrace = policy.Duration(rapid.SampledFrom([]time.Duration{0, time.Hour}).Draw(t, "grace"))
	}
	return r
}

// drawCopy draws what another directory has of the user.
func drawCopy(t *rapid.T) *policy.Copy {
	c := &policy.Copy{From: "legacy", Attributes: map[string]any{"nickName": "copied"}}
	for _, name := range groupNames {
		if rapid.Bool().Draw(t, "copied group") {
			c.Groups = append(c.Groups, policy.SentGroup{Name: name, Key: canonical.Key(name)})
		}
	}
	return c
}

// drawWorld draws a user with its connectors, views, memberships and exceptions.
func drawWorld(t *rapid.T, f features) policy.Input {
	in := policy.Input{Now: noon, Connectors: map[string]*policy.Connector{}, Groups: map[string]policy.GroupFacts{}, NamesTaken: map[string]bool{}}
	tenants := 1
	if f.tenants {
		tenants = rapid.IntRange(1, 2).Draw(t, "tenants")
	}
	drawDirectory(t, &in, f, tenants)
	for i, slug := range slugs[:rapid.IntRange(1, 3).Draw(t, "connectors")] {
		c := &policy.Connector{Slug: slug, Tenant: "acme", Precedence: rapid.IntRange(1, 3).Draw(t, "precedence"),
			Rules: compileRules(drawRules(t, f)), HeldGroups: !f.remembering || rapid.IntRange(0, 3).Draw(t, "heldGroups") > 0}
		if tenants > 1 && i%2 == 1 {
			c.Tenant = "beta"
		}
		in.Connectors[slug] = c
		views := 1
		if f.remembering {
			views = rapid.IntRange(0, 2).Draw(t, "views")
		}
		for n := range views {
			v := drawView(t, slug, fmt.Sprintf("%s-%d", slug, n+1))
			v.Failed = v.Failed && f.remembering // whether it counted before is what it goes by
			if n > 0 {
				v.State = policy.Deleted // a user takes at most one undeleted record of a connector
			}
			in.Views = append(in.Views, v)
		}
	}
	for _, name := range groupNames {
		if f.remembering && rapid.Bool().Draw(t, "new group") {
			continue
		}
		owner := "acme"
		if f.tenants {
			owner = rapid.SampledFrom([]string{"acme", "beta", ""}).Draw(t, "owner")
		}
		in.Groups[canonical.Key(name)] = policy.GroupFacts{Name: name, Tenant: owner}
	}
	if f.remembering && rapid.IntRange(0, 3).Draw(t, "copied") == 0 {
		in.Copy = drawCopy(t)
	}
	if f.existing && rapid.IntRange(0, 3).Draw(t, "exists") > 0 {
		drawUser(t, &in, f)
	}
	if f.exceptions {
		drawExceptions(t, &in)
	}
	return in
}

func drawDirectory(t *rapid.T, in *policy.Input, f features, tenants int) {
	settings := policy.DefaultDirectorySettings()
	settings.ActiveWhen = rapid.SampledFrom([]policy.ActiveWhen{policy.ActiveWhenAny, policy.ActiveWhenOwner}).Draw(t, "activeWhen")
	if f.tenants {
		settings.SharedGroups = drawEntries(t, patterns, "shared")
	}
	if f.protected {
		settings.ProtectedGroups = drawEntries(t, patterns, "protectedGroups")
		if len(settings.ProtectedGroups) > 0 && rapid.Bool().Draw(t, "except") {
			e := &settings.ProtectedGroups[0]
			if e.Form == policy.FormAny {
				*e = policy.Entry{Form: policy.FormContains, Text: "r"}
			}
			e.Except = []string{"okta"}
		}
		if rapid.IntRange(0, 4).Draw(t, "protectedUser") == 0 {
			in.User.Protected, in.User.Excepted = "root", rapid.SampledFrom([][]string{nil, {"okta"}}).Draw(t, "excepted")
		}
	}
	directory, err := policy.CompileDirectory(settings, tenants)
	if err != nil {
		panic(err)
	}
	in.Directory = directory
}

func drawView(t *rapid.T, slug, record string) policy.View {
	v := policy.View{Connector: slug, Record: record,
		State:       rapid.SampledFrom([]policy.State{policy.Active, policy.Active, policy.Inactive, policy.Deleted}).Draw(t, "state"),
		EverCounted: rapid.Bool().Draw(t, "counted"),
		Dropped:     rapid.IntRange(0, 5).Draw(t, "dropped") == 0,
		Failed:      rapid.IntRange(0, 7).Draw(t, "failed") == 0,
		Groups:      drawSent(t),
		Attributes:  drawAttributes(t)}
	if v.EverCounted {
		v.DefaultsGranted = true
		if v.State == policy.Deleted {
			v.LeftAt = noon.Add(-time.Duration(rapid.IntRange(1, 40).Draw(t, "left")) * time.Hour)
			v.LastInactive = rapid.Bool().Draw(t, "wasInactive")
		}
	}
	return v
}

func drawSent(t *rapid.T) []policy.SentGroup {
	var sent []policy.SentGroup
	for _, name := range rapid.SliceOfNDistinct(rapid.SampledFrom(groupNames), 0, 4, rapid.ID[string]).Draw(t, "groups") {
		sent = append(sent, policy.SentGroup{Name: name, Key: canonical.Key(name)})
	}
	return sent
}

func drawAttributes(t *rapid.T) map[string]any {
	attributes := map[string]any{"userName": rapid.SampledFrom([]string{"ada", "ada2"}).Draw(t, "userName")}
	if rapid.Bool().Draw(t, "title?") {
		attributes["title"] = rapid.SampledFrom([]string{"CTO", "CEO"}).Draw(t, "title")
	}
	if rapid.Bool().Draw(t, "department?") {
		attributes["urn:x:User"] = map[string]any{"department": rapid.SampledFrom([]string{"A", "B"}).Draw(t, "department")}
	}
	return attributes
}

func drawUser(t *rapid.T, in *policy.Input, f features) {
	u := &in.User
	u.Exists = true
	u.Status = rapid.SampledFrom([]policy.Status{policy.UserActive, policy.UserActive, policy.UserDisabled, policy.UserDeleted}).Draw(t, "status")
	if u.Status == policy.UserDeleted {
		u.DeletedAt = noon.Add(-time.Hour)
	}
	u.Local = len(in.Views) == 0
	u.CleanedUp = u.Status == policy.UserDeleted
	u.Blocked = rapid.IntRange(0, 5).Draw(t, "blocked") == 0
	u.Attributes = map[string]any{"userName": "ada", "title": "Engineer"}
	u.UserNameKey = "ada"
	in.NamesTaken["ada2"] = rapid.Bool().Draw(t, "taken")
	for _, name := range rapid.SliceOfNDistinct(rapid.SampledFrom(groupNames), 0, 3, rapid.ID[string]).Draw(t, "held") {
		m := policy.Membership{Key: canonical.Key(name)}
		if _, exists := in.Groups[m.Key]; !exists {
			in.Groups[m.Key] = policy.GroupFacts{Name: name, Tenant: "acme"}
		}
		origins := []policy.Origin{policy.OriginIDP, policy.OriginAlways, policy.OriginLocal}
		if f.remembering {
			origins = append(origins, policy.OriginDefault, policy.OriginRetained)
		}
		for _, o := range rapid.SliceOfNDistinct(rapid.SampledFrom(origins), 1, 2, rapid.ID[policy.Origin]).Draw(t, "origins") {
			s := policy.Support{Origin: o}
			if o != policy.OriginLocal {
				s.Connector = rapid.SampledFrom(slugs).Draw(t, "supporter")
			}
			m.Supports = append(m.Supports, s)
		}
		in.Held = append(in.Held, m)
	}
}

func drawExceptions(t *rapid.T, in *policy.Input) {
	one := func(label string, keys []string) map[string]string {
		if rapid.IntRange(0, 3).Draw(t, label+"?") > 0 {
			return nil
		}
		return map[string]string{rapid.SampledFrom(keys).Draw(t, label): "because"}
	}
	keys := make([]string, len(groupNames))
	for i, name := range groupNames {
		keys[i] = canonical.Key(name)
	}
	in.Exceptions.KeepMemberships = one("keep", keys)
	in.Exceptions.SkipMemberships = one("skip", keys)
	in.Exceptions.KeepAttributes = one("keepAttribute", []string{"userName", "title", "urn:x:User:department"})
	if rapid.IntRange(0, 4).Draw(t, "keepActive") == 0 {
		in.Exceptions.KeepActive = "because"
	}
}

// step changes what one IdP says of the user: a request, as the policy sees it.
func step(t *rapid.T, in policy.Input) policy.Input {
	if len(in.Views) == 0 {
		return in
	}
	at := rapid.IntRange(0, len(in.Views)-1).Draw(t, "view")
	views := slices.Clone(in.Views)
	v := &views[at]
	switch rapid.IntRange(0, 4).Draw(t, "request") {
	case 0:
		if v.State != policy.Deleted {
			v.State = policy.Inactive
		}
	case 1:
		v.State = policy.Active // as if a new record took the tombstone's place
	case 2:
		if v.State != policy.Deleted {
			v.LastInactive, v.State = v.State == policy.Inactive, policy.Deleted
		}
	case 3:
		v.Groups = drawSent(t)
	case 4:
		v.Attributes = drawAttributes(t)
	}
	next := in
	next.Views = views
	return next
}
