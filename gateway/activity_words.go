package gateway

import (
	"fmt"
	"net/http"
	"strings"

	"github.com/muster-scim/muster/scim"
)

// operation says in words what a request asks for.
func (n *noted) operation(body *redacted) string {
	kind, one := n.route.Kind, n.route.named()
	switch {
	case n.operations > 0 || n.route.Pattern == "/Bulk":
		if n.operations > 0 {
			return counted(n.operations, "operation", "operations") + " at once"
		}
		return "several operations at once"
	case kind == "" && n.route.Pattern == "":
		return "asks for what there is not"
	case kind == "":
		return "reads " + strings.TrimSuffix(strings.TrimPrefix(n.route.Pattern, "/"), "/{id}")
	}
	switch n.method {
	case http.MethodGet, http.MethodHead:
		switch {
		case one:
			return "reads " + kindWord(kind, false)
		case strings.Contains(n.query, "filter="):
			return "looks for " + kindWord(kind, true)
		}
		return "lists " + kindWord(kind, true)
	case http.MethodDelete:
		return "deletes " + kindWord(kind, false)
	case http.MethodPost:
		if strings.HasSuffix(n.route.Pattern, "/.search") {
			return "looks for " + kindWord(kind, true)
		}
		return "creates " + kindWord(kind, false)
	case http.MethodPut:
		if says, active := activeIn(body.value); says && !active {
			return "replaces a user, deactivating it"
		}
		return "replaces " + kindWord(kind, false)
	}
	return patchWords(kind, body)
}

// patchWords says what a PATCH asks for, as far as that shows.
func patchWords(kind scim.Kind, body *redacted) string {
	object, _ := body.value.(map[string]any)
	if kind == scim.UserKind {
		says, active := activeIn(object)
		for _, op := range operationsOf(object) {
			_, path := member(op, "path")
			_, value := member(op, "value")
			if text, _ := path.(string); strings.EqualFold(text, "active") {
				says, active = true, truth(value)
			} else if s, a := activeIn(value); s {
				says, active = true, a
			}
		}
		switch {
		case says && !active:
			return "deactivates a user"
		case says:
			return "activates a user"
		}
		return "changes a user"
	}
	added, removed, rest := membersIn(object)
	var said []string
	if added > 0 {
		said = append(said, "adds "+counted(added, "member", "members"))
	}
	if removed > 0 {
		said = append(said, "removes "+counted(removed, "member", "members"))
	}
	switch {
	case body.cut || len(said) == 0 && rest == "":
		return "changes a group"
	case rest != "":
		said = append(said, rest)
	}
	return strings.Join(said, " and ") + " of a group"
}

func operationsOf(object map[string]any) (all []map[string]any) {
	_, list := member(object, "Operations")
	items, _ := list.([]any)
	for _, item := range items {
		if op, ok := item.(map[string]any); ok {
			all = append(all, op)
		}
	}
	return all
}

// membersIn counts the members that a patch of a group adds and removes; rest is what else it does.
func membersIn(object map[string]any) (added, removed int, rest string) {
	if _, old := member(object, "members"); old != nil { // SCIM 1.1
		for _, m := range listOf(old) {
			entry, _ := m.(map[string]any)
			if _, op := member(entry, "operation"); op == "delete" {
				removed++
			} else {
				added++
			}
		}
	}
	for _, op := range operationsOf(object) {
		_, name := member(op, "op")
		_, where := member(op, "path")
		_, value := member(op, "value")
		verb, _ := name.(string)
		path, _ := where.(string)
		if holder, ok := value.(map[string]any); ok && path == "" {
			if _, members := member(holder, "members"); members != nil {
				path, value = "members", members
			}
		}
		switch verb = strings.ToLower(verb); {
		case !strings.HasPrefix(strings.ToLower(path), "members"):
			rest = "changes the name"
			if !strings.Contains(strings.ToLower(path+fmt.Sprint(value)), "displayname") {
				rest = "changes attributes"
			}
		case verb == "replace":
			rest = "replaces the members"
		case verb == "remove" && (value == nil || strings.Contains(path, "[")):
			if removed++; !strings.Contains(path, "[") {
				removed, rest = removed-1, "removes all members"
			}
		case verb == "remove":
			removed += len(listOf(value))
		default:
			added += len(listOf(value))
		}
	}
	return added, removed, rest
}

func listOf(value any) []any {
	if list, ok := value.([]any); ok {
		return list
	}
	return []any{value}
}

// activeIn says whether an object says active, and what.
func activeIn(value any) (says, active bool) {
	object, _ := value.(map[string]any)
	name, said := member(object, "active")
	return name != "", truth(said)
}

// truth is what a value of active means; IdPs send it as a text too.
func truth(value any) bool {
	switch v := value.(type) {
	case bool:
		return v
	case string:
		return !strings.EqualFold(v, "false") && v != "0"
	case []any:
		return len(v) == 1 && truth(v[0])
	case map[string]any:
		_, inner := member(v, "value")
		return truth(inner)
	}
	return true
}

// counted says how many of something there are.
func counted(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}
