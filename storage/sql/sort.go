package sql

import (
	"strconv"

	"github.com/google/uuid"

	"github.com/muster-scim/muster/scim"
	"github.com/muster-scim/muster/scim/filter"
)

// ordering is the order of a list: by a key, then by id, which makes it total. Ids are UUIDv7, so
// that without a key resources come in the order of their creation. Descending is the exact
// reverse of ascending. Resources without the attribute come last ascending and first
// descending (RFC 7644 3.4.2.3).
type ordering struct {
	pg         bool
	key        fragment // "" in the order of ids
	number     bool     // the key is a bigint, not text
	nullable   bool
	descending bool
}

// position is the place of a row in an ordering: a cursor leads behind it.
type position struct {
	ID  uuid.UUID
	Key *string // what selectKey gave; nil without a key, or for a row without the attribute
}

// sortLength is how many characters of a text count. Cursors hold the key, so it must be short.
const sortLength = 200

// order translates sortBy; nil means the order of ids.
func (t target) order(by *scim.ResolvedPath, descending bool) (ordering, error) {
	o := ordering{pg: t.pg, descending: descending}
	if by == nil || by.Attribute == nil {
		return o, nil
	}
	if by.Attribute.Returned == scim.ReturnedNever {
		return o, scim.InvalidPath("%s cannot be sorted by", by)
	}
	switch by.String() {
	case "id", "schemas", "meta", "meta.resourceType", "meta.location":
		return o, nil // the same for all, or in the order of ids anyway
	}
	path := by.Path()
	if leaf := by.Leaf(); leaf != nil && leaf != by.Attribute {
		path.Sub = leaf.Name
	}
	value, list, err := t.find(path)
	if err != nil {
		return o, scim.InvalidPath("%s cannot be sorted by", by)
	}
	if sorted, ok := list.(interface {
		first(sub string) (fragment, operand)
	}); ok {
		rows, leaf := sorted.first(inElement(path).Attr)
		return o.of(leaf, rows, by)
	}
	return o.of(value, fragment{}, by)
}

// of makes the key of a value. rows is set when the value is one of a multi-valued attribute:
// " from … order by … limit 1".
func (o ordering) of(value operand, rows fragment, by *scim.ResolvedPath) (ordering, error) {
	o.nullable = true
	switch v := value.(type) {
	case textColumn:
		o.key = v.expr
		switch v.expr.sql {
		case "r.user_name_key", "r.name_key":
			o.nullable = false
		default:
			o.key = cat("nullif(", v.expr, ", '')")
			if o.pg {
				o.key = cat("left(", o.key, ", "+strconv.Itoa(sortLength)+")")
			} else {
				o.key = cat("substr(", o.key, ", 1, "+strconv.Itoa(sortLength)+")")
			}
		}
	case timeColumn:
		o.key, o.number, o.nullable = fragment{sql: string(v)}, true, false
	case movedColumn:
		o.key, o.number, o.nullable = fragment{sql: later(v.t.pg, v.at, v.maybe)}, true, false
	case flagColumn:
		o.key, o.number, o.nullable = cat("(case when ", v.condition, " then 1 else 0 end)"), true, false
	case jsonFlag:
		o.key, o.number = v.expr, true
		if v.pg {
			o.key = cat("(case ", v.expr, " when 'true' then 1 when 'false' then 0 end)")
		}
	default:
		return o, scim.InvalidPath("%s cannot be sorted by", by)
	}
	if rows.sql != "" {
		o.key = cat("(select ", o.key, rows, ")")
	}
	return o, nil
}

// first is the primary element, else the first one.
func (l jsonList) first(sub string) (fragment, operand) {
	value, _, err := l.find(filter.Path{Attr: sub})
	if err != nil {
		return fragment{}, nil
	}
	if l.pg {
		return cat(" from jsonb_path_query(r.search, '", jsonPath(l.steps),
			"[*]') with ordinality as e(value, place) order by coalesce(e.value->>'primary' = 'true', false) desc, e.place limit 1"), value
	}
	if l.attribute.Type != "complex" {
		return cat(" from ", l.rows(), " order by e.key limit 1"), value
	}
	return cat(" from ", l.rows(), ` order by coalesce(json_extract(e.value, '$."primary"'), 0) desc, e.key limit 1`), value
}

func (i indexedEmails) first(sub string) (fragment, operand) { return i.list.first(sub) }

func (l opaqueList) first(sub string) (fragment, operand) {
	value, _, err := l.find(filter.Path{Attr: sub})
	if err != nil {
		return fragment{}, nil
	}
	if l.pg {
		return cat(" from ", l.rows(), " limit 1"), value
	}
	return cat(" from ", l.rows(), " order by e.key limit 1"), value
}

// selectKey is the expression to select as the Key of each row's position, as text.
func (o ordering) selectKey() fragment {
	switch {
	case o.key.sql == "":
		return fragment{sql: "null"}
	case o.number:
		return cat("cast(", o.key, " as text)")
	}
	return o.key
}

// by is what follows ORDER BY.
func (o ordering) by() fragment {
	direction, nulls := " asc", " nulls last"
	if o.descending {
		direction, nulls = " desc", " nulls first"
	}
	if o.key.sql == "" {
		return fragment{sql: "r.id" + direction}
	}
	if !o.nullable {
		nulls = ""
	}
	return cat(o.comparable(), direction, nulls, ", r.id", direction)
}

// comparable is the key as it is compared and ordered: text byte by byte.
func (o ordering) comparable() fragment {
	if o.pg && !o.number {
		return cat(o.key, ` collate "C"`)
	}
	return o.key
}

// after is the condition of the rows behind p.
func (o ordering) after(p position) (fragment, error) {
	beyond := " > "
	if o.descending {
		beyond = " < "
	}
	id := cat("r.id", beyond, argument{p.ID})
	if o.key.sql == "" {
		return id, nil
	}
	if p.Key == nil { // among those without the attribute: last, or first when descending
		rest := cat(o.key, " is null and ", id)
		if o.descending {
			return cat("(", rest, " or ", o.key, " is not null)"), nil
		}
		return cat("(", rest, ")"), nil
	}
	key := argument{*p.Key}
	if o.number {
		n, err := strconv.ParseInt(*p.Key, 10, 64)
		if err != nil {
			return fragment{}, scim.InvalidCursor("the cursor is not one of this list")
		}
		key.value = n
	}
	behind := cat("(", o.comparable(), ", r.id)", beyond, "(", key, ", ", argument{p.ID}, ")")
	if o.nullable && !o.descending {
		behind = cat("(", behind, " or ", o.key, " is null)")
	}
	return behind, nil
}

// cut makes a page of rows that were read with one more than limit: next is the place of the
// last row shown, nil when there is nothing behind it.
func cut[T any](rows []T, limit int, at func(T) position) (page []T, next *position) {
	if len(rows) <= limit || limit <= 0 {
		return rows[:min(len(rows), max(limit, 0))], nil
	}
	p := at(rows[limit-1])
	return rows[:limit], &p
}
