package sql

import (
	"context"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/muster-scim/muster/directory"
	"github.com/muster-scim/muster/directory/seal"
	"github.com/muster-scim/muster/scim"
	"github.com/muster-scim/muster/tenants"
)

// TestTrafficCountsEveryRequestAndChangeOnce keeps requests, some of them twice, seals events, and
// reads the sums in every step, of everybody, of one connector and as a limited administrator.
func TestTrafficCountsEveryRequestAndChangeOnce(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, s *Store) {
		d := directory.New(s, directory.Options{Now: time.Now})
		acme, globex := connected(t, s, "acme"), connected(t, s, "globex")
		src := directory.Source{Connector: acme, Request: "r"}
		ada, err := d.CreateUser(t.Context(), src, scim.Document{"userName": "ada", "active": true}, nil)
		if err != nil {
			t.Fatal(err)
		}
		if err := d.DeleteUser(t.Context(), src, ada.ID, nil); err != nil {
			t.Fatal(err)
		}
		sealAll(t, s, newSigner(t, "traffic"))
		now := time.Now()
		minute := now.Truncate(time.Minute)
		write := keptRequest(acme, now, func(a *tenants.Activity) { a.Method, a.Status = "POST", 201 })
		keep(t, s, write, keptRequest(acme, now, nil),
			keptRequest(acme, now, func(a *tenants.Activity) { a.Method, a.Status = "PATCH", 409 }),
			keptRequest(globex, now, func(a *tenants.Activity) { a.Status = 500 }))
		keep(t, s, write, keptRequest(acme, now.Add(-time.Hour), nil)) // the first is kept already

		is := func(ctx context.Context, connector uuid.UUID, since time.Time, step time.Duration, want tenants.Traffic) {
			t.Helper()
			found, err := s.Traffic(ctx, connector, since, step)
			if err != nil {
				t.Fatal(err)
			}
			sum := tenants.Traffic{}
			for _, f := range found {
				if f.Start.Unix()%int64(step/time.Second) != 0 {
					t.Errorf("a step of %v begins at %v", step, f.Start)
				}
				sum = sum.Plus(f.Traffic)
			}
			if sum != want {
				t.Errorf("steps of %v since %v are %+v together, and should be %+v", step, now.Sub(since), sum, want)
			}
		}
		changes := tenants.Traffic{Changes: 2, Losses: 1}
		of := tenants.Traffic{Reads: 1, Writes: 1, Refused: 1}
		hourAgo := tenants.Traffic{Reads: 1}
		is(t.Context(), uuid.Nil, minute.Add(-30*time.Minute), time.Minute, of.Plus(changes).Plus(tenants.Traffic{Failed: 1}))
		is(t.Context(), acme.ID, minute.Add(-30*time.Minute), time.Minute, of.Plus(changes))
		is(t.Context(), acme.ID, minute.Add(-2*time.Hour), 15*time.Minute, of.Plus(changes).Plus(hourAgo))
		is(t.Context(), acme.ID, minute.Add(-7*24*time.Hour), 2*time.Hour, of.Plus(changes).Plus(hourAgo))
		limited := tenants.WithOnly(t.Context(), tenants.Only{globex.TenantID})
		is(limited, uuid.Nil, minute.Add(-2*time.Hour), 15*time.Minute, tenants.Traffic{Failed: 1})
		is(limited, acme.ID, minute.Add(-2*time.Hour), 15*time.Minute, tenants.Traffic{})
		is(tenants.WithOnly(t.Context(), tenants.Only{}), uuid.Nil, minute.Add(-2*time.Hour), 15*time.Minute, tenants.Traffic{})

		standings, err := s.Standings(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if got, want := standings["acme"].Day, of.Plus(changes).Plus(hourAgo); got != want {
			t.Errorf("the day of acme is %+v, and should be %+v", got, want)
		}
		own, err := s.Standings(limited)
		if err != nil {
			t.Fatal(err)
		}
		if _, foreign := own["acme"]; foreign || own["globex"].Day.Failed != 1 {
			t.Errorf("whoever is limited to globex is told of %+v", own)
		}
	})
}

// TestStandingsTellWhatWaits has an IdP that got through, one that did not, and a credential that
// ends.
func TestStandingsTellWhatWaits(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, s *Store) {
		acme, globex := connected(t, s, "acme"), connected(t, s, "globex")
		now := time.Now().Truncate(time.Microsecond)
		soon := tenants.NewCredential{Credential: tenants.Credential{ID: uuid.New(), Name: "ends", Kind: tenants.Bearer, ExpiresAt: now.Add(48 * time.Hour)}, LookupKey: "ends"}
		later := tenants.NewCredential{Credential: tenants.Credential{ID: uuid.New(), Name: "stays", Kind: tenants.Bearer, ExpiresAt: now.Add(90 * 24 * time.Hour)}, LookupKey: "stays"}
		for _, n := range []tenants.NewCredential{soon, later} {
			if _, err := s.AddCredential(t.Context(), acme.Slug, n); err != nil {
				t.Fatal(err)
			}
		}
		heard := func(slug string, at time.Time, h tenants.Heard) tenants.Contact {
			h.Slug = slug
			return tenants.Contact{Heard: h, Count: 1, First: at, Last: at}
		}
		err := s.KeepContacts(t.Context(), []tenants.Contact{
			heard(acme.Slug, now.Add(-time.Hour), tenants.Heard{Method: "GET", Route: "/Users", Version: "2.0", Status: 200, Credential: soon.ID}),
			heard(acme.Slug, now.Add(-2*time.Hour), tenants.Heard{Method: "POST", Route: "/Users", Version: "2.0", Status: 201, Credential: soon.ID}),
			heard(acme.Slug, now, tenants.Heard{Diagnosis: tenants.WrongToken, Method: "GET", Status: 401}), // a stranger
			heard(globex.Slug, now, tenants.Heard{Diagnosis: tenants.WrongToken, Method: "GET", Status: 401}),
		})
		if err != nil {
			t.Fatal(err)
		}
		all, err := s.Standings(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if got := all["acme"]; !got.Heard().Equal(now.Add(-time.Hour)) || tenants.State(got.Contacts) != tenants.Connected {
			t.Errorf("acme was heard %v ago and is %s", now.Sub(got.Heard()), tenants.State(got.Contacts))
		}
		if got := all["acme"].Ending; len(got) != 1 || got[0].Name != "ends" {
			t.Errorf("of acme end %+v", got)
		}
		if got := all["globex"]; !got.Heard().IsZero() || tenants.State(got.Contacts) != tenants.Trouble {
			t.Errorf("globex was heard at %v and is %s", got.Heard(), tenants.State(got.Contacts))
		}
	})
}

// TestOldTrafficIsForgotten looks at the sums after their time.
func TestOldTrafficIsForgotten(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, s *Store) {
		acme := connected(t, s, "acme")
		now := time.Now()
		keep(t, s, keptRequest(acme, now, nil), keptRequest(acme, now.Add(-12*time.Hour), nil), keptRequest(acme, now.Add(-40*24*time.Hour), nil))
		if _, err := s.DropActivity(t.Context(), tenants.ActivityLimits{}, 10); err != nil {
			t.Fatal(err)
		}
		for step, want := range map[time.Duration]int64{time.Minute: 1, 15 * time.Minute: 2} {
			found, err := s.Traffic(t.Context(), uuid.Nil, now.Add(-90*24*time.Hour), step)
			if err != nil {
				t.Fatal(err)
			}
			if int64(len(found)) != want {
				t.Errorf("steps of %v: %d are left of three, and should be %d", step, len(found), want)
			}
		}
	})
}

// TestAnActOfAnAdministratorIsCountedByWhatItChanges tells of somebody who is blocked, and so
// disabled, and of another one who is as the rules have it.
func TestAnActOfAnAdministratorIsCountedByWhatItChanges(t *testing.T) {
	t.Parallel()
	var events []seal.Event
	for _, action := range []string{"directory.user.blocked", "directory.user.disabled", "directory.user.reapplied", "record.user.updated"} {
		events = append(events, seal.Event{Action: action, Time: time.Now()})
	}
	sum := tenants.Traffic{}
	for slot, n := range trafficOfEvents(events) {
		if slot.step == fineStep {
			sum = sum.Plus(n)
		}
	}
	if want := (tenants.Traffic{Changes: 1, Losses: 1}); sum != want {
		t.Errorf("they are counted as %+v, and should be %+v", sum, want)
	}
}
