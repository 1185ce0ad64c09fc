package sql

import (
	"fmt"
	"os"
	"runtime"
	"strconv"
	"syscall"
	"testing"
	"time"

	"github.com/muster-scim/muster/directory"
	"github.com/muster-scim/muster/policy"
	"github.com/muster-scim/muster/scim"
)

// BenchmarkPlan plans and applies a draft that takes one of 20 groups from everybody and gives
// another, on PostgreSQL: 10,000 users, or MUSTER_BENCH_USERS. It is run once:
//
//	MUSTER_BENCH_USERS=100000 go test ./storage/sql -run '^$' -bench Plan -benchtime 1x -timeout 30m
func BenchmarkPlan(b *testing.B) {
	users := 10_000
	if n, err := strconv.Atoi(os.Getenv("MUSTER_BENCH_USERS")); err == nil {
		users = n
	}
	w := newBenchWorld(b, traced(b, &batches{}), &batches{})
	w.populate(b, users, 20)
	ctx := b.Context()
	draft := directory.Draft{Rules: &policy.Rules{NeverAssign: policy.Text("group 07"), AlwaysAssign: policy.Text("Everyone"), Safety: policy.Safety{Off: true}}}
	for b.Loop() {
		var heap runtime.MemStats
		begin, cpu := time.Now(), cpuSeconds()
		p, err := w.CreatePlan(ctx, directory.Admin{ID: "bench"}, "okta", draft, 0)
		if err != nil {
			b.Fatal(err)
		}
		runtime.ReadMemStats(&heap)
		b.ReportMetric(time.Since(begin).Seconds(), "plan-s")
		b.ReportMetric(cpuSeconds()-cpu, "plan-cpu-s")
		b.ReportMetric(float64(heap.HeapSys)/(1<<20), "heap-MiB")
		if p.Counts.MembershipsRemoved != users || p.Counts.MembershipsAdded != users {
			b.Fatalf("the plan counts %+v", p.Counts)
		}
		begin = time.Now()
		if _, err = w.ApplyPlan(ctx, directory.Admin{ID: "bench"}, "okta", p.ID, p.Hash, "bench"); err != nil {
			b.Fatal(err)
		}
		b.ReportMetric(time.Since(begin).Seconds(), "verify-s")
		begin, cpu = time.Now(), cpuSeconds()
		if err := w.Drain(ctx); err != nil {
			b.Fatal(err)
		}
		b.ReportMetric(float64(users)/time.Since(begin).Seconds(), "applied/s")
		b.ReportMetric(cpuSeconds()-cpu, "apply-cpu-s")
	}
}

// cpuSeconds is what this process alone has used; the database's share is not in it.
func cpuSeconds() float64 {
	var u syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &u) != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano()).Seconds()
}

// populate gives the connector users who are each in all groups, settled.
func (w *benchWorld) populate(b *testing.B, users, groups int) {
	b.Helper()
	c, ctx := w.src.Connector, b.Context()
	one, err := w.CreateUser(ctx, w.src, benchUser(0), nil)
	if err != nil {
		b.Fatal(err)
	}
	for g := range groups {
		if _, err := w.CreateGroup(ctx, w.src, scim.Document{"displayName": fmt.Sprintf("Group %02d", g)}, []string{one.ID.String()}, nil); err != nil {
			b.Fatal(err)
		}
	}
	err = w.write(ctx, ofDirectory(c.DirectoryID), func(t *tx) error {
		t.exec(nil, "set local statement_timeout = 0")
		t.exec(nil, `create temp table n on commit drop as select i, gen_random_uuid() as record, gen_random_uuid() as person from generate_series(1, ?::int) i`, users-1)
		if err := t.flush(); err != nil {
			return err
		}
		t.exec(nil, `insert into users (id, directory_id, user_name, user_name_key, email_key, status, doc, search, created_at, modified_at, version)
			select n.person, u.directory_id, replace(u.user_name, 'user0', 'user' || i), replace(u.user_name_key, 'user0', 'user' || i), replace(u.email_key, 'user0', 'user' || i),
				u.status, replace(u.doc, 'user0', 'user' || i), replace(u.search::text, 'user0', 'user' || i)::jsonb, u.created_at, u.modified_at, 1 from users u, n`)
		t.exec(nil, `insert into user_records (id, connector_id, directory_id, tenant_id, user_name_key, external_id, shown_name, state, doc, search, version, created_at, modified_at,
				view_state, user_id, linked_at, first_counted_at, defaults_granted)
			select n.record, r.connector_id, r.directory_id, r.tenant_id, replace(r.user_name_key, 'user0', 'user' || i), 'ext' || i, r.shown_name, r.state, replace(r.doc, 'user0', 'user' || i),
				replace(r.search::text, 'user0', 'user' || i)::jsonb, 1, r.created_at, r.modified_at, r.view_state, n.person, r.linked_at, r.first_counted_at, r.defaults_granted from user_records r, n where r.id = ?`, one.ID)
		t.exec(nil, `insert into members (group_record_id, member_id, connector_id, directory_id, kind, said, viewed)
			select m.group_record_id, n.record, m.connector_id, m.directory_id, m.kind, true, true from members m, n where m.member_id = ?`, one.ID)
		t.exec(nil, `insert into memberships (group_id, user_id, directory_id, origin, supports, created_at)
			select m.group_id, n.person, m.directory_id, m.origin, m.supports, m.created_at from memberships m, n`)
		return nil
	})
	if err != nil {
		b.Fatal(err)
	}
	if err := w.Store.write(ctx, noConnector, func(t *tx) error {
		t.exec(nil, "set local statement_timeout = 0")
		t.exec(nil, "select analyze_grown()") // as the server does; only owners may analyze
		return nil
	}); err != nil {
		b.Fatal(err)
	}
}

// BenchmarkSmallChange gives a connector rules that take a group from three people, and gives it
// back, among 2,000 people and among 20,000 who are in 20 groups each. What it costs is to follow
// the three: the ratio of the two is about one.
func BenchmarkSmallChange(b *testing.B) {
	sizes := []int{2_000, 20_000}
	worlds := make([]*benchWorld, len(sizes))
	for i, users := range sizes {
		worlds[i] = newBenchWorld(b, traced(b, &batches{}), &batches{})
		worlds[i].populate(b, users, 20)
		worlds[i].pilots(b)
	}
	rules := []policy.Rules{{NeverAssign: policy.Text("pilots", "nobody")}, {NeverAssign: policy.Text("nobody")}}
	change := func(w *benchWorld, i int) time.Duration {
		begin := time.Now()
		if _, err := w.SetRules(b.Context(), directory.Admin{ID: "bench"}, "okta", nil, rules[i%2], func(int) bool { return true }); err != nil {
			b.Fatal(err)
		}
		return time.Since(begin)
	}
	spent := make([]time.Duration, len(sizes))
	for i := range 2 { // statements are prepared, settings are read
		for _, w := range worlds {
			change(w, i)
		}
	}
	n := 0
	for b.Loop() {
		for i, w := range worlds {
			spent[i] += change(w, 2*n) + change(w, 2*n+1)
		}
		n++
	}
	for i, users := range sizes {
		b.ReportMetric(spent[i].Seconds()*1000/float64(2*n), fmt.Sprintf("ms/change-of-%d", users))
	}
	b.ReportMetric(spent[1].Seconds()/spent[0].Seconds(), "ratio")
}

// pilots gives the connector a group of three of its people.
func (w *benchWorld) pilots(b *testing.B) {
	b.Helper()
	page, err := w.Store.UserRecords(b.Context(), w.src.Connector.ID, scim.Query{Count: 3}, false)
	if err != nil || len(page.Items) != 3 {
		b.Fatalf("reading three people: %d of them, %v", len(page.Items), err)
	}
	var ids []string
	for _, r := range page.Items {
		ids = append(ids, r.ID.String())
	}
	if _, err := w.CreateGroup(b.Context(), w.src, scim.Document{"displayName": "Pilots"}, ids, nil); err != nil {
		b.Fatal(err)
	}
}
