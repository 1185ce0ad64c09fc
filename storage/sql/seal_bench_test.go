package sql

import (
	"crypto/ed25519"
	"errors"
	"fmt"
	"io"
	"os"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/muster-scim/muster/directory/seal"
)

// BenchmarkVerifyAMillionEvents seals a million events once, and measures reading them through an
// export and verifying that. One operation is the whole million; MUSTER_BENCH_EVENTS=n takes fewer.
func BenchmarkVerifyAMillionEvents(b *testing.B) {
	million := 1_000_000
	if text := os.Getenv("MUSTER_BENCH_EVENTS"); text != "" {
		if _, err := fmt.Sscan(text, &million); err != nil {
			b.Fatal("MUSTER_BENCH_EVENTS: ", err)
		}
	}
	for name, make := range map[string]func(testing.TB) *Store{"sqlite": newSQLite, "postgres": newPostgres} {
		b.Run(name, func(b *testing.B) {
			s, ours, began := make(b), newSigner(b, "ours"), time.Now()
			for range million / 5000 {
				tellMany(b, s, 5000)
			}
			written := time.Since(began)
			began = time.Now()
			sealAll(b, s, ours)
			b.Logf("written in %v, sealed in %v", written, time.Since(began))
			for b.Loop() {
				from, to := io.Pipe()
				go func() {
					w, err := seal.NewWriter(to, []ed25519.PublicKey{ours.Public()})
					if err == nil {
						err = s.WalkAudit(b.Context(), 0, true, w.Block, w.Events)
					}
					to.CloseWithError(errors.Join(err, w.End()))
				}()
				r, err := seal.Verify(from, seal.NewCheck([]ed25519.PublicKey{ours.Public()}, nil, nil))
				if err != nil || r.Events != int64(million) {
					b.Fatalf("verified %+v: %v", r, err)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*million), "ns/event")
		})
	}
}

// tellMany writes events as settling does, every other one with clear values.
func tellMany(b *testing.B, s *Store, n int) {
	b.Helper()
	const changes = `{"attributes":["title","name","emails"],"state":"active","origin":"idp","because":{"code":"onlyAssign","connector":"acme-okta","list":"onlyAssign","pattern":"jira-.*"}}`
	rows, values := make([][]any, n), make([][]any, 0, n/2)
	for i := range rows {
		id, user := newID(), uuid.New()
		rows[i] = []any{id, micros(time.Now()), user, "credential", uuid.NewString(), "record.user.changed", user, "0193f2a47c1e7d0a9b5f3c2d1e0f9a8b", changes, nil}
		if i%2 == 0 {
			sum, apart := sealedValues(id, uuid.Nil, user, uuid.Nil, []byte(`{"title":{"before":"Countess","after":"Countess of Lovelace"},"emails":{"after":[{"value":"ada@acme.example"}]}}`))
			rows[i][9] = sum
			values = append(values, apart)
		}
	}
	err := s.write(b.Context(), everyConnector, func(x *tx) error {
		x.insert("events", []string{"id", "time", "record_id", "actor_type", "actor", "action", "user_id", "request", "changes", "values_hash"}, rows, "")
		x.insert("event_values", []string{"event_id", "directory_id", "user_id", "record_id", "data", "salt"}, values, "")
		return nil
	})
	if err != nil {
		b.Fatal(err)
	}
}
