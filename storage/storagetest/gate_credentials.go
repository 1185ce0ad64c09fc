package storagetest

import (
	"context"
	"errors"
	"net/netip"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/muster-scim/muster/tenants"
)

func entriesAreFound(t *testing.T, w *gateWorld) {
	p := w.add("acme", tenants.Limits{})
	for range 5 {
		w.enter(t, w.gate, p)
	}
	if n := w.rows.lookups(); n != 1 {
		t.Errorf("%d look-ups for five requests, want 1", n)
	}
}

func entriesAreWhole(t *testing.T, w *gateWorld) {
	rate, burst, concurrency := 2.5, 7, 3
	networks := tenants.Networks{netip.MustParsePrefix("2001:db8::/32"), netip.MustParsePrefix("203.0.113.0/24")}
	sameNetwork := cmp.Comparer(func(a, b netip.Prefix) bool { return a == b })
	want := tenants.Entry{
		Credential: tenants.Credential{
			ID: uuid.New(), ConnectorID: uuid.New(), Name: "Ünïcode\n\"quoted\" \x00", Kind: tenants.Basic, Username: "okta", Hint: "abcd", ReadOnly: true,
			Settings:  tenants.CredentialSettings{Networks: networks[1:], Entra: tenants.EntraTenant{Tenant: "t", Audience: "a"}},
			ExpiresAt: time.Date(2030, 1, 2, 3, 4, 5, 6000, time.UTC), CreatedAt: time.Date(2020, 1, 2, 3, 4, 5, 6000, time.UTC),
		},
		Connector: tenants.Connector{
			ID: uuid.New(), TenantID: uuid.New(), DirectoryID: uuid.New(), Tenant: "Acme Ltd", Directory: "main", Slug: "acme", Name: "Okta",
			Kind: "okta", Mode: tenants.Observe, Precedence: 7, Version: 1 << 60, CreatedAt: time.Date(2021, 1, 1, 0, 0, 0, 0, time.UTC),
			Settings: tenants.Settings{
				Strict: true,
				Limits: tenants.Limits{Rate: &rate, Burst: &burst, Concurrency: &concurrency, Shadow: true, Members: 5, Groups: 6},
				Paths:  tenants.Paths{Users: []string{"People"}, Groups: []string{"Teams", "Organizations"}},

				Networks: networks,
			},
		},
		Hash: [32]byte{1, 2, 3},
	}
	p := tenants.Presented{Slug: "acme", Key: tenants.BasicKey("acme", "okta"), Proof: want.Hash}
	w.rows.set(p.Key, want)
	for _, when := range []string{"looked up", "remembered", "remembered again"} {
		got, _, err := w.gate.Enter(t.Context(), p)
		if diff := cmp.Diff(want, got, sameNetwork); diff != "" || err != nil {
			t.Errorf("%s: %v, other than it is:\n%s", when, err, diff)
		}
	}
}

func absenceIsRemembered(t *testing.T, w *gateWorld) {
	nobody := tenants.Presented{Slug: "acme", Key: tenants.TokenKey("nobody")}
	for range 5 {
		w.unknown(t, w.gate, nobody, "nothing is there")
	}
	if n := w.rows.lookups(); n != 1 {
		t.Errorf("%d look-ups for five requests, want 1", n)
	}
	w.unknown(t, w.gate, tenants.Presented{Slug: "beta", Key: nobody.Key}, "nor at another connector")
}

func lookupsAreShared(t *testing.T, w *gateWorld) {
	p, nobody := w.add("acme", tenants.Limits{}), tenants.Presented{Slug: "acme", Key: tenants.TokenKey("nobody")}
	for _, what := range []tenants.Presented{p, nobody} {
		w.rows.hold()
		arrived := w.rows.arrived
		var wg sync.WaitGroup
		for range 20 {
			wg.Go(func() {
				_, _, err := w.gate.Enter(t.Context(), what)
				if err != nil && !errors.Is(err, tenants.ErrUnknown) {
					t.Error(err)
				}
			})
		}
		<-arrived
		w.rows.letGo()
		wg.Wait()
		if n := w.rows.lookups(); n != 1 {
			t.Errorf("%s: %d look-ups for 20 callers, want 1", what.Key, n)
		}
	}
}

func failuresAreErrors(t *testing.T, w *gateWorld) {
	p, away := w.add("acme", tenants.Limits{}), errors.New("the database is away")
	w.rows.failWith(away)
	if _, _, err := w.gate.Enter(t.Context(), p); !errors.Is(err, away) {
		t.Errorf("a look-up that failed: %v, want its error", err)
	}
	w.rows.failWith(nil)
	w.enter(t, w.gate, p)
}

func leavingIsAlone(t *testing.T, w *gateWorld) {
	p := w.add("acme", tenants.Limits{})
	w.rows.hold()
	arrived := w.rows.arrived
	leaving, leave := context.WithCancel(t.Context())
	left, stayed := make(chan error), make(chan error)
	go func() {
		_, _, err := w.gate.Enter(leaving, p)
		left <- err
	}()
	<-arrived
	go func() {
		_, _, err := w.gate.Enter(t.Context(), p)
		stayed <- err
	}()
	leave()
	if err := <-left; !errors.Is(err, context.Canceled) {
		t.Errorf("the caller who left got %v", err)
	}
	w.rows.letGo()
	if err := <-stayed; err != nil {
		t.Errorf("the caller who stayed got %v", err)
	}
	if n := w.rows.lookups(); n != 1 {
		t.Errorf("%d look-ups, want 1", n)
	}
}

func forgettingIsAtOnce(t *testing.T, w *gateWorld) {
	p := w.add("acme", tenants.Limits{})
	w.enter(t, w.gate, p)
	w.enter(t, w.gate, p)
	w.rows.delete(p.Key)
	w.gate.Forget(t.Context(), p.Slug)
	w.unknown(t, w.gate, p, "after its deletion")
	w.unknown(t, w.gate, p, "and once more")
	p = w.add("acme", tenants.Limits{}) // the same key
	w.gate.Forget(t.Context(), p.Slug)
	w.enter(t, w.gate, p)
}

func forgettingLeavesOthers(t *testing.T, w *gateWorld) {
	acme, beta := w.add("acme", tenants.Limits{}), w.add("beta", tenants.Limits{})
	w.enter(t, w.gate, acme)
	w.enter(t, w.gate, beta)
	w.rows.lookups()
	w.gate.Forget(t.Context(), "acme")
	w.enter(t, w.gate, beta)
	if n := w.rows.lookups(); n != 0 {
		t.Errorf("%d look-ups for a connector after another one was forgotten, want none", n)
	}
	w.enter(t, w.gate, acme)
	if n := w.rows.lookups(); n != 1 {
		t.Errorf("%d look-ups for the one that was forgotten, want 1", n)
	}
}

func deletionsWinOverLookups(t *testing.T, w *gateWorld) { deletedMeanwhile(t, w, w.gate, w.gate) }

func replicasDelete(t *testing.T, w *gateWorld) { deletedMeanwhile(t, w, w.gate, w.replica(t)) }

// deletedMeanwhile deletes a credential while a look-up for one gate has read it and not
// answered yet, and tells the other gate.
func deletedMeanwhile(t *testing.T, w *gateWorld, reading, told tenants.Gate) {
	p := w.add("acme", tenants.Limits{})
	w.rows.hold()
	arrived := w.rows.arrived
	first := make(chan error)
	go func() {
		_, _, err := reading.Enter(t.Context(), p)
		first <- err
	}()
	<-arrived
	w.rows.delete(p.Key)
	told.Forget(t.Context(), p.Slug)
	w.rows.letGo()
	if err := <-first; err != nil {
		t.Errorf("who asked before the deletion: %v", err)
	}
	for _, g := range []tenants.Gate{reading, told} {
		w.unknown(t, g, p, "who asks after it")
	}
}

// nothingIsOld is the promise that stands when nobody can tell anybody.
func nothingIsOld(t *testing.T, w *gateWorld) {
	p, later := w.add("acme", tenants.Limits{}), tenants.Presented{Slug: "beta", Key: tenants.TokenKey("key-of-beta")}
	w.enter(t, w.gate, p)
	w.unknown(t, w.gate, later, "before it is made")
	w.rows.delete(p.Key)
	w.Forward(10 * time.Second)
	w.unknown(t, w.gate, p, "ten seconds after it was read")
	later = w.add("beta", tenants.Limits{})
	w.Forward(10 * time.Second)
	w.enter(t, w.gate, later)
}

func replicasForget(t *testing.T, w *gateWorld) {
	other := w.replica(t)
	p := w.add("acme", tenants.Limits{})
	for _, g := range []tenants.Gate{w.gate, other} {
		w.enter(t, g, p)
		w.enter(t, g, p)
	}
	w.rows.delete(p.Key)
	w.gate.Forget(t.Context(), p.Slug)
	w.unknown(t, other, p, "on the other replica, after its deletion")
	p = w.add("acme", tenants.Limits{})
	w.gate.Forget(t.Context(), p.Slug)
	w.enter(t, other, p)
}

func replicasShare(t *testing.T, w *gateWorld) {
	other := w.replica(t)
	burst := 4
	p := w.add("acme", tenants.Limits{Burst: &burst})
	admitted := 0
	for i := range 10 {
		if a := w.enter(t, []tenants.Gate{w.gate, other}[i%2], p); !a.Refused {
			admitted++
		}
	}
	if admitted != burst {
		t.Errorf("two replicas let in %d, want the burst of %d between them", admitted, burst)
	}
	if n := w.rows.lookups(); n != 1 {
		t.Errorf("%d look-ups for both replicas, want 1", n)
	}
	for range w.quota.Failures.Burst {
		w.gate.Fail(t.Context(), "acme", "192.0.2.1")
	}
	if a := other.Fail(t.Context(), "acme", "192.0.2.1"); !a.Refused {
		t.Error("a replica does not know the failures on another one")
	}
}
