package scim

import (
	"fmt"
	"slices"
	"strings"

	"github.com/muster-scim/muster/scim/filter"
)

// Visible says which attributes of users a reader may see. What it may not see is left out of
// answers, and it may neither filter nor sort by it: by the answers it would find out what it
// says. The zero Visible shows all but what belongs to one client alone. Of groups all is shown.
type Visible struct {
	names []string   // in schema case, as they were named; none: all
	named [][]string // the same as steps
	only  selection  // of what was named; nil: all
	hide  selection
}

// ownToClients are attributes that mean something to the client alone that gave them (RFC 7643
// 3.1). They are seen by who names them.
var ownToClients = []string{"externalid"}

// ParseVisible reads the names of attributes, of their parts (name.familyName) and of extensions.
// Without any, all is visible but externalId. The error says in a sentence what is wrong with a
// name, and which it is.
func ParseVisible(names []string) (Visible, error) {
	v := Visible{}
	if len(names) > 0 {
		v.only = selection{}
	}
	for i, name := range names {
		path, err := visiblePath(name)
		if err != nil {
			return Visible{}, &VisibleError{Index: i, Problem: err.Error()}
		}
		if text := path.String(); !slices.Contains(v.names, text) {
			v.names, v.named = append(v.names, text), append(v.named, pathSteps(path))
			v.only.add(pathSteps(path))
		}
	}
	return v, nil
}

// VisibleError says which of the names that ParseVisible was given cannot be used, and why.
type VisibleError struct {
	Index   int
	Problem string
}

func (e *VisibleError) Error() string { return e.Problem }

func visiblePath(name string) (ResolvedPath, error) {
	parsed, err := filter.ParsePath(name)
	if err != nil || parsed.Filter != nil || parsed.Sub != "" {
		return ResolvedPath{}, fmt.Errorf("%s is no attribute of users; name one of SCIM's, such as emails, name.familyName or groups", shown(name))
	}
	r, ok := Resolve(UserKind, parsed.Path)
	switch {
	case !ok, r.Attribute == nil && r.URN == "", r.Opaque && (r.Attribute == nil && reserved(r.URN)):
		return r, fmt.Errorf("%s is no attribute of users; name one of SCIM's, such as emails, name.familyName or groups", shown(name))
	case r.Attribute != nil && r.Attribute.Returned == ReturnedNever:
		return r, fmt.Errorf("%s is never kept, so nobody can see it", r)
	case isLastLogin(r):
		return r, fmt.Errorf("%s is not told to applications", r)
	case r.Attribute != nil && r.Attribute.Name == "groups" && r.Sub != nil:
		return r, fmt.Errorf("groups are seen whole or not at all; name groups")
	}
	return r, nil
}

func isLastLogin(r ResolvedPath) bool {
	return !r.Opaque && (r.Attribute != nil && r.Attribute.Name == "lastLogin" || r.Sub != nil && r.Sub.Name == "lastLogin")
}

// Names are the attributes that were named, in schema case; none: all.
func (v Visible) Names() []string { return v.names }

// Without hides places too, but for those that were named themselves, or of which a part was:
// who may see emails.value may do so though emails are hidden from others, who may see name does
// not see a hidden name.familyName by it.
func (v Visible) Without(places []Place) Visible {
	hide := selection{}
	for _, p := range places {
		steps := pathSteps(p.ResolvedPath)
		if !slices.ContainsFunc(v.named, func(n []string) bool { return len(n) >= len(steps) && slices.Equal(n[:len(steps)], steps) }) {
			hide.add(steps)
		}
	}
	v.hide = nil
	if len(hide) > 0 {
		v.hide = hide
	}
	return v
}

// hidden is all that is hidden, where nothing was named.
func (v Visible) hidden() selection {
	if v.only != nil {
		return v.hide
	}
	all := selection{}
	for name, inner := range v.hide {
		all[name] = inner
	}
	for _, name := range ownToClients {
		all[name] = nil
	}
	return all
}

// JSON is what a reader sees of a user's stored attributes.
func (v Visible) JSON(stored []byte) []byte {
	if v.only != nil {
		stored = partOf(stored, showOnly, v.only)
	}
	if hidden := v.hidden(); len(hidden) > 0 {
		stored = partOf(stored, hideOnly, hidden)
	}
	return stored
}

func partOf(stored []byte, mode projectionMode, tree selection) []byte {
	part, ok := appendPartObject(make([]byte, 0, len(stored)), stored, mode, tree)
	if !ok {
		return []byte("{}")
	}
	return part
}

// WithActive is stored JSON that says whether the user is active, whatever it said before.
func WithActive(stored []byte, active bool) []byte {
	rest := partOf(stored, hideOnly, selection{"active": nil})
	said := []byte(fmt.Sprintf(`{"active":%t`, active))
	if len(rest) > 2 {
		said = append(said, ',')
	}
	return append(said, rest[1:]...)
}

// Shows says whether the reader sees the whole of what a path leads to.
func (v Visible) Shows(r ResolvedPath) bool {
	if r.Attribute == schemasAttribute || r.Attribute == metaAttribute || r.Attribute != nil && r.URN == "" && r.Attribute.Name == "id" {
		return !isLastLogin(r)
	}
	if isLastLogin(r) {
		return false
	}
	steps := r.Steps()
	if v.only != nil && !v.only.holds(steps) {
		return false
	}
	return !v.hidden().touches(steps)
}

// ShowsSome says whether the reader sees a core attribute, by its plain name, at least in part.
func (v Visible) ShowsSome(name string) bool {
	name = lower(name)
	if name == "id" || name == "schemas" || name == "meta" {
		return true
	}
	if v.only != nil {
		if _, named := v.only[name]; !named {
			return false
		}
	}
	inner, hidden := v.hidden()[name]
	return !hidden || len(inner) > 0
}

// holds says whether the selection holds all behind the steps.
func (s selection) holds(steps []string) bool {
	for _, step := range steps {
		inner, named := s[step]
		if !named {
			return false
		}
		if len(inner) == 0 {
			return true
		}
		s = inner
	}
	return false
}

// touches says whether the selection holds the end of the steps, what is around it or a part of it.
func (s selection) touches(steps []string) bool {
	for _, step := range steps {
		inner, named := s[step]
		if !named {
			return false
		}
		if len(inner) == 0 {
			return true
		}
		s = inner
	}
	return true
}

// Check refuses a query that asks for what the reader does not see; the error is an *Error.
func (v Visible) Check(q Query) error {
	if q.SortBy != nil && q.SortBy.Kind == UserKind && !v.Shows(*q.SortBy) {
		return InvalidPath("%s is not among the attributes that this consumer may see, so it cannot be sorted by", q.SortBy)
	}
	return v.checkFilter(q.Filter, nil)
}

// checkFilter is Check of a filter, resolved. around is the attribute whose brackets it
// stands in.
func (v Visible) checkFilter(e filter.Expr, around *filter.Path) error {
	switch e := e.(type) {
	case filter.And:
		return firstOf(v.checkFilter(e.Left, around), v.checkFilter(e.Right, around))
	case filter.Or:
		return firstOf(v.checkFilter(e.Left, around), v.checkFilter(e.Right, around))
	case filter.Not:
		return v.checkFilter(e.X, around)
	case filter.Compare:
		if around == nil && strings.EqualFold(e.Path.Attr, "schemas") && e.Path.URN == "" {
			return v.checkSchema(e.Value.String)
		}
		return v.checkPath(e.Path, around)
	case filter.Present:
		return v.checkPath(e.Path, around)
	case filter.ValuePath:
		return v.checkFilter(e.Filter, &e.Path)
	}
	return nil
}

func firstOf(a, b error) error {
	if a != nil {
		return a
	}
	return b
}

func (v Visible) checkPath(p filter.Path, around *filter.Path) error {
	if around != nil {
		p = filter.Path{URN: around.URN, Attr: around.Attr, Sub: p.Attr}
	}
	r, ok := Resolve(UserKind, p)
	if !ok || !v.Shows(r) {
		return InvalidFilter("%s is not among the attributes that this consumer may see, so it cannot be filtered on", p)
	}
	return nil
}

// checkSchema refuses to tell who has something of an extension that is not seen whole.
func (v Visible) checkSchema(urn string) error {
	steps := []string{lower(urn)}
	if !strings.Contains(urn, ":") || isCore(userType, urn) || (v.only == nil || v.only.holds(steps)) && !v.hidden().touches(steps) {
		return nil
	}
	return InvalidFilter("%s is not among the schemas that this consumer may see whole, so it cannot be filtered on", urn)
}

// Within limits a projection to what the reader sees. It decides about what is not in the stored
// JSON; that is limited by JSON.
func (p Projection) Within(v Visible) Projection {
	p.within = &v
	return p
}
