// Package administrators answers two questions about whoever calls the admin API: who is it, and
// what may they do? It knows administrators, their roles and tenants, and the ways in: a password,
// an OpenID provider (administrators/oidc), a session, an API token, a link that is used once.
//
// Laws it keeps: what opens a door is stored as a hash only; an administrator's role and tenants
// are read anew at each request, so a change holds from the next one on; whoever loses a role, a
// tenant or a password loses the sessions too; a limit to tenants never turns into no limit,
// though the last of them be deleted; the deployment keeps at least one owner.
//
// It knows no HTTP and no database; storage implements Store.
package administrators

import (
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/muster-scim/muster/scim/canonical"
	"github.com/muster-scim/muster/tenants"
)

// Administrator is a person who may use the admin API.
type Administrator struct {
	ID         uuid.UUID
	Email      string // signs in with it; unique by key form
	Name       string
	Role       Role
	Limited    bool     // to Tenants, though there be none; else the whole deployment
	Tenants    []Tenant // of a limited one, by name
	Password   string   // the hash in PHC form; empty: none was set
	Issuer     string   // OpenID Connect: who vouches for them,
	Subject    string   // and under which subject; empty: nobody does yet
	CreatedAt  time.Time
	LastSignIn time.Time // zero: never
	DisabledAt time.Time // zero: not disabled
	Version    int64     // for If-Match
}

// Tenant is a tenant that an administrator is limited to.
type Tenant struct {
	ID   uuid.UUID
	Name string
}

// Disabled says whether the administrator is locked out.
func (a Administrator) Disabled() bool { return !a.DisabledAt.IsZero() }

// Governs says whether the deployment can rely on this one: an owner who is there and not
// limited. One such is always left.
func (a Administrator) Governs() bool { return a.Role == Owner && !a.Limited && !a.Disabled() }

// New is an administrator to make.
type New struct {
	Email   string
	Name    string
	Role    Role
	Tenants []string // names; none: the whole deployment

	Password string // hash in PHC form, or empty
	Issuer   string
	Subject  string
}

// Change says what of an administrator to change; nil stays. Every change but that of a name ends
// the sessions.
type Change struct {
	Name     *string
	Role     *Role
	Tenants  *[]string // names; an empty list: the whole deployment
	Disabled *bool
	Password *string // hash in PHC form
	Issuer   *string // with Subject
	Subject  *string

	// Claimed is set where an OpenID provider says the role: it is believed of the last owner too.
	Claimed bool
}

// Session is one signed-in browser.
type Session struct {
	ID            uuid.UUID
	Administrator uuid.UUID
	Email         string // of the administrator
	Method        Method
	Address       string // from which it began
	Agent         string // the browser, as it called itself
	CreatedAt     time.Time
	SeenAt        time.Time // written at most once a minute
	EndsAt        time.Time // at the latest
}

// Method is how a session began.
type Method string

// The ways to begin a session.
const (
	ByPassword Method = "password"
	ByOIDC     Method = "oidc"
	ByLink     Method = "link"
)

// How long a session lasts.
const (
	IdleTime    = 30 * time.Minute
	LongestTime = 12 * time.Hour
	seenEvery   = time.Minute
)

// Token is an administrator's API token, for automation. The token itself is shown once.
type Token struct {
	ID            uuid.UUID
	Administrator uuid.UUID
	Email         string // of the administrator
	Name          string
	Hint          string // its last four characters
	Role          Role   // at most; the administrator's own where that is less
	ExpiresAt     time.Time
	LastUsedAt    time.Time // zero: never; written at most once a minute
	CreatedAt     time.Time
}

// Link opens the way to set a password, once. Without an administrator it makes the first owner.
type Link struct {
	ID            uuid.UUID
	Administrator uuid.UUID // Nil: makes the first one
	Email         string    // of the administrator
	Name          string
	ExpiresAt     time.Time
}

// How long links and tokens live.
const (
	SetupTime    = 30 * time.Minute
	LinkTime     = 24 * time.Hour
	LongestToken = 366 * 24 * time.Hour
)

// Codes of problems with administrators.
const (
	CodeUnknown      = "administratorUnknown"
	CodeTaken        = "administratorTaken"
	CodeLastOwner    = "lastOwner"
	CodeAlreadySetUp = "alreadySetUp"
	CodeLinkUnknown  = "linkUnknown"
	CodeTokenTaken   = "apiTokenTaken"
	CodeTokenUnknown = "apiTokenUnknown"
	CodeNoSession    = "sessionUnknown"
)

const maxEmail = 254

// checkEmail says whether a text may be what an administrator signs in with. It holds an @, so it
// is never taken for the deployment's token or for Muster itself in the audit.
func checkEmail(email string) error {
	at := strings.LastIndexByte(email, '@')
	if err := canonical.Check(email, maxEmail); err != nil || at < 1 || at == len(email)-1 || strings.ContainsAny(email, " /<>\",;") {
		return invalid("email", "email must be an address such as ada@example.com")
	}
	return nil
}

func invalid(field, detail string) error {
	return &tenants.Problem{Kind: tenants.ErrInvalid, Code: tenants.CodeInvalid, Field: field, Detail: detail}
}

func (n New) checked() (New, error) {
	n.Email, n.Name = strings.TrimSpace(n.Email), strings.TrimSpace(n.Name)
	if err := checkEmail(n.Email); err != nil {
		return n, err
	}
	if n.Name == "" {
		n.Name = n.Email
	}
	if err := tenants.CheckName("name", n.Name); err != nil {
		return n, err
	}
	return n, n.Role.check("role")
}

func (c Change) check() error {
	if c.Name != nil {
		if err := tenants.CheckName("name", *c.Name); err != nil {
			return err
		}
	}
	if c.Role != nil {
		return c.Role.check("role")
	}
	return nil
}

// LastOwner is the refusal to take away the only owner.
func LastOwner(email string) error {
	return &tenants.Problem{Kind: tenants.ErrNotEmpty, Code: CodeLastOwner,
		Detail: fmt.Sprintf("%s is the only owner of the deployment; make another one first", email)}
}
