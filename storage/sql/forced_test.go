package sql

import (
	"log/slog"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/muster-scim/muster/storage/storagetest"
	"github.com/muster-scim/muster/storage/storagetest/pgtest"
)

// TestStoreWithForcedRetries runs the contract with every third transaction made to fail. The
// longer suites and the laws hold too: make retries.
func TestStoreWithForcedRetries(t *testing.T) {
	const share = 0.3
	t.Run("sqlite", func(t *testing.T) {
		storagetest.TestStore(t, func(t *testing.T) storagetest.Backend {
			return openForced(t, "sqlite://"+filepath.Join(t.TempDir(), "muster.db"), share)
		})
	})
	t.Run("postgres", func(t *testing.T) {
		storagetest.TestStore(t, func(t *testing.T) storagetest.Backend { return openForced(t, servedURL(t), share) })
	})
}

// inFlight is how many requests of one connector are in flight on a replica, unless somebody lets
// more in: so many may wait for a lock of the connector's at once.
const inFlight = 8

func openForced(t *testing.T, url string, share float64) *Store {
	t.Helper()
	s, err := Open(t.Context(), url, Options{Log: slog.New(slog.DiscardHandler), ForceRetries: share, Connections: inFlight})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	if err := s.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	return s
}

// TestForcedRetriesAreBoundedAndDoEverythingOnce forces almost every try that can be forced, and
// counts: what a transaction does is done once, however often it ran.
func TestForcedRetriesAreBoundedAndDoEverythingOnce(t *testing.T) {
	t.Parallel()
	for name, url := range map[string]string{"sqlite": "sqlite://" + filepath.Join(t.TempDir(), "muster.db"), "postgres": pgtest.New(t)} {
		s := openForced(t, url, 0.9)
		scratch(t, s)
		mustWrite(t, s, func(tx *tx) error { addRow(tx, "counter"); return nil })
		const writes = 60
		met := map[fate]int{}
		var longest time.Duration
		for range writes {
			runs := 0
			begin := time.Now()
			mustWrite(t, s, func(tx *tx) error {
				runs++
				met[tx.fate]++
				tx.exec(nil, "update scratch set number = number + 1")
				if err := tx.flush(); err != nil {
					return err
				}
				tx.exec(nil, "update scratch set plain = 'seen'")
				return nil
			})
			if runs > forcedTries+1 {
				t.Fatalf("%s: a transaction ran %d times, want at most %d", name, runs, forcedTries+1)
			}
			longest = max(longest, time.Since(begin))
		}
		if n := numbers(t, s, 1, "select number from scratch")[0]; n != writes {
			t.Errorf("%s: %d writes counted %d", name, writes, n)
		}
		for _, f := range []fate{spared, atBegin, afterTrip, atCommit} {
			if met[f] == 0 {
				t.Errorf("%s: no try had the fate %d: %v", name, f, met)
			}
		}
		t.Logf("%s: the longest write took %v", name, longest)
	}
}

func TestReadsAreTriedAgainWhileNothingWasSeen(t *testing.T) {
	t.Parallel()
	s := newPostgres(t)
	for _, seen := range []bool{false, true} {
		runs, rows := 0, 0
		err := s.read(t.Context(), noConnector, func(tx *tx) error {
			runs++
			if seen {
				tx.query(func(row) error { rows++; return nil }, "select 1")
			}
			if runs == 1 {
				tx.exec(nil, "do $$ begin raise exception 'again' using errcode = '40001'; end $$")
			}
			return nil
		})
		switch {
		case !seen && (err != nil || runs != 2):
			t.Errorf("a reader that has seen nothing ran %d times: %v, want two runs", runs, err)
		case seen && (err == nil || !strings.Contains(err.Error(), "cannot answer just now") || runs != 1 || rows != 1):
			t.Errorf("a reader that has seen rows ran %d times and saw %d rows: %v, want one run", runs, rows, err)
		}
	}
}
