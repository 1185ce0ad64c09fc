// Package pgtest gives tests throw-away PostgreSQL databases.
//
// Every call of New or Template is one empty (or freshly migrated) database of its own, dropped
// when the test ends, so tests may run in parallel and never see each other's rows. The server
// behind them is the one MUSTER_TEST_POSTGRES_URL names, which is how a whole test run shares
// one (see the command withpg); without it each test process starts a private server on a unix
// socket when it first needs one. That server ends with the process, however the process ends.
//
// Only tests and benchmarks may import this package.
package pgtest

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/url"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// Variable names the environment variable that holds the URL of a server on which the caller
// may create and drop databases.
const Variable = "MUSTER_TEST_POSTGRES_URL"

// timeout bounds each statement of this package, so that a server that hangs is a failed test.
const timeout = time.Minute

// New returns the URL of a fresh, empty database, which is dropped at the end of the test.
func New(t testing.TB) string {
	t.Helper()
	return create(t, server(t), "")
}

// Template returns the URL of a fresh copy of a template database, which is dropped at the end
// of the test. The template is made by build the first time its key is asked for on this
// server; after that a copy costs some fifty milliseconds. The key must change whenever what
// build makes changes (a hash of the migrations does). build must have closed its connections
// when it returns, and may end the test.
func Template(t testing.TB, key string, build func(url string)) string {
	t.Helper()
	admin := server(t)
	sum := sha256.Sum256([]byte(key))
	name := "muster_template_" + hex.EncodeToString(sum[:8])
	if err := ensureTemplate(admin, name, build); err != nil {
		t.Fatalf("pgtest: making the template database for %q: %v", key, err)
	}
	return create(t, admin, name)
}

// create makes a database out of a template ("" for an empty one) and returns its URL.
func create(t testing.TB, admin, template string) string {
	t.Helper()
	name := "muster_test_" + randomName()
	statement := "CREATE DATABASE " + name
	if template != "" {
		statement += " TEMPLATE " + template
	}
	if err := run(admin, statement); err != nil {
		t.Fatalf("pgtest: %v", err)
	}
	t.Cleanup(func() {
		if err := run(admin, "DROP DATABASE IF EXISTS "+name+" WITH (FORCE)"); err != nil {
			t.Logf("pgtest: %v", err)
		}
	})
	return withDatabase(admin, name)
}

// templates serialises the making of templates in this process; an advisory lock does so
// between the processes that share a server.
var templates sync.Mutex

// ensureTemplate makes the template unless it is there and complete. A template that was left
// half-made, because build failed or its process died, carries no comment and is made anew.
func ensureTemplate(admin, name string, build func(url string)) error {
	templates.Lock()
	defer templates.Unlock()
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Minute)
	defer cancel()
	conn, err := pgx.Connect(ctx, admin)
	if err != nil {
		return fmt.Errorf("connecting to the test server: %w", err)
	}
	defer conn.Close(context.Background())
	if _, err := conn.Exec(ctx, "SELECT pg_advisory_lock(hashtext($1))", name); err != nil {
		return fmt.Errorf("locking the template: %w", err)
	}
	var ready bool
	err = conn.QueryRow(ctx, `SELECT EXISTS (SELECT 1 FROM pg_database d
		JOIN pg_shdescription s ON s.objoid = d.oid AND s.classoid = 'pg_database'::regclass
		WHERE d.datname = $1 AND s.description = 'ready')`, name).Scan(&ready)
	if err != nil {
		return fmt.Errorf("looking for the template: %w", err)
	}
	if ready {
		return nil
	}
	for _, statement := range []string{
		"DROP DATABASE IF EXISTS " + name + " WITH (FORCE)",
		"CREATE DATABASE " + name,
	} {
		if _, err := conn.Exec(ctx, statement); err != nil {
			return fmt.Errorf("%s: %w", statement, err)
		}
	}
	build(withDatabase(admin, name))
	if _, err := conn.Exec(ctx, "COMMENT ON DATABASE "+name+" IS 'ready'"); err != nil {
		return fmt.Errorf("marking the template as complete: %w", err)
	}
	return nil
}

// lazy starts this process's own server, once.
var lazy = sync.OnceValues(func() (*Server, error) { return Start(Options{}) })

// server returns the URL of the server's administrative database.
func server(t testing.TB) string {
	t.Helper()
	if given := os.Getenv(Variable); given != "" {
		return given
	}
	own, err := lazy()
	if err != nil {
		t.Fatalf("pgtest: %v", err)
	}
	return own.URL
}

// run executes one statement on a connection of its own.
func run(admin, statement string) error {
	ctx, cancel := context.WithTimeout(context.Background(), timeout)
	defer cancel()
	conn, err := pgx.Connect(ctx, admin)
	if err != nil {
		return fmt.Errorf("connecting to the test server: %w", err)
	}
	defer conn.Close(context.Background())
	if _, err := conn.Exec(ctx, statement); err != nil {
		return fmt.Errorf("%s: %w", statement, err)
	}
	return nil
}

// withDatabase returns the server's URL with another database in it.
func withDatabase(admin, name string) string {
	u, err := url.Parse(admin)
	if err != nil { // the connection before would have failed
		panic(fmt.Sprintf("pgtest: %s is no URL: %v", Variable, err))
	}
	u.Path = "/" + name
	return u.String()
}

func randomName() string {
	var b [8]byte
	rand.Read(b[:])
	return hex.EncodeToString(b[:])
}
