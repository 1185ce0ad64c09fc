package sql

import (
	"context"
	stdsql "database/sql"
	"errors"
	"fmt"
	"runtime"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"
)

// postgres is the PostgreSQL behind a Store: one pool, shared by transactions and gorm. A
// transaction takes its connection through database/sql, so that gorm can work in it too, and
// sends its batches on the pgx connection underneath.
type postgres struct {
	pool  *pgxpool.Pool
	db    *stdsql.DB // over pool
	local []setting  // what a connection through a pooler cannot keep, each transaction sets
	scope string     // the statement behind every begin: the scope, and local
}

const (
	pgRollbackTimeout = 2 * time.Second
	pgYield           = 32 // rows, behind which others have their turn: some read thousands
)

func (s *Store) openPostgres(ctx context.Context, url string, o Options) error {
	config, err := pgConfig(url, o)
	if err != nil {
		return err
	}
	return s.openPool(ctx, config)
}

func (s *Store) openPool(ctx context.Context, config *pgxpool.Config) error {
	local, err := throughPooler(config)
	if err != nil {
		return err
	}
	pool, err := pgxpool.NewWithConfig(ctx, config)
	if err != nil {
		return fmt.Errorf("making the PostgreSQL pool: %w", err)
	}
	p := &postgres{pool: pool, db: stdlib.OpenDBFromPool(pool), local: local, scope: setScope(local)}
	if err := p.ping(ctx); err != nil {
		p.close()
		return fmt.Errorf("connecting to PostgreSQL: %w", err)
	}
	s.db = p
	if err := s.openORM(p.db); err != nil {
		p.close()
		return err
	}
	return nil
}

func (p *postgres) ping(ctx context.Context) error { return p.pool.Ping(ctx) }

func (p *postgres) close() error {
	err := p.db.Close()
	p.pool.Close()
	return err
}

func (p *postgres) session(ctx context.Context, readOnly bool) (session, error) {
	conn, err := p.db.Conn(ctx)
	if err != nil {
		return nil, err
	}
	return &pgSession{postgres: p, conn: conn, readOnly: readOnly}, nil
}

// pgSession is one transaction on PostgreSQL.
type pgSession struct {
	postgres *postgres
	conn     *stdsql.Conn
	readOnly bool
}

const (
	pgBegin     = "begin"
	pgBeginRead = "begin isolation level repeatable read read only"
	pgCommit    = "commit"
)

// run sends everything as one batch. A statement that fails makes the server skip the rest, the
// commit included; reading goes on to the end all the same, because only the commit's own answer
// says whether there was one.
func (p *pgSession) run(ctx context.Context, sc scope, statements []statement, first, last bool) error {
	batch := &pgx.Batch{}
	if first {
		begin := pgBegin
		if p.readOnly {
			begin = pgBeginRead
		}
		batch.Queue(begin)
		batch.Queue(p.postgres.scope, p.postgres.scopeArguments(sc)...)
	}
	for _, st := range statements {
		batch.Queue(toNumbered(st.sql), pgArguments(st.args)...)
	}
	if last {
		batch.Queue(pgCommit)
	}
	return p.onConn(func(conn *pgx.Conn) error {
		results := conn.SendBatch(ctx, batch)
		err := p.collect(results, statements, first, last)
		if closed := results.Close(); err == nil {
			err = closed
		}
		if last && !p.readOnly && err != nil && commitIsOpen(conn, err) {
			return &unknownOutcomeError{cause: err}
		}
		return err
	})
}

// collect reads the answers of a batch in order.
func (p *pgSession) collect(results pgx.BatchResults, statements []statement, first, last bool) error {
	if first {
		for range 2 { // begin, scope
			if _, err := results.Exec(); err != nil {
				return err
			}
		}
	}
	var callback error // the first error of a row's callback
	for _, st := range statements {
		failed, err := pgAnswer(results, st, callback != nil)
		if err != nil {
			return err
		}
		if callback == nil {
			callback = failed
		}
	}
	if !last {
		return callback
	}
	tag, err := results.Exec()
	if err != nil {
		return err
	}
	if tag.String() != "COMMIT" {
		return fmt.Errorf("the database answered the commit with %s", tag)
	}
	if callback != nil && !p.readOnly {
		return &lateError{cause: callback}
	}
	return callback
}

// pgAnswer reads the answer of one statement. skip leaves its rows unread. failed is the error
// of the callback, err one of the database.
func pgAnswer(results pgx.BatchResults, st statement, skip bool) (failed, err error) {
	if st.each == nil {
		tag, err := results.Exec()
		if err == nil && st.affected != nil {
			*st.affected += tag.RowsAffected()
		}
		return nil, err
	}
	rows, err := results.Query()
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for n := 1; !skip && failed == nil && rows.Next(); n++ {
		failed = st.each(pgRow{rows})
		if n%pgYield == 0 {
			runtime.Gosched()
		}
	}
	rows.Close()
	if failed != nil && errors.Is(rows.Err(), failed) {
		return failed, nil // a failed Scan closes the rows with its error
	}
	return failed, rows.Err()
}

// rollback ends the transaction, whatever became of the caller's context. A connection that
// cannot even do that is closed, which rolls back too.
func (p *pgSession) rollback() {
	_ = p.onConn(func(conn *pgx.Conn) error {
		if conn.IsClosed() || conn.PgConn().TxStatus() == 'I' {
			return nil
		}
		ctx, cancel := context.WithTimeout(context.Background(), pgRollbackTimeout)
		defer cancel()
		if _, err := conn.Exec(ctx, "rollback"); err != nil {
			return conn.Close(ctx)
		}
		return nil
	})
}

func (p *pgSession) release() { _ = p.conn.Close() }

func (p *pgSession) connection() *stdsql.Conn { return p.conn }

// onConn runs f on the pgx connection behind the session.
func (p *pgSession) onConn(f func(*pgx.Conn) error) error {
	return p.conn.Raw(func(driver any) error {
		conn, ok := driver.(*stdlib.Conn)
		if !ok {
			return fmt.Errorf("unexpected driver connection %T", driver)
		}
		return f(conn.Conn())
	})
}
