package tenants

import (
	"context"
	"crypto/sha256"
	"io"
	"slices"
	"time"

	"github.com/google/uuid"
)

// Wanted is a credential to make.
type Wanted struct {
	Name      string
	Kind      CredentialKind
	Username  string      // Basic only, and needed there
	Entra     EntraTenant // Entra only, and needed there; the audience has a default
	Networks  Networks
	ExpiresAt time.Time // zero: never
	ReadOnly  bool
}

// Secrets are what a new credential, or a new connector, is called with: those that were made.
// They are shown once and kept nowhere.
type Secrets struct {
	Token  string
	Basic  *BasicPair
	Client *ClientPair
}

// BasicPair is a user name with its password.
type BasicPair struct{ Username, Password string }

// ClientPair is an OAuth client's id with its secret.
type ClientPair struct{ ID, Secret string }

// EntraAudience is the aud of tokens for an application that is in no gallery
// (https://learn.microsoft.com/entra/identity/app-provisioning/use-scim-to-provision-users-and-groups).
const EntraAudience = "8adf8e6e-67b2-4cf2-a259-e3dc5476c621"

// Mint adds a credential to a connector. ErrInvalid, ErrUnknown (connector), ErrTaken (the name,
// the user name, or the Entra tenant).
func (r *Registry) Mint(ctx context.Context, slug string, w Wanted) (Credential, Secrets, error) {
	w, err := w.checked(r.now())
	if err != nil {
		return Credential{}, Secrets{}, err
	}
	var secrets Secrets
	made, err := w.make(slug, r.random, &secrets)
	if err != nil {
		return Credential{}, Secrets{}, err
	}
	c, err := r.store.AddCredential(ctx, slug, made)
	r.Forget(slug) // that nothing had its key may be remembered
	if err != nil {
		return Credential{}, Secrets{}, err
	}
	return c, secrets, nil
}

// checked is the wish with its defaults, or what is wrong with it.
func (w Wanted) checked(now time.Time) (Wanted, error) {
	if w.Kind == "" {
		w.Kind = Bearer
	}
	if err := CheckName("name", w.Name); err != nil {
		return w, err
	}
	refused := func(field, detail string) (Wanted, error) {
		return w, &Problem{Kind: ErrInvalid, Code: CodeInvalid, Field: field, Detail: detail}
	}
	switch {
	case !slices.Contains(CredentialKinds, w.Kind):
		return w, oneOf("kind", CredentialKinds)
	case !w.ExpiresAt.IsZero() && !w.ExpiresAt.After(now):
		return refused("expiresAt", "expiresAt must lie in the future")
	case w.Kind == Basic && w.Username == "":
		return refused("username", "username is missing: a Basic pair needs one; the password is made")
	case w.Kind != Basic && w.Username != "":
		return refused("username", "username is for the kind basic only")
	case w.Kind != Entra && w.Entra != EntraTenant{}:
		return refused("entra", "entra is for the kind entra only")
	case w.Kind == Entra && w.Entra.Tenant == "":
		return refused("entra.tenant", "entra.tenant is missing: the id of the Entra tenant, as in Entra's overview page")
	}
	if w.Kind == Basic {
		return w, CheckUsername("username", w.Username)
	}
	if w.Kind != Entra {
		return w, nil
	}
	for _, id := range []struct {
		field string
		value *string
	}{{"entra.tenant", &w.Entra.Tenant}, {"entra.audience", &w.Entra.Audience}} {
		if *id.value == "" {
			*id.value = EntraAudience
		}
		parsed, err := uuid.Parse(*id.value)
		if err != nil || len(*id.value) != 36 {
			return refused(id.field, id.field+" must be an id such as "+EntraAudience)
		}
		*id.value = parsed.String()
	}
	return w, nil
}

// make makes the credential for a connector, and adds what it is called with to the secrets.
func (w Wanted) make(slug string, random io.Reader, secrets *Secrets) (NewCredential, error) {
	n := NewCredential{Credential: Credential{
		Name: w.Name, Kind: w.Kind, Username: w.Username, ReadOnly: w.ReadOnly, ExpiresAt: w.ExpiresAt,
		Settings: CredentialSettings{Networks: w.Networks, Entra: w.Entra},
	}}
	var secret, keyID string
	var err error
	switch w.Kind {
	case Basic:
		secret, err = randomText(random, secretLength)
		n.LookupKey = BasicKey(slug, w.Username)
		secrets.Basic = &BasicPair{Username: w.Username, Password: secret}
	case OAuth:
		secret, keyID, err = newToken(random, secretPrefix)
		n.Username, n.LookupKey = keyID, ClientKey(keyID)
		secrets.Client = &ClientPair{ID: keyID, Secret: secret}
	case Entra:
		n.LookupKey, n.Hash = EntraKey(slug, w.Entra.Tenant), w.Entra.proof()
		return n, nil
	default:
		secret, keyID, err = newToken(random, tokenPrefix)
		n.LookupKey = TokenKey(keyID)
		secrets.Token = secret
	}
	if err != nil {
		return NewCredential{}, err
	}
	n.Hint, n.Hash = hint(secret), secretHash(secret)
	return n, nil
}

// proof stands for the secret that Entra's tokens do not have. It is no secret: it is presented
// by this program alone, once it has found a token to be good, and it says by which settings.
func (e EntraTenant) proof() [32]byte {
	return sha256.Sum256([]byte("entra " + e.Tenant + " " + e.Audience))
}
