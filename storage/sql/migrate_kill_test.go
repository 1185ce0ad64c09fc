package sql

import (
	"context"
	"errors"
	"io/fs"
	"log/slog"
	"net"
	"strings"
	"sync"
	"testing"
	"testing/fstest"

	"github.com/muster-scim/muster/migrations"
	"github.com/muster-scim/muster/storage/storagetest/pgtest"
)

// TestAMigrationKilledAnywhereIsDoneAgain cuts all connections of a migrating process at every
// single message it sends: before it is sent, and after, so that its answer is lost.
func TestAMigrationKilledAnywhereIsDoneAgain(t *testing.T) {
	t.Parallel()
	d := &deadline{}
	s := newStore(Options{Log: slog.New(slog.DiscardHandler)})
	config, err := pgConfig(pgtest.New(t), Options{})
	if err != nil {
		t.Fatal(err)
	}
	config.ConnConfig.DialFunc = d.dial(config.ConnConfig.DialFunc)
	if err := s.openPool(t.Context(), config); err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	version := func() int64 {
		d.set(0, false)
		v, err := s.Version(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	provider, done, err := s.migrator(migrations.Postgres())
	if err != nil {
		t.Fatal(err)
	}
	defer done()
	if _, err := provider.GetDBVersion(t.Context()); err != nil { // makes the table of versions, which goose tries for seconds
		t.Fatal(err)
	}
	kills := 0
	for n, before := 1, int64(0); before < migrations.Newest(); n++ {
		for _, answered := range []bool{false, true} {
			d.set(n, answered)
			if err := s.migrateUp(t.Context(), migrations.Postgres()); err == nil {
				continue
			}
			kills++
		}
		if now := version(); now != before { // the next migration's messages are counted from its first
			before, n = now, 0
		}
	}
	if err := s.Migrate(t.Context()); err != nil {
		t.Fatalf("after %d kills: %v", kills, err)
	}
	if _, err := s.CreateTenant(t.Context(), "acme"); err != nil || kills < 100 {
		t.Errorf("after %d kills: %v", kills, err)
	}
}

// deadline ends connections at the nth message that is sent.
type deadline struct {
	mu       sync.Mutex
	left     int  // messages; 0 for ever
	answered bool // the last one is sent, and its answer lost
}

var errKilled = errors.New("killed")

func (d *deadline) set(n int, sent bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.left, d.answered = n, sent
}

func (d *deadline) dial(next func(context.Context, string, string) (net.Conn, error)) func(context.Context, string, string) (net.Conn, error) {
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		conn, err := next(ctx, network, address)
		return &mortal{Conn: conn, deadline: d}, err
	}
}

type mortal struct {
	net.Conn
	deadline *deadline
}

func (c *mortal) Write(b []byte) (int, error) {
	d := c.deadline
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.left == 0 {
		return c.Conn.Write(b)
	}
	if d.left--; d.left > 0 {
		return c.Conn.Write(b)
	}
	d.left = 1 // and every message after this one
	if d.answered {
		c.Conn.Write(b)
	}
	c.Conn.Close()
	return 0, errKilled
}

// TestAMigrationThatFailsAnywhereIsDoneAgain is the same for SQLite, which has no connections to
// cut: each migration is made to fail behind every single one of its statements.
func TestAMigrationThatFailsAnywhereIsDoneAgain(t *testing.T) {
	t.Parallel()
	s := open(t, "sqlite://"+t.TempDir()+"/muster.db")
	for version := int64(1); version <= migrations.Newest(); version++ {
		whole := migrationsUpTo(t, migrations.SQLite(), version)
		name, text := lastFile(whole)
		statements := strings.SplitAfter(text[:strings.Index(text, "-- +goose Down")], ";\n")
		for n := 1; n < len(statements); n++ {
			whole[name] = &fstest.MapFile{Data: []byte(strings.Join(statements[:n], "") + "select no_such_function();\n")}
			if err := s.migrateUp(t.Context(), whole); err == nil || !strings.Contains(err.Error(), "no_such_function") {
				t.Fatalf("%s with a mistake behind statement %d: %v", name, n, err)
			}
		}
		if v, err := s.Version(t.Context()); err != nil || v != version-1 {
			t.Fatalf("after failures of %s the version is %d, %v", name, v, err)
		}
		if err := s.migrateUp(t.Context(), migrationsUpTo(t, migrations.SQLite(), version)); err != nil {
			t.Fatalf("%s after its failures: %v", name, err)
		}
	}
	if err := s.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// migrationsUpTo are the migrations as they were when version was the newest.
func migrationsUpTo(t *testing.T, files fs.FS, version int64) fstest.MapFS {
	t.Helper()
	names, err := fs.Glob(files, "*.sql")
	if err != nil {
		t.Fatal(err)
	}
	some := fstest.MapFS{}
	for _, name := range names[:version] {
		text, err := fs.ReadFile(files, name)
		if err != nil {
			t.Fatal(err)
		}
		some[name] = &fstest.MapFile{Data: text}
	}
	return some
}

func lastFile(files fstest.MapFS) (name, text string) {
	for n, f := range files {
		if n > name {
			name, text = n, string(f.Data)
		}
	}
	return name, text
}
