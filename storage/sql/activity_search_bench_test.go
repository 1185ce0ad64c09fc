package sql

import (
	"cmp"
	"os"
	"strconv"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/muster-scim/muster/directory"
	"github.com/muster-scim/muster/tenants"
)

// BenchmarkActivitySearch fills PostgreSQL with ten million SCIM requests, twelve words each, of
// 200,000 family names, and measures finding one: the first page of what the role that serves
// sees. MUSTER_BENCH_ROWS=n takes fewer.
func BenchmarkActivitySearch(b *testing.B) {
	rows, err := strconv.Atoi(cmp.Or(os.Getenv("MUSTER_BENCH_ROWS"), "10000000"))
	if err != nil {
		b.Fatal("MUSTER_BENCH_ROWS: ", err)
	}
	s, began := newPostgres(b), time.Now()
	connector := uuid.New()
	const atOnce = 250_000 // rows in one statement
	for from := 1; from <= rows; from += atOnce {
		err := s.write(b.Context(), everyConnector, func(x *tx) error {
			x.exec(nil, patience)
			through := min(from+atOnce-1, rows)
			x.exec(nil, `insert into activity (seq, id, time, took, connector_id, directory_id, slug, credential_id, credential, address, agent, version, method, path,
					route, operation, status, effect, detail, resources, body, bytes, flags, size)
				select n, gen_random_uuid(), 1700000000000000 + n * 1000, 4000, ?, ?, 'acme-okta', ?, 'first token', '203.0.113.7', 'Okta SCIM Client 1.0.0', '2.0', 'PATCH',
					'/Users/' || n, '/Users/{id}', 'changes a user', case when n % 50 = 0 then 409 else 200 end, 'record changed', '', '', '{}', 300, 0, 600
				from generate_series(?::bigint, ?::bigint) n`, connector, connector, connector, int64(from), int64(through))
			x.exec(nil, `insert into activity_words (seq, words)
				select n, ('''users'' ''patch'' ''okta'' ''acme'' ''family' || n % 200000 || ''' ''given' || n % 5000 || ''' ''user' || n ||
					''' ''user' || n || '@acme.example'' ''example'' ''department' || n % 200 || ''' ''active'' ''true''')::tsvector
				from generate_series(?::bigint, ?::bigint) n`, int64(from), int64(through))
			return nil
		})
		if err != nil {
			b.Fatal(err)
		}
	}
	if err := s.write(b.Context(), everyConnector, func(x *tx) error {
		x.exec(nil, patience)
		x.query(func(row) error { return nil }, "select analyze_grown()")
		return nil
	}); err != nil {
		b.Fatal(err)
	}
	b.Logf("%d rows are there after %v", rows, time.Since(began).Round(time.Second))
	for name, q := range map[string]tenants.ActivityQuery{
		"a family name":         {Text: "family777"},
		"its beginning":         {Text: "family7777"},
		"of one connector":      {Text: "Family777", Connector: connector},
		"that failed":           {Text: "family750", Failed: true},
		"two words":             {Text: "given777 department177"},
		"a word of everything":  {Text: "active"},
		"nobody":                {Text: "nobodyscalledso"},
		"without any narrowing": {},
	} {
		b.Run(name, func(b *testing.B) {
			var slowest time.Duration
			found := 0
			for b.Loop() {
				began := time.Now()
				page, err := s.Requests(b.Context(), q, directory.Listing{Limit: 50})
				if err != nil {
					b.Fatal(err)
				}
				slowest, found = max(slowest, time.Since(began)), len(page.Items)
			}
			b.ReportMetric(float64(slowest.Microseconds())/1000, "ms/slowest")
			b.ReportMetric(float64(found), "rows")
		})
	}
}
