package sql

import (
	"context"
	stdsql "database/sql"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"
)

// row is one row of a result; Scan works as in database/sql on both databases.
type row interface{ Scan(dest ...any) error }

// statement is one queued statement.
type statement struct {
	sql      string // with ?
	args     []any
	each     func(row) error // nil: rows are not wanted
	affected *int64          // nil: the count is not wanted; chunks of one insert add up
}

// session is one connection in one transaction.
type session interface {
	// run executes statements in order and stops at the first error: on PostgreSQL in one round
	// trip. first begins the transaction before them, last commits after them. When last is
	// set and run returns nil, the transaction is durable.
	run(ctx context.Context, sc scope, statements []statement, first, last bool) error
	rollback()
	release()
	connection() *stdsql.Conn // for gorm
}

// tx is one transaction whose statements travel together: query and exec queue, flush sends the
// queue in one round trip. The transaction begins with its first flush, and what is still queued
// when the function of write returns travels with the commit:
//
//	s.write(ctx, scope, func(t *tx) error {
//		t.query(…)           trip 1: BEGIN, set the scope, SELECT … FOR UPDATE
//		t.flush()
//		t.exec(…); t.exec(…) trip 2: both writes and COMMIT
//		return nil
//	})
//
// What the last trip reads comes too late to stop the commit: whatever decides is flushed first.
type tx struct {
	ctx      context.Context
	store    *Store
	scope    scope
	readOnly bool
	session  session // nil before the first flush
	queue    []statement
	sending  bool  // inside flush; its callbacks may queue, not flush
	answered bool  // a reader has seen a row
	fate     fate  // see forced.go
	err      error // the first failure; nothing runs after it
}

// Bounds of write's patience.
const (
	writeTries   = 10
	fewTries     = 3 // of what costs time each: a lost connection, a lock that is not let go
	firstPause   = 2 * time.Millisecond
	longestPause = 250 * time.Millisecond
	writeTimeout = time.Minute // of one try, when the caller sets no deadline
)

// write runs f in one transaction of the scope and commits it. Serialization failures,
// deadlocks, a busy database, errAgain and connections lost before the commit was sent roll
// everything back and run f again after a short random pause, so f must keep nothing from a
// former run. When write returns nil, everything is durable. When it returns an error, nothing
// of it is there, with one exception that no database can avoid: a connection that breaks while
// the commit is on its way (*unknownOutcomeError).
func (s *Store) write(ctx context.Context, sc scope, f func(*tx) error) error {
	pause := firstPause
	for try := 1; ; try++ {
		err := s.writeOnce(ctx, sc, try, f)
		if err == nil || try == writeTries || !s.again(err, try) || ctx.Err() != nil {
			return s.translate(ctx, err)
		}
		if err := s.rest(ctx, pause/2+rand.N(pause)); err != nil {
			return err
		}
		pause = min(2*pause, longestPause)
	}
}

func (s *Store) writeOnce(ctx context.Context, sc scope, try int, f func(*tx) error) error {
	if _, ok := ctx.Deadline(); !ok {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, writeTimeout)
		defer cancel()
	}
	return s.transaction(&tx{ctx: ctx, store: s, scope: sc, fate: s.fateOf(false, try)}, f)
}

// read runs f in one read-only transaction that sees one moment of the database. What write
// tries again, read does too, as long as f has not seen a row.
func (s *Store) read(ctx context.Context, sc scope, f func(*tx) error) error {
	pause := firstPause
	for try := 1; ; try++ {
		t := &tx{ctx: ctx, store: s, scope: sc, readOnly: true, fate: s.fateOf(true, try)}
		err := s.transaction(t, f)
		if err == nil || t.answered || try == writeTries || !s.again(err, try) || ctx.Err() != nil {
			return s.translate(ctx, err)
		}
		if err := s.rest(ctx, pause/2+rand.N(pause)); err != nil {
			return err
		}
		pause = min(2*pause, longestPause)
	}
}

// transaction runs f once in t, which is new, and commits it.
func (s *Store) transaction(t *tx, f func(*tx) error) (err error) {
	if err := t.ctx.Err(); err != nil {
		return err
	}
	if t.scope == (scope{}) {
		return errNoScope
	}
	finished := false
	defer func() {
		if t.session == nil {
			return
		}
		if !finished || err != nil { // an error, or f panicked
			t.session.rollback()
		}
		t.session.release()
	}()
	if err = f(t); err == nil {
		err = t.commit()
	}
	finished = true
	return err
}

// again says whether err, the result of the given try, is worth another one.
func (s *Store) again(err error, try int) bool {
	var unknown *unknownOutcomeError
	var late *lateError
	switch {
	case errors.As(err, &unknown), errors.As(err, &late):
		return false
	case errors.Is(err, errAgain), errors.Is(err, errForced), s.db.again(err):
		return true
	default:
		return try < fewTries && (s.db.lost(err) || s.db.crowded(err))
	}
}

// sleep waits for d or until the context ends.
func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// pg says whether the database is PostgreSQL, for the few statements that differ.
func (t *tx) pg() bool { return t.store.isPostgres() }

// query queues a statement; each is called for every row when it runs. An error of each ends
// the transaction.
func (t *tx) query(each func(row) error, sql string, args ...any) {
	if inner := each; t.readOnly {
		each = func(r row) error {
			t.answered = true
			return inner(r)
		}
	}
	t.queue = append(t.queue, statement{sql: sql, args: args, each: each})
}

// exec queues a statement without a result; affected, if not nil, is set to the number of rows
// it changed when it runs.
func (t *tx) exec(affected *int64, sql string, args ...any) {
	if affected != nil {
		*affected = 0
	}
	t.queue = append(t.queue, statement{sql: sql, args: args, affected: affected})
}

// fail ends the transaction: the next flush returns err.
func (t *tx) fail(err error) {
	if t.err == nil {
		t.err = err
	}
}

// flush sends everything queued in one round trip and waits for the results.
func (t *tx) flush() error { return t.send(false) }

// commit sends what is left together with the commit.
func (t *tx) commit() error {
	if t.err == nil && t.session == nil && len(t.queue) == 0 {
		return nil // it never began
	}
	if plantedEarlyAnswer && !t.readOnly {
		return t.commitLater()
	}
	return t.send(true)
}

func (t *tx) send(last bool) error {
	if t.sending {
		t.fail(errors.New("flush inside a row's callback"))
	}
	if t.err != nil {
		return t.err
	}
	if len(t.queue) == 0 && !last && t.session != nil {
		return nil
	}
	first := t.session == nil
	if first {
		session, err := t.store.db.session(t.ctx, t.readOnly)
		if err != nil {
			t.fail(fmt.Errorf("taking a connection: %w", err))
			return t.err
		}
		t.session = t.store.doom(session, t.fate)
	}
	queue := t.queue
	t.queue = nil
	t.sending = true
	err := t.session.run(t.ctx, t.scope, queue, first, last)
	t.sending = false
	if err != nil {
		t.fail(t.orContext(err))
	}
	return t.err
}

// orContext makes an error that a cancelled context caused recognisable as such; the drivers
// have several words for it.
func (t *tx) orContext(err error) error {
	if cause := t.ctx.Err(); cause != nil && !errors.Is(err, cause) {
		return fmt.Errorf("%w: %w", cause, err)
	}
	return err
}
