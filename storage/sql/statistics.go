package sql

import (
	"context"
	"fmt"
	"time"
)

// tendInterval is how often the statistics are looked at, and so how long a table that grew
// fast can be planned for as if it were small.
const tendInterval = 2 * time.Second

// Tend keeps the planner's statistics in step with a fast first load until ctx ends.
// PostgreSQL's own daemon looks once a minute only, and SQLite never looks: a directory that
// fills would be read by plans that were made, and kept, for empty tables.
func (s *Store) Tend(ctx context.Context) {
	tick := time.NewTicker(tendInterval)
	defer tick.Stop()
	var pages int64 // of the SQLite file when its statistics were made
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		var err error
		if s.isPostgres() {
			err = s.analyzeGrown(ctx)
		} else {
			pages, err = s.analyzeFile(ctx, pages)
		}
		if err != nil && ctx.Err() == nil {
			s.log.Warn("refreshing statistics", "error", err)
		}
	}
}

// analyzeFile analyzes a SQLite file that grew by half, by samples of each index, and returns
// the size for which its statistics are good.
func (s *Store) analyzeFile(ctx context.Context, analyzed int64) (pages int64, err error) {
	err = s.read(ctx, scope{}, func(t *tx) error {
		t.query(func(r row) error { return r.Scan(&pages) }, "select page_count from pragma_page_count()")
		return nil
	})
	if err != nil || pages < analyzed+analyzed/2 {
		return analyzed, err
	}
	return pages, s.write(ctx, scope{}, func(t *tx) error {
		t.query(func(r row) error { var limit int64; return r.Scan(&limit) }, "pragma analysis_limit = 400")
		t.exec(nil, "analyze")
		return nil
	})
}

// analyzeGrown analyzes the tables that changed by half since their statistics were made. Only
// one process does so at a time; a role that does not own the tables is told so by a warning of
// the server's and leaves them to the daemon.
func (s *Store) analyzeGrown(ctx context.Context) error {
	return s.write(ctx, scope{}, func(t *tx) error {
		var grown []string
		t.query(func(r row) error {
			var table string
			err := r.Scan(&table)
			grown = append(grown, table)
			return err
		}, `select c.relname::text from pg_stat_user_tables g join pg_class c on c.oid = g.relid
			where g.schemaname = current_schema() and g.n_mod_since_analyze > 300 + 0.5 * greatest(c.reltuples, 0)
			and pg_try_advisory_xact_lock(?)`, lockHash(lockOfStatistics))
		if err := t.flush(); err != nil {
			return err
		}
		for _, table := range grown {
			t.exec(nil, fmt.Sprintf("analyze %q", table))
		}
		return nil
	})
}

const lockOfStatistics = "statistics"
