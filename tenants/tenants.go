// Package tenants answers one question: who is calling? It knows tenants, their connectors and
// the connectors' credentials, makes and checks tokens, and finds the connector behind an
// Authorization header. The credential's row is the connector: nothing in a URL, a body or a
// token's text can name another one. What the caller shows may also be an access token, which an
// OAuth client got for its secret, or a token that Entra signed (tenants/entra); both lead to a
// row like every other credential, and are worth nothing without it.
//
// It knows no HTTP and no database; storage implements Store and Lookup.
package tenants

import (
	"time"

	"github.com/google/uuid"
)

// Tenant is an organisation's IdP tenancy (an Okta org, an Entra tenant). It owns connectors.
type Tenant struct {
	ID        uuid.UUID
	Name      string // as given; unique by key form
	CreatedAt time.Time
}

// Mode says what a connector's requests do.
type Mode string

const (
	Live     Mode = "live"     // recorded and settled
	Observe  Mode = "observe"  // recorded and answered as usual; views stand still
	Disabled Mode = "disabled" // 403
)

// Kind names the IdP product behind a connector. It picks guides, hints and presets of
// settings, never what is tolerated.
type Kind string

// Kinds are the values of Kind, as the admin API takes them.
var Kinds = []Kind{"okta", "entra", "onelogin", "google", "ping", "jumpcloud", "oneaccess", "keycloak", "authentik", "generic"}

// Connector is one provisioning source of a tenant: its own base URL, credentials and rules,
// bound to one directory.
type Connector struct {
	ID          uuid.UUID
	TenantID    uuid.UUID
	DirectoryID uuid.UUID
	Tenant      string // the tenant's name
	Directory   string // the directory's name
	Slug        string // unique in the deployment; in the base URL
	Name        string
	Kind        Kind
	Mode        Mode
	Settings    Settings
	Precedence  int // lower goes first
	CreatedAt   time.Time
	UpdatedAt   time.Time
	Version     int64 // of this row, for If-Match
}

// Settings are what an administrator may PATCH on a connector besides name, mode and precedence.
// Zero values mean the defaults.
type Settings struct {
	Strict   bool     `json:"strict,omitempty"` // takes the RFC's reading where DESIGN's table offers two
	Limits   Limits   `json:"limits,omitzero"`
	Paths    Paths    `json:"paths,omitzero"`
	Networks Networks `json:"allowedNetworks,omitempty"` // from which its credentials are accepted
	Demands
	LastLogin bool    `json:"lastLogin,omitempty"` // answers say when a user last signed in
	Activity  Keeping `json:"activity,omitempty"`  // what is kept of its requests
	RulesFile string  `json:"rulesFile,omitempty"` // the file that somebody keeps its rules in; "": they are kept here
}

// Limits bound one connector. What is nil is the deployment's (Quota), and 0 means no limit; of
// Members and Groups 0 is the default.
type Limits struct {
	Rate        *float64 `json:"rate,omitempty"`        // requests a second
	Burst       *int     `json:"burst,omitempty"`       // requests at once
	Concurrency *int     `json:"concurrency,omitempty"` // requests in flight on one replica
	Shadow      bool     `json:"shadow,omitempty"`      // these three only report what they would refuse
	Members     int      `json:"members,omitempty"`     // of one group; default 250,000
	Groups      int      `json:"groups,omitempty"`      // default 10,000
}

// Default limits of DESIGN 7.
const (
	DefaultMembers = 250_000
	DefaultGroups  = 10_000
)

// Paths are further names under which a connector's resources are served, beside Users, Groups,
// their singular and lower-case forms, which every connector serves.
type Paths struct {
	Users  []string `json:"users,omitempty"`
	Groups []string `json:"groups,omitempty"`
}

// CredentialKind is how a credential is presented.
type CredentialKind string

const (
	Bearer CredentialKind = "bearer" // a token that Muster made
	Basic  CredentialKind = "basic"  // a user name and a password
	OAuth  CredentialKind = "oauth"  // a client id and a secret, for short-lived access tokens
	Entra  CredentialKind = "entra"  // tokens that Entra signs by itself
)

// CredentialKinds are the values of CredentialKind, as the admin API takes them.
var CredentialKinds = []CredentialKind{Bearer, Basic, OAuth, Entra}

// Credential is one way into a connector, by a name of its own. A secret is shown once and never
// kept; Hint is its last four characters.
type Credential struct {
	ID          uuid.UUID
	ConnectorID uuid.UUID
	Name        string // unique within its connector without regard to case
	Kind        CredentialKind
	Username    string // of a Basic pair; the client id of an OAuth client
	Hint        string // not of Entra's tokens, which have no secret of ours
	ReadOnly    bool   // may read and search, never write: 403
	Settings    CredentialSettings
	ExpiresAt   time.Time // zero: never
	LastUsedAt  time.Time // zero: never; written at most once a minute
	CreatedAt   time.Time
}

// CredentialSettings are what only some credentials have.
type CredentialSettings struct {
	Networks Networks    `json:"allowedNetworks,omitempty"` // beside those of the connector
	Entra    EntraTenant `json:"entra,omitzero"`            // of Entra only
}

// EntraTenant says which of Entra's tokens are meant.
type EntraTenant struct {
	Tenant   string `json:"tenant"`   // the directory's id, a UUID in lower case
	Audience string `json:"audience"` // what the token's aud must be
}

// Entry is what a look-up by a credential's public part finds: the credential, its connector,
// and the hash its secret must have.
type Entry struct {
	Credential Credential
	Connector  Connector
	Consumer   *Consumer // of a consumer's token; then Connector is none
	Hash       [32]byte
}
