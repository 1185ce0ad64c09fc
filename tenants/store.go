package tenants

import (
	"context"
	"errors"
	"time"

	"github.com/google/uuid"

	"github.com/muster-scim/muster/policy"
)

// Kinds of refusal. Every *Problem is one of them (errors.Is), and Lookup returns ErrUnknown bare.
var (
	ErrUnknown  = errors.New("there is none of that name")
	ErrTaken    = errors.New("it is already taken")
	ErrNotEmpty = errors.New("something still belongs to it")
	ErrInvalid  = errors.New("the value cannot be used")
	ErrVersion  = errors.New("it was changed since the version in If-Match was read")
)

// Problem is a refusal that the caller can act on. Code is stable, Field names what to change
// ("slug", "basicAuth.username", …; empty if nothing can be), Detail is a sentence for a person.
type Problem struct {
	Kind   error
	Code   string
	Field  string
	Detail string
}

func (p *Problem) Error() string { return p.Detail }
func (p *Problem) Unwrap() error { return p.Kind }

// Codes of problems.
const (
	CodeTenantUnknown     = "tenantUnknown"
	CodeTenantTaken       = "tenantTaken"
	CodeTenantNotEmpty    = "tenantNotEmpty"
	CodeDirectoryUnknown  = "directoryUnknown"
	CodeConnectorUnknown  = "connectorUnknown"
	CodeConnectorNotEmpty = "connectorNotEmpty"
	CodeHoldsOpen         = "holdsOpen"
	CodeGraceRuns         = "graceRuns"
	CodeSlugTaken         = "slugTaken"
	CodeSlugReserved      = "slugReserved"
	CodeUsernameTaken     = "usernameTaken"
	CodeCredentialTaken   = "credentialTaken"
	CodeCredentialUnknown = "credentialUnknown"
	CodeVersionMismatch   = "versionMismatch"
	CodeNotUnique         = "notUnique"
	CodeInvalid           = "invalid"
)

// NewConnector describes a connector to make. Empty fields have defaults: the slug as Name, the
// kind generic, the mode observe, the directory main, the rules' defaults, the kind's preset of
// paths, and the next free precedence.
type NewConnector struct {
	Tenant        string // its name
	Name          string
	Slug          string
	Kind          Kind
	Mode          Mode
	Directory     string // its name
	Rules         policy.Rules
	BasicUsername string // not empty: a Basic pair is minted besides the token
	Settings      Settings
	Precedence    *int
	By            string // the administrator, for the audit; empty: the context's Actor

	Credentials []NewCredential // made by Registry
}

// NewCredential is a credential with what only storage keeps: the public part by which it is
// looked up, and the hash that its proof must have.
type NewCredential struct {
	Credential
	LookupKey string
	Hash      [32]byte
}

// ConnectorChange says what of a connector to change; nil stays.
type ConnectorChange struct {
	Name       *string
	Precedence *int
	Strict     *bool
	Limits     *Limits
	Paths      *Paths
	Networks   *Networks
	Required   *[]string
	Unique     *[]string
	Sensitive  *[]string
	LastLogin  *bool
	Activity   *Keeping
	RulesFile  *string
}

// ConnectorFilter narrows and pages a list of connectors, which is in the order of slugs. Zero
// fields do not narrow.
type ConnectorFilter struct {
	Only      Only   // of these tenants; what is empty and not nil is of none
	Tenant    string // its name
	Directory string // its name
	After     string // slug of the last one of the page before
	Limit     int    // 0: all
}

// Store keeps tenants, connectors and credentials. Every method is one transaction, durable when
// it returns nil, with its event in the audit. Names and slugs are compared by key form and
// unique by index: of two that are created at once, one is ErrTaken.
//
// What changes how people are settled (a connector made, changed or deleted) waits for the
// settling that is under way in its directory, and the next one sees it.
type Store interface {
	// CreateTenant makes a tenant; ErrTaken.
	CreateTenant(ctx context.Context, name string) (Tenant, error)
	// Tenants lists all tenants by name.
	Tenants(ctx context.Context) ([]Tenant, error)
	// DeleteTenant deletes a tenant without connectors; ErrUnknown, ErrNotEmpty.
	DeleteTenant(ctx context.Context, name string) error

	// CreateConnector makes a connector with its credentials; ErrUnknown (tenant, directory),
	// ErrTaken (slug, username). When it brings a second tenant into a directory, everyone in
	// the directory is settled again: groups and local users now have borders.
	CreateConnector(ctx context.Context, n NewConnector) (Connector, error)
	Connectors(ctx context.Context, f ConnectorFilter) ([]Connector, error)
	ConnectorBySlug(ctx context.Context, slug string) (Connector, error) // ErrUnknown
	// UpdateConnector changes a connector if match accepts its version (nil: any); ErrUnknown,
	// ErrVersion. A change that changes nothing leaves the version.
	UpdateConnector(ctx context.Context, slug string, match func(version int64) bool, c ConnectorChange) (Connector, error)
	// DeleteConnector deletes a connector that holds no record, with its credentials and what
	// is left of deleted records; ErrUnknown, ErrNotEmpty.
	DeleteConnector(ctx context.Context, slug string) error

	// AddCredential adds a credential; ErrUnknown (connector), ErrTaken (its name within the
	// connector: CodeCredentialTaken, or its look-up key: CodeUsernameTaken).
	AddCredential(ctx context.Context, slug string, n NewCredential) (Credential, error)
	// Credentials lists a connector's credentials in the order of their making; ErrUnknown.
	Credentials(ctx context.Context, slug string) ([]Credential, error)
	// DeleteCredential ends a credential of that very connector, after which nothing finds it;
	// ErrUnknown. Its name and user name are free again, and past events still know its name.
	DeleteCredential(ctx context.Context, slug string, id uuid.UUID) error
	// ClaimExpiring returns the credentials whose end is at most WarnAhead away or WarnPast ago and
	// of which nobody was told within WarnEvery. Of several that ask at once one gets each.
	ClaimExpiring(ctx context.Context) ([]Expiring, error)
	// TouchCredentials writes when credentials were last used; never back in time, and without
	// an event. Credentials that are gone are passed over.
	TouchCredentials(ctx context.Context, used map[uuid.UUID]time.Time) error

	// AddSetupLink adds a set-up link to its connector; ErrUnknown (connector).
	AddSetupLink(ctx context.Context, n NewSetupLink) (SetupLink, error)
	// SetupLinks lists the links of a connector that have not ended by now, the newest first;
	// ErrUnknown (connector).
	SetupLinks(ctx context.Context, slug string, now time.Time) ([]SetupLink, error)
	// SetupLink finds the link with that hash of its secret; ErrUnknown when there is none, or it
	// has ended by now.
	SetupLink(ctx context.Context, hash [32]byte, now time.Time) (SetupLink, error)
	// EndSetupLink ends a link of that very connector; ErrUnknown.
	EndSetupLink(ctx context.Context, slug string, id uuid.UUID) error
	// UseSetupLink adds the credential to the link's connector, once: the second time it is
	// ErrTaken, and nothing is added. ErrUnknown as SetupLink.
	UseSetupLink(ctx context.Context, hash [32]byte, now time.Time, n NewCredential) (Credential, error)

	// KeepContacts adds to what is kept of how requests came, without an event. Of connectors
	// that are not there nothing is kept, and of each the newest few hundred lines.
	KeepContacts(ctx context.Context, heard []Contact) error
	// Contacts lists what is kept of a connector, the newest first; ErrUnknown.
	Contacts(ctx context.Context, slug string) ([]Contact, error)

	ConsumerStore
}

// Lookup finds what belongs to a credential's public part: TokenKey, BasicKey, ClientKey or
// EntraKey. It returns
// ErrUnknown when there is none; every other error means that it could not look.
type Lookup interface {
	Find(ctx context.Context, key string) (Entry, error)
}

// Actor is who stands behind a change, for the audit.
type Actor struct {
	ID      string // an administrator or an automation; empty: Muster itself
	Request string // the request's id
}

type actorKey struct{}

// WithActor returns a context whose changes are the actor's.
func WithActor(ctx context.Context, a Actor) context.Context {
	return context.WithValue(ctx, actorKey{}, a)
}

// ActorOf returns the actor of a context; the zero Actor if it has none.
func ActorOf(ctx context.Context) Actor {
	a, _ := ctx.Value(actorKey{}).(Actor)
	return a
}
