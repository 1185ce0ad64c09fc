package directory

import (
	"encoding/json"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/google/uuid"

	"github.com/muster-scim/muster/policy"
	"github.com/muster-scim/muster/scim"
)

// actor is who stands behind the events of one transaction.
type actor struct {
	kind    string // credential, admin, system
	id      string
	request string

	effect *Effect // is told what came of it; nil: nobody asks
}

func (s Source) actor() actor {
	return actor{kind: "credential", id: s.Credential.String(), request: s.Request, effect: s.Effect}
}

func (a Admin) actor() actor { return actor{kind: "admin", id: a.ID, request: a.Request} }

var worker = actor{kind: "system", id: "worker"}

// event adds an event to the transaction. Values are clear values of a person; changes hold none.
func (w *work) event(action string, e EventRow) {
	e.ID = newID()
	e.Time = w.now
	if e.Connector == uuid.Nil {
		e.Connector = w.scope.Connector
	}
	e.ActorType, e.Actor, e.Request = w.by.kind, w.by.id, w.by.request
	e.Action = action
	if w.comment != "" && strings.HasPrefix(action, "directory.membership.") {
		e.Changes["comment"] = w.comment
	}
	w.changes.Events = append(w.changes.Events, e)
}

// quoted is a text inside a path, such as the address in emails[value eq "ada@acme.example"]: it may
// be a person's, and what is sealed holds none of those.
var quoted = regexp.MustCompile(`"(?:[^"\\]|\\.)*"?`)

// notes writes down what was tolerated in a request.
func (w *work) notes(record uuid.UUID, notes []scim.Note) {
	if len(notes) == 0 {
		return
	}
	list := make([]map[string]string, len(notes))
	for i, n := range notes {
		list[i] = map[string]string{"code": n.Code, "path": quoted.ReplaceAllString(n.Path, `"…"`)}
	}
	w.event("record.tolerated", EventRow{Record: record, Changes: map[string]any{"notes": list}})
}

// difference says which attributes differ between two stored documents: their names, which an
// event may show, and their values before and after, which it keeps apart.
func difference(before, after json.RawMessage) (names []string, values map[string]any) {
	b, a := scim.ParseDocument(before), scim.ParseDocument(after)
	values = make(map[string]any)
	for name := range maps.Keys(b) {
		if _, still := a[name]; !still {
			values[name] = map[string]any{"before": b[name]}
		}
	}
	for name, value := range a {
		old, was := b[name]
		switch {
		case !was:
			values[name] = map[string]any{"after": value}
		case !scim.Equal(scim.Document{name: old}, scim.Document{name: value}):
			values[name] = map[string]any{"before": old, "after": value}
		}
	}
	return slices.Sorted(maps.Keys(values)), values
}

// reasonOf puts a support's reason into the words that the outside reads.
func (w *work) reasonOf(s Support) policy.Reason { return reason(w.settings, s) }

func reason(st *Settings, s Support) policy.Reason {
	r := policy.Reason{Code: s.Code, List: s.List, Pattern: s.Pattern, Path: s.Path, Detail: s.Detail}
	id := s.Connector
	if s.Behind != uuid.Nil {
		id = s.Behind
	}
	if c := st.Connectors[id]; c != nil {
		r.Connector = c.Slug
	}
	return r
}
