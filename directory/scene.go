package directory

import (
	"encoding/json"
	"time"

	"github.com/google/uuid"

	"github.com/muster-scim/muster/policy"
	"github.com/muster-scim/muster/scim"
)

// Request says what a transaction needs to lock and read.
type Request struct {
	Exclusive  bool     // lock the whole directory: rules, modes and settings change under it
	Keys       []string // key forms of names and e-mails that linking looks at
	Group      uuid.UUID
	GroupLock  GroupLock
	Record     uuid.UUID // user record to change
	RecordGone bool      // the record, of a group maybe, will be deleted: the groups that list it are locked too

	Staying []uuid.UUID // user records that nobody may delete before the commit; Scene.Staying says which are there

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
	CountGroups bool        // of the connector; with Looks no more than one is counted
	Foreign     []Pair      // conflicts of these
	Above       []uuid.UUID // group records: they and what they are inside of come in Scene.Nesting, as for Group
	Below       []uuid.UUID // group records: nobody changes them, nor any group inside them; Scene.Inside and BelowIDs say what is in them, Scene.Staying which of them are there
	Advanced    uuid.UUID   // the groups of records come as if this connector's views were advanced
	GroupUse    uuid.UUID   // a directory group: who feeds its name, or a name of GroupKeys, and how many members it has
	MembersOf   uuid.UUID   // a group record of which the first MostMembers user records are listed
	MostMembers int
	Looks       bool // nothing is locked: only to look
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

	Group        *GroupRow          // nil: not there, or deleted
	Record       *RecordRow         // nil: not there, or deleted
	RecordGroups []uuid.UUID        // group records that list Record, when RecordGone
	Staying      map[uuid.UUID]bool // of Staying and Below: those that are there, not deleted

	People     map[uuid.UUID]*Person       // by user id
	Records    map[uuid.UUID]*RecordRow    // named records without a user, tombstones left out
	Conflicts  map[uuid.UUID][]ConflictRow // of Record and Records, open and decided ones, by record
	Candidates []CandidateRow

	Resolved     map[string]Resolved       // by member value; absent: names nothing
	Edges        map[uuid.UUID]Edge        // existing edges of Group to the ids in Resolved
	Unresolved   map[string]bool           // of Values, those that Group holds unresolved
	MemberCount  int                       // members of Group, resolved or not, when Values were asked for; or of MembersOf
	GroupFeeders []uuid.UUID               // of GroupUse: connectors with a group record of the name
	GroupMembers int                       // of GroupUse
	MemberIDs    []uuid.UUID               // of MembersOf
	Nesting      *Nesting                  // what the groups of the views, Group and Above are inside of; nil: inside of nothing
	Inside       map[uuid.UUID][]uuid.UUID // of Below: the groups in each group, as the IdP says
	BelowIDs     []uuid.UUID               // the first MostMembers user records in Below or in any group inside it
	BelowCount   int                       // how many there are
	GroupCount   int
	Arrivals     []Arrival
	Facts        map[string]GroupFact // by name key, of GroupKeys, of everything the people's and records' views and memberships name, and of Group's view; absent: no such group
	Foreign      map[Pair]*ForeignRow // of Request.Foreign; those of the views' groups come with them
	Feeders      int                  // other group records whose view feeds the key, and memberships of it that another connector or an origin other than idp supports
}

// RecordRow is a user record with its view and link.
type RecordRow struct {
	ID, Connector, Directory, Tenant uuid.UUID
	State                            policy.State
	JSON                             json.RawMessage
	Search                           json.RawMessage
	UserNameKey                      string
	ExternalID                       string
	ShownName                        string // how members lists of groups call it; only when written
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
	Revised                       bool   // the view was changed since it first counted: steps of a mapping with when "update" are for it
	Problem                       string // why the mapping could not be carried out when it was last settled; empty: it could, or there is none

	// Groups of the view: viewed edges into group records that have a view. Loaded with every
	// record, never written.
	Groups []ViewedGroup

	parsed   scim.Document // of parsedOf, see document
	parsedOf json.RawMessage
	mapped   *mappedView // see work.mapped
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
	Holds   []HoldRow     // what stays undone

	// claims replaces Held in what Decide sees, when an administrator gives or takes a
	// membership; what is written is the difference to Held all the same.
	claims       []MembershipRow
	copy         *policy.Copy // what another directory has of it, once it was looked up
	copyLogin    time.Time
	copyRead     bool
	blockChanged bool
	unblocked    bool // a block was lifted: the status that it caused is not the user's own
}

// status is the status that Decide sees the user have.
func (p *Person) status() policy.Status {
	if p.unblocked && p.User.Status == policy.UserDisabled && !p.User.CleanedUp {
		return statusOf(scim.ParseDocument(p.User.JSON))
	}
	return p.User.Status
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
	Path      []string    // names of the groups through which the record is in it, outermost first; empty: directly
	Foreign   *ForeignRow // the conflict of its connector with the group; nil: none

	Unread bool // never loaded so: the edge or the name comes with this transaction, and whether there is a conflict was not read
}

// UserRow is a directory user as it is stored.
type UserRow struct {
	ID, Directory                            uuid.UUID
	UserName, UserNameKey, EmailKey          string
	Status                                   policy.Status
	JSON, Search                             json.RawMessage
	Copied                                   json.RawMessage // what it was given from another directory; nil: nothing
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
	Since    time.Time // in lists of members only
}

// Support is one stored reason of a membership. It names connectors by id.
type Support struct {
	Origin    policy.Origin `json:"o"`
	Connector uuid.UUID     `json:"c,omitzero"`
	Behind    uuid.UUID     `json:"b,omitzero"` // the connector that the reason names, when it is not the supporter: its neverRemove keeps what is local
	Code      policy.Code   `json:"r"`
	List      string        `json:"l,omitempty"`
	Pattern   string        `json:"p,omitempty"`
	Path      []string      `json:"n,omitempty"`
	Detail    string        `json:"d,omitempty"` // of what is held
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
