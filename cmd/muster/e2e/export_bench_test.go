package e2e

import (
	"bufio"
	"cmp"
	"net/http"
	"os"
	"strconv"
	"testing"

	"github.com/muster-scim/muster/storage/storagetest/pgtest"
)

// BenchmarkExportAMillion streams a million events as CSV out of the real program, and tells the
// most memory that its process ever had. MUSTER_BENCH_ROWS=n takes fewer.
func BenchmarkExportAMillion(b *testing.B) {
	rows := cmp.Or(os.Getenv("MUSTER_BENCH_ROWS"), "1000000")
	if _, err := strconv.Atoi(rows); err != nil {
		b.Fatal("MUSTER_BENCH_ROWS: ", err)
	}
	s := startServer(b, "postgres")
	before := s.memory(b)
	pgtest.Run(b, s.database(), `insert into events (id, time, actor_type, actor, action, request, changes)
		select gen_random_uuid(), 1700000000000000 + n, 'credential', '0193f2a4-7c1e-7d0a-9b5f-3c2d1e0f9a8b', 'directory.membership.added', 'r' || n,
			'{"group":"=HYPERLINK(1)","origin":"idp","because":{"code":"onlyAssign","connector":"acme-okta"}}' from generate_series(1, `+rows+`) n`)
	for b.Loop() {
		request, err := http.NewRequestWithContext(b.Context(), http.MethodGet, s.URL+"/api/v1/events?action=directory.membership", nil)
		if err != nil {
			b.Fatal(err)
		}
		request.Header.Set("Authorization", "Bearer "+s.token)
		request.Header.Set("Accept", "text/csv")
		answer, err := http.DefaultClient.Do(request)
		if err != nil {
			b.Fatal(err)
		}
		lines := 0
		in := bufio.NewScanner(answer.Body)
		for in.Scan() {
			lines++
		}
		answer.Body.Close()
		if want, _ := strconv.Atoi(rows); in.Err() != nil || lines != want+1 {
			b.Fatalf("%d lines (%v), want %d", lines, in.Err(), want+1)
		}
	}
	b.ReportMetric(float64(before), "MiB/before")
	b.ReportMetric(float64(s.memory(b)), "MiB/most")
}
