package storagetest

import (
	"context"
	"encoding/base64"
	"errors"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/muster-scim/muster/tenants"
)

func connectorsGoWithCredentials(t *testing.T, w tenantsWorld) {
	w.tenant(t, "acme")
	_, secrets := w.connector(t, "acme", "a")
	if err := w.DeleteConnector(t.Context(), "a"); err != nil {
		t.Fatal(err)
	}
	if _, err := w.authenticate(t, "a", secrets.Token); !errors.Is(err, tenants.ErrUnauthenticated) {
		t.Errorf("the token of a deleted connector: %v", err)
	}
	wants(t, "deleting it again", w.DeleteConnector(t.Context(), "a"), tenants.ErrUnknown)
	_, err := w.Credentials(t.Context(), "a")
	wants(t, "listing its credentials", err, tenants.ErrUnknown)
	again, fresh := w.connector(t, "acme", "a") // the slug is free again, the old secrets stay dead
	if _, err := w.authenticate(t, "a", secrets.Token); !errors.Is(err, tenants.ErrUnauthenticated) {
		t.Errorf("the old token on a new connector of the same slug: %v", err)
	}
	if p, err := w.authenticate(t, "a", fresh.Token); err != nil || p.Connector.ID != again.ID {
		t.Errorf("the new token: %v, %v", p, err)
	}
}

// authenticate presents a secret as an Authorization header.
func (w tenantsWorld) authenticate(t *testing.T, slug, header string) (tenants.Principal, error) {
	t.Helper()
	caller := tenants.Caller{Slug: slug, Headers: []string{header}}
	return tenants.NewAuthenticator(openGate{w}, time.Now).Authenticate(t.Context(), caller)
}

// openGate is a Gate without a memory or a limit.
type openGate struct{ tenants.Lookup }

func (g openGate) Enter(ctx context.Context, p tenants.Presented) (tenants.Entry, tenants.Allowance, error) {
	entry, err := g.Find(ctx, p.Key)
	return entry, tenants.Allowance{}, err
}
func (openGate) Fail(context.Context, string, string) tenants.Allowance { return tenants.Allowance{} }
func (openGate) Forget(context.Context, string)                         {}

func credentialsAreFound(t *testing.T, w tenantsWorld) {
	w.tenant(t, "acme")
	connector, _ := w.connector(t, "acme", "a")
	expires := time.Now().Add(time.Hour).Truncate(time.Microsecond).UTC()
	made, secrets, err := w.registry.Mint(t.Context(), "a", tenants.Wanted{Name: "rotation", ExpiresAt: expires, ReadOnly: true})
	if err != nil {
		t.Fatal(err)
	}
	token := secrets.Token
	p, err := w.authenticate(t, "a", token)
	if err != nil {
		t.Fatalf("a stored token does not authenticate: %v", err)
	}
	if p.Credential.ID != made.ID || !p.Credential.ReadOnly || !p.Credential.ExpiresAt.Equal(expires) || p.Credential.Name != "rotation" ||
		p.Credential.Kind != tenants.Bearer || p.Credential.Hint != token[len(token)-4:] {
		t.Errorf("found %+v\nmade  %+v", p.Credential, made)
	}
	if p.Connector.ID != connector.ID || p.Connector.Slug != "a" || p.Connector.Tenant != "acme" || p.Connector.Directory != "main" {
		t.Errorf("it belongs to %+v", p.Connector)
	}
	if _, err := w.Find(t.Context(), "t:0000000000000000"); !errors.Is(err, tenants.ErrUnknown) {
		t.Errorf("an unknown key: %v, want ErrUnknown", err)
	}
	all, err := w.Credentials(t.Context(), "a")
	if err != nil || len(all) != 3 || all[2].ID != made.ID {
		t.Errorf("Credentials = %+v, %v, want three with the newest last", all, err)
	}
	if err := w.DeleteCredential(t.Context(), "a", made.ID); err != nil {
		t.Fatal(err)
	}
	if _, err := w.authenticate(t, "a", token); !errors.Is(err, tenants.ErrUnauthenticated) {
		t.Errorf("a deleted token: %v", err)
	}
	wants(t, "deleting it again", w.DeleteCredential(t.Context(), "a", made.ID), tenants.ErrUnknown)
}

func credentialsStayApart(t *testing.T, w tenantsWorld) {
	w.tenant(t, "acme")
	w.tenant(t, "beta")
	_, ours := w.connector(t, "acme", "a")
	_, theirs := w.connector(t, "beta", "b")
	if _, err := w.authenticate(t, "b", ours.Token); !errors.Is(err, tenants.ErrUnauthenticated) {
		t.Errorf("a token on another tenant's connector: %v", err)
	}
	listed, err := w.Credentials(t.Context(), "a")
	if err != nil {
		t.Fatal(err)
	}
	wants(t, "deleting a credential through another connector", w.DeleteCredential(t.Context(), "b", listed[0].ID), tenants.ErrUnknown)
	for slug, token := range map[string]string{"a": ours.Token, "b": theirs.Token} {
		if _, err := w.authenticate(t, slug, token); err != nil {
			t.Errorf("the token of %s: %v", slug, err)
		}
	}
}

func usernamesAreUnique(t *testing.T, w tenantsWorld) {
	w.tenant(t, "acme")
	w.connector(t, "acme", "a") // it has a Basic pair of that name
	w.connector(t, "acme", "b") // so may another one
	pair := tenants.Wanted{Name: "second", Kind: tenants.Basic, Username: "okta"}
	_, _, err := w.registry.Mint(t.Context(), "a", pair)
	wants(t, "a second pair with the user name", err, tenants.ErrTaken)
	pair.Username = "okta2"
	made, secrets, err := w.registry.Mint(t.Context(), "a", pair)
	if err != nil {
		t.Fatalf("a pair with another user name: %v", err)
	}
	if p, err := w.authenticate(t, "a", "Basic "+base64.StdEncoding.EncodeToString([]byte("okta2:"+secrets.Basic.Password))); err != nil || p.Credential.ID != made.ID {
		t.Errorf("the second pair is %+v, %v", p.Credential, err)
	}
	if err := w.DeleteCredential(t.Context(), "a", made.ID); err != nil {
		t.Fatal(err)
	}
	if _, _, err := w.registry.Mint(t.Context(), "a", pair); err != nil {
		t.Errorf("the user name, and the name, after the pair has ended: %v", err)
	}
	_, _, err = w.registry.Mint(t.Context(), "nobody", tenants.Wanted{Name: "token"})
	wants(t, "a token for an unknown connector", err, tenants.ErrUnknown)
}

func lastUseOnlyMovesForward(t *testing.T, w tenantsWorld) {
	w.tenant(t, "acme")
	w.connector(t, "acme", "a")
	all, err := w.Credentials(t.Context(), "a")
	if err != nil || len(all) != 2 || !all[0].LastUsedAt.IsZero() {
		t.Fatalf("Credentials = %+v, %v", all, err)
	}
	early := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	late := early.Add(time.Hour)
	for _, used := range []map[uuid.UUID]time.Time{
		{all[0].ID: late, all[1].ID: early, uuid.New(): late},
		{all[0].ID: early},
		{},
	} {
		if err := w.TouchCredentials(t.Context(), used); err != nil {
			t.Fatal(err)
		}
	}
	all, err = w.Credentials(t.Context(), "a")
	if err != nil || !all[0].LastUsedAt.Equal(late) || !all[1].LastUsedAt.Equal(early) {
		t.Errorf("last used %v and %v, want %v and %v", all[0].LastUsedAt, all[1].LastUsedAt, late, early)
	}
}

func connectorsAreMadeWhole(t *testing.T, w tenantsWorld) {
	w.tenant(t, "acme")
	w.connector(t, "acme", "a")
	taken := tenants.NewCredential{Credential: tenants.Credential{Name: "x", Kind: tenants.Basic, Username: "okta"}, LookupKey: tenants.BasicKey("a", "okta")}
	_, err := w.CreateConnector(t.Context(), tenants.NewConnector{
		Tenant: "acme", Slug: "b", Name: "b", Kind: "okta", Mode: tenants.Live, Directory: "main", Credentials: []tenants.NewCredential{taken}})
	wants(t, "creating a connector whose credential is taken", err, tenants.ErrTaken)
	_, err = w.ConnectorBySlug(t.Context(), "b")
	wants(t, "reading it", err, tenants.ErrUnknown)
}

func secretsAuthenticate(t *testing.T, w tenantsWorld) {
	w.tenant(t, "acme")
	_, secrets := w.connector(t, "acme", "a")
	basic := func(user, password string) string {
		return "Basic " + base64.StdEncoding.EncodeToString([]byte(user+":"+password))
	}
	for _, header := range []string{
		"Bearer " + secrets.Token,
		secrets.Token,
		basic(secrets.Basic.Username, secrets.Basic.Password),
		basic("anybody", secrets.Token),
	} {
		if _, err := w.authenticate(t, "a", header); err != nil {
			t.Errorf("%.12s…: %v", header, err)
		}
	}
	if _, err := w.authenticate(t, "a", basic("other", secrets.Basic.Password)); !errors.Is(err, tenants.ErrUnauthenticated) {
		t.Errorf("the password under another user name: %v", err)
	}
}
