package sql

import (
	"database/sql/driver"
	"errors"
	"io"
	"net"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// commitIsOpen says that err leaves open whether a commit that was sent took place: the
// connection ended without the server's answer, and something had been sent.
func commitIsOpen(conn *pgx.Conn, err error) bool {
	var server *pgconn.PgError
	if errors.As(err, &server) && !endsConnection(server.Code) {
		return false
	}
	return conn.IsClosed() && !pgconn.SafeToRetry(err)
}

// SQLSTATE codes this package acts on.
const (
	pgUniqueViolation       = "23505"
	pgForeignKeyViolation   = "23503"
	pgInsufficientPrivilege = "42501"
	pgSerializationFailure  = "40001"
	pgDeadlock              = "40P01"
	pgAdminShutdown         = "57P01"
	pgCrashShutdown         = "57P02"
	pgCannotConnectNow      = "57P03"
	pgCachedPlan            = "0A000" // "cached plan must not change result type", after a migration
	pgNoSuchPrepared        = "26000"
	pgReadOnlyTransaction   = "25006" // the server became a stand-by under us
	pgIdleInTransaction     = "25P03" // idle_in_transaction_session_timeout: rolled back, and the connection is gone
	pgQueryCanceled         = "57014" // statement_timeout
	pgLockNotAvailable      = "55P03" // lock_timeout
	pgInternalError         = "XX000"
)

func endsConnection(code string) bool {
	return code == pgAdminShutdown || code == pgCrashShutdown || code == pgCannotConnectNow
}

func pgCode(err error) string {
	var server *pgconn.PgError
	if errors.As(err, &server) {
		return server.Code
	}
	return ""
}

func (p *postgres) duplicate(err error) (string, bool) {
	var server *pgconn.PgError
	if errors.As(err, &server) && server.Code == pgUniqueViolation {
		return server.ConstraintName, true
	}
	return "", false
}

func (p *postgres) referenced(err error) bool { return pgCode(err) == pgForeignKeyViolation }

func (p *postgres) again(err error) bool {
	code := pgCode(err)
	return code == pgSerializationFailure || code == pgDeadlock || metAborted(err)
}

// metAborted says that an update met another one of its row that was just being rolled back. For
// an instant PostgreSQL takes that one for over where it looks whom to wait for, and for running
// where it writes down who has the row, and then refuses two of them as an internal error.
// Nothing was written; the next try finds the other one gone.
func metAborted(err error) bool {
	var server *pgconn.PgError
	return errors.As(err, &server) && server.Code == pgInternalError && strings.Contains(server.Message, "multixact has more than one updating member")
}

func (p *postgres) crowded(err error) bool { return pgCode(err) == pgLockNotAvailable }

// exhausted: a statement or lock time-out, or insufficient resources (class 53: connections,
// disk, memory).
func (p *postgres) exhausted(err error) bool {
	code := pgCode(err)
	return code == pgQueryCanceled || code == pgLockNotAvailable || strings.HasPrefix(code, "53")
}

func (p *postgres) lost(err error) bool {
	switch code := pgCode(err); {
	case endsConnection(code), code == pgNoSuchPrepared, code == pgReadOnlyTransaction, code == pgIdleInTransaction, code == pgCachedPlan:
		return true
	case code != "":
		return false
	}
	var connect *pgconn.ConnectError
	return errors.As(err, &connect) || pgconn.SafeToRetry(err) || isBroken(err)
}

// isBroken says that the connection ended under us.
func isBroken(err error) bool {
	var network net.Error
	return errors.As(err, &network) || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) ||
		errors.Is(err, driver.ErrBadConn)
}
