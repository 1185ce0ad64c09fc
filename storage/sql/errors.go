package sql

import (
	"context"
	"errors"
	"fmt"
	"slices"
)

// errAgain makes write run its function again: what the transaction relied on is taken.
var errAgain = errors.New("another transaction was first; try again")

// errReferenced says that a foreign key refused a statement: rows that are to go are still in
// use, or rows that are to come point to nothing.
var errReferenced = errors.New("a foreign key refused it")

// duplicateError says which unique index refused a row. Index is the index's name, the same on
// both databases: as the migration calls it, table_pkey for a primary key and
// table_column_column_key for a column's own "unique".
type duplicateError struct {
	Index string
	cause error
}

func (e *duplicateError) Error() string { return "already taken, says the index " + e.Index }
func (e *duplicateError) Unwrap() error { return e.cause }

// isDuplicate says whether err is a violation of one of the unique indexes.
func isDuplicate(err error, indexes ...string) bool {
	var d *duplicateError
	return errors.As(err, &d) && (len(indexes) == 0 || slices.Contains(indexes, d.Index))
}

// unknownOutcomeError says that the connection broke while the commit was on its way. The
// transaction may be durable or not; it must be neither acknowledged nor repeated.
type unknownOutcomeError struct{ cause error }

func (e *unknownOutcomeError) Error() string {
	return fmt.Sprintf("the connection broke during the commit, whose outcome is unknown: %v", e.cause)
}
func (e *unknownOutcomeError) Unwrap() error { return e.cause }

// unavailableError is a failure of the database, not of the request: the same request may
// succeed a little later. The outside says so by Unavailable.
type unavailableError struct{ cause error }

func (e *unavailableError) Error() string {
	return "the database cannot answer just now: " + e.cause.Error()
}
func (e *unavailableError) Unwrap() error     { return e.cause }
func (e *unavailableError) Unavailable() bool { return true }

// lateError is the error of a row's callback in the batch that also committed.
type lateError struct{ cause error }

func (e *lateError) Error() string {
	return fmt.Sprintf("reading what was committed: %v", e.cause)
}
func (e *lateError) Unwrap() error { return e.cause }

// translate gives an error of the database the form that this package's callers act on.
func (s *Store) translate(ctx context.Context, err error) error {
	if err == nil {
		return nil
	}
	if errors.Is(err, errAgain) || errors.Is(err, errForced) {
		return &unavailableError{fmt.Errorf("gave up after %d tries: %w", writeTries, err)}
	}
	var done *duplicateError
	if errors.As(err, &done) || errors.Is(err, errReferenced) {
		return err
	}
	if index, ok := s.db.duplicate(err); ok {
		return &duplicateError{Index: s.indexName(ctx, index), cause: err}
	}
	if s.db.referenced(err) {
		return fmt.Errorf("%w: %w", errReferenced, err)
	}
	var unknown *unknownOutcomeError
	if errors.As(err, &unknown) || s.db.again(err) || s.db.lost(err) || s.db.exhausted(err) {
		return &unavailableError{err}
	}
	return err
}
