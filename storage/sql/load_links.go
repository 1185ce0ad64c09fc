package sql

import (
	"github.com/google/uuid"

	"github.com/muster-scim/muster/directory"
)

// readCandidates finds the users that linking may choose: by userName and primary e-mail, and
// by externalId and employeeNumber of other records of the same tenant.
func (l *load) readCandidates() {
	c := candidates{load: l}
	for _, k := range l.r.Candidates {
		c.add(k)
	}
	if len(c.names) > 0 {
		condition, names := l.oneOfText("user_name_key", c.names)
		c.users(`select id, user_name_key from users where directory_id = ? and `+condition+` and status <> 'deleted'
			union all select id, user_name_key from users where directory_id = ? and `+condition+` and status = 'deleted'`,
			c.byName, byUserName, l.scope.directory, names, l.scope.directory, names)
	}
	if len(c.emails) > 0 {
		condition, emails := l.oneOfText("email_key", c.emails)
		c.users("select id, email_key from users where directory_id = ? and email_key is not null and "+condition,
			c.byEmail, "email", l.scope.directory, emails)
	}
	if len(c.externals) > 0 {
		c.records("external_id", c.externals, func(k directory.Keys) string { return k.ExternalID }, byExternalID)
	}
	if len(c.numbers) > 0 {
		c.records("employee_number", c.numbers, func(k directory.Keys) string { return k.EmployeeNumber }, "employeeNumber")
	}
}

// candidates are the values that are looked for, each once.
type candidates struct {
	*load
	names, emails, externals, numbers []string
	byName, byEmail                   map[string][]uuid.UUID // records by value
}

func (c *candidates) add(k directory.Keys) {
	if c.byName == nil {
		c.byName, c.byEmail = make(map[string][]uuid.UUID), make(map[string][]uuid.UUID)
	}
	note := func(list *[]string, records map[string][]uuid.UUID, value string) {
		if value == "" {
			return
		}
		if records[value] == nil {
			*list = append(*list, value)
		}
		records[value] = append(records[value], k.Record)
	}
	note(&c.names, c.byName, k.UserName)
	note(&c.emails, c.byEmail, k.Email)
	if k.ExternalID != "" {
		c.externals = append(c.externals, k.ExternalID)
	}
	if k.EmployeeNumber != "" {
		c.numbers = append(c.numbers, k.EmployeeNumber)
	}
}

// users looks for users by a value of their own.
func (c *candidates) users(sql string, records map[string][]uuid.UUID, by string, args ...any) {
	scene := c.scene
	c.query(func(r row) error {
		var user uuid.UUID
		var value string
		if err := r.Scan(&user, &value); err != nil {
			return err
		}
		for _, record := range records[value] {
			scene.Candidates = append(scene.Candidates, directory.CandidateRow{For: record, User: user, By: by})
		}
		return nil
	}, sql, args...)
}

// records looks for users by a value of a record of theirs, tombstones included.
func (c *candidates) records(column string, list []string, of func(directory.Keys) string, by string) {
	scene, keys := c.scene, c.r.Candidates
	condition, texts := c.oneOfText("r."+column, list)
	found := make(map[directory.CandidateRow]bool)
	c.query(func(r row) error {
		var record, tenant, user uuid.UUID
		var value string
		if err := r.Scan(&record, &tenant, &user, &value); err != nil {
			return err
		}
		for _, k := range keys {
			row := directory.CandidateRow{For: k.Record, User: user, By: by}
			if of(k) == value && k.Tenant == tenant && k.Record != record && !found[row] {
				found[row] = true
				scene.Candidates = append(scene.Candidates, row)
			}
		}
		return nil
	}, "select r.id, r.tenant_id, r.user_id, r."+column+` from user_records r
		where r.connector_id in (select id from connectors where directory_id = ?) and `+condition+` and r.user_id is not null`,
		c.scope.directory, texts)
}

// readFacts reads directory groups by key and by id.
func (l *load) readFacts() {
	keep := func(r row) error {
		fact, err := scanFact(r)
		l.scene.Facts[fact.Key] = fact
		return err
	}
	if len(l.r.GroupKeys) > 0 {
		condition, keys := l.oneOfText("d.name_key", l.r.GroupKeys)
		l.query(keep, "select "+factColumns+" from groups d where d.directory_id = ? and "+condition, l.scope.directory, keys)
	}
	if l.r.Group != uuid.Nil {
		l.query(keep, "select "+factColumns+` from group_records g
			join groups d on d.directory_id = g.directory_id and d.name_key = g.view_key where g.id = ? and g.directory_id = ?`,
			l.r.Group, l.scope.directory)
	}
	if len(l.r.GroupIDs) > 0 {
		condition, ids := l.oneOf("d.id", l.r.GroupIDs)
		l.query(keep, "select "+factColumns+" from groups d where d.directory_id = ? and "+condition, l.scope.directory, ids)
	}
}
