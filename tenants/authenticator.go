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
	Cause error         // of this one; nil: none is known
}

func (e *FailuresError) Error() string { return "too many failed authentications" }
func (e *FailuresError) Unwrap() []error {
	if e.Cause == nil {
		return []error{ErrUnauthenticated}
	}
	return []error{ErrUnauthenticated, e.Cause}
}

// Caller is what a request says about who sends it.
type Caller struct {
	Slug    string   // the connector in its path, as sent
	Address string   // that failures are counted by: the IP address it comes from, or its network
	Peer    string   // the very IP address it comes from
	Headers []string // every Authorization header
}

// EntraTokens judges the tokens that Entra signs. tenants/entra has one.
type EntraTokens interface {
	// Tenant is the Entra tenant that a token says it is of; nothing of it is checked yet. ok is
	// false for what is no such token.
	Tenant(token string) (tenant string, ok bool)
	// Verify says whether Entra signed the token, for that tenant and audience, and it is valid
	// now: nil, ErrUnauthenticated, or another error if Entra's keys could not be had.
	Verify(ctx context.Context, token string, e EntraTenant) error
}

// Principal is an authenticated caller. A Connector whose Mode is Disabled is one too, and so is
// one whose connector has used up its turns: Allowance says whether it may go on.
type Principal struct {
	Connector  Connector
	Credential Credential
	Allowance  Allowance
	Consumer   *Consumer // set by AuthenticateConsumer alone
}

// Authenticator finds the caller behind an Authorization header. It alone judges credentials.
type Authenticator struct {
	gate Gate
	now  func() time.Time

	// Used, if set, is told of every credential that was accepted. It must be quick.
	Used func(credential uuid.UUID)
	// ConsumerUsed is Used for the tokens of consumers.
	ConsumerUsed func(token uuid.UUID)
	// Access, if set, makes and reads the access tokens of OAuth clients.
	Access *Access
	// Entra, if set, judges tokens that Entra signed, where a connector has a credential for them.
	Entra EntraTokens
}

// NewAuthenticator returns an Authenticator behind a Gate. now tells what has expired.
func NewAuthenticator(gate Gate, now func() time.Time) *Authenticator {
	return &Authenticator{gate: gate, now: now}
}

// maxHeader bounds an Authorization header; a Basic pair with a long user name fits, and a token
// of Entra's.
const maxHeader = 8192

// Authenticate checks all Authorization headers of a request to a connector, and takes one turn
// of the connector's for it. Every failure is ErrUnauthenticated, a *FailuresError when the
// address had too many of them; a valid credential that is not accepted from the request's network
// is a *NetworkError; a look-up that could not be made is its own error. A valid credential is
// accepted however many others failed.
//
// Identity providers present the same secret in several ways, and all of these are taken:
//
//	Bearer <token>      also in other cases, with more spaces
//	<word> <token>      any other scheme word
//	<token>             no scheme at all
//	Basic <user:pass>   a Basic pair of the connector; or any user with the token as password
//
// where a token is the connector's, an access token of one of its OAuth clients, or one that Entra
// signed.
func (a *Authenticator) Authenticate(ctx context.Context, c Caller) (Principal, error) {
	p, err := a.principal(ctx, c)
	if err != nil {
		return Principal{}, a.count(ctx, c.Slug, c.Address, err)
	}
	return p, nil
}

// errOutlived is an access token that was good until its time was over. It is ErrUnauthenticated,
// and no failure to count: nobody can have guessed it, and a client with many requests under way
// must get to know that it needs the next one.
var errOutlived = fmt.Errorf("%w", ErrUnauthenticated)

// unjudgedError is a token that could not be judged, because Entra's keys could not be had. It has
// proved nothing, so it counts as a failure: else whoever makes such tokens up could try at will
// which connector trusts which tenant.
type unjudgedError struct{ error }

func (e *unjudgedError) Unwrap() error { return e.error }

// count counts a failed authentication, and is what to answer it with.
func (a *Authenticator) count(ctx context.Context, slug, address string, err error) error {
	var unjudged *unjudgedError
	if !errors.Is(err, ErrUnauthenticated) && !errors.As(err, &unjudged) || errors.Is(err, errOutlived) {
		return err
	}
	if CheckSlug(slug) != nil {
		slug = "" // no connector's: all such paths count together
	}
	if failures := a.gate.Fail(ctx, slug, address); failures.Refused {
		return &FailuresError{Retry: failures.Wait, Cause: err}
	}
	return err
}

func (a *Authenticator) principal(ctx context.Context, c Caller) (Principal, error) {
	if len(c.Headers) != 1 || len(c.Headers[0]) > maxHeader || strings.TrimSpace(c.Headers[0]) == "" || CheckSlug(c.Slug) != nil {
		return Principal{}, refusedHeaders(c.Headers)
	}
	shown, err := a.shown(ctx, c.Slug, c.Headers[0])
	if err != nil {
		return Principal{}, err
	}
	return a.enter(ctx, shown, c.Peer)
}

// enter looks up what was presented, and judges it.
func (a *Authenticator) enter(ctx context.Context, shown Presented, peer string) (Principal, error) {
	entry, allowance, err := a.look(ctx, shown)
	if err != nil {
		return Principal{}, err
	}
	if !entry.Opens(shown) {
		return Principal{}, refusedClosed(entry, shown)
	}
	if expires := entry.Credential.ExpiresAt; !expires.IsZero() && !a.now().Before(expires) {
		return Principal{}, &Refusal{Diagnosis: Expired, Hint: shown.Hint, Credential: entry.Credential.ID}
	}
	p := Principal{Connector: entry.Connector, Credential: entry.Credential, Allowance: allowance}
	if !p.Connector.Settings.Networks.Accept(peer) || !p.Credential.Settings.Networks.Accept(peer) {
		return Principal{}, &NetworkError{Principal: p, Address: peer}
	}
	if a.Used != nil {
		a.Used(entry.Credential.ID)
	}
	return p, nil
}

// look asks the gate.
func (a *Authenticator) look(ctx context.Context, shown Presented) (Entry, Allowance, error) {
	entry, allowance, err := a.gate.Enter(ctx, shown)
	switch {
	case errors.Is(err, ErrUnknown):
		return Entry{}, Allowance{}, refusedUnknown(shown)
	case err != nil:
		return Entry{}, Allowance{}, fmt.Errorf("looking up a credential of connector %s: %w", shown.Slug, err)
	}
	return entry, allowance, nil
}

// shown is what a header presents. Only of Entra's tokens something is judged here: the others
// prove themselves by their secret.
func (a *Authenticator) shown(ctx context.Context, slug, header string) (Presented, error) {
	key, secret, hint, ok := readHeader(slug, header)
	if ok {
		return Presented{Slug: slug, Key: key, Proof: secretHash(secret), Hint: hint}, nil
	}
	token := secret // what stands in the header instead
	if clientID, proof, expires, ok := a.Access.open(token); ok {
		if !a.now().Before(expires) {
			return Presented{}, errOutlived
		}
		return Presented{Slug: slug, Key: ClientKey(clientID), Proof: proof, Hint: clientID}, nil
	}
	return a.ofEntra(ctx, slug, token)
}

// ofEntra judges a token as one that Entra signed. Which tenant's tokens are good, and for which
// audience, is the credential's to say, so it is looked up first, with a proof that opens nothing
// and takes no turn; what the token says of itself only finds it.
func (a *Authenticator) ofEntra(ctx context.Context, slug, token string) (Presented, error) {
	if a.Entra == nil {
		return Presented{}, refusedToken(token)
	}
	tenant, ok := a.Entra.Tenant(token)
	if !ok {
		return Presented{}, refusedToken(token)
	}
	shown := Presented{Slug: slug, Key: EntraKey(slug, tenant), Hint: "Entra tenant " + tenant}
	entry, _, err := a.look(ctx, shown)
	if err != nil {
		return Presented{}, err
	}
	meant := entry.Credential.Settings.Entra
	if entry.Connector.Slug != slug || entry.Credential.Kind != Entra || meant.Tenant != tenant {
		return Presented{}, refusedClosed(entry, shown)
	}
	err = a.Entra.Verify(ctx, token, meant)
	switch {
	case errors.Is(err, ErrUnauthenticated):
		return Presented{}, refusedClosed(entry, shown)
	case err != nil:
		return Presented{}, &unjudgedError{err}
	}
	shown.Proof = meant.proof()
	return shown, nil
}

// readHeader returns the look-up key and the secret that a header presents; without a key of its
// own, ok is false and secret is the token of another kind that stands there. hint is what may be
// shown of it.
func readHeader(slug, header string) (key, secret, hint string, ok bool) {
	scheme, rest, found := strings.Cut(strings.Trim(header, " \t"), " ")
	if !found {
		scheme, rest = "", scheme
	}
	rest = strings.Trim(rest, " \t")
	if strings.EqualFold(scheme, "basic") {
		return readBasic(slug, rest)
	}
	keyID, ok := parseToken(rest, tokenPrefix)
	return TokenKey(keyID), rest, ending(rest), ok
}

func readBasic(slug, encoded string) (key, secret, hint string, ok bool) {
	pair, err := base64.RawStdEncoding.DecodeString(strings.TrimRight(encoded, "="))
	if err != nil {
		return "", "", "", false
	}
	username, password, found := strings.Cut(string(pair), ":")
	if !found || password == "" {
		return "", "", "", false
	}
	if keyID, ok := parseToken(password, tokenPrefix); ok {
		return TokenKey(keyID), password, ending(password), true
	}
	if CheckUsername("username", username) != nil {
		return "", "", "", false
	}
	return BasicKey(slug, username), password, username, true
}
