package directory

import (
	"context"
	"errors"
	"iter"
	"time"

	"github.com/google/uuid"

	"github.com/muster-scim/muster/policy"
	"github.com/muster-scim/muster/scim"
	"github.com/muster-scim/muster/tenants"
)

// Store is what the directory needs of a database. storage/sql implements it for PostgreSQL and
// SQLite; storage/storagetest holds what is said here as tests.
type Store interface {
	// Write runs f in one transaction of the scope. When the database asks for it
	// (serialization failure, deadlock) or f returns ErrAgain, everything is rolled back and f
	// runs again on a fresh transaction, so f must not keep anything from a former run. When
	// Write returns nil, what f saved is durable; when it returns an error, nothing of it is there.
	Write(ctx context.Context, s Scope, f func(Tx) error) error

	// Look runs f like Write, but nothing is locked and nothing may be saved.
	Look(ctx context.Context, s Scope, f func(Tx) error) error

	// The reads below see only what is committed, on the primary.

	Settings(ctx context.Context, directory uuid.UUID) (*Settings, error)
	Connector(ctx context.Context, slug string) (tenants.Connector, error)
	Directories(ctx context.Context) ([]Info, error)
	// Directory finds a directory by its name, by key form; ErrNotFound when there is none.
	Directory(ctx context.Context, name string) (Info, error)
	// DueDirectories are the directories that have a record due to be settled.
	DueDirectories(ctx context.Context, now time.Time) ([]uuid.UUID, error)

	UserRecord(ctx context.Context, connector, id uuid.UUID) (UserRecord, error)
	UserRecords(ctx context.Context, connector uuid.UUID, q scim.Query, withGroups bool) (Page[UserRecord], error)
	GroupRecord(ctx context.Context, connector, id uuid.UUID) (GroupRecord, error)
	GroupRecords(ctx context.Context, connector uuid.UUID, q scim.Query) (Page[GroupRecord], error)
	Members(ctx context.Context, connector, group uuid.UUID) iter.Seq2[scim.Member, error]
	// MembersOf leaves out groups that have too many members to be held at once.
	MembersOf(ctx context.Context, connector uuid.UUID, groups []uuid.UUID) (map[uuid.UUID][]scim.Member, error)

	Users(ctx context.Context, directory uuid.UUID, q UserQuery) (Page[User], error)
	// Holders are the connectors that hold a record of each user, or held one: tombstones count.
	Holders(ctx context.Context, directory uuid.UUID, users []uuid.UUID) (map[uuid.UUID][]uuid.UUID, error)
	// FindUsers finds users by id, userName key or e-mail key: at most 10, for look-ups by hand.
	FindUsers(ctx context.Context, directory uuid.UUID, text string) ([]User, error)
	Groups(ctx context.Context, directory uuid.UUID, q GroupQuery) (Page[Group], error)
	GroupMembers(ctx context.Context, directory, group uuid.UUID, l Listing) (Page[MembershipRow], []User, error)
	// MemberSince says of each of a user's groups when the user joined it.
	MemberSince(ctx context.Context, directory, user uuid.UUID) (map[uuid.UUID]time.Time, error)
	Events(ctx context.Context, f EventQuery, l Listing) (Page[Event], error)
	// Pending counts the records that are due; connector zero: those of the whole directory, of
	// which an administrator who is limited to tenants has theirs.
	Pending(ctx context.Context, directory, connector uuid.UUID, now time.Time) (int, error)

	FeedStore
	LinkStore
	PlanStore
	ImportStore
	SafetyStore
	LoginStore
	PurgeStore
	ReadStore
	ActivityStore
	Past
	Trying
	MappingStore
	JudgeStore
	FeedersStore
	DraftStore
}

// ErrAgain makes Write run again: what a transaction relied on turned out to be taken.
var ErrAgain = errors.New("another transaction was first; try again")

// Scope says in whose space a transaction works. Storage binds every statement to it.
type Scope struct {
	Directory uuid.UUID
	Connector uuid.UUID // zero for the administrators' side and the workers
}

// Tx is one transaction. Load is one round trip to the database; Save queues, and what it
// queued travels together with the commit.
type Tx interface {
	// Load locks and reads what r asks for, in the order of r's fields, which is the order in
	// which every transaction takes its locks.
	Load(ctx context.Context, r Request) (*Scene, error)
	// Save queues changes. A unique index that refuses one makes Write fail with
	// *DuplicateError (records and their unique values) or run again (directory users and groups).
	Save(c *Changes)
	// Settings reads the directory's settings inside the transaction.
	Settings(ctx context.Context) (*Settings, error)
	// Members streams the members of a group record with their edges, resolved ones first.
	Members(ctx context.Context, group uuid.UUID) ([]MemberRow, error)
	// DueRecords takes up to limit records from the queue for settling; rows that another
	// transaction holds are passed over. They leave the queue with the commit.
	DueRecords(ctx context.Context, now time.Time, limit int) ([]uuid.UUID, error)

	PlanTx
	ImportTx
	SafetyTx
	CopyTx
	MappingTx
}

// Settings is everything settling needs to know of a directory besides its people: its own
// settings and every connector with its rules, compiled. It is valid for one epoch.
type Settings struct {
	Epoch      int64
	Info       Info
	Directory  *policy.Directory
	Connectors map[uuid.UUID]*Connector
	Job        uuid.UUID // the directory's running job; it may be over by now
	CopyFrom   uuid.UUID // the directory that copyFrom names; zero when there is none
}

// Connector is a connector as settling sees it.
type Connector struct {
	tenants.Connector
	Policy       *policy.Connector // with the settled rules, compiled
	Rules        policy.Rules      // as the administrator sees them
	Settled      policy.Rules      // those that settling goes by: the same, but for a connector that is not live
	RulesVersion int64
}

// UserQuery and GroupQuery are the administrators' lists.
type UserQuery struct {
	Filter scim.Query
	Status policy.Status // "": active and disabled
	Of     Management
	Named  string // words of names and addresses, each at least begun; "": any
	Listing
}

// GroupQuery lists the groups of a directory.
type GroupQuery struct {
	Filter scim.Query
	Empty  bool // only those that nobody is in whom the caller may see
	Listing
}

// EventQuery is an EventFilter with its names resolved.
type EventQuery struct {
	EventFilter
	ConnectorID       uuid.UUID
	UserIDs, GroupIDs []uuid.UUID
}
