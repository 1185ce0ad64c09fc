package tenants

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
)

// granting is a deployment whose connector acme has an OAuth client.
type granting struct {
	*callers
	*Authenticator
	client ClientPair
	clock  time.Time
}

func newGranting(t *testing.T) *granting {
	t.Helper()
	g := &granting{callers: newCallers(t), clock: testNow}
	g.client = *g.mint(t, "acme", Wanted{Name: "client", Kind: OAuth}).Client
	g.Authenticator = NewAuthenticator(g.callers, func() time.Time { return g.clock })
	var err error
	if g.Access, err = NewAccess(bytes.Repeat([]byte{7}, 32)); err != nil {
		t.Fatal(err)
	}
	return g
}

func (g *granting) ask(slug, id, secret string) (Grant, error) {
	return g.Grant(context.Background(), Client{Slug: slug, Address: "10.0.0.1", Peer: "10.0.0.1", ID: id, Secret: secret})
}

func (g *granting) use(slug, token string) (Principal, error) {
	return g.Authenticate(context.Background(), Caller{Slug: slug, Address: "10.0.0.9", Headers: []string{"Bearer " + token}})
}

func TestAClientGetsATokenForAnHourAndUsesIt(t *testing.T) {
	g := newGranting(t)
	grant, err := g.ask("acme", g.client.ID, g.client.Secret)
	if err != nil || grant.Lives != time.Hour || !strings.HasPrefix(grant.Token, "mso_") {
		t.Fatalf("%+v, %v", grant, err)
	}
	p, err := g.use("acme", grant.Token)
	if err != nil || p.Connector.Slug != "acme" || p.Credential.Name != "client" || p.Credential.ID == uuid.Nil || p.Credential.ID != grant.Principal.Credential.ID {
		t.Fatalf("%+v, %v", p, err)
	}
	again, err := g.ask("acme", g.client.ID, g.client.Secret)
	if err != nil || again.Token == grant.Token {
		t.Errorf("the next token is the same: %v", err)
	}
	if strings.Contains(grant.Token, g.client.ID) || strings.Contains(grant.Token, g.client.Secret[21:]) {
		t.Error("the token shows what is inside")
	}
	g.clock = testNow.Add(time.Hour - time.Second)
	if _, err := g.use("acme", grant.Token); err != nil {
		t.Errorf("a second before its end: %v", err)
	}
	g.clock = testNow.Add(time.Hour)
	for range 5 { // a client with many requests under way gets 401 for each, never 429
		var tooMany *FailuresError
		if _, err := g.use("acme", grant.Token); !errors.Is(err, ErrUnauthenticated) || errors.As(err, &tooMany) {
			t.Errorf("after its end: %v", err)
		}
	}
}

func TestATokenIsWorthNothingWithoutItsClient(t *testing.T) {
	g := newGranting(t)
	grant, err := g.ask("acme", g.client.ID, g.client.Secret)
	if err != nil {
		t.Fatal(err)
	}
	key := ClientKey(g.client.ID)
	whole := g.known[key]
	delete(g.known, key)
	if _, err := g.use("acme", grant.Token); !errors.Is(err, ErrUnauthenticated) {
		t.Errorf("its client is revoked: %v", err)
	}
	other := whole
	other.Hash[0]++
	g.known[key] = other
	if _, err := g.use("acme", grant.Token); !errors.Is(err, ErrUnauthenticated) {
		t.Errorf("its client has another secret: %v", err)
	}
	expiring := whole
	expiring.Credential.ExpiresAt = testNow.Add(90*time.Second + time.Millisecond)
	g.known[key] = expiring
	short, err := g.ask("acme", g.client.ID, g.client.Secret)
	if err != nil || short.Lives != 90*time.Second {
		t.Errorf("the client ends in 90 s, its token in %v, %v", short.Lives, err)
	}
	g.clock = testNow.Add(91 * time.Second)
	if _, err := g.use("acme", grant.Token); !errors.Is(err, ErrUnauthenticated) {
		t.Errorf("its client has expired: %v", err)
	}
}

func TestAClientOpensNothingButItsOwnTokenEndpoint(t *testing.T) {
	g := newGranting(t)
	for name, header := range map[string]string{
		"the secret as a token":      "Bearer " + g.client.Secret,
		"the secret as a password":   "Basic " + basic("whoever", g.client.Secret),
		"the pair as Basic":          "Basic " + basic(g.client.ID, g.client.Secret),
		"a token of another key":     "Bearer " + otherAccess(t).seal(g.client.ID, secretHash(g.client.Secret), testNow.Add(time.Hour)),
		"a token for another secret": "Bearer " + g.Access.seal(g.client.ID, secretHash("x"), testNow.Add(time.Hour)),
		"an empty token":             "Bearer mso_",
	} {
		if _, err := g.Authenticate(t.Context(), Caller{Slug: "acme", Headers: []string{header}}); !errors.Is(err, ErrUnauthenticated) {
			t.Errorf("%s: %v", name, err)
		}
	}
	grant, err := g.ask("acme", g.client.ID, g.client.Secret)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := g.use("beta", grant.Token); !errors.Is(err, ErrUnauthenticated) {
		t.Errorf("the token on another connector: %v", err)
	}
	for i := range grant.Token {
		broken := []byte(grant.Token)
		broken[i] ^= 1
		if _, err := g.use("acme", string(broken)); !errors.Is(err, ErrUnauthenticated) {
			t.Fatalf("the token with letter %d changed: %v", i, err)
		}
	}
	other := g.mint(t, "acme", Wanted{Name: "other", Kind: OAuth}).Client
	for name, x := range map[string][3]string{
		"another connector":     {"beta", g.client.ID, g.client.Secret},
		"no connector":          {"v2", g.client.ID, g.client.Secret},
		"another client's id":   {"acme", other.ID, g.client.Secret},
		"no id":                 {"acme", "", g.client.Secret},
		"no secret":             {"acme", g.client.ID, ""},
		"a bearer token":        {"acme", g.acme[4:20], g.acme},
		"a wrong secret":        {"acme", g.client.ID, wellFormedSecret(g.client.ID)},
		"the secret in capital": {"acme", g.client.ID, strings.ToUpper(g.client.Secret)},
	} {
		if grant, err := g.ask(x[0], x[1], x[2]); !errors.Is(err, ErrUnauthenticated) || grant.Token != "" {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// wellFormedSecret is one that only its hash can tell from the client's.
func wellFormedSecret(id string) string {
	body := secretPrefix + id + "_" + strings.Repeat("x", secretLength)
	return body + "_" + checksum(body)
}

func otherAccess(t *testing.T) *Access {
	t.Helper()
	a, err := NewAccess(bytes.Repeat([]byte{8}, 32))
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func TestGuessingClientsIsCountedWithAllOtherGuesses(t *testing.T) {
	g := newGranting(t)
	var tooMany *FailuresError
	for range 2 {
		if _, err := g.ask("acme", g.client.ID, "guess"); errors.As(err, &tooMany) || !errors.Is(err, ErrUnauthenticated) {
			t.Fatal(err)
		}
	}
	if _, err := g.Authenticate(t.Context(), Caller{Slug: "acme", Address: "10.0.0.1", Headers: []string{"Bearer x"}}); !errors.As(err, &tooMany) {
		t.Errorf("the third guess, elsewhere: %v", err)
	}
	if _, err := g.ask("acme", g.client.ID, "guess"); !errors.As(err, &tooMany) {
		t.Errorf("the fourth: %v", err)
	}
	if grant, err := g.ask("acme", g.client.ID, g.client.Secret); err != nil || grant.Token == "" {
		t.Errorf("the right secret after them: %v", err)
	}
}
