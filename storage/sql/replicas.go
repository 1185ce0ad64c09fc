package sql

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"
)

const (
	aliveFor = 15 * time.Second // how long a replica that was seen counts as alive
	keptFor  = time.Minute      // how long its row stays
)

// Present says that the replica with this id is alive, and returns how many are, itself
// included: those that said so within the last 15 seconds. The database's clock counts, so
// replicas need not agree on the time. A SQLite file belongs to one process: there it is 1.
//
// It is one round trip and meant to be called every few seconds. Whoever divides something by
// the answer should keep the last one when there is an error.
func (s *Store) Present(ctx context.Context, id uuid.UUID) (alive int, err error) {
	if !s.isPostgres() {
		return 1, ctx.Err()
	}
	const now = "(extract(epoch from statement_timestamp()) * 1000000)::bigint"
	err = s.write(ctx, noConnector, func(t *tx) error {
		t.exec(nil, "insert into replicas (id, seen_at) values (?, "+now+") on conflict (id) do update set seen_at = excluded.seen_at", id)
		t.exec(nil, `delete from replicas where id in (select id from replicas
			where id <> ? and seen_at < `+now+" - ?::bigint for update skip locked)", id, keptFor.Microseconds())
		t.query(func(r row) error { return r.Scan(&alive) },
			"select count(*) from replicas where seen_at >= "+now+" - ?::bigint", aliveFor.Microseconds())
		return nil
	})
	if err != nil {
		return 0, fmt.Errorf("saying that this replica is alive: %w", err)
	}
	return alive, nil
}
