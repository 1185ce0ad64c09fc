package directory

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/google/uuid"

	"github.com/muster-scim/muster/policy"
	"github.com/muster-scim/muster/scim/canonical"
	"github.com/muster-scim/muster/tenants"
)

// hypothesis is the directory's settings with some edits of rules that nobody has made. It is
// asked policy.Decide about people and is never written.
type hypothesis struct {
	settings  *Settings
	edits     []Edit
	connector map[uuid.UUID]bool // whose rules are edited
	directory bool               // the directory's own settings are
}

// Edit is one change of a list of rules.
type Edit struct {
	Op        string // add, remove, except
	Connector string // slug; for except the connector that is excepted; "" with a directory's list
	List      string
	Entry     policy.Entry
}

// suppose begins a hypothesis on what holds.
func (x *explaining) suppose() *hypothesis {
	s := *x.settings
	s.Connectors = maps.Clone(s.Connectors)
	return &hypothesis{settings: &s, connector: make(map[uuid.UUID]bool)}
}

// decide is what policy.Decide says of the person under other settings, and with what change does
// to the input besides; nil does nothing.
func (x *explaining) decide(p *Person, settings *Settings, change func(*policy.Input)) (policy.Decision, error) {
	held := x.settings
	x.settings = settings
	in, err := x.input(p)
	x.settings = held
	if err != nil {
		return policy.Decision{}, err
	}
	if change != nil {
		change(&in)
	}
	return policy.Decide(in), nil
}

// rules edits the rules of a connector; false when it is not there, or its rules stand still.
func (h *hypothesis) rules(id uuid.UUID, edit func(*policy.Rules)) bool {
	now := h.settings.Connectors[id]
	if now == nil || now.Mode != tenants.Live {
		return false
	}
	c, compiled := *now, *now.Policy
	rules := c.Settled
	edit(&rules)
	set, err := policy.Compile(rules)
	if err != nil {
		return false
	}
	compiled.Rules = set
	c.Rules, c.Settled, c.Policy = rules, rules, &compiled
	h.settings.Connectors[id] = &c
	h.connector[id] = true
	return true
}

// own edits the directory's own settings.
func (h *hypothesis) own(edit func(*policy.DirectorySettings)) bool {
	s := h.settings.Directory.Settings()
	edit(&s)
	compiled, err := policy.CompileDirectory(s, h.settings.Info.Tenants)
	if err != nil {
		return false
	}
	h.settings.Directory, h.settings.Info.Settings = compiled, s
	h.directory = true
	return true
}

// admit edits away what a reason holds back: one step towards the membership.
func (x *explaining) admit(h *hypothesis, because policy.Reason, key, name string) bool {
	id := x.connectorID(because.Connector)
	switch because.Code {
	case policy.CodeNeverAssign:
		return h.without(id, because.Connector, policy.ListNeverAssign, name, key, func(r *policy.Rules) *[]policy.Entry { return &r.NeverAssign })
	case policy.CodeOnlyAssign:
		return h.with(id, because.Connector, policy.ListOnlyAssign, name, func(r *policy.Rules) *[]policy.Entry { return &r.OnlyAssign })
	case policy.CodeForeignGroup:
		entry := policy.Entry{Form: policy.FormIs, Text: name}
		h.edits = append(h.edits, Edit{Op: "add", List: policy.ListSharedGroups, Entry: entry})
		return h.own(func(s *policy.DirectorySettings) { s.SharedGroups = append(slices.Clip(s.SharedGroups), entry) })
	case policy.CodeProtectedGroup:
		places := h.settings.Directory.MatchingGroups(name, key)
		return h.except(because.Connector, policy.ListProtectedGroups, places, name, func(s *policy.DirectorySettings) *[]policy.Entry { return &s.ProtectedGroups })
	case policy.CodeProtectedUser:
		values := protectable(x.p.User.JSON)
		places := h.settings.Directory.MatchingUsers(values...)
		return h.except(because.Connector, policy.ListProtectedUsers, places, x.p.User.UserName, func(s *policy.DirectorySettings) *[]policy.Entry { return &s.ProtectedUsers })
	}
	return false
}

// refuse edits away what a membership stands on: one step towards its end.
func (x *explaining) refuse(h *hypothesis, because policy.Reason, key, name string) bool {
	id := x.connectorID(because.Connector)
	switch because.Code {
	case policy.CodeSent:
		return h.with(id, because.Connector, policy.ListNeverAssign, name, func(r *policy.Rules) *[]policy.Entry { return &r.NeverAssign })
	case policy.CodeAlwaysAssign:
		var gone []policy.Entry
		return h.rules(id, func(r *policy.Rules) {
			r.AlwaysAssign = slices.DeleteFunc(slices.Clone(r.AlwaysAssign), func(e policy.Entry) bool {
				named := canonical.Key(e.Text) == key
				if named {
					gone = append(gone, e)
				}
				return named
			})
		}) && h.removed(because.Connector, policy.ListAlwaysAssign, gone)
	case policy.CodeRetained, policy.CodeLocalKept:
		return h.without(id, because.Connector, policy.ListNeverRemove, name, key, func(r *policy.Rules) *[]policy.Entry { return &r.NeverRemove })
	case policy.CodeCleanupKeepsGroup:
		return h.without(id, because.Connector, policy.ListKeepGroups, name, key, func(r *policy.Rules) *[]policy.Entry { return &r.Cleanup.KeepGroups })
	}
	return false
}

// with adds the name to a list, literally.
func (h *hypothesis) with(id uuid.UUID, slug, list, name string, of func(*policy.Rules) *[]policy.Entry) bool {
	entry := policy.Entry{Form: policy.FormIs, Text: name}
	if !h.rules(id, func(r *policy.Rules) { l := of(r); *l = append(slices.Clip(*l), entry) }) {
		return false
	}
	h.edits = append(h.edits, Edit{Op: "add", Connector: slug, List: list, Entry: entry})
	return true
}

// without takes every entry out of a list that matches the name.
func (h *hypothesis) without(id uuid.UUID, slug, list, name, key string, of func(*policy.Rules) *[]policy.Entry) bool {
	now := h.settings.Connectors[id]
	if now == nil {
		return false
	}
	places := now.Policy.Rules.Matching(list, name, key)
	var gone []policy.Entry
	return len(places) > 0 && h.rules(id, func(r *policy.Rules) {
		l := of(r)
		var left []policy.Entry
		for i, e := range *l {
			if slices.Contains(places, i) {
				gone = append(gone, e)
			} else {
				left = append(left, e)
			}
		}
		*l = left
	}) && h.removed(slug, list, gone)
}

func (h *hypothesis) removed(slug, list string, gone []policy.Entry) bool {
	for _, e := range gone {
		h.edits = append(h.edits, Edit{Op: "remove", Connector: slug, List: list, Entry: e})
	}
	return len(gone) > 0
}

// except excepts a connector from the protections at these places.
func (h *hypothesis) except(slug, list string, places []int, name string, of func(*policy.DirectorySettings) *[]policy.Entry) bool {
	if slug == "" || len(places) == 0 {
		return false
	}
	return h.own(func(s *policy.DirectorySettings) {
		l := of(s)
		*l = slices.Clone(*l)
		for _, i := range places {
			e := (*l)[i]
			h.edits = append(h.edits, Edit{Op: "except", Connector: slug, List: list, Entry: e})
			if e.Form == policy.FormAny { // only an object carries exceptions
				e.Form = policy.FormMatches
				if canonical.Key(e.Text) == canonical.Key(name) {
					e.Form = policy.FormIs
				}
			}
			e.Except = append(slices.Clip(e.Except), slug)
			(*l)[i] = e
		}
	})
}

// sentence says the edits as what to do: "Remove … from neverAssign of acme-okta and add …".
func (h *hypothesis) sentence() string {
	var parts []string
	for _, e := range h.edits {
		entry := fmt.Sprintf("%q", e.Entry.Text)
		switch {
		case e.Op == "except":
			parts = append(parts, fmt.Sprintf("except %s from %s %s of the directory", e.Connector, e.List, entry))
		case e.Op == "add" && e.Connector == "":
			parts = append(parts, fmt.Sprintf("add %s to %s of the directory", entry, e.List))
		case e.Op == "add":
			parts = append(parts, fmt.Sprintf("add %s to %s of %s", entry, e.List, e.Connector))
		default:
			parts = append(parts, fmt.Sprintf("remove %s from %s of %s", entry, e.List, e.Connector))
		}
	}
	text := inSeries(parts)
	return strings.ToUpper(text[:1]) + text[1:]
}

// inSeries joins the parts of a sentence: a, b and c.
func inSeries(parts []string) string {
	if len(parts) < 2 {
		return strings.Join(parts, "")
	}
	return strings.Join(parts[:len(parts)-1], ", ") + " and " + parts[len(parts)-1]
}
