package directory

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/muster-scim/muster/policy"
	"github.com/muster-scim/muster/tenants"
)

// Draft is a change of a connector that can be planned: rules, mode or retire.
type Draft struct {
	Rules  *policy.Rules `json:"rules,omitempty"`
	Mode   tenants.Mode  `json:"mode,omitempty"`
	Retire policy.Action `json:"retire,omitempty"` // what becomes of those whom the connector alone provides

	GraceDays int `json:"graceDays,omitempty"` // of Retire: how long deleting waits; until then they are disabled
}

// PlanState is how far a plan is.
type PlanState string

// The states of a plan. A plan that is being made by a change which applies it at once is
// "making": it keeps no other plan from being made.
const (
	PlanMaking  PlanState = "making"
	PlanRunning PlanState = "running"
	PlanReady   PlanState = "ready"
	PlanFailed  PlanState = "failed"
	PlanApplied PlanState = "applied"
)

// Plan is the diff that a draft would make.
type Plan struct {
	ID, Directory, Connector uuid.UUID
	Draft                    Draft
	State                    PlanState
	Hash                     string // what whoever applies the plan has seen
	Outcome                  string // hash of what every person gets
	Heard                    int64  // the connector's newest event before it was begun
	Epoch, RulesVersion      int64  // of the directory and the connector's rules it was made on
	Mode                     tenants.Mode
	Counts                   Counts
	Done, Total              int64 // progress of making it: people looked at, of those whom the draft can concern
	Actor, Problem           string
	Created, Beat            time.Time

	Stale   bool // rules, modes or settings changed since; applying it looks again first. Not stored
	Exceeds bool // it loses more than the connector's safety limits of now let through. Not stored
}

// Counts say a plan in numbers.
type Counts struct {
	MembershipsAdded   int `json:"membershipsAdded"`
	MembershipsRemoved int `json:"membershipsRemoved"`
	UsersCreated       int `json:"usersCreated"`
	UsersLinked        int `json:"usersLinked"`
	UsersUpdated       int `json:"usersUpdated"`
	UsersEnabled       int `json:"usersEnabled"`
	UsersDisabled      int `json:"usersDisabled"`
	UsersDeleted       int `json:"usersDeleted"`
	UsersRestored      int `json:"usersRestored"`
	GroupsEmptied      int `json:"groupsEmptied"`
	Ambiguous          int `json:"ambiguous"`     // records whose keys find several users
	Blocked            int `json:"blocked"`       // records that may not link, or not have their name, by themselves
	ForeignGroups      int `json:"foreignGroups"` // groups of somebody else's that the connector would come upon

	Visited int `json:"visited"` // people the job will visit: some for their reasons alone

	// What safety counts: a cleanup is one user, whatever it strips.
	Losses Sizes `json:"losses"`
	Holds  Sizes `json:"holds"` // what the connector supports now; of a change of rules, counted no further than the limits ask
}

// Sizes are numbers of what safety counts.
type Sizes struct {
	Users       int `json:"users"`
	Memberships int `json:"memberships"`
	Keys        int `json:"keys"`
}

// Sum is all of them.
func (s Sizes) Sum() int { return s.Users + s.Memberships + s.Keys }

// Op is what one line of a plan does.
type Op string

// The operations of a plan's lines.
const (
	OpAddMembership    Op = "addMembership"
	OpRemoveMembership Op = "removeMembership"
	OpCreateUser       Op = "createUser"
	OpLinkUser         Op = "linkUser"
	OpUpdateUser       Op = "updateUser"
	OpEnableUser       Op = "enableUser"
	OpDisableUser      Op = "disableUser"
	OpDeleteUser       Op = "deleteUser"
	OpRestoreUser      Op = "restoreUser"
	OpAmbiguous        Op = "ambiguous" // the record's keys find several users: an administrator is asked
	OpBlocked          Op = "blocked"   // the record may not link, or not have its name, by itself: an administrator is asked
)

// PlanLine is one line of a plan. User is zero for one that the plan creates, Group for one that
// does not exist yet.
type PlanLine struct {
	Place               int64 // position in the plan: losses first
	Op                  Op
	User                uuid.UUID
	UserName            string
	Group               uuid.UUID
	GroupKey, GroupName string
	Because             policy.Reason
	Detail              LineDetail
}

// LineDetail is what else a line says.
type LineDetail struct {
	Attributes []string `json:"attributes,omitempty"` // of updateUser: those that change
	Loss       bool     `json:"loss,omitempty"`

	Record uuid.UUID `json:"record,omitzero"` // of createUser, linkUser, ambiguous, blocked: whom it is about
	Linked *Linked   `json:"linked,omitempty"`
}

// PlanUser is one person whom a plan visits: a user, or a record that has none yet.
type PlanUser struct {
	Seq          int64
	User, Record uuid.UUID
	UserName     string
	Hash         string
	Losses       []Loss
}

// LineFilter narrows a plan's lines; zero fields do not.
type LineFilter struct {
	User   string `json:"user,omitempty"`  // userName or id
	Group  string `json:"group,omitempty"` // displayName or id
	Op     Op     `json:"op,omitempty"`
	Reason string `json:"reason,omitempty"` // a reason's code, or a conflict's kind
}

// A line's place: losses first, then the order of the people, then that of a person's lines.
const (
	placeGain = int64(1) << 62
	placeBits = 20

	// FirstGain is a place behind every loss, and before everything else.
	FirstGain = placeGain
)

func placeOf(loss bool, seq int64, line int) int64 {
	place := seq<<placeBits | int64(line)
	if !loss {
		place |= placeGain
	}
	return place
}

// seal gives the plan its hash: of the draft, what it was made on, and the outcome.
func (p *Plan) seal() {
	h := sha256.New()
	fmt.Fprintf(h, "%s\n%d\n%s\n%d\n%s", mustJSON(p.Draft), p.RulesVersion, p.Mode, p.Epoch, p.Outcome)
	p.Hash = base64.RawURLEncoding.EncodeToString(h.Sum(nil)[:18])
}

// hashOf is the hash of a person's lines. Ids that are made while planning are not in it.
func hashOf(lines []PlanLine) string {
	if len(lines) == 0 {
		return ""
	}
	h := sha256.New()
	for _, l := range lines {
		who := l.User.String()
		if l.User == uuid.Nil {
			who = l.UserName
		}
		fmt.Fprintf(h, "%s\n%s\n%s\n%q\n", l.Op, who, l.GroupKey, l.Detail.Attributes)
		if x := l.Detail.Linked; x != nil && x.Conflict != "" {
			fmt.Fprintf(h, "%s\n", x.Conflict)
			for _, c := range x.Candidates {
				fmt.Fprintf(h, "%s %q\n", c.ID, c.UserName)
			}
		}
	}
	return base64.RawURLEncoding.EncodeToString(h.Sum(nil)[:12])
}

// PlanStaleError says that a plan's outcome is another one by now.
type PlanStaleError struct {
	Hash  string     // the plan's, as it is now; "" while it is being made anew
	Lines []PlanLine // what some of those whose outcome differs get now
	Users []PlanUser // some of those whose outcome differs

	RulesVersion int64 // of the rules that somebody gave the connector since; 0: not that is why
}

func (e *PlanStaleError) Error() string {
	if e.RulesVersion != 0 {
		return fmt.Sprintf("somebody gave the connector other rules since the plan was made, and applying it would take them back: compare it with version %d, and apply it with its new hash if that is what you mean", e.RulesVersion)
	}
	if e.Hash == "" {
		return "what the plan would do has changed since it was made; it is being made anew: read it again, look at what differs, and apply it with its new hash"
	}
	return "the plan is not the one that the hash was read from; read it again, look at what differs, and apply it with its new hash"
}

// ConfirmationError says that a change takes more than the connector's safety limits let through
// without an administrator's word.
type ConfirmationError struct {
	Plan   uuid.UUID
	Losses Sizes
}

func (e *ConfirmationError) Error() string {
	return fmt.Sprintf("this would take %d memberships, disable or delete %d users and rewrite %d names or addresses, more than the connector's safety limits let through. Look at the plan, and confirm %d losses if that is meant",
		e.Losses.Memberships, e.Losses.Users, e.Losses.Keys, e.Losses.Sum())
}

// Confirm says whether an administrator agrees to so many losses above the limits; nil agrees to none.
type Confirm func(losses int) bool

// exceeds says whether a plan's losses are above the connector's safety limits.
func (c Counts) exceeds(s policy.Safety) bool {
	if s.Off {
		return false
	}
	users := safetyLimit(s.Losses, s.Share, c.Holds.Users)
	return c.Losses.Users > users || c.Losses.Keys > users ||
		c.Losses.Memberships > safetyLimit(s.MembershipLosses, s.Share, c.Holds.Memberships)
}

// check refuses a draft that no plan can be made of.
func (r Draft) check(c *Connector) error {
	given := 0
	for _, is := range []bool{r.Rules != nil, r.Mode != "", r.Retire != ""} {
		if is {
			given++
		}
	}
	switch {
	case given != 1:
		return &RefusedError{Code: "invalidDraft", Detail: "a plan is made of one of rules, mode or retire"}
	case r.Rules != nil:
		_, err := policy.Compile(*r.Rules)
		return err
	case r.Mode != "" && r.Mode != tenants.Live && r.Mode != tenants.Observe && r.Mode != tenants.Disabled:
		return &RefusedError{Code: "invalidDraft", Detail: "mode must be live, observe or disabled"}
	case r.Retire != "" && r.Retire != policy.ActionKeep && r.Retire != policy.ActionDisable && r.Retire != policy.ActionDelete && r.Retire != RetireCleanup:
		return &RefusedError{Code: "invalidDraft", Detail: "retire must be keep, disable, delete or cleanup"}
	case r.GraceDays != 0 && r.Retire != policy.ActionDelete:
		return &RefusedError{Code: "invalidDraft", Detail: "graceDays waits with deleting: it goes with retire delete"}
	case r.GraceDays < 0 || r.GraceDays > mostGraceDays:
		return &RefusedError{Code: "invalidDraft", Detail: fmt.Sprintf("graceDays must be between 0 and %d", mostGraceDays)}
	}
	return nil
}

// errNoPlan is the answer for a plan that is not there, or another connector's.
var errNoPlan = fmt.Errorf("the plan: %w", ErrNotFound)

// planOf reads a connector's plan and says whether it is stale, or its maker died.
func (d *Directory) planOf(ctx context.Context, c *Connector, id uuid.UUID) (Plan, error) {
	p, err := d.store.Plan(ctx, c.DirectoryID, id)
	if err != nil {
		return Plan{}, err
	}
	if p.Connector != c.ID {
		return Plan{}, errNoPlan
	}
	if (p.State == PlanRunning || p.State == PlanMaking) && d.now().Sub(p.Beat) > planSilence {
		p.State, p.Problem = PlanFailed, "the server that was making it stopped; make it again"
	}
	settings, err := d.store.Settings(ctx, c.DirectoryID)
	if err != nil {
		return Plan{}, err
	}
	p.Stale = p.State == PlanReady && !p.madeOn(settings)
	return p.measured(c), nil
}

// measured is the plan with the word whether it loses more than the connector's limits let through.
func (p Plan) measured(c *Connector) Plan {
	p.Exceeds = p.Counts.exceeds(c.Rules.Safety)
	return p
}

// madeOn says whether rules, modes and settings are as they were when the plan was made.
func (p *Plan) madeOn(s *Settings) bool {
	c := s.Connectors[p.Connector]
	return c != nil && s.Epoch == p.Epoch && c.RulesVersion == p.RulesVersion && c.Mode == p.Mode
}

// ReadPlan reads a plan of a connector.
func (d *Directory) ReadPlan(ctx context.Context, connector string, id uuid.UUID) (Plan, error) {
	c, err := d.connector(ctx, connector)
	if err != nil {
		return Plan{}, err
	}
	return d.planOf(ctx, c, id)
}

// PlanLines lists a plan's lines, losses first.
func (d *Directory) PlanLines(ctx context.Context, connector string, id uuid.UUID, f LineFilter, l Listing) (Page[PlanLine], error) {
	p, err := d.readMade(ctx, connector, id)
	if err != nil {
		return Page[PlanLine]{}, err
	}
	return d.store.PlanLines(ctx, p.Directory, p.ID, f, l)
}

// readMade reads a plan that says what it would do.
func (d *Directory) readMade(ctx context.Context, connector string, id uuid.UUID) (Plan, error) {
	p, err := d.ReadPlan(ctx, connector, id)
	if err != nil {
		return p, err
	}
	switch p.State {
	case PlanRunning, PlanMaking:
		return p, &RefusedError{Code: "planRunning", Detail: "the plan is still being made; wait until its state is ready"}
	case PlanFailed:
		return p, &RefusedError{Code: "planFailed", Detail: p.Problem}
	}
	return p, nil
}

// errMoved ends a run of the planner whose directory's settings have changed under it.
var errMoved = errors.New("rules, modes or settings changed while the plan was made")

// errSuperseded ends a run of the planner whose plan somebody has replaced.
var errSuperseded = errors.New("a newer plan of the connector took this one's place")
