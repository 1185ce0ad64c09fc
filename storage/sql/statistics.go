package sql

import (
	"context"
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
	err = s.read(ctx, noConnector, func(t *tx) error {
		t.query(func(r row) error { return r.Scan(&pages) }, "select page_count from pragma_page_count()")
		return nil
	})
	if err != nil || pages < analyzed+analyzed/2 {
		return analyzed, err
	}
	return pages, s.write(ctx, noConnector, func(t *tx) error {
		t.query(func(r row) error { var limit int64; return r.Scan(&limit) }, "pragma analysis_limit = 400")
		t.exec(nil, "analyze")
		return nil
	})
}

// analyzeGrown analyzes the tables that changed by half since their statistics were made, on
// behalf of their owner. Only one process does so at a time.
func (s *Store) analyzeGrown(ctx context.Context) error {
	return s.write(ctx, noConnector, func(t *tx) error {
		t.exec(nil, "set local statement_timeout = '1min'")
		t.exec(nil, "select case when pg_try_advisory_xact_lock(?) then analyze_grown() end", lockHash(lockOfStatistics))
		return nil
	})
}

const lockOfStatistics = "statistics"
