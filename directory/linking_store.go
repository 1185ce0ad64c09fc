package directory

import (
	"context"

	"github.com/google/uuid"
)

// LinkStore is what the work list of conflicts and the look-up of people need of a database. The
// reads see only what is committed, on the primary.
type LinkStore interface {
	// Conflicts lists conflicts in the order in which they arose.
	Conflicts(ctx context.Context, directory uuid.UUID, q ConflictQuery, l Listing) (Page[ConflictRow], error)
	// ConflictCounts counts them by kind; kinds without one are left out.
	ConflictCounts(ctx context.Context, directory uuid.UUID, q ConflictQuery) ([]ConflictCount, error)
	// Conflict reads one, open or decided; ErrNotFound when it is not there.
	Conflict(ctx context.Context, directory, id uuid.UUID) (ConflictRow, error)
	// FindPeople finds the users and records that a text names whole, each way once and at most
	// limit in all: users by id, userName or e-mail, records by id, userName, e-mail, externalId or
	// employeeNumber. Of records only those of the directory's connectors count; tombstones that
	// have a user are found by id, externalId and employeeNumber. An administrator who is limited to
	// tenants finds users who have a record of them, and their records.
	FindPeople(ctx context.Context, directory uuid.UUID, text string, limit int) ([]FoundRow, error)
	// RecordDomains counts a connector's records by the domains of their userNames and e-mails,
	// the most frequent first; tombstones are left out.
	RecordDomains(ctx context.Context, directory, connector uuid.UUID, limit int) (DomainCounts, error)
}

// ConflictState tells conflicts that wait for an administrator from those that do not.
type ConflictState string

// The states of a conflict.
const (
	ConflictOpen    ConflictState = "open"
	ConflictDecided ConflictState = "decided" // links that were undone too
	ConflictAny     ConflictState = "all"
)

// ConflictFilter narrows the work list of conflicts; zero fields do not, but for State: open.
type ConflictFilter struct {
	State     ConflictState
	Kind      string
	Connector string    // slug
	User      uuid.UUID // it is about, or who is a candidate
}

// ConflictQuery is a ConflictFilter with its names resolved.
type ConflictQuery struct {
	ConflictFilter
	ConnectorID uuid.UUID
	IDs         []uuid.UUID // only these
}

// ConflictCount is how many conflicts of a kind there are.
type ConflictCount struct {
	Kind string
	N    int
}

// FoundRow is one way in which a text names somebody: User is zero for a record without one,
// Record and Connector for what names the user itself.
type FoundRow struct {
	User, Record, Connector uuid.UUID
	By                      string // id, userName, email, externalId, employeeNumber
}

// DomainCounts are a connector's records by domain.
type DomainCounts struct {
	Domains       []DomainCount
	Records       int // in all
	Linked        int // of them, those that have a user
	WithoutDomain int // neither userName nor e-mail has one
	More          bool
}

// DomainCount is how many records have a userName or an e-mail in a domain. A record counts in
// every domain that it names.
type DomainCount struct {
	Domain          string // key form
	Records, Linked int
	Listed          bool // it is in the connector's linking.domains
}
