package administrators

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/muster-scim/muster/scim/canonical"
	"github.com/muster-scim/muster/tenants"
)

// ErrWrong is the answer to whoever may not come in: one for an unknown e-mail, a wrong password
// and a disabled administrator, so that it tells nobody who has an account.
var ErrWrong = errors.New("e-mail or password is wrong")

// ErrNotInvited is the answer to somebody whom the OpenID provider knows and Muster does not.
var ErrNotInvited = errors.New("nobody made this person an administrator")

// Throttled is the answer after too many wrong attempts.
type Throttled struct{ Wait time.Duration }

func (t *Throttled) Error() string {
	return fmt.Sprintf("too many failed attempts; try again in %s", t.Wait.Round(time.Second))
}

// From is where somebody signs in.
type From struct {
	Address string // an IPv6 network of 64 bits is one
	Agent   string
	Session string // the secret of the session that the browser still has; it ends
}

// SignedIn is a session that began, and its secret, which is shown to the browser alone.
type SignedIn struct {
	Session       Session
	Secret        string
	Administrator Administrator
}

// Caller is who calls the admin API.
type Caller struct {
	Administrator Administrator // the zero one: the deployment's own token
	Role          Role          // what this call may do
	Session       uuid.UUID     // of a browser
	Token         Token         // of automation
}

// Deployment is who holds the deployment's admin token.
func Deployment() Caller { return Caller{Role: Owner} }

// Actor is how the audit names the caller: the e-mail, which holds an @, and of automation the
// token's name behind a slash; "token" is the deployment's.
func (c Caller) Actor() string {
	switch {
	case c.Administrator.ID == uuid.Nil:
		return "token"
	case c.Token.ID != uuid.Nil:
		return c.Administrator.Email + "/" + c.Token.Name
	}
	return c.Administrator.Email
}

// Limited says whether the caller is limited to tenants.
func (c Caller) Limited() bool { return c.Administrator.Limited }

// Owns says whether what belongs to the tenant is the caller's to see.
func (c Caller) Owns(tenant uuid.UUID) bool {
	if !c.Limited() {
		return true
	}
	for _, t := range c.Administrator.Tenants {
		if t.ID == tenant {
			return true
		}
	}
	return false
}

// SignIn lets an administrator in by e-mail and password; ErrWrong, *Throttled.
func (r *Registry) SignIn(ctx context.Context, email, password string, from From) (SignedIn, error) {
	key := canonical.Key(email)
	a, err := r.store.AdministratorCalled(ctx, key)
	if err != nil && !errors.Is(err, tenants.ErrUnknown) {
		return SignedIn{}, err
	}
	if err := r.prove(ctx, key, a, password, from); err != nil {
		return SignedIn{}, err
	}
	return r.begin(ctx, a, ByPassword, from)
}

// prove says whether a password is the administrator's, counting failures.
func (r *Registry) prove(ctx context.Context, key string, a Administrator, password string, from From) error {
	if wait := r.throttle.take(from.Address, key); wait > 0 {
		return &Throttled{Wait: wait}
	}
	right, err := r.hasher.matches(ctx, a.Password, password)
	if err != nil {
		return err
	}
	if right && !a.Disabled() {
		r.throttle.forgive(from.Address, key)
		return nil
	}
	return errors.Join(ErrWrong, r.failed(ctx, a, from, failure(a, right)))
}

func failure(a Administrator, right bool) string {
	switch {
	case a.ID == uuid.Nil:
		return "unknown"
	case right:
		return "disabled"
	}
	return "password"
}

func (r *Registry) failed(ctx context.Context, a Administrator, from From, why string) error {
	return r.store.SignInFailed(tenants.WithActor(ctx, actorOf(ctx, "anonymous")), a.Email, from.Address, why)
}

// Person is somebody for whom an OpenID provider vouches.
type Person struct {
	Issuer, Subject string
	Email           string
	Verified        bool // the provider has seen that the e-mail is the person's
	Name            string
	Claimed         bool // the provider says roles at all
	Role            Role // which; empty: none
}

// SignInWith lets in whom an OpenID provider vouches for. Somebody new is taken for the
// administrator of the same verified e-mail whom nobody vouched for yet; where the provider says
// roles, also made one. ErrNotInvited.
func (r *Registry) SignInWith(ctx context.Context, p Person, from From) (SignedIn, error) {
	a, err := r.vouched(ctx, p)
	switch {
	case errors.Is(err, ErrNotInvited):
		return SignedIn{}, errors.Join(err, r.failed(ctx, Administrator{}, from, "notInvited"))
	case err != nil:
		return SignedIn{}, err
	case a.Disabled():
		return SignedIn{}, errors.Join(ErrNotInvited, r.failed(ctx, a, from, "disabled"))
	}
	return r.begin(ctx, a, ByOIDC, from)
}

func (r *Registry) vouched(ctx context.Context, p Person) (Administrator, error) {
	if p.Claimed && p.Role == "" {
		return Administrator{}, ErrNotInvited
	}
	ctx = tenants.WithActor(ctx, actorOf(ctx, p.Email))
	a, err := r.store.AdministratorOf(ctx, p.Issuer, p.Subject)
	if err == nil {
		return r.claimed(ctx, a, p, Change{})
	}
	if !errors.Is(err, tenants.ErrUnknown) || !p.Verified || checkEmail(p.Email) != nil {
		return Administrator{}, cmp.Or(notUnknown(err), ErrNotInvited)
	}
	a, err = r.store.AdministratorCalled(ctx, canonical.Key(p.Email))
	switch {
	case err == nil && a.Subject != "":
		return Administrator{}, ErrNotInvited // the address has passed to somebody else
	case err == nil:
		return r.claimed(ctx, a, p, Change{Issuer: &p.Issuer, Subject: &p.Subject})
	case !errors.Is(err, tenants.ErrUnknown):
		return Administrator{}, err
	case !p.Claimed:
		return Administrator{}, ErrNotInvited
	}
	n, err := (New{Email: p.Email, Name: p.Name, Role: p.Role, Issuer: p.Issuer, Subject: p.Subject}).checked()
	if err != nil {
		return Administrator{}, err
	}
	return r.store.CreateAdministrator(ctx, n)
}

func notUnknown(err error) error {
	if errors.Is(err, tenants.ErrUnknown) {
		return nil
	}
	return err
}

// claimed gives the administrator the role that the provider says, if it says any.
func (r *Registry) claimed(ctx context.Context, a Administrator, p Person, c Change) (Administrator, error) {
	if p.Claimed && p.Role != a.Role {
		c.Role, c.Claimed = &p.Role, true
	}
	if c == (Change{}) || a.Disabled() {
		return a, nil
	}
	// The audit calls them as they are known here: what a provider says of an address may be anything.
	return r.store.UpdateAdministrator(tenants.WithActor(ctx, actorOf(ctx, a.Email)), a.ID, nil, c)
}

// begin begins a session with a new secret; the one that the browser had ends.
func (r *Registry) begin(ctx context.Context, a Administrator, by Method, from From) (SignedIn, error) {
	now := r.now()
	secret := newSecret()
	var before *Hash
	if from.Session != "" {
		hash := hashOf(from.Session)
		before = &hash
	}
	s := Session{Administrator: a.ID, Email: a.Email, Method: by, Address: from.Address, Agent: shortened(from.Agent),
		CreatedAt: now, SeenAt: now, EndsAt: now.Add(LongestTime)}
	s, err := r.store.BeginSession(tenants.WithActor(ctx, actorOf(ctx, a.Email)), a, s, hashOf(secret), before)
	return SignedIn{Session: s, Secret: secret, Administrator: a}, err
}

const longestAgent = 200

// shortened is what a browser calls itself, as far as it may be shown.
func shortened(agent string) string {
	agent = strings.Map(func(r rune) rune {
		if r < ' ' || r > '~' {
			return -1
		}
		return r
	}, agent)
	return agent[:min(len(agent), longestAgent)]
}

// actorOf is the context's actor under another name, for what happens before anybody is known.
func actorOf(ctx context.Context, id string) tenants.Actor {
	return tenants.Actor{ID: id, Request: tenants.ActorOf(ctx).Request}
}

// BySession finds who calls with a session's secret; ErrWrong when it is none or has ended.
func (r *Registry) BySession(ctx context.Context, secret string) (Caller, error) {
	if len(secret) != secretLength {
		return Caller{}, ErrWrong
	}
	now := r.now()
	s, a, err := r.store.SessionBy(ctx, hashOf(secret), now)
	if err != nil || a.Disabled() {
		return Caller{}, cmp.Or(notUnknown(err), ErrWrong)
	}
	if now.Sub(s.SeenAt) >= seenEvery {
		if err := r.store.SeeSession(ctx, s.ID, now); err != nil {
			return Caller{}, err
		}
	}
	return Caller{Administrator: a, Role: a.Role, Session: s.ID}, nil
}

// Still says whether a caller may go on as it came: its session or token goes on, and nothing of
// its administrator was changed since. To ask is not to use: whoever only listens keeps no session
// awake. The error says that it could not be found out.
func (r *Registry) Still(ctx context.Context, c Caller) (bool, error) {
	if c.Administrator.ID == uuid.Nil {
		return c.Role != "", nil
	}
	a, err := r.store.Administrator(ctx, c.Administrator.ID)
	if err != nil || a.Disabled() || a.Version != c.Administrator.Version {
		return false, notUnknown(err)
	}
	now := r.now()
	if c.Session != uuid.Nil {
		all, err := r.store.Sessions(ctx, a.ID, now)
		return slices.ContainsFunc(all, func(s Session) bool { return s.ID == c.Session }), err
	}
	all, err := r.store.Tokens(ctx, a.ID)
	return slices.ContainsFunc(all, func(t Token) bool { return t.ID == c.Token.ID && t.ExpiresAt.After(now) }), err
}

// ByToken finds who calls with an API token; ErrWrong when it is none or has ended.
func (r *Registry) ByToken(ctx context.Context, text string) (Caller, error) {
	if !IsToken(text) {
		return Caller{}, ErrWrong
	}
	now := r.now()
	t, a, err := r.store.TokenBy(ctx, hashOf(text), now)
	if err != nil || a.Disabled() {
		return Caller{}, cmp.Or(notUnknown(err), ErrWrong)
	}
	if now.Sub(t.LastUsedAt) >= seenEvery {
		if err := r.store.TouchToken(ctx, t.ID, now); err != nil {
			return Caller{}, err
		}
	}
	return Caller{Administrator: a, Role: a.Role.Lesser(t.Role), Token: t}, nil
}
