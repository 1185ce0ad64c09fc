package sql

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/muster-scim/muster/directory/seal"
	"github.com/muster-scim/muster/migrations"
)

// Engines of a Copy.
const (
	EngineSQLite   = "sqlite"
	EnginePostgres = "postgres"
)

// Copy says what a copy of a database holds, as of the one moment at which it was taken.
type Copy struct {
	Engine     string           // EngineSQLite or EnginePostgres
	Schema     int64            // the version of the schema
	Namespace  string           // PostgreSQL's schema that the tables are in; empty on SQLite
	Head       string           // the newest block of the audit, NUMBER:HASH; empty if there is none
	SecretKept bool             // keys are kept in the database, so the copy needs no secret key
	Rows       map[string]int64 // of countedTables
}

// countedTables are counted when a copy is taken, and again when it was restored.
var countedTables = []string{"tenants", "directories", "connectors", "credentials", "user_records", "group_records", "members",
	"users", "groups", "memberships", "events"}

// EngineOf is the database that a URL names.
func EngineOf(url string) string {
	if strings.HasPrefix(url, sqliteScheme) {
		return EngineSQLite
	}
	return EnginePostgres
}

// Backup copies the database that url names into the file to, which must not exist, while it is
// used or not. Everything that was committed before the call is in the copy. The file is durable
// when Backup returns, and only its owner can read it. After an error it may be there in part.
func Backup(ctx context.Context, url string, o Options, to string) (Copy, error) {
	if EngineOf(url) == EngineSQLite {
		return backupSQLite(ctx, url, to)
	}
	return backupPostgres(ctx, url, o, to)
}

// Restore puts the copy in the file from, which c describes, in the place of the database that
// url names. It does so whole or not at all, and refuses with ErrHoldsData when there are tenants
// or users already, unless replace is set. No server may run meanwhile. What is restored is at this
// program's schema then, and its audit is verified.
//
// What was there is gone on PostgreSQL; on SQLite it is kept beside, in the file kept.
func Restore(ctx context.Context, url string, o Options, from string, c Copy, replace bool) (audit seal.Result, kept string, err error) {
	if c.Schema > migrations.Newest() {
		return audit, "", fmt.Errorf("the backup has schema version %d, and this program knows %d: restore with the version of Muster that made it, or a newer one", c.Schema, migrations.Newest())
	}
	if EngineOf(url) == EngineSQLite {
		return restoreSQLite(ctx, url, o, from, c, replace)
	}
	if err := restorePostgres(ctx, url, o, from, c, replace); err != nil {
		return audit, "", err
	}
	s, err := Open(ctx, url, o)
	if err != nil {
		return audit, "", err
	}
	if err = s.Migrate(ctx); err == nil {
		audit, err = s.verifyAudit(ctx, c.Head)
	}
	if err := errors.Join(err, s.Close()); err != nil {
		return audit, "", fmt.Errorf("everything is restored, but: %w", err)
	}
	return audit, "", nil
}

// ErrHoldsData says that the database to restore into is not empty.
var ErrHoldsData = errors.New("the database holds tenants or users")

// lastBackup is the row of table deployment that says when the last backup was made.
const lastBackup = "last backup"

// LastBackup is when the last backup of the database that url names was made; zero if none was. It
// may be asked beside the server of a SQLite file.
func LastBackup(ctx context.Context, url string, o Options) (at time.Time, err error) {
	const query = "select coalesce((select value from deployment where name = '" + lastBackup + "'), '')"
	var text []byte
	if EngineOf(url) == EngineSQLite {
		path, err := sqlitePath(url)
		if err != nil {
			return at, err
		}
		db, err := sharedSQLite(path)
		if err != nil {
			return at, err
		}
		defer db.Close()
		err = db.QueryRowContext(ctx, query).Scan(&text)
		return parseBackup(text, err)
	}
	conn, err := connectWhole(ctx, url, o)
	if err != nil {
		return at, err
	}
	defer conn.Close(context.WithoutCancel(ctx))
	err = conn.QueryRow(ctx, query).Scan(&text)
	return parseBackup(text, err)
}

func parseBackup(text []byte, err error) (time.Time, error) {
	if err != nil || len(text) == 0 {
		return time.Time{}, wrap(err, "reading when the last backup was made")
	}
	return time.Parse(time.RFC3339, string(text))
}

const noteBackup = "insert into deployment (name, value) values ($1, $2) on conflict (name) do update set value = excluded.value"

// verifyAudit verifies the audit from its beginning, up to a head that it has to have.
func (s *Store) verifyAudit(ctx context.Context, wanted string) (result seal.Result, err error) {
	keys, err := s.AuditKeys(ctx)
	if err != nil {
		return result, err
	}
	var head *seal.Head
	if wanted != "" {
		h, err := seal.ParseHead(wanted)
		if err != nil {
			return result, err
		}
		head = &h
	}
	check := seal.NewCheck(keys, nil, head)
	if err := s.WalkAudit(ctx, 0, true, check.Add, check.Rest); err != nil {
		return result, err
	}
	return check.End()
}
