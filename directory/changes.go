package directory

import (
	"time"

	"github.com/google/uuid"

	"github.com/muster-scim/muster/policy"
	"github.com/muster-scim/muster/scim"
	"github.com/muster-scim/muster/tenants"
)

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
	Leave          []uuid.UUID // records that leave every group
	SayNoMore      []EdgeKey   // said := false, the view stays
	AddUnresolved  []Arrival
	DropUnresolved []Arrival
	AllMembers     *AllMembers
	Unique         *UniqueChange

	NewGroups     []GroupFact
	RenameGroup   *GroupFact
	DeleteGroup   uuid.UUID // a directory group, if it is empty
	NewUsers      []*UserRow
	Users         []*UserRow
	Hold          []MembershipRow // new or changed memberships
	Drop          []MembershipRow
	Conflicts     []ConflictRow // inserted when new, else updated
	Withdraw      []uuid.UUID   // conflicts that are no more
	Foreign       []ConflictRow // between a connector and a group; those that are there stay as they are
	Apart         []Apart
	Rivals        []Rivals
	Holds         []HoldRow   // lines that stay undone: inserted when new, else updated
	HoldsGone     []uuid.UUID // those that no longer do
	Losses        []LossRow   // what was let through
	Sizes         []SizeRow   // what connectors support
	Expected      *ExpectedRow
	Logins        []LoginRow // last logins that are copied
	Purge         []Purge    // people who go for good; their rows are not written otherwise
	Events        []EventRow
	Queue         []QueueRow
	QueueAll      *QueueAll
	Wake          *WaitingFor // records that wait for one of these keys are queued
	Touch         []uuid.UUID // group records whose version and time move; last before the commit
	TouchedAt     time.Time   // when all of this happens; what is queued is due then
	NewDirectory  *Info
	Directory     *DirectoryChange
	Removal       *DirectoryRemoval
	Connector     *ConnectorChange
	AdvanceNames  uuid.UUID   // connector whose groups are known by the names that its IdP gives them,
	NewNames      []NewName   // but for these
	AdvanceViews  []uuid.UUID // user records whose views become what their IdP says, before people are written
	AdvanceRest   *AdvanceRest
	BuryAll       uuid.UUID   // connector that has retired: whatever it still holds becomes tombstones
	Bury          []uuid.UUID // user records that become tombstones, because their connector retires
	NewImport     *Import
	Import        *Import // its state and progress
	AddImportRows *StagedRows
	ImportRows    []ImportRow // what became of them
	NewJob        *Job
	Job           *Job // its state and progress
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
	Connector uuid.UUID   // every record of a connector, tombstones with a user included
	Members   []uuid.UUID // every user in one of these group records, or in a group inside them
	Group     uuid.UUID   // every record of a directory group's members
	Directory bool        // every record of the directory
}

// AdvanceRest makes every view of a connector that is left what its IdP says.
type AdvanceRest struct {
	Connector uuid.UUID
	Always    []string // keys of the groups that its alwaysAssign names
	Renames   bool     // its rules rename groups, whose names are right already
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
	Settings  policy.DirectorySettings
	Retention bool // deleted users are kept as long as these settings say
}

// DirectoryRemoval removes a directory until it is purged; the zero value restores it.
type DirectoryRemoval struct{ At, PurgeAfter time.Time }

// ConnectorChange changes what settling sees of a connector and moves the directory's epoch.
type ConnectorChange struct {
	ID           uuid.UUID
	At           time.Time
	Rules        *policy.Rules // nil: as they are
	Mode         tenants.Mode  // "": as it is
	HeldGroups   bool          // from now on
	Always       []string      // keys of the groups that alwaysAssign names from now on, where Rules or Mode change
	RetiredUntil time.Time     // it retires, and its people wait until then; zero: as it is
	Settled      *policy.Rules // those that settling goes by while it is not live; nil: as they are

	By, Comment string    // of the new version of the rules
	Plan        uuid.UUID // that the change applies; zero if none
}
