package faults

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/muster-scim/muster/cmd/muster/e2e/cluster"
)

// migrationKilled kills `muster migrate` at every statement that it has executed, once before it
// and once after it, and migrates again: the schema is what it is without a kill. And it starts
// several at once.
func migrationKilled() Scenario {
	return Scenario{
		Name: "migration", Claim: "a migration that is killed anywhere is finished by the next one, and several at once are one",
		Options: cluster.Options{Replicas: 1},
		Instead: func(ctx context.Context, a *Arena) error {
			statements, want, err := a.migrateWhole(ctx)
			if err != nil {
				return err
			}
			a.note("%d statements and %d lines of schema", statements, len(want))
			if err := a.killEverywhere(ctx, statements, want); err != nil {
				return err
			}
			return a.severalAtOnce(ctx, 4, want)
		},
	}
}

// migrator migrates a database of its own, which it empties each time, through a proxy of its own.
type migrator struct {
	*Arena
	name  string
	proxy *frontend
	want  []string // the schema as it should be
}

// migrator makes a database of Muster's owner, and the proxy.
func (a *Arena) migrator(ctx context.Context, name string, want []string) (*migrator, error) {
	if _, err := a.Query(ctx, a.DatabaseURL(), "create database "+name+" owner muster_owner template template0"); err != nil {
		return nil, err
	}
	socket := filepath.Join(a.Dir(), "postgres", ".s.PGSQL."+portOf(a.Postgres().Address()))
	proxy, err := newFrontend(func() (net.Conn, error) { return net.Dial("unix", socket) })
	return &migrator{Arena: a, name: name, proxy: proxy, want: want}, err
}

// empty drops all that is in the database.
func (m *migrator) empty(ctx context.Context) error {
	for _, statement := range []string{"drop schema public cascade", "create schema public authorization pg_database_owner", "grant usage on schema public to public"} {
		if _, err := m.Query(ctx, m.url(), statement); err != nil {
			return fmt.Errorf("emptying %s: %w", m.name, err)
		}
	}
	return nil
}

func portOf(address string) string {
	_, port, _ := net.SplitHostPort(address) // the cluster's own
	return port
}

// migrateWhole migrates without a kill, to know how many statements there are, and the schema.
func (a *Arena) migrateWhole(ctx context.Context) (statements int, schema []string, err error) {
	m, err := a.migrator(ctx, "whole", nil)
	if err != nil {
		return 0, nil, err
	}
	defer m.proxy.close()
	if out, err := m.migrate(ctx, m.proxied()).CombinedOutput(); err != nil {
		return 0, nil, fmt.Errorf("migrating: %w\n%s", err, out)
	}
	schema, err = m.schema(ctx)
	return m.proxy.count(), schema, err
}

// killPoint is a statement, and whether the server still gets it.
type killPoint struct {
	statement int
	after     bool
}

// killingTime bounds the kills of a migration: every one takes a third of a second.
const killingTime = 75 * time.Second

// killEverywhere kills a migration at each of its statements, a few migrations at a time.
func (a *Arena) killEverywhere(ctx context.Context, statements int, want []string) error {
	const atOnce = 3
	points := make(chan killPoint)
	results := make(chan error, atOnce)
	for i := range atOnce {
		go func() { results <- a.killAt(ctx, fmt.Sprint("killed_", i), points, want) }()
	}
	order, begin := a.Random.Perm(2*statements), time.Now()
	for n, at := range order {
		if time.Since(begin) > killingTime {
			a.note("the time was up after %d of %d kills, in random order", n, len(order))
			break
		}
		select {
		case points <- killPoint{at/2 + 1, at%2 == 1}:
			a.Faults++
		case err := <-results:
			close(points)
			return err
		}
	}
	close(points)
	var failed error
	for range atOnce {
		failed = errors.Join(failed, <-results)
	}
	return failed
}

// killAt kills migrations at points and finishes them.
func (a *Arena) killAt(ctx context.Context, name string, points <-chan killPoint, want []string) error {
	m, err := a.migrator(ctx, name, want)
	if err != nil {
		return err
	}
	defer m.proxy.close()
	for p := range points {
		cmd := m.migrate(ctx, m.proxied())
		m.proxy.arm(p.statement, p.after, func() { _ = cmd.Process.Kill() }) // it may have ended
		if out, err := cmd.CombinedOutput(); err == nil {
			m.watch.report(found(honesty, Wrong, "a migration that was to be killed at statement %d ended well:\n%s", p.statement, out))
		}
		if out, err := m.migrate(ctx, m.direct()).CombinedOutput(); err != nil {
			m.watch.report(found(recovery, Wrong, "a migration that was killed at statement %d cannot be finished: %v\n%s", p.statement, err, out))
		}
		if err := m.compare(ctx, fmt.Sprintf("a migration that was killed at statement %d", p.statement)); err != nil {
			return err
		}
		if err := m.empty(ctx); err != nil {
			return err
		}
	}
	return nil
}

// severalAtOnce starts migrations of one database at the same time.
func (a *Arena) severalAtOnce(ctx context.Context, n int, want []string) error {
	m, err := a.migrator(ctx, "several", want)
	if err != nil {
		return err
	}
	defer m.proxy.close()
	var running sync.WaitGroup
	for range n {
		running.Go(func() {
			if out, err := m.migrate(ctx, m.direct()).CombinedOutput(); err != nil {
				m.watch.report(found(recovery, Wrong, "%d migrations at once: one ended with %v\n%s", n, err, out))
			}
		})
	}
	running.Wait()
	a.Faults++
	return m.compare(ctx, fmt.Sprintf("%d migrations at once", n))
}

// compare compares the database's schema with the one it should have.
func (m *migrator) compare(ctx context.Context, who string) error {
	got, err := m.schema(ctx)
	if err != nil {
		return err
	}
	for _, line := range got {
		if !slices.Contains(m.want, line) {
			m.watch.report(found(recovery, Wrong, "%s left what does not belong there: %s", who, line))
		}
	}
	for _, line := range m.want {
		if !slices.Contains(got, line) {
			m.watch.report(found(recovery, Wrong, "%s lacks: %s", who, line))
		}
	}
	return nil
}

// migrate is the command that migrates a database, by one of the two ways to PostgreSQL.
func (m *migrator) migrate(ctx context.Context, host string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, m.Binary, "migrate")
	cmd.Dir = m.dir
	for _, variable := range os.Environ() {
		if !strings.HasPrefix(variable, "MUSTER_") && !strings.HasPrefix(variable, "PG") {
			cmd.Env = append(cmd.Env, variable)
		}
	}
	password, _ := os.ReadFile(filepath.Join(m.Dir(), "secrets", "owner_password")) // without it nothing starts
	cmd.Env = append(cmd.Env, "MUSTER_DATABASE_URL=postgres://muster_owner:"+strings.TrimSpace(string(password))+"@/"+m.name+"?sslmode=disable&"+host)
	return cmd
}

// proxied and direct are the two ways to PostgreSQL. Both end at its socket, where the owner may
// use any database.
func (m *migrator) proxied() string {
	host, port, _ := net.SplitHostPort(m.proxy.address()) // our own
	return url.Values{"host": {host}, "port": {port}}.Encode()
}

func (m *migrator) direct() string {
	return url.Values{"host": {filepath.Join(m.Dir(), "postgres")}, "port": {portOf(m.Postgres().Address())}}.Encode()
}

// schemaQuery lists all that a migration makes, a line each: columns, indexes, constraints,
// policies, triggers, functions, grants, and which migrations were applied.
const schemaQuery = `
	select format('column %s.%s %s %s %s', table_name, column_name, data_type, is_nullable, column_default) from information_schema.columns where table_schema = 'public'
	union all select format('index %s %s', pg_get_indexdef(i.indexrelid), i.indisvalid) from pg_index i join pg_class c on c.oid = i.indrelid join pg_namespace n on n.oid = c.relnamespace where n.nspname = 'public'
	union all select format('constraint %s %s', conname, pg_get_constraintdef(c.oid)) from pg_constraint c join pg_namespace n on n.oid = c.connamespace where n.nspname = 'public'
	union all select format('policy %s %s %s %s %s %s', tablename, policyname, roles, cmd, qual, with_check) from pg_policies where schemaname = 'public'
	union all select format('table %s rls %s %s grants %s options %s', relname, relrowsecurity, relforcerowsecurity, relacl, reloptions) from pg_class c join pg_namespace n on n.oid = c.relnamespace where n.nspname = 'public' and relkind in ('r', 'S', 'v')
	union all select format('trigger %s', pg_get_triggerdef(t.oid)) from pg_trigger t where not t.tgisinternal
	union all select format('function %s', pg_get_functiondef(p.oid)) from pg_proc p join pg_namespace n on n.oid = p.pronamespace where n.nspname = 'public' and p.prokind = 'f'
	union all select format('applied %s', version_id) from goose_db_version where is_applied
	union all select format('directory %s', name) from directories
	order by 1`

func (m *migrator) schema(ctx context.Context) (lines []string, err error) {
	rows, err := m.Query(ctx, m.url(), schemaQuery)
	if err != nil {
		return nil, fmt.Errorf("reading the schema of %s: %w", m.name, err)
	}
	for _, row := range rows {
		lines = append(lines, row[0])
	}
	if len(lines) == 0 {
		return nil, errors.New("the schema is empty")
	}
	return lines, nil
}

// url is the superuser's way to the database.
func (m *migrator) url() string {
	return strings.Replace(m.DatabaseURL(), "/muster?", "/"+m.name+"?", 1)
}
