package tenants

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"
)

// signer stands for Entra: its tokens are "signed.<tenant>.<audience>", and "forged.…" by others.
type signer struct {
	away     error
	verified int
}

func (s *signer) Tenant(token string) (string, bool) {
	parts := strings.Split(token, ".")
	return parts[min(1, len(parts)-1)], len(parts) == 3
}

func (s *signer) Verify(_ context.Context, token string, e EntraTenant) error {
	s.verified++
	if s.away != nil {
		return s.away
	}
	if token != "signed."+e.Tenant+"."+e.Audience {
		return ErrUnauthenticated
	}
	return nil
}

const (
	entraTenant  = "cbb1a5ac-f33b-45fa-9bf5-f37db0fed422"
	otherTenant  = "0f9c1a2e-5b4d-4c3e-8d2f-1a2b3c4d5e6f"
	signedOfOurs = "signed." + entraTenant + "." + EntraAudience
)

// turns counts what is taken from the rate of a connector.
type turns struct {
	*callers
	taken int
}

func (g *turns) Enter(ctx context.Context, p Presented) (Entry, Allowance, error) {
	entry, allowance, err := g.callers.Enter(ctx, p)
	if err == nil && entry.Opens(p) {
		g.taken++
	}
	return entry, allowance, err
}

func TestEntrasTokensOpenWhatHasACredentialForThem(t *testing.T) {
	c := newCallers(t)
	gate, entra := &turns{callers: c}, &signer{}
	a := NewAuthenticator(gate, func() time.Time { return testNow })
	use := func(slug, token string) (Principal, error) {
		return a.Authenticate(t.Context(), Caller{Slug: slug, Headers: []string{"Bearer " + token}})
	}
	c.mint(t, "acme", Wanted{Name: "Entra", Kind: Entra, Entra: EntraTenant{Tenant: entraTenant}})
	if _, err := use("acme", signedOfOurs); !errors.Is(err, ErrUnauthenticated) {
		t.Errorf("switched off: %v", err)
	}
	a.Entra = entra
	p, err := use("acme", signedOfOurs)
	if err != nil || p.Credential.Name != "Entra" || p.Connector.Slug != "acme" || gate.taken != 1 {
		t.Fatalf("%+v, %v, %d turns", p.Credential, err, gate.taken)
	}
	for name, x := range map[string]struct {
		slug, token string
		verified    int
	}{
		"a forged one":              {"acme", "forged." + entraTenant + "." + EntraAudience, 1},
		"one for another audience":  {"acme", "signed." + entraTenant + "." + otherTenant, 1},
		"one of another tenant":     {"acme", "signed." + otherTenant + "." + EntraAudience, 0},
		"a connector without trust": {"beta", signedOfOurs, 0},
		"no connector":              {"nowhere", signedOfOurs, 0},
		"a text":                    {"acme", "a.b", 0},
	} {
		entra.verified = 0
		if _, err := use(x.slug, x.token); !errors.Is(err, ErrUnauthenticated) || entra.verified != x.verified {
			t.Errorf("%s: %v, looked at %d times", name, err, entra.verified)
		}
	}
	if gate.taken != 1 {
		t.Errorf("tokens that prove nothing took %d turns of the connector", gate.taken-1)
	}
	entra.away = errors.New("Entra is away")
	if _, err := use("acme", signedOfOurs); !errors.Is(err, entra.away) || errors.Is(err, ErrUnauthenticated) {
		t.Errorf("keys that cannot be had: %v", err)
	}
	for i := range 4 { // it proves nothing, so it is no way to find out who trusts whom
		_, err := a.Authenticate(t.Context(), Caller{Slug: "acme", Address: "192.0.2.1", Headers: []string{"Bearer " + signedOfOurs}})
		var tooMany *FailuresError
		if errors.As(err, &tooMany) != (i >= 2) {
			t.Errorf("the %d. token that cannot be judged: %v", i+1, err)
		}
	}
	entra.away = nil
	delete(c.known, EntraKey("acme", entraTenant))
	if _, err := use("acme", signedOfOurs); !errors.Is(err, ErrUnauthenticated) {
		t.Errorf("after the credential has ended: %v", err)
	}
}

// TestNobodyPresentsWhatEntrasTokensStandFor: the proof behind a credential for Entra's tokens is
// no secret, so no header may lead to it.
func TestNobodyPresentsWhatEntrasTokensStandFor(t *testing.T) {
	c := newCallers(t)
	c.mint(t, "acme", Wanted{Name: "Entra", Kind: Entra, Entra: EntraTenant{Tenant: entraTenant}})
	a := NewAuthenticator(c, func() time.Time { return testNow })
	a.Entra = &signer{}
	proof := (EntraTenant{Tenant: entraTenant, Audience: EntraAudience}).proof()
	for _, header := range []string{
		"Bearer e:acme:" + entraTenant, "Basic " + basic("e:acme", entraTenant), "Basic " + basic(entraTenant, string(proof[:])),
		"Basic " + basic("x", signedOfOurs), "Bearer entra " + entraTenant + " " + EntraAudience,
	} {
		if p, err := a.Authenticate(t.Context(), Caller{Slug: "acme", Headers: []string{header}}); !errors.Is(err, ErrUnauthenticated) {
			t.Errorf("%q opens %+v", header, p.Credential)
		}
	}
}
