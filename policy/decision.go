package policy

import "time"

// Decision is what Decide answers: the target state of the user and a reason for every line.
type Decision struct {
	Create           bool // the user is to be created: a view counts, and there is none yet
	Untouched        bool // nothing of the user is settling's business; what follows repeats what it holds
	Status           Status
	StatusBecause    Reason
	CleanedUp        bool
	PurgeAfter       time.Time // when Status is deleted: retentionDays after it became so
	Attributes       map[string]any
	AttributeBecause map[string]Reason  // who gave each; nil when one view gave all. Attributes of an extension are URN:name
	Memberships      []TargetMembership // sorted by key
	Verdicts         []Verdict          // sorted by key, then the connectors' precedence; see Verdict
	Conflicts        []Conflict
	Granted          []string             // records whose defaultGroups this decision grants; View.DefaultsGranted from now on
	Copied           bool                 // Input.Copy was given
	Counting         []string             // records whose view counts, in the order of precedence
	Contributing     []string             // records whose view contributes, in the order of precedence
	Silent           map[string]Reason    // why a record's view does not contribute, by record
	LeftAt           map[string]time.Time // View.LeftAt from now on, by record; a record not in it has none
	LookAgain        time.Time            // when time alone would change the answer; zero if never
}

// TargetMembership is one membership of the target.
type TargetMembership struct {
	Key      string
	Name     string    // the existing group's spelling, else the spelling of the first that asks for it
	Supports []Support // sorted by strength, then connector; the first is the shown origin
	Because  Reason    // of the strongest support
	Reasons  []Reason  // one for each of Supports, its own; the first is Because
	Creates  string    // tenant that the group will belong to when it does not exist yet; "" if it exists
}

// Verdict says what became of one group for one connector. There is exactly one for every
// connector and group that the connector's views send, that its rules name or that it
// supports a held membership of; and at least one for every group that is held, with an
// empty Connector where no connector has to do with it.
type Verdict struct {
	Connector string
	Key       string
	Name      string
	Admitted  bool // the target has the membership, and this connector is one reason for it
	Because   Reason
}

// Conflict is something settling could not do and an administrator should see.
type Conflict struct {
	Kind      string // one of the Conflict… constants
	Connector string
	Record    string // "" for foreignGroup, which is between the connector and the group
	Group     string // the name, for foreignGroup
	Attribute string // for userNameTaken and protectedUser, where a value is the reason
	Value     string // the value that could not be taken over
}

// Kinds of conflicts that Decide finds.
const (
	// ConflictForeignGroup: the connector's record of the user is in a group, or its alwaysAssign
	// names one, that is another tenant's, or local, and not shared. Whoever the user is and
	// whether the record has a say makes no difference: of two of a connector's users in one
	// group, either both decisions have the conflict or none.
	ConflictForeignGroup  = "foreignGroup"
	ConflictUserNameTaken = "userNameTaken" // another user of the directory has that userName
	ConflictProtectedUser = "protectedUser" // the user is protected, or the value is a protected one's
)

// Reason is why one line of a decision is so: a code from the closed set, and the connector,
// list and pattern behind it.
type Reason struct {
	Code      Code     `json:"code"`
	Connector string   `json:"connector,omitempty"`
	List      string   `json:"list,omitempty"`
	Pattern   string   `json:"pattern,omitempty"`
	Path      []string `json:"path,omitempty"`   // nested groups through which it came
	Detail    string   `json:"detail,omitempty"` // what an administrator or a limit said, for exceptions
}
