package policy

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"

	"github.com/muster-scim/muster/policy/mapping"
	"github.com/muster-scim/muster/scim/canonical"
)

// RuleSet is Rules made ready for matching. It does not change, and remembers what its lists
// said of a name: group names repeat, people do not.
type RuleSet struct {
	rules Rules

	only, never, remove, required, keep list

	always   []named
	defaults []named
	memo     memo[findings]

	attributes *mapping.Program
	renames    []rename
	names      memo[string]
	tries      memo[atomic.Int32]
	enough     func() bool // says when names are not judged any more; nil: never
}

// named is a group that a list names literally.
type named struct {
	key, name string
	list      string
	set       string // the application's set it came in, if any
}

// The names of the lists, as RuleError and Reason give them.
const (
	ListOnlyAssign      = "onlyAssign"
	ListNeverAssign     = "neverAssign"
	ListAlwaysAssign    = "alwaysAssign"
	ListDefaultGroups   = "defaultGroups"
	ListNeverRemove     = "neverRemove"
	ListRequiredGroups  = "requiredGroups"
	ListKeepGroups      = "cleanup.keepGroups"
	ListProtectedGroups = "protectedGroups"
	ListProtectedUsers  = "protectedUsers"
	ListSharedGroups    = "sharedGroups"
)

// maxEntries is how many entries one list may have.
const maxEntries = 1000

// RuleError says what was refused: the list, the place in it counted from 0 (-1 when it is a
// setting and no list), the pattern and the problem.
type RuleError struct {
	List    string
	Index   int
	Pattern string
	Problem string // completes "neverAssign[2] …"
	Literal bool   // a literal name can be meant: {"is": …} is the way to say so
}

func (e *RuleError) Error() string {
	if e.Index < 0 {
		return fmt.Sprintf("%s %s", e.List, e.Problem)
	}
	text := fmt.Sprintf("%s[%d] %q %s", e.List, e.Index, shortened(e.Pattern), e.Problem)
	if e.Literal {
		text += fmt.Sprintf(`; to mean the group of exactly this name, write {"is": %q}`, shortened(e.Pattern))
	}
	return text
}

func shortened(text string) string {
	if runes := []rune(text); len(runes) > 60 {
		return string(runes[:60]) + "…"
	}
	return text
}

// Compile makes rules ready for Decide. The error is a *RuleError for the first entry that
// is refused.
func Compile(r Rules) (*RuleSet, error) { return compileUntil(r, nil) }

// compileUntil is Compile, but once enough says so, the renames that are left are refused unread.
func compileUntil(r Rules, enough func() bool) (*RuleSet, error) {
	r = r.filled()
	rs := &RuleSet{rules: r}
	for _, l := range []struct {
		into    *list
		name    string
		entries []Entry
	}{
		{&rs.only, ListOnlyAssign, r.OnlyAssign},
		{&rs.never, ListNeverAssign, r.NeverAssign},
		{&rs.remove, ListNeverRemove, r.NeverRemove},
		{&rs.required, ListRequiredGroups, r.RequiredGroups},
		{&rs.keep, ListKeepGroups, r.Cleanup.KeepGroups},
	} {
		compiled, err := compileList(l.name, l.entries, false)
		if err != nil {
			return nil, err
		}
		*l.into = compiled
	}
	var err error
	if rs.always, err = compileNames(ListAlwaysAssign, r.AlwaysAssign); err != nil {
		return nil, err
	}
	if rs.defaults, err = compileNames(ListDefaultGroups, r.DefaultGroups); err != nil {
		return nil, err
	}
	if err := r.checkSettings(); err != nil {
		return nil, err
	}
	if rs.renames, err = compileRenames(r.Mapping.Renames, enough); err != nil {
		return nil, err
	}
	if rs.attributes, err = r.Mapping.Program(); err != nil {
		return nil, err
	}
	return rs, nil
}

// checkSettings checks what is not a list.
func (r Rules) checkSettings() error {
	refuse := func(setting, problem string) error {
		return &RuleError{List: setting, Index: -1, Problem: problem}
	}
	switch {
	case r.RequiredGrace < 0:
		return refuse("requiredGrace", "must not be negative")
	case !slices.Contains([]Action{ActionDisable, ActionDelete, ActionKeep}, r.Cleanup.Action):
		return refuse("cleanup.action", fmt.Sprintf("is %q; it can be disable, delete or keep", r.Cleanup.Action))
	case r.Cleanup.GraceDays < 0 || r.Cleanup.GraceDays > 3650:
		return refuse("cleanup.graceDays", "must be between 0 and 3650")
	case r.Safety.Share < 0 || r.Safety.Share > 1:
		return refuse("safety.share", "must be between 0 and 1")
	case r.Safety.Losses < 0:
		return refuse("safety.losses", "must not be negative")
	case r.Safety.MembershipLosses < 0:
		return refuse("safety.membershipLosses", "must not be negative")
	case r.Safety.Window < 0 || r.Safety.Window > Duration(24*oneHour):
		return refuse("safety.window", "must be between 0s and 24h")
	}
	for i, key := range r.Linking.Match {
		if !slices.Contains([]string{"userName", "email", "externalId", "employeeNumber"}, key) {
			return &RuleError{List: "linking.match", Index: i, Pattern: key,
				Problem: "cannot be matched; use userName, email, externalId or employeeNumber"}
		}
	}
	return nil
}

// Until gives judging a name an end: once enough says so, expressions that are left are undecided
// untried, and names are not mapped any more. What comes out then is worth nothing and may be
// remembered, so it is for rules that were compiled for one question, before the first name.
func (rs *RuleSet) Until(enough func() bool) {
	rs.enough = enough
	for _, l := range []list{rs.only, rs.never, rs.remove, rs.required, rs.keep} {
		for _, p := range l {
			p.enough = enough
		}
	}
}

// Rules gives back what was compiled, defaults filled in.
func (rs *RuleSet) Rules() Rules { return rs.rules }

// Names are the keys of every group that the rules name literally: facts about these groups
// belong into Input.Groups.
func (rs *RuleSet) Names() []string {
	var keys []string
	for _, n := range slices.Concat(rs.always, rs.defaults) {
		keys = append(keys, n.key)
	}
	slices.Sort(keys)
	return slices.Compact(keys)
}

// AlwaysNames are those of Names that alwaysAssign names.
func (rs *RuleSet) AlwaysNames() []string {
	keys := make([]string, len(rs.always))
	for i, n := range rs.always {
		keys[i] = n.key
	}
	return keys
}

// entry is the text of the list's entry that names the group of a key: the name, or that of the
// set it came in; "" when the list names it no more.
func entry(list []named, key string) string {
	i, found := slices.BinarySearchFunc(list, key, func(n named, key string) int { return strings.Compare(n.key, key) })
	if !found {
		return ""
	}
	return cmp.Or(list[i].set, list[i].name)
}

// compileNames reads a list of literal names, sorted by key, each once.
func compileNames(listName string, entries []Entry) ([]named, error) {
	if err := tooMany(listName, entries); err != nil {
		return nil, err
	}
	var names []named
	for i, e := range entries {
		texts := []string{e.Text}
		if e.Form == FormSet {
			texts = e.Groups
		}
		if problem := checkNames(listName, e, texts); problem != nil {
			problem.List, problem.Index, problem.Pattern = listName, i, e.Text
			return nil, problem
		}
		for _, text := range texts {
			n := named{key: canonical.Key(text), name: text, list: listName}
			if e.Form == FormSet {
				n.set = e.Text
			}
			names = append(names, n)
		}
	}
	slices.SortStableFunc(names, func(a, b named) int { return cmp.Or(strings.Compare(a.key, b.key), strings.Compare(a.name, b.name)) })
	return slices.CompactFunc(names, func(a, b named) bool { return a.key == b.key }), nil
}

func checkNames(listName string, e Entry, texts []string) *RuleError {
	switch {
	case len(e.Except) > 0:
		return &RuleError{Problem: "has an except, which only protected lists have"}
	case e.Form == FormSet && listName != ListDefaultGroups:
		return &RuleError{Problem: "is a set, which only defaultGroups has"}
	case e.Form == FormSet && (len(e.Groups) == 0 || strings.TrimSpace(e.Text) == ""):
		return &RuleError{Problem: "is a set without a name or without groups"}
	case e.Form != FormSet && e.Form != FormAny && e.Form != FormIs:
		return &RuleError{Problem: fmt.Sprintf("is a pattern (%s); %s takes literal names only", e.Form, listName)}
	}
	for _, text := range texts {
		if err := canonical.Check(text, 256); err != nil {
			return &RuleError{Problem: "is no name of a group: it " + err.Error()}
		}
		if e.Form == FormAny && looksLikePattern(text) {
			return &RuleError{Literal: true, Problem: fmt.Sprintf("looks like a regular expression; %s takes literal names only", listName)}
		}
	}
	return nil
}

// looksLikePattern says that nobody would name a group so, but would write a regular
// expression so. Team (EU), C++, R&D, a.b and [EU] Sales are names; .* and jira-(a|b) are not.
func looksLikePattern(text string) bool {
	if strings.ContainsAny(text, `\^$*|`) {
		return true
	}
	for _, sign := range []string{".+", ".?", ")?", "]+", "]?", "]{", ".{", "){", "(?"} {
		if strings.Contains(text, sign) {
			return true
		}
	}
	_, class, opens := strings.Cut(text, "[")
	class, _, closes := strings.Cut(class, "]")
	return opens && closes && hasRange(class)
}

// hasRange says that the inside of a class holds a range such as a-z or 0-9.
func hasRange(class string) bool {
	alike := func(a, b byte) bool {
		return 'a' <= a && a <= b && b <= 'z' || 'A' <= a && a <= b && b <= 'Z' || '0' <= a && a <= b && b <= '9'
	}
	for i := 1; i+1 < len(class); i++ {
		if class[i] == '-' && alike(class[i-1], class[i+1]) {
			return true
		}
	}
	return false
}

func tooMany(listName string, entries []Entry) error {
	if len(entries) > maxEntries {
		return &RuleError{List: listName, Index: -1, Problem: fmt.Sprintf("has %d entries, at most %d are allowed", len(entries), maxEntries)}
	}
	return nil
}
