package main

import (
	"cmp"
	"encoding/json"
	"fmt"
	"strings"
)

// would is what a request to an observing connector would have done.
type would struct {
	Lines        []wouldLine
	More, People int
	Everybody    bool
	Undecided    string
}

type wouldLine struct {
	Op, Record, UserName, Group, Status, Conflict string
	Attributes                                    []string
	Because                                       because
}

// inWords says what an observed request would have done, in one line:
//
//	would have created ada, added ada to jira-users (sent), would not have added ada to corp-admins (neverAssign)
func inWords(data json.RawMessage) string {
	var w would
	if json.Unmarshal(data, &w) != nil {
		return plain(data)
	}
	switch {
	case w.Undecided == "rules":
		return "what it would have done is not known: the connector's rules do not compile, save them anew"
	case w.Undecided != "":
		return "what it would have done could not be worked out; the server's log says more"
	case w.People > 0:
		return fmt.Sprintf("would have concerned %d people, see the plan of going live", w.People)
	}
	said := make(map[string][]string)
	for _, l := range w.Lines {
		how, what := l.inWords()
		said[how] = append(said[how], what)
	}
	var parts []string
	for _, how := range []string{"would have ", "would no longer have ", "would not have "} {
		if len(said[how]) > 0 {
			parts = append(parts, how+strings.Join(said[how], ", "))
		}
	}
	if len(parts) == 0 {
		parts = []string{"would have done nothing"}
	}
	if w.More > 0 {
		parts = append(parts, fmt.Sprintf("and %d things more", w.More))
	}
	if w.Everybody {
		parts = append(parts, "and as it begins or ends the sending of groups it concerns everybody, see the plan of going live")
	}
	return strings.Join(parts, ", ")
}

// inWords says a line: how it begins, and what would be done.
func (l wouldLine) inWords() (how, what string) {
	who, group := printable(cmp.Or(l.UserName, "record "+l.Record)), printable(l.Group)
	why := ""
	if l.Because.Code != "" {
		why = " (" + l.Because.Code + ")"
	}
	const would, no, longer = "would have ", "would not have ", "would no longer have "
	switch l.Op {
	case "createUser":
		if l.Status != "active" {
			return would, "created " + who + " as " + l.Status + why
		}
		return would, "created " + who
	case "leaveOut":
		return no, "created " + who + why
	case "forgetUser":
		return longer, "created " + who
	case "linkUser":
		return would, "linked " + who + " to the user who is there"
	case "unlinkUser":
		return longer, "linked " + who
	case "addMembership":
		return would, "added " + who + " to " + group + why
	case "removeMembership":
		return would, "removed " + who + " from " + group + why
	case "keepOut":
		return no, "added " + who + " to " + group + why
	case "updateUser":
		return would, "changed " + strings.Join(l.Attributes, " and ") + " of " + who
	case "conflict":
		return would, "made " + who + " wait for an administrator (" + l.Conflict + ")"
	}
	done := map[string]string{"enableUser": "enabled", "disableUser": "disabled", "deleteUser": "deleted", "restoreUser": "restored"}
	return would, cmp.Or(done[l.Op], l.Op) + " " + who + why
}
