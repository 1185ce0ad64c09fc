package administrators

import (
	"context"
	"time"

	"github.com/google/uuid"

	"github.com/muster-scim/muster/scim/canonical"
	"github.com/muster-scim/muster/tenants"
)

// Registry is the administrators' door and their office: it lets in, and makes and changes them.
type Registry struct {
	store    Store
	now      func() time.Time
	hasher   *hasher
	throttle *throttle
}

// NewRegistry returns a Registry over a Store.
func NewRegistry(store Store, now func() time.Time) *Registry {
	return &Registry{store: store, now: now, hasher: newHasher(), throttle: newThrottle(now)}
}

// Administrators lists all by e-mail.
func (r *Registry) Administrators(ctx context.Context) ([]Administrator, error) {
	return r.store.Administrators(ctx)
}

// Administrator finds one by id; ErrUnknown.
func (r *Registry) Administrator(ctx context.Context, id uuid.UUID) (Administrator, error) {
	return r.store.Administrator(ctx, id)
}

// Create makes an administrator, and the link with which to choose a password; ErrInvalid,
// ErrTaken, ErrUnknown (a tenant).
func (r *Registry) Create(ctx context.Context, n New) (Administrator, Issued, error) {
	n, err := n.checked()
	if err != nil {
		return Administrator{}, Issued{}, err
	}
	n.Password, n.Issuer, n.Subject = "", "", ""
	a, err := r.store.CreateAdministrator(ctx, n)
	if err != nil {
		return Administrator{}, Issued{}, err
	}
	link, err := r.link(ctx, a.ID, LinkTime)
	return a, link, err
}

// Update changes an administrator; ErrInvalid, ErrUnknown, ErrVersion, ErrNotEmpty (the last
// owner).
func (r *Registry) Update(ctx context.Context, id uuid.UUID, match func(version int64) bool, c Change) (Administrator, error) {
	if err := c.check(); err != nil {
		return Administrator{}, err
	}
	c.Password, c.Issuer, c.Subject, c.Claimed = nil, nil, nil, false
	return r.store.UpdateAdministrator(ctx, id, match, c)
}

// Delete deletes an administrator with all ways in; ErrUnknown, ErrNotEmpty (the last owner).
func (r *Registry) Delete(ctx context.Context, id uuid.UUID) error {
	return r.store.DeleteAdministrator(ctx, id)
}

// Issued is the secret of a link, shown once, and its end.
type Issued struct {
	Secret    string
	ExpiresAt time.Time
}

// NeedsSetup says whether there is no administrator yet.
func (r *Registry) NeedsSetup(ctx context.Context) (bool, error) {
	all, err := r.store.Administrators(ctx)
	return len(all) == 0, err
}

// SetupLink makes a link for the first owner; ErrTaken (CodeAlreadySetUp).
func (r *Registry) SetupLink(ctx context.Context) (Issued, error) {
	return r.link(ctx, uuid.Nil, SetupTime)
}

// PasswordLink makes a link with which an administrator chooses a new password. It voids those
// before it; the password holds until the link is used.
func (r *Registry) PasswordLink(ctx context.Context, id uuid.UUID) (Issued, error) {
	a, err := r.store.Administrator(ctx, id)
	if err != nil {
		return Issued{}, err
	}
	return r.link(ctx, a.ID, LinkTime)
}

func (r *Registry) link(ctx context.Context, administrator uuid.UUID, lives time.Duration) (Issued, error) {
	made := Issued{Secret: newSecret(), ExpiresAt: r.now().Add(lives).UTC()}
	err := r.store.AddLink(ctx, Link{Administrator: administrator, ExpiresAt: made.ExpiresAt}, hashOf(made.Secret))
	return made, err
}

// Link says what a link's secret is for; ErrUnknown when it is none, was used or has ended.
func (r *Registry) Link(ctx context.Context, secret string) (Link, error) {
	return r.store.LinkBy(ctx, hashOf(secret), r.now())
}

// Redeem uses a link up and signs in: for the first owner with e-mail and name, for an
// administrator who is there with the new password alone. ErrInvalid leaves the link usable.
func (r *Registry) Redeem(ctx context.Context, secret, email, name, password string, from From) (SignedIn, error) {
	hash := hashOf(secret)
	link, err := r.store.LinkBy(ctx, hash, r.now())
	if err != nil {
		return SignedIn{}, err
	}
	n := New{Email: link.Email, Name: link.Name, Role: Owner}
	if link.Administrator == uuid.Nil {
		if n, err = (New{Email: email, Name: name, Role: Owner}).checked(); err != nil {
			return SignedIn{}, err
		}
	}
	if n.Password, err = r.newPassword(ctx, password, n.Email); err != nil {
		return SignedIn{}, err
	}
	a, err := r.store.Redeem(tenants.WithActor(ctx, actorOf(ctx, n.Email)), hash, r.now(), n)
	if err != nil {
		return SignedIn{}, err
	}
	return r.begin(ctx, a, ByLink, from)
}

func (r *Registry) newPassword(ctx context.Context, password, email string) (string, error) {
	if err := checkPassword(password, email); err != nil {
		return "", err
	}
	return r.hasher.hash(ctx, password)
}

// ChangePassword gives a signed-in administrator another password, ends all of its sessions and
// begins a new one. ErrWrong when current is not the password; *Throttled as SignIn.
func (r *Registry) ChangePassword(ctx context.Context, a Administrator, current, next string, from From) (SignedIn, error) {
	if err := r.prove(ctx, canonical.Key(a.Email), a, current, from); err != nil {
		return SignedIn{}, err
	}
	hash, err := r.newPassword(ctx, next, a.Email)
	if err != nil {
		return SignedIn{}, err
	}
	if a, err = r.store.UpdateAdministrator(ctx, a.ID, nil, Change{Password: &hash}); err != nil {
		return SignedIn{}, err
	}
	return r.begin(ctx, a, ByPassword, from)
}

// Sessions lists the sessions of one administrator, or (Nil) of all, the newest first.
func (r *Registry) Sessions(ctx context.Context, administrator uuid.UUID) ([]Session, error) {
	return r.store.Sessions(ctx, administrator, r.now())
}

// EndSession ends a session of the administrator (Nil: of anybody); ErrUnknown.
func (r *Registry) EndSession(ctx context.Context, administrator, id uuid.UUID) error {
	return r.store.EndSession(ctx, administrator, id)
}

// AddToken makes an API token for an administrator. It can do what role says and never more than
// its administrator; ErrInvalid, ErrTaken.
func (r *Registry) AddToken(ctx context.Context, a Administrator, name string, role Role, expires time.Time) (Token, string, error) {
	if err := tenants.CheckName("name", name); err != nil {
		return Token{}, "", err
	}
	if err := role.check("role"); err != nil {
		return Token{}, "", err
	}
	switch now := r.now(); {
	case !a.Role.AtLeast(role):
		return Token{}, "", invalid("role", "role must not be more than your own, which is "+string(a.Role))
	case !expires.After(now) || expires.After(now.Add(LongestToken)):
		return Token{}, "", invalid("expiresAt", "expiresAt must lie in the future, at most a year ahead")
	}
	secret := TokenPrefix + newSecret()
	t := Token{Administrator: a.ID, Email: a.Email, Name: name, Hint: secret[len(secret)-hintLength:], Role: role, ExpiresAt: expires.UTC()}
	t, err := r.store.AddToken(ctx, t, hashOf(secret))
	return t, secret, err
}

// Tokens lists the API tokens of one administrator, or (Nil) of all.
func (r *Registry) Tokens(ctx context.Context, administrator uuid.UUID) ([]Token, error) {
	return r.store.Tokens(ctx, administrator)
}

// DeleteToken ends an API token of the administrator (Nil: of anybody); ErrUnknown.
func (r *Registry) DeleteToken(ctx context.Context, administrator, id uuid.UUID) error {
	return r.store.DeleteToken(ctx, administrator, id)
}
