package entra

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/tls"
	"encoding/json"
	"errors"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"

	"github.com/muster-scim/muster/tenants"
)

const (
	tenant  = "cbb1a5ac-f33b-45fa-9bf5-f37db0fed422"
	foreign = "0f9c1a2e-5b4d-4c3e-8d2f-1a2b3c4d5e6f"
)

var (
	start = time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC)
	meant = tenants.EntraTenant{Tenant: tenant, Audience: tenants.EntraAudience}
)

// issuer stands where Entra does: whatever host a client asks for, this one answers.
type issuer struct {
	*httptest.Server
	asked atomic.Int32 // for keys
	keys  map[string]*rsa.PrivateKey
	// answer, if set, takes the place of both documents.
	answer atomic.Pointer[http.HandlerFunc]
	now    atomic.Int64 // seconds after start
}

func newIssuer(t *testing.T) (*issuer, *Tokens) {
	t.Helper()
	i := &issuer{keys: map[string]*rsa.PrivateKey{"one": newKey(t, 2048)}}
	i.Server = httptest.NewTLSServer(http.HandlerFunc(i.serve))
	t.Cleanup(i.Close)
	roots := i.Client().Transport.(*http.Transport).TLSClientConfig.RootCAs
	client := &http.Client{Transport: &http.Transport{
		DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
			if address != "login.microsoftonline.com:443" {
				t.Errorf("the host %s was asked", address)
			}
			var d net.Dialer
			return d.DialContext(ctx, network, i.Listener.Addr().String())
		},
		TLSClientConfig: &tls.Config{RootCAs: roots, ServerName: "example.com"},
	}}
	t.Cleanup(client.CloseIdleConnections)
	return i, New(client, func() time.Time { return start.Add(time.Duration(i.now.Load()) * time.Second) })
}

func newKey(t *testing.T, bits int) *rsa.PrivateKey {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, bits)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func (i *issuer) serve(w http.ResponseWriter, r *http.Request) {
	if f := i.answer.Load(); f != nil {
		(*f)(w, r)
		return
	}
	switch r.URL.Path {
	case "/" + tenant + "/v2.0/.well-known/openid-configuration":
		_ = json.NewEncoder(w).Encode(map[string]any{"issuer": authority + "/" + tenant + "/v2.0", "jwks_uri": authority + "/" + tenant + "/discovery/v2.0/keys"})
	case "/" + tenant + "/discovery/v2.0/keys":
		i.asked.Add(1)
		var set jose.JSONWebKeySet
		for id, key := range i.keys {
			set.Keys = append(set.Keys, jose.JSONWebKey{Key: key.Public(), KeyID: id, Use: "sig", Algorithm: "RS256"})
		}
		_ = json.NewEncoder(w).Encode(set)
	default:
		http.NotFound(w, r)
	}
}

// good are the claims of a token as Entra makes it.
func good() map[string]any {
	return map[string]any{
		"iss": "https://sts.windows.net/" + tenant + "/", "aud": tenants.EntraAudience, "tid": tenant,
		"iat": start.Unix(), "nbf": start.Unix(), "exp": start.Add(time.Hour).Unix(),
	}
}

func signed(t *testing.T, key any, id string, algorithm jose.SignatureAlgorithm, claims map[string]any) string {
	t.Helper()
	o := (&jose.SignerOptions{}).WithType("JWT").WithHeader("kid", id).WithHeader("jku", "https://evil.example/keys")
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: algorithm, Key: key}, o)
	if err != nil {
		t.Fatal(err)
	}
	text, err := jwt.Signed(signer).Claims(claims).Serialize()
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func TestATokenOfTheTenantIsGood(t *testing.T) {
	t.Parallel()
	i, tokens := newIssuer(t)
	for _, iss := range []string{"https://sts.windows.net/" + tenant + "/", authority + "/" + tenant + "/v2.0"} {
		claims := good()
		claims["iss"] = iss
		token := signed(t, i.keys["one"], "one", jose.RS256, claims)
		if got, ok := tokens.Tenant(token); !ok || got != tenant {
			t.Errorf("%s: of tenant %q, %v", iss, got, ok)
		}
		if err := tokens.Verify(t.Context(), token, meant); err != nil {
			t.Errorf("%s: %v", iss, err)
		}
	}
	if n := i.asked.Load(); n != 1 {
		t.Errorf("Entra was asked %d times for its keys, want once", n)
	}
}

func TestWhatIsNotMeantIsNotGood(t *testing.T) {
	t.Parallel()
	i, tokens := newIssuer(t)
	another := newKey(t, 2048)
	public, err := json.Marshal(i.keys["one"].PublicKey.N.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	with := func(changes map[string]any) map[string]any {
		claims := good()
		maps.Copy(claims, changes)
		maps.DeleteFunc(claims, func(_ string, v any) bool { return v == nil })
		return claims
	}
	whole := signed(t, i.keys["one"], "one", jose.RS256, good())
	parts := strings.Split(whole, ".")
	for name, token := range map[string]string{
		"another key of that id":    signed(t, another, "one", jose.RS256, good()),
		"a key nobody knows":        signed(t, another, "two", jose.RS256, good()),
		"no key id":                 signed(t, i.keys["one"], "", jose.RS256, good()),
		"RS512":                     signed(t, i.keys["one"], "one", jose.RS512, good()),
		"PS256":                     signed(t, i.keys["one"], "one", jose.PS256, good()),
		"HS256 by the public key":   signed(t, public, "one", jose.HS256, good()),
		"no algorithm":              "eyJhbGciOiJub25lIiwia2lkIjoib25lIn0." + parts[1] + ".",
		"no signature":              parts[0] + "." + parts[1] + ".",
		"another payload":           parts[0] + "." + strings.Split(signed(t, another, "one", jose.RS256, with(map[string]any{"x": 1})), ".")[1] + "." + parts[2],
		"of another tenant":         signed(t, i.keys["one"], "one", jose.RS256, with(map[string]any{"tid": foreign})),
		"without a tenant":          signed(t, i.keys["one"], "one", jose.RS256, with(map[string]any{"tid": nil})),
		"a tenant that is a path":   signed(t, i.keys["one"], "one", jose.RS256, with(map[string]any{"tid": "../" + tenant})),
		"by another tenant":         signed(t, i.keys["one"], "one", jose.RS256, with(map[string]any{"iss": "https://sts.windows.net/" + foreign + "/"})),
		"by anybody":                signed(t, i.keys["one"], "one", jose.RS256, with(map[string]any{"iss": "https://evil.example/"})),
		"for another application":   signed(t, i.keys["one"], "one", jose.RS256, with(map[string]any{"aud": foreign})),
		"for nobody":                signed(t, i.keys["one"], "one", jose.RS256, with(map[string]any{"aud": nil})),
		"expired":                   signed(t, i.keys["one"], "one", jose.RS256, with(map[string]any{"exp": start.Add(-2 * time.Minute).Unix()})),
		"without an end":            signed(t, i.keys["one"], "one", jose.RS256, with(map[string]any{"exp": nil})),
		"not yet valid":             signed(t, i.keys["one"], "one", jose.RS256, with(map[string]any{"nbf": start.Add(2 * time.Minute).Unix()})),
		"a text":                    "not.a.token",
		"longer than any":           whole + strings.Repeat("A", maxToken),
		"two tokens":                whole + "." + whole,
		"an encrypted one, perhaps": whole + "..",
	} {
		if err := tokens.Verify(t.Context(), token, meant); !errors.Is(err, tenants.ErrUnauthenticated) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if n := i.asked.Load(); n != 1 {
		t.Errorf("Entra was asked %d times within a minute, want once", n)
	}
}

func TestANewKeyIsFetchedOnceAMinuteAtMost(t *testing.T) {
	t.Parallel()
	i, tokens := newIssuer(t)
	old := signed(t, i.keys["one"], "one", jose.RS256, good())
	if err := tokens.Verify(t.Context(), old, meant); err != nil {
		t.Fatal(err)
	}
	i.keys["two"] = newKey(t, 2048)
	rolled := signed(t, i.keys["two"], "two", jose.RS256, good())
	if err := tokens.Verify(t.Context(), rolled, meant); !errors.Is(err, tenants.ErrUnauthenticated) {
		t.Errorf("within the minute: %v", err)
	}
	i.now.Store(60)
	if err := tokens.Verify(t.Context(), rolled, meant); err != nil {
		t.Errorf("after the minute: %v", err)
	}
	for range 10 {
		_ = tokens.Verify(t.Context(), signed(t, i.keys["two"], "three", jose.RS256, good()), meant)
	}
	if n := i.asked.Load(); n != 2 {
		t.Errorf("Entra was asked %d times, want twice", n)
	}
}

func TestWhenEntraIsAwayItsKeysLastADay(t *testing.T) {
	t.Parallel()
	i, tokens := newIssuer(t)
	long := good()
	long["exp"] = start.Add(48 * time.Hour).Unix()
	token := signed(t, i.keys["one"], "one", jose.RS256, long)
	away := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusBadGateway) })
	i.answer.Store(&away)
	var unavailable interface{ Unavailable() bool }
	if err := tokens.Verify(t.Context(), token, meant); !errors.As(err, &unavailable) || errors.Is(err, tenants.ErrUnauthenticated) {
		t.Errorf("it was never there: %v", err)
	}
	i.answer.Store(nil)
	if err := tokens.Verify(t.Context(), token, meant); !errors.As(err, &unavailable) {
		t.Errorf("it is asked again at once: %v", err)
	}
	i.now.Add(10)
	if err := tokens.Verify(t.Context(), token, meant); err != nil {
		t.Fatalf("it is back: %v", err)
	}
	i.answer.Store(&away)
	i.now.Add(int64((24 * time.Hour).Seconds()))
	if err := tokens.Verify(t.Context(), token, meant); err != nil {
		t.Errorf("away for a day: %v", err)
	}
	i.now.Add(61)
	if err := tokens.Verify(t.Context(), token, meant); !errors.As(err, &unavailable) {
		t.Errorf("away for longer: %v", err)
	}
}

func TestOnlyEntrasOwnDocumentsAreFollowed(t *testing.T) {
	t.Parallel()
	document := func(v any) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) { _ = json.NewEncoder(w).Encode(v) }
	}
	right := authority + "/" + tenant + "/v2.0"
	for name, answer := range map[string]http.HandlerFunc{
		"a redirect": func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "https://evil.example/", http.StatusFound)
		},
		"keys of another host":   document(map[string]any{"issuer": right, "jwks_uri": "https://evil.example/keys"}),
		"keys without TLS":       document(map[string]any{"issuer": right, "jwks_uri": "http://login.microsoftonline.com/keys"}),
		"keys of another port":   document(map[string]any{"issuer": right, "jwks_uri": authority + ":8443/keys"}),
		"keys with a password":   document(map[string]any{"issuer": right, "jwks_uri": "https://a:b@login.microsoftonline.com/keys"}),
		"keys in a file":         document(map[string]any{"issuer": right, "jwks_uri": "file:///etc/passwd"}),
		"another issuer":         document(map[string]any{"issuer": authority + "/" + foreign + "/v2.0", "jwks_uri": authority + "/keys"}),
		"no JSON":                func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("<html>")) },
		"a document without end": func(w http.ResponseWriter, _ *http.Request) { endless(w) },
		"no keys":                document(map[string]any{"issuer": right, "jwks_uri": authority + "/" + tenant + "/discovery/v2.0/keys", "keys": []any{}}),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			i, tokens := newIssuer(t)
			var requests atomic.Int32
			counted := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { requests.Add(1); answer(w, r) })
			i.answer.Store(&counted)
			want := int32(1) // for the first document: it leads nowhere
			if name == "no keys" {
				want = 2
			}
			var unavailable interface{ Unavailable() bool }
			err := tokens.Verify(t.Context(), signed(t, i.keys["one"], "one", jose.RS256, good()), meant)
			if !errors.As(err, &unavailable) || requests.Load() != want {
				t.Errorf("%v after %d requests, want %d", err, requests.Load(), want)
			}
		})
	}
}

// endless writes until nobody reads any more.
func endless(w http.ResponseWriter) {
	block := []byte(strings.Repeat(" ", 64<<10))
	for {
		if _, err := w.Write(block); err != nil {
			return
		}
	}
}

func TestShortKeysDoNotCount(t *testing.T) {
	t.Parallel()
	i, tokens := newIssuer(t)
	i.keys["short"] = newKey(t, 1024)
	if err := tokens.Verify(t.Context(), signed(t, i.keys["short"], "short", jose.RS256, good()), meant); !errors.Is(err, tenants.ErrUnauthenticated) {
		t.Errorf("a key of 1024 bits: %v", err)
	}
}

func TestAWaitingCallerMayLeave(t *testing.T) {
	t.Parallel()
	i, tokens := newIssuer(t)
	began, release := make(chan struct{}), make(chan struct{})
	slow := http.HandlerFunc(func(http.ResponseWriter, *http.Request) { close(began); <-release })
	i.answer.Store(&slow)
	defer close(release)
	ctx, leave := context.WithCancel(t.Context())
	go func() { <-began; leave() }()
	if err := tokens.Verify(ctx, signed(t, i.keys["one"], "one", jose.RS256, good()), meant); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
}
