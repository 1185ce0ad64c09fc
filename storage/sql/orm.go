package sql

import (
	"context"
	stdsql "database/sql"
	"fmt"
	"log/slog"
	"time"

	gormsqlite "github.com/glebarez/sqlite"
	gormpostgres "gorm.io/driver/postgres"
	"gorm.io/gorm"
	"gorm.io/gorm/logger"
)

// gorm serves the administrators' rooms (tenants, connectors, credentials). Three of its habits
// would cost data here and are not used: conditions inline in First, Find and Delete; structs as
// conditions; Save. Updates name their columns in a map, conditions are SQL with ?.

// openORM opens gorm over the Store's own handle. It is used inside transactions only, which give
// it their connection: the row policies go by what a transaction says at its begin.
func (s *Store) openORM(db *stdsql.DB) (err error) {
	var dialect gorm.Dialector = &gormsqlite.Dialector{Conn: db}
	if s.isPostgres() {
		dialect = gormpostgres.New(gormpostgres.Config{Conn: db})
	}
	s.orm, err = gorm.Open(dialect, &gorm.Config{
		SkipDefaultTransaction: true, // transactions are ours
		PrepareStmt:            false,
		TranslateError:         true,
		DisableAutomaticPing:   true,
		Logger:                 ormLogger{s.log},
		NowFunc:                func() time.Time { return s.now() },
	})
	if err != nil {
		return fmt.Errorf("opening gorm: %w", err)
	}
	return nil
}

// gorm is gorm inside the transaction. What is queued is sent first, so that both see the
// same; statements run at once, each in a round trip of its own.
func (t *tx) gorm() (*gorm.DB, error) {
	if err := t.flush(); err != nil {
		return nil, err
	}
	db := t.store.orm.WithContext(t.ctx)
	db.Statement.ConnPool = t.session.connection()
	return db, nil
}

// look runs f with gorm in one read-only transaction over the whole deployment.
func (s *Store) look(ctx context.Context, f func(*gorm.DB) error) error {
	return s.read(ctx, everyConnector, func(t *tx) error {
		db, err := t.gorm()
		if err != nil {
			return err
		}
		return f(db)
	})
}

// ormLogger writes gorm's own complaints into the log, and statements that are slow, without
// their values. Errors are the caller's to report.
type ormLogger struct{ log *slog.Logger }

const slowStatement = time.Second

func (l ormLogger) LogMode(logger.LogLevel) logger.Interface { return l }

func (l ormLogger) Info(ctx context.Context, format string, args ...any) {
	l.log.DebugContext(ctx, "gorm: "+fmt.Sprintf(format, args...))
}

func (l ormLogger) Warn(ctx context.Context, format string, args ...any) {
	l.log.WarnContext(ctx, "gorm: "+fmt.Sprintf(format, args...))
}

func (l ormLogger) Error(ctx context.Context, format string, args ...any) {
	l.log.ErrorContext(ctx, "gorm: "+fmt.Sprintf(format, args...))
}

func (l ormLogger) Trace(ctx context.Context, begin time.Time, statement func() (string, int64), _ error) {
	if took := time.Since(begin); took >= slowStatement {
		sql, rows := statement()
		l.log.WarnContext(ctx, "slow statement", "sql", sql, "rows", rows, "took", took)
	}
}

// ParamsFilter keeps values out of what Trace sees.
func (l ormLogger) ParamsFilter(_ context.Context, sql string, _ ...any) (string, []any) {
	return sql, nil
}
