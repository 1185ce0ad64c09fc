// Package policy decides what a directory does about what the identity providers said.
//
// Decide is one pure function: the views of a user's records, the rules of the connectors
// that hold them and what the user holds now go in; the target state and a reason for every
// line of it come out. The package knows no clock, no context and no storage, and keeps the
// laws that laws_test.go states:
//
//   - settling twice changes nothing; the order of records, connectors and groups neither;
//   - settling after every step of a history equals settling once at its end, but for what
//     default, retained, cleanup and exceptions keep by design;
//   - neverAssign binds its own connector only; neverRemove protects local memberships
//     whichever connector asks, supported ones against their own supporters;
//   - every group gets exactly one verdict per connector, with a reason;
//   - no records, no change; inactive is never deletion; nothing of a connector that is not
//     live moves anything.
package policy

import "time"

// State is what a view says of its record.
type State string

const (
	Active   State = "active"
	Inactive State = "inactive" // the IdP says so
	Deleted  State = "deleted"  // the IdP deleted the record; a tombstone is left
)

// Origin says why a membership exists.
type Origin string

// The origins, strongest first: the first one a membership has is the one that is shown.
const (
	OriginIDP      Origin = "idp"      // a contributing view's IdP sends the group and the lists admit it
	OriginAlways   Origin = "always"   // alwaysAssign of a connector with a contributing view
	OriginDefault  Origin = "default"  // defaultGroups, granted once
	OriginLocal    Origin = "local"    // an administrator or an import gave it
	OriginRetained Origin = "retained" // it lost its last support and neverRemove matched
)

// Status of a directory user.
type Status string

const (
	UserActive   Status = "active"
	UserDisabled Status = "disabled"
	UserDeleted  Status = "deleted" // soft: restorable until it is purged
)

// Input is everything Decide sees of one user. It holds no pointers to live state: the same
// Input always gives the same Decision.
type Input struct {
	Directory  *Directory // the directory's settings, compiled
	Connectors map[string]*Connector
	Views      []View                // of every record linked to the user, tombstones included; in any order
	User       User                  // what the directory holds of the user now
	Held       []Membership          // the memberships the user holds now
	Groups     map[string]GroupFacts // by key: every group of the directory that a name in this Input could mean; absent = does not exist
	NamesTaken map[string]bool       // userName keys of the views that another user of the directory holds
	Exceptions Exceptions
	Copy       *Copy // what another directory has of the user; nil once it was given, and where nothing is copied
	Now        time.Time
}

// Connector is one connector of the directory as Decide sees it. Decide names connectors by
// slug and tenants by name, as reasons do.
type Connector struct {
	Slug       string
	Tenant     string
	Precedence int      // lower goes first; the slug breaks ties
	Rules      *RuleSet // never nil
	HeldGroups bool     // it holds, or once held, a group record

	// StillSince is when the connector left live mode, zero while it is live. From then on
	// its views and its rules stand still, and so does its clock: neither requiredGrace nor
	// graceDays run out for it.
	StillSince time.Time
}

// View is what settling last accepted of one record of the user.
type View struct {
	Connector       string // slug; a key of Input.Connectors
	Record          string // the record's id, for the reader of a reason
	State           State
	Dropped         bool           // the mapping dropped the record
	Failed          bool           // the mapping could not be carried out: Attributes are what the user holds, and Dropped says nothing
	Attributes      map[string]any // mapped attributes in SCIM's names; not changed by Decide
	Groups          []SentGroup    // the mapped names of the groups the IdP sends, members of groups expanded
	EverCounted     bool           // it counted at some time before
	FirstCounted    time.Time      // when it first counted; zero if never
	LastInactive    bool           // before a tombstone's deletion the IdP had last said inactive
	LeftAt          time.Time      // when it last stopped counting (deletion, or losing its required groups); zero while it counts
	DefaultsGranted bool           // its connector's defaultGroups were granted to this user already
}

// Copy is what the user of the same userName has in the directory that copyFrom names. It is given
// once, with the default groups of the first record that counts.
type Copy struct {
	From       string         `json:"from"` // the directory's name
	Groups     []SentGroup    `json:"-"`
	Attributes map[string]any `json:"attributes"` // those that are copied
}

// SentGroup is a group the IdP sends for the user.
type SentGroup struct {
	Name string   // mapped name as sent
	Key  string   // canonical.Key(Name)
	Path []string // names of the nested groups through which it came, outermost first; empty when direct
}

// User is what the directory holds of the user now. The zero value is a user that does not
// exist yet.
type User struct {
	Exists      bool
	Local       bool // never had a record
	Status      Status
	DeletedAt   time.Time      // when Status became deleted; zero if it is not
	Protected   string         // the pattern of the directory's protectedUsers that matches it, "" if none
	Excepted    []string       // slugs of connectors that this protection excepts
	Blocked     bool           // an administrator's block
	CleanedUp   bool           // the last settling cleaned it up
	Attributes  map[string]any // what it holds now
	UserNameKey string

	Copied *Copy // what was copied when it came, attributes alone; nil if nothing was
}

// Membership is one membership the user holds now. A user that is deleted keeps its own.
type Membership struct {
	Key      string // of the group's name
	Supports []Support

	// CopiedBy is the connector whose default support was copied from the directory CopiedFrom;
	// empty where defaultGroups gave it.
	CopiedBy, CopiedFrom string
}

// Support is one reason a membership lives: its origin and the connector behind it.
type Support struct {
	Origin    Origin
	Connector string // slug; empty for local
}

// GroupFacts is what Decide needs to know of an existing group.
type GroupFacts struct {
	Name   string // its spelling in the directory
	Tenant string // the tenant it belongs to; "" means local
}

// Exceptions are what administrators and limits decided for this user against the rules of
// the moment: Decide honours them in every path, so that plan, settle and explain agree.
// (Holds and discards arrive with the safety limits; a block is User.Blocked.)
type Exceptions struct {
	KeepMemberships map[string]string // group key → why: a held or discarded removal stays undone
	KeepActive      string            // why a held disabling or deletion stays undone; "" if none
	SkipMemberships map[string]string // group key → why: a discarded addition stays undone
	KeepAttributes  map[string]string // attribute → why: a held rewriting of a key stays undone
}
