package sql

import (
	"context"
	"errors"
	"math/rand/v2"

	"github.com/jackc/pgx/v5/pgconn"
)

// A database may ask for any transaction to be run again, and seldom does. With
// Options.ForceRetries a share of them fails on purpose, so that tests meet what a busy day
// brings: nothing of the failed try is kept, and what it did is done once all the same.

// fate is where a transaction that is to fail does so.
type fate int

const (
	spared    fate = iota
	atBegin        // before anything is sent
	afterTrip      // when its first statements have run, locks and all
	atCommit       // when all have run; it is rolled back instead
)

// forcedTries is how often in a row one transaction can be made to fail: less than it is tried,
// so that it is never given up for this alone.
const forcedTries = writeTries / 2

// errForced stands for a busy database on SQLite.
var errForced = errors.New("forced: the database asks for another try")

// fateOf decides about one try of a transaction. A reader fails at its begin only: once it has
// shown rows it cannot be run again.
func (s *Store) fateOf(readOnly bool, try int) fate {
	switch {
	case s.forceRetries == 0 || try > forcedTries || rand.Float64() >= s.forceRetries:
		return spared
	case readOnly:
		return atBegin
	}
	return atBegin + fate(rand.IntN(3))
}

// doomed is a session that fails where its fate says.
type doomed struct {
	session
	fate  fate
	cause error
}

func (s *Store) doom(inner session, f fate) session {
	if f == spared {
		return inner
	}
	cause := errForced
	if s.isPostgres() {
		cause = &pgconn.PgError{Severity: "ERROR", Code: pgSerializationFailure, Message: "forced: could not serialize access"}
	}
	return &doomed{inner, f, cause}
}

func (d *doomed) run(ctx context.Context, sc scope, statements []statement, first, last bool) error {
	if d.fate == atBegin {
		return d.cause
	}
	if first || len(statements) > 0 {
		if err := d.session.run(ctx, sc, statements, first, false); err != nil {
			return err
		}
	}
	if last || d.fate == afterTrip {
		return d.cause
	}
	return nil
}
