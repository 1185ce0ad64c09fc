package e2e

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/muster-scim/muster/cmd/muster/e2e/cluster"
)

// BenchmarkRulesAtSize plans and applies rules that take one of 20 groups from everybody and give
// everybody another, while the IdP goes on sending: 100 requests a second, one in four a change.
// Then the way back is applied, and the server killed half-way. It reports how long the plan took,
// how many people a second were settled, and the requests' 99th percentile beside that of the time
// before. It is run once, for MUSTER_BENCH_USERS people (10,000) in MUSTER_BENCH_GROUPS groups (20):
//
//	MUSTER_BENCH_USERS=100000 go test ./cmd/muster/e2e -run '^$' -bench RulesAtSize -benchtime 1x -timeout 60m
func BenchmarkRulesAtSize(b *testing.B) {
	users, groups := setting("MUSTER_BENCH_USERS", 10_000), setting("MUSTER_BENCH_GROUPS", 20)
	s := startBench(b, cluster.Options{Replicas: 1, Env: []string{"MUSTER_RATE_LIMIT=0", "MUSTER_CONCURRENCY=0"}})
	c := s.connector(b, wanted{Tenant: s.tenant(b), Directory: "main"})
	s.populate(b, c, users, groups)
	for b.Loop() {
		someone := c.user(b, "traffic@example.com")
		before := s.pace(b, c, someone, 100, time.Minute)
		taking := map[string]any{"neverAssign": []string{"group 07"}, "alwaysAssign": []string{"Everyone"}, "safety": map[string]any{"off": true}}

		begin := time.Now()
		plan := s.planned(b, c, taking)
		b.ReportMetric(time.Since(begin).Seconds(), "plan-s")
		if lost, won := number(b, plan, "$.counts.membershipsRemoved"), number(b, plan, "$.counts.membershipsAdded"); lost != users || won != users+1 {
			b.Errorf("the plan removes %d and adds %d memberships", lost, won)
		}

		begin = time.Now()
		job := s.applied(b, c, plan)
		during, span := s.paceUntilDone(b, c, someone, job)
		b.ReportMetric(float64(users)/span.Seconds(), "applied/s")
		b.ReportMetric(at(before, 99).Seconds()*1000, "p99-before-ms")
		b.ReportMetric(at(during, 99).Seconds()*1000, "p99-meanwhile-ms")
		b.ReportMetric(at(during, 100).Seconds()*1000, "longest-ms")
		b.ReportMetric(float64(at(during, 99))/float64(at(before, 99)), "p99-meanwhile/before")
		b.Logf("applied in %v with %d requests beside it; p50 %v before, %v meanwhile", time.Since(begin), len(during), at(before, 50), at(during, 50))
		s.wantsNothingLeft(b, c, taking)

		back := map[string]any{"safety": map[string]any{"off": true}}
		job = s.applied(b, c, s.planned(b, c, back))
		for number(b, s.job(b, job), "$.done") < users/2 {
			time.Sleep(20 * time.Millisecond)
		}
		s.crash(b)
		if state := s.job(b, job).text(b, "$.state"); state != "running" {
			b.Errorf("the job was %s when the server was killed, want running", state)
		}
		s.done(b, job)
		s.wantsNothingLeft(b, c, back)
		if n := s.members(b, "Group 07"); n != users {
			b.Errorf("group 07 has %d members again, want %d", n, users)
		}
		if n := s.members(b, "Everyone"); n != 0 {
			b.Errorf("Everyone still has %d members", n)
		}
	}
}

// number is a whole number at a path of an answer.
func number(b *testing.B, r response, path string) int {
	b.Helper()
	n, err := strconv.Atoi(plainText(r.at(b, path)))
	if err != nil {
		b.Fatal(err)
	}
	return n
}

func setting(name string, otherwise int) int {
	if n, err := strconv.Atoi(os.Getenv(name)); err == nil {
		return n
	}
	return otherwise
}

// populate lets an IdP create users, and groups that each have all of them, in batches of 1,000,
// and waits until nothing that came of it is left to do: no day begins with all its people.
func (s *benchServer) populate(b *testing.B, c connector, users, groups int) {
	b.Helper()
	ids := make([]string, users)
	next := make(chan int)
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for i := range next {
				ids[i] = c.user(b, fmt.Sprintf("user%d@example.com", i))
			}
		})
	}
	for i := range users {
		next <- i
	}
	close(next)
	all.Wait()
	for g := range groups {
		id := c.group(b, fmt.Sprintf("Group %02d", g))
		for from := 0; from < users; from += 1000 {
			c.scimOK(b, http.MethodPatch, "/Groups/"+id, patch(addMembers(ids[from:min(from+1000, users)]...)))
		}
	}
	for number(b, s.adminOK(b, http.MethodGet, "/directories/main/settling", nil), "$.pending") > 0 {
		time.Sleep(time.Second) // counting what waits takes time of its own
	}
	begin := time.Now()
	for s.admin(b, http.MethodGet, "/events?q=nobody", nil).Status == http.StatusServiceUnavailable {
		time.Sleep(time.Second)
	}
	b.Logf("the audit had the words of these events after another %v", time.Since(begin))
}

// planned plans rules and waits until the plan is made.
func (s *benchServer) planned(b *testing.B, c connector, rules map[string]any) response {
	b.Helper()
	plan := s.adminOK(b, http.MethodPost, "/connectors/"+c.Slug+"/plans", map[string]any{"rules": rules})
	for plan.text(b, "$.state") == "running" {
		time.Sleep(20 * time.Millisecond)
		plan = s.adminOK(b, http.MethodGet, "/connectors/"+c.Slug+"/plans/"+plan.text(b, "$.id"), nil)
	}
	if state := plan.text(b, "$.state"); state != "ready" {
		b.Fatalf("the plan is %s", state)
	}
	return plan
}

// applied begins to apply a plan and returns the job's id.
func (s *benchServer) applied(b *testing.B, c connector, plan response) string {
	b.Helper()
	return s.adminOK(b, http.MethodPost, "/connectors/"+c.Slug+"/plans/"+plan.text(b, "$.id")+"/application",
		map[string]any{"hash": plan.text(b, "$.hash"), "comment": "a benchmark"}).text(b, "$.id")
}

func (s *benchServer) job(b *testing.B, id string) response {
	b.Helper()
	return s.adminOK(b, http.MethodGet, "/jobs/"+id, nil)
}

// done waits for a job. It asks four times a second, where a page asks once: fifty questions a
// second would be half of the load that is measured beside the job.
func (s *benchServer) done(b *testing.B, id string) {
	b.Helper()
	for {
		switch j := s.job(b, id); j.text(b, "$.state") {
		case "done":
			if failed := number(b, j, "$.failed"); failed > 0 {
				b.Errorf("%d people could not be settled", failed)
			}
			return
		case "running":
			time.Sleep(250 * time.Millisecond)
		default:
			b.Fatalf("the job is %s: %s", j.text(b, "$.state"), j.text(b, "$.problem"))
		}
	}
}

// paceUntilDone is pace while a job runs. It also returns how long the job did.
func (s *benchServer) paceUntilDone(b *testing.B, c connector, user, job string) (took []time.Duration, span time.Duration) {
	begin := time.Now()
	ctx, stop := context.WithCancel(b.Context())
	var waiting sync.WaitGroup
	waiting.Go(func() {
		defer stop()
		s.done(b, job)
		span = time.Since(begin)
	})
	for ctx.Err() == nil {
		took = append(took, s.pace(b, c, user, 100, 2*time.Second)...)
	}
	waiting.Wait()
	return took, span
}

// wantsNothingLeft checks that the rules that hold would change nothing.
func (s *benchServer) wantsNothingLeft(b *testing.B, c connector, rules map[string]any) {
	b.Helper()
	plan := s.planned(b, c, rules)
	changes := s.items(b, "/connectors/"+c.Slug+"/plans/"+plan.text(b, "$.id")+"/changes")
	if len(changes) > 0 {
		b.Errorf("the plan of the applied rules would still change something: %v", changes[0])
	}
}

// members counts the members of a directory group.
func (s *benchServer) members(b *testing.B, name string) int {
	b.Helper()
	for _, g := range s.items(b, "/directories/main/groups") {
		if g["displayName"] == name {
			return len(s.items(b, "/directories/main/groups/"+g["id"].(string)+"/members"))
		}
	}
	return 0
}

// crash kills the replica and starts it again.
func (s *benchServer) crash(b *testing.B) {
	b.Helper()
	if err := s.cluster.Replica(0).Kill(); err != nil {
		b.Fatal(err)
	}
	if err := s.cluster.Replica(0).Start(b.Context()); err != nil {
		b.Fatal(err)
	}
}
