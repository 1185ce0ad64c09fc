package sql

import (
	"context"
	"fmt"
	"log/slog"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/muster-scim/muster/directory"
	"github.com/muster-scim/muster/scim"
	"github.com/muster-scim/muster/tenants"
)

// batches counts what a PostgreSQL pool sends as one: the round trips of transactions.
type batches struct{ sent atomic.Int64 }

func (c *batches) TraceBatchStart(ctx context.Context, _ *pgx.Conn, _ pgx.TraceBatchStartData) context.Context {
	c.sent.Add(1)
	return ctx
}
func (c *batches) TraceBatchQuery(context.Context, *pgx.Conn, pgx.TraceBatchQueryData) {}
func (c *batches) TraceBatchEnd(context.Context, *pgx.Conn, pgx.TraceBatchEndData)     {}
func (c *batches) TraceQueryStart(ctx context.Context, _ *pgx.Conn, _ pgx.TraceQueryStartData) context.Context {
	return ctx
}
func (c *batches) TraceQueryEnd(context.Context, *pgx.Conn, pgx.TraceQueryEndData) {}

// traced is a store on PostgreSQL whose batches are counted.
func traced(b *testing.B, trips *batches) *Store {
	b.Helper()
	config, err := pgConfig(servedURL(b), Options{})
	if err != nil {
		b.Fatal(err)
	}
	config.ConnConfig.Tracer = trips
	s := newStore(Options{Log: slog.New(slog.DiscardHandler)})
	if err := s.openPool(b.Context(), config); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { s.Close() })
	return s
}

func benchBoth(b *testing.B, f func(b *testing.B, w *benchWorld)) {
	b.Run("sqlite", func(b *testing.B) { f(b, newBenchWorld(b, newSQLite(b), &batches{})) })
	b.Run("postgres", func(b *testing.B) {
		trips := &batches{}
		f(b, newBenchWorld(b, traced(b, trips), trips))
	})
}

type benchWorld struct {
	*Store
	*directory.Directory
	src   directory.Source
	trips *batches
}

func newBenchWorld(b *testing.B, s *Store, trips *batches) *benchWorld {
	b.Helper()
	if _, err := s.CreateTenant(b.Context(), "acme"); err != nil {
		b.Fatal(err)
	}
	c, err := s.CreateConnector(b.Context(), tenants.NewConnector{Tenant: "acme", Name: "Okta", Slug: "okta", Kind: "okta", Mode: tenants.Live, Directory: "main"})
	if err != nil {
		b.Fatal(err)
	}
	return &benchWorld{s, directory.New(s, directory.Options{Now: time.Now}), directory.Source{Connector: c}, trips}
}

// measured runs f b.N times and reports the round trips of one.
func (w *benchWorld) measured(b *testing.B, f func(i int) error) {
	b.Helper()
	if err := f(-1); err != nil { // statements are prepared, settings are read
		b.Fatal(err)
	}
	w.trips.sent.Store(0)
	i := 0
	for b.Loop() {
		if err := f(i); err != nil {
			b.Fatal(err)
		}
		i++
	}
	b.ReportMetric(float64(w.trips.sent.Load())/float64(i), "trips/op")
}

func benchUser(i int) scim.Document {
	name := fmt.Sprintf("user%d@acme.example", i)
	return scim.Document{
		"userName": name, "externalId": fmt.Sprint("ext", i), "active": true, "displayName": fmt.Sprint("User ", i),
		"name":   map[string]any{"givenName": "User", "familyName": fmt.Sprint(i)},
		"emails": []any{map[string]any{"value": name, "type": "work", "primary": true}},
	}
}

func (w *benchWorld) users(b *testing.B, n int) []uuid.UUID {
	b.Helper()
	ids := make([]uuid.UUID, n)
	for i := range ids {
		u, err := w.CreateUser(b.Context(), w.src, benchUser(i), nil)
		if err != nil {
			b.Fatal(err)
		}
		ids[i] = u.ID
	}
	return ids
}

func BenchmarkCreateUser(b *testing.B) {
	benchBoth(b, func(b *testing.B, w *benchWorld) {
		w.measured(b, func(i int) error {
			_, err := w.CreateUser(b.Context(), w.src, benchUser(i), nil)
			return err
		})
	})
}

// BenchmarkAddMember adds a member to a group and takes it out again, in two operations.
func BenchmarkAddMember(b *testing.B) {
	for _, size := range []int{1000, 100_000} {
		b.Run(fmt.Sprint(size), func(b *testing.B) {
			benchBoth(b, func(b *testing.B, w *benchWorld) {
				ids := w.users(b, 2)
				g, err := w.CreateGroup(b.Context(), w.src, scim.Document{"displayName": "Big"}, nil, nil)
				if err != nil {
					b.Fatal(err)
				}
				w.fill(b, g.ID, size)
				w.measured(b, func(i int) error {
					op := scim.AddMembers
					if i%2 != 0 {
						op = scim.RemoveMembers
					}
					_, err := w.EditGroup(b.Context(), w.src, g.ID, nil, directory.GroupEdit{Members: []scim.MemberEdit{{Op: op, Values: []string{ids[0].String()}}}})
					return err
				})
			})
		})
	}
}

// fill gives a group members without settling anybody.
func (w *benchWorld) fill(b *testing.B, group uuid.UUID, n int) {
	b.Helper()
	c := w.src.Connector
	for n > 0 {
		changes := &directory.Changes{}
		for range min(n, 10_000) {
			changes.AddEdges = append(changes.AddEdges, directory.NewEdge{EdgeKey: directory.EdgeKey{Group: group, Member: uuid.Must(uuid.NewV7())},
				Connector: c.ID, Kind: scim.UserKind, Edge: directory.Edge{Said: true, Viewed: true}})
		}
		err := w.Write(b.Context(), directory.Scope{Directory: c.DirectoryID, Connector: c.ID}, func(tx directory.Tx) error {
			tx.Save(changes)
			return nil
		})
		if err != nil {
			b.Fatal(err)
		}
		n -= 10_000
	}
}

func BenchmarkSettle500(b *testing.B) {
	benchBoth(b, func(b *testing.B, w *benchWorld) {
		ids := w.users(b, 500)
		members := make([]string, len(ids))
		for i, id := range ids {
			members[i] = id.String()
		}
		if _, err := w.CreateGroup(b.Context(), w.src, scim.Document{"displayName": "All"}, members, nil); err != nil {
			b.Fatal(err)
		}
		c := w.src.Connector
		w.measured(b, func(int) error {
			err := w.Write(b.Context(), directory.Scope{Directory: c.DirectoryID, Connector: c.ID}, func(tx directory.Tx) error {
				changes := &directory.Changes{}
				for _, id := range ids {
					changes.Queue = append(changes.Queue, directory.QueueRow{Connector: c.ID, Record: id, Due: time.Now()})
				}
				tx.Save(changes)
				return nil
			})
			if err != nil {
				return err
			}
			return w.Drain(b.Context())
		})
	})
}
