package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/url"
	"path/filepath"
	"strings"
	"time"

	"github.com/muster-scim/muster/storage/sql"
	"github.com/muster-scim/muster/tenants"
)

type restoreCmd struct {
	atDatabase
	From    string `arg:"" help:"The file that muster backup wrote; its .json stands beside it." placeholder:"FILE" type:"path"`
	Replace bool   `help:"Replace a database that holds tenants or users; asks for its name."`
	Confirm string `help:"The database's name, where nobody can be asked." placeholder:"NAME"`
	AppRole string `env:"MUSTER_DATABASE_APP_ROLE" help:"PostgreSQL role that muster serve uses: it is granted what that needs, and no more." placeholder:"ROLE"`
}

// Help shows how.
func (restoreCmd) Help() string {
	return "Stop every server of the database first. The copy is checked, put in place whole or not at all, brought to this version's schema, and its audit is verified. " +
		"On SQLite the old database is kept beside the new one; on PostgreSQL it is gone, so back it up first. PostgreSQL needs pg_restore and psql on the PATH, and the role that owns the tables.\n\nExamples:\n\n" +
		"  muster restore muster-20260503T020000Z.backup\n" +
		"  muster restore muster-20260503T020000Z.backup --replace --confirm muster.db"
}

// Run restores a backup.
func (c *restoreCmd) Run(ctx context.Context, t *terminal) error {
	s, err := c.where()
	if err != nil {
		return err
	}
	m, err := readBackup(c.From)
	if err != nil {
		return err
	}
	if engine := sql.EngineOf(string(s.DatabaseURL)); engine != m.Engine {
		return fmt.Errorf("%s is a backup of %s, and MUSTER_DATABASE_URL names %s (%s); a backup goes back into a database of its own kind", c.From, m.Engine, engine, s.databaseName())
	}
	if c.Replace {
		if err := c.confirmed(t, s); err != nil {
			return err
		}
	}
	audit, kept, err := sql.Restore(ctx, string(s.DatabaseURL), sql.Options{Log: s.logger(t)}, c.From, m.copied(), c.Replace)
	if errors.Is(err, sql.ErrHoldsData) {
		return fmt.Errorf("%s: %w. Name an empty database in MUSTER_DATABASE_URL, or give --replace", s.databaseName(), err)
	}
	if err != nil {
		return fmt.Errorf("restoring %s: %w", s.databaseName(), err)
	}
	if err := c.finish(ctx, s, t, m); err != nil {
		return fmt.Errorf("%s is restored, but: %w", s.databaseName(), err)
	}
	if c.Output == asJSON {
		return printValue(t, map[string]any{"backup": m, "database": s.databaseName(), "kept": kept, "audit": map[string]any{"events": audit.Events, "blocks": audit.Blocks, "unsealed": audit.Unsealed}})
	}
	if err := say(t, "%s is restored from %s, as it was on %s: %d users, and an audit that is as it was sealed: %d events in %d blocks, and %d that no block had sealed yet.", s.databaseName(), filepath.Base(c.From),
		m.TakenAt.Format(time.DateTime+" UTC"), m.Rows["users"], audit.Events, audit.Blocks, audit.Unsealed); err != nil {
		return err
	}
	if kept != "" {
		if err := say(t, "What was there before is kept in %s; delete it when nobody misses anything.", kept); err != nil {
			return err
		}
	}
	next := "Start the servers."
	if !m.SecretKept {
		next = "Start the servers with the MUSTER_SECRET_KEY of that time."
	}
	return say(t, "%s IdPs do not know that time went back: docs/backup.md says what to do about what they sent since.", next)
}

// confirmed wants the name of the database that is replaced.
func (c *restoreCmd) confirmed(t *terminal, s *settings) (err error) {
	name, said := shortName(string(s.DatabaseURL)), c.Confirm
	if said == "" {
		ask := newAsking(t)
		if ask == nil {
			return fmt.Errorf("what %s holds would be replaced, and nobody can be asked here: add --confirm %s", s.databaseName(), name)
		}
		if said, err = ask.text(fmt.Sprintf("What %s holds is replaced by %s. Type its name, %s, to go on:", s.databaseName(), filepath.Base(c.From), name)); err != nil {
			return err
		}
	}
	if said != name {
		return fmt.Errorf("%q is not the name of the database, which is %s. Nothing was changed", said, name)
	}
	return nil
}

// shortName is the name of a database's file, or of the database on its server.
func shortName(databaseURL string) string {
	if path, ok := strings.CutPrefix(databaseURL, "sqlite://"); ok {
		return filepath.Base(path)
	}
	u, err := url.Parse(databaseURL)
	if err != nil {
		return "database"
	}
	return cmp.Or(strings.Trim(u.Path, "/"), u.Query().Get("dbname"), u.User.Username(), "database")
}

// finish lets the server's role in, ends the sessions and links of administrators, and tells the
// audit that time went back.
func (c *restoreCmd) finish(ctx context.Context, s *settings, t *terminal, m backupManifest) error {
	store, err := openStore(ctx, s, s.logger(t))
	if err != nil {
		return err
	}
	if c.AppRole != "" {
		err = store.GrantTo(ctx, c.AppRole)
	}
	if err == nil {
		err = store.EndWaysIn(ctx)
	}
	if err == nil {
		err = store.Note(ctx, tenants.Note{Action: "system.restored", Changes: map[string]any{"version": version, "takenAt": m.TakenAt, "sha256": m.SHA256, "head": m.AuditHead}})
	}
	return errors.Join(err, store.Close())
}
