package sql

import (
	"context"
	"encoding/json"
	"errors"
	"math"

	"github.com/google/uuid"

	"github.com/muster-scim/muster/directory"
	"github.com/muster-scim/muster/scim/canonical"
)

// Events reads a page of events, the newest first. They are not counted: Total is zero.
func (s *Store) Events(ctx context.Context, q directory.EventQuery, l directory.Listing) (directory.Page[directory.Event], error) {
	bound, err := json.Marshal(q)
	if err != nil {
		return directory.Page[directory.Event]{}, err
	}
	list := inOrderOfNumbers(everyConnector, listing{table: "events", filter: string(bound), descending: true}, newest, func(e directory.Event) int64 { return e.Seq })
	return readKeyset(ctx, s, list, l, func(t *tx, behind, limit int64, p *directory.Page[directory.Event]) error {
		found, err := t.foundByWords(q, behind)
		if err != nil {
			return err
		}
		where := cat(t.eventsOf(q), " and ", found)
		if behind < newest {
			where = cat(where, " and e.seq < ", argument{behind})
		}
		sql := cat(`select e.seq, e.id, e.time, e.actor_type, e.actor, e.action,
				coalesce((select c.slug from connectors c where c.id = e.connector_id), ''),
				coalesce(e.user_id, `+none+`), coalesce(e.group_id, `+none+`), coalesce(e.record_id, `+none+`), e.request, e.changes, `+credentialName+`
			from events e where `, where, " order by e.seq desc limit ", argument{limit})
		t.query(into(p, scanEvent), sql.sql, sql.args...)
		return nil
	})
}

// newest is behind the number of every event.
const newest = math.MaxInt64

// credentialName is the name of the credential behind event e, also of one that has ended since.
const credentialName = `coalesce((select k.name from credentials k where e.actor_type = 'credential' and cast(k.id as text) = e.actor), '')`

func scanEvent(r row) (directory.Event, error) {
	var e directory.Event
	var at int64
	err := r.Scan(&e.Seq, &e.ID, &at, &e.ActorType, &e.Actor, &e.Action, &e.Connector, &e.User, &e.Group, &e.Record, &e.Request, &e.Changes, &e.Credential)
	e.Time = fromMicros(at)
	return e, err
}

// outOfOrder is how many events may have got their number in another order than their time.
const outOfOrder = "1000"

// eventsOf is the condition of a query's events, but for what foundByWords says. A name that was
// given and means nothing in the directory matches no event.
func (t *tx) eventsOf(q directory.EventQuery) fragment {
	where := always
	and := func(parts ...any) { where = cat(append([]any{where, " and "}, parts...)...) }
	if q.Connector != "" || q.ConnectorID != uuid.Nil {
		and("e.connector_id = ", argument{q.ConnectorID})
	}
	named := func(column string, given string, ids []uuid.UUID) {
		if given == "" && len(ids) == 0 {
			return
		}
		condition, values := t.oneOf(column, ids)
		and(fragment{condition, []any{values}})
	}
	named("e.user_id", q.User, q.UserIDs)
	named("e.group_id", q.Group, q.GroupIDs)
	if q.Action != "" {
		column := "e.action"
		if t.pg() {
			column += ` collate "C"` // as its index has it
		}
		and(column+" >= ", argument{q.Action}, " and "+column+" < ", argument{q.Action + lastRune})
	}
	if q.Actor != "" {
		and("e.actor = ", argument{q.Actor})
	}
	if q.Credential != "" {
		and("e.actor_type = 'credential' and (e.actor = ", argument{q.Credential},
			" or e.actor in (select cast(k.id as text) from credentials k where k.name_key = ", argument{canonical.Key(q.Credential)}, "))")
	}
	// The index of times gives a bound of numbers, and events are read by number.
	if !q.Since.IsZero() {
		since := argument{micros(q.Since)}
		and("e.time >= ", since, " and e.seq >= (select min(n.seq) from (select b.seq from events b where b.time >= ", since, " order by b.time limit "+outOfOrder+") n)")
	}
	if !q.Until.IsZero() {
		until := argument{micros(q.Until)}
		and("e.time < ", until, " and e.seq <= (select max(n.seq) from (select b.seq from events b where b.time < ", until, " order by b.time desc limit "+outOfOrder+") n)")
	}
	return where
}

// lastRune stands behind all that can follow the beginning of a text.
const lastRune = "\U0010ffff"

// foundByWords is the condition of what the index of words knows: the text, the request and the
// outcome, for events below a number.
func (t *tx) foundByWords(q directory.EventQuery, behind int64) (fragment, error) {
	var asked question
	if q.Text != "" {
		if asked = questionOf(q.Text); len(asked) == 0 {
			return never, nil
		}
	}
	exact := always
	if q.Request != "" {
		asked, exact = asked.tagged(tag(tagRequest, q.Request)), cat(exact, " and e.request = ", argument{q.Request})
	}
	const refused, would = "e.action = 'request.refused'", `e.changes like '%"would":%'`
	switch q.Outcome {
	case directory.EventRefused:
		exact = cat(exact, " and "+refused) // which has an index of its own
	case directory.EventWould:
		asked, exact = asked.tagged(tag(tagOutcome, string(q.Outcome))), cat(exact, " and "+would)
	case directory.EventDone:
		exact = cat(exact, " and not ("+refused+") and not ("+would+")")
	}
	if len(asked) == 0 {
		return exact, nil
	}
	answering, err := t.answering(asked, behind)
	if errors.Is(err, directory.ErrIndexing) && q.Text == "" {
		return exact, nil // slower, and as good
	}
	return cat(exact, " and ", answering), err
}
