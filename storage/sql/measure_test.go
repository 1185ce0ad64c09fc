package sql

import (
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/muster-scim/muster/directory/webhook"
	"github.com/muster-scim/muster/migrations"
	"github.com/muster-scim/muster/tenants"
)

func TestMeasuresAreOfTheWholeDeployment(t *testing.T) {
	onBoth(t, func(t *testing.T, s *Store) {
		a, b := newConnector(t, s, "acme", "acme-okta"), newConnector(t, s, "beta", "beta-okta")
		now := time.Now()
		s.now = func() time.Time { return now }
		ends := now.Add(time.Hour).Truncate(time.Microsecond).UTC()
		if err := s.write(t.Context(), everyConnector, func(x *tx) error {
			queued := func(due time.Time) {
				x.exec(nil, "insert into settle_queue (directory_id, connector_id, record_id, due_at) values (?, ?, ?, ?)", a.DirectoryID, a.ID, uuid.New(), micros(due))
			}
			queued(now.Add(-time.Minute))
			queued(now.Add(-time.Second))
			queued(now.Add(time.Hour))
			credential := func(name string, used time.Time, expires int64) {
				x.exec(nil, "insert into credentials (id, connector_id, name, kind, lookup_key, hash, expires_at, last_used_at, created_at) values (?, ?, ?, 'bearer', ?, ?, ?, ?, 1)",
					uuid.New(), b.ID, name, name, []byte{1}, expires, micros(used))
			}
			credential("in use", now.Add(-time.Hour), micros(ends))
			credential("ends sooner, and nobody uses it", now.Add(-30*24*time.Hour), micros(now))
			for range 2 {
				x.exec(nil, "insert into holds (id, directory_id, connector_id, user_id, kind, subject, state, detail, created_at) values (?, ?, ?, ?, 'membership', 'x', 'held', '{}', 1)",
					uuid.New(), a.DirectoryID, a.ID, uuid.New())
			}
			for i, hook := range []struct{ state, reason string }{{"enabled", ""}, {"disabled", string(webhook.ReasonFailing)}, {"disabled", ""}} {
				id := uuid.UUID{15: byte(i + 1)}
				x.exec(nil, "insert into webhooks (id, url, description, types, state, reason, secret, cursor_seq, created_at, updated_at) values (?, 'https://h.example', '', '[]', ?, ?, ?, 0, 1, 1)",
					id, hook.state, hook.reason, []byte{1})
				for j, state := range []string{"delivered", "pending", "pending"} {
					x.exec(nil, "insert into webhook_deliveries (id, webhook_id, seq, event_id, type, ordered, state, next_at, created_at) values (?, ?, ?, ?, 'user.created', ?, ?, 0, ?)",
						uuid.New(), id, j, uuid.New(), uuid.New(), state, micros(now.Add(time.Duration(j-2)*time.Minute)))
				}
			}
			x.exec(nil, "insert into holds (id, directory_id, connector_id, user_id, kind, subject, state, detail, created_at) values (?, ?, ?, ?, 'membership', 'x', 'discarded', '{}', 1)",
				uuid.New(), a.DirectoryID, a.ID, uuid.New())
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		m, err := s.Measure(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if m.Schema != migrations.Newest() || len(m.Connectors) != 2 {
			t.Fatalf("%+v", m)
		}
		if got := m.Connectors[0]; got.Slug != "acme-okta" || got.Kind != "okta" || got.Mode != "live" || got.Waiting != 2 || got.Lag.Round(time.Second) != time.Minute || !got.Expires.IsZero() {
			t.Errorf("of acme: %+v", got)
		}
		if got := m.Connectors[1]; got.Waiting != 0 || got.Lag != 0 || !got.Expires.Equal(ends) {
			t.Errorf("of beta: %+v, want the end %v of the credential that is used", got, ends)
		}
		if want := []CountOf{{"acme-okta", "membership", 2}}; !slices.Equal(m.Holds, want) {
			t.Errorf("held %v, want %v", m.Holds, want)
		}
		if len(m.Webhooks) != 2 || m.Webhooks[0].Lag.Round(time.Second) != time.Minute || m.Webhooks[0].GivenUp || !m.Webhooks[1].GivenUp || m.Webhooks[1].Lag != 0 {
			t.Errorf("webhooks: %+v, want one that lags by a minute and one that was given up", m.Webhooks)
		}
		if _, err := s.MeasureSizes(t.Context()); err != nil {
			t.Error(err)
		}
		if p := s.Pool(); p.Most < 1 || p.InUse != 0 {
			t.Errorf("the pool: %+v", p)
		}
	})
}

func TestTheNewestChangeOfALogLevelCounts(t *testing.T) {
	onBoth(t, func(t *testing.T, s *Store) {
		newConnector(t, s, "acme", "acme-okta")
		now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
		s.now = func() time.Time { return now }
		change := func(level, connector string) {
			t.Helper()
			now = now.Add(time.Second)
			l := tenants.LogLevel{Level: level, Connector: connector, Since: now, Until: now.Add(time.Hour)}
			if err := s.ChangeLogLevel(t.Context(), l); err != nil {
				t.Fatal(err)
			}
		}
		holding := func(want ...string) {
			t.Helper()
			all, err := s.LogLevels(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, l := range all {
				got = append(got, l.Connector+"="+l.Level)
			}
			slices.Sort(got)
			if !slices.Equal(got, want) {
				t.Errorf("%v hold, want %v", got, want)
			}
		}
		holding()
		change("debug", "")
		change("warn", "")
		change("debug", "acme-okta")
		holding("=warn", "acme-okta=debug")
		change("", "")
		holding("acme-okta=debug")
		now = now.Add(2 * time.Hour)
		holding()
		if n := numbers(t, s, 1, "select count(*) from events where action = 'deployment.logLevel.changed' and changes <> '{}'")[0]; n != 4 {
			t.Errorf("%d events, want one of each change", n)
		}
		if err := s.ChangeLogLevel(t.Context(), tenants.LogLevel{Level: "debug", Connector: "nobody"}); !errors.Is(err, tenants.ErrUnknown) {
			t.Errorf("of a connector that is not there: %v", err)
		}
	})
}

func TestExamineFindsADatabaseThatIsWell(t *testing.T) {
	onBoth(t, func(t *testing.T, s *Store) {
		seen := map[string]string{}
		for _, f := range s.Examine(t.Context()) {
			seen[f.Name] = f.State
			if f.State == FoundFail && f.Name != "database settings" { // a database for tests need not outlive a crash
				t.Errorf("%+v", f)
			}
			if (f.Next == "") != (f.State == FoundOK) {
				t.Errorf("%+v: what to do is said where something is wrong, and nowhere else", f)
			}
		}
		want := []string{"schema", "database server"}
		if s.isPostgres() {
			want = append(want, "database settings", "database connections", "database clock", "database rights", "database locks", "database role")
		}
		for _, name := range want {
			if seen[name] == "" {
				t.Errorf("it did not look at: %s", name)
			}
		}
	})
}
