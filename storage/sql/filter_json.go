package sql

import (
	"slices"
	"strings"

	"github.com/muster-scim/muster/scim"
	"github.com/muster-scim/muster/scim/filter"
)

// Attributes without a column are in the column search: Document.Search as jsonb, or as text on
// SQLite. Names of the attribute table are lower-case letters, digits and $ in it and may stand
// in a statement; names of extensions we do not know are arguments (filter_opaque.go).
//
// How a value is reached, for the steps urn, manager, value or emails → value:
//
//	PostgreSQL  r.search->'urn'->'manager'->>'value'           e.value->>'value'
//	SQLite      json_extract(r.search, '$."urn"."manager"."value"')   json_extract(e.value, '$."value"')

// inSearch finds an attribute in the column search.
func (t target) inSearch(r scim.ResolvedPath) (operand, elements) {
	switch {
	case r.Opaque:
		return nil, opaqueList{t.pg, r.Steps()}
	case r.Attribute.MultiValued:
		return nil, t.list(r)
	}
	object := jsonObject{pg: t.pg, doc: "r.search", attribute: r.Attribute, steps: attributeSteps(r)}
	if r.Sub == nil && r.Attribute.Type == "complex" {
		return object, object
	}
	if leaf := r.Leaf(); leaf != r.Attribute {
		return object.sub(leaf), nil
	}
	return object.leaf(r.Attribute), nil
}

// list is a multi-valued attribute of the table.
func (t target) list(r scim.ResolvedPath) jsonList {
	return jsonList{pg: t.pg, attribute: r.Attribute, steps: attributeSteps(r)}
}

// attributeSteps lead to the whole attribute.
func attributeSteps(r scim.ResolvedPath) []string {
	n := 1
	if r.URN != "" {
		n = 2
	}
	return r.Steps()[:n]
}

// jsonObject is a place in a JSON document that holds an object or a plain value.
type jsonObject struct {
	pg        bool
	doc       string // the column
	attribute *scim.Attribute
	steps     []string
}

func (o jsonObject) leaf(a *scim.Attribute) operand {
	if !o.pg {
		return o.typed(a, "json_extract("+o.doc+", '"+jsonPath(o.steps)+"')")
	}
	if len(o.steps) == 0 { // the element of a multi-valued attribute of plain values
		return o.typed(a, o.doc+" #>> '{}'")
	}
	last := len(o.steps) - 1
	return o.typed(a, o.doc+arrows(o.steps[:last])+"->>'"+o.steps[last]+"'")
}

func (o jsonObject) typed(a *scim.Attribute, expr string) operand {
	f := fragment{sql: "(" + expr + ")"}
	switch a.Type {
	case "boolean":
		return jsonFlag{o.pg, f}
	case "integer", "decimal":
		return jsonNumber{o.pg, f}
	}
	return textColumn{o.pg, f}
}

func (o jsonObject) sub(a *scim.Attribute) operand {
	o.steps = append(slices.Clone(o.steps), strings.ToLower(a.Name))
	return o.leaf(a)
}

// find finds a sub-attribute.
func (o jsonObject) find(p filter.Path) (operand, elements, error) {
	for _, sub := range o.attribute.Sub {
		if strings.EqualFold(sub.Name, p.Attr) {
			return o.sub(sub), nil, nil
		}
	}
	return nil, nil, scim.InvalidFilter("%s has no sub-attribute %s", o.attribute.Name, p)
}

// present says that there is an object.
func (o jsonObject) present() (fragment, error) {
	if o.pg {
		return fragment{sql: "(" + o.doc + arrows(o.steps) + ") <> '{}'::jsonb"}, nil
	}
	return fragment{sql: "(" + o.doc + " -> '" + jsonPath(o.steps) + "') <> '{}'"}, nil
}

// compare is asked of a complex attribute only when it has no value.
func (o jsonObject) compare(filter.Op, filter.Value) (fragment, error) {
	return fragment{}, scim.InvalidFilter("%s is complex: compare one of its sub-attributes", o.attribute.Name)
}

// exists makes a single complex attribute a list of one: manager[value eq "7"].
func (o jsonObject) exists(e filter.Expr) (fragment, error) {
	there, err := o.present()
	if e == nil || err != nil {
		return there, err
	}
	inner, err := condition(e, o)
	return cat("(", there, " and ", inner, ")"), err
}

// jsonList is a multi-valued attribute, always an array.
type jsonList struct {
	pg        bool
	attribute *scim.Attribute
	steps     []string
}

func (l jsonList) rows() string {
	if l.pg {
		return "jsonb_path_query(r.search, '" + jsonPath(l.steps) + "[*]') as e(value)"
	}
	return "json_each(r.search, '" + jsonPath(l.steps) + "') as e"
}

func (l jsonList) element() jsonObject {
	return jsonObject{pg: l.pg, doc: "e.value", attribute: l.attribute}
}

func (l jsonList) find(p filter.Path) (operand, elements, error) {
	if l.attribute.Type == "complex" {
		return l.element().find(p)
	}
	if !l.pg {
		return textColumn{false, fragment{sql: "e.value"}}, nil, nil
	}
	return l.element().leaf(l.attribute), nil, nil
}

func (l jsonList) exists(e filter.Expr) (fragment, error) {
	if e == nil {
		return cat("exists (select 1 from ", l.rows(), ")"), nil
	}
	inner, err := condition(e, l)
	return cat("exists (select 1 from ", l.rows(), " where ", inner, ")"), err
}

// jsonFlag is a boolean: text on PostgreSQL, 0 or 1 on SQLite.
type jsonFlag struct {
	pg   bool
	expr fragment
}

func (j jsonFlag) present() (fragment, error) { return cat(j.expr, " is not null"), nil }

func (j jsonFlag) compare(op filter.Op, v filter.Value) (fragment, error) {
	if v.Kind != filter.Bool || op != filter.Eq {
		return fragment{}, scim.InvalidFilter("a boolean cannot be compared with %s", filter.Compare{Op: op, Value: v})
	}
	words := map[bool]string{true: " = 'true'", false: " = 'false'"}
	if !j.pg {
		words = map[bool]string{true: " = 1", false: " = 0"}
	}
	return cat(j.expr, words[v.Bool]), nil
}

// jsonNumber is a number: text on PostgreSQL. No attribute of the table is one today.
type jsonNumber struct {
	pg   bool
	expr fragment
}

// numberLength bounds a number in a filter: beyond it databases round or fail.
const numberLength = 15

func (j jsonNumber) present() (fragment, error) { return cat(j.expr, " is not null"), nil }

func (j jsonNumber) compare(op filter.Op, v filter.Value) (fragment, error) {
	operator, ok := orderings[op]
	if v.Kind != filter.Number || !ok || len(v.Number) > numberLength || strings.ContainsAny(v.Number, "eE") {
		return fragment{}, scim.InvalidFilter("a number cannot be compared with %s", filter.Compare{Op: op, Value: v})
	}
	if j.pg {
		return cat("cast(", j.expr, " as numeric)", operator, "cast(", argument{v.Number}, "::text as numeric)"), nil
	}
	return cat(j.expr, operator, "cast(", argument{v.Number}, " as numeric)"), nil
}

// schemasOperand is the attribute schemas, which no document holds: the core schema is always
// there, an extension when it has attributes.
type schemasOperand struct{ t target }

func (s schemasOperand) present() (fragment, error) { return always, nil }

func (s schemasOperand) compare(op filter.Op, v filter.Value) (fragment, error) {
	if op != filter.Eq || v.Kind != filter.String {
		return fragment{}, scim.InvalidFilter("schemas can only be compared with eq and ne")
	}
	core := scim.CoreUser
	if s.t.kind == scim.GroupKind {
		core = scim.CoreGroup
	}
	urn := strings.ToLower(v.String)
	switch {
	case urn == strings.ToLower(core):
		return always, nil
	case !strings.Contains(urn, ":"): // the name of an attribute
		return never, nil
	case s.t.pg:
		return cat("(r.search -> ", argument{urn}, "::text) is not null"), nil
	}
	return cat("exists (select 1 from json_each(r.search) as e where e.key = ", argument{urn}, ")"), nil
}

// jsonPath writes steps as a path that both databases read: $."emails"."value". A quote or a
// backslash cannot be in a step: names are checked when they are parsed.
func jsonPath(steps []string) string {
	if len(steps) == 0 {
		return "$"
	}
	return `$."` + strings.Join(steps, `"."`) + `"`
}

func arrows(steps []string) string {
	if len(steps) == 0 {
		return ""
	}
	return "->'" + strings.Join(steps, "'->'") + "'"
}
