package sql

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/google/uuid"
)

// wire watches the connections of a pool. A round trip is a write after a read.
type wire struct {
	trips atomic.Int64
	cut   atomic.Bool // the next answer to a commit is lost, and the connection with it
}

// commitName is how the commit, once prepared, goes over the wire.
var commitName = func() []byte {
	sum := sha256.Sum256([]byte(pgCommit))
	return []byte("stmtcache_" + hex.EncodeToString(sum[:24]))
}()

type wiredConn struct {
	net.Conn
	wire  *wire
	asked atomic.Bool
	cut   atomic.Bool
}

func (c *wiredConn) Write(b []byte) (int, error) {
	if !c.asked.Swap(true) {
		c.wire.trips.Add(1)
	}
	if bytes.Contains(b, commitName) && c.wire.cut.CompareAndSwap(true, false) {
		c.cut.Store(true)
	}
	return c.Conn.Write(b)
}

func (c *wiredConn) Read(b []byte) (int, error) {
	if c.cut.Load() {
		return 0, io.ErrUnexpectedEOF
	}
	n, err := c.Conn.Read(b)
	c.asked.Store(false)
	return n, err
}

func openWired(t *testing.T) (*Store, *wire) {
	t.Helper()
	w := &wire{}
	s, err := newWired(t, postgresURL(t), w)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s, w
}

func newWired(t *testing.T, url string, w *wire) (*Store, error) {
	t.Helper()
	s := newStore(Options{})
	config, err := pgConfig(url, Options{})
	if err != nil {
		return nil, err
	}
	config.MaxConns = 1
	dial := config.ConnConfig.DialFunc
	config.ConnConfig.DialFunc = func(ctx context.Context, network, address string) (net.Conn, error) {
		conn, err := dial(ctx, network, address)
		return &wiredConn{Conn: conn, wire: w}, err
	}
	return s, s.openPool(t.Context(), config)
}

func TestEveryFlushIsOneRoundTrip(t *testing.T) {
	s, w := openWired(t)
	scratch(t, s)
	rows := make([][]any, 3000)
	for i := range rows {
		rows[i] = []any{uuid.New(), fmt.Sprint("many ", i)}
	}
	for _, c := range []struct {
		name string
		want int64
		run  func() error
	}{
		{"a write without a look", 1, func() error {
			return s.write(t.Context(), everyConnector, func(tx *tx) error {
				addRow(tx, "a")
				tx.exec(nil, "delete from scratch where name = ?", "a")
				return nil
			})
		}},
		{"a look and a write", 2, func() error {
			return s.write(t.Context(), everyConnector, func(tx *tx) error {
				var n int64
				tx.lockKeys([]string{"x", "y"})
				tx.query(func(r row) error { return r.Scan(&n) }, "select count(*) from scratch")
				if err := tx.flush(); err != nil {
					return err
				}
				addRow(tx, "a")
				tx.exec(nil, "delete from scratch where name = ?", "a")
				return nil
			})
		}},
		{"a read", 1, func() error {
			return s.read(t.Context(), everyConnector, func(tx *tx) error {
				tx.query(func(row) error { return nil }, "select name from scratch")
				tx.query(func(row) error { return nil }, "select count(*) from scratch")
				return nil
			})
		}},
		{"three thousand rows", 1, func() error {
			return s.write(t.Context(), everyConnector, func(tx *tx) error {
				tx.insert("scratch", []string{"id", "name"}, rows, "on conflict do nothing")
				return nil
			})
		}},
	} {
		var before int64
		for range 2 { // the first run prepares its statements
			before = w.trips.Load()
			if err := c.run(); err != nil {
				t.Fatalf("%s: %v", c.name, err)
			}
		}
		if got := w.trips.Load() - before; got != c.want {
			t.Errorf("%s took %d round trips, want %d", c.name, got, c.want)
		}
	}
}

func TestALostAnswerToTheCommitIsNeitherAcknowledgedNorRepeated(t *testing.T) {
	s, w := openWired(t)
	scratch(t, s)
	add := func(name string) (runs int, err error) {
		err = s.write(t.Context(), everyConnector, func(tx *tx) error {
			runs++
			addRow(tx, name)
			return nil
		})
		return runs, err
	}
	if _, err := add("warm"); err != nil { // the statements are prepared: the commit travels with the rest
		t.Fatal(err)
	}
	w.cut.Store(true)
	runs, err := add("lost")
	var unknown *unknownOutcomeError
	if !errors.As(err, &unknown) || runs != 1 {
		t.Errorf("after %d runs: %v, want one run and an unknown outcome", runs, err)
	}
	if _, err := add("next"); err != nil {
		t.Errorf("the next transaction: %v", err)
	}
}

func TestAConnectionLostBeforeTheCommitIsTriedAgain(t *testing.T) {
	s := newOwner(t)
	scratch(t, s)
	runs := 0
	mustWrite(t, s, func(tx *tx) error {
		runs++
		addRow(tx, "a")
		var pid int64
		tx.query(func(r row) error { return r.Scan(&pid) }, "select pg_backend_pid()")
		if err := tx.flush(); err != nil {
			return err
		}
		if runs == 1 {
			terminate(t, s, pid)
		}
		addRow(tx, "b")
		return tx.flush()
	})
	if n := rowsOf(t, s); runs != 2 || n != 2 {
		t.Errorf("%d runs left %d rows, want 2 and 2", runs, n)
	}
}

// terminate ends another connection.
func terminate(t *testing.T, s *Store, pid int64) {
	t.Helper()
	mustWrite(t, s, func(tx *tx) error {
		tx.exec(nil, "select pg_terminate_backend(?, 5000)", pid)
		return nil
	})
}

func TestDeadlocksAndSerializationFailuresAreTriedAgain(t *testing.T) {
	s := newOwner(t)
	scratch(t, s)
	mustWrite(t, s, func(tx *tx) error { addRow(tx, "a"); addRow(tx, "b"); return nil })

	var wg, met sync.WaitGroup
	met.Add(2)
	for _, order := range [][2]string{{"a", "b"}, {"b", "a"}} {
		wg.Go(func() {
			first := true
			err := s.write(t.Context(), everyConnector, func(tx *tx) error {
				tx.exec(nil, "update scratch set number = number + 1 where name = ?", order[0])
				if err := tx.flush(); err != nil {
					return err
				}
				if first { // both hold their first row: the second one is a deadlock
					first = false
					met.Done()
					met.Wait()
				}
				tx.exec(nil, "update scratch set number = number + 1 where name = ?", order[1])
				return nil
			})
			if err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if got := numbers(t, s, 2, "select min(number), max(number) from scratch"); fmt.Sprint(got) != "[2 2]" {
		t.Errorf("after two transactions the rows hold %v, want [2 2]", got)
	}

	runs := 0
	mustWrite(t, s, func(tx *tx) error {
		if runs++; runs == 1 {
			tx.exec(nil, "do $$ begin raise exception 'again' using errcode = '40001'; end $$")
		}
		return nil
	})
	if runs != 2 {
		t.Errorf("a serialization failure led to %d runs, want 2", runs)
	}
}

// TestATransactionThatMetOneBeingRolledBackIsRunAgain, while any other internal error is none of
// those that the next try may not meet.
func TestATransactionThatMetOneBeingRolledBackIsRunAgain(t *testing.T) {
	s := newOwner(t)
	for message, want := range map[string]int{
		"new multixact has more than one updating member: 0 2[2751 (nokeyupd), 2752 (nokeyupd)]": 2,
		"unexpected chunk number 0 (expected 1)":                                                 1,
	} {
		runs := 0
		err := s.write(t.Context(), scope{directory: uuid.New()}, func(tx *tx) error {
			if runs++; runs == 1 {
				tx.exec(nil, "do $$ begin raise exception '"+message+"' using errcode = 'XX000'; end $$")
			}
			return nil
		})
		if runs != want || (err == nil) != (want == 2) {
			t.Errorf("%q led to %d runs and %v, want %d", message, runs, err, want)
		}
	}
}

// TestATransactionThatStoodIdleIsRunAgain is about a server that was held up, woke and found
// transactions older than they may be: it ends them, and nothing of them is there.
func TestATransactionThatStoodIdleIsRunAgain(t *testing.T) {
	s := newOwner(t)
	runs := 0
	err := s.write(t.Context(), scope{directory: uuid.New()}, func(tx *tx) error {
		if runs++; runs == 1 {
			tx.exec(nil, "do $$ begin raise exception 'terminating connection' using errcode = '25P03'; end $$")
		}
		return nil
	})
	if err != nil || runs != 2 {
		t.Errorf("a transaction that stood idle for too long led to %d runs and %v, want 2 and no error", runs, err)
	}
}

func TestConnectionsAreSetUp(t *testing.T) {
	s := newOwner(t)
	sc := scope{directory: uuid.New(), connector: uuid.New()}
	for name, want := range map[string]string{
		"statement_timeout": "5s", "lock_timeout": "2s", "idle_in_transaction_session_timeout": "10s", "jit": "off", "synchronous_commit": "on",
		"app.directory": sc.directory.String(), "app.connector": sc.connector.String(),
	} {
		var got string
		if err := s.write(t.Context(), sc, func(tx *tx) error {
			tx.query(func(r row) error { return r.Scan(&got) }, "select current_setting(?)", name)
			return nil
		}); err != nil || got != want {
			t.Errorf("%s = %q, %v, want %q", name, got, err, want)
		}
	}
	config, err := pgConfig("postgres:///x?host=/nowhere&synchronous_commit=off&statement_timeout=1000&pool_max_conns=3", Options{})
	if err != nil {
		t.Fatal(err)
	}
	params := config.ConnConfig.RuntimeParams
	if params["synchronous_commit"] != "on" || params["statement_timeout"] != "1000" || config.MaxConns != 3 {
		t.Errorf("the URL's parameters became %v, %d connections", params, config.MaxConns)
	}
}

func TestTheScopeEndsWithItsTransaction(t *testing.T) {
	s, _ := openWired(t) // it has one connection
	sc := scope{directory: uuid.New(), connector: uuid.New()}
	if err := s.write(t.Context(), sc, func(tx *tx) error { tx.exec(nil, "select 1"); return nil }); err != nil {
		t.Fatal(err)
	}
	var left string
	err := s.orm.WithContext(t.Context()).Raw("select coalesce(current_setting('app.connector', true), '')").Scan(&left).Error
	if err != nil || left != "" {
		t.Errorf("the next user of the connection finds %q, %v", left, err)
	}
}

func TestLocksAreTakenOnceAndInOrder(t *testing.T) {
	s := newOwner(t)
	directory := uuid.New()
	count := func(tx *tx, mode string) (n int64) {
		tx.query(func(r row) error { return r.Scan(&n) },
			"select count(*) from pg_locks where locktype = 'advisory' and pid = pg_backend_pid() and mode = ?", mode)
		if err := tx.flush(); err != nil {
			t.Error(err)
		}
		return n
	}
	mustWrite(t, s, func(tx *tx) error {
		tx.lockDirectory(directory, false)
		tx.lockKeys([]string{"b", "a", "b"})
		tx.lockKeys(nil)
		if shared, alone := count(tx, "ShareLock"), count(tx, "ExclusiveLock"); shared != 1 || alone != 2 {
			t.Errorf("%d shared and %d exclusive locks, want 1 and 2", shared, alone)
		}
		return nil
	})
	mustWrite(t, s, func(tx *tx) error {
		tx.changeDirectory(directory)
		if alone := count(tx, "ExclusiveLock"); alone != 1 {
			t.Errorf("%d exclusive locks, want 1", alone)
		}
		return nil
	})
}

func TestAPasswordInAURLStaysOutOfErrors(t *testing.T) {
	_, err := Open(t.Context(), "postgres://u:hunter2@nowhere:99999/x", Options{})
	if err == nil || bytes.Contains([]byte(err.Error()), []byte("hunter2")) {
		t.Errorf("the error is %v", err)
	}
}
