package policy_test

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/muster-scim/muster/policy"
	"github.com/muster-scim/muster/scim/canonical"
)

// TestAHistorySettledStepByStepFollowsTheModel checks Decide against a second reading of the
// rules, written as sets and without any care for speed: after every step of a history the
// user has the status and the memberships that the model says. The model covers what the
// past decides by design: default, retained, local, cleanup, and the exceptions.
func TestAHistorySettledStepByStepFollowsTheModel(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		in := drawWorld(t, features{remembering: true, exceptions: true, existing: true})
		for slug := range in.Connectors {
			in = withRules(in, slug, func(r *policy.Rules) { r.RequiredGrace, r.Cleanup.GraceDays = 0, 0 })
		}
		for n := range rapid.IntRange(1, 6).Draw(t, "steps") {
			want := modelOf(in).settle()
			settled := apply(in, policy.Decide(in))
			got := stateOf(settled)
			if diff := cmp.Diff(want.memberships(), got.Memberships); diff != "" {
				t.Fatalf("step %d, memberships (-model +decided):\n%s", n, diff)
			}
			if want.status != got.Status || want.cleaned != got.CleanedUp {
				t.Fatalf("step %d: the model says %q, cleaned up %v; decided %q, %v", n, want.status, want.cleaned, got.Status, got.CleanedUp)
			}
			in = step(t, settled)
		}
	})
}

// set is the supports of one membership, as text: "idp:okta", "local".
type set map[string]bool

// model is a user the slow way.
type model struct {
	in      policy.Input
	held    map[string]set
	status  policy.Status
	cleaned bool
}

func modelOf(in policy.Input) *model {
	m := &model{in: in, held: map[string]set{}, status: in.User.Status, cleaned: in.User.CleanedUp}
	for _, h := range in.Held {
		m.held[h.Key] = set{}
		for _, s := range h.Supports {
			m.held[h.Key][supportText(s)] = true
		}
	}
	return m
}

func (m *model) memberships() map[string]string {
	texts := map[string]string{}
	for key, supports := range m.held {
		if len(supports) > 0 {
			texts[key] = strings.Join(slices.Sorted(maps.Keys(supports)), " ")
		}
	}
	return texts
}

func (m *model) rules(slug string) policy.Rules {
	if c := m.in.Connectors[slug]; c != nil {
		return c.Rules.Rules()
	}
	return policy.Rules{}
}

func matches(list []policy.Entry, key string) bool {
	return slices.ContainsFunc(list, func(e policy.Entry) bool {
		text := canonical.Key(e.Text)
		switch e.Form {
		case policy.FormStartsWith:
			return strings.HasPrefix(key, text)
		case policy.FormEndsWith:
			return strings.HasSuffix(key, text)
		case policy.FormContains:
			return strings.Contains(key, text)
		}
		return text == ".*" || text == key
	})
}

func (m *model) counts(v policy.View) bool {
	required := m.rules(v.Connector).RequiredGroups
	if v.Failed && (!v.EverCounted || !v.LeftAt.IsZero()) {
		return false // what cannot be mapped does not begin to count
	}
	return v.State != policy.Deleted && (v.Failed || !v.Dropped) && (len(required) == 0 ||
		slices.ContainsFunc(v.Groups, func(g policy.SentGroup) bool { return matches(required, g.Key) }))
}

func (m *model) views(of string, that func(policy.View) bool) (found []policy.View) {
	for _, v := range m.in.Views {
		if (of == "" || v.Connector == of) && that(v) {
			found = append(found, v)
		}
	}
	return found
}

func (m *model) contributing(v policy.View) bool {
	active := m.views("", func(v policy.View) bool { return m.counts(v) && v.State == policy.Active })
	return m.counts(v) && (v.State == policy.Active || len(active) == 0)
}

// asked are the connectors whose view counts or once counted.
func (m *model) asked() (slugs []string) {
	for slug := range m.in.Connectors {
		if len(m.views(slug, func(v policy.View) bool { return v.EverCounted || m.counts(v) })) > 0 {
			slugs = append(slugs, slug)
		}
	}
	slices.SortFunc(slugs, func(a, b string) int {
		if d := m.in.Connectors[a].Precedence - m.in.Connectors[b].Precedence; d != 0 {
			return d
		}
		return strings.Compare(a, b)
	})
	return slugs
}

func (m *model) settle() *model {
	counting := m.views("", m.counts)
	if len(counting) > 0 && !m.in.User.Exists && m.nameTaken() {
		return m
	}
	was := maps.Clone(m.held)
	switch {
	case len(counting) > 0:
		m.manage()
	case m.in.User.Exists && len(m.asked()) > 0 && m.in.Exceptions.KeepActive == "":
		m.cleanUp()
	}
	for key := range m.in.Exceptions.KeepMemberships {
		if len(m.held[key]) == 0 && was[key] != nil {
			m.held[key] = was[key]
		}
	}
	for key := range m.in.Exceptions.SkipMemberships {
		if was[key] == nil {
			delete(m.held, key)
		}
	}
	if m.in.User.Blocked && m.status != policy.UserDeleted && (m.in.User.Exists || len(counting) > 0) {
		m.status = policy.UserDisabled
	}
	return m
}

// nameTaken says that the first contributing record's userName is another user's.
func (m *model) nameTaken() bool {
	for _, slug := range m.asked() {
		for _, v := range m.views(slug, m.contributing) {
			return m.in.NamesTaken[canonical.Key(v.Attributes["userName"].(string))]
		}
	}
	return false
}

func (m *model) manage() {
	m.manageStatus()
	keys := map[string]bool{}
	for _, name := range groupNames {
		keys[canonical.Key(name)] = true
	}
	next := map[string]set{}
	for key := range keys {
		next[key] = set{}
		for _, slug := range slugs {
			for _, origin := range m.supports(slug, key) {
				next[key][origin+":"+slug] = true
			}
		}
		if m.held[key]["local"] && m.keepsLocal(key) {
			next[key]["local"] = true
		}
	}
	m.held = next
}

func (m *model) supports(slug, key string) (origins []string) {
	rules, held := m.rules(slug), m.held[key]
	sends := m.views(slug, func(v policy.View) bool {
		return m.contributing(v) && slices.ContainsFunc(v.Groups, func(g policy.SentGroup) bool { return g.Key == key })
	})
	if len(sends) > 0 && !matches(rules.NeverAssign, key) && (len(rules.OnlyAssign) == 0 || matches(rules.OnlyAssign, key)) {
		origins = append(origins, "idp")
	}
	if len(m.views(slug, m.contributing)) > 0 && matches(rules.AlwaysAssign, key) {
		origins = append(origins, "always")
	}
	first := m.grants(slug) && (matches(rules.DefaultGroups, key) || m.copies(slug, key) && !matches(rules.NeverAssign, key))
	records := m.views(slug, func(v policy.View) bool { return v.State != policy.Deleted })
	if first || held["default:"+slug] && len(records) > 0 {
		origins = append(origins, "default")
	}
	if len(origins) > 0 {
		return origins
	}
	supported := held["idp:"+slug] || held["always:"+slug] || held["default:"+slug] || held["retained:"+slug]
	forgotten := m.in.Connectors[slug] == nil && held["retained:"+slug]
	if supported && matches(rules.NeverRemove, key) || forgotten {
		return []string{"retained"}
	}
	return nil
}

// grants says whether the connector grants its default groups now.
func (m *model) grants(slug string) bool {
	granted := m.views(slug, func(v policy.View) bool { return v.DefaultsGranted })
	return len(granted) == 0 && len(m.views(slug, m.counts)) > 0
}

// copies says whether the connector is the one that gives the copy, and the group is in it.
func (m *model) copies(slug, key string) bool {
	for _, first := range m.asked() {
		if m.grants(first) {
			return first == slug && m.in.Copy != nil && slices.ContainsFunc(m.in.Copy.Groups, func(g policy.SentGroup) bool { return g.Key == key })
		}
	}
	return false
}

func (m *model) keepsLocal(key string) bool {
	taker := false
	for _, v := range m.views("", m.counts) {
		if matches(m.rules(v.Connector).NeverRemove, key) {
			return true
		}
		taker = taker || m.in.Connectors[v.Connector].HeldGroups
	}
	return !taker
}

func (m *model) manageStatus() {
	from := ""
	if m.in.Directory.Settings().ActiveWhen == policy.ActiveWhenOwner {
		from = m.asked()[0]
	}
	before := m.status
	m.status, m.cleaned = policy.UserDisabled, false
	if len(m.views(from, func(v policy.View) bool { return m.counts(v) && v.State == policy.Active })) > 0 {
		m.status = policy.UserActive
	}
	if m.in.Exceptions.KeepActive != "" && m.in.User.Exists && before == policy.UserActive {
		m.status = before
	}
}

func (m *model) cleanUp() {
	m.cleaned = true
	actions, inactive, strip := map[policy.Action]bool{}, false, true
	for _, slug := range m.asked() {
		rules := m.rules(slug)
		actions[rules.Cleanup.Action] = true
		strip = strip && rules.Cleanup.StripGroups
		inactive = inactive || len(m.views(slug, func(v policy.View) bool {
			return v.EverCounted && (v.State == policy.Inactive || v.State == policy.Deleted && v.LastInactive)
		})) > 0
	}
	switch {
	case m.status == policy.UserDeleted:
	case len(actions) == 1 && actions[policy.ActionDelete]:
		m.status = policy.UserDeleted
	case len(actions) == 1 && actions[policy.ActionKeep] && !inactive:
	default:
		m.status = policy.UserDisabled
	}
	if !strip {
		return
	}
	for key, supports := range m.held {
		left := set{}
		for s := range supports {
			_, slug, _ := strings.Cut(s, ":")
			kept := matches(m.rules(slug).NeverRemove, key)
			for _, asked := range m.asked() {
				kept = kept || matches(m.rules(asked).Cleanup.KeepGroups, key) || s == "local" && matches(m.rules(asked).NeverRemove, key)
			}
			if kept {
				left[s] = true
			}
		}
		m.held[key] = left
	}
}
