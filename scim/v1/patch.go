package v1

import (
	"encoding/json"
	"slices"
	"strings"

	"github.com/muster-scim/muster/scim"
	"github.com/muster-scim/muster/scim/filter"
)

// IsPatch says whether the body of a PATCH is one of SCIM 1.1, wherever it was sent to: it has no
// Operations, names no schema of 2.0, and names the core schema of 1.1 or an attribute. A whole
// resource of 2.0 is none: its members are all that there are, where 1.1 would add them.
func IsPatch(k scim.Kind, raw map[string]any) bool {
	if _, has := field(raw, "Operations"); has {
		return false
	}
	schemas, _ := field(raw, "schemas")
	list, _ := schemas.([]any)
	named := false
	for _, e := range list {
		urn, _ := e.(string)
		if len(urn) >= len(newURNs) && strings.EqualFold(urn[:len(newURNs)], newURNs) {
			return false
		}
		named = named || strings.EqualFold(urn, Core)
	}
	t := translation{kind: k}
	for key := range raw {
		a := t.attribute(key)
		named = named || a != nil && a.Name != "schemas" && a.Name != "id"
	}
	return named
}

// newURNs is how the names of all schemas and messages of SCIM 2.0 begin.
const newURNs = "urn:ietf:params:scim:"

// Patch turns the body of a PATCH of SCIM 1.1, which is a part of a resource, into the body of
// one of 2.0. raw is used up. The error is a *scim.Error.
//
//	meta.attributes ["a"]                   remove a, before everything else
//	one value or complex                    replace; what a complex value does not name stays
//	several values                          add
//	… with "operation":"delete"             remove
//	members                                 add, or remove with "operation":"delete"
//	members, and "members" in               replace all
//	  meta.attributes
func Patch(k scim.Kind, raw map[string]any) (map[string]any, error) {
	if _, has := field(raw, "Operations"); has {
		return nil, scim.InvalidSyntax("a PATCH of SCIM 1.1 is a part of the resource and has no Operations; send them to this connector's base URL of SCIM 2.0, which ends in /v2")
	}
	t := translation{kind: k, operations: []any{}}
	if err := t.plainNames(raw); err != nil {
		return nil, err
	}
	if err := t.readRemoved(raw); err != nil {
		return nil, err
	}
	t.remove(raw)
	rest := map[string]any{}
	var lists []string
	for key := range raw {
		switch a := t.attribute(key); {
		case strings.EqualFold(key, "schemas"), strings.EqualFold(key, "meta"):
		case a == nil || !a.MultiValued:
			rest[key] = raw[key]
		case a.Mutability != scim.ReadOnly:
			lists = append(lists, key)
		}
	}
	if len(rest) > 0 {
		t.add("replace", "", rest)
	}
	slices.Sort(lists)
	for _, key := range lists {
		if err := t.list(key, raw[key]); err != nil {
			return nil, err
		}
	}
	return map[string]any{"schemas": []any{scim.PatchOpSchema}, "Operations": t.operations}, nil
}

// translation is a patch on its way.
type translation struct {
	kind       scim.Kind
	removed    []string // what meta.attributes names
	operations []any
}

// add appends an operation of SCIM 2.0. An empty path and a nil value are left out.
func (t *translation) add(op, path string, value any) {
	operation := map[string]any{"op": op}
	if path != "" {
		operation["path"] = path
	}
	if value != nil {
		operation["value"] = value
	}
	t.operations = append(t.operations, operation)
}

// attribute is the attribute that a plain key names, nil if none or one of a URN.
func (t *translation) attribute(key string) *scim.Attribute {
	if strings.Contains(key, ":") {
		return nil
	}
	path, ok := scim.Resolve(t.kind, filter.Path{Attr: key})
	if !ok {
		return nil
	}
	return path.Attribute
}

// readRemoved reads meta.attributes.
func (t *translation) readRemoved(raw map[string]any) error {
	v, _ := field(raw, "meta")
	meta, _ := v.(map[string]any)
	v, _ = field(meta, "attributes")
	list, isList := v.([]any)
	if v != nil && !isList {
		list = []any{v}
	}
	for _, e := range list {
		text, ok := e.(string)
		if !ok {
			return scim.InvalidValue("meta.attributes must be an array of names of attributes")
		}
		name, part := t.plainName(text)
		if part && strings.EqualFold(name, "members") {
			return partOfMembers(text)
		}
		if part {
			name = text
		}
		t.removed = append(t.removed, name)
	}
	return nil
}

// remove takes away what meta.attributes names. What the body sets to a single value of its own
// needs no removal, and if it is required allows none; members are replaced as a whole later.
func (t *translation) remove(raw map[string]any) {
	for _, name := range t.removed {
		v, said := field(raw, name)
		a := t.attribute(name)
		if _, text := v.(string); text && (a == nil || !a.MultiValued) {
			continue
		}
		if said && a != nil && a.Name == "members" {
			continue
		}
		t.add("remove", name, nil)
	}
}

// list adds the operations for an attribute of several values, in the order of its elements.
func (t *translation) list(key string, v any) error {
	if strings.EqualFold(key, "members") {
		return t.members(v)
	}
	if v == nil || v == "" {
		t.add("remove", key, nil)
		return nil
	}
	var run []any
	deleting := false
	flush := func() {
		if len(run) > 0 {
			t.add(word(deleting), key, run)
			run = nil
		}
	}
	for _, e := range elements(v) {
		gone := false
		if object, ok := e.(map[string]any); ok {
			var err error
			if gone, err = takeOperation(key, object); err != nil {
				return err
			}
			if label, only := onlyType(object); gone && only {
				flush()
				t.add("remove", key+"[type eq "+quoted(label)+"]", nil)
				continue
			}
		}
		if gone != deleting {
			flush()
			deleting = gone
		}
		run = append(run, e)
	}
	flush()
	return nil
}

// word is the operation of SCIM 2.0 for an element.
func word(deleting bool) string {
	if deleting {
		return "remove"
	}
	return "add"
}

// elements are the values of an attribute, of which clients send one without an array around it.
func elements(v any) []any {
	switch v := v.(type) {
	case []any:
		for i, e := range v {
			if m, ok := e.(scim.Member); ok {
				v[i] = m.Object()
			}
		}
		return v
	case []scim.Member:
		list := make([]any, len(v))
		for i, m := range v {
			list[i] = m.Object()
		}
		return list
	case scim.Member:
		return []any{v.Object()}
	}
	return []any{v}
}

// takeOperation takes the operation out of an element and says whether it deletes.
func takeOperation(name string, element map[string]any) (deletes bool, err error) {
	for key, v := range element {
		if !strings.EqualFold(key, "operation") {
			continue
		}
		delete(element, key)
		operation, ok := v.(string)
		if v != nil && !ok {
			return false, unknownOperation(name)
		}
		return deleting(name, operation)
	}
	return false, nil
}

// deleting reads an operation: SCIM 1.1 knows delete alone, OneLogin says add as well.
func deleting(name, operation string) (bool, error) {
	switch strings.ToLower(operation) {
	case "delete", "remove":
		return true, nil
	case "", "add", "replace", "update":
		return false, nil
	}
	return false, unknownOperation(name)
}

func unknownOperation(name string) error {
	return scim.InvalidValue("the operation of a value of %s must be delete, or be left out to add the value", name)
}

// onlyType says whether an element names nothing but a type, which means all values of it. What
// is empty is not named, and which one is the primary tells nothing apart.
func onlyType(element map[string]any) (label string, only bool) {
	for key, v := range element {
		text, isText := v.(string)
		switch {
		case strings.EqualFold(key, "type") && isText:
			label = text
		case v == nil, isText && text == "", strings.EqualFold(key, "primary"):
		default:
			return "", false
		}
	}
	return label, label != ""
}

func quoted(s string) string {
	text, _ := json.Marshal(s) // a string always encodes
	return string(text)
}

// field finds a member of an object, its name in any case.
func field(m map[string]any, name string) (any, bool) {
	if v, ok := m[name]; ok {
		return v, true
	}
	for key, v := range m {
		if strings.EqualFold(key, name) {
			return v, true
		}
	}
	return nil, false
}
