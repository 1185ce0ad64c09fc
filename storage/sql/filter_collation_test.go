package sql

import (
	"context"
	"net/url"
	"strings"
	"testing"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/muster-scim/muster/storage/storagetest/pgtest"
)

// newDictionary is a PostgreSQL database that sorts text as a dictionary does (ICU, en-US): what
// leaves an order to the database's collation shows there.
func newDictionary(t testing.TB) *Store {
	t.Helper()
	base := pgtest.New(t)
	conn, err := pgx.Connect(t.Context(), base)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(t.Context())
	name := "dictionary_" + strings.ReplaceAll(uuid.NewString(), "-", "")
	_, err = conn.Exec(t.Context(), "create database "+name+" template template0 encoding 'UTF8' locale 'C' locale_provider icu icu_locale 'en-US'")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { dropDatabase(t, base, name) })
	u, err := url.Parse(base)
	if err != nil {
		t.Fatal(err)
	}
	u.Path = "/" + name
	s := open(t, u.String())
	if err := s.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	return s
}

// dropDatabase runs when the test is over, and its context with it.
func dropDatabase(t testing.TB, base, name string) {
	ctx := context.Background()
	conn, err := pgx.Connect(ctx, base)
	if err != nil {
		t.Logf("dropping %s: %v", name, err)
		return
	}
	defer conn.Close(ctx)
	if _, err := conn.Exec(ctx, "drop database if exists "+name+" with (force)"); err != nil {
		t.Logf("dropping %s: %v", name, err)
	}
}
