package e2e

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/muster-scim/muster/cmd/muster/e2e/cluster"
)

// BenchmarkJudgeRules asks what a draft makes of 5,000 groups that an IdP sends, as the rules' editor
// does with every pause in typing: each time with another entry, so that no verdict is known from
// the time before. It reports the slowest answer beside the mean.
//
//	go test ./cmd/muster/e2e -run '^$' -bench JudgeRules -benchtime 30x
func BenchmarkJudgeRules(b *testing.B) {
	for _, database := range []string{"sqlite", "postgres"} {
		b.Run(database, func(b *testing.B) {
			var s *server
			if database == "postgres" {
				s = startBench(b, cluster.Options{Replicas: 1, Env: []string{"MUSTER_RATE_LIMIT=0", "MUSTER_CONCURRENCY=0"}}).server
			} else {
				s = startServer(b, database, "MUSTER_CONCURRENCY=0")
			}
			c := s.connector(b, wanted{Tenant: s.tenant(b), Directory: s.directory(b)})
			sendGroups(b, c, 5000)
			var slowest time.Duration
			n := 0
			for b.Loop() {
				n++
				rules := map[string]any{"onlyAssign": []any{"team-.*", map[string]any{"contains": "jira"}},
					"neverAssign": []any{".*-admins", fmt.Sprintf(`team-\d+%d-.*`, n%100), map[string]any{"endsWith": fmt.Sprintf("guests%d", n)}, "x.*y"}}
				begun := time.Now()
				answer := s.adminOK(b, "POST", "/connectors/"+c.Slug+"/rules/judgement", map[string]any{"rules": rules, "limit": 100})
				slowest = max(slowest, time.Since(begun))
				if sent := number(b, answer, "$.counts.sent"); sent != 5000 {
					b.Fatalf("%d groups were judged", sent)
				}
			}
			b.ReportMetric(float64(slowest.Microseconds())/1000, "slowest-ms")
			b.ReportMetric(float64(b.Elapsed().Microseconds())/1000/float64(b.N), "mean-ms")
		})
	}
}

// sendGroups creates groups without members: whose they are makes no difference to a verdict.
func sendGroups(b *testing.B, c connector, groups int) {
	b.Helper()
	next := make(chan int)
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for i := range next {
				c.group(b, fmt.Sprintf("team-%04d-%s", i, []string{"users", "admins", "guests"}[i%3]))
			}
		})
	}
	for i := range groups {
		next <- i
	}
	close(next)
	all.Wait()
}
