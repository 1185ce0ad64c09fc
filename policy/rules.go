package policy

// Rules are the policy of one connector, in the JSON form the outside sees. Lists hold
// patterns; alwaysAssign and defaultGroups hold names.
type Rules struct {
	OnlyAssign     []Entry  `json:"onlyAssign"`     // if not empty: of the groups the IdP sends, only these
	NeverAssign    []Entry  `json:"neverAssign"`    // of the groups the IdP sends, never these; wins over onlyAssign
	AlwaysAssign   []Entry  `json:"alwaysAssign"`   // names: everyone with a contributing record is in them
	DefaultGroups  []Entry  `json:"defaultGroups"`  // names and sets of names: granted once
	NeverRemove    []Entry  `json:"neverRemove"`    // memberships that settling does not take away
	RequiredGroups []Entry  `json:"requiredGroups"` // if not empty: without one of these a record does not count
	RequiredGrace  Duration `json:"requiredGrace"`  // how long losing the last of them is waited for
	Cleanup        Cleanup  `json:"cleanup"`
	Mapping        Mapping  `json:"mapping"`
	Linking        Linking  `json:"linking"`
	Safety         Safety   `json:"safety"`
}

// Cleanup is what happens to a user for whom no record counts any more.
type Cleanup struct {
	Action      Action  `json:"action"`
	StripGroups bool    `json:"stripGroups"` // memberships go too,
	KeepGroups  []Entry `json:"keepGroups"`  // but for these
	GraceDays   int     `json:"graceDays"`   // delays deleting and stripping, never disabling
}

// Action is what cleanup does to the user itself.
type Action string

// The actions of a cleanup.
const (
	ActionDisable Action = "disable"
	ActionDelete  Action = "delete"
	ActionKeep    Action = "keep"
)

// Mapping changes what the IdP sends before anything else sees it: attributes by expressions
// (package policy/mapping), names of groups by renames. Decide gets views that are mapped already.
type Mapping struct {
	Steps    []MappingStep `json:"steps,omitempty"`
	DropWhen string        `json:"dropWhen,omitempty"` // an expression: true drops the record
	Renames  []Rename      `json:"renames,omitempty"`  // of groups, in order
}

// MappingStep gives one attribute of the user another value.
type MappingStep struct {
	Target     string `json:"target"`
	Expression string `json:"expression"`
	When       string `json:"when,omitempty"` // create, update or always, which is the default
}

// Rename gives the groups that From matches the name To, in which $1 and ${name} stand for what
// groups of From's expression matched.
type Rename struct {
	From Entry  `json:"from"`
	To   string `json:"to"`
}

// Linking says which users of the directory a connector's new records may link to.
type Linking struct {
	Match         []string `json:"match"`
	AcrossTenants bool     `json:"acrossTenants"`
	Domains       []string `json:"domains"`
}

// Safety limits what a connector may take away within a window of time: the larger of a number
// and a share of the most it supported, never more than half of that, and three times as much
// within a day. What goes over is held.
type Safety struct {
	Window           Duration `json:"window"`           // at most a day
	Losses           int      `json:"losses"`           // users disabled or deleted; likewise userNames and e-mail addresses rewritten
	MembershipLosses int      `json:"membershipLosses"` // memberships removed
	Share            float64  `json:"share"`            // 0.1 is a tenth
	Off              bool     `json:"off"`              // nothing is held
}

// DirectorySettings is the policy of a directory, in the JSON form the outside sees.
type DirectorySettings struct {
	ProtectedGroups []Entry    `json:"protectedGroups"`
	ProtectedUsers  []Entry    `json:"protectedUsers"`
	SharedGroups    []Entry    `json:"sharedGroups"`
	ActiveWhen      ActiveWhen `json:"activeWhen"`
	RetentionDays   int        `json:"retentionDays"` // how long a deleted user can be restored

	// CopyFrom names another directory: whoever comes here is given once what the user of the same
	// userName has there. Empty: nobody is.
	CopyFrom string `json:"copyFrom,omitempty"`
}

// ActiveWhen says whose word makes a user active.
type ActiveWhen string

// The values of activeWhen: any contributing record, or the owner's.
const (
	ActiveWhenAny   ActiveWhen = "any"
	ActiveWhenOwner ActiveWhen = "owner"
)

// DefaultRules are the rules of a connector that was given none.
func DefaultRules() Rules {
	return Rules{RequiredGrace: Duration(oneHour)}.filled()
}

// DefaultSafety are the limits of a connector that was given none.
func DefaultSafety() Safety {
	return Safety{Window: Duration(oneHour), Losses: 20, MembershipLosses: 100, Share: 0.1}
}

// DefaultDirectorySettings are the settings of a new directory.
func DefaultDirectorySettings() DirectorySettings {
	return DirectorySettings{}.filled()
}

// filled gives what was left out its default and every list a value that JSON writes as [].
// A grace or a limit of zero is a choice and stays, but for a safety that says nothing at all.
func (r Rules) filled() Rules {
	for _, list := range []*[]Entry{
		&r.OnlyAssign, &r.NeverAssign, &r.AlwaysAssign, &r.DefaultGroups,
		&r.NeverRemove, &r.RequiredGroups, &r.Cleanup.KeepGroups,
	} {
		if *list == nil {
			*list = []Entry{}
		}
	}
	if r.Cleanup.Action == "" {
		r.Cleanup.Action = ActionDisable
	}
	if r.Safety == (Safety{}) {
		r.Safety = DefaultSafety()
	}
	if r.Linking.Match == nil {
		r.Linking.Match = []string{"userName", "email"}
	}
	if r.Linking.Domains == nil {
		r.Linking.Domains = []string{}
	}
	return r
}

func (s DirectorySettings) filled() DirectorySettings {
	for _, list := range []*[]Entry{&s.ProtectedGroups, &s.ProtectedUsers, &s.SharedGroups} {
		if *list == nil {
			*list = []Entry{}
		}
	}
	if s.ActiveWhen == "" {
		s.ActiveWhen = ActiveWhenAny
	}
	if s.RetentionDays == 0 {
		s.RetentionDays = 30
	}
	return s
}
