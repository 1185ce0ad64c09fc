package sql

import (
	"context"
	"testing"
)

// TestACancelledTransactionIsWholeOrNothing cancels transactions as their statements are on their
// way, many times, as it depends on the moment: SQLite's driver may pass over a statement then.
func TestACancelledTransactionIsWholeOrNothing(t *testing.T) {
	t.Parallel()
	onBothAsOwner(t, func(t *testing.T, s *Store) {
		scratch(t, s)
		for try := range 200 {
			ctx, cancel := context.WithCancel(t.Context())
			err := s.write(ctx, noConnector, func(x *tx) error {
				for _, name := range []string{"a", "b", "c", "d"} {
					addRow(x, name)
				}
				if try%2 == 0 {
					cancel()
				} else {
					go cancel()
				}
				return nil
			})
			cancel()
			rows := int64(0)
			if err := s.write(t.Context(), noConnector, func(x *tx) error {
				x.query(func(r row) error { return r.Scan(&rows) }, "select count(*) from scratch")
				if err := x.flush(); err != nil {
					return err
				}
				x.exec(nil, "delete from scratch")
				return nil
			}); err != nil {
				t.Fatal(err)
			}
			if rows != 0 && rows != 4 || err == nil && rows != 4 {
				t.Fatalf("try %d: %d of 4 rows are there, and the answer was %v", try, rows, err)
			}
		}
	})
}
