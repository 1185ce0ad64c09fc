package sql

import (
	"time"
	"unicode/utf8"

	"github.com/google/uuid"

	"github.com/muster-scim/muster/scim"
	"github.com/muster-scim/muster/scim/filter"
)

// find knows the attributes that have columns of their own or rows in other tables; all others
// are in the column search.
func (t target) find(p filter.Path) (operand, elements, error) {
	resolved, ok := scim.Resolve(t.kind, p)
	if !ok || resolved.Attribute == nil || resolved.Attribute.Returned == scim.ReturnedNever {
		return nil, nil, scim.InvalidFilter("%s cannot be filtered on", p)
	}
	if resolved.URN == "" {
		if value, list, ok := t.own(resolved); ok {
			return value, list, nil
		}
	}
	if !resolved.Opaque && (resolved.Attribute.Name == "lastLogin" || resolved.Sub != nil && resolved.Sub.Name == "lastLogin") {
		if t.records() { // which knows users by their links alone
			return nil, nil, scim.InvalidFilter("%s cannot be filtered on", resolved)
		}
		return loginColumn{timeColumn(lastLogin)}, nil, nil
	}
	if resolved.Attribute.Name == "meta" { // its location and version are made when it is read
		return nil, nil, scim.InvalidFilter("%s cannot be filtered on", resolved)
	}
	value, list := t.inSearch(resolved)
	return value, list, nil
}

// own finds core attributes that are not in the column search, or faster to find elsewhere.
func (t target) own(r scim.ResolvedPath) (value operand, list elements, ok bool) {
	switch r.String() {
	case "id":
		value = idColumn{t.pg, "r.id"}
	case "userName":
		value = textColumn{t.pg, fragment{sql: "r.user_name_key"}}
	case "displayName":
		if t.kind == scim.GroupKind {
			value = textColumn{t.pg, fragment{sql: "r.name_key"}}
		}
	case "externalId":
		if t.records() {
			value = textColumn{t.pg, fragment{sql: "r.external_id"}}
		}
	case "active":
		value = flagColumn{"r.status = 'active'"}
		if t.records() {
			value = flagColumn{"r.state = 'active'"}
		}
	case "meta":
		value = fixed(string(t.kind)) // always there
	case "meta.resourceType":
		value = fixed(string(t.kind))
	case "meta.created":
		value = timeColumn("r.created_at")
	case "meta.lastModified":
		if t.sight != nil {
			value = t.moved()
		} else if t.kind == scim.UserKind || t.records() {
			value = timeColumn("r.modified_at")
		}
	case "schemas":
		value = schemasOperand{t}
	}
	switch r.Attribute.Name {
	case "groups":
		list = groupsOf{t}
	case "members":
		list = membersOf{t}
	case "emails":
		if t.records() {
			list = indexedEmails{t, t.list(r)}
		}
	}
	return value, list, value != nil || list != nil
}

// textColumn is text that is stored as it is compared. It may be NULL.
type textColumn struct {
	pg   bool
	expr fragment
}

func (c textColumn) present() (fragment, error) { return cat(c.expr, " <> ''"), nil }

func (c textColumn) compare(op filter.Op, v filter.Value) (fragment, error) {
	text := v.String
	switch v.Kind {
	case filter.String:
	case filter.Time:
		text = v.Time.UTC().Format(scim.TimeFormat)
	default:
		return fragment{}, scim.InvalidFilter("text cannot be compared with %s", filter.Compare{Op: op, Value: v})
	}
	switch op {
	case filter.Eq:
		return cat(c.expr, " = ", argument{text}), nil
	case filter.Co, filter.Sw, filter.Ew:
		if v.Kind == filter.Time {
			return fragment{}, scim.InvalidFilter("a date and time cannot be compared with %s", op)
		}
		return c.part(op, text), nil
	}
	if c.pg {
		return cat(c.expr, ` collate "C"`, orderings[op], argument{text}), nil
	}
	return cat(c.expr, orderings[op], argument{text}), nil
}

// part looks for text inside the value. No LIKE: its wildcards would be the client's.
func (c textColumn) part(op filter.Op, text string) fragment {
	n := utf8.RuneCountInString(text)
	switch {
	case n == 0:
		return cat(c.expr, " is not null")
	case op == filter.Co && c.pg:
		return cat("strpos(", c.expr, ", ", argument{text}, ") > 0")
	case op == filter.Co:
		return cat("instr(", c.expr, ", ", argument{text}, ") > 0")
	case op == filter.Sw && c.pg:
		return cat("starts_with(", c.expr, ", ", argument{text}, ")")
	case op == filter.Sw:
		return cat("substr(", c.expr, ", 1, ", argument{n}, ") = ", argument{text})
	case c.pg:
		return cat("right(", c.expr, ", ", argument{n}, ") = ", argument{text})
	}
	return cat("substr(", c.expr, ", ", argument{-n}, ") = ", argument{text})
}

// idColumn is a uuid. A text that is not one, in the one spelling we give out, equals none.
type idColumn struct {
	pg   bool
	name string
}

func (c idColumn) present() (fragment, error) { return always, nil }

func (c idColumn) compare(op filter.Op, v filter.Value) (fragment, error) {
	if op == filter.Eq && v.Kind == filter.String {
		id, ok := exactID(v.String)
		if !ok {
			return never, nil
		}
		return cat(c.name, " = ", argument{id}), nil
	}
	name := c.name
	if c.pg {
		name += "::text"
	}
	return textColumn{c.pg, fragment{sql: name}}.compare(op, v)
}

// exactID reads an id as we write it: 36 characters, lower case.
func exactID(s string) (uuid.UUID, bool) {
	id, err := uuid.Parse(s)
	return id, err == nil && id.String() == s
}

// timeColumn holds microseconds since 1970.
type timeColumn string

func (c timeColumn) present() (fragment, error) { return always, nil }

func (c timeColumn) compare(op filter.Op, v filter.Value) (fragment, error) {
	operator, ok := orderings[op]
	if v.Kind != filter.Time || !ok {
		return fragment{}, scim.InvalidFilter("a date and time cannot be compared with %s", filter.Compare{Op: op, Value: v})
	}
	// The client may count finer than we store: between two microseconds nothing is equal,
	// what is later than the lower one is later, and so on.
	at := v.Time.Truncate(time.Microsecond)
	if !at.Equal(v.Time) {
		switch op {
		case filter.Eq:
			return never, nil
		case filter.Ge:
			operator = orderings[filter.Gt]
		case filter.Lt:
			operator = orderings[filter.Le]
		}
	}
	return cat(string(c), operator, argument{at.UnixMicro()}), nil
}

// loginColumn is a time that may be unknown.
type loginColumn struct{ timeColumn }

func (c loginColumn) present() (fragment, error) {
	return cat(string(c.timeColumn), " is not null"), nil
}

// flagColumn is a boolean that a condition tells.
type flagColumn struct{ condition string }

func (c flagColumn) present() (fragment, error) { return always, nil }

func (c flagColumn) compare(op filter.Op, v filter.Value) (fragment, error) {
	if v.Kind != filter.Bool || op != filter.Eq {
		return fragment{}, scim.InvalidFilter("a boolean cannot be compared with %s", filter.Compare{Op: op, Value: v})
	}
	if v.Bool {
		return cat("(", c.condition, ")"), nil
	}
	return cat("(not ", c.condition, ")"), nil
}

// fixed is a text that is the same for all rows.
type fixed string

func (c fixed) present() (fragment, error) { return always, nil }

func (c fixed) compare(op filter.Op, v filter.Value) (fragment, error) {
	e := filter.Compare{Path: filter.Path{Attr: "value"}, Op: op, Value: v}
	return constant(filter.Matches(e, map[string]any{"value": string(c)}, func(string) bool { return true })), nil
}

// absent is what a row does not have.
type absent struct{}

func (absent) present() (fragment, error)                        { return never, nil }
func (absent) compare(filter.Op, filter.Value) (fragment, error) { return never, nil }
