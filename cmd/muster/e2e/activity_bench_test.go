package e2e

import (
	"fmt"
	"testing"
	"time"

	"github.com/muster-scim/muster/cmd/muster/e2e/cluster"
)

// BenchmarkActivityCost compares what users created a second cost with and without keeping the
// requests, on PostgreSQL with a database that flushes to disk. Two servers run side by side, of
// one the connector's requests are kept, of the other not, and take turns, so that whatever else
// the machine does falls on both; the ratio is the median over the rounds. What is kept is written
// behind the answers, within the span of the same turn.
//
//	go test ./cmd/muster/e2e -run '^$' -bench ActivityCost -benchtime 15x
func BenchmarkActivityCost(b *testing.B) {
	alone := cluster.Options{Replicas: 1, Env: []string{"MUSTER_RATE_LIMIT=0", "MUSTER_CONCURRENCY=0"}}
	on, off := startBench(b, alone), startBench(b, alone)
	off.adminOK(b, "PATCH", "/connectors/"+off.fresh.Slug, map[string]any{"activity": "off"})
	var ratios []float64
	round := func(span time.Duration, swap bool) (kept, bare float64) {
		if swap {
			bare = off.creates(b, 8, span)
		}
		kept = on.creates(b, 8, span)
		time.Sleep(time.Second) // what it has to write is not to burden the other's turn
		if !swap {
			bare = off.creates(b, 8, span)
		}
		return kept, bare
	}
	round(time.Second, false) // connections, plans and caches are there afterwards
	for swap := false; b.Loop(); swap = !swap {
		kept, bare := round(4*time.Second, swap)
		b.Logf("created a second: kept %.0f, not kept %.0f", kept, bare)
		ratios = append(ratios, kept/bare)
	}
	told := on.adminOK(b, "GET", "/activity", nil)
	if lost := fmt.Sprint(told.at(b, "$.lost")); lost != "0" {
		b.Errorf("%s requests were lost", lost)
	}
	b.ReportMetric(median(ratios), "kept/off")
}
