package pgtest

import (
	"context"
	"errors"
	"net/url"
	"slices"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// AsRole returns the URL of the same database for an ordinary role of that name: one that can log
// in and has no privilege that it was not granted. The role is made when it is not there; roles
// belong to the server, and stay.
func AsRole(t testing.TB, database, role string) string {
	t.Helper()
	name := pgx.Identifier{role}.Sanitize()
	err := run(server(t), "CREATE ROLE "+name+" LOGIN PASSWORD 'muster'")
	var refused *pgconn.PgError
	there := []string{"42710", "23505"} // duplicate_object; and when two make it at once
	if err != nil && !(errors.As(err, &refused) && slices.Contains(there, refused.Code)) {
		t.Fatalf("pgtest: %v", err)
	}
	u, err := url.Parse(database)
	if err != nil {
		t.Fatalf("pgtest: %s is no URL: %v", database, err)
	}
	u.User = url.UserPassword(role, "muster")
	return u.String()
}

// Run executes one statement on a database, on a connection of its own.
func Run(t testing.TB, database, statement string) {
	t.Helper()
	if err := run(database, statement); err != nil {
		t.Fatalf("pgtest: %v", err)
	}
}

// Number reads one number from a database, on a connection of its own.
func Number(t testing.TB, database, query string) (n int64) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), timeout)
	defer cancel()
	conn, err := pgx.Connect(ctx, database)
	if err != nil {
		t.Fatalf("pgtest: %v", err)
	}
	defer conn.Close(context.Background())
	if err := conn.QueryRow(ctx, query).Scan(&n); err != nil {
		t.Fatalf("pgtest: %s: %v", query, err)
	}
	return n
}
