package sql

import (
	"context"

	"github.com/google/uuid"

	"github.com/muster-scim/muster/directory"
	"github.com/muster-scim/muster/scim"
)

// listQuery is a query over one table, whose rows go by the alias r.
type listQuery struct {
	scope   scope
	listing listing
	target  target
	columns string
	within  fragment // the caller's own condition
	query   scim.Query
	free    bool // of a total
}

// page is what of a list is read.
type page struct {
	limit  int
	offset int       // by index
	after  *position // by cursor
	cursor bool      // give a cursor for what follows
}

// readList reads a page of a list, and its exact total unless it is free of one, in one round trip. more may queue what
// belongs to the rows, in a second one.
func readList[T any](ctx context.Context, s *Store, l listQuery, p page, scan func(row, ...any) (T, uuid.UUID, error), more func(*tx, []T)) (directory.Page[T], error) {
	var result directory.Page[T]
	where, err := l.target.where(l.query.Filter)
	if err != nil {
		return result, err
	}
	order, err := l.target.order(l.query.SortBy, l.query.Descending)
	if err != nil {
		return result, err
	}
	from := cat(" from "+l.listing.table+" r where ", l.within, " and (", where, ")")
	behind := always
	if p.after != nil {
		if behind, err = order.after(*p.after); err != nil {
			return result, err
		}
	}
	limit := p.limit
	if p.cursor && limit > 0 {
		limit++ // whether anything follows
	}
	type found struct {
		value T
		at    position
	}
	var rows []found
	finish := func() error {
		var next *position
		if p.cursor {
			rows, next = cut(rows, p.limit, func(f found) position { return f.at })
		}
		for _, f := range rows {
			result.Items = append(result.Items, f.value)
		}
		if next == nil {
			return nil
		}
		secret, err := s.cursorKey(ctx)
		result.Next = l.listing.cursor(secret, s.now(), *next)
		return err
	}
	err = s.read(ctx, l.scope, func(t *tx) error {
		t.preferIndexes()
		if !l.free {
			count := cat("select count(*)", from)
			t.query(func(r row) error { return r.Scan(&result.Total) }, count.sql, count.args...)
		}
		if limit > 0 {
			// The ids are picked first, which an index alone can do; only the page's own rows are read.
			ids := cat("select r.id", from, " and ", behind, " order by ", order.by(),
				" limit ", argument{int64(limit)}, " offset ", argument{int64(p.offset)})
			statement := cat("select ", order.selectKey(), ", "+l.columns+" from "+l.listing.table+" r where r.id in (", ids, ") order by ", order.by())
			t.query(func(r row) error {
				var f found
				var err error
				f.value, f.at.ID, err = scan(r, &f.at.Key)
				rows = append(rows, f)
				return err
			}, statement.sql, statement.args...)
		}
		if more == nil {
			return nil
		}
		if err := t.flush(); err != nil {
			return err
		}
		if err := finish(); err != nil || len(result.Items) == 0 {
			return err
		}
		more(t, result.Items)
		return nil
	})
	if err == nil && more == nil {
		err = finish()
	}
	if err != nil {
		return directory.Page[T]{}, err
	}
	return result, nil
}

// scimPage is the page that a SCIM query asks for: by index, or by cursor.
func (s *Store) scimPage(ctx context.Context, l listing, q scim.Query) (page, error) {
	p := page{limit: q.Count}
	if !q.CursorGiven {
		p.offset = max(0, q.StartIndex-1)
		return p, nil
	}
	return s.cursorPage(ctx, l, q.Cursor, q.Count)
}

// cursorPage is the page behind a cursor; an empty one leads to the first.
func (s *Store) cursorPage(ctx context.Context, l listing, cursor string, limit int) (page, error) {
	p := page{limit: limit, cursor: true}
	secret, err := s.cursorKey(ctx) // now: whoever has a connection already must not wait for another
	if err != nil || cursor == "" {
		return p, err
	}
	at, err := l.position(secret, s.now(), cursor)
	p.after = &at
	return p, err
}

func listingOf(space uuid.UUID, table string, q scim.Query) listing {
	l := listing{space: space, table: table, filter: q.FilterText, descending: q.Descending}
	if q.SortBy != nil {
		l.sort = q.SortBy.String()
	}
	return l
}
