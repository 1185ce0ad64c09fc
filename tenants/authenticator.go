package tenants

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"
)

// ErrUnauthenticated says that a request proves nothing for the connector it names. It is the
// same for an unknown connector, a foreign, expired, revoked or mistyped secret, and none at all.
var ErrUnauthenticated = errors.New("the Authorization header holds no valid credential of this connector")

// FailuresError says that an address has failed too often at a connector. It is ErrUnauthenticated
// too: the request proved nothing.
type FailuresError struct {
	Retry time.Duration // until the next failure is answered as one
}

func (e *FailuresError) Error() string { return "too many failed authentications" }
func (e *FailuresError) Unwrap() error { return ErrUnauthenticated }

// Caller is what a request says about who sends it.
type Caller struct {
	Slug    string   // the connector in its path, as sent
	Address string   // the IP address it comes from
	Headers []string // every Authorization header
}

// Principal is an authenticated caller. A Connector whose Mode is Disabled is one too, and so is
// one whose connector has used up its turns: Allowance says whether it may go on.
type Principal struct {
	Connector  Connector
	Credential Credential
	Allowance  Allowance
}

// Authenticator finds the caller behind an Authorization header. It alone judges credentials.
type Authenticator struct {
	gate Gate
	now  func() time.Time

	// Used, if set, is told of every credential that was accepted. It must be quick.
	Used func(credential uuid.UUID)
}

// NewAuthenticator returns an Authenticator behind a Gate. now tells what has expired.
func NewAuthenticator(gate Gate, now func() time.Time) *Authenticator {
	return &Authenticator{gate: gate, now: now}
}

// maxHeader bounds an Authorization header; a Basic pair with a long user name fits.
const maxHeader = 2048

// Authenticate checks all Authorization headers of a request to a connector, and takes one turn
// of the connector's for it. Every failure is ErrUnauthenticated, a *FailuresError when the
// address had too many of them; but a look-up that could not be made is its own error. A valid
// credential is accepted however many others failed.
//
// Identity providers present the same secret in several ways, and all of these are taken:
//
//	Bearer <token>      also in other cases, with more spaces
//	<word> <token>      any other scheme word
//	<token>             no scheme at all
//	Basic <user:pass>   a Basic pair of the connector; or any user with the token as password
func (a *Authenticator) Authenticate(ctx context.Context, c Caller) (Principal, error) {
	p, err := a.principal(ctx, c)
	if errors.Is(err, ErrUnauthenticated) {
		slug := c.Slug
		if CheckSlug(slug) != nil {
			slug = "" // no connector's: all such paths count together
		}
		if failures := a.gate.Fail(ctx, slug, c.Address); failures.Refused {
			return Principal{}, &FailuresError{Retry: failures.Wait}
		}
	}
	return p, err
}

func (a *Authenticator) principal(ctx context.Context, c Caller) (Principal, error) {
	if len(c.Headers) != 1 || len(c.Headers[0]) > maxHeader || CheckSlug(c.Slug) != nil {
		return Principal{}, ErrUnauthenticated
	}
	key, secret, ok := readHeader(c.Slug, c.Headers[0])
	if !ok {
		return Principal{}, ErrUnauthenticated
	}
	shown := Presented{Slug: c.Slug, Key: key, Proof: secretHash(secret)}
	entry, allowance, err := a.gate.Enter(ctx, shown)
	if errors.Is(err, ErrUnknown) {
		return Principal{}, ErrUnauthenticated
	}
	if err != nil {
		return Principal{}, fmt.Errorf("looking up a credential of connector %s: %w", c.Slug, err)
	}
	expires := entry.Credential.ExpiresAt
	if !entry.Opens(shown) || !expires.IsZero() && !a.now().Before(expires) {
		return Principal{}, ErrUnauthenticated
	}
	if a.Used != nil {
		a.Used(entry.Credential.ID)
	}
	return Principal{Connector: entry.Connector, Credential: entry.Credential, Allowance: allowance}, nil
}

// readHeader returns the look-up key and the secret that a header presents.
func readHeader(slug, header string) (key, secret string, ok bool) {
	scheme, rest, found := strings.Cut(strings.Trim(header, " \t"), " ")
	if !found {
		scheme, rest = "", scheme
	}
	rest = strings.Trim(rest, " \t")
	if strings.EqualFold(scheme, "basic") {
		return readBasic(slug, rest)
	}
	keyID, ok := parseToken(rest)
	return TokenKey(keyID), rest, ok
}

func readBasic(slug, encoded string) (key, secret string, ok bool) {
	pair, err := base64.RawStdEncoding.DecodeString(strings.TrimRight(encoded, "="))
	if err != nil {
		return "", "", false
	}
	username, password, found := strings.Cut(string(pair), ":")
	if !found || password == "" {
		return "", "", false
	}
	if keyID, ok := parseToken(password); ok {
		return TokenKey(keyID), password, true
	}
	if CheckUsername(username) != nil {
		return "", "", false
	}
	return BasicKey(slug, username), password, true
}
