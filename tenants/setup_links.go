package tenants

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"
)

// SetupLink lets whoever holds its secret connect the IdP of one connector without signing in: see
// the guide with its addresses, make one credential, once, and see whether requests come. It shows
// nothing of a directory, of other connectors, or of other credentials.
type SetupLink struct {
	ID         uuid.UUID
	Connector  string // its slug
	Name       string // for whom it is; the credential that it makes is called after it
	By         string // who made it
	CreatedAt  time.Time
	ExpiresAt  time.Time
	UsedAt     time.Time // when its credential was made; zero: not yet
	Credential uuid.UUID // which that is
}

// NewSetupLink is a link with what only storage keeps: the hash of its secret.
type NewSetupLink struct {
	SetupLink
	Hash [32]byte
}

// How long set-up links live.
const (
	SetupLinkTime    = 3 * 24 * time.Hour
	LongestSetupLink = 30 * 24 * time.Hour
)

// setupPrefix begins every secret of a set-up link, so that a scanner recognises one that leaked.
const setupPrefix = "msl_"

// Codes of problems with set-up links.
const (
	CodeSetupLinkUnknown = "setupLinkUnknown"
	CodeSetupLinkUsed    = "setupLinkUsed"
)

// ShareSetup makes a set-up link of a connector and returns its secret, which is kept nowhere. A
// zero expires is SetupLinkTime ahead. ErrInvalid, ErrUnknown (connector).
func (r *Registry) ShareSetup(ctx context.Context, slug, name string, expires time.Time) (SetupLink, string, error) {
	if err := CheckName("name", name); err != nil {
		return SetupLink{}, "", err
	}
	now := r.now()
	if expires.IsZero() {
		expires = now.Add(SetupLinkTime)
	}
	if !expires.After(now) || expires.After(now.Add(LongestSetupLink)) {
		return SetupLink{}, "", &Problem{Kind: ErrInvalid, Code: CodeInvalid, Field: "expiresAt", Detail: "expiresAt must lie in the future, at most 30 days ahead"}
	}
	secret, _, err := newToken(r.random, setupPrefix)
	if err != nil {
		return SetupLink{}, "", err
	}
	n := NewSetupLink{SetupLink: SetupLink{Connector: slug, Name: name, By: ActorOf(ctx).ID, ExpiresAt: expires.UTC()}, Hash: secretHash(secret)}
	made, err := r.store.AddSetupLink(ctx, n)
	return made, secret, err
}

// SetupLinks lists the set-up links of a connector that have not ended; ErrUnknown (connector).
func (r *Registry) SetupLinks(ctx context.Context, slug string) ([]SetupLink, error) {
	return r.store.SetupLinks(ctx, slug, r.now())
}

// EndSetupLink ends a set-up link of that very connector. What it made stays; ErrUnknown.
func (r *Registry) EndSetupLink(ctx context.Context, slug string, id uuid.UUID) error {
	return r.store.EndSetupLink(ctx, slug, id)
}

// OpenSetupLink finds the link of a secret with its connector; ErrUnknown (CodeSetupLinkUnknown)
// when it is none, has expired or was ended.
func (r *Registry) OpenSetupLink(ctx context.Context, secret string) (SetupLink, Connector, error) {
	if _, ok := parseToken(secret, setupPrefix); !ok { // no need to look
		return SetupLink{}, Connector{}, UnknownSetupLink()
	}
	link, err := r.store.SetupLink(ctx, secretHash(secret), r.now())
	if err != nil {
		return SetupLink{}, Connector{}, err
	}
	c, err := r.store.ConnectorBySlug(ctx, link.Connector)
	return link, c, err
}

// MintBySetupLink makes the one credential that a set-up link is for. The link decides in the same
// transaction: of two who ask at once, one is ErrTaken (CodeSetupLinkUsed). ErrUnknown as
// OpenSetupLink; ErrInvalid (a kind that no guide asks for).
func (r *Registry) MintBySetupLink(ctx context.Context, secret string, kind CredentialKind) (Credential, Secrets, error) {
	link, c, err := r.OpenSetupLink(ctx, secret)
	if err != nil {
		return Credential{}, Secrets{}, err
	}
	if kind != Bearer && kind != Basic && kind != OAuth {
		return Credential{}, Secrets{}, oneOf("kind", []CredentialKind{Bearer, Basic, OAuth})
	}
	id := link.ID.String()
	w := Wanted{Name: fmt.Sprintf("%s, by set-up link %s", cutName(link.Name), id[len(id)-4:]), Kind: kind}
	if kind == Basic {
		w.Username = c.Slug + "-" + id[len(id)-4:]
	}
	if w, err = w.checked(r.now()); err != nil {
		return Credential{}, Secrets{}, err
	}
	var secrets Secrets
	made, err := w.make(c.Slug, r.random, &secrets)
	if err != nil {
		return Credential{}, Secrets{}, err
	}
	added, err := r.store.UseSetupLink(WithActor(ctx, Actor{ID: "set-up link " + link.Name, Request: ActorOf(ctx).Request}), secretHash(secret), r.now(), made)
	r.Forget(c.Slug) // that nothing had its key may be remembered
	if err != nil {
		return Credential{}, Secrets{}, err
	}
	return added, secrets, nil
}

// cutName leaves room behind a name in another one.
func cutName(name string) string {
	if letters := []rune(name); len(letters) > 200 {
		return string(letters[:200])
	}
	return name
}

// UnknownSetupLink is the same for every secret that opens nothing.
func UnknownSetupLink() error {
	return &Problem{Kind: ErrUnknown, Code: CodeSetupLinkUnknown, Detail: "this link has ended, or never was one; ask whoever sent it for another"}
}

// UsedSetupLink says that the link's one credential was made.
func UsedSetupLink() error {
	return &Problem{Kind: ErrTaken, Code: CodeSetupLinkUsed, Detail: "this link has made its credential, which was shown once; if it got lost, ask whoever sent the link for another"}
}
