package scim

import (
	"errors"
	"time"

	"github.com/muster-scim/muster/scim/canonical"
	"github.com/muster-scim/muster/scim/filter"
)

// ParseFilter reads and resolves a filter; the error is an *Error invalidFilter that says where
// it went wrong.
func ParseFilter(k Kind, text string) (filter.Expr, error) {
	e, err := filter.Parse(text)
	if err != nil {
		return nil, filterError(err)
	}
	return ResolveFilter(k, e)
}

func filterError(err error) error {
	var syntax *filter.SyntaxError
	if errors.As(err, &syntax) {
		return InvalidFilter("the filter is not valid %v", syntax)
	}
	return InvalidFilter("the filter is not valid: %v", err)
}

// ResolveFilter makes a filter fit to run on Document.Search:
//
//   - names are in schema case, URNs canonical ("" for core);
//   - a complex attribute that is compared stands for its value: emails co "x", manager eq "7";
//   - values have the type of the attribute: booleans from text, times, canonical.Key for text
//     that is not caseExact, text for values without quotes;
//   - eq null is not (… pr), ne null is … pr.
//
// Unknown attributes, types that cannot be compared and the password are *Error invalidFilter.
func ResolveFilter(k Kind, e filter.Expr) (filter.Expr, error) {
	return resolver{k: k}.expr(e)
}

// resolver resolves a filter of a kind, or inside brackets the filter of one attribute.
type resolver struct {
	k     Kind
	inner *ResolvedPath
}

func (r resolver) expr(e filter.Expr) (filter.Expr, error) {
	switch e := e.(type) {
	case filter.And:
		left, right, err := r.both(e.Left, e.Right)
		return filter.And{Left: left, Right: right}, err
	case filter.Or:
		left, right, err := r.both(e.Left, e.Right)
		return filter.Or{Left: left, Right: right}, err
	case filter.Not:
		x, err := r.expr(e.X)
		return filter.Not{X: x}, err
	case filter.Present:
		p, path, err := r.path(e.Path)
		if err != nil || p.Sub != nil || p.Attribute.Type != typeComplex {
			return filter.Present{Path: path}, err
		}
		return filter.Present{Path: filter.Path{URN: path.URN, Attr: path.Attr}}, nil
	case filter.Compare:
		return r.compare(e)
	case filter.ValuePath:
		return r.valuePath(e)
	}
	return nil, InvalidFilter("the filter is empty")
}

func (r resolver) both(left, right filter.Expr) (filter.Expr, filter.Expr, error) {
	l, err := r.expr(left)
	if err != nil {
		return nil, nil, err
	}
	rr, err := r.expr(right)
	return l, rr, err
}

// path resolves a path and gives it in schema case, as deep as values can be compared.
func (r resolver) path(p filter.Path) (ResolvedPath, filter.Path, error) {
	if r.inner != nil {
		return r.innerPath(p)
	}
	resolved, ok := Resolve(r.k, p)
	if !ok || resolved.Attribute == nil {
		return resolved, p, unknownName("the attribute %s is not known", shown(p.String()))
	}
	if resolved.Attribute.Returned == ReturnedNever {
		return resolved, p, InvalidFilter("the attribute %s cannot be filtered on", resolved.Attribute.Name)
	}
	path := resolved.Path()
	if leaf := resolved.Leaf(); leaf != nil && leaf != resolved.Attribute {
		path.Sub = leaf.Name
	}
	return resolved, path, nil
}

// innerPath resolves a path inside brackets: the name of a sub-attribute.
func (r resolver) innerPath(p filter.Path) (ResolvedPath, filter.Path, error) {
	name := p.Attr
	if p.Sub != "" && equalFold(p.Attr, r.inner.Attribute.Name) {
		name = p.Sub
	}
	sub := r.inner.Attribute.sub(name)
	if sub == nil && r.inner.Opaque {
		sub = opaqueAttribute(name)
	}
	if sub == nil {
		return ResolvedPath{}, p, unknownName("%s has no sub-attribute %s", r.inner.Attribute.Name, shown(name))
	}
	return ResolvedPath{Kind: r.k, Attribute: sub, Opaque: r.inner.Opaque}, filter.Path{Attr: sub.Name}, nil
}

func (r resolver) valuePath(e filter.ValuePath) (filter.Expr, error) {
	if r.inner != nil {
		return nil, InvalidFilter("a value path must not stand inside another")
	}
	resolved, _, err := r.path(e.Path)
	if err != nil {
		return nil, err
	}
	if resolved.Sub != nil || resolved.Attribute.Type != typeComplex && !resolved.Opaque {
		return nil, InvalidFilter("%s takes no filter in brackets", resolved)
	}
	inner, err := resolver{k: r.k, inner: &resolved}.expr(e.Filter)
	if err != nil {
		return nil, err
	}
	return filter.ValuePath{Path: resolved.Path(), Filter: inner}, nil
}

func (r resolver) compare(c filter.Compare) (filter.Expr, error) {
	resolved, path, err := r.path(c.Path)
	if err != nil {
		return nil, err
	}
	if c.Value.Kind == filter.Null {
		return compareNull(c.Op, resolved, path)
	}
	leaf := resolved.Leaf()
	if leaf == nil {
		return nil, InvalidFilter("%s is complex: compare one of its sub-attributes", resolved)
	}
	if resolved.Opaque && (c.Value.Kind == filter.Bool || c.Value.Kind == filter.Number) {
		return filter.Compare{Path: path, Op: c.Op, Value: c.Value}, nil // its type is not known
	}
	value, err := typed(leaf, c.Op, c.Value)
	if err != nil {
		return nil, err
	}
	return filter.Compare{Path: path, Op: c.Op, Value: value}, nil
}

func compareNull(op filter.Op, r ResolvedPath, path filter.Path) (filter.Expr, error) {
	if r.Sub == nil {
		path.Sub = ""
	}
	switch op {
	case filter.Eq:
		return filter.Not{X: filter.Present{Path: path}}, nil
	case filter.Ne:
		return filter.Present{Path: path}, nil
	}
	return nil, InvalidFilter("%s: null can only be compared with eq and ne", r)
}

// typed gives the value the type of attribute a, or says why they cannot be compared.
func typed(a *Attribute, op filter.Op, v filter.Value) (filter.Value, error) {
	switch a.Type {
	case typeBoolean:
		return typedBool(a, op, v)
	case typeDateTime:
		return typedTime(a, op, v)
	case typeInteger, typeDecimal:
		if v.Kind != filter.Number {
			return v, InvalidFilter("%s is a number and cannot be compared with %s", a.Name, shown(valueText(v)))
		}
		return v, nil
	case typeBinary:
		if op != filter.Eq && op != filter.Ne {
			return v, InvalidFilter("%s is binary and can only be compared with eq and ne", a.Name)
		}
	}
	s := valueText(v)
	if !a.CaseExact {
		s = canonical.Key(s)
	}
	return filter.Value{Kind: filter.String, String: s}, nil
}

func typedBool(a *Attribute, op filter.Op, v filter.Value) (filter.Value, error) {
	if op != filter.Eq && op != filter.Ne {
		return v, InvalidFilter("%s is a boolean and can only be compared with eq and ne", a.Name)
	}
	if v.Kind == filter.Bool {
		return v, nil
	}
	if b, ok := boolean(v.String); ok && v.Kind == filter.String {
		return filter.Value{Kind: filter.Bool, Bool: b}, nil
	}
	return v, InvalidFilter("%s is a boolean and cannot be compared with %s", a.Name, shown(valueText(v)))
}

func typedTime(a *Attribute, op filter.Op, v filter.Value) (filter.Value, error) {
	if op == filter.Co || op == filter.Sw || op == filter.Ew {
		return v, InvalidFilter("%s is a date and time and cannot be compared with %s", a.Name, op)
	}
	t, ok := parseTime(valueText(v))
	if !ok {
		return v, InvalidFilter("%s is a date and time and cannot be compared with %s", a.Name, shown(valueText(v)))
	}
	return filter.Value{Kind: filter.Time, Time: t.UTC()}, nil
}

// valueText is the value as text: a value without quotes was text before it was a number.
func valueText(v filter.Value) string {
	switch v.Kind {
	case filter.Bool:
		if v.Bool {
			return "true"
		}
		return "false"
	case filter.Number:
		return v.Number
	case filter.Time:
		return v.Time.UTC().Format(time.RFC3339Nano)
	}
	return v.String
}
