package faults

import (
	"context"
	"fmt"
	"slices"
)

// impossible are rows that must not be, each query with what its rows are.
var impossible = []struct {
	invariant Invariant
	what      string
	statement string
}{
	{uniqueness, "user records of one name", `select connector_id::text, user_name_key from user_records where deleted_at is null group by 1, 2 having count(*) > 1`},
	{uniqueness, "group records of one name", `select connector_id::text, name_key from group_records where deleted_at is null group by 1, 2 having count(*) > 1`},
	{uniqueness, "users of one name", `select directory_id::text, user_name_key from users where status <> 'deleted' group by 1, 2 having count(*) > 1`},
	{uniqueness, "groups of one name", `select directory_id::text, name_key from groups group by 1, 2 having count(*) > 1`},
	{atomicity, "members of no group record", `select m.group_record_id::text, m.member_id::text from members m
		where not exists (select 1 from group_records g where g.id = m.group_record_id and g.connector_id = m.connector_id and g.deleted_at is null)`},
	{atomicity, "members that are no record", `select m.group_record_id::text, m.member_id::text from members m where m.kind = 'User'
		and not exists (select 1 from user_records r where r.id = m.member_id and r.connector_id = m.connector_id and r.deleted_at is null)`},
	{atomicity, "live records without a user", `select r.id::text, r.user_name_key from user_records r where r.deleted_at is null and r.user_id is null`},
	{atomicity, "records of a user that is not there", `select r.id::text, r.user_name_key from user_records r
		where r.user_id is not null and not exists (select 1 from users u where u.id = r.user_id and u.directory_id = r.directory_id)`},
	{atomicity, "memberships of nobody or in nothing", `select m.group_id::text, m.user_id::text from memberships m
		where not exists (select 1 from users u where u.id = m.user_id) or not exists (select 1 from groups g where g.id = m.group_id)`},
	{atomicity, "e-mail rows of no record", `select e.record_id::text, e.email_key from record_emails e
		where not exists (select 1 from user_records r where r.id = e.record_id)`},
	{atomicity, "clear values of no event", `select v.event_id::text from event_values v where not exists (select 1 from events e where e.id = v.event_id)`},
	// Of the directory of the races, whose connector has no rules: what the groups of its records
	// hold and what the directory's hold is the same, for people who have a record.
	{derivation, "memberships that no record has", `select u.user_name, g.display_name
		from memberships m join users u on u.id = m.user_id join groups g on g.id = m.group_id join directories d on d.id = m.directory_id
		where d.name = 'track' and exists (select 1 from user_records r where r.user_id = u.id and r.deleted_at is null) and not exists (
			select 1 from members e join user_records r on r.id = e.member_id join group_records q on q.id = e.group_record_id
			where r.user_id = u.id and q.name_key = g.name_key and e.said and r.deleted_at is null)`},
	{derivation, "members without a membership", `select r.user_name_key, q.display_name
		from members e join user_records r on r.id = e.member_id join group_records q on q.id = e.group_record_id join directories d on d.id = q.directory_id
		where d.name = 'track' and e.said and not exists (
			select 1 from memberships m join groups g on g.id = m.group_id where m.user_id = r.user_id and g.name_key = q.name_key)`},
	{derivation, "records that still wait to be settled", `select record_id::text from settle_queue where due_at <= extract(epoch from now()) * 1000000`},
}

// judgeDatabase looks for rows that must not be, and for what the database has otherwise than
// the replicas answer.
func (a *Arena) judgeDatabase(ctx context.Context, spaces []space) (wrong []Finding, err error) {
	for _, q := range impossible {
		rows, err := a.Query(ctx, a.databaseURL(), q.statement)
		if err != nil {
			return nil, fmt.Errorf("looking for %s: %w", q.what, err)
		}
		if len(rows) > 0 {
			wrong = append(wrong, found(q.invariant, Wrong, "the database has %d %s, such as %v", len(rows), q.what, rows[0]))
		}
	}
	answered := make(map[string]bool)
	for _, s := range spaces {
		for name, r := range s.Users {
			answered[fmt.Sprintf("%s user %s %s %v", s.slug, name, r.Title, r.Active)] = true
		}
		for group, members := range s.Groups {
			for _, name := range members {
				answered[fmt.Sprintf("%s group %s %s", s.slug, group, name)] = true
			}
		}
	}
	rows, err := a.Query(ctx, a.databaseURL(), `
		select c.slug || ' user ' || r.user_name_key || ' ' || coalesce(r.doc::jsonb->>'title', '') || ' ' || (r.state = 'active')::text
		from user_records r join connectors c on c.id = r.connector_id where r.deleted_at is null and c.slug = any($1)
		union all
		select c.slug || ' group ' || g.display_name || ' ' || r.user_name_key
		from members m join group_records g on g.id = m.group_record_id join connectors c on c.id = m.connector_id
		join user_records r on r.id = m.member_id where m.said and c.slug = any($1)`, slugs(spaces))
	if err != nil {
		return nil, fmt.Errorf("reading the records: %w", err)
	}
	var more []string
	for _, row := range rows {
		if !answered[row[0]] {
			more = append(more, row[0])
		}
		delete(answered, row[0])
	}
	if len(more)+len(answered) > 0 {
		var less []string
		for text := range answered {
			less = append(less, text)
		}
		wrong = append(wrong, found(durability, Wrong, "the database and the replicas differ: the database alone has %q, a replica alone %q", some(more), some(less)))
	}
	return wrong, nil
}

func slugs(spaces []space) (names []string) {
	for _, s := range spaces {
		names = append(names, s.slug)
	}
	slices.Sort(names)
	return names
}
