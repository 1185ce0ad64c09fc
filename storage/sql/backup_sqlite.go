package sql

import (
	"context"
	stdsql "database/sql"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"net/url"
	"os"
	"path/filepath"
	"time"

	"github.com/muster-scim/muster/directory/seal"
)

// backupSQLite copies the file with VACUUM INTO: one read transaction, beside which the process
// that the file belongs to goes on writing.
func backupSQLite(ctx context.Context, dbURL, to string) (c Copy, err error) {
	path, err := sqlitePath(dbURL)
	if err != nil {
		return c, err
	}
	if _, err := os.Stat(path); err != nil {
		return c, fmt.Errorf("there is no database to copy: %w", err)
	}
	f, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600) // SQLite takes an empty file, and would let everybody read one of its own
	if err != nil {
		return c, err
	}
	if err := f.Close(); err != nil {
		return c, err
	}
	db, err := sharedSQLite(path)
	if err != nil {
		return c, err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	if _, err := db.ExecContext(ctx, "vacuum into ?", to); err != nil {
		return c, fmt.Errorf("copying %s: %w", path, err)
	}
	if c, err = lookAtSQLite(ctx, to); err != nil {
		return c, fmt.Errorf("looking at the copy: %w", err)
	}
	if err := syncFile(to); err != nil {
		return c, err
	}
	_, err = db.ExecContext(ctx, noteBackup, lastBackup, []byte(time.Now().UTC().Format(time.RFC3339)))
	return c, wrap(err, "noting the backup")
}

// sharedSQLite is one connection to a file that may be another process's at the same time.
func sharedSQLite(path string) (*stdsql.DB, error) {
	db, err := stdsql.Open("sqlite", "file:"+(&url.URL{Path: path}).EscapedPath()+"?mode=rw&_pragma=busy_timeout(10000)")
	if err == nil {
		db.SetMaxOpenConns(1)
	}
	return db, err
}

// lookAtSQLite checks that a file is a whole database of ours, and says what it holds.
func lookAtSQLite(ctx context.Context, path string) (c Copy, err error) {
	db, err := sharedSQLite(path)
	if err != nil {
		return c, err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	c = Copy{Engine: EngineSQLite, Rows: map[string]int64{}}
	var state string
	if err := db.QueryRowContext(ctx, "pragma integrity_check(1)").Scan(&state); err != nil {
		return c, err
	}
	if state != "ok" {
		return c, fmt.Errorf("SQLite says that it is damaged: %s", state)
	}
	return c, c.fill(func(query string, to ...any) error { return db.QueryRowContext(ctx, query).Scan(to...) })
}

// fill asks a database for what a copy of it holds.
func (c *Copy) fill(ask func(query string, to ...any) error) error {
	var kept int64
	for _, q := range []struct {
		query string
		to    *int64
	}{
		{"select coalesce(max(version_id), 0) from " + versionTable + " where is_applied", &c.Schema},
		{"select count(*) from deployment where name = 'audit seal'", &kept},
	} {
		if err := ask(q.query, q.to); err != nil {
			return fmt.Errorf("it is no database of Muster's: %w", err)
		}
	}
	c.SecretKept = kept > 0
	for _, table := range countedTables {
		var n int64
		if err := ask("select count(*) from "+table, &n); err != nil {
			return fmt.Errorf("counting %s: %w", table, err)
		}
		c.Rows[table] = n
	}
	var blocks int64
	if c.Schema < firstSealed {
		return nil
	}
	if err := ask("select count(*) from audit_blocks", &blocks); err != nil || blocks == 0 {
		return err
	}
	return ask("select cast(number as text) || ':' || hash from audit_blocks order by number desc limit 1", &c.Head)
}

// firstSealed is the first version of the schema that has a sealed audit.
const firstSealed = 15

// restoreSQLite makes the new database ready beside the old one, and puts it in its place in one
// step, which a crash leaves done or undone.
func restoreSQLite(ctx context.Context, dbURL string, o Options, from string, c Copy, replace bool) (audit seal.Result, kept string, err error) {
	path, err := sqlitePath(dbURL)
	if err != nil {
		return audit, "", err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return audit, "", fmt.Errorf("making the folder of the SQLite file: %w", err)
	}
	lock, err := lockFile(path + ".lock")
	if err != nil {
		return audit, "", fmt.Errorf("SQLite file %s: %w", path, err)
	}
	defer func() { err = errors.Join(err, lock.Close()) }()
	there, err := sqliteHolds(ctx, path)
	if there && !replace {
		return audit, "", errors.Join(ErrHoldsData, err)
	}

	next := path + ".restoring"
	if err := removeSQLite(next); err != nil {
		return audit, "", err
	}
	defer func() { err = errors.Join(err, removeSQLite(next)) }() // nothing is there any more when all went well
	if err := copyFile(from, next); err != nil {
		return audit, "", fmt.Errorf("copying the backup: %w", err)
	}
	if audit, err = prepareRestored(ctx, next, o, c); err != nil {
		return audit, "", err
	}
	if kept, err = setAside(ctx, path); err != nil {
		return audit, kept, err
	}
	if err := os.Rename(next, path); err != nil {
		return audit, kept, err
	}
	return audit, kept, syncFolder(path)
}

// prepareRestored checks a copy and brings it to this program's schema, before anybody uses it.
func prepareRestored(ctx context.Context, path string, o Options, c Copy) (audit seal.Result, err error) {
	is, err := lookAtSQLite(ctx, path)
	if err != nil {
		return audit, fmt.Errorf("the backup cannot be used: %w", err)
	}
	if is.Schema != c.Schema || is.Head != c.Head || !maps.Equal(is.Rows, c.Rows) {
		return audit, fmt.Errorf("the backup is not what was copied: schema version %d, head %q and the rows %v; copied were %d, %q and %v",
			is.Schema, is.Head, is.Rows, c.Schema, c.Head, c.Rows)
	}
	s := newStore(o)
	if err := s.openSQLite(ctx, sqliteScheme+path); err != nil {
		return audit, err
	}
	if err = s.Migrate(ctx); err == nil {
		audit, err = s.verifyAudit(ctx, c.Head)
	}
	if err := errors.Join(err, s.Close()); err != nil {
		return audit, fmt.Errorf("preparing the restored database: %w", err)
	}
	return audit, syncFile(path)
}

// sqliteHolds says whether a file holds tenants or users. One that cannot be read may.
func sqliteHolds(ctx context.Context, path string) (bool, error) {
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	db, err := sharedSQLite(path)
	if err != nil {
		return true, err
	}
	defer db.Close()
	var tables, rows int64
	if err := db.QueryRowContext(ctx, "select count(*) from sqlite_schema where name in ('tenants', 'users')").Scan(&tables); err != nil {
		return true, err
	}
	if tables == 0 {
		return false, nil
	}
	err = db.QueryRowContext(ctx, "select (select count(*) from tenants) + (select count(*) from users)").Scan(&rows)
	return rows > 0, err
}

// setAside keeps the database that is replaced under another name too, without taking it away:
// until the new one is there, the old one is. Its log of changes, which would be taken for the new
// one's, is folded into it first, or goes with it if it is past that.
func setAside(ctx context.Context, path string) (kept string, err error) {
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		return "", nil
	}
	if db, err := sharedSQLite(path); err == nil {
		_, _ = db.ExecContext(ctx, "pragma wal_checkpoint(truncate)") // of a damaged one it may fail
		_ = db.Close()
	}
	kept = path + ".before-restore-" + time.Now().UTC().Format("20060102T150405.000Z")
	if err := os.Link(path, kept); err != nil {
		return "", fmt.Errorf("keeping the old database: %w", err)
	}
	for _, end := range []string{"-wal", "-shm"} {
		if err := os.Rename(path+end, kept+end); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return kept, err
		}
	}
	return kept, nil
}

// removeSQLite removes a database file with what SQLite and we put beside it.
func removeSQLite(path string) error {
	for _, end := range []string{"", "-wal", "-shm", "-journal", ".lock"} {
		if err := os.Remove(path + end); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}

func copyFile(from, to string) error {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, in)
	return errors.Join(err, out.Sync(), out.Close())
}

// syncFile makes a file and its name outlive a power cut.
func syncFile(path string) error {
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	if err := errors.Join(f.Sync(), f.Close()); err != nil {
		return err
	}
	return syncFolder(path)
}

func syncFolder(path string) error {
	folder, err := os.Open(filepath.Dir(path))
	if err != nil {
		return err
	}
	return errors.Join(folder.Sync(), folder.Close())
}
