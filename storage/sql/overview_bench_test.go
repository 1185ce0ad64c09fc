package sql

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/muster-scim/muster/tenants"
)

// BenchmarkOverview measures what an overview reads, where a hundred connectors were busy in every
// minute of five weeks and each was asked in a hundred ways. How many users there are and how
// many requests are kept makes no difference to it: none of them is read.
func BenchmarkOverview(b *testing.B) {
	b.Run("sqlite", func(b *testing.B) { benchOverview(b, newSQLite(b)) })
	b.Run("postgres", func(b *testing.B) { benchOverview(b, newPostgres(b)) })
}

func benchOverview(b *testing.B, s *Store) {
	const connectors, ways = 100, 100
	if _, err := s.CreateTenant(b.Context(), "acme"); err != nil {
		b.Fatal(err)
	}
	now := time.Now()
	for i := range connectors {
		c, err := s.CreateConnector(b.Context(), tenants.NewConnector{Tenant: "acme", Name: "c", Slug: fmt.Sprintf("c%d", i), Kind: "okta", Mode: tenants.Live, Directory: "main"})
		if err != nil {
			b.Fatal(err)
		}
		err = s.write(b.Context(), everyConnector, func(x *tx) error {
			var rows, asked [][]any
			for step, kept := range map[int64]int64{fineStep: fineKept, coarseStep: coarseKept} {
				for at := (now.Unix() - kept) / step * step; at <= now.Unix(); at += step {
					rows = append(rows, []any{step, at, c.ID, int64(70), int64(20), int64(1), int64(0), int64(15), int64(2)})
				}
			}
			for n := range ways {
				asked = append(asked, []any{c.ID, "", "2.0", "GET", fmt.Sprintf("/Users/%d", n), int64(200), uuid.Nil, "", "", int64(1), micros(now), micros(now)})
			}
			x.insert("traffic", trafficColumns, rows, "")
			x.insert("contacts", []string{"connector_id", "diagnosis", "version", "method", "route", "status", "credential_id", "hint", "last_agent", "count", "first_at", "last_at"}, asked, "")
			return nil
		})
		if err != nil {
			b.Fatal(err)
		}
	}
	b.Run("standings", func(b *testing.B) {
		for b.Loop() {
			if all, err := s.Standings(b.Context()); err != nil || len(all) != connectors {
				b.Fatal(len(all), err)
			}
		}
	})
	for name, q := range map[string]struct{ back, step time.Duration }{"1h": {time.Hour, time.Minute}, "24h": {24 * time.Hour, 15 * time.Minute}, "7d": {7 * 24 * time.Hour, 2 * time.Hour}} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				if _, err := s.Traffic(b.Context(), uuid.Nil, now.Add(-q.back), q.step); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
