// Package filter is the grammar of SCIM filters and attribute paths (RFC 7644, 3.4.2.2 and
// 3.5.2): text in, syntax tree out, and back again.
//
// It is pure syntax. It knows no attribute, no schema and no database: names stay as they were
// written until scim.ResolveFilter has looked them up. It keeps three laws:
//
//   - no text makes it panic, recurse deeply or run long: length, depth and the number of
//     terms are limited before anything is built;
//   - what it does not understand is a *SyntaxError that says where and what was expected,
//     never a shorter filter;
//   - Parse(e.String()) gives e again.
//
// Beyond the RFC it takes what identity providers send: operators and names in any case, several
// spaces, values without quotes (userName eq aki), an operator after a value path
// (emails[type eq "work"].value eq "x") and a dot where a colon belongs after a schema URN.
package filter

import (
	"strings"
	"time"
)

// Expr is a filter expression: And, Or, Not, Compare, Present or ValuePath, always as values.
type Expr interface {
	isExpr()
	// String writes the expression so that Parse reads it back unchanged.
	String() string
}

// And holds when both sides hold.
type And struct{ Left, Right Expr }

// Or holds when one side holds.
type Or struct{ Left, Right Expr }

// Not holds when X does not.
type Not struct{ X Expr }

// Compare holds when a value at Path compares with Value as Op says; Ne when no value does Eq.
type Compare struct {
	Path  Path
	Op    Op
	Value Value
}

// Present holds when there is a value at Path that is not empty (operator "pr").
type Present struct{ Path Path }

// ValuePath holds when a single element of the multi-valued attribute Path satisfies Filter:
// emails[type eq "work" and value co "@x"]. Path.Sub is empty. The paths inside Filter name
// sub-attributes: Path{Attr: "type"}.
type ValuePath struct {
	Path   Path
	Filter Expr
}

func (And) isExpr()       {}
func (Or) isExpr()        {}
func (Not) isExpr()       {}
func (Compare) isExpr()   {}
func (Present) isExpr()   {}
func (ValuePath) isExpr() {}

// Op is a comparison operator, in lower case.
type Op string

// The comparison operators. "pr" is not one: it is Present.
const (
	Eq Op = "eq"
	Ne Op = "ne"
	Co Op = "co"
	Sw Op = "sw"
	Ew Op = "ew"
	Gt Op = "gt"
	Ge Op = "ge"
	Lt Op = "lt"
	Le Op = "le"
)

// ValueKind says which field of a Value counts.
type ValueKind int

// The kinds of a Value. Time appears only in resolved filters. A value without quotes is a
// Bool, Null or Number if it reads as one, and otherwise a String.
const (
	String ValueKind = iota
	Bool
	Number
	Null
	Time
)

// Value is the right side of a comparison.
type Value struct {
	Kind   ValueKind
	String string
	Bool   bool
	Number string // as written
	Time   time.Time
}

// Path names an attribute: URN:attr.sub. URN is empty when the path had none; Attr and Sub
// stay as written until they are resolved. A Path with a URN and no Attr is a whole extension,
// which only a PATCH path may be.
type Path struct{ URN, Attr, Sub string }

// PatchPath is the target of a PATCH operation: attr, attr.sub, attr[filter] or
// attr[filter].sub. Filter is nil without brackets; Sub is what follows them. Without brackets
// a sub-attribute is in Path.Sub.
type PatchPath struct {
	Path   Path
	Filter Expr
	Sub    string
}

func (e And) String() string { return side(e.Left, false) + " and " + side(e.Right, true) }
func (e Or) String() string {
	right := e.Right.String()
	if _, or := e.Right.(Or); or {
		right = "(" + right + ")"
	}
	return e.Left.String() + " or " + right
}
func (e Not) String() string       { return "not (" + e.X.String() + ")" }
func (e Compare) String() string   { return e.Path.String() + " " + string(e.Op) + " " + e.Value.text() }
func (e Present) String() string   { return e.Path.String() + " pr" }
func (e ValuePath) String() string { return e.Path.String() + "[" + e.Filter.String() + "]" }

// side writes one side of an And, in parentheses where the tree would be read back otherwise.
func side(e Expr, right bool) string {
	switch e.(type) {
	case Or:
		return "(" + e.String() + ")"
	case And:
		if right {
			return "(" + e.String() + ")"
		}
	}
	return e.String()
}

func (v Value) text() string {
	switch v.Kind {
	case Bool:
		if v.Bool {
			return "true"
		}
		return "false"
	case Null:
		return "null"
	case Number:
		return v.Number
	case Time:
		return quote(v.Time.Format(time.RFC3339Nano))
	default:
		return quote(v.String)
	}
}

// quote writes s as a JSON string, with no more escapes than JSON demands.
func quote(s string) string {
	const hex = "0123456789abcdef"
	var b strings.Builder
	b.WriteByte('"')
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == '"' || c == '\\':
			b.WriteByte('\\')
			b.WriteByte(c)
		case c < 0x20:
			b.WriteString(`\u00`)
			b.WriteByte(hex[c>>4])
			b.WriteByte(hex[c&15])
		default:
			b.WriteByte(c)
		}
	}
	b.WriteByte('"')
	return b.String()
}

// String writes the path as it is read: urn:attr.sub.
func (p Path) String() string {
	name := p.Attr
	if p.Sub != "" {
		name += "." + p.Sub
	}
	if p.URN == "" || name == "" {
		return p.URN + name
	}
	// urn:x:2.0:user would be read as a URN alone; after a dot the name is unmistakable.
	if text := p.URN + ":" + name; splitURN(text) == p {
		return text
	}
	return p.URN + "." + name
}

// String writes the path as ParsePath reads it.
func (p PatchPath) String() string {
	text := p.Path.String()
	if p.Filter != nil {
		text += "[" + p.Filter.String() + "]"
	}
	if p.Sub != "" {
		text += "." + p.Sub
	}
	return text
}
