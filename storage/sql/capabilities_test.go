package sql

import (
	"errors"
	"testing"
)

// A database whose locks are functions that only say yes is refused.
func TestLocksThatDoNothingAreRefused(t *testing.T) {
	url := postgresURL(t)
	s, err := Open(t.Context(), url, Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if err := s.CheckLocks(t.Context()); err != nil {
		t.Errorf("PostgreSQL's own locks: %v", err)
	}
	err = s.write(t.Context(), noConnector, func(t *tx) error {
		t.exec(nil, "create schema toothless")
		t.exec(nil, "create function toothless.pg_advisory_xact_lock(bigint) returns void language sql as ''")
		t.exec(nil, "create function toothless.pg_try_advisory_xact_lock(bigint) returns boolean language sql as 'select true'")
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	toothless, err := Open(t.Context(), url+"&search_path=toothless,pg_catalog", Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer toothless.Close()
	if err := toothless.CheckLocks(t.Context()); !errors.Is(err, errNoLocks) {
		t.Errorf("locks that do nothing: %v", err)
	}
}
