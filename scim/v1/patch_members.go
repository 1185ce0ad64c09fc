package v1

import (
	"strings"

	"github.com/muster-scim/muster/scim"
)

// members adds the operations for a group's members: those to be removed, and those to be added.
// One that is named twice is what the last mention says.
func (t *translation) members(v any) error {
	whole := false
	for _, name := range t.removed {
		whole = whole || strings.EqualFold(name, "members")
	}
	if v == nil {
		if whole {
			t.add("remove", "members", nil)
		}
		return nil
	}
	added, removed, err := splitMembers(v)
	switch {
	case err != nil:
		return err
	case whole:
		t.add("replace", "members", added)
		return nil
	case removed != nil:
		t.add("remove", "members", removed)
	}
	t.add("add", "members", added)
	return nil
}

// splitMembers divides members into those to be added and those to be removed, nil if none are.
// What is no list of members is left to the parser, which says what is wrong with it.
func splitMembers(v any) (added, removed any, err error) {
	list, gone, err := mentions(v)
	if err != nil || gone == nil {
		return v, nil, err
	}
	stay, leave := []scim.Member{}, []scim.Member{}
	for _, m := range list {
		if gone[m.Value] {
			leave = append(leave, m)
		} else {
			stay = append(stay, m)
		}
	}
	return stay, leave, nil
}

// mentions are the members that v names, and who of them is gone by the last mention; nil if
// nobody is, or if v is no list of members.
func mentions(v any) (list []scim.Member, gone map[string]bool, err error) {
	note := func(m scim.Member, operation string) error {
		deletes, err := deleting("members", operation)
		if deletes && gone == nil {
			gone = map[string]bool{}
		}
		if gone != nil {
			gone[m.Value] = deletes
		}
		return err
	}
	if list, ok := v.([]scim.Member); ok {
		for _, m := range list {
			if err := note(m, m.Operation()); err != nil {
				return nil, nil, err
			}
		}
		return list, gone, nil
	}
	for _, e := range elements(v) {
		m, operation, ok, err := mentionOf(e)
		if err != nil || !ok {
			return nil, nil, err
		}
		if err := note(m, operation); err != nil {
			return nil, nil, err
		}
		list = append(list, m)
	}
	return list, gone, nil
}

// mentionOf reads a member from an object or a bare id; false if it is neither.
func mentionOf(e any) (m scim.Member, operation string, ok bool, err error) {
	if id, isText := e.(string); isText {
		return scim.Member{Value: id}, "", true, nil
	}
	object, isObject := e.(map[string]any)
	if !isObject {
		return m, "", false, nil
	}
	word, _ := field(object, "operation")
	if operation, ok = word.(string); !ok && word != nil {
		return m, "", false, unknownOperation("members")
	}
	value, _ := field(object, "value")
	m.Value, ok = value.(string)
	return m, operation, ok, nil
}
