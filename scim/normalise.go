package scim

import (
	"encoding/json"
	"strings"
)

// attribute normalises the value of a, of which parent is the complex attribute around it or
// nil. The result is nil when the value counts as absent: null, "", [] and what holds nothing
// else.
func (r *reader) attribute(parent, a *Attribute, v any) (any, error) {
	switch {
	case a.MultiValued:
		return r.entries(a, v)
	case a.Type == typeComplex:
		return r.complex(a, v)
	}
	return r.scalar(parent, a, v)
}

// scalar normalises a single plain value. Clients wrap them: booleans come as [true] anywhere,
// and a patch may say ["x"] or [{"value":"x"}].
func (r *reader) scalar(parent, a *Attribute, v any) (any, error) {
	switch w := v.(type) {
	case nil:
		return nil, nil
	case []any:
		if len(w) == 0 {
			return nil, nil
		}
		if len(w) == 1 && (r.patch || a.Type == typeBoolean) {
			return r.scalar(parent, a, w[0])
		}
	case []Member:
		if len(w) == 1 && r.patch {
			return r.scalar(parent, a, w[0].Value)
		}
	case map[string]any:
		if inner, ok := field(w, "value"); ok && r.patch {
			return r.scalar(parent, a, inner)
		}
	case string:
		if w == "" {
			return nil, nil
		}
		switch a.Type {
		case typeString, typeReference, typeBinary:
			return v, nil
		}
	}
	switch a.Type {
	case typeBoolean:
		if b, ok := boolean(v); ok {
			return b, nil
		}
		return nil, wrongType(pathOf(parent, a), "true or false", v)
	case typeDateTime:
		if s, ok := timeText(v); ok {
			return s, nil
		}
		return nil, wrongType(pathOf(parent, a), "a date and time", v)
	case typeInteger, typeDecimal:
		if n, ok := v.(json.Number); ok {
			return n, nil
		}
		return nil, wrongType(pathOf(parent, a), "a number", v)
	}
	return nil, wrongType(pathOf(parent, a), "a string", v)
}

// boolean reads a boolean, also from text in any case (Entra, Keycloak, OneAccess).
func boolean(v any) (value, ok bool) {
	switch v := v.(type) {
	case bool:
		return v, true
	case string:
		switch {
		case equalFold(v, "true"):
			return true, true
		case equalFold(v, "false"):
			return false, true
		}
	}
	return false, false
}

// complex normalises one complex value. Plain text stands for its value (Entra's manager), an
// array of one element for the element.
func (r *reader) complex(a *Attribute, v any) (any, error) {
	switch w := v.(type) {
	case nil:
		return nil, nil
	case string:
		switch {
		case w == "":
			return nil, nil
		case a.value() != nil:
			return map[string]any{"value": w}, nil
		}
	case []any:
		switch len(w) {
		case 0:
			return nil, nil
		case 1:
			if _, nested := w[0].([]any); !nested {
				return r.complex(a, w[0])
			}
		}
	case []Member:
		if len(w) == 1 {
			return r.complex(a, w[0].Object())
		}
	case Member:
		return r.complex(a, w.Object())
	case map[string]any:
		m, err := r.subs(a.Name, a.subs, a, w)
		if err != nil || len(m) == 0 && !r.patch {
			return nil, err
		}
		return m, nil
	}
	return nil, wrongType(a.Name, "an object", v)
}

// subs normalises the members of a complex value or of an extension (parent nil), whose
// attributes are known. An object that needs no change is taken as it is.
func (r *reader) subs(path string, known index, parent *Attribute, m map[string]any) (map[string]any, error) {
	clean := true
	for key, v := range m {
		name, value, err := r.sub(path, known, parent, key, v)
		if err != nil {
			return nil, err
		}
		if name != key || !same(value, v) {
			clean = false
		}
	}
	if clean {
		return m, nil
	}
	out := make(map[string]any, len(m))
	for key, v := range m {
		name, value, err := r.sub(path, known, parent, key, v)
		if err != nil {
			return nil, err
		}
		if name != "" && (value != nil || r.patch) {
			out[name] = value
		}
	}
	return out, nil
}

// sub normalises one member; the name is "" when it is unknown or not for the client to say.
func (r *reader) sub(path string, known index, parent *Attribute, key string, v any) (string, any, error) {
	a := known.find(key)
	switch {
	case a == nil:
		return "", nil, r.unknown(path + "." + key)
	case a.Mutability == ReadOnly:
		return "", nil, nil
	}
	value, err := r.attribute(parent, a, v)
	return a.Name, value, err
}

// same says whether normalising left a value as it was. It is asked of values of which at
// least one came out of the other.
func same(value, v any) bool {
	switch w := v.(type) {
	case string:
		return value == v
	case bool, json.Number:
		return value == v
	case map[string]any:
		m, ok := value.(map[string]any)
		return ok && len(m) == len(w) && sameMap(m, w)
	}
	return false
}

// sameMap says whether a and b are one map.
func sameMap(a, b map[string]any) bool {
	for k, v := range a {
		w, ok := b[k]
		if !ok || !same(v, w) {
			return false
		}
	}
	return true
}

// entries normalises a multi-valued attribute; a single object or text stands for an array of
// it (OneLogin's emails).
func (r *reader) entries(a *Attribute, v any) (any, error) {
	var list []any
	switch v := v.(type) {
	case nil:
		return nil, nil
	case []any:
		list = v
	case []Member:
		if len(v) > maxEntries {
			return nil, tooManyEntries(a)
		}
		for _, m := range v {
			list = append(list, m.Object())
		}
	case map[string]any:
		list = []any{v}
	case string:
		if v == "" {
			return nil, nil
		}
		list = []any{v}
	default:
		return nil, wrongType(a.Name, "an array", v)
	}
	if len(list) > maxEntries {
		return nil, tooManyEntries(a)
	}
	kept := make([]any, 0, len(list))
	for _, e := range list {
		if _, nested := e.([]any); nested {
			return nil, wrongType(a.Name, "an array of objects", v)
		}
		entry, err := r.complex(a, e)
		if err != nil {
			return nil, err
		}
		m, _ := entry.(map[string]any)
		dropNulls(m)
		if holdsSomething(a, m) {
			kept = append(kept, entry)
		}
	}
	if len(kept) == 0 {
		return nil, nil
	}
	return tidy(a, kept), nil
}

// dropNulls takes out the marks of what a patch clears: a new entry has nothing to clear.
func dropNulls(m map[string]any) {
	for name, v := range m {
		if v == nil {
			delete(m, name)
		}
	}
}

func tooManyEntries(a *Attribute) error {
	return InvalidValue("%s has more than %d values", a.Name, maxEntries)
}

// holdsSomething says whether an entry says more than its label: {"type":"work"} is what
// clients send for an address they do not know.
func holdsSomething(a *Attribute, m map[string]any) bool {
	for name, v := range m {
		if v != nil && name != "type" && name != "primary" {
			return true
		}
	}
	return a.value() == nil && a.sub("type") == nil && len(m) > 0
}

// tidy keeps the rules of RFC 7643 2.4 for the entries of a: at most one is primary, the first
// one that says so, and no (type, value) is there twice.
func tidy(a *Attribute, list []any) []any {
	kept := list[:0]
	primary := false
	for _, e := range list {
		m := e.(map[string]any)
		if twin := findTwin(a, kept, m); twin != nil {
			for name, v := range m {
				if _, ok := twin[name]; !ok && !(name == "primary" && primary) {
					twin[name] = v
				}
			}
			if p, _ := twin["primary"].(bool); p {
				primary = true
			}
			continue
		}
		if p, _ := m["primary"].(bool); p {
			if primary {
				delete(m, "primary")
			}
			primary = true
		}
		kept = append(kept, e)
	}
	return kept
}

// findTwin finds the entry with the same type and value as m.
func findTwin(a *Attribute, list []any, m map[string]any) map[string]any {
	value, ok := m["value"]
	if !ok || a.value() == nil {
		return nil
	}
	kind, _ := m["type"].(string)
	for _, e := range list {
		other := e.(map[string]any)
		otherKind, _ := other["type"].(string)
		if other["value"] == value && strings.EqualFold(kind, otherKind) {
			return other
		}
	}
	return nil
}

func pathOf(parent, a *Attribute) string {
	if parent == nil {
		return a.Name
	}
	return parent.Name + "." + a.Name
}

func wrongType(path, wanted string, v any) error {
	got := "an object"
	switch w := v.(type) {
	case nil:
		got = "null"
	case string:
		got = "the text " + shown(w)
	case bool:
		got = "a boolean"
	case json.Number:
		got = "a number"
	case []any, []Member:
		got = "an array"
	}
	if path == "password" {
		got = "something else"
	}
	return InvalidValue("%s must be %s, not %s", path, wanted, got)
}
