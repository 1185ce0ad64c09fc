package sql

import (
	"context"
	"errors"
	"path/filepath"
	"testing"

	"github.com/muster-scim/muster/migrations"
	"github.com/muster-scim/muster/storage/storagetest/pgtest"
	"io/fs"
	"log/slog"
)

// onBoth runs a test on a fresh, migrated database of each kind.
func onBoth(t *testing.T, f func(t *testing.T, s *Store)) {
	t.Helper()
	t.Run("sqlite", func(t *testing.T) {
		t.Parallel()
		f(t, newSQLite(t))
	})
	t.Run("postgres", func(t *testing.T) {
		t.Parallel()
		f(t, newPostgres(t))
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

func newPostgres(t testing.TB) *Store {
	t.Helper()
	return open(t, postgresURL(t))
}

// postgresURL names a fresh database with the current schema.
func postgresURL(t testing.TB) string {
	t.Helper()
	return pgtest.Template(t, "muster "+schemaText(t), func(url string) {
		s, err := Open(context.Background(), url, Options{Log: slog.New(slog.DiscardHandler)})
		if err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(s.Migrate(context.Background()), s.Close()); err != nil {
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
	s, err := Open(t.Context(), url, Options{Log: slog.New(slog.DiscardHandler)})
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
