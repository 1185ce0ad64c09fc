package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"strconv"
	"time"

	"github.com/muster-scim/muster/storage/sql"
)

// schemaPatience is how long a server that does not migrate waits for whoever does.
const schemaPatience = 2 * time.Minute

// openStore opens the database. On PostgreSQL its schema may still have to be made.
func openStore(ctx context.Context, s *settings, log *slog.Logger) (*sql.Store, error) {
	forced, err := forcedRetries(os.Getenv(forceRetries))
	if err != nil {
		return nil, err
	}
	if forced > 0 {
		log.Warn("TRANSACTIONS FAIL ON PURPOSE: "+forceRetries+" is set, which is for tests alone; unset it for real data", "share", forced)
	}
	store, err := sql.Open(ctx, string(s.DatabaseURL), sql.Options{
		Log: log, Now: time.Now, SecretKey: []byte(s.SecretKey),
		Connections: s.DatabasePool, StatementTimeout: s.DatabaseStatementTimeout, ForceRetries: forced,
	})
	if err != nil {
		return nil, cannotOpen(s, err)
	}
	return store, nil
}

// prepareSchema brings the schema to this version or waits until somebody else has, and says
// what of the database's address and role could be safer.
func prepareSchema(ctx context.Context, s *settings, store *sql.Store, log *slog.Logger) error {
	if s.Migrate {
		if err := store.Migrate(ctx); err != nil {
			return err
		}
	} else if err := store.AwaitSchema(ctx, schemaPatience); err != nil {
		return err
	} else if err := store.CheckPositions(ctx); err != nil {
		return err
	}
	if err := store.CheckLocks(ctx); err != nil {
		return err
	}
	warnings, err := store.Warnings(ctx)
	for _, text := range warnings {
		log.Warn(text)
	}
	return err
}

// cannotOpen says what to do when the database cannot be had. The error's own text holds no
// password.
func cannotOpen(s *settings, err error) error {
	switch _, inFile := besideDatabase(string(s.DatabaseURL), tokenFile); {
	case errors.Is(err, fs.ErrPermission):
		return fmt.Errorf("%w\nThis user must be able to write there. Change its owner, or put the database elsewhere: MUSTER_DATABASE_URL=sqlite:///path/muster.db", err)
	case !inFile:
		return fmt.Errorf("%w\nCheck that PostgreSQL runs, and that MUSTER_DATABASE_URL names its host, port, database and user", err)
	}
	return err
}

// forceRetries names the variable by which tests make a share of all transactions fail as if the
// database had asked for another try. It is no setting: neither help nor documentation name it.
const forceRetries = "MUSTER_TEST_FORCE_RETRIES"

func forcedRetries(text string) (share float64, err error) {
	if text == "" {
		return 0, nil
	}
	share, err = strconv.ParseFloat(text, 64)
	if err != nil || !(share >= 0 && share < 1) { // NaN is neither
		return 0, fmt.Errorf("%s is %q; write a share from 0 up to, but not including, 1, or unset it", forceRetries, text)
	}
	return share, nil
}

// checkPool refuses numbers of connections with which the server would stand still.
func (s *settings) checkPool() error {
	if s.DatabasePool != 0 && (s.DatabasePool < 2 || s.DatabasePool > 10_000) {
		return fmt.Errorf("MUSTER_DATABASE_POOL is %d; write how many connections to PostgreSQL this process may open, from 2 to 10000", s.DatabasePool)
	}
	if s.DatabaseStatementTimeout != 0 && s.DatabaseStatementTimeout < 100*time.Millisecond {
		return fmt.Errorf("MUSTER_DATABASE_STATEMENT_TIMEOUT is %s; write a time of at least 100ms, such as 5s", s.DatabaseStatementTimeout)
	}
	return nil
}

type migrateCmd struct {
	settings
	AppRole string `env:"MUSTER_DATABASE_APP_ROLE" help:"PostgreSQL role that muster serve uses: it is granted what that needs, and no more." placeholder:"ROLE"`
}

// Run migrates, grants and stops.
func (c *migrateCmd) Run(ctx context.Context, t *terminal) error {
	if err := c.complete(); err != nil {
		return err
	}
	store, err := openStore(ctx, &c.settings, c.logger(t))
	if err != nil {
		return err
	}
	err = store.Migrate(ctx)
	if err == nil && c.AppRole != "" {
		err = store.GrantTo(ctx, c.AppRole)
	}
	if err := errors.Join(err, store.Close()); err != nil {
		return err
	}
	granted := ""
	if c.AppRole != "" {
		granted = ", and the role " + c.AppRole + " may serve it"
	}
	return say(t, "the database %s is up to date%s", c.databaseName(), granted)
}
