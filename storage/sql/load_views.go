package sql

import (
	"slices"

	"github.com/google/uuid"

	"github.com/muster-scim/muster/directory"
)

// readViews reads the groups of the records' views, the groups that hold those, and what the
// directory has under their names. Each group comes once; then, for each record and each group in
// a group, come the ids of the groups that have it as a member.
//
// The edges between groups have an index of their own, members_outer. Where there are none, the
// way up ends at an empty page.
func (l *load) readViews(records string, args []any) {
	above := slices.Clone(l.r.Above)
	if l.r.Group != uuid.Nil {
		above = append(above, l.r.Group)
	}
	if records == "" && len(above) == 0 {
		return
	}
	name, key, edge, viewed := fragment{sql: "g.view_name"}, fragment{sql: "g.view_key"}, fragment{sql: "m.viewed"}, fragment{sql: "g.view_key is not null"}
	if c := l.r.Advanced; c != uuid.Nil { // of this connector, what its IdP says
		of := func(table, said, stands string) fragment {
			return cat("case when "+table+".connector_id = ", argument{c}, " then "+said+" else "+stands+" end")
		}
		name, key = of("g", "g.display_name", "g.view_name"), of("g", "g.name_key", "g.view_key")
		edge, viewed = of("m", "m.said", "m.viewed"), of("g", "g.deleted_at is null", "g.view_key is not null")
	}
	members := fragment{sql: "select m.member_id, m.group_record_id from members m where 1 = 0"}
	if records != "" {
		members = cat("select m.member_id, m.group_record_id from (", fragment{records, args}, ") as r join members m on m.member_id = r.id and ", edge)
	}
	bottom := fragment{sql: "select e.group_record_id from e"}
	if len(above) > 0 {
		condition, ids := l.oneOf("a.id", above)
		owned, owner := l.owned("a.")
		bottom = cat(bottom, " union select a.id from group_records a where ", fragment{condition, []any{ids}}, " and ", fragment{owned, []any{owner}})
	}
	sql := cat("with recursive e as materialized (", members, `),
		up (member_id, group_record_id) as (
			select m.member_id, m.group_record_id from members m where m.kind = 'Group' and m.member_id in (`, bottom, ") and ", edge, `
			union
			select m.member_id, m.group_record_id from up join members m on m.member_id = up.group_record_id and m.kind = 'Group' and `, edge, `)
		select g.id, '' as listed, `, name, ", ", key, `,
			coalesce(f.id, `+none+`), f.decision is not null,
			coalesce(d.id, `+none+`), coalesce(d.display_name, ''), coalesce(d.name_key, ''),
			coalesce(d.tenant_id, `+none+`), coalesce(d.created_at, 0), coalesce(d.version, 0)
		from group_records g
		left join conflicts f on f.record_id = g.connector_id and f.`+foreignKind+` and f.subject = `, key, `
		left join groups d on d.directory_id = g.directory_id and d.name_key = `, key, `
		where g.id in (`, bottom, ` union select up.group_record_id from up) and `, viewed, `
		union all
		select e.member_id, `+l.joined("e.group_record_id")+`, '', '', `+none+`, false, `+none+`, '', '', `+none+`, 0, 0 from e group by e.member_id
		union all
		select up.member_id, `+l.joined("up.group_record_id")+`, '', '', `+none+`, false, `+none+`, '', '', `+none+`, 0, 0 from up group by up.member_id
		order by listed`)
	l.query(l.viewOf(), sql.sql, sql.args...)
}

// viewOf keeps the rows of readViews.
func (l *load) viewOf() func(row) error {
	nesting := &directory.Nesting{Groups: make(map[uuid.UUID]directory.ViewedGroup), Above: make(map[uuid.UUID][]uuid.UUID)}
	if len(l.r.Above) > 0 {
		l.scene.Nesting = nesting
	}
	return func(r row) error {
		var id uuid.UUID
		var listed string
		var g directory.ViewedGroup
		var foreign directory.ForeignRow
		fact, err := scanFact(r, &id, &listed, &g.Name, &g.Key, &foreign.ID, &foreign.Decided)
		switch rec := l.records[id]; {
		case err != nil:
			return err
		case listed != "" && rec != nil:
			rec.Groups, err = collect(rec.Groups, listed, nesting.Groups)
			return err
		case listed != "":
			l.scene.Nesting = nesting
			nesting.Above[id], err = parseIDs(listed)
			return err
		}
		g.Record = id
		if foreign.ID != uuid.Nil {
			g.Foreign = &foreign
		}
		nesting.Groups[id] = g
		if fact.ID != uuid.Nil {
			l.scene.Facts[fact.Key] = fact
		}
		return nil
	}
}
