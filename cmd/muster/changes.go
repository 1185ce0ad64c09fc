package main

import (
	"bytes"
	"encoding/json"
	"maps"
	"slices"
	"strings"
)

// inShort says an event's changes in a line: what is so now, and what was before.
//
//	{"because":{"code":"neverAssign","connector":"acme-okta",…},"group":"jira-admins","origin":"idp"}
//	group jira-admins, origin idp, because neverAssign of acme-okta, .*-admins
func inShort(changes json.RawMessage) string {
	var fields map[string]json.RawMessage
	if json.Unmarshal(changes, &fields) != nil || len(fields) == 0 {
		return strings.Trim(string(changes), "{}")
	}
	if was, now, ok := beforeAndAfter(changes); ok {
		return difference(was, now)
	}
	var parts []string
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		value := fields[name]
		if name == "because" || name == "would" {
			continue
		}
		if was, now, ok := beforeAndAfter(value); ok {
			parts = append(parts, name+" "+difference(was, now))
			continue
		}
		parts = append(parts, name+" "+plain(value))
	}
	var because because
	if json.Unmarshal(fields["because"], &because) == nil && because.Code != "" {
		why := because.Code
		if because.Connector != "" {
			why += " of " + because.Connector
		}
		if because.Pattern != "" {
			why += " (" + because.Pattern + ")"
		}
		parts = append(parts, "because "+why)
	}
	if told := fields["would"]; told != nil {
		parts = append(parts, inWords(told))
	}
	return strings.Join(parts, ", ")
}

// beforeAndAfter takes {"before":…,"after":…} apart.
func beforeAndAfter(value json.RawMessage) (before, after json.RawMessage, ok bool) {
	var pair map[string]json.RawMessage
	if json.Unmarshal(value, &pair) != nil || pair["after"] == nil && pair["before"] == nil {
		return nil, nil, false
	}
	for _, side := range []string{"before", "after"} {
		if pair[side] == nil {
			pair[side] = json.RawMessage(`"-"`)
		}
	}
	return pair["before"], pair["after"], true
}

// difference says of two objects the fields that differ, of two values both.
func difference(before, after json.RawMessage) string {
	var was, now map[string]json.RawMessage
	if json.Unmarshal(before, &was) != nil || json.Unmarshal(after, &now) != nil {
		return plain(before) + " -> " + plain(after)
	}
	all := maps.Clone(was)
	maps.Copy(all, now)
	var parts []string
	for _, name := range slices.Sorted(maps.Keys(all)) {
		if !bytes.Equal(was[name], now[name]) {
			parts = append(parts, name+" "+plain(was[name])+" -> "+plain(now[name]))
		}
	}
	if parts == nil {
		return "nothing differs"
	}
	return strings.Join(parts, ", ")
}

// plain is a value without the marks of JSON, where it is a text or a list of texts.
func plain(value json.RawMessage) string {
	var text string
	var list []string
	switch {
	case len(value) == 0:
		return "-"
	case json.Unmarshal(value, &text) == nil:
		return text
	case json.Unmarshal(value, &list) == nil:
		return "[" + strings.Join(list, " ") + "]"
	}
	return string(value)
}
