package directory

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"time"

	"github.com/google/uuid"

	"github.com/muster-scim/muster/policy"
	"github.com/muster-scim/muster/scim"
	"github.com/muster-scim/muster/tenants"
)

// Source is who says something: the connector and credential of a SCIM request, and the
// request's id, which every event of it carries.
type Source struct {
	Connector  tenants.Connector
	Credential uuid.UUID
	Request    string

	Effect *Effect // is told what came of it; nil: nobody asks
}

// Admin is the administrator (or automation) behind a change made through the admin API.
type Admin struct {
	ID      string // for the audit, such as "token" or "cli"
	Request string

	// MayReplace says, by an error, that the administrator may not give a connector next where now
	// is in force; nil: all may be given. It is asked in the transaction that does so.
	MayReplace func(now, next policy.Rules) error
}

func (a Admin) mayReplace(now policy.Rules, next *policy.Rules) error {
	if a.MayReplace == nil || next == nil {
		return nil
	}
	return a.MayReplace(now, *next)
}

// UserRecord is one connector's record of a user, as its IdP reads it back.
type UserRecord struct {
	ID       uuid.UUID
	JSON     json.RawMessage // scim.Document.JSON of the attributes
	Created  time.Time
	Modified time.Time
	Version  int64
	Groups   []scim.Reference // the connector's own group records that list it, by display name

	LastLogin time.Time // of its user, where the connector shows it; zero: none is known
}

// GroupRecord is one connector's record of a group, without its members.
type GroupRecord struct {
	ID       uuid.UUID
	JSON     json.RawMessage
	Created  time.Time
	Modified time.Time
	Version  int64
}

// Page is one page of a list. Total is exact.
type Page[T any] struct {
	Items []T
	Total int
	Next  string // cursor of the next page; empty on the last one and for index paging
}

// Errors of a change or a read. Everything else is an error of ours (500), but for *scim.Error,
// which edits and queries pass through, and context errors.
var (
	ErrNotFound = errors.New("no such resource on this connector")
	ErrVersion  = errors.New("the resource was changed since the version in If-Match was read") // 412
)

// DuplicateError says that a unique attribute's value is taken inside the connector (409).
type DuplicateError struct{ Attribute, Value string }

func (e *DuplicateError) Error() string {
	return fmt.Sprintf("%s %q is already taken by another resource of this connector", e.Attribute, e.Value)
}

// LimitError says that a connector's limit would be passed (403).
type LimitError struct {
	What  string // "members of a group" or "groups"
	Limit int
}

func (e *LimitError) Error() string {
	return fmt.Sprintf("the connector's limit of %d %s would be passed; an administrator can raise it in the connector's settings", e.Limit, e.What)
}

// IfMatch is a precondition on a resource's version: nil holds always.
type IfMatch func(version int64) bool

// UserEdit is a pure edit of a user's document. It may be called more than once.
type UserEdit func(current scim.Document) (scim.Document, []scim.Note, error)

// GroupEdit is a pure edit of a group: of its attributes (nil: none) and of its members, in order.
type GroupEdit struct {
	Attributes func(current scim.Document) (scim.Document, []scim.Note, error)
	Members    []scim.MemberEdit
	Notes      []scim.Note // of an edit of members alone
}

// Records is the connector's side: what one IdP says and reads back. Every method works in the
// space of the source's connector alone; an id of another connector is ErrNotFound. A mutation
// is one transaction: record, settled users and events together, or nothing. It is retried
// inside when the database asks for it, never acknowledged before it is durable.
//
// *Directory implements it; gateway is written against it.
type Records interface {
	CreateUser(ctx context.Context, src Source, doc scim.Document, notes []scim.Note) (UserRecord, error)
	ReadUser(ctx context.Context, c tenants.Connector, id uuid.UUID) (UserRecord, error)
	// EditUser changes the record by edit (PUT and PATCH). A change that changes nothing writes
	// nothing and returns the record as it is.
	EditUser(ctx context.Context, src Source, id uuid.UUID, match IfMatch, edit UserEdit) (UserRecord, error)
	DeleteUser(ctx context.Context, src Source, id uuid.UUID, match IfMatch) error
	// ListUsers answers a resolved query. withGroups=false leaves Groups nil.
	ListUsers(ctx context.Context, c tenants.Connector, q scim.Query, withGroups bool) (Page[UserRecord], error)

	CreateGroup(ctx context.Context, src Source, doc scim.Document, members []string, notes []scim.Note) (GroupRecord, error)
	ReadGroup(ctx context.Context, c tenants.Connector, id uuid.UUID) (GroupRecord, error)
	EditGroup(ctx context.Context, src Source, id uuid.UUID, match IfMatch, edit GroupEdit) (GroupRecord, error)
	DeleteGroup(ctx context.Context, src Source, id uuid.UUID, match IfMatch) error
	ListGroups(ctx context.Context, c tenants.Connector, q scim.Query) (Page[GroupRecord], error)
	// Members streams a group's members as the IdP sent them, unresolved ones too.
	Members(ctx context.Context, c tenants.Connector, group uuid.UUID) iter.Seq2[scim.Member, error]
	// MembersOf is Members for a page of groups, in one query.
	MembersOf(ctx context.Context, c tenants.Connector, groups []uuid.UUID) (map[uuid.UUID][]scim.Member, error)
}

// User is a directory user.
type User struct {
	ID         uuid.UUID
	UserName   string
	Status     policy.Status
	Block      string          // an administrator's reason; empty: not blocked
	JSON       json.RawMessage // the effective attributes, SCIM's names
	Local      bool            // no connector ever held a record of it
	Managed    bool            // a connector holds a record of it; neither: tombstones alone are left
	Created    time.Time
	Modified   time.Time
	PurgeAfter time.Time
	LastLogin  time.Time // zero: none is known
	Version    int64
}

// UserDetail is a user with everything an administrator asks about.
type UserDetail struct {
	User
	Memberships []Membership
	Dropped     []DroppedGroup    // groups that an IdP sends and the rules do not let through
	Records     []RecordLink      // tombstones too
	Givers      map[string]string // which connector gave each attribute, by slug; those of an extension are URN:name
	NameFormer  time.Time         // when somebody of the same userName was purged last; zero: nobody was
}

// Group is a directory group.
type Group struct {
	ID          uuid.UUID
	DisplayName string
	Tenant      string // "" = local
	Created     time.Time
	Version     int64
}

// Membership of a user in a group, with its shown origin and the reason.
type Membership struct {
	Group    Group
	Origin   policy.Origin
	Because  policy.Reason
	Supports []Supported // everything it stands on, strongest first; the first is Origin and Because
	Since    time.Time   // when the user joined
}

// Supported is one reason for which a membership lives. It lives while one is left.
type Supported struct {
	Origin  policy.Origin
	Because policy.Reason
}

// DroppedGroup is a group that a connector sends for a user and that does not become a membership.
type DroppedGroup struct {
	DisplayName string
	Because     policy.Reason
}

// GroupMember is one member of a directory group.
type GroupMember struct {
	User     User
	Origin   policy.Origin
	Because  policy.Reason
	Supports []Supported // everything the membership stands on, strongest first; of those that are stored
	Since    time.Time   // of those that are stored
}

// RecordLink is a record of a user, seen from the directory.
type RecordLink struct {
	Connector string // slug
	Tenant    string
	ID        uuid.UUID
	State     policy.State
	UserName  string
	Linked    time.Time
	Modified  time.Time

	MappingProblem string // why its mapping cannot be carried out; empty: it can, or there is none
}

// Conflict is something that settling or linking could not do by itself.
type Conflict struct {
	ID         uuid.UUID
	Kind       string
	Connector  string
	Record     uuid.UUID // zero if none
	User       uuid.UUID
	Group      uuid.UUID
	GroupName  string
	Detail     string // one sentence for the administrator
	Candidates []Candidate
	Created    time.Time

	Decision    string    // "" while it is open
	DecidedUser uuid.UUID // of link and unlinked
}

// Candidate is a user that a record might be linked to.
type Candidate struct {
	User     uuid.UUID `json:"id"`
	UserName string    `json:"userName"`
	By       []string  `json:"by"` // what matched: userName, email, …
}

// Event is one line of the audit.
type Event struct {
	Seq        int64
	ID         uuid.UUID
	Time       time.Time
	ActorType  string // "credential", "admin", "system"
	Actor      string
	Credential string // the credential's name, if one is the actor and its connector is still there
	Action     string // record.user.created, directory.membership.added, …
	Connector  string
	User       uuid.UUID
	Group      uuid.UUID
	Record     uuid.UUID
	Request    string
	Changes    json.RawMessage
}

// EventFilter narrows a list of events; zero fields do not.
type EventFilter struct {
	Connector, User, Group, Action, Actor string
	Text                                  string // words that are all in it, the last perhaps only begun
	Credential                            string // by name or id
	Request                               string // the request's id, whole
	Outcome                               EventOutcome
	Since, Until                          time.Time
}

// Listing bounds an admin list: Limit 1..500, Cursor from the page before.
type Listing struct {
	Limit  int
	Cursor string
}

// RefusedError is an administrator's change that the rules would undo at once, or that something
// forbids; the admin API answers 409 with the code.
type RefusedError struct {
	Code   string // "rulesWouldUndo", "userNameTaken", "notEmpty", …
	Detail string

	// Of rulesWouldUndo: the rule behind it, and what would let the change stand.
	Because     policy.Reason
	WouldChange []WouldChange
}

func (e *RefusedError) Error() string { return e.Detail }

// Effective is the administrators' side: the directory with its reasons. *Directory implements
// it; web is written against it. Users, groups and directories that do not exist are ErrNotFound.
type Effective interface {
	Directories(ctx context.Context) ([]Info, error)
	// ReadDirectory refuses a removed directory, as everything in it is; FindDirectory finds it.
	ReadDirectory(ctx context.Context, name string) (Info, error)
	FindDirectory(ctx context.Context, name string) (Info, error)
	CreateDirectory(ctx context.Context, by Admin, name string) (Info, error)
	// SetDirectory changes settings and settles every affected user through the queue.
	SetDirectory(ctx context.Context, by Admin, name string, match IfMatch, s policy.DirectorySettings) (Info, error)

	// Removing a directory: what it would take away, doing it, and taking it back.
	PlanRemoval(ctx context.Context, name string) (Removal, error)
	RemoveDirectory(ctx context.Context, by Admin, name, confirm string) (Info, error)
	RestoreDirectory(ctx context.Context, by Admin, name string) (Info, error)

	// Rules of a connector. SetRules and SetMode are plan and apply in one: losses above the safety
	// limits need confirm.
	Rules(ctx context.Context, connector string) (policy.Rules, int64, error)
	SetRules(ctx context.Context, by Admin, connector string, match IfMatch, r policy.Rules, confirm Confirm) (int64, error)
	SetMode(ctx context.Context, by Admin, connector string, m tenants.Mode, confirm Confirm) error
	RuleVersions(ctx context.Context, connector string, l Listing) (Page[RuleVersion], error)
	RuleVersion(ctx context.Context, connector string, version int64) (RuleVersion, error)
	// RulesDraft, KeepRulesDraft and DropRulesDraft are about the rules that somebody is writing.
	RulesDraft(ctx context.Context, connector string) (RulesDraft, error)
	KeepRulesDraft(ctx context.Context, by Admin, connector string, match IfMatch, basedOn int64, rules policy.Rules) (RulesDraft, error)
	DropRulesDraft(ctx context.Context, connector string, match IfMatch) error
	// JudgeRules says what rules would make of every group that the connector's IdP sends.
	JudgeRules(ctx context.Context, connector string, asked Judging) (Judgement, error)

	CreatePlan(ctx context.Context, by Admin, connector string, draft Draft, wait time.Duration) (Plan, error)
	LivePlan(ctx context.Context, by Admin, connector string, wait time.Duration) (Plan, error)
	ReadPlan(ctx context.Context, connector string, id uuid.UUID) (Plan, error)
	PlanLines(ctx context.Context, connector string, id uuid.UUID, f LineFilter, l Listing) (Page[PlanLine], error)
	PlanTotals(ctx context.Context, connector string, id uuid.UUID, by TotalsBy, f LineFilter, l Listing) (Page[PlanTotal], error)
	ApplyPlan(ctx context.Context, by Admin, connector string, id uuid.UUID, hash, comment string) (Job, error)
	// ClearRecords clears a connector of everything that it holds; confirm is its slug.
	ClearRecords(ctx context.Context, by Admin, connector string, people policy.Action, confirm, comment string) (Job, error)
	Jobs(ctx context.Context, l Listing) (Page[Job], error)
	ReadJob(ctx context.Context, id uuid.UUID) (Job, error)
	CancelJob(ctx context.Context, by Admin, id uuid.UUID, comment string) (Job, error)
	// ReverseJob plans the rules that a job has replaced; slug is the connector's.
	ReverseJob(ctx context.Context, by Admin, id uuid.UUID, wait time.Duration) (p Plan, slug string, err error)

	// Pending is how many records of the connector ("" = of the directory) wait to be settled.
	Pending(ctx context.Context, directory, connector string) (int, error)

	Users(ctx context.Context, directory string, filter string, status policy.Status, l Listing) (Page[User], error)
	ReadUserDetail(ctx context.Context, directory string, id uuid.UUID) (UserDetail, error)
	// ReadUserAt is what the directory held of the user at a time, by the events; *NotYetError
	// before there was one.
	ReadUserAt(ctx context.Context, directory string, id uuid.UUID, at time.Time) (UserAt, error)
	CreateLocalUser(ctx context.Context, by Admin, directory string, doc scim.Document) (User, error)
	EditLocalUser(ctx context.Context, by Admin, directory string, id uuid.UUID, match IfMatch, edit UserEdit) (User, error)
	RemoveUser(ctx context.Context, by Admin, directory string, id uuid.UUID, match IfMatch) error
	RestoreUser(ctx context.Context, by Admin, directory string, id uuid.UUID) (User, error)
	// EraseUser erases one person for good; userName confirms who is meant.
	EraseUser(ctx context.Context, by Admin, directory string, id uuid.UUID, userName string) (Erased, error)
	BlockUser(ctx context.Context, by Admin, directory string, id uuid.UUID, reason string) error
	UnblockUser(ctx context.Context, by Admin, directory string, id uuid.UUID) error
	// TellLogins keeps when users last signed in to an application. It changes no user.
	TellLogins(ctx context.Context, directory string, logins []Login) (LoginsTold, error)
	Unlink(ctx context.Context, by Admin, directory string, user uuid.UUID, connector string) error

	Groups(ctx context.Context, directory string, filter string, l Listing) (Page[Group], error)
	// EmptyGroups are those of Groups that nobody is in; of an administrator who is limited to
	// tenants, nobody of theirs.
	EmptyGroups(ctx context.Context, directory string, filter string, l Listing) (Page[Group], error)
	ReadDirectoryGroup(ctx context.Context, directory string, id uuid.UUID) (Group, error)
	// GroupFeeders says what IdPs send under a group's name, and what rules make of it.
	GroupFeeders(ctx context.Context, directory string, id uuid.UUID) (GroupFeeders, error)
	// WeighConflict lays the users on both sides of a conflict about a group beside each other.
	WeighConflict(ctx context.Context, directory string, id uuid.UUID, shown int) (WeighedConflict, error)
	CreateLocalGroup(ctx context.Context, by Admin, directory, displayName string) (Group, error)
	GroupMembers(ctx context.Context, directory string, group uuid.UUID, l Listing) (Page[GroupMember], error)
	// GroupMembersAt are the members at a time, and the group as it was.
	GroupMembersAt(ctx context.Context, directory string, group uuid.UUID, at time.Time, l Listing) (Page[MemberAt], Group, error)
	AddLocalMember(ctx context.Context, by Admin, directory string, group, user uuid.UUID) (GroupMember, error)
	RemoveMember(ctx context.Context, by Admin, directory string, group, user uuid.UUID) error
	// ChangeMembers does so for several users, or says what would come of it; each has a result.
	ChangeMembers(ctx context.Context, by Admin, directory string, group uuid.UUID, c MembersChange) ([]MemberResult, error)
	RenameLocalGroup(ctx context.Context, by Admin, directory string, id uuid.UUID, match IfMatch, displayName string) (Group, error)
	DeleteLocalGroup(ctx context.Context, by Admin, directory string, id uuid.UUID, match IfMatch) error

	Linking
	Importing
	Reapplying

	// Holds lists what of a connector its safety limits hold; DecideHolds applies or discards it.
	Holds(ctx context.Context, connector string, f HoldFilter, l Listing) (HoldPage, error)
	HoldCounts(ctx context.Context) ([]HoldCount, error)
	DecideHolds(ctx context.Context, by Admin, connector string, decision HoldDecision) (HoldsDecided, error)
	// SafetyNow says what a connector's limits let through now, by the rules in force or a draft.
	SafetyNow(ctx context.Context, connector string, draft *policy.Rules) (SafetyNow, error)
	// ExpectChange announces a window in which a connector's losses are let through.
	ExpectChange(ctx context.Context, by Admin, connector string, length time.Duration, reason string) (ExpectedChange, error)
	ReadExpectedChange(ctx context.Context, connector string) (ExpectedChange, error)
	EndExpectedChange(ctx context.Context, by Admin, connector string) error

	// TryMapping runs a mapping over one record; CoverMapping counts what all records bring.
	TryMapping(ctx context.Context, connector string, t MappingTrial) (MappingTried, error)
	CoverMapping(ctx context.Context, connector string, most int) (MappingCoverage, error)

	Why(ctx context.Context, directory string, q Question) (Answer, error)
	Events(ctx context.Context, f EventFilter, l Listing) (Page[Event], error)
	// Feed reads them oldest first, up to where nothing can come any more (package feed).
	Feed(ctx context.Context, f EventFilter, after, through int64, limit int) (FeedPage, error)
}

// Info is a directory with its settings.
type Info struct {
	ID       uuid.UUID
	Name     string
	Settings policy.DirectorySettings
	Tenants  int // bound to it through connectors
	Version  int64
	Created  time.Time

	Removed, PurgeAfter time.Time // of one that is removed, until it is purged; zero otherwise
}
