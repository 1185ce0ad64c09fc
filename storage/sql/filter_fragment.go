package sql

import "github.com/muster-scim/muster/scim/filter"

// fragment is a piece of SQL with the arguments of its question marks, in order.
type fragment struct {
	sql  string
	args []any
}

var (
	always = fragment{sql: "1 = 1"}
	never  = fragment{sql: "1 = 0"}
)

func constant(b bool) fragment {
	if b {
		return always
	}
	return never
}

func (f fragment) isAlways() bool { return f.sql == always.sql }
func (f fragment) isNever() bool  { return f.sql == never.sql }

// and joins conditions; what is decided already does not reach the database.
func and(l, r fragment) fragment {
	switch {
	case l.isNever() || r.isNever():
		return never
	case l.isAlways():
		return r
	case r.isAlways():
		return l
	}
	return cat("(", l, " and ", r, ")")
}

func or(l, r fragment) fragment {
	switch {
	case l.isAlways() || r.isAlways():
		return always
	case l.isNever():
		return r
	case r.isNever():
		return l
	}
	return cat("(", l, " or ", r, ")")
}

// argument is a value that travels beside the text, as a question mark.
type argument struct{ value any }

// cat joins texts of this program, fragments and arguments.
func cat(parts ...any) fragment {
	var f fragment
	for _, part := range parts {
		switch part := part.(type) {
		case string:
			f.sql += part
		case fragment:
			f.sql += part.sql
			f.args = append(f.args, part.args...)
		case argument:
			f.sql += "?"
			f.args = append(f.args, part.value)
		}
	}
	return f
}

// orderings are the operators that SQL has too.
var orderings = map[filter.Op]string{
	filter.Eq: " = ", filter.Gt: " > ", filter.Ge: " >= ", filter.Lt: " < ", filter.Le: " <= ",
}
