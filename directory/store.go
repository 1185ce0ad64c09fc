package directory

import (
	"context"
	"encoding/json"
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

	UserRecord(ctx context.Context, connector, id uuid.UUID) (UserRecord, error)
	UserRecords(ctx context.Context, connector uuid.UUID, q scim.Query, withGroups bool) (Page[UserRecord], error)
	GroupRecord(ctx context.Context, connector, id uuid.UUID) (GroupRecord, error)
	GroupRecords(ctx context.Context, connector uuid.UUID, q scim.Query) (Page[GroupRecord], error)
	Members(ctx context.Context, connector, group uuid.UUID) iter.Seq2[scim.Member, error]
	MembersOf(ctx context.Context, connector uuid.UUID, groups []uuid.UUID) (map[uuid.UUID][]scim.Member, error)

	Users(ctx context.Context, directory uuid.UUID, q UserQuery) (Page[User], error)
	// FindUsers finds users by id, userName key or e-mail key: at most 10, for look-ups by hand.
	FindUsers(ctx context.Context, directory uuid.UUID, text string) ([]User, error)
	Groups(ctx context.Context, directory uuid.UUID, q GroupQuery) (Page[Group], error)
	GroupMembers(ctx context.Context, directory, group uuid.UUID, l Listing) (Page[MembershipRow], []User, error)
	Conflicts(ctx context.Context, directory uuid.UUID, l Listing) (Page[ConflictRow], error)
	Events(ctx context.Context, f EventQuery, l Listing) (Page[Event], error)
	Pending(ctx context.Context, directory, connector uuid.UUID) (int, error)
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
	// *DuplicateError (records) or run again (directory users and groups).
	Save(c *Changes)
	// Settings reads the directory's settings inside the transaction.
	Settings(ctx context.Context) (*Settings, error)
	// Members streams the members of a group record with their edges, resolved ones first.
	Members(ctx context.Context, group uuid.UUID) ([]MemberRow, error)
	// DueRecords takes up to limit records from the queue for settling; rows that another
	// transaction holds are passed over. They leave the queue with the commit.
	DueRecords(ctx context.Context, now time.Time, limit int) ([]uuid.UUID, error)
}

// Settings is everything settling needs to know of a directory besides its people: its own
// settings and every connector with its rules, compiled. It is valid for one epoch.
type Settings struct {
	Epoch      int64
	Info       Info
	Directory  *policy.Directory
	Connectors map[uuid.UUID]*Connector
}

// Connector is a connector as settling sees it.
type Connector struct {
	tenants.Connector
	Policy       *policy.Connector // with the settled rules, compiled
	Rules        policy.Rules      // as the administrator sees them
	Settled      policy.Rules      // those that settling goes by: the same, but for a connector that is not live
	RulesVersion int64
}

// Request says what a transaction needs to lock and read.
type Request struct {
	Exclusive  bool     // lock the whole directory: rules, modes and settings change under it
	Keys       []string // key forms of names and e-mails that linking looks at
	Group      uuid.UUID
	GroupLock  GroupLock
	Record     uuid.UUID // user record to change
	RecordGone bool      // the record will be deleted: its groups are locked too

	// The three below bring people: every user that is named, or to whom a named record is
	// linked, is locked and comes as a Person with all its records. A named record without a
	// user is locked itself and comes in Scene.Records.
	Users        []uuid.UUID // directory users
	Records      []uuid.UUID // user records
	MemberValues []string    // user records of the connector that these member values name

	Candidates  []Keys      // users that linking may choose for these records
	Values      []string    // member values to resolve inside the connector
	Arrival     *Keys       // unresolved members of the connector that this record resolves
	GroupKeys   []string    // facts of these groups, besides those that the people's names need
	GroupIDs    []uuid.UUID // facts by id
	Feeders     string      // view key whose supporters besides Group are counted (rename)
	CountGroups bool        // of the connector
}

// GroupLock is how strongly a group record is locked.
type GroupLock int

const (
	GroupShared    GroupLock = iota // others may change members too; nobody renames or deletes
	GroupExclusive                  // nobody else changes anything
)

// Keys are the values by which linking finds people.
type Keys struct {
	Record         uuid.UUID
	Tenant         uuid.UUID
	Connector      uuid.UUID
	UserName       string // key form
	Email          string // key form of the primary e-mail
	ExternalID     string
	EmployeeNumber string
}

// Scene is what a Request found.
type Scene struct {
	Epoch int64

	Group        *GroupRow   // nil: not there, or deleted
	Record       *RecordRow  // nil: not there, or deleted
	RecordGroups []uuid.UUID // group records that list Record, when RecordGone

	People     map[uuid.UUID]*Person       // by user id
	Records    map[uuid.UUID]*RecordRow    // named records without a user, tombstones left out
	Conflicts  map[uuid.UUID][]ConflictRow // of Record and Records, open and decided ones, by record
	Candidates []CandidateRow

	Resolved    map[string]Resolved // by member value; absent: names nothing
	Edges       map[uuid.UUID]Edge  // existing edges of Group to the ids in Resolved
	Unresolved  map[string]bool     // of Values, those that Group holds unresolved
	MemberCount int                 // members of Group, resolved or not, when Values were asked for
	GroupCount  int
	Arrivals    []Arrival
	Facts       map[string]GroupFact // by name key, of GroupKeys, of everything the people's and records' views and memberships name, and of Group's view; absent: no such group
	Feeders     int                  // other group records whose view feeds the key, and memberships of it that another connector or an origin other than idp supports
}

// RecordRow is a user record with its view and link.
type RecordRow struct {
	ID, Connector, Directory, Tenant uuid.UUID
	State                            policy.State
	JSON                             json.RawMessage
	Search                           json.RawMessage
	UserNameKey                      string
	ExternalID                       string
	EmployeeNumber                   string
	EmailKeys                        []string // only when written
	Version                          int64
	Created, Modified, DeletedAt     time.Time

	ViewState                     ViewState
	ViewJSON                      json.RawMessage // nil: the same as JSON
	User                          uuid.UUID       // zero: not linked
	Linked                        time.Time
	Found                         json.RawMessage
	FirstCounted, LeftAt          time.Time
	LastInactive, DefaultsGranted bool

	// Groups of the view: viewed edges into group records that have a view. Loaded with every
	// record, never written.
	Groups []ViewedGroup

	parsed   scim.Document // of parsedOf, see document
	parsedOf json.RawMessage
}

// ViewState is a view's state, or that there is none yet.
type ViewState string

// NoView is the state of a view that settling never made.
const NoView ViewState = "none"

// GroupRow is a group record.
type GroupRow struct {
	ID, Connector, Directory, Tenant uuid.UUID
	DisplayName, NameKey             string
	ExternalID                       string
	JSON, Search                     json.RawMessage
	Version                          int64
	Created, Modified, DeletedAt     time.Time
	ViewName, ViewKey                string // empty: no view yet
}

// Edge is a member row of a group record.
type Edge struct{ Said, Viewed bool }

// MemberRow is one member of a group record with its edge; ID is zero for an unresolved value.
type MemberRow struct {
	Value string
	ID    uuid.UUID
	Kind  scim.Kind
	Edge
}

// Resolved is a record that a member value names.
type Resolved struct {
	ID   uuid.UUID
	Kind scim.Kind
	By   string // id, externalId, userName
}

// Arrival is an unresolved member that a record resolves.
type Arrival struct {
	Group     uuid.UUID
	Value     string
	Name, Key string // of the group's view, empty when it has none; read only
}

// Person is a directory user with everything that settling it needs.
type Person struct {
	User    UserRow
	Records []*RecordRow
	Held    []MembershipRow
	Open    []ConflictRow // open conflicts of its records

	// claims replaces Held in what Decide sees, when an administrator gives or takes a
	// membership; what is written is the difference to Held all the same.
	claims       []MembershipRow
	blockChanged bool
}

// claimed are the memberships that Decide sees as held.
func (p *Person) claimed() []MembershipRow {
	if p.claims != nil {
		return p.claims
	}
	return p.Held
}

// ViewedGroup is a group of a record's view.
type ViewedGroup struct {
	Record    uuid.UUID // the group record
	Name, Key string
}

// UserRow is a directory user as it is stored.
type UserRow struct {
	ID, Directory                            uuid.UUID
	UserName, UserNameKey, EmailKey          string
	Status                                   policy.Status
	JSON, Search                             json.RawMessage
	Block                                    string
	CleanedUp                                bool
	Created, Modified, DeletedAt, PurgeAfter time.Time
	Version                                  int64
}

// GroupFact is an existing directory group.
type GroupFact struct {
	ID        uuid.UUID
	Name, Key string
	Tenant    uuid.UUID // zero: local
	Created   time.Time
	Version   int64
}

// MembershipRow is a membership as it is stored.
type MembershipRow struct {
	Group    GroupFact
	User     uuid.UUID
	Supports []Support
}

// Support is one stored reason of a membership. It names the connector by id.
type Support struct {
	Origin    policy.Origin `json:"o"`
	Connector uuid.UUID     `json:"c,omitzero"`
	Code      policy.Code   `json:"r"`
	List      string        `json:"l,omitempty"`
	Pattern   string        `json:"p,omitempty"`
	Path      []string      `json:"n,omitempty"`
}

// CandidateRow is a user that linking may choose, with what matched.
type CandidateRow struct {
	For  uuid.UUID // Keys.Record
	User uuid.UUID
	By   string // userName, email, externalId, employeeNumber
}

// ConflictRow is a conflict as it is stored.
type ConflictRow struct {
	ID, Directory, Connector, Record uuid.UUID
	Kind, Subject                    string
	User, Group                      uuid.UUID
	Detail                           ConflictDetail
	Decision                         string
	DecidedUser                      uuid.UUID
	Created                          time.Time
}

// ConflictDetail is what an administrator reads about a conflict.
type ConflictDetail struct {
	Sentence   string      `json:"sentence"`
	GroupName  string      `json:"groupName,omitempty"`
	Candidates []Candidate `json:"candidates,omitempty"`
}

// Changes is what a transaction writes, in the order in which storage writes it.
type Changes struct {
	NewRecord      *RecordRow
	Record         *RecordRow   // all its columns of what the IdP says
	Links          []*RecordRow // view and link columns only
	NewGroup       *GroupRow
	GroupRecord    *GroupRow
	DropGroup      uuid.UUID // group record, its member rows and those in which it is the member
	AddEdges       []NewEdge
	DropEdges      []EdgeKey
	SayNoMore      []EdgeKey // said := false, the view stays
	AddUnresolved  []Arrival
	DropUnresolved []Arrival
	AllMembers     *AllMembers

	NewGroups    []GroupFact
	RenameGroup  *GroupFact
	NewUsers     []*UserRow
	Users        []*UserRow
	Hold         []MembershipRow // new or changed memberships
	Drop         []MembershipRow
	Conflicts    []ConflictRow // inserted when new, else updated
	Withdraw     []uuid.UUID   // conflicts that are no more
	Events       []EventRow
	Queue        []QueueRow
	QueueAll     *QueueAll
	Touch        []uuid.UUID // group records whose version and time move; last before the commit
	TouchedAt    time.Time   // when all of this happens; what is queued is due then
	NewDirectory *Info
	Directory    *DirectoryChange
	Connector    *ConnectorChange
}

// NewEdge is a member row to add.
type NewEdge struct {
	EdgeKey
	Connector uuid.UUID
	Kind      scim.Kind
	Edge
}

// EdgeKey names a member row.
type EdgeKey struct{ Group, Member uuid.UUID }

// AllMembers changes every member row of a group record in one statement: its members are
// dropped (a view that advances) or said no more (one that stands).
type AllMembers struct {
	Group  uuid.UUID
	Viewed bool // keep the view's edges
}

// QueueRow is a record to settle at a time.
type QueueRow struct {
	Connector, Record uuid.UUID
	Due               time.Time
}

// QueueAll queues many records in one statement: exactly one of its fields is set.
type QueueAll struct {
	Connector uuid.UUID // every record of a connector, tombstones with a user included
	Members   uuid.UUID // every user member of a group record
	Directory bool      // every record of the directory
	Advance   bool      // with Connector: its views are advanced to what its IdP says, first
}

// EventRow is an event to write. Values are clear values of a person, kept apart.
type EventRow struct {
	ID                       uuid.UUID
	Time                     time.Time
	Connector                uuid.UUID
	ActorType, Actor, Action string
	User, Group, Record      uuid.UUID
	Request                  string
	Changes                  map[string]any
	Values                   map[string]any
}

// DirectoryChange replaces a directory's settings and moves its epoch.
type DirectoryChange struct {
	Settings policy.DirectorySettings
}

// ConnectorChange changes what settling sees of a connector and moves the directory's epoch.
type ConnectorChange struct {
	ID         uuid.UUID
	At         time.Time
	Rules      *policy.Rules // nil: as they are
	Mode       tenants.Mode  // "": as it is
	HeldGroups bool          // from now on
}

// UserQuery and GroupQuery are the administrators' lists.
type UserQuery struct {
	Filter scim.Query
	Status policy.Status // "": active and disabled
	Listing
}

// GroupQuery lists the groups of a directory.
type GroupQuery struct {
	Filter scim.Query
	Listing
}

// EventQuery is an EventFilter with its names resolved.
type EventQuery struct {
	EventFilter
	ConnectorID       uuid.UUID
	UserIDs, GroupIDs []uuid.UUID
}
