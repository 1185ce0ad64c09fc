package tenants

import (
	"context"
	"crypto/subtle"
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

// Principal is an authenticated caller. A Connector whose Mode is Disabled is one too.
type Principal struct {
	Connector  Connector
	Credential Credential
}

// Authenticator finds the caller behind an Authorization header.
type Authenticator struct {
	lookup Lookup
	now    func() time.Time

	// Used, if set, is told of every credential that was accepted. It must be quick.
	Used func(credential uuid.UUID)
}

// NewAuthenticator returns an Authenticator over a Lookup. now tells what has expired.
func NewAuthenticator(lookup Lookup, now func() time.Time) *Authenticator {
	return &Authenticator{lookup: lookup, now: now}
}

// maxHeader bounds an Authorization header; a Basic pair with a long user name fits.
const maxHeader = 2048

// Authenticate checks all Authorization headers of a request to the connector of that slug.
// Every failure is ErrUnauthenticated, but a look-up that could not be made is its own error.
//
// Identity providers present the same secret in several ways, and all of these are taken:
//
//	Bearer <token>      also in other cases, with more spaces
//	<word> <token>      any other scheme word
//	<token>             no scheme at all
//	Basic <user:pass>   a Basic pair of the connector; or any user with the token as password
func (a *Authenticator) Authenticate(ctx context.Context, slug string, headers []string) (Principal, error) {
	if len(headers) != 1 || len(headers[0]) > maxHeader || CheckSlug(slug) != nil {
		return Principal{}, ErrUnauthenticated
	}
	key, secret, ok := readHeader(slug, headers[0])
	if !ok {
		return Principal{}, ErrUnauthenticated
	}
	entry, err := a.lookup.Find(ctx, key)
	if errors.Is(err, ErrUnknown) {
		return Principal{}, ErrUnauthenticated
	}
	if err != nil {
		return Principal{}, fmt.Errorf("looking up a credential of connector %s: %w", slug, err)
	}
	hash := secretHash(secret)
	right := subtle.ConstantTimeCompare(hash[:], entry.Hash[:]) == 1
	expires := entry.Credential.ExpiresAt
	if !right || entry.Connector.Slug != slug || !expires.IsZero() && !a.now().Before(expires) {
		return Principal{}, ErrUnauthenticated
	}
	if a.Used != nil {
		a.Used(entry.Credential.ID)
	}
	return Principal{Connector: entry.Connector, Credential: entry.Credential}, nil
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
