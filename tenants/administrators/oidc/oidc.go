// Package oidc lets administrators sign in with an OpenID provider: the authorization code flow
// with state, nonce and PKCE. It ends in an administrators.Person, for whom the provider vouches;
// whether that is an administrator, the package above decides.
//
// What is remembered between the way there and the way back travels in a cookie of the browser
// that set out, sealed with the deployment's key, so every replica can finish what another began
// and nobody can finish what they did not begin.
package oidc

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"sync/atomic"
	"time"

	gooidc "github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"
	"golang.org/x/sync/singleflight"

	"github.com/muster-scim/muster/tenants/administrators"
)

// Settings say which provider vouches, and for whom.
type Settings struct {
	Issuer       string
	ClientID     string
	ClientSecret string
	Redirect     string // where the provider sends the browser back to

	RoleClaim string                         // the claim of the ID token that says roles; empty: none does
	Roles     map[string]administrators.Role // what the claim's values mean
}

// failureKept is for how long a provider that was away is not asked again.
const failureKept = 5 * time.Second

// Patience is how long a sign-in may be under way.
const Patience = 10 * time.Minute

// ErrRefused is a way back that does not belong to a way there, or that the provider did not
// vouch for. The text around it is for the log.
var ErrRefused = errors.New("the sign-in did not succeed")

// ErrUnreachable says that the provider cannot be asked.
var ErrUnreachable = errors.New("the OpenID provider cannot be reached")

// Provider is one OpenID provider. Its configuration is read when it is first needed.
type Provider struct {
	settings Settings
	client   *http.Client
	now      func() time.Time
	seal     *seal

	asking singleflight.Group
	heard  atomic.Pointer[discovery]
}

// discovery is what the provider said of itself, or that it said nothing.
type discovery struct {
	found *gooidc.Provider
	err   error
	at    time.Time
}

// New makes a Provider; key seals what is remembered in browsers.
func New(s Settings, key []byte, now func() time.Time) (*Provider, error) {
	sealed, err := newSeal(key)
	if err != nil {
		return nil, err
	}
	return &Provider{settings: s, client: newClient(), now: now, seal: sealed}, nil
}

// Begin starts a sign-in: the address to send the browser to, and what it is to remember. back is
// where it will go in the end.
func (p *Provider) Begin(ctx context.Context, back string) (address, remembered string, err error) {
	config, _, err := p.config(ctx)
	if err != nil {
		return "", "", err
	}
	t := trip{State: rand.Text(), Nonce: rand.Text(), Verifier: oauth2.GenerateVerifier(), Back: back, Until: p.now().Add(Patience).Unix()}
	remembered, err = p.seal.close(t)
	return config.AuthCodeURL(t.State, gooidc.Nonce(t.Nonce), oauth2.S256ChallengeOption(t.Verifier)), remembered, err
}

// Finish ends a sign-in with what the provider sent the browser back with. ErrRefused,
// ErrUnreachable.
func (p *Provider) Finish(ctx context.Context, remembered, state, code string) (person administrators.Person, back string, err error) {
	t, err := p.seal.open(remembered)
	switch {
	case err != nil:
		return person, "", fmt.Errorf("%w: %w", ErrRefused, err)
	case p.now().Unix() > t.Until:
		return person, "", fmt.Errorf("%w: it took longer than %s", ErrRefused, Patience)
	case state == "" || subtle.ConstantTimeCompare([]byte(state), []byte(t.State)) != 1:
		return person, "", fmt.Errorf("%w: the state is not the one that was sent", ErrRefused)
	case code == "":
		return person, "", fmt.Errorf("%w: the provider sent no code", ErrRefused)
	}
	config, provider, err := p.config(ctx)
	if err != nil {
		return person, "", err
	}
	ctx = gooidc.ClientContext(ctx, p.client)
	answer, err := config.Exchange(ctx, code, oauth2.VerifierOption(t.Verifier))
	if err != nil {
		return person, "", exchangeError(err)
	}
	raw, _ := answer.Extra("id_token").(string)
	token, err := provider.Verifier(&gooidc.Config{ClientID: p.settings.ClientID, Now: p.now}).Verify(ctx, raw)
	if err != nil {
		return person, "", fmt.Errorf("%w: %w", ErrRefused, err)
	}
	if subtle.ConstantTimeCompare([]byte(token.Nonce), []byte(t.Nonce)) != 1 {
		return person, "", fmt.Errorf("%w: the token was made for another sign-in", ErrRefused)
	}
	person, err = p.person(token)
	return person, t.Back, err
}

// exchangeError tells a code that the provider refused from a provider that is away. What it said
// is not repeated: it may hold the code.
func exchangeError(err error) error {
	var refused *oauth2.RetrieveError
	if errors.As(err, &refused) && refused.Response != nil && refused.Response.StatusCode < http.StatusInternalServerError {
		return fmt.Errorf("%w: the provider refused the code: %d %s", ErrRefused, refused.Response.StatusCode, refused.ErrorCode)
	}
	return fmt.Errorf("%w: exchanging the code", ErrUnreachable)
}

// person is whom the token's claims name.
func (p *Provider) person(token *gooidc.IDToken) (administrators.Person, error) {
	var claims struct {
		Email    string `json:"email"`
		Verified any    `json:"email_verified"` // some providers send a text
		Name     string `json:"name"`
	}
	var all map[string]any
	if err := errors.Join(token.Claims(&claims), token.Claims(&all)); err != nil {
		return administrators.Person{}, fmt.Errorf("%w: %w", ErrRefused, err)
	}
	person := administrators.Person{Issuer: token.Issuer, Subject: token.Subject, Email: claims.Email, Name: claims.Name,
		Verified: claims.Verified == true || claims.Verified == "true"}
	if p.settings.RoleClaim != "" {
		person.Claimed, person.Role = true, p.role(all[p.settings.RoleClaim])
	}
	if person.Subject == "" {
		return person, fmt.Errorf("%w: the token names nobody", ErrRefused)
	}
	return person, nil
}

// role is the highest role that a claim says, as a text or in a list of texts; empty is none.
func (p *Provider) role(claim any) administrators.Role {
	var values []any
	switch claim := claim.(type) {
	case []any:
		values = claim
	default:
		values = []any{claim}
	}
	var best administrators.Role
	for _, value := range values {
		text, _ := value.(string)
		if role, ok := p.settings.Roles[text]; ok && slices.Index(administrators.Roles, role) > slices.Index(administrators.Roles, best) {
			best = role
		}
	}
	return best
}

// config is what the provider says of itself.
func (p *Provider) config(ctx context.Context) (*oauth2.Config, *gooidc.Provider, error) {
	found, err := p.discover(ctx)
	if err != nil {
		return nil, nil, fmt.Errorf("%w: %w", ErrUnreachable, err)
	}
	return &oauth2.Config{ClientID: p.settings.ClientID, ClientSecret: p.settings.ClientSecret, RedirectURL: p.settings.Redirect,
		Endpoint: found.Endpoint(), Scopes: []string{gooidc.ScopeOpenID, "email", "profile"}}, found, nil
}

// discover asks the provider until it has answered once: one request for all who wait, each of whom
// may leave.
func (p *Provider) discover(ctx context.Context) (*gooidc.Provider, error) {
	answer := p.asking.DoChan("", func() (any, error) {
		heard := p.heard.Load()
		if heard == nil || heard.err != nil && p.now().Sub(heard.at) > failureKept {
			// The provider fetches keys with this context later on, so it must outlive the request.
			found, err := gooidc.NewProvider(gooidc.ClientContext(context.WithoutCancel(ctx), p.client), p.settings.Issuer)
			heard = &discovery{found, err, p.now()}
			p.heard.Store(heard)
		}
		return heard.found, heard.err
	})
	select {
	case got := <-answer:
		found, _ := got.Val.(*gooidc.Provider)
		return found, got.Err
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}
