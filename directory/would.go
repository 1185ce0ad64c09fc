package directory

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	"github.com/google/uuid"

	"github.com/muster-scim/muster/policy"
)

// Would is what a request to an observing connector would have done had the connector been live:
// the difference that the request makes in what going live would do to the people it touches. It
// stands in the changes of the request's event and names people by their ids alone.
type Would struct {
	Lines []WouldLine `json:"lines"`
	More  int         `json:"more,omitempty"` // lines that are not kept, behind so many

	// What the plan of going live says and the event does not: the request touches more people
	// than one request settles (how many), or everybody whom the connector provisions.
	People    int  `json:"people,omitempty"`
	Everybody bool `json:"everybody,omitempty"`

	Undecided string `json:"undecided,omitempty"` // why nothing could be decided
}

// WouldLine is one thing that would have been done.
type WouldLine struct {
	Op         Op             `json:"op"`
	Record     uuid.UUID      `json:"record"`        // of the connector
	User       uuid.UUID      `json:"user,omitzero"` // zero: one that would have been made
	Group      string         `json:"group,omitempty"`
	Status     policy.Status  `json:"status,omitempty"` // of createUser and restoreUser
	Attributes []string       `json:"attributes,omitempty"`
	Conflict   string         `json:"conflict,omitempty"` // its kind
	Because    *policy.Reason `json:"because,omitempty"`

	UserName string `json:"userName,omitempty"` // never stored: what the record is called when the event is read
}

// What would have been done beyond what a plan's lines say (see Op): a plan lists only what there
// is to do, and a request may also take something off that list, or leave it as it is.
const (
	OpForgetUser Op = "forgetUser" // would no longer make the user
	OpUnlinkUser Op = "unlinkUser" // would no longer link the record
	OpKeepOut    Op = "keepOut"    // would not add it to a group that the IdP sends
	OpLeaveOut   Op = "leaveOut"   // would make no user of the record
	OpConflict   Op = "conflict"   // would wait for an administrator
)

// mostWould is how many lines an event keeps.
const mostWould = 1000

// Why nothing could be decided.
const (
	undecidedRules  = "rules"  // the connector's rules do not compile
	undecidedFailed = "failed" // it could not be worked out; the server's log says more
)

// compare says how two suppositions about the same records differ, in the order of the records.
func compare(before, after *supposed, slug func(uuid.UUID) string) *Would {
	w := &Would{Lines: []WouldLine{}, Everybody: before.groups != after.groups}
	people := make(map[uuid.UUID]bool)
	for _, s := range []*supposed{before, after} {
		for id := range s.people {
			people[id] = true
		}
	}
	for _, id := range sortedIDs(people) {
		w.Lines = append(w.Lines, linesBetween(before.people[id], after.people[id], slug)...)
	}
	for _, id := range sortedIDs(after.left) {
		if because := after.left[id]; before.left[id].Code != because.Code {
			w.Lines = append(w.Lines, WouldLine{Op: OpLeaveOut, Record: id, Because: &because})
		}
	}
	for _, id := range sortedIDs(after.conflicts) {
		for _, kind := range after.conflicts[id] {
			if !slices.Contains(before.conflicts[id], kind) {
				w.Lines = append(w.Lines, WouldLine{Op: OpConflict, Record: id, Conflict: kind})
			}
		}
	}
	slices.SortStableFunc(w.Lines, func(a, b WouldLine) int { return slices.Compare(a.Record[:], b.Record[:]) })
	if more := len(w.Lines) - mostWould; more > 0 {
		w.Lines, w.More = w.Lines[:mostWould], more
	}
	return w
}

// linesBetween are the lines about one person. One whom only one of the two suppositions moves is
// left by the other as the directory has it.
func linesBetween(before, after *supposedPerson, slug func(uuid.UUID) string) (lines []WouldLine) {
	var was, is standing
	x := after
	switch {
	case before == nil:
		was, is = after.now, after.then
	case after == nil:
		x, was, is = before, before.then, before.now
	default:
		was, is = before.then, after.then
		if before.links && !after.links {
			x = before
		}
	}
	add := func(l WouldLine, because policy.Reason) {
		l.Record, l.User = x.record, x.user
		if because.Code != "" {
			l.Because = &because
		}
		lines = append(lines, l)
	}
	linked, links := before != nil && before.links, after != nil && after.links
	switch {
	case was.exists && !is.exists:
		add(WouldLine{Op: OpForgetUser}, is.because)
		return lines
	case !was.exists && is.exists:
		add(WouldLine{Op: OpCreateUser, Status: is.status}, is.because)
	case links && !linked:
		add(WouldLine{Op: OpLinkUser}, policy.Reason{})
	case linked && !links:
		add(WouldLine{Op: OpUnlinkUser}, policy.Reason{})
	}
	if was.exists {
		if op := opOfStatus(was.status, is.status); op != "" {
			l := WouldLine{Op: op}
			if op == OpRestoreUser {
				l.Status = is.status
			}
			add(l, is.because)
		}
		if !sameJSON(was.profile, is.profile) && is.status != policy.UserDeleted {
			if names, _ := difference(was.profile, is.profile); len(names) > 0 {
				add(WouldLine{Op: OpUpdateUser, Attributes: names}, policy.Reason{})
			}
		}
	}
	for _, key := range slices.Sorted(maps.Keys(is.groups)) {
		if _, had := was.groups[key]; !had {
			add(WouldLine{Op: OpAddMembership, Group: is.groups[key].name}, is.groups[key].because)
		}
	}
	for _, key := range slices.Sorted(maps.Keys(was.groups)) {
		if _, has := is.groups[key]; !has {
			add(WouldLine{Op: OpRemoveMembership, Group: was.groups[key].name}, is.endOf(key, was.groups[key], slug))
		}
	}
	for _, key := range slices.Sorted(maps.Keys(is.kept)) {
		if k := is.kept[key]; was.kept[key].because.Code != k.because.Code {
			add(WouldLine{Op: OpKeepOut, Group: k.name}, k.because)
		}
	}
	return lines
}

// endOf is why a membership would end.
func (s *standing) endOf(key string, m place, slug func(uuid.UUID) string) policy.Reason {
	if s.decision == nil {
		return policy.Reason{}
	}
	because := endOf(MembershipRow{Group: GroupFact{Key: key}, Supports: m.supports}, *s.decision, slug)
	if because.Code == "" { // the directory has never held it, so there is no verdict about it
		because = policy.Reason{Code: policy.CodeNotSent, Connector: slug(m.supports[0].Connector)}
	}
	return because
}

// opOfStatus is what a change of status is called in a plan; "" if there is none.
func opOfStatus(was, is policy.Status) Op {
	switch {
	case was == is:
		return ""
	case is == policy.UserDeleted:
		return OpDeleteUser
	case was == policy.UserDeleted:
		return OpRestoreUser
	case is == policy.UserDisabled:
		return OpDisableUser
	}
	return OpEnableUser
}

// mostNamed is how many people a page of events calls by their names.
const mostNamed = 1000

// nameWould puts names to the people of whom events say what would have been done.
func (d *Directory) nameWould(ctx context.Context, events []Event) error {
	found := make(map[int]*Would)
	ids := make(map[uuid.UUID]bool)
	for i, e := range events {
		if !bytes.Contains(e.Changes, []byte(`"would":`)) {
			continue
		}
		var told struct{ Would *Would }
		if json.Unmarshal(e.Changes, &told) != nil || told.Would == nil {
			continue
		}
		found[i] = told.Would
		for _, l := range told.Would.Lines {
			if len(ids) < mostNamed {
				ids[l.Record] = true
			}
		}
	}
	if len(ids) == 0 {
		return nil
	}
	names, err := d.store.RecordNames(ctx, sortedIDs(ids))
	if err != nil {
		return err
	}
	for i, would := range found {
		for n := range would.Lines {
			would.Lines[n].UserName = names[would.Lines[n].Record]
		}
		var changes map[string]json.RawMessage
		if err := json.Unmarshal(events[i].Changes, &changes); err != nil {
			return fmt.Errorf("reading the changes of event %s: %w", events[i].ID, err)
		}
		changes["would"] = mustJSON(would)
		events[i].Changes = mustJSON(changes)
	}
	return nil
}
