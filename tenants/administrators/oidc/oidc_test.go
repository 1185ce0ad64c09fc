package oidc

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/muster-scim/muster/tenants/administrators"
	"github.com/muster-scim/muster/tenants/administrators/oidc/oidctest"
)

const redirect = "http://127.0.0.1:1/back"

// newPair is a provider and what asks it; change, if not nil, changes the settings.
func newPair(t *testing.T, change func(*Settings)) (*oidctest.Provider, *Provider) {
	t.Helper()
	there := oidctest.New(t)
	there.Says(map[string]any{"sub": "1", "email": "ada@acme.example", "email_verified": true, "name": "Ada"})
	s := Settings{Issuer: there.URL, ClientID: oidctest.ClientID, ClientSecret: oidctest.Secret, Redirect: redirect}
	if change != nil {
		change(&s)
	}
	here, err := New(s, []byte("a key"), time.Now)
	if err != nil {
		t.Fatal(err)
	}
	return there, here
}

// agree goes to the provider as a browser would, and returns what it is sent back with.
func agree(t *testing.T, address string) (state, code string) {
	t.Helper()
	browser := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	answer, err := browser.Get(address)
	if err != nil {
		t.Fatal(err)
	}
	answer.Body.Close()
	back, err := url.Parse(answer.Header.Get("Location"))
	if err != nil || answer.StatusCode != http.StatusFound {
		t.Fatalf("the provider answered %d (%v)", answer.StatusCode, err)
	}
	return back.Query().Get("state"), back.Query().Get("code")
}

func TestWhoeverAgreesAtTheProviderIsNamed(t *testing.T) {
	t.Parallel()
	there, here := newPair(t, nil)
	address, remembered, err := here.Begin(t.Context(), "/ui/holds")
	if err != nil {
		t.Fatal(err)
	}
	state, code := agree(t, address)
	p, back, err := here.Finish(t.Context(), remembered, state, code)
	want := administrators.Person{Issuer: there.URL, Subject: "1", Email: "ada@acme.example", Verified: true, Name: "Ada"}
	if err != nil || p != want || back != "/ui/holds" {
		t.Errorf("got %+v to %s, %v", p, back, err)
	}
	if _, _, err := here.Finish(t.Context(), remembered, state, code); !errors.Is(err, ErrRefused) {
		t.Errorf("the same code once more: %v", err)
	}
}

func TestAWayBackThatBelongsToNoWayThereIsRefused(t *testing.T) {
	t.Parallel()
	for name, spoil := range map[string]func(t *testing.T, there *oidctest.Provider, here *Provider, remembered, state, code *string){
		"another state":      func(_ *testing.T, _ *oidctest.Provider, _ *Provider, _, state, _ *string) { *state += "x" },
		"no state":           func(_ *testing.T, _ *oidctest.Provider, _ *Provider, _, state, _ *string) { *state = "" },
		"no code":            func(_ *testing.T, _ *oidctest.Provider, _ *Provider, _, _, code *string) { *code = "" },
		"another code":       func(_ *testing.T, _ *oidctest.Provider, _ *Provider, _, _, code *string) { *code = "guessed" },
		"nothing remembered": func(_ *testing.T, _ *oidctest.Provider, _ *Provider, remembered, _, _ *string) { *remembered = "" },
		"changed on the way": func(_ *testing.T, _ *oidctest.Provider, _ *Provider, remembered, _, _ *string) {
			*remembered = "AAAA" + (*remembered)[4:]
		},
		"a browser that set out elsewhere": func(t *testing.T, _ *oidctest.Provider, here *Provider, remembered, state, _ *string) {
			_, other, err := here.Begin(t.Context(), "")
			if err != nil {
				t.Fatal(err)
			}
			*remembered = other
		},
		"too late": func(_ *testing.T, _ *oidctest.Provider, here *Provider, _, _, _ *string) {
			here.now = func() time.Time { return time.Now().Add(Patience + time.Minute) }
		},
		"a forged signature": func(t *testing.T, there *oidctest.Provider, _ *Provider, _, _, _ *string) { there.Forge(t) },
		"for another application": func(_ *testing.T, there *oidctest.Provider, _ *Provider, _, _, _ *string) {
			there.Says(map[string]any{"sub": "1", "aud": "somebody-else"})
		},
		"from another issuer": func(_ *testing.T, there *oidctest.Provider, _ *Provider, _, _, _ *string) {
			there.Says(map[string]any{"sub": "1", "iss": "https://evil.example"})
		},
		"for another sign-in": func(_ *testing.T, there *oidctest.Provider, _ *Provider, _, _, _ *string) {
			there.Says(map[string]any{"sub": "1", "nonce": "replayed"})
		},
		"over": func(_ *testing.T, there *oidctest.Provider, _ *Provider, _, _, _ *string) {
			there.Says(map[string]any{"sub": "1", "exp": time.Now().Add(-time.Hour).Unix()})
		},
		"of nobody": func(_ *testing.T, there *oidctest.Provider, _ *Provider, _, _, _ *string) {
			there.Says(map[string]any{"sub": ""})
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			there, here := newPair(t, nil)
			address, remembered, err := here.Begin(t.Context(), "")
			if err != nil {
				t.Fatal(err)
			}
			state, code := agree(t, address)
			spoil(t, there, here, &remembered, &state, &code)
			if p, _, err := here.Finish(t.Context(), remembered, state, code); !errors.Is(err, ErrRefused) {
				t.Errorf("got %+v, %v", p, err)
			}
		})
	}
}

func TestTheHighestRoleOfTheClaimCounts(t *testing.T) {
	t.Parallel()
	roles := map[string]administrators.Role{"admins": administrators.Owner, "helpdesk": administrators.Operator}
	for name, c := range map[string]struct {
		claim any
		want  administrators.Role
	}{
		"a text": {"helpdesk", administrators.Operator}, "a list": {[]any{"helpdesk", "admins", "staff"}, administrators.Owner},
		"nothing known": {[]any{"staff"}, ""}, "nothing": {nil, ""}, "no text": {[]any{1, true}, ""}, "a role's own name": {"owner", ""},
	} {
		p := &Provider{settings: Settings{Roles: roles}}
		if got := p.role(c.claim); got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}

func TestAProviderThatIsAwayIsTold(t *testing.T) {
	t.Parallel()
	_, here := newPair(t, func(s *Settings) { s.Issuer = "http://127.0.0.1:1" })
	if _, _, err := here.Begin(t.Context(), ""); !errors.Is(err, ErrUnreachable) {
		t.Errorf("got %v", err)
	}
}

func TestAnIssuerIsHTTPSOrOnThisMachine(t *testing.T) {
	t.Parallel()
	for issuer, ok := range map[string]bool{
		"https://acme.okta.com": true, "https://login.microsoftonline.com/x/v2.0": true, "http://127.0.0.1:9000": true, "http://localhost": true,
		"http://acme.okta.com": false, "acme.okta.com": false, "": false, "https://x.example?a=b": false, "ftp://x.example": false,
	} {
		if err := CheckIssuer(issuer); (err == nil) != ok {
			t.Errorf("%q: %v", issuer, err)
		}
	}
}

// silent is a provider that counts who asks and answers 503 once it is let go.
func silent(t *testing.T) (url string, asked *atomic.Int32, letGo func()) {
	t.Helper()
	asked, held := new(atomic.Int32), make(chan struct{})
	letGo = sync.OnceFunc(func() { close(held) })
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		asked.Add(1)
		<-held
		w.WriteHeader(http.StatusServiceUnavailable)
	}))
	t.Cleanup(server.Close)
	t.Cleanup(letGo)
	return server.URL, asked, letGo
}

func TestNobodyQueuesForAProviderThatIsSilent(t *testing.T) {
	t.Parallel()
	url, asked, letGo := silent(t)
	_, here := newPair(t, func(s *Settings) { s.Issuer = url })
	said := make(chan error, 3)
	begin := func(ctx context.Context) {
		_, _, err := here.Begin(ctx, "")
		said <- err
	}
	go begin(t.Context())
	gone, leave := context.WithCancel(t.Context())
	leave()
	for range 2 {
		go begin(gone)
	}
	for range 2 { // while the provider is still silent
		select {
		case err := <-said:
			if !errors.Is(err, ErrUnreachable) || !errors.Is(err, context.Canceled) {
				t.Errorf("who has left hears %v", err)
			}
		case <-time.After(10 * time.Second):
			t.Fatal("who has left waits for the provider all the same")
		}
	}
	letGo()
	if err := <-said; !errors.Is(err, ErrUnreachable) || asked.Load() != 1 {
		t.Errorf("who waits hears %v, and the provider was asked %d times", err, asked.Load())
	}
}

func TestAProviderThatIsAwayIsNotAskedAtOnceAgain(t *testing.T) {
	t.Parallel()
	url, asked, letGo := silent(t)
	letGo()
	now := time.Now()
	there, here := newPair(t, func(s *Settings) { s.Issuer = url })
	here.now = func() time.Time { return now }
	for range 3 {
		if _, _, err := here.Begin(t.Context(), ""); !errors.Is(err, ErrUnreachable) {
			t.Errorf("got %v", err)
		}
	}
	if asked.Load() != 1 {
		t.Errorf("it was asked %d times at once", asked.Load())
	}
	now, here.settings.Issuer = now.Add(failureKept+time.Second), there.URL
	if _, _, err := here.Begin(t.Context(), ""); err != nil {
		t.Errorf("it is there again, and %v", err)
	}
}
