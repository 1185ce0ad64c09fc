package sql

import (
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/muster-scim/muster/migrations"
)

// TestPostgresProgramsAreNotToldThePasswordInTheOpen: what ps shows of a backup holds no password,
// and neither does what it gives to its children.
func TestPostgresProgramsAreNotToldThePasswordInTheOpen(t *testing.T) {
	bin := t.TempDir()
	for _, name := range []string{"pg_dump", "psql"} {
		if err := os.WriteFile(bin+"/"+name, []byte("#!/bin/sh\n"), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	t.Setenv("PATH", bin)
	t.Setenv("MUSTER_DATABASE_URL", "postgres://muster:hunter%402@db.example:6543/people")
	tools, err := findTools("postgres://muster:hunter%402@db.example:6543/people?sslmode=require&pool_max_conns=3&search_path=app", Options{}, "pg_dump", "psql")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"pg_dump", "psql"} {
		cmd := tools.command(t.Context(), name, "--flag")
		if open := strings.Join(append(cmd.Args, cmd.Env...), "\n"); strings.Contains(open, "hunter") || !strings.Contains(open, "PGSERVICEFILE=") {
			t.Errorf("%s is told\n%s", name, open)
		}
	}
	text, err := os.ReadFile(tools.service())
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range []string{"host=db.example", "port=6543", "dbname=people", "user=muster", "password=hunter@2", "sslmode=require"} {
		if !slices.Contains(strings.Split(string(text), "\n"), line) {
			t.Errorf("the service file lacks %s:\n%s", line, text)
		}
	}
	if strings.Contains(string(text), "pool_max_conns") || !strings.Contains(string(text), "-c app.reach=everything") || !strings.Contains(string(text), "search_path=app") {
		t.Errorf("the service file is\n%s", text)
	}
	if info, err := os.Stat(tools.service()); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the service file can be read by others: %v %v", info, err)
	}
	if err := tools.close(); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(tools.service()); !os.IsNotExist(err) {
		t.Errorf("the service file is still there: %v", err)
	}
}

// TestARestoreDropsEverythingThatMigrationsMake: what it forgets would be in the way of the copy.
func TestARestoreDropsEverythingThatMigrationsMake(t *testing.T) {
	t.Parallel()
	ours := ourObjects()
	for _, g := range grants {
		if !slices.Contains(ours, pgObject{"table", g.table}) {
			t.Errorf("table %s is not known as ours", g.table)
		}
	}
	if !slices.Contains(ours, pgObject{"function", "drop_sealed_events"}) || len(ours) < len(grants) || migrations.Newest() == 0 {
		t.Errorf("known as ours are only %v", ours)
	}
}
