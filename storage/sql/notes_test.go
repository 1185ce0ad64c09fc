package sql

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/muster-scim/muster/policy"
	"github.com/muster-scim/muster/tenants"
)

// told are the events of an action, as actor and changes.
func told(t *testing.T, s *Store, action string) (all []string) {
	t.Helper()
	mustWrite(t, s, func(x *tx) error {
		all = nil
		x.query(func(r row) error {
			var line string
			err := r.Scan(&line)
			all = append(all, line)
			return err
		}, "select actor_type || ' ' || actor || ' ' || changes || case when connector_id is null then '' else ' of a connector' end from events where action = ? order by seq", action)
		return nil
	})
	return all
}

func someConnector(t *testing.T, s *Store) tenants.Connector {
	t.Helper()
	if _, err := s.CreateTenant(t.Context(), "acme"); err != nil {
		t.Fatal(err)
	}
	c, err := s.CreateConnector(t.Context(), tenants.NewConnector{Tenant: "acme", Name: "a", Slug: "acme-okta", Kind: "generic", Mode: tenants.Live, Directory: "main", Rules: policy.Rules{}})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestTheFirstUseOfACredentialIsOneEvent(t *testing.T) {
	onBoth(t, func(t *testing.T, s *Store) {
		c, id := someConnector(t, s), uuid.New()
		mustWrite(t, s, func(x *tx) error {
			x.exec(nil, "insert into credentials (id, connector_id, name, kind, lookup_key, hash, created_at) values (?, ?, 'Okta, since March', '', 'k', '', 1)", id, c.ID)
			return nil
		})
		now := time.Now()
		for i := range 3 {
			if err := s.TouchCredentials(t.Context(), map[uuid.UUID]time.Time{id: now.Add(time.Duration(i) * time.Minute)}); err != nil {
				t.Fatal(err)
			}
		}
		want := fmt.Sprintf(`credential %s {"credential":"%s","name":"Okta, since March"} of a connector`, id, id)
		if got := told(t, s, "credential.firstUsed"); len(got) != 1 || got[0] != want {
			t.Errorf("events are %q, want %q", got, want)
		}
		var used int64
		mustWrite(t, s, func(x *tx) error {
			x.query(func(r row) error { return r.Scan(&used) }, "select last_used_at from credentials where id = ?", id)
			return nil
		})
		if used != micros(now.Add(2*time.Minute)) {
			t.Errorf("the last use is %v", fromMicros(used))
		}
	})
}

func TestRefusalsAreEventsOfConnectorsThatExist(t *testing.T) {
	onBoth(t, func(t *testing.T, s *Store) {
		someConnector(t, s)
		now := time.Now()
		err := s.KeepRefused(t.Context(), []tenants.Refused{
			{Side: "scim", Slug: "acme-okta", Reason: "wrongToken", Status: 401, Count: 990, First: now, Last: now},
			{Side: "scim", Slug: "invented", Reason: "wrongToken", Status: 401, Count: 1, First: now, Last: now},
			{Side: "admin", Reason: "notFound", Status: 404, Method: "GET", Count: 1, First: now, Last: now},
		})
		if err != nil {
			t.Fatal(err)
		}
		got := told(t, s, "request.refused")
		if len(got) != 3 || !strings.Contains(got[0], `"count":990`) || !strings.HasSuffix(got[0], "of a connector") ||
			strings.Contains(got[1], "invented") || strings.HasSuffix(got[1], "of a connector") || !strings.HasPrefix(got[2], "admin token") {
			t.Errorf("events are %q", got)
		}
	})
}

func TestANoteNamesItsActorAndConnector(t *testing.T) {
	onBoth(t, func(t *testing.T, s *Store) {
		someConnector(t, s)
		ctx := tenants.WithActor(t.Context(), tenants.Actor{ID: "token", Request: "r"})
		for _, slug := range []string{"acme-okta", "nobody", ""} {
			if err := s.Note(ctx, tenants.Note{Action: "test.noted", Connector: slug, Changes: map[string]any{"of": slug}}); err != nil {
				t.Fatal(err)
			}
		}
		if err := s.Note(t.Context(), tenants.Note{Action: "test.noted"}); err != nil {
			t.Fatal(err)
		}
		got := told(t, s, "test.noted")
		if len(got) != 4 || got[0] != `admin token {"of":"acme-okta"} of a connector` || got[1] != `admin token {"of":"nobody"}` || !strings.HasPrefix(got[3], "system muster") {
			t.Errorf("events are %q", got)
		}
	})
}
