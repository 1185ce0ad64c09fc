package sql

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
)

func addRow(tx *tx, name string) {
	tx.exec(nil, "insert into scratch (id, name, number) values (?, ?, 0)", uuid.New(), name)
}

func writeRow(t *testing.T, s *Store, name string) {
	t.Helper()
	mustWrite(t, s, func(tx *tx) error { addRow(tx, name); return nil })
}

func rowsOf(t *testing.T, s *Store) int64 {
	t.Helper()
	return numbers(t, s, 1, "select count(*) from scratch")[0]
}

func TestNothingOfAFailedTransactionIsThere(t *testing.T) {
	broken := errors.New("broken")
	onBothAsOwner(t, func(t *testing.T, s *Store) {
		scratch(t, s)
		for name, f := range map[string]func(*tx) error{
			"the function fails after a flush": func(tx *tx) error {
				addRow(tx, "a")
				if err := tx.flush(); err != nil {
					t.Error(err)
				}
				return broken
			},
			"a row's callback fails": func(tx *tx) error {
				addRow(tx, "a")
				tx.query(func(row) error { return broken }, "select 1")
				return tx.flush()
			},
			"a statement fails in the batch of the commit": func(tx *tx) error {
				addRow(tx, "a")
				tx.exec(nil, "insert into nothing values (1)")
				addRow(tx, "b")
				return nil
			},
			"a failed flush is ignored": func(tx *tx) error {
				addRow(tx, "a")
				addRow(tx, "a")
				_ = tx.flush()
				addRow(tx, "b")
				return nil
			},
			"an insert has too few values": func(tx *tx) error {
				addRow(tx, "a")
				tx.insert("scratch", []string{"id", "name"}, [][]any{{uuid.New()}}, "")
				return nil
			},
		} {
			if err := s.write(t.Context(), everyConnector, f); err == nil {
				t.Errorf("%s: write returned nil", name)
			}
			if n := rowsOf(t, s); n != 0 {
				t.Errorf("%s: %d rows are there", name, n)
			}
		}
		func() {
			defer func() { _ = recover() }()
			_ = s.write(t.Context(), everyConnector, func(tx *tx) error {
				addRow(tx, "a")
				_ = tx.flush()
				panic("in the middle")
			})
		}()
		if n := rowsOf(t, s); n != 0 {
			t.Errorf("after a panic %d rows are there", n)
		}
		mustWrite(t, s, func(tx *tx) error { addRow(tx, "a"); return nil }) // the connection is back and clean
		if n := rowsOf(t, s); n != 1 {
			t.Errorf("the next transaction left %d rows, want 1", n)
		}
	})
}

func TestAFailedCommitIsAnErrorAndLeavesNothing(t *testing.T) {
	t.Run("sqlite", func(t *testing.T) {
		s := newSQLite(t)
		err := s.write(t.Context(), everyConnector, func(tx *tx) error {
			tx.exec(nil, "pragma defer_foreign_keys = on")
			tx.exec(nil, "insert into credentials (id, connector_id, name, kind, lookup_key, hash, created_at) values ('x', 'nobody', '', '', '', '', 1)")
			return tx.flush() // only the commit will refuse it
		})
		if !errors.Is(err, errReferenced) {
			t.Errorf("write = %v, want the foreign key's refusal", err)
		}
		mustWrite(t, s, func(tx *tx) error { tx.exec(nil, "update directories set version = 2"); return nil })
		if n := numbers(t, s, 1, "select count(*) from credentials")[0]; n != 0 {
			t.Errorf("%d rows of the failed transaction are there", n)
		}
	})
	t.Run("postgres", func(t *testing.T) {
		s := newOwner(t)
		mustWrite(t, s, func(tx *tx) error {
			tx.exec(nil, "create table late (n bigint constraint late_once unique deferrable initially deferred)")
			return nil
		})
		err := s.write(t.Context(), everyConnector, func(tx *tx) error {
			tx.exec(nil, "insert into late values (?), (?)", int64(1), int64(1))
			return tx.flush()
		})
		if !isDuplicate(err, "late_once") {
			t.Errorf("write = %v, want the refusal of late_once", err)
		}
		if n := numbers(t, s, 1, "select count(*) from late")[0]; n != 0 {
			t.Errorf("%d rows of the failed transaction are there", n)
		}
	})
}

func TestDuplicatesNameTheIndexAlikeOnBothDatabases(t *testing.T) {
	onBothAsOwner(t, func(t *testing.T, s *Store) {
		scratch(t, s)
		id := uuid.New()
		mustWrite(t, s, func(tx *tx) error {
			tx.exec(nil, "insert into scratch (id, name) values (?, 'a')", id)
			tx.exec(nil, "insert into tenants (id, name, name_key, created_at) values (?, 'a', 'a', 1)", uuid.New())
			tx.exec(nil, "insert into members (group_record_id, member_id, connector_id, directory_id, kind, said, viewed) values (?, ?, ?, ?, 'User', true, true)", id, id, id, id)
			return nil
		})
		for want, insert := range map[string]func(*tx){
			"scratch_name": func(tx *tx) { addRow(tx, "a") },
			"scratch_pkey": func(tx *tx) { tx.exec(nil, "insert into scratch (id, name) values (?, 'b')", id) },
			"tenants_name_key_key": func(tx *tx) {
				tx.exec(nil, "insert into tenants (id, name, name_key, created_at) values (?, 'A', 'a', 1)", uuid.New())
			},
			"members_pkey": func(tx *tx) {
				tx.exec(nil, "insert into members (group_record_id, member_id, connector_id, directory_id, kind, said, viewed) values (?, ?, ?, ?, 'User', true, true)", id, id, id, id)
			},
		} {
			err := s.write(t.Context(), everyConnector, func(tx *tx) error { insert(tx); return nil })
			if !isDuplicate(err, want) {
				t.Errorf("%v, want a duplicate in %s", err, want)
			}
		}
	})
}

func TestWriteRunsAgainWhenAskedTo(t *testing.T) {
	onBothAsOwner(t, func(t *testing.T, s *Store) {
		scratch(t, s)
		runs := 0
		mustWrite(t, s, func(tx *tx) error {
			runs++
			addRow(tx, "a")
			if runs < 3 {
				if err := tx.flush(); err != nil {
					return err
				}
				return fmt.Errorf("the name was taken: %w", errAgain)
			}
			return nil
		})
		if n := rowsOf(t, s); runs != 3 || n != 1 {
			t.Errorf("%d runs left %d rows, want 3 and 1", runs, n)
		}
		runs = 0
		err := s.write(t.Context(), everyConnector, func(*tx) error { runs++; return errAgain })
		if runs != writeTries || !errors.Is(err, errAgain) {
			t.Errorf("%d runs ended with %v, want %d and errAgain", runs, err, writeTries)
		}
		ctx, cancel := context.WithCancel(t.Context())
		runs = 0
		err = s.write(ctx, everyConnector, func(*tx) error { runs++; cancel(); return errAgain })
		if runs != 1 || err == nil {
			t.Errorf("a cancelled caller got %d runs and %v", runs, err)
		}
	})
}

func TestEveryIncrementCounts(t *testing.T) {
	onBothAsOwner(t, func(t *testing.T, s *Store) {
		scratch(t, s)
		mustWrite(t, s, func(tx *tx) error { addRow(tx, "counter"); return nil })
		const writers, each = 8, 20
		var wg sync.WaitGroup
		for range writers {
			wg.Go(func() {
				for range each {
					var n int64
					err := s.write(t.Context(), everyConnector, func(tx *tx) error {
						lock := ""
						if tx.pg() {
							lock = " for update"
						}
						tx.query(func(r row) error { return r.Scan(&n) }, "select number from scratch where name = 'counter'"+lock)
						if err := tx.flush(); err != nil {
							return err
						}
						tx.exec(nil, "update scratch set number = ? where name = 'counter'", n+1)
						return nil
					})
					if err != nil {
						t.Error(err)
					}
				}
			})
		}
		wg.Wait()
		if n := numbers(t, s, 1, "select number from scratch")[0]; n != writers*each {
			t.Errorf("the counter is %d, want %d", n, writers*each)
		}
	})
}

func TestReadSeesOneMomentAndWritesNothing(t *testing.T) {
	onBothAsOwner(t, func(t *testing.T, s *Store) {
		scratch(t, s)
		var before, after int64
		err := s.read(t.Context(), everyConnector, func(tx *tx) error {
			tx.query(func(r row) error { return r.Scan(&before) }, "select count(*) from scratch")
			if err := tx.flush(); err != nil {
				return err
			}
			writeRow(t, s, "meanwhile")
			tx.query(func(r row) error { return r.Scan(&after) }, "select count(*) from scratch")
			return nil
		})
		if err != nil || before != 0 || after != 0 {
			t.Errorf("the read saw %d rows, then %d, %v; want 0 both times", before, after, err)
		}
		if err := s.read(t.Context(), everyConnector, func(tx *tx) error { addRow(tx, "sneaked in"); return nil }); err == nil {
			t.Error("a read transaction wrote")
		}
	})
}

func TestDeadlinesAreHonoured(t *testing.T) {
	onBothAsOwner(t, func(t *testing.T, s *Store) {
		// On SQLite a query is stopped between two rows; its driver cannot break off the search
		// for the next one.
		forever := "with recursive n(i) as (select 1 union all select i + 1 from n) select i from n"
		if s.isPostgres() {
			forever = "select pg_sleep(60)"
		}
		for name, run := range map[string]func(context.Context, scope, func(*tx) error) error{"read": s.read, "write": s.write} {
			ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
			begin := time.Now()
			err := run(ctx, everyConnector, func(tx *tx) error { tx.query(func(row) error { return nil }, forever); return nil })
			cancel()
			if !errors.Is(err, context.DeadlineExceeded) || time.Since(begin) > 4*time.Second {
				t.Errorf("%s returned %v after %v", name, err, time.Since(begin))
			}
		}
		if err := s.Ping(t.Context()); err != nil {
			t.Error(err)
		}
		mustWrite(t, s, func(tx *tx) error { tx.exec(nil, "update directories set version = version"); return nil })
	})
}

func TestNothingQueuedTakesNoConnection(t *testing.T) {
	onBothAsOwner(t, func(t *testing.T, s *Store) {
		err := s.write(t.Context(), everyConnector, func(tx *tx) error {
			if err := tx.commit(); tx.session != nil {
				t.Error("an empty transaction took a connection")
				return err
			}
			return nil
		})
		if err != nil {
			t.Error(err)
		}
	})
}

func TestGormWorksInsideTheTransaction(t *testing.T) {
	onBothAsOwner(t, func(t *testing.T, s *Store) {
		scratch(t, s)
		broken := errors.New("broken")
		err := s.write(t.Context(), everyConnector, func(tx *tx) error {
			addRow(tx, "queued before")
			db, err := tx.gorm()
			if err != nil {
				return err
			}
			var n int64
			if err := db.Table("scratch").Count(&n).Error; err != nil || n != 1 {
				t.Errorf("gorm sees %d rows, %v, want the one queued before", n, err)
			}
			if err := db.Table("scratch").Create(map[string]any{"id": uuid.New().String(), "name": "by gorm"}).Error; err != nil {
				t.Error(err)
			}
			return broken
		})
		if n := rowsOf(t, s); !errors.Is(err, broken) || n != 0 {
			t.Errorf("%v left %d rows: what gorm wrote was outside the transaction", err, n)
		}
	})
}
