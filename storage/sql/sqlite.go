package sql

import (
	"context"
	stdsql "database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	gosqlite "github.com/glebarez/go-sqlite"
)

const sqliteScheme = "sqlite://"

// sqlite is the SQLite file behind a Store: one connection that writes, for which transactions
// queue in this process, and several that only read, each seeing the moment its transaction
// began. The file belongs to this process until close.
type sqlite struct {
	writer, reader *stdsql.DB
	lock           io.Closer
}

const (
	sqliteReaders = 8
	// synchronous(FULL): an acknowledged change outlives a power cut.
	sqlitePragmas = "_pragma=busy_timeout(5000)&_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)" +
		"&_pragma=foreign_keys(1)&_pragma=trusted_schema(0)&_pragma=cache_size(-16000)"
)

func (s *Store) openSQLite(ctx context.Context, dbURL string) error {
	path, err := sqlitePath(dbURL)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return fmt.Errorf("making the folder of the SQLite file: %w", err)
	}
	lock, err := lockFile(path + ".lock")
	if err != nil {
		return fmt.Errorf("SQLite file %s: %w", path, err)
	}
	db, err := openSQLiteFile(ctx, path)
	if err != nil {
		lock.Close()
		return fmt.Errorf("SQLite file %s: %w", path, err)
	}
	db.lock = lock
	s.db = db
	if err := s.openORM(db.writer); err != nil {
		db.close()
		return err
	}
	return nil
}

// sqlitePath is the absolute path that a sqlite:// URL names.
func sqlitePath(dbURL string) (string, error) {
	path := strings.TrimPrefix(dbURL, sqliteScheme)
	if path == "" || strings.ContainsAny(path, "?#") || strings.HasSuffix(path, "/") {
		return "", fmt.Errorf("%q names no SQLite file; write sqlite://data/muster.db or sqlite:///var/lib/muster/muster.db", dbURL)
	}
	return filepath.Abs(path)
}

func openSQLiteFile(ctx context.Context, path string) (*sqlite, error) {
	// Made here, because SQLite would let everybody on the machine read it.
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	f.Close()

	name := "file:" + (&url.URL{Path: path}).EscapedPath() + "?" + sqlitePragmas
	writer, err := stdsql.Open("sqlite", name)
	if err != nil {
		return nil, err
	}
	writer.SetMaxOpenConns(1)
	writer.SetConnMaxLifetime(0)
	if err := writer.PingContext(ctx); err != nil { // also switches the file to WAL, before any reader
		writer.Close()
		return nil, err
	}
	reader, err := stdsql.Open("sqlite", name+"&_pragma=query_only(1)")
	if err != nil {
		writer.Close()
		return nil, err
	}
	reader.SetMaxOpenConns(sqliteReaders)
	reader.SetMaxIdleConns(sqliteReaders)
	return &sqlite{writer: writer, reader: reader}, nil
}

func (q *sqlite) ping(ctx context.Context) error {
	var one int
	return q.reader.QueryRowContext(ctx, "select 1 from sqlite_schema limit 1").Scan(&one)
}

func (q *sqlite) close() error {
	err := errors.Join(q.reader.Close(), q.writer.Close()) // the writer last: it folds the WAL into the file
	if q.lock != nil {
		err = errors.Join(err, q.lock.Close())
	}
	return err
}

func (q *sqlite) session(ctx context.Context, readOnly bool) (session, error) {
	db := q.writer
	if readOnly {
		db = q.reader
	}
	conn, err := db.Conn(ctx)
	if err != nil {
		return nil, err
	}
	return &sqliteSession{conn: conn, readOnly: readOnly}, nil
}

// sqliteSession is one transaction on SQLite. It begins and ends by statements of its own:
// database/sql's Tx gives a connection whose commit failed back to the pool in the middle of
// its transaction.
type sqliteSession struct {
	conn     *stdsql.Conn
	readOnly bool
	begun    bool
}

func (q *sqliteSession) run(ctx context.Context, _ scope, statements []statement, first, last bool) error {
	if first {
		begin := "begin immediate"
		if q.readOnly {
			begin = "begin"
		}
		if _, err := q.conn.ExecContext(ctx, begin); err != nil {
			return err
		}
		q.begun = true
		// The driver passes over a statement when its context ends as it begins, and calls that a
		// success: without a begin each that follows would be a transaction of its own.
		if err := ctx.Err(); err != nil {
			return err
		}
	}
	for _, st := range statements {
		if err := q.one(ctx, st); err != nil {
			return err
		}
	}
	if !last {
		return nil
	}
	// A statement may have been passed over, as the begin might: what is committed would be a part
	// of the transaction.
	if err := ctx.Err(); err != nil {
		return err
	}
	// Not interruptible: a commit that was broken off half-way would leave its outcome open.
	if _, err := q.conn.ExecContext(context.WithoutCancel(ctx), "commit"); err != nil {
		return err
	}
	q.begun = false
	return nil
}

func (q *sqliteSession) one(ctx context.Context, st statement) error {
	args := sqliteArguments(st.args)
	if st.each == nil {
		result, err := q.conn.ExecContext(ctx, st.sql, args...)
		if err != nil || st.affected == nil {
			return err
		}
		n, err := result.RowsAffected()
		*st.affected += n
		return err
	}
	rows, err := q.conn.QueryContext(ctx, st.sql, args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if err := st.each(sqliteRow{rows}); err != nil {
			return err
		}
	}
	return rows.Err()
}

func (q *sqliteSession) rollback() {
	if !q.begun {
		return
	}
	q.begun = false
	_, err := q.conn.ExecContext(context.Background(), "rollback")
	if err == nil || strings.Contains(err.Error(), "no transaction is active") { // SQLite was first
		return
	}
	_ = q.conn.Raw(func(any) error { return driver.ErrBadConn }) // closes it, which rolls back
}

func (q *sqliteSession) release() { _ = q.conn.Close() }

func (q *sqliteSession) connection() *stdsql.Conn { return q.conn }

// Result codes of SQLite this package acts on.
const (
	sqliteBusy       = 5 // primary codes
	sqliteIOError    = 10
	sqliteFull       = 13
	sqliteLocked     = 6
	sqliteUnique     = 2067 // extended codes
	sqlitePrimaryKey = 1555
	sqliteForeignKey = 787
)

func sqliteCode(err error) int {
	var e *gosqlite.Error
	if errors.As(err, &e) {
		return e.Code()
	}
	return 0
}

// duplicate returns the columns of the index, "table.column, table.column"; see indexName.
func (q *sqlite) duplicate(err error) (string, bool) {
	if code := sqliteCode(err); code != sqliteUnique && code != sqlitePrimaryKey {
		return "", false
	}
	_, columns, _ := strings.Cut(err.Error(), "UNIQUE constraint failed: ")
	columns, _, _ = strings.Cut(columns, " (") // the driver adds the code
	return columns, true
}

func (q *sqlite) referenced(err error) bool { return sqliteCode(err) == sqliteForeignKey }

func (q *sqlite) again(err error) bool {
	primary := sqliteCode(err) & 0xff
	return primary == sqliteBusy || primary == sqliteLocked
}

func (q *sqlite) lost(error) bool { return false }

func (q *sqlite) crowded(error) bool { return false } // again knows

// exhausted: the disk is full or does not answer.
func (q *sqlite) exhausted(err error) bool {
	primary := sqliteCode(err) & 0xff
	return primary == sqliteFull || primary == sqliteIOError
}
