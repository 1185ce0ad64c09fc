package sql

import (
	"github.com/muster-scim/muster/scim/filter"
)

// opaqueList is an attribute of an extension that Muster does not know: whatever the identity
// provider sent, plain values or objects, one or many. Each is an element; objects among them
// have sub-attributes, and their value stands for them. Its names come from the client: they
// are arguments, never text. Numbers and booleans are compared as the text they are written as.
type opaqueList struct {
	pg    bool
	steps []string
}

func (l opaqueList) rows() fragment {
	attribute := l.steps[:min(2, len(l.steps))] // the URN and the attribute
	path := argument{jsonPath(attribute)}
	if l.pg {
		return cat("jsonb_path_query(r.search, (", argument{jsonPath(attribute) + "[*]"}, "::text)::jsonpath) as e(value)")
	}
	return cat("json_each(case json_type(r.search, ", path, ") when 'array' then r.search -> ", path,
		" else json_array(json(r.search -> ", path, ")) end) as e")
}

func (l opaqueList) find(p filter.Path) (operand, elements, error) {
	sub := argument{jsonPath([]string{foldName(p.Attr)})}
	whole := p.Attr == "value"
	if l.pg {
		value := cat("jsonb_path_query_first(e.value, (", sub, "::text)::jsonpath)")
		if whole {
			value = cat("coalesce(", value, ", e.value)")
		}
		return textColumn{true, cat("(case when jsonb_typeof(", value,
			") in ('string', 'number', 'boolean') then ", value, " #>> '{}' end)")}, nil, nil
	}
	value := cat("case e.type when 'object' then case json_type(e.value, ", sub, ") when 'text' then json_extract(e.value, ", sub,
		") when 'object' then null when 'array' then null when 'null' then null else e.value -> ", sub, " end ")
	if whole {
		value = cat(value, "when 'text' then e.value when 'true' then 'true' when 'false' then 'false' ",
			"when 'integer' then cast(e.value as text) when 'real' then cast(e.value as text) ")
	}
	return textColumn{false, cat("(", value, "end)")}, nil, nil
}

func (l opaqueList) exists(e filter.Expr) (fragment, error) {
	if e == nil {
		if l.pg {
			return cat("exists (select 1 from ", l.rows(), ` where e.value not in ('null', '""', '{}', '[]'))`), nil
		}
		return cat("exists (select 1 from ", l.rows(), " where e.type <> 'null' and e.value not in ('', '{}', '[]'))"), nil
	}
	inner, err := condition(e, l)
	if !l.pg { // where there is no attribute its rows hold a null
		inner = cat("e.type <> 'null' and ", inner)
	}
	return cat("exists (select 1 from ", l.rows(), " where ", inner, ")"), err
}

// foldName is a name as Document.Search writes it: ASCII letters in lower case.
func foldName(name string) string {
	b := []byte(name)
	for i, c := range b {
		if 'A' <= c && c <= 'Z' {
			b[i] = c + 'a' - 'A'
		}
	}
	return string(b)
}
