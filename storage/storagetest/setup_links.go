package storagetest

import (
	"crypto/rand"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/muster-scim/muster/tenants"
)

func (w tenantsWorld) share(t *testing.T, slug string) (tenants.SetupLink, string) {
	t.Helper()
	link, secret, err := w.registry.ShareSetup(tenants.WithActor(t.Context(), tenants.Actor{ID: "ada@acme.example"}), slug, "Contoso IT", time.Time{})
	if err != nil {
		t.Fatal(err)
	}
	return link, secret
}

func setupLinksMakeOneCredential(t *testing.T, w tenantsWorld) {
	w.tenant(t, "acme")
	w.connector(t, "acme", "a")
	w.connector(t, "acme", "b")
	link, secret := w.share(t, "a")
	opened, c, err := w.registry.OpenSetupLink(t.Context(), secret)
	if err != nil || opened != link || c.Slug != "a" || link.By != "ada@acme.example" || !link.UsedAt.IsZero() {
		t.Fatalf("opened %+v of %s, %v; made %+v", opened, c.Slug, err, link)
	}
	if _, _, err := w.registry.MintBySetupLink(t.Context(), secret, tenants.Entra); !errors.Is(err, tenants.ErrInvalid) {
		t.Errorf("a kind that no guide asks for: %v", err)
	}
	type outcome struct {
		tenants.Credential
		tenants.Secrets
		err error
	}
	outcomes := make([]outcome, 6)
	var all sync.WaitGroup
	for i := range outcomes {
		all.Go(func() {
			o := &outcomes[i]
			o.Credential, o.Secrets, o.err = w.registry.MintBySetupLink(t.Context(), secret, []tenants.CredentialKind{tenants.Bearer, tenants.Basic, tenants.OAuth}[i%3])
		})
	}
	all.Wait()
	made := 0
	for _, o := range outcomes {
		if o.err != nil {
			wants(t, "a second credential", o.err, tenants.ErrTaken)
			continue
		}
		made++
		if !strings.Contains(o.Name, "Contoso IT") {
			t.Errorf("the credential is called %q", o.Name)
		}
		if o.Token == "" {
			continue
		}
		if p, err := w.authenticate(t, "a", o.Token); err != nil || p.Credential.ID != o.Credential.ID {
			t.Errorf("its token: %v", err)
		}
		if _, err := w.authenticate(t, "b", o.Token); !errors.Is(err, tenants.ErrUnauthenticated) {
			t.Errorf("its token at another connector: %v", err)
		}
	}
	if made != 1 {
		t.Errorf("the link made %d credentials, want one", made)
	}
	a, err := w.Credentials(t.Context(), "a")
	b, errB := w.Credentials(t.Context(), "b")
	if err != nil || errB != nil || len(a) != 3 || len(b) != 2 {
		t.Errorf("a has %d credentials and b %d (%v, %v), want 3 and 2", len(a), len(b), err, errB)
	}
	listed, err := w.registry.SetupLinks(t.Context(), "a")
	if err != nil || len(listed) != 1 || listed[0].UsedAt.IsZero() || listed[0].Credential != a[2].ID {
		t.Errorf("listed %+v, %v", listed, err)
	}
	if others, err := w.registry.SetupLinks(t.Context(), "b"); err != nil || len(others) != 0 {
		t.Errorf("the other connector has the links %+v, %v", others, err)
	}
}

func setupLinksEnd(t *testing.T, w tenantsWorld) {
	w.tenant(t, "acme")
	w.connector(t, "acme", "a")
	w.connector(t, "acme", "b")
	link, secret := w.share(t, "a")
	closed := func(why, secret string, r *tenants.Registry) {
		t.Helper()
		_, _, err := r.OpenSetupLink(t.Context(), secret)
		wants(t, "opening "+why, err, tenants.ErrUnknown)
		_, _, err = r.MintBySetupLink(t.Context(), secret, tenants.Bearer)
		wants(t, "using "+why, err, tenants.ErrUnknown)
	}
	closed("a text that is none", "msl_nothing", w.registry)
	closed("nothing", "", w.registry)
	wants(t, "ending it by another connector", w.registry.EndSetupLink(t.Context(), "b", link.ID), tenants.ErrUnknown)
	wants(t, "ending one that is none", w.registry.EndSetupLink(t.Context(), "a", uuid.New()), tenants.ErrUnknown)
	later := tenants.NewRegistry(w.Store(), func() time.Time { return time.Now().Add(tenants.SetupLinkTime + time.Minute) }, rand.Reader)
	closed("a link that has expired", secret, later)
	if left, err := later.SetupLinks(t.Context(), "a"); err != nil || len(left) != 0 {
		t.Errorf("expired links are listed: %+v, %v", left, err)
	}
	if err := w.registry.EndSetupLink(t.Context(), "a", link.ID); err != nil {
		t.Fatal(err)
	}
	closed("a link that was ended", secret, w.registry)
	_, secret = w.share(t, "a")
	if err := w.DeleteConnector(t.Context(), "a"); err != nil {
		t.Fatal(err)
	}
	w.connector(t, "acme", "a")
	closed("a link of a connector that was deleted", secret, w.registry)
	for _, expires := range []time.Time{time.Now().Add(-time.Second), time.Now().Add(tenants.LongestSetupLink + time.Hour)} {
		_, _, err := w.registry.ShareSetup(t.Context(), "b", "x", expires)
		wants(t, "a link until "+expires.String(), err, tenants.ErrInvalid)
	}
	_, _, err := w.registry.ShareSetup(t.Context(), "nowhere", "x", time.Time{})
	wants(t, "a link of no connector", err, tenants.ErrUnknown)
}
