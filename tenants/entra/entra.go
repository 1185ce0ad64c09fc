// Package entra judges the tokens that Microsoft Entra signs and sends with its SCIM requests when
// the field for a secret was left empty. Which Entra tenant's tokens are good for a connector, and
// for which audience, is the connector's to say; this package fetches that tenant's keys, and never
// what a token names.
//
// It knows no connector and no database. See
// https://learn.microsoft.com/entra/identity/app-provisioning/use-scim-to-provision-users-and-groups
package entra

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"
	"github.com/google/uuid"

	"github.com/muster-scim/muster/tenants"
)

// leeway is how far the clocks of Entra and of this machine may be apart.
const leeway = time.Minute

// maxToken bounds a token: Entra's are about 2 KB.
const maxToken = 8 << 10

// signedBy are the algorithms that count. Entra uses no other one, and a token chooses nothing.
var signedBy = []jose.SignatureAlgorithm{jose.RS256}

// Tokens judges tokens by Entra's keys, which it fetches and remembers.
type Tokens struct {
	keys *keys
	now  func() time.Time
}

var _ tenants.EntraTokens = (*Tokens)(nil)

// New returns a Tokens that fetches keys by client; nil is one with a time-out of its own.
func New(client *http.Client, now func() time.Time) *Tokens {
	return &Tokens{keys: newKeys(client, now), now: now}
}

// claims are those that are looked at.
type claims struct {
	jwt.Claims
	Tenant string `json:"tid"`
}

// Tenant implements tenants.EntraTokens.
func (t *Tokens) Tenant(token string) (string, bool) {
	_, c, ok := read(token)
	return c.Tenant, ok
}

// read takes a token apart without believing it. It is false for what cannot be one of Entra's.
func read(token string) (*jwt.JSONWebToken, claims, bool) {
	var c claims
	if len(token) > maxToken || strings.Count(token, ".") != 2 {
		return nil, c, false
	}
	parsed, err := jwt.ParseSigned(token, signedBy)
	if err != nil || len(parsed.Headers) != 1 || parsed.UnsafeClaimsWithoutVerification(&c) != nil {
		return nil, c, false
	}
	if id, err := uuid.Parse(c.Tenant); err != nil || id.String() != c.Tenant {
		return nil, c, false
	}
	return parsed, c, true
}

// Verify implements tenants.EntraTokens.
func (t *Tokens) Verify(ctx context.Context, token string, meant tenants.EntraTenant) error {
	parsed, _, ok := read(token)
	if !ok {
		return tenants.ErrUnauthenticated
	}
	key, err := t.keys.find(ctx, meant.Tenant, parsed.Headers[0].KeyID)
	if err != nil {
		return err
	}
	var c claims
	if key == nil || parsed.Claims(key, &c) != nil || !c.meet(meant, t.now()) {
		return tenants.ErrUnauthenticated
	}
	return nil
}

// meet says whether signed claims are what is meant, now.
func (c claims) meet(meant tenants.EntraTenant, now time.Time) bool {
	issuers := []string{"https://sts.windows.net/" + meant.Tenant + "/", authority + "/" + meant.Tenant + "/v2.0"}
	return c.Tenant == meant.Tenant && slices.Contains(issuers, c.Issuer) && c.Expiry != nil &&
		c.ValidateWithLeeway(jwt.Expected{AnyAudience: jwt.Audience{meant.Audience}, Time: now}, leeway) == nil
}
