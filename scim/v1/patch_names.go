package v1

import (
	"slices"
	"strings"

	"github.com/muster-scim/muster/scim"
	"github.com/muster-scim/muster/scim/filter"
)

// SCIM 1.1 names an attribute also with the URN of its schema before it (3.10):
//
//	urn:scim:schemas:core:1.0:members
//
// and clients put what is of the core schema under its URN, as they do with extensions. A name
// says the same in every form, so the plain one takes the place of the others before anything is
// read: a list of members under another name would replace all of them, where it is to be added.

// plainNames gives the body's attributes of the core schema their plain names.
func (t *translation) plainNames(raw map[string]any) error {
	for _, key := range sortedKeys(raw) {
		if inner, ok := raw[key].(map[string]any); ok && isCore(key) {
			delete(raw, key)
			for name, v := range inner {
				if _, said := field(raw, name); !said {
					raw[name] = v
				}
			}
		}
	}
	for _, key := range sortedKeys(raw) {
		name, part := t.plainName(key)
		switch {
		case part && strings.EqualFold(name, "members"):
			return partOfMembers(key)
		case part:
			return scim.InvalidPath("%s names a part of values of which there are several; name %s, and send its values as objects", key, name)
		case name == key:
			continue
		}
		v := raw[key]
		delete(raw, key)
		if _, said := field(raw, name); !said {
			raw[name] = v
		}
	}
	return nil
}

func partOfMembers(name string) error {
	return scim.InvalidPath("%s names a part of members; name members, with an object for each of them", name)
}

// plainName is the name of an attribute of the core schema without its URN; other names are as
// they were. part says that it names no attribute but a part of one with several values.
func (t *translation) plainName(name string) (plain string, part bool) {
	if !strings.ContainsAny(name, ":.[") {
		return name, false
	}
	path, err := filter.ParsePath(name)
	if err != nil {
		return name, false
	}
	r, ok := scim.Resolve(t.kind, path.Path)
	switch {
	case !ok, r.URN != "", r.Attribute == nil:
		return name, false
	case r.Attribute.MultiValued && (r.Sub != nil || path.Filter != nil):
		return r.Attribute.Name, true
	case r.Sub != nil:
		return r.Attribute.Name + "." + r.Sub.Name, false
	}
	return r.Attribute.Name, false
}

// isCore says whether a key is the URN of the core schema, in any of its forms.
func isCore(key string) bool {
	return slices.ContainsFunc([]string{Core, Core + ":User", Core + ":Group", scim.CoreUser, scim.CoreGroup},
		func(urn string) bool { return strings.EqualFold(key, urn) })
}

func sortedKeys(m map[string]any) []string {
	keys := make([]string, 0, len(m))
	for key := range m {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	return keys
}
