package sql

import (
	"context"
	"strconv"

	"github.com/google/uuid"

	"github.com/muster-scim/muster/directory"
)

// keyset is a list in the order of a key that no two rows share: an id, or a number. Its pages
// are read by the key alone, so what is inserted or deleted meanwhile moves none of them.
type keyset[T, K any] struct {
	scope   scope
	listing listing
	start   K                         // before every key there is, in the list's order
	keyOf   func(T) K                 // of a row
	seal    func(K) position          // a key in a cursor
	open    func(position) (K, error) // what seal made
}

// inOrderOfIDs is a list in the order of ids: start is uuid.Nil, or uuid.Max when it descends.
func inOrderOfIDs[T any](sc scope, l listing, start uuid.UUID, keyOf func(T) uuid.UUID) keyset[T, uuid.UUID] {
	return keyset[T, uuid.UUID]{sc, l, start, keyOf,
		func(id uuid.UUID) position { return position{ID: id} },
		func(p position) (uuid.UUID, error) { return p.ID, nil },
	}
}

// inOrderOfNumbers is a list in the order of numbers: start is below all of them, or above when it descends.
func inOrderOfNumbers[T any](sc scope, l listing, start int64, keyOf func(T) int64) keyset[T, int64] {
	return keyset[T, int64]{sc, l, start, keyOf,
		func(n int64) position {
			text := strconv.FormatInt(n, 10)
			return position{Key: &text}
		},
		func(p position) (int64, error) {
			if p.Key == nil {
				return start, nil
			}
			return strconv.ParseInt(*p.Key, 10, 64)
		},
	}
}

// readKeyset reads the page behind a cursor, in one transaction. queue queues the statements that
// fill p with its total and with up to limit rows behind the key, in order; limit is one more than
// the page holds, which shows whether anything follows.
func readKeyset[T, K any](ctx context.Context, s *Store, k keyset[T, K], l directory.Listing,
	queue func(t *tx, behind K, limit int64, p *directory.Page[T]) error) (directory.Page[T], error) {
	var result directory.Page[T]
	asked, err := s.cursorPage(ctx, k.listing, l.Cursor, l.Limit)
	if err != nil {
		return result, err
	}
	behind := k.start
	if asked.after != nil {
		if behind, err = k.open(*asked.after); err != nil {
			return result, err
		}
	}
	err = s.read(ctx, k.scope, func(t *tx) error { return queue(t, behind, int64(l.Limit)+1, &result) })
	if err != nil {
		return directory.Page[T]{}, err
	}
	var next *position
	result.Items, next = cut(result.Items, l.Limit, func(row T) position { return k.seal(k.keyOf(row)) })
	if next == nil {
		return result, nil
	}
	secret, err := s.cursorKey(ctx)
	if err != nil {
		return directory.Page[T]{}, err
	}
	result.Next = k.listing.cursor(secret, s.now(), *next)
	return result, nil
}

// into adds what scan makes of a row to a page.
func into[T any](p *directory.Page[T], scan func(row) (T, error)) func(row) error {
	return func(r row) error {
		item, err := scan(r)
		p.Items = append(p.Items, item)
		return err
	}
}

// total reads the number of rows in a list.
func total[T any](p *directory.Page[T]) func(row) error {
	return func(r row) error { return r.Scan(&p.Total) }
}
