package sql

import (
	"encoding/json"
	"slices"
	"strings"
	"time"

	"github.com/muster-scim/muster/scim"
	"github.com/muster-scim/muster/scim/canonical"
	"github.com/muster-scim/muster/scim/filter"
)

// reference evaluates filters the plain way, on a resource as a client reads it: RFC 7644
// 3.4.2.2 word by word, and nothing from the code that makes SQL.
type reference struct{ kind scim.Kind }

func (x reference) matches(e filter.Expr, resource map[string]any) bool {
	return x.eval(e, resource, nil)
}

// eval evaluates in a resource, or in an element of the attribute of.
func (x reference) eval(e filter.Expr, in map[string]any, of *scim.ResolvedPath) bool {
	switch e := e.(type) {
	case filter.And:
		return x.eval(e.Left, in, of) && x.eval(e.Right, in, of)
	case filter.Or:
		return x.eval(e.Left, in, of) || x.eval(e.Right, in, of)
	case filter.Not:
		return !x.eval(e.X, in, of)
	case filter.Present:
		for _, v := range x.values(e.Path, in, of) {
			if s, text := v.(string); !text || s != "" {
				return true
			}
		}
		return false
	case filter.ValuePath:
		resolved, _ := scim.Resolve(x.kind, e.Path)
		for _, v := range flat(walk(in, resolved.URN, resolved.Attribute.Name)) {
			element, ok := v.(map[string]any)
			if !ok {
				element = map[string]any{"value": v}
			}
			if x.eval(e.Filter, element, &resolved) {
				return true
			}
		}
		return false
	case filter.Compare:
		if e.Op == filter.Ne {
			e.Op = filter.Eq
			return !x.eval(e, in, of)
		}
		for _, v := range x.values(e.Path, in, of) {
			if x.compares(v, e, of) {
				return true
			}
		}
		return false
	}
	panic("no filter")
}

// values are the values at a path; objects stand for their value.
func (x reference) values(p filter.Path, in map[string]any, of *scim.ResolvedPath) []any {
	steps := []string{p.URN, p.Attr, p.Sub}
	if of == nil {
		resolved, _ := scim.Resolve(x.kind, p)
		steps[0] = resolved.URN
	}
	found := slices.Clone(flat(walk(in, steps...)))
	for i, v := range found {
		if m, ok := v.(map[string]any); ok {
			if inner := flat(walk(m, "value")); len(inner) > 0 {
				found[i] = inner[0]
			}
		}
	}
	return found
}

func walk(v any, steps ...string) any {
	for i, step := range steps {
		if step == "" {
			continue
		}
		switch w := v.(type) {
		case map[string]any:
			v = nil
			for k, inner := range w {
				if strings.EqualFold(k, step) {
					v = inner
				}
			}
		case []any:
			var out []any
			for _, e := range w {
				out = append(out, flat(walk(e, steps[i:]...))...)
			}
			return out
		default:
			return nil
		}
	}
	return v
}

func flat(v any) []any {
	switch v := v.(type) {
	case nil:
		return nil
	case []any:
		return v
	}
	return []any{v}
}

func (x reference) compares(v any, c filter.Compare, of *scim.ResolvedPath) bool {
	exact := false
	if of == nil {
		resolved, _ := scim.Resolve(x.kind, c.Path)
		exact = resolved.Leaf() != nil && resolved.Leaf().CaseExact
	} else {
		for _, sub := range of.Attribute.Sub {
			exact = exact || sub.Name == c.Path.Attr && sub.CaseExact
		}
	}
	switch want := c.Value; want.Kind {
	case filter.Bool:
		return v == want.Bool
	case filter.Time:
		at, err := time.Parse(time.RFC3339Nano, v.(string))
		return err == nil && holds(c.Op, at.Compare(want.Time))
	default:
		have := ""
		switch v := v.(type) {
		case string:
			have = v
		case bool:
			have = map[bool]string{true: "true", false: "false"}[v]
		case json.Number:
			have = string(v)
		default:
			return false
		}
		text := want.String
		if !exact {
			have, text = canonical.Key(have), canonical.Key(text)
		}
		switch c.Op {
		case filter.Co:
			return strings.Contains(have, text)
		case filter.Sw:
			return strings.HasPrefix(have, text)
		case filter.Ew:
			return strings.HasSuffix(have, text)
		}
		return holds(c.Op, strings.Compare(have, text))
	}
}

func holds(op filter.Op, c int) bool {
	return map[filter.Op]bool{filter.Eq: c == 0, filter.Gt: c > 0, filter.Ge: c >= 0, filter.Lt: c < 0, filter.Le: c <= 0}[op]
}
