package tenants

import (
	"context"
	"time"
)

// Client is what an OAuth client shows at the token endpoint of a connector.
type Client struct {
	Slug    string // the connector in its path, as sent
	Address string // that failures are counted by
	Peer    string // the very address it comes from
	ID      string
	Secret  string
}

// Grant is an access token for a client that has proved itself.
type Grant struct {
	Principal Principal
	Token     string
	Lives     time.Duration // whole seconds
}

// Grant gives an OAuth client an access token (RFC 6749 4.4), and takes one turn of its
// connector's for it, of which Allowance says whether there was one. The errors are those of
// Authenticate: whoever guesses secrets here is counted like everybody who does. Access must be set.
func (a *Authenticator) Grant(ctx context.Context, c Client) (Grant, error) {
	p, shown, err := a.client(ctx, c)
	if err != nil {
		return Grant{}, a.count(ctx, c.Slug, c.Address, err)
	}
	now, expires := a.now(), p.Credential.ExpiresAt
	end := now.Add(AccessLifetime)
	if !expires.IsZero() && expires.Before(end) {
		end = expires
	}
	return Grant{Principal: p, Token: a.Access.seal(c.ID, shown.Proof, end), Lives: end.Sub(now).Truncate(time.Second)}, nil
}

func (a *Authenticator) client(ctx context.Context, c Client) (Principal, Presented, error) {
	keyID, ok := parseToken(c.Secret, secretPrefix)
	if !ok || keyID != c.ID || CheckSlug(c.Slug) != nil {
		return Principal{}, Presented{}, &Refusal{Diagnosis: WrongToken, Hint: ending(c.Secret)}
	}
	shown := Presented{Slug: c.Slug, Key: ClientKey(c.ID), Proof: secretHash(c.Secret), Hint: c.ID}
	p, err := a.enter(ctx, shown, c.Peer)
	return p, shown, err
}
