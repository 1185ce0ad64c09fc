package filter

import (
	"encoding/json"
	"strconv"
	"strings"
	"time"

	"github.com/muster-scim/muster/scim/canonical"
)

// Matches says whether one element of a multi-valued attribute satisfies the filter of a value
// path. The element is an object of sub-attributes; an attribute of plain values is passed as
// {"value": v}. caseExact says how the text of a sub-attribute is compared: as it is, or in its
// key form.
//
// An absent sub-attribute satisfies ne and nothing else; types that cannot be compared are
// unequal and have no order.
func Matches(e Expr, element map[string]any, caseExact func(sub string) bool) bool {
	return make(Keys).Matches(e, element, caseExact)
}

// Keys are the key forms of texts, by the text, for filters that look at the same ones again and
// again: making them is what costs.
type Keys map[string]string

// Matches is Matches with the key forms that are known.
func (k Keys) Matches(e Expr, element map[string]any, caseExact func(sub string) bool) bool {
	switch e := e.(type) {
	case And:
		return k.Matches(e.Left, element, caseExact) && k.Matches(e.Right, element, caseExact)
	case Or:
		return k.Matches(e.Left, element, caseExact) || k.Matches(e.Right, element, caseExact)
	case Not:
		return !k.Matches(e.X, element, caseExact)
	case Present:
		return present(lookup(element, e.Path.relative()))
	case Compare:
		return k.compares(e, element, caseExact)
	}
	return false // a value path inside another: the parser builds none
}

// Paths are the attributes that a filter looks at, one for each of its terms.
func Paths(e Expr) []Path {
	switch e := e.(type) {
	case And:
		return append(Paths(e.Left), Paths(e.Right)...)
	case Or:
		return append(Paths(e.Left), Paths(e.Right)...)
	case Not:
		return Paths(e.X)
	case Present:
		return []Path{e.Path}
	case Compare:
		return []Path{e.Path}
	}
	return nil
}

// Of is the key form of a text.
func (k Keys) Of(text string) string {
	key, known := k[text]
	if !known {
		key = canonical.Key(text)
		k[text] = key
	}
	return key
}

// relative is the sub-attribute a path inside brackets means: type, or emails.type.
func (p Path) relative() string {
	if p.Sub != "" {
		return p.Sub
	}
	return p.Attr
}

func (k Keys) compares(c Compare, element map[string]any, caseExact func(sub string) bool) bool {
	sub := c.Path.relative()
	v := lookup(element, sub)
	if c.Op == Ne {
		c.Op = Eq
		return !k.compares(c, element, caseExact)
	}
	if c.Value.Kind == Null {
		return c.Op == Eq && !present(v)
	}
	switch v := v.(type) {
	case bool:
		want, ok := c.Value.truth()
		return ok && c.Op == Eq && v == want
	case json.Number:
		return matchNumber(string(v), c.Op, c.Value)
	case string:
		if c.Value.Kind == Time {
			at, err := time.Parse(time.RFC3339Nano, v)
			return err == nil && ordered(c.Op, at.Compare(c.Value.Time))
		}
		want := c.Value.String
		if c.Value.Kind != String {
			want = c.Value.text() // value eq 12345: quotes left out around digits
		}
		if !caseExact(sub) {
			v, want = k.Of(v), k.Of(want)
		}
		return matchText(v, c.Op, want)
	}
	return false
}

func matchText(v string, op Op, want string) bool {
	switch op {
	case Co:
		return strings.Contains(v, want)
	case Sw:
		return strings.HasPrefix(v, want)
	case Ew:
		return strings.HasSuffix(v, want)
	}
	return ordered(op, strings.Compare(v, want))
}

func matchNumber(v string, op Op, want Value) bool {
	text := want.Number
	if want.Kind == String {
		text = want.String
	}
	a, errA := strconv.ParseFloat(v, 64)
	b, errB := strconv.ParseFloat(text, 64)
	switch {
	case errA != nil || errB != nil:
		return op == Eq && v == text
	case a < b:
		return ordered(op, -1)
	case a > b:
		return ordered(op, 1)
	}
	return ordered(op, 0)
}

// ordered applies an ordering operator to the result of a comparison.
func ordered(op Op, c int) bool {
	switch op {
	case Eq:
		return c == 0
	case Gt:
		return c > 0
	case Ge:
		return c >= 0
	case Lt:
		return c < 0
	case Le:
		return c <= 0
	}
	return false
}

// truth reads a boolean, also from the text "True" that Entra sends.
func (v Value) truth() (value, ok bool) {
	switch {
	case v.Kind == Bool:
		return v.Bool, true
	case v.Kind == String && strings.EqualFold(v.String, "true"):
		return true, true
	case v.Kind == String && strings.EqualFold(v.String, "false"):
		return false, true
	}
	return false, false
}

func present(v any) bool {
	switch v := v.(type) {
	case nil:
		return false
	case string:
		return v != ""
	case map[string]any:
		return len(v) > 0
	case []any:
		return len(v) > 0
	}
	return true
}

// lookup finds a sub-attribute by its name in any case.
func lookup(element map[string]any, name string) any {
	if v, ok := element[name]; ok {
		return v
	}
	for key, v := range element {
		if strings.EqualFold(key, name) {
			return v
		}
	}
	return nil
}
