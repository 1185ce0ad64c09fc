package sql

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/google/uuid"

	"github.com/muster-scim/muster/directory"
)

// lineSums are what is counted of lines.
var lineSums = fmt.Sprintf(`count(*) as lines, sum(case when l.place < %d then 1 else 0 end) as losses,
	sum(case when l.op in ('addMembership', 'createUser', 'enableUser', 'restoreUser') then 1 else 0 end) as gains`, directory.FirstGain)

// totals is the statement that counts the lines which meet a condition: id, name, code, connector,
// list, pattern, lines, losses, gains, and the order of those that lose and have as many.
func (t *tx) totals(by directory.TotalsBy, where string) string {
	const noReason = "'' as code, '' as connector, '' as list, '' as pattern, "
	switch by {
	case directory.ByGroup:
		return "select max(cast(l.group_id as text)) as id, max(l.group_name) as name, " + noReason + lineSums +
			", row_number() over (order by l.group_key) as place from plan_changes l where " + where + " and l.group_key <> '' group by l.group_key"
	case directory.ByUser:
		return "select max(cast(l.user_id as text)) as id, l.user_name as name, " + noReason + lineSums +
			", row_number() over (order by l.user_name, l.user_id) as place from plan_changes l where " + where + " group by l.user_id, l.user_name"
	}
	parts := "x.code, " + t.becauseOf("connector") + ", " + t.becauseOf("list") + ", " + t.becauseOf("pattern")
	return "select cast(null as text) as id, '' as name, x.code, " + t.becauseOf("connector") + " as connector, " + t.becauseOf("list") + " as list, " + t.becauseOf("pattern") +
		" as pattern, sum(x.lines) as lines, sum(x.losses) as losses, sum(x.gains) as gains, row_number() over (order by " + parts + ") as place from (" +
		"select l.code, l.because, " + lineSums + " from plan_changes l where " + where + " group by l.code, l.because) x group by " + parts // few reasons are read
}

// becauseOf is a part of the reason x.because.
func (t *tx) becauseOf(part string) string {
	if t.pg() {
		return "coalesce(x.because::json ->> '" + part + "', '')"
	}
	return "coalesce(json_extract(x.because, '$." + part + "'), '')"
}

// PlanTotals counts a plan's lines. A plan that is made does not change, so the pages are told
// apart by rank; a cursor is bound to what the plan says, for it may be made anew.
func (s *Store) PlanTotals(ctx context.Context, directoryID uuid.UUID, plan directory.Plan, by directory.TotalsBy, f directory.LineFilter, l directory.Listing) (directory.Page[directory.PlanTotal], error) {
	bound, err := json.Marshal(f)
	if err != nil {
		return directory.Page[directory.PlanTotal]{}, err
	}
	list := inOrderOfNumbers(ofDirectory(directoryID), listing{space: plan.ID, table: "plan_changes", filter: string(bound) + plan.Hash, sort: string(by)}, 0,
		func(total directory.PlanTotal) int64 { return total.Rank })
	return readKeyset(ctx, s, list, l, func(t *tx, behind, limit int64, p *directory.Page[directory.PlanTotal]) error {
		if t.pg() {
			t.exec(nil, "set local statement_timeout = '30s'") // every line is read: a second for a million
		}
		where, args := linesWhere(directoryID, plan.ID, f)
		t.query(func(r row) error {
			total, all, err := scanTotal(r, by)
			p.Items, p.Total = append(p.Items, total), all
			return err
		}, `select r.ranked, r.many, r.id, r.name, r.code, r.connector, r.list, r.pattern, r.losses, r.gains, r.lines from (
				select c.*, row_number() over (order by c.losses desc, c.lines desc, c.place) as ranked, count(*) over () as many
				from (`+t.totals(by, where)+`) c) r
			where r.ranked > ? order by r.ranked limit ?`, append(slices.Clone(args), behind, limit)...)
		return nil
	})
}

func scanTotal(r row, by directory.TotalsBy) (total directory.PlanTotal, all int, err error) {
	var id *string
	var name string
	because := &total.Because
	if err := r.Scan(&total.Rank, &all, &id, &name, &because.Code, &because.Connector, &because.List, &because.Pattern, &total.Losses, &total.Gains, &total.Lines); err != nil {
		return total, 0, err
	}
	known := uuid.Nil
	if id != nil {
		if known, err = uuid.Parse(*id); err != nil {
			return total, 0, fmt.Errorf("reading the totals of a plan: %w", err)
		}
	}
	switch by {
	case directory.ByGroup:
		total.Group, total.GroupName = known, name
	case directory.ByUser:
		total.User, total.UserName = known, name
	}
	return total, all, nil
}
