package directory

import (
	"fmt"
	"slices"
	"strings"

	"github.com/google/uuid"

	"github.com/muster-scim/muster/policy"
)

// Effect is what came of a request, as counts: of its own record, and of the directory in the same
// transaction. Whoever hands one along (Source.Effect) may read it once the request's calls have
// returned; calls after each other add to it. Nobody's name is in it.
type Effect struct {
	Record         string // what became of the record: created, changed, deleted; "" if nothing did
	MembersAdded   int    // of the group record
	MembersRemoved int
	Unknown        int // of those added, which name nobody yet

	Written, Removed int // memberships of the directory, also when only their reason changed
	Users            map[string]int
	Groups           map[string]int
	Held, Conflicts  int
	Dropped          []Dropped
	Queued           bool // more people than one request settles wait for the workers
	Observed         bool // the connector observes, so the directory stands still
	Would            int  // lines of what would have been done
}

// Dropped is how many memberships that a request asks for a rule does not let through.
type Dropped struct {
	Count   int
	Because policy.Reason
}

// feeding is the group that a request adds people to, and who of them the rules keep out.
type feeding struct {
	key     string // of the group's name, as its people are fed by it; "": the request adds nobody to a group
	dropped []Dropped
}

// noteDropped notes that the rules keep somebody out of the group that the request adds people to.
func (w *work) noteDropped(d *policy.Decision) {
	if w.by.effect == nil || w.feeding.key == "" {
		return
	}
	slug := w.slug(w.scope.Connector)
	for _, v := range d.Verdicts {
		if v.Admitted || v.Key != w.feeding.key || v.Connector != slug {
			continue
		}
		switch v.Because.Code {
		case policy.CodeNotSent, policy.CodeNoRecord, policy.CodeDefaultSpent, policy.CodeRecordDeleted:
			continue
		}
		w.feeding.dropped = addDropped(w.feeding.dropped, Dropped{1, v.Because})
	}
}

// addDropped adds to a list in which each rule is once.
func addDropped(list []Dropped, d Dropped) []Dropped {
	for i := range list {
		if b := &list[i].Because; b.Code == d.Because.Code && b.List == d.Because.List && b.Pattern == d.Because.Pattern {
			list[i].Count += d.Count
			return list
		}
	}
	return append(list, d)
}

// note adds what a transaction that is committed has done.
func (e *Effect) note(w *work, queued bool) {
	c := w.changes
	e.MembersAdded += len(c.AddEdges) + len(c.AddUnresolved)
	e.Unknown += len(c.AddUnresolved)
	e.MembersRemoved += len(c.DropEdges) + len(c.SayNoMore) + len(c.DropUnresolved)
	e.Queued = e.Queued || queued
	for _, d := range w.feeding.dropped {
		e.Dropped = addDropped(e.Dropped, d)
	}
	events := c.Events
	if w.observed != nil {
		e.Observed = true
		events = slices.Concat(events, w.observed.told)
	}
	for i := range events {
		e.noteEvent(&events[i])
	}
}

func (e *Effect) noteEvent(row *EventRow) {
	kind, what, _ := strings.Cut(strings.TrimPrefix(row.Action, "directory."), ".")
	switch {
	case strings.HasPrefix(row.Action, "record."):
		if would, ok := row.Changes["would"].(*Would); ok {
			e.Would += len(would.Lines) + would.More
		}
		if _, done, _ := strings.Cut(what, "."); done != "" {
			e.Record = done
		}
	case kind == "membership" && what == "removed":
		e.Removed++
	case kind == "membership":
		e.Written++
	case kind == "user":
		e.Users = count(e.Users, what)
	case kind == "group":
		e.Groups = count(e.Groups, what)
	case row.Action == "directory.hold.created":
		e.Held++
	case row.Action == "directory.conflict.opened":
		e.Conflicts++
	}
}

func count(counts map[string]int, what string) map[string]int {
	if counts == nil {
		counts = make(map[string]int, 2)
	}
	counts[what]++
	return counts
}

// userWords are what can become of users, in the order in which it is said. What a new user is
// linked to goes without saying.
var userWords = []string{"created", "linked", "updated", "enabled", "disabled", "deleted", "restored", "unlinked", "copied"}

// Words says the effect in a line: "3 memberships written, 1 dropped by a rule (neverAssign
// .*-admins)". A request that changed nothing says so.
func (e *Effect) Words() string {
	var said []string
	say := func(n int, one, many, what string) {
		if n > 0 {
			said = append(said, counted(n, one, many)+" "+what)
		}
	}
	if e.Record != "" {
		said = append(said, "record "+e.Record)
	}
	say(e.MembersAdded, "member", "members", "added")
	if e.Unknown > 0 {
		said = append(said, fmt.Sprintf("%d of them unknown yet", e.Unknown))
	}
	say(e.MembersRemoved, "member", "members", "removed")
	for _, what := range userWords {
		if what == "linked" && e.Users[what] == e.Users["created"] {
			continue
		}
		say(e.Users[what], "user", "users", what)
	}
	for _, what := range []string{"created", "renamed"} {
		say(e.Groups[what], "group", "groups", what)
	}
	say(e.Written, "membership", "memberships", "written")
	say(e.Removed, "membership", "memberships", "removed")
	for _, d := range e.Dropped {
		said = append(said, fmt.Sprintf("%d dropped by a rule (%s)", d.Count, ruleOf(d.Because)))
	}
	say(e.Held, "change", "changes", "held")
	say(e.Conflicts, "conflict", "conflicts", "opened")
	if e.Queued {
		said = append(said, "more people are settled in the background")
	}
	switch {
	case e.Observed && e.Would > 0:
		said = append(said, counted(e.Would, "change", "changes")+" would follow if the connector were live")
	case e.Observed:
		said = append(said, "nothing more would follow if the connector were live")
	}
	if len(said) == 0 {
		return "nothing changed"
	}
	return strings.Join(said, ", ")
}

// ruleOf names a rule by list and pattern, or by the code of its reason.
func ruleOf(r policy.Reason) string {
	if r.List == "" {
		return string(r.Code)
	}
	return strings.TrimSpace(r.List + " " + r.Pattern)
}

// feeds notes that a request adds people to a group that is settled by its name.
func (w *work) feeds(group *GroupRow) {
	if group.ViewKey != "" && w.scope.Connector != uuid.Nil {
		w.feeding.key = group.ViewKey
	}
}
