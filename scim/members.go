package scim

import (
	"github.com/muster-scim/muster/scim/canonical"
)

var membersAttribute = groupSchema.byName["members"]

// maxMemberValue is how many bytes a member's value may have: ids, user names and external ids
// fit, and it can be indexed.
const maxMemberValue = 1024

// memberValues are the values of the members that v says, in order and each once. v is an array
// of member objects or plain ids, or one of them.
func memberValues(v any) ([]string, error) {
	switch v := v.(type) {
	case []Member:
		set := newValueSet(len(v))
		for _, m := range v {
			if err := set.add(m.Value); err != nil {
				return nil, err
			}
		}
		return set.values, nil
	case []any:
		set := newValueSet(len(v))
		for _, e := range v {
			value, err := memberValue(e)
			if err == nil {
				err = set.add(value)
			}
			if err != nil {
				return nil, err
			}
		}
		return set.values, nil
	}
	value, err := memberValue(v)
	if err != nil {
		return nil, err
	}
	set := newValueSet(1)
	if err := set.add(value); err != nil {
		return nil, err
	}
	return set.values, nil
}

func memberValue(e any) (string, error) {
	switch e := e.(type) {
	case string:
		return e, nil
	case Member:
		return e.Value, nil
	case map[string]any:
		v, ok := field(e, "value")
		if !ok || v == nil {
			return "", InvalidValue("a member has no value")
		}
		s, ok := v.(string)
		if !ok {
			return "", wrongType("members.value", "a string", v)
		}
		return s, nil
	}
	return "", wrongType("members", "an array of objects with a value", e)
}

// valueSet is an ordered set of member values.
type valueSet struct {
	values []string
	seen   map[string]struct{} // only for many
}

func newValueSet(n int) *valueSet {
	s := &valueSet{values: make([]string, 0, n)}
	if n > 16 {
		s.seen = make(map[string]struct{}, n)
	}
	return s
}

func (s *valueSet) add(value string) error {
	switch {
	case value == "":
		return InvalidValue("a member's value must not be empty")
	case len(value) > maxMemberValue:
		return InvalidValue("a member's value is longer than %d bytes: %s", maxMemberValue, shown(value))
	}
	if err := canonical.CheckText(value); err != nil {
		return InvalidValue("members.value %v", err)
	}
	if s.has(value) {
		return nil
	}
	if s.seen != nil {
		s.seen[value] = struct{}{}
	}
	s.values = append(s.values, value)
	return nil
}

func (s *valueSet) has(value string) bool {
	if s.seen != nil {
		_, ok := s.seen[value]
		return ok
	}
	for _, v := range s.values {
		if v == value {
			return true
		}
	}
	return false
}
