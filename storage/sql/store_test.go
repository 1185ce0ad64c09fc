package sql

import (
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/muster-scim/muster/directory"
	"github.com/muster-scim/muster/storage/storagetest"
)

func TestStoreOnSQLite(t *testing.T) {
	storagetest.TestStore(t, func(t *testing.T) storagetest.Backend { return newSQLite(t) })
}

func TestStoreOnPostgres(t *testing.T) {
	storagetest.TestStore(t, func(t *testing.T) storagetest.Backend { return newPostgres(t) })
}

// TestWorkersPassOverWhatOthersHold is PostgreSQL's alone: on SQLite the second worker waits for
// the first, as there is one writer at a time.
func TestWorkersPassOverWhatOthersHold(t *testing.T) {
	t.Parallel()
	s, ctx, now := newPostgres(t), t.Context(), time.Now()
	main := directory.Scope{Directory: uuid.MustParse("00000000-0000-7000-8000-000000000001")}
	first, second := uuid.Must(uuid.NewV7()), uuid.Must(uuid.NewV7())
	err := s.Write(ctx, main, func(tx directory.Tx) error {
		tx.Save(&directory.Changes{Queue: []directory.QueueRow{{Record: first, Due: now.Add(-time.Minute)}, {Record: second, Due: now}}})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	take := func(tx directory.Tx, limit int, want ...uuid.UUID) {
		got, err := tx.DueRecords(ctx, now, limit)
		if err != nil || !slices.Equal(got, want) {
			t.Errorf("took %v (%v), want %v", got, err, want)
		}
	}
	err = s.Write(ctx, main, func(one directory.Tx) error {
		take(one, 1, first)
		return s.Write(ctx, main, func(two directory.Tx) error {
			take(two, 10, second)
			return nil
		})
	})
	if err != nil {
		t.Fatal(err)
	}
}
