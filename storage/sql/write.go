package sql

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/muster-scim/muster/directory"
	"github.com/muster-scim/muster/scim"
)

var _ directory.Store = (*Store)(nil)

// work is one transaction as the directory sees it.
type work struct {
	*tx

	locked    bool  // the directory's lock is held, and so epoch holds
	exclusive bool  // … alone
	epoch     int64 // of the directory, read under its lock

	// Members that name nothing and the records they wait for may pass each other: neither
	// transaction sees the other's row. Whoever brings a record therefore holds the lock of the
	// connector's arrivals shared, and whoever keeps an unresolved member holds it alone. Only
	// after resolving is it known that one has to be kept; then the transaction starts again.
	waits        bool // hold the lock of arrivals alone
	keepsWaiting bool // an unresolved member was saved without it

	growth  map[uuid.UUID]int64 // change of the group records' member counts
	touched map[uuid.UUID]bool
	touch   int64 // the time that touched group records get

	record      *directory.RecordRow // being written; its name may be taken
	displayName string               // of the group record being written, likewise
	claims      *directory.UniqueChange
}

// Unique indexes whose violation means that another transaction was first, and those that an
// IdP hears of.
const (
	indexUserName        = "users_user_name"
	indexGroupName       = "groups_display_name"
	indexDirectoryName   = "directories_name_key_key"
	indexJobsRunning     = "jobs_running"
	indexImportsRunning  = "imports_running"
	indexRecordUserName  = "user_records_user_name"
	indexGroupRecordName = "group_records_display_name"
)

// Write runs f in one transaction of the scope; see directory.Store.
func (s *Store) Write(ctx context.Context, sc directory.Scope, f func(directory.Tx) error) error {
	waits := false
	for try := 1; ; try++ {
		var w *work
		err := s.write(ctx, inDirectory(sc.Directory, sc.Connector), func(t *tx) error {
			w = &work{tx: t, waits: waits}
			if err := f(w); err != nil {
				if errors.Is(err, directory.ErrAgain) {
					return fmt.Errorf("%w: %w", errAgain, err)
				}
				return err
			}
			if w.keepsWaiting && t.pg() {
				waits = true
				return errAgain
			}
			w.saveTouches()
			return nil
		})
		switch {
		case err == nil:
			return nil
		case isDuplicate(err, indexUserName, indexGroupName):
			if try < writeTries && s.rest(ctx, time.Duration(try)*firstPause) == nil {
				continue
			}
			return fmt.Errorf("%w: %w", directory.ErrAgain, err)
		case isDuplicate(err, indexDirectoryName):
			return &directory.RefusedError{Code: "directoryTaken", Detail: "a directory of that name exists already; choose another name"}
		case isDuplicate(err, indexJobsRunning):
			return directory.ErrJobRunning
		case isDuplicate(err, indexImportsRunning):
			return &directory.RefusedError{Code: "importRunning", Detail: "another import of this directory is being applied; wait for it or cancel it"}
		case isDuplicate(err, indexRecordUserName):
			return &directory.DuplicateError{Attribute: "userName", Value: scim.ParseDocument(w.record.JSON).UserName()}
		case isDuplicate(err, indexUniqueValues):
			return s.taken(ctx, w.claims)
		case isDuplicate(err, indexGroupRecordName):
			return &directory.DuplicateError{Attribute: "displayName", Value: w.displayName}
		}
		return err
	}
}

// Look runs f on one moment of the database; see directory.Store.
func (s *Store) Look(ctx context.Context, sc directory.Scope, f func(directory.Tx) error) error {
	return s.read(ctx, inDirectory(sc.Directory, sc.Connector), func(t *tx) error {
		return f(&work{tx: t})
	})
}

// locking is a row lock's words. SQLite, with its one writer, and transactions that only read do
// without.
func (t *tx) locking(words string) string {
	if t.pg() && !t.readOnly {
		return " " + words
	}
	return ""
}

// oneOf is in, but for a single id an equation: its plan is cached, that of a list is often not.
func (t *tx) oneOf(column string, ids []uuid.UUID) (condition string, arg any) {
	if len(ids) == 1 {
		return column + " = ?", ids[0]
	}
	return t.in(column, ids)
}

// oneOfText is oneOf for a column of text.
func (t *tx) oneOfText(column string, values []string) (condition string, arg any) {
	if len(values) == 1 {
		return column + " = ?", values[0]
	}
	return t.inText(column, values)
}
