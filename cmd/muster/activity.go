package main

import (
	"context"
	"fmt"
	"log/slog"
	"strconv"
	"strings"
	"time"

	"github.com/muster-scim/muster/storage/sql"
	"github.com/muster-scim/muster/tenants"
)

const (
	keepEvery = 500 * time.Millisecond // requests are written behind their answers
	pruneNext = time.Minute
	pruneAt   = 1000 // requests that go in one transaction, so that it is short
)

// pruneActivity drops requests that are over a limit, in small steps, and old sums of them, until ctx ends. Every replica
// does it; the database lets one of them at a time.
func pruneActivity(ctx context.Context, store *sql.Store, l tenants.ActivityLimits, log *slog.Logger) {
	tick := time.NewTicker(pruneNext)
	defer tick.Stop()
	for {
		for all := 0; ctx.Err() == nil; {
			n, err := store.DropActivity(ctx, l, pruneAt)
			if err != nil && ctx.Err() == nil {
				log.Warn("cannot drop old requests; trying again in a minute", "error", err)
			}
			if all += n; err != nil || n < pruneAt {
				if all > 0 {
					log.Debug("dropped old requests", "requests", all)
				}
				break
			}
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
	}
}

// size is a number of bytes as people say it: 500MB, 2GB.
type size int64

var sizeUnits = []struct {
	name  string
	bytes float64
}{{"TB", 1e12}, {"GB", 1e9}, {"MB", 1e6}, {"KB", 1e3}, {"B", 1}}

// UnmarshalText reads a number with one of the units.
func (s *size) UnmarshalText(text []byte) error {
	given := strings.ToUpper(strings.TrimSpace(string(text)))
	wrong := fmt.Errorf("%q is no size; write it as 500MB or 2GB, or 0 for no limit", text)
	if given == "0" {
		*s = 0
		return nil
	}
	for _, unit := range sizeUnits {
		number, ok := strings.CutSuffix(given, unit.name)
		if !ok {
			continue
		}
		n, err := strconv.ParseFloat(strings.TrimSpace(number), 64)
		if err != nil || n < 0 || n*unit.bytes > 1e15 {
			return wrong
		}
		*s = size(n * unit.bytes)
		return nil
	}
	return wrong
}

func (s *settings) activityLimits() tenants.ActivityLimits {
	return tenants.ActivityLimits{Age: s.ActivityRetention.duration(), Bytes: int64(s.ActivitySize)}
}
