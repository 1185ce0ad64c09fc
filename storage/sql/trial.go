package sql

import (
	"context"
	stdsql "database/sql"
	"errors"

	"github.com/muster-scim/muster/directory"
)

// Try runs f on a Store whose every transaction, read or write, is a part of one that is rolled
// back at the end; see directory.Trying. Nothing in f knows: statements run, locks are taken,
// indexes refuse, and what was written is read again.
func (s *Store) Try(ctx context.Context, f func(directory.Store) error) error {
	session := &trialSession{backend: s.db}
	defer session.rollback()
	trial := &Store{db: trialBackend{s.db, session}, orm: s.orm, log: s.log, now: s.now, secret: s.secret}
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
	if b.one.inside {
		return nil, errors.New("a transaction inside a transaction of a trial")
	}
	b.one.inside = true
	return b.one, nil
}

// A trial ends its own session; the database stays open.
func (b trialBackend) close() error { return nil }

// trialSession is the one transaction of a trial. Each transaction in it begins by naming its
// scope and ends without a commit; one that fails takes all that was before it along.
type trialSession struct {
	backend backend
	session session // nil before the first statement, and after a failure
	inside  bool    // a transaction has it
}

func (t *trialSession) run(ctx context.Context, sc scope, statements []statement, first, _ bool) error {
	begins := t.session == nil
	if begins {
		session, err := t.backend.session(ctx, false)
		if err != nil {
			return err
		}
		t.session = session
	}
	if pg, ok := t.session.(*pgSession); ok && first && !begins {
		// The begin of the first transaction has named its own scope.
		statements = append([]statement{{
			sql:  "select set_config('app.directory', ?, true), set_config('app.connector', ?, true), set_config('app.reach', ?, true)",
			args: pg.postgres.scopeArguments(sc)[:3],
		}}, statements...)
	}
	return t.session.run(ctx, sc, statements, begins, false)
}

func (t *trialSession) rollback() {
	if t.session != nil {
		t.session.rollback()
		t.session.release()
		t.session = nil
	}
}

func (t *trialSession) release() { t.inside = false }

func (t *trialSession) connection() *stdsql.Conn { return t.session.connection() }
