package sql

import (
	"context"
	"encoding/json"
	"strings"

	"github.com/google/uuid"

	"github.com/muster-scim/muster/directory"
	"github.com/muster-scim/muster/scim/canonical"
	"github.com/muster-scim/muster/tenants"
)

// activitySelect reads rows for scanActivity.
var activitySelect = "select a.seq, a." + strings.Join(activityColumns, ", a.") + " from activity a where "

// Requests implements directory.ActivityStore: the newest first. They are not counted: Total is zero.
func (s *Store) Requests(ctx context.Context, q tenants.ActivityQuery, l directory.Listing) (directory.Page[tenants.Activity], error) {
	bound, err := json.Marshal(q)
	if err != nil {
		return directory.Page[tenants.Activity]{}, err
	}
	list := inOrderOfNumbers(everyConnector, listing{table: "activity", filter: string(bound), descending: true}, newest, func(a tenants.Activity) int64 { return a.Seq })
	return readKeyset(ctx, s, list, l, func(t *tx, behind, limit int64, p *directory.Page[tenants.Activity]) error {
		found, err := t.found(activityWords, "a.seq", behind, t.wordsAsked(q))
		if err != nil {
			return err
		}
		where := cat(t.requestsOf(q), " and ", found)
		if behind < newest {
			where = cat(where, " and a.seq < ", argument{behind})
		}
		sql := cat(activitySelect, where, " order by a.seq desc limit ", argument{limit})
		t.query(into(p, scanActivity), sql.sql, sql.args...)
		return nil
	})
}

// requestsShown is the condition that the caller may see a request: an administrator who is limited
// to tenants sees those of their connectors.
func (t *tx) requestsShown() fragment { return ofOwnConnector(t.ctx, "a.connector_id") }

// requestsOf is the condition of a query's requests, but for what wordsAsked says.
func (t *tx) requestsOf(q tenants.ActivityQuery) fragment {
	where := t.requestsShown()
	and := func(parts ...any) { where = cat(append([]any{where, " and "}, parts...)...) }
	if q.Connector != uuid.Nil {
		and("a.connector_id = ", argument{q.Connector})
	}
	if q.Credential != "" {
		if id, err := uuid.Parse(q.Credential); err == nil {
			and("a.credential_id = ", argument{id})
		} else {
			and("a.credential_id in (select k.id from credentials k where k.name_key = ", argument{canonical.Key(q.Credential)}, ")")
		}
	}
	if q.Method != "" {
		and("a.method = ", argument{q.Method})
	}
	switch {
	case q.Status >= 100:
		and("a.status = ", argument{int64(q.Status)})
	case q.Status > 0:
		and("a.status >= ", argument{int64(q.Status * 100)}, " and a.status < ", argument{int64(q.Status*100 + 100)})
	}
	if q.Failed || q.Status >= 400 || q.Status == 4 || q.Status == 5 {
		and("a.status >= 400") // as its index has it
	}
	if q.Request != "" {
		id, err := uuid.Parse(q.Request)
		if err != nil {
			return never
		}
		and("a.id = ", argument{id})
	}
	if q.LongerThan > 0 {
		and("a.took >= ", argument{q.LongerThan.Microseconds()})
	}
	// The index of times gives a bound of numbers, and requests are read by number.
	if !q.Since.IsZero() {
		since := argument{micros(q.Since)}
		and("a.time >= ", since, " and a.seq >= (select min(n.seq) from (select b.seq from activity b where b.time >= ", since, " order by b.time limit "+outOfOrder+") n)")
	}
	if !q.Until.IsZero() {
		until := argument{micros(q.Until)}
		and("a.time < ", until, " and a.seq <= (select max(n.seq) from (select b.seq from activity b where b.time < ", until, " order by b.time desc limit "+outOfOrder+") n)")
	}
	return where
}

// wordsAsked are the terms of a query that the index of words knows.
func (t *tx) wordsAsked(q tenants.ActivityQuery) (asked []terms) {
	for _, names := range q.Named {
		asked = append(asked, t.naming(names))
	}
	if q.Text != "" {
		asked = append(asked, t.answers(questionOf(q.Text)))
	}
	return asked
}

// ActivityByID implements tenants.ActivityStore.
func (s *Store) ActivityByID(ctx context.Context, id uuid.UUID) (a tenants.Activity, err error) {
	found := false
	err = s.read(ctx, everyConnector, func(t *tx) error {
		sql := cat(activitySelect, t.requestsShown(), " and a.id = ", argument{id})
		t.query(func(r row) (err error) {
			found = true
			a, err = scanActivity(r)
			return err
		}, sql.sql, sql.args...)
		return nil
	})
	if err == nil && !found {
		return a, tenants.ErrNoActivity
	}
	return a, wrap(err, "reading request %s", id)
}

// ActivityBehind implements tenants.ActivityStore.
func (s *Store) ActivityBehind(ctx context.Context, connector uuid.UUID, seq int64, most int) (all []tenants.Activity, err error) {
	err = s.read(ctx, everyConnector, func(t *tx) error {
		where := cat(t.requestsShown(), " and a.seq > ", argument{seq})
		if connector != uuid.Nil {
			where = cat("a.connector_id = ", argument{connector}, " and ", where)
		}
		sql := cat(activitySelect, where, " order by a.seq limit ", argument{most})
		t.query(func(r row) error {
			a, err := scanActivity(r)
			all = append(all, a)
			return err
		}, sql.sql, sql.args...)
		return nil
	})
	return all, wrap(err, "reading new requests")
}

// GroupRecordsNamed implements directory.ActivityStore.
func (s *Store) GroupRecordsNamed(ctx context.Context, connector uuid.UUID, text string) (ids []uuid.UUID, err error) {
	key := argument{canonical.Key(text)}
	id, _ := uuid.Parse(text) // the zero id is nobody's
	err = s.read(ctx, everyConnector, func(t *tx) error {
		of := ofOwnTenant(ctx, "r.tenant_id")
		if connector != uuid.Nil {
			of = cat(of, " and r.connector_id = ", argument{connector})
		}
		sql := cat("select r.id from group_records r where ", of, " and (r.name_key = ", key, " or r.view_key = ", key,
			" or r.view_key in (select g.name_key from groups g where g.id = ", argument{id}, " or g.name_key = ", key, ")) order by r.id limit 50")
		t.query(func(r row) error {
			var id uuid.UUID
			err := r.Scan(&id)
			ids = append(ids, id)
			return err
		}, sql.sql, sql.args...)
		return nil
	})
	return ids, wrap(err, "looking for groups named %q", text)
}
