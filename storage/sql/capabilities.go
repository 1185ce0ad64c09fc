package sql

import (
	"context"
	"errors"
	"fmt"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

// errNoLocks refuses databases that speak PostgreSQL's protocol and take advisory locks for a
// word. There two replicas would settle the same person by two sets of rules, and nobody notice.
var errNoLocks = errors.New("this database's advisory locks keep nobody out, so changes of rules and of people could meet unnoticed; use PostgreSQL, or YugabyteDB with its advisory locks switched on (docs/scale.md)")

// CheckLocks makes sure that what one transaction locks another cannot have.
func (s *Store) CheckLocks(ctx context.Context) error {
	p, ok := s.db.(*postgres)
	if !ok {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, writeTimeout)
	defer cancel()
	other, err := pgx.ConnectConfig(ctx, p.pool.Config().ConnConfig)
	if err != nil {
		return fmt.Errorf("connecting to PostgreSQL a second time: %w", err)
	}
	defer func() { _ = other.Close(context.WithoutCancel(ctx)) }()
	key := lockHash("check", uuid.NewString())
	err = s.write(ctx, noConnector, func(t *tx) error {
		t.exec(nil, "select pg_advisory_xact_lock(?)", key)
		if err := t.flush(); err != nil {
			return err
		}
		var had bool
		if err := other.QueryRow(ctx, "select pg_try_advisory_xact_lock($1)", key).Scan(&had); err != nil {
			return err
		}
		if had {
			return errNoLocks
		}
		return nil
	})
	if err != nil && !errors.Is(err, errNoLocks) {
		err = fmt.Errorf("trying the database's locks: %w", err)
	}
	return err
}
