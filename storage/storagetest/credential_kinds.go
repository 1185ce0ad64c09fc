package storagetest

import (
	"errors"
	"reflect"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/muster-scim/muster/tenants"
)

func credentialNamesAreUnique(t *testing.T, w tenantsWorld) {
	w.tenant(t, "acme")
	w.connector(t, "acme", "a")
	w.connector(t, "acme", "b")
	made, _, err := w.registry.Mint(t.Context(), "a", tenants.Wanted{Name: "Okta"})
	if err != nil {
		t.Fatal(err)
	}
	_, _, err = w.registry.Mint(t.Context(), "a", tenants.Wanted{Name: " OKTA", Kind: tenants.OAuth})
	wants(t, "the same name in other letters", err, tenants.ErrTaken)
	var p *tenants.Problem
	if !errors.As(err, &p) || p.Code != tenants.CodeCredentialTaken || p.Field != "name" {
		t.Errorf("it is %+v", p)
	}
	if _, _, err := w.registry.Mint(t.Context(), "b", tenants.Wanted{Name: "Okta"}); err != nil {
		t.Errorf("the name on another connector: %v", err)
	}
	if err := w.DeleteCredential(t.Context(), "a", made.ID); err != nil {
		t.Fatal(err)
	}
	if _, _, err := w.registry.Mint(t.Context(), "a", tenants.Wanted{Name: "okta"}); err != nil {
		t.Errorf("the name of one that has ended: %v", err)
	}
	all, err := w.Credentials(t.Context(), "a")
	if err != nil || len(all) != 3 || all[2].Name != "okta" {
		t.Errorf("Credentials = %+v, %v, want no trace of the one that has ended", all, err)
	}
}

func credentialsReadBack(t *testing.T, w tenantsWorld) {
	const tenant = "cbb1a5ac-f33b-45fa-9bf5-f37db0fed422"
	w.tenant(t, "acme")
	w.connector(t, "acme", "a")
	networks, err := tenants.ParseNetworks("allowedNetworks", []string{"203.0.113.0/24", "2001:db8::/32"})
	if err != nil {
		t.Fatal(err)
	}
	for _, wanted := range []tenants.Wanted{
		{Name: "token", Networks: networks},
		{Name: "pair", Kind: tenants.Basic, Username: "ada"},
		{Name: "client", Kind: tenants.OAuth, ReadOnly: true},
		{Name: "entra", Kind: tenants.Entra, Entra: tenants.EntraTenant{Tenant: tenant}},
	} {
		made, secrets, err := w.registry.Mint(t.Context(), "a", wanted)
		if err != nil {
			t.Fatalf("%s: %v", wanted.Name, err)
		}
		all, err := w.Credentials(t.Context(), "a")
		if err != nil || !reflect.DeepEqual(all[len(all)-1], made) {
			t.Errorf("%s: listed as %+v, %v\n\tmade as %+v", wanted.Name, all[len(all)-1], err, made)
		}
		key := map[tenants.CredentialKind]func() string{
			tenants.Bearer: func() string { return tenants.TokenKey(secrets.Token[4:20]) },
			tenants.Basic:  func() string { return tenants.BasicKey("a", "ada") },
			tenants.OAuth:  func() string { return tenants.ClientKey(secrets.Client.ID) },
			tenants.Entra:  func() string { return tenants.EntraKey("a", tenant) },
		}[made.Kind]()
		entry, err := w.Find(t.Context(), key)
		if err != nil || !reflect.DeepEqual(entry.Credential, made) || entry.Connector.Slug != "a" {
			t.Errorf("%s: found as %+v, %v\n\tmade as %+v", wanted.Name, entry.Credential, err, made)
		}
		if err := w.DeleteCredential(t.Context(), "a", made.ID); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Find(t.Context(), key); !errors.Is(err, tenants.ErrUnknown) {
			t.Errorf("%s: after its end: %v", wanted.Name, err)
		}
	}
	entra := tenants.Wanted{Name: "one", Kind: tenants.Entra, Entra: tenants.EntraTenant{Tenant: tenant}}
	if _, _, err := w.registry.Mint(t.Context(), "a", entra); err != nil {
		t.Fatal(err)
	}
	entra.Name = "two"
	_, _, err = w.registry.Mint(t.Context(), "a", entra)
	wants(t, "the same Entra tenant twice", err, tenants.ErrTaken)
}

func expiringCredentialsAreClaimedOnce(t *testing.T, w tenantsWorld) {
	w.tenant(t, "acme")
	w.connector(t, "acme", "a")
	var soon uuid.UUID
	for name, left := range map[string]time.Duration{"soon": 29 * 24 * time.Hour, "later": 31 * 24 * time.Hour, "never": 0} {
		wanted := tenants.Wanted{Name: name}
		if left > 0 {
			wanted.ExpiresAt = time.Now().Add(left)
		}
		made, _, err := w.registry.Mint(t.Context(), "a", wanted)
		if err != nil {
			t.Fatal(err)
		}
		if name == "soon" {
			soon = made.ID
		}
	}
	var mu sync.Mutex
	var told []tenants.Expiring
	var askers sync.WaitGroup
	for range 4 {
		askers.Go(func() {
			claimed, err := w.ClaimExpiring(t.Context())
			if err != nil {
				t.Error(err)
			}
			mu.Lock()
			defer mu.Unlock()
			told = append(told, claimed...)
		})
	}
	askers.Wait()
	if len(told) != 1 || told[0].Credential.ID != soon || told[0].Credential.Name != "soon" || told[0].Connector != "a" || told[0].Credential.ExpiresAt.IsZero() {
		t.Errorf("four that ask at once are told of %+v", told)
	}
}
