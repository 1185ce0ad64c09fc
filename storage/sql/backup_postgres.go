package sql

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/muster-scim/muster/migrations"
)

// backupPostgres lets pg_dump write what one snapshot of the database holds, and asks the same
// snapshot what that is. Nobody waits for it.
func backupPostgres(ctx context.Context, url string, o Options, to string) (c Copy, err error) {
	tools, err := findTools(url, o, "pg_dump")
	if err != nil {
		return c, err
	}
	defer func() { err = errors.Join(err, tools.close()) }()
	conn, err := connectWhole(ctx, url, o)
	if err != nil {
		return c, err
	}
	defer conn.Close(context.WithoutCancel(ctx))
	tx, err := conn.BeginTx(ctx, pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly})
	if err != nil {
		return c, err
	}
	var snapshot string
	c = Copy{Engine: EnginePostgres, Rows: map[string]int64{}}
	ask := func(query string, to ...any) error { return tx.QueryRow(ctx, query).Scan(to...) }
	if err := ask("select pg_export_snapshot(), current_schema()::text", &snapshot, &c.Namespace); err != nil {
		return c, fmt.Errorf("taking a snapshot: %w", err)
	}
	if err := c.fill(ask); err != nil {
		return c, err
	}
	f, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return c, err
	}
	// The row policies hold the tables' owner too; the tools' own session lets everything through.
	cmd := tools.command(ctx, "pg_dump", "--format=custom", "--enable-row-security", "--no-password", "--lock-wait-timeout=30000",
		"--snapshot="+snapshot, "--schema="+pgx.Identifier{c.Namespace}.Sanitize())
	cmd.Stdout = f
	err = tools.run(cmd)
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return c, err
	}
	if err := tx.Rollback(ctx); err != nil {
		return c, err
	}
	if err := syncFolder(to); err != nil {
		return c, err
	}
	_, err = conn.Exec(ctx, noteBackup, lastBackup, []byte(time.Now().UTC().Format(time.RFC3339)))
	if pgCode(err) == pgInsufficientPrivilege {
		err = nil // a role that only reads makes backups as well; nobody is told when
	}
	return c, wrap(err, "noting the backup")
}

// connectWhole is a connection that sees every row and may take its time.
func connectWhole(ctx context.Context, url string, o Options) (*pgx.Conn, error) {
	config, err := pgConfig(url, o)
	if err != nil {
		return nil, err
	}
	params := config.ConnConfig.RuntimeParams
	if params[poolerParameter] != "" {
		return nil, errors.New("a backup needs a session of its own, which a pooler in transaction mode has not: name the PostgreSQL server's own address in MUSTER_DATABASE_URL")
	}
	for name, value := range pgMigrationParams {
		params[name] = value
	}
	conn, err := pgx.ConnectConfig(ctx, config.ConnConfig)
	if err != nil {
		return nil, fmt.Errorf("connecting to PostgreSQL: %w", err)
	}
	return conn, nil
}

// restorePostgres plays the copy into the database in one transaction, after what is there of ours
// has been dropped in it.
func restorePostgres(ctx context.Context, url string, o Options, from string, c Copy, replace bool) (err error) {
	tools, err := findTools(url, o, "pg_restore", "psql")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, tools.close()) }()
	conn, err := connectWhole(ctx, url, o)
	if err != nil {
		return err
	}
	namespace, err := restorable(ctx, conn, replace)
	if err := errors.Join(err, conn.Close(ctx)); err != nil {
		return err
	}
	if namespace != c.Namespace {
		return fmt.Errorf("the backup is of the schema %q, and the tables would be made in %q: set search_path in MUSTER_DATABASE_URL, or for the role", c.Namespace, namespace)
	}
	contents, err := tools.contents(ctx, from)
	if err != nil {
		return err
	}
	dump := tools.command(ctx, "pg_restore", "--file=-", "--no-owner", "--no-privileges", "--use-list="+contents, from)
	return tools.play(ctx, dump, "begin;\nset local lock_timeout = '30s';\n"+dropOurs(namespace), compareCounts(namespace, c)+"commit;\n")
}

// restorable refuses a database that is in use or holds data, and returns the schema of its tables.
func restorable(ctx context.Context, conn *pgx.Conn, replace bool) (namespace string, err error) {
	var replicas, users bool
	err = conn.QueryRow(ctx, "select current_schema()::text, to_regclass('replicas') is not null, to_regclass('tenants') is not null and to_regclass('users') is not null").
		Scan(&namespace, &replicas, &users)
	if err != nil {
		return "", err
	}
	var alive, rows int64
	if replicas {
		err := conn.QueryRow(ctx, "select count(*) from replicas where seen_at >= (extract(epoch from now()) * 1000000)::bigint - $1", aliveFor.Microseconds()).Scan(&alive)
		if err != nil {
			return "", err
		}
		if alive > 0 {
			return "", fmt.Errorf("%d servers use this database, or did until some seconds ago: stop them all, wait %s, then restore", alive, aliveFor)
		}
	}
	if users && !replace {
		if err := conn.QueryRow(ctx, "select (select count(*) from tenants) + (select count(*) from users)").Scan(&rows); err != nil {
			return "", err
		}
		if rows > 0 {
			return "", ErrHoldsData
		}
	}
	return namespace, nil
}

// dropOurs drops what migrations make, and nothing else that may be in the same schema.
func dropOurs(namespace string) string {
	var out strings.Builder
	for _, o := range ourObjects() {
		fmt.Fprintf(&out, "drop %s if exists %s cascade;\n", o.kind, pgx.Identifier{namespace, o.name}.Sanitize())
	}
	return out.String()
}

type pgObject struct{ kind, name string }

var creates = regexp.MustCompile(`(?im)^\s*create\s+(?:or\s+replace\s+|unlogged\s+)?(table|view|function|sequence|type)\s+(?:if\s+not\s+exists\s+)?([a-z_][a-z0-9_]*)`)

// ourObjects are all that the migrations of PostgreSQL ever made, tables first.
func ourObjects() []pgObject {
	found := []pgObject{{"table", versionTable}}
	files := migrations.Postgres()
	names, _ := fs.Glob(files, "*.sql") // the pattern is good
	for _, name := range names {
		text, _ := fs.ReadFile(files, name) // they are in the program
		up, _, _ := strings.Cut(string(text), "-- +goose Down")
		for _, m := range creates.FindAllStringSubmatch(up, -1) {
			found = append(found, pgObject{strings.ToLower(m[1]), m[2]})
		}
	}
	slices.SortStableFunc(found, func(a, b pgObject) int {
		rank := func(o pgObject) int {
			return slices.Index([]string{"table", "view", "sequence", "function", "type"}, o.kind)
		}
		return rank(a) - rank(b)
	})
	return slices.Compact(found)
}

// compareCounts fails the transaction when it has not as many rows as were copied.
func compareCounts(namespace string, c Copy) string {
	var out strings.Builder
	for _, table := range countedTables {
		n, counted := c.Rows[table]
		if !counted {
			continue
		}
		name := pgx.Identifier{namespace, table}.Sanitize()
		fmt.Fprintf(&out, "do $check$ begin if (select count(*) from %s) <> %d then raise exception 'table %s has not the %d rows that were copied'; end if; end $check$;\n", name, n, table, n)
	}
	return out.String()
}
