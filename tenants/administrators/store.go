package administrators

import (
	"context"
	"time"

	"github.com/google/uuid"
)

// Store keeps administrators and their ways in. Every method is one transaction, durable when it
// returns nil; changes have their event in the audit under the context's tenants.Actor. What is
// not there is tenants.ErrUnknown in a *tenants.Problem.
type Store interface {
	// Administrators lists all by e-mail, with their tenants.
	Administrators(ctx context.Context) ([]Administrator, error)
	// Administrator finds one by id; ErrUnknown.
	Administrator(ctx context.Context, id uuid.UUID) (Administrator, error)
	// AdministratorCalled finds one by the key form of the e-mail; ErrUnknown.
	AdministratorCalled(ctx context.Context, emailKey string) (Administrator, error)
	// AdministratorOf finds one by what an OpenID provider calls them; ErrUnknown.
	AdministratorOf(ctx context.Context, issuer, subject string) (Administrator, error)
	// CreateAdministrator makes one; ErrTaken (its e-mail, its subject), ErrUnknown (a tenant).
	CreateAdministrator(ctx context.Context, n New) (Administrator, error)
	// UpdateAdministrator changes one if match accepts its version (nil: any), and ends its
	// sessions where more than the name changed; ErrUnknown, ErrVersion, ErrNotEmpty (the last
	// owner).
	UpdateAdministrator(ctx context.Context, id uuid.UUID, match func(version int64) bool, c Change) (Administrator, error)
	// DeleteAdministrator deletes one with its sessions, tokens and links; ErrUnknown, ErrNotEmpty
	// (the last owner).
	DeleteAdministrator(ctx context.Context, id uuid.UUID) error

	// BeginSession keeps a session of an administrator and writes that it signed in. The session
	// whose hash is before, if there is one, ends. ErrWrong when the password was changed, or the
	// administrator locked out, since a was read: what a proved counts no more.
	BeginSession(ctx context.Context, a Administrator, s Session, hash Hash, before *Hash) (Session, error)
	// SessionBy finds a session that has neither ended nor been idle for too long at now, and its
	// administrator; ErrUnknown.
	SessionBy(ctx context.Context, hash Hash, now time.Time) (Session, Administrator, error)
	// SeeSession writes that a session was used; never back in time, and without an event.
	SeeSession(ctx context.Context, id uuid.UUID, at time.Time) error
	// Sessions lists those that go on at now, the newest first: one administrator's, or (Nil) all.
	Sessions(ctx context.Context, administrator uuid.UUID, now time.Time) ([]Session, error)
	// EndSession ends one session of the administrator (Nil: of anybody); ErrUnknown.
	EndSession(ctx context.Context, administrator, id uuid.UUID) error

	// AddToken keeps a token; ErrTaken (its name).
	AddToken(ctx context.Context, t Token, hash Hash) (Token, error)
	// TokenBy finds a token that has not ended at now, and its administrator; ErrUnknown.
	TokenBy(ctx context.Context, hash Hash, now time.Time) (Token, Administrator, error)
	// Tokens lists the tokens of one administrator, or (Nil) of all, those that have ended too.
	Tokens(ctx context.Context, administrator uuid.UUID) ([]Token, error)
	// TouchToken writes that a token was used; never back in time, and without an event.
	TouchToken(ctx context.Context, id uuid.UUID, at time.Time) error
	// DeleteToken ends a token of the administrator (Nil: of anybody); ErrUnknown.
	DeleteToken(ctx context.Context, administrator, id uuid.UUID) error

	// AddLink keeps a link. One for an administrator takes the place of those before it; one for
	// the first owner is refused when there is any administrator: ErrTaken, CodeAlreadySetUp.
	AddLink(ctx context.Context, l Link, hash Hash) error
	// LinkBy finds a link that has not ended at now; ErrUnknown.
	LinkBy(ctx context.Context, hash Hash, now time.Time) (Link, error)
	// Redeem uses a link up: it makes the first owner, or sets the administrator's password and
	// ends its sessions. Of several that redeem one link at once, one succeeds; ErrUnknown,
	// ErrTaken (CodeAlreadySetUp).
	Redeem(ctx context.Context, hash Hash, now time.Time, n New) (Administrator, error)

	// SignInFailed writes an event: somebody at the address did not get in as the administrator
	// (empty: as nobody who exists).
	SignInFailed(ctx context.Context, email, address, why string) error
}
