package sql

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"testing"

	"github.com/muster-scim/muster/migrations"
	"github.com/muster-scim/muster/storage/storagetest/pgtest"
	"io/fs"
	"log/slog"
)

// onBoth runs a test on a fresh, migrated database of each kind: on PostgreSQL as the role that
// serves, whom the row policies bind.
func onBoth(t *testing.T, f func(t *testing.T, s *Store)) {
	t.Helper()
	onEach(t, f, newPostgres)
}

// onBothAsOwner is onBoth for tests that make tables of their own.
func onBothAsOwner(t *testing.T, f func(t *testing.T, s *Store)) {
	t.Helper()
	onEach(t, f, newOwner)
}

func onEach(t *testing.T, f func(t *testing.T, s *Store), postgres func(testing.TB) *Store) {
	t.Helper()
	t.Run("sqlite", func(t *testing.T) {
		t.Parallel()
		f(t, newSQLite(t))
	})
	t.Run("postgres", func(t *testing.T) {
		t.Parallel()
		f(t, postgres(t))
	})
}

func newSQLite(t testing.TB) *Store {
	t.Helper()
	s := open(t, "sqlite://"+filepath.Join(t.TempDir(), "muster.db"))
	if err := s.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	return s
}

// newPostgres is a database as a deployment with two roles has it: migrated by its owner and
// opened as the role that serves.
func newPostgres(t testing.TB) *Store {
	t.Helper()
	return open(t, servedURL(t))
}

// newOwner is a database opened as its owner, who here is a superuser.
func newOwner(t testing.TB) *Store {
	t.Helper()
	return open(t, postgresURL(t))
}

// servedURL names a fresh database with the current schema, for the role that serves.
func servedURL(t testing.TB) string {
	t.Helper()
	return pgtest.AsRole(t, postgresURL(t), appRole)
}

// appRole is the application's role; every database of postgresURL grants to it.
const appRole = "muster_test_app"

// postgresURL names a fresh database with the current schema, for its owner.
func postgresURL(t testing.TB) string {
	t.Helper()
	return pgtest.Template(t, "muster "+schemaText(t)+fmt.Sprint(grants), func(url string) {
		pgtest.AsRole(t, url, appRole)
		s, err := Open(context.Background(), url, Options{Log: slog.New(slog.DiscardHandler)})
		if err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(s.Migrate(context.Background()), s.GrantTo(context.Background(), appRole), s.Close()); err != nil {
			t.Fatal(err)
		}
	})
}

func schemaText(t testing.TB) string {
	t.Helper()
	var all []byte
	names, err := fs.Glob(migrations.Postgres(), "*.sql")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		text, err := fs.ReadFile(migrations.Postgres(), name)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, text...)
	}
	return string(all)
}

func open(t testing.TB, url string) *Store {
	t.Helper()
	s, err := Open(t.Context(), url, Options{Log: slog.New(slog.DiscardHandler), ForceRetries: forcedShare(t)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Errorf("closing: %v", err)
		}
	})
	return s
}

// forcedShare is how many transactions fail on purpose: MUSTER_TEST_FORCE_RETRIES, see forced.go.
// The contracts hold all the same; tests that count tries or round trips do not.
func forcedShare(t testing.TB) float64 {
	t.Helper()
	given := os.Getenv("MUSTER_TEST_FORCE_RETRIES")
	if given == "" {
		return 0
	}
	share, err := strconv.ParseFloat(given, 64)
	if err != nil {
		t.Fatalf("MUSTER_TEST_FORCE_RETRIES: %v", err)
	}
	return share
}
