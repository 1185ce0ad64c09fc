package sql

import (
	"context"
	"math"

	"github.com/muster-scim/muster/directory"
)

// FeedNewest implements feed.Log. Events that retention dropped count: a number is never newer
// again than it was.
func (s *Store) FeedNewest(ctx context.Context) (seq, horizon int64, err error) {
	err = s.read(ctx, everyConnector, func(t *tx) error {
		var dropped int64
		t.query(func(r row) error { return r.Scan(&dropped, &seq) }, feedEnds)
		below := t.horizon()
		if err := t.flush(); err != nil {
			return err
		}
		seq, horizon = max(seq, dropped), *below
		if !t.pg() {
			horizon = math.MaxInt64 // one writer at a time: what is there is all that comes before
		}
		return nil
	})
	return seq, horizon, wrap(err, "reading the newest event")
}

const feedEnds = "select a.dropped_seq, coalesce((select e.seq from events e order by e.seq desc limit 1), 0) from audit_state a where a.id = 1"

// FeedPosition implements feed.Log. It takes a transaction's id: those that were given out before
// are below it.
func (s *Store) FeedPosition(ctx context.Context) (position int64, err error) {
	if !s.isPostgres() {
		return 0, ctx.Err()
	}
	err = s.write(ctx, noConnector, func(t *tx) error {
		t.query(func(r row) error { return r.Scan(&position) }, `select case kind
				when '`+byTransaction+`' then pg_current_xact_id()::text::bigint + shift
				else (extract(epoch from clock_timestamp()) * 1000000)::bigint end
			from audit_state where id = 1`)
		return nil
	})
	return position, wrap(err, "asking until when events may come")
}

// FeedEnds implements directory.FeedStore.
func (s *Store) FeedEnds(ctx context.Context) (dropped, newest int64, err error) {
	err = s.read(ctx, everyConnector, func(t *tx) error {
		t.query(func(r row) error { return r.Scan(&dropped, &newest) }, feedEnds)
		return nil
	})
	return dropped, max(dropped, newest), wrap(err, "reading which events are kept")
}

// feedWindow is how many numbers one statement looks through.
const feedWindow = 20_000

// Feed implements directory.FeedStore.
func (s *Store) Feed(ctx context.Context, q directory.EventQuery, after, through int64, limit int) (page directory.FeedPage, err error) {
	err = s.read(ctx, everyConnector, func(t *tx) error {
		found, err := t.foundByWords(q, through+1)
		if err == nil {
			page, err = t.feed(cat(t.eventsOf(q), " and ", found), after, through, limit)
		}
		return err
	})
	return page, wrap(err, "reading the feed")
}

// feed reads a part of the feed: of the events e that meet a condition, at most feedWindow numbers.
func (t *tx) feed(where fragment, after, through int64, limit int) (directory.FeedPage, error) {
	read := min(through, after+feedWindow)
	items, err := t.feedRange(where, after, read, limit)
	if len(items) == limit {
		read = items[limit-1].Seq
	}
	return directory.FeedPage{Items: items, Read: read}, err
}

// feedRange reads up to limit events e that meet a condition, in the order of their numbers.
func (t *tx) feedRange(where fragment, after, through int64, limit int) (items []directory.FeedItem, err error) {
	sql := cat(`select e.seq, e.id, e.time, e.actor_type, e.actor, e.action,
			coalesce((select c.slug from connectors c where c.id = e.connector_id), ''),
			coalesce(e.user_id, `+none+`), coalesce(e.group_id, `+none+`), coalesce(e.record_id, `+none+`), e.request, e.changes, `+credentialName+`,
			coalesce((select d.name from directories d where d.id = e.directory_id), ''),
			coalesce((select u.user_name from users u where u.id = e.user_id), ''),
			coalesce((select g.display_name from groups g where g.id = e.group_id), '')
		from events e where `, where, " and e.seq > ", argument{after}, " and e.seq <= ", argument{through}, " order by e.seq limit ", argument{int64(limit)})
	t.query(func(r row) error {
		var x directory.FeedItem
		var at int64
		err := r.Scan(&x.Seq, &x.ID, &at, &x.ActorType, &x.Actor, &x.Action, &x.Connector, &x.User, &x.Group, &x.Record, &x.Request, &x.Changes, &x.Credential,
			&x.Directory, &x.UserName, &x.GroupName)
		x.Time = fromMicros(at)
		items = append(items, x)
		return err
	}, sql.sql, sql.args...)
	return items, t.flush()
}
