package sql

import (
	"github.com/muster-scim/muster/scim"
	"github.com/muster-scim/muster/scim/canonical"
	"github.com/muster-scim/muster/scim/filter"
)

// Attributes that are rows of other tables: a user's groups, a group's members; and e-mail
// addresses, which have an index beside the document.

// columns is a row as an element of a multi-valued attribute: sub-attribute → value.
type columns struct {
	attribute string
	subs      map[string]operand
}

func (c columns) find(p filter.Path) (operand, elements, error) {
	value, ok := c.subs[p.Attr]
	if !ok {
		return nil, nil, scim.InvalidFilter("%s.%s cannot be filtered on", c.attribute, p.Attr)
	}
	return value, nil, nil
}

// rowSet is where the rows of an attribute are: those of from, of which owner is the row of the
// filter's own table. scope binds them to the connector.
type rowSet struct {
	from, owner string
	scope       fragment
	columns     columns
}

// anyOf asks for a row of one of the sets that satisfies e. When e names the element, the index
// is asked for its owners first, of all sets at once so that the database can start from there;
// else every owner is asked for its elements.
func anyOf(e filter.Expr, sets ...rowSet) (fragment, error) {
	_, named := pinned(e, "value")
	owners, found := fragment{}, never
	for _, s := range sets {
		inner := always
		if e != nil {
			var err error
			if inner, err = condition(e, s.columns); err != nil {
				return fragment{}, err
			}
		}
		if inner.isNever() { // no id, and so no row of this set
			continue
		}
		rows := cat("select ", s.owner, " from ", s.from, " where ", and(s.scope, inner))
		found = or(found, cat("exists (", rows, " and ", s.owner, " = r.id)"))
		if owners.sql != "" {
			owners = cat(owners, " union all ")
		}
		owners = cat(owners, rows)
	}
	if named && !found.isNever() {
		found = cat("r.id in (", owners, ")")
	}
	return found, nil
}

// groupsOf is the attribute groups of a user.
type groupsOf struct{ t target }

func (g groupsOf) exists(e filter.Expr) (fragment, error) {
	set := rowSet{
		from:  "memberships m join groups g on g.id = m.group_id",
		owner: "m.user_id",
		scope: always,
		columns: columns{"groups", map[string]operand{
			"value":   idColumn{g.t.pg, "m.group_id"},
			"display": textColumn{g.t.pg, fragment{sql: "g.name_key"}},
			"type":    fixed("direct"),
		}},
	}
	if g.t.records() {
		set.from = "members m join group_records g on g.id = m.group_record_id"
		set.owner = "m.member_id"
		set.scope = cat("m.connector_id = ", argument{g.t.connector}, " and m.said and g.deleted_at is null")
		set.columns.subs["value"] = idColumn{g.t.pg, "m.group_record_id"}
	}
	if g.t.sight != nil && g.t.sight.Limited {
		set.scope = idsIn(g.t.pg, "m.group_id", g.t.sight.Groups)
	}
	return anyOf(e, set)
}

// membersOf is the attribute members of a group.
type membersOf struct{ t target }

func (m membersOf) exists(e filter.Expr) (fragment, error) {
	if m.t.sight != nil { // deleted users are no members
		return anyOf(e, rowSet{
			from:  "memberships m join users u on u.id = m.user_id",
			owner: "m.group_id",
			scope: fragment{sql: "u.status <> 'deleted'"},
			columns: columns{"members", map[string]operand{
				"value": idColumn{m.t.pg, "m.user_id"},
				"type":  fixed("user"),
			}},
		})
	}
	if !m.t.records() {
		return anyOf(e, rowSet{
			from:  "memberships m",
			owner: "m.group_id",
			scope: always,
			columns: columns{"members", map[string]operand{
				"value": idColumn{m.t.pg, "m.user_id"},
				"type":  fixed("user"),
			}},
		})
	}
	known := rowSet{
		from:  "members m",
		owner: "m.group_record_id",
		scope: cat("m.connector_id = ", argument{m.t.connector}, " and m.said"),
		columns: columns{"members", map[string]operand{
			"value": idColumn{m.t.pg, "m.member_id"},
			"type":  textColumn{m.t.pg, fragment{sql: "(case m.kind when 'User' then 'user' when 'Group' then 'group' end)"}},
		}},
	}
	unresolved := rowSet{
		from:  "unresolved_members m",
		owner: "m.group_record_id",
		scope: m.unresolvedScope(e),
		columns: columns{"members", map[string]operand{
			"value": textColumn{m.t.pg, fragment{sql: "m.value"}},
			"type":  absent{},
		}},
	}
	return anyOf(e, known, unresolved)
}

// unresolvedScope names the key form too when the value is known: the index is on it.
func (m membersOf) unresolvedScope(e filter.Expr) fragment {
	scope := cat("m.connector_id = ", argument{m.t.connector})
	if value, ok := pinned(e, "value"); ok {
		scope = cat(scope, " and m.value_key = ", argument{canonical.Key(value)})
	}
	return scope
}

// indexedEmails is the attribute emails of a record. The index on the addresses finds the few
// records that can match, the document decides.
type indexedEmails struct {
	t    target
	list jsonList
}

func (i indexedEmails) exists(e filter.Expr) (fragment, error) {
	exact, err := i.list.exists(e)
	value, ok := pinned(e, "value")
	if err != nil || !ok {
		return exact, err
	}
	near := cat("r.id in (select m.record_id from record_emails m where m.connector_id = ", argument{i.t.connector},
		" and m.email_key = ", argument{value}, ")")
	return and(near, exact), nil
}
