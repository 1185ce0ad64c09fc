package sql

import (
	"context"
	stdsql "database/sql"
	"errors"
	"slices"
	"strconv"

	"github.com/muster-scim/muster/directory"
)

// Try runs f on a Store whose every transaction, read or write, is a part of one that is rolled
// back at the end; see directory.Trying. Nothing in f knows: statements run, locks are taken,
// indexes refuse, what fails is tried again, and what was written is read again.
func (s *Store) Try(ctx context.Context, f func(directory.Store) error) error {
	session := &trialSession{backend: s.db}
	defer session.end()
	trial := &Store{db: trialBackend{s.db, session}, opened: s.opened}
	trial.types.types.Store(s.types.types.Load())
	err := f(trial)
	if err == nil {
		err = ctx.Err()
	}
	return s.translate(ctx, err)
}

// trialBackend gives every transaction of a trial the one session.
type trialBackend struct {
	backend
	one *trialSession
}

func (b trialBackend) session(context.Context, bool) (session, error) {
	switch {
	case b.one.inside:
		return nil, errors.New("a transaction inside a transaction of a trial")
	case b.one.lost:
		return nil, &unavailableError{errors.New("the connection of a trial broke, and what was done on it is gone")}
	}
	b.one.inside = true
	return b.one, nil
}

// A trial ends its own session; the database stays open.
func (b trialBackend) close() error { return nil }

// trialSession is the one transaction of a trial. Each transaction in it names its scope, sets a
// savepoint, and ends without a commit; one that fails goes back to its savepoint, and what was
// before it stays.
type trialSession struct {
	backend backend
	session session // nil before the first statement
	number  int     // of the savepoint: one that was never set is nobody else's
	inside  bool    // a transaction has it
	marked  bool    // and has sent its savepoint
	after   bool    // another ended well before it
	lost    bool    // what that one did is gone
}

func (t *trialSession) run(ctx context.Context, sc scope, statements []statement, first, last bool) error {
	begins := t.session == nil
	if begins {
		session, err := t.backend.session(ctx, false)
		if err != nil {
			return err
		}
		t.session = session
	}
	if first {
		t.number++
		statements = slices.Concat(t.begin(sc, begins), statements)
		t.marked = true
	}
	err := t.session.run(ctx, sc, statements, begins, false)
	if err == nil && last {
		err = ctx.Err() // which a commit would have asked, see sqliteSession
	}
	return err
}

func (t *trialSession) savepoint() string { return "trial_" + strconv.Itoa(t.number) }

// begin is how a transaction begins. The database's own begin has named the scope of the first one.
func (t *trialSession) begin(sc scope, begins bool) []statement {
	mark := statement{sql: "savepoint " + t.savepoint()}
	pg, ok := t.session.(*pgSession)
	if !ok || begins {
		return []statement{mark}
	}
	return []statement{mark, {
		sql:  "select set_config('app.directory', ?, true), set_config('app.connector', ?, true), set_config('app.reach', ?, true)",
		args: pg.postgres.scopeArguments(sc)[:3],
	}}
}

// rollback ends a transaction that failed, whatever became of the caller's context. A connection
// that cannot even do that is given back, with all that was done on it.
func (t *trialSession) rollback() {
	if !t.marked {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), pgRollbackTimeout)
	defer cancel()
	if t.session.run(ctx, scope{}, []statement{{sql: "rollback to savepoint " + t.savepoint()}}, false, false) != nil {
		t.end()
		t.lost = t.after
	}
	t.marked = false
}

// release ends a transaction's part in the session; its savepoint, if it still has one, stays
// behind unused.
func (t *trialSession) release() {
	t.after = t.after || t.marked
	t.inside, t.marked = false, false
}

func (t *trialSession) connection() *stdsql.Conn { return t.session.connection() }

// end takes everything back and gives the connection back.
func (t *trialSession) end() {
	if t.session != nil {
		t.session.rollback()
		t.session.release()
		t.session = nil
	}
}
