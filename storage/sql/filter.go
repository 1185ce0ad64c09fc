package sql

import (
	"github.com/google/uuid"

	"github.com/muster-scim/muster/directory"
	"github.com/muster-scim/muster/scim"
	"github.com/muster-scim/muster/scim/filter"
)

// This file and its neighbours (filter_*.go) turn a resolved SCIM filter into the condition of
// a WHERE clause. Laws:
//
//   - nothing a client wrote stands in the text of a statement: names come from the attribute
//     table, values and names of unknown extensions travel as arguments;
//   - what cannot be translated is a *scim.Error invalidFilter, never a wider condition;
//   - both databases select the same rows: text is compared byte by byte, whatever collation
//     the database was made with, and nothing folds case here (scim.ResolveFilter and
//     Document.Search did);
//   - equality of the keys identity providers ask for (id, userName, externalId, displayName of
//     a group, e-mail address, member) is answered from an index.
//
// A condition may be NULL, which selects nothing; only "not" has to tell NULL from false.

// target is the table a filter, an order or a cursor runs on. Its rows go by the alias r:
// FROM user_records r, group_records r, users r or groups r. The caller's own conditions
// (connector_id, directory_id, deleted rows) come on top.
type target struct {
	pg        bool
	kind      scim.Kind
	connector uuid.UUID        // zero: the directory's users and groups, not a connector's records
	sight     *directory.Sight // of a directory's: what the application sees that asks; nil: an administrator does
}

// recordTarget is user_records or group_records of a connector.
func recordTarget(pg bool, kind scim.Kind, connector uuid.UUID) target {
	return target{pg: pg, kind: kind, connector: connector}
}

// directoryTarget is users or groups of a directory.
func directoryTarget(pg bool, kind scim.Kind) target {
	return target{pg: pg, kind: kind}
}

func (t target) records() bool { return t.connector != uuid.Nil }

// where translates a resolved filter; nil selects everything.
func (t target) where(e filter.Expr) (fragment, error) {
	if e == nil {
		return always, nil
	}
	return condition(e, t)
}

// space is where the paths of a filter mean something: a table, or between brackets an element
// of a multi-valued attribute.
type space interface {
	// find gives what a path means: a single value, or rows of them.
	find(p filter.Path) (operand, elements, error)
}

// operand is a value in SQL.
type operand interface {
	// compare is true when the value is there and compares so. op is never ne.
	compare(op filter.Op, v filter.Value) (fragment, error)
	// present is true when the value is there and not empty.
	present() (fragment, error)
}

// elements are the values of a multi-valued attribute.
type elements interface {
	// exists is true when one element satisfies e, whose paths are names of sub-attributes;
	// nil asks whether there is an element at all.
	exists(e filter.Expr) (fragment, error)
}

// condition translates a filter whose paths mean something in s.
func condition(e filter.Expr, s space) (fragment, error) {
	switch e := e.(type) {
	case filter.And:
		return both(e.Left, and, e.Right, s)
	case filter.Or:
		return both(e.Left, or, e.Right, s)
	case filter.Not:
		return not(condition(e.X, s))
	case filter.Compare:
		if e.Op == filter.Ne { // no value equals: absent ones differ from everything
			e.Op = filter.Eq
			return not(condition(e, s))
		}
		return comparison(e, s)
	case filter.Present:
		return presence(e.Path, s)
	case filter.ValuePath:
		_, list, err := s.find(e.Path)
		if err != nil {
			return fragment{}, err
		}
		if list == nil {
			return fragment{}, scim.InvalidFilter("%s takes no filter in brackets", e.Path)
		}
		return list.exists(e.Filter)
	}
	return fragment{}, scim.InvalidFilter("the filter is not understood")
}

func both(left filter.Expr, join func(l, r fragment) fragment, right filter.Expr, s space) (fragment, error) {
	l, err := condition(left, s)
	if err != nil {
		return fragment{}, err
	}
	r, err := condition(right, s)
	return join(l, r), err
}

func not(f fragment, err error) (fragment, error) {
	return cat("((", f, ") is not true)"), err
}

func comparison(c filter.Compare, s space) (fragment, error) {
	value, list, err := s.find(c.Path)
	switch {
	case err != nil:
		return fragment{}, err
	case list != nil:
		c.Path = inElement(c.Path)
		return list.exists(c)
	}
	return value.compare(c.Op, c.Value)
}

func presence(p filter.Path, s space) (fragment, error) {
	value, list, err := s.find(p)
	switch {
	case err != nil:
		return fragment{}, err
	case list == nil:
		return value.present()
	case p.Sub == "":
		return list.exists(nil)
	}
	return list.exists(filter.Present{Path: inElement(p)})
}

// inElement is the path as it reads inside the brackets of its attribute. The attribute alone
// means its value (emails eq "x").
func inElement(p filter.Path) filter.Path {
	if p.Sub == "" {
		return filter.Path{Attr: "value"}
	}
	return filter.Path{Attr: p.Sub}
}

// pinned finds the value that the sub-attribute must equal for e to hold, if e says so at its
// top: an index can then be asked for it first.
func pinned(e filter.Expr, sub string) (string, bool) {
	switch e := e.(type) {
	case filter.Compare:
		ok := e.Op == filter.Eq && e.Value.Kind == filter.String && e.Path == filter.Path{Attr: sub}
		return e.Value.String, ok
	case filter.And:
		if v, ok := pinned(e.Left, sub); ok {
			return v, true
		}
		return pinned(e.Right, sub)
	}
	return "", false
}
