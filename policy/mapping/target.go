package mapping

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// target is the place in a user's attributes that a step gives a value.
type target struct {
	urn  string // of an extension; empty for core attributes
	name string
	kind kind
	by   string // the entry of a list: the type that it has; empty for the whole attribute
	sub  string
}

// entryOf is attribute[type eq "work"], with or without a sub-attribute.
var entryOf = regexp.MustCompile(`^([A-Za-z0-9]+)\[\s*type\s+(?i:eq)\s+"([A-Za-z0-9 _-]{1,64})"\s*\](?:\.([A-Za-z$][A-Za-z0-9]*))?$`)

var plainName = regexp.MustCompile(`^[A-Za-z$][A-Za-z0-9_-]*(\.[A-Za-z$][A-Za-z0-9_-]*)?$`)

// parseTarget reads a SCIM path and checks it against the schema. The error completes "target …".
func parseTarget(path string) (target, error) {
	if strings.HasPrefix(strings.ToLower(path), "urn:") {
		return extensionTarget(path)
	}
	if m := entryOf.FindStringSubmatch(path); m != nil {
		return entryTarget(m[1], m[2], m[3])
	}
	if !plainName.MatchString(path) {
		return target{}, fmt.Errorf(`%q is no path of an attribute; write one such as title, name.givenName, emails[type eq "work"].value or %s:department`, shortened(path), Enterprise)
	}
	name, sub, _ := strings.Cut(path, ".")
	if name == "active" {
		return target{}, fmt.Errorf("active cannot be given by a mapping: whether a user is active is what its IdP says. To leave somebody out, use dropWhen")
	}
	if name == "enterprise" {
		return target{}, fmt.Errorf("%q is written %s:%s", path, Enterprise, sub)
	}
	a, known := find(attributes, name)
	if !known {
		return target{}, fmt.Errorf("%q cannot be given: %s", shortened(path), unknown(name, attributes))
	}
	t := target{name: name, kind: a.kind, sub: sub}
	if sub == "" {
		return t, nil
	}
	if a.kind == list {
		return target{}, fmt.Errorf(`%q does not say which entry; write %s[type eq "work"].%s`, path, name, sub)
	}
	return t.within(a, path)
}

func entryTarget(name, by, sub string) (target, error) {
	a, known := find(attributes, name)
	switch {
	case !known:
		return target{}, fmt.Errorf("%q cannot be given: %s", name, unknown(name, attributes))
	case a.kind != list:
		return target{}, fmt.Errorf("%s has no entries; write %s alone", name, name)
	}
	t := target{name: name, kind: list, by: by, sub: sub}
	if sub == "" {
		return target{}, fmt.Errorf(`%s[type eq %q] does not say what of the entry; write %s[type eq %q].value`, name, by, name, by)
	}
	if sub == "type" || sub == "primary" {
		return target{}, fmt.Errorf("%s of an entry cannot be given; give %s as a whole", sub, name)
	}
	return t.within(a, fmt.Sprintf("%s[type eq %q].%s", name, by, sub))
}

func extensionTarget(path string) (target, error) {
	end := strings.LastIndexByte(path, ':')
	urn, name := path[:end], path[end+1:]
	name, sub, _ := strings.Cut(name, ".")
	if name == "" || strings.Count(urn, ":") < 2 {
		return target{}, fmt.Errorf("%q does not name an attribute of the extension; write %s:department", shortened(path), Enterprise)
	}
	if strings.EqualFold(urn, "urn:ietf:params:scim:schemas:core:2.0:User") {
		return target{}, fmt.Errorf("%q is a core attribute; write %s alone", shortened(path), path[end+1:])
	}
	if !strings.EqualFold(urn, Enterprise) {
		if !plainName.MatchString(path[end+1:]) {
			return target{}, fmt.Errorf("%q is no path of an attribute", shortened(path))
		}
		return target{urn: urn, name: name, kind: open, sub: sub}, nil
	}
	a, known := find(ofEnterprise, name)
	if !known {
		return target{}, fmt.Errorf("%q cannot be given: %s", shortened(path), unknown(name, ofEnterprise))
	}
	t := target{urn: Enterprise, name: name, kind: a.kind, sub: sub}
	if sub == "" {
		return t, nil
	}
	return t.within(a, path)
}

// within checks the target's sub-attribute; it is a text from then on.
func (t target) within(a attribute, path string) (target, error) {
	if !slices.Contains(a.subs, t.sub) {
		problem := fmt.Errorf("%q cannot be given: %s has no parts", path, a.name)
		if len(a.subs) > 0 {
			problem = fmt.Errorf("%q cannot be given: %s has only %s", path, a.name, strings.Join(a.subs, ", "))
		}
		return target{}, problem
	}
	return t, nil
}

// takes is the kind of value that the target takes.
func (t target) takes() kind {
	if t.sub != "" && t.kind != open {
		return text
	}
	return t.kind
}

// at reads the target's value; nil when there is none.
func (t target) at(doc map[string]any) any {
	if t.urn != "" {
		doc, _ = doc[t.urn].(map[string]any)
	}
	value := doc[t.name]
	switch {
	case t.by != "":
		entries, _ := value.([]any)
		if e := entryBy(entries, t.by); e != nil {
			return e[t.sub]
		}
		return nil
	case t.sub != "":
		inner, _ := value.(map[string]any)
		return inner[t.sub]
	}
	return value
}

// put gives the target a value, or takes it away when it is nil. doc is the caller's own, all of it.
func (t target) put(doc map[string]any, value any) {
	if t.urn != "" {
		inner, _ := doc[t.urn].(map[string]any)
		if inner == nil {
			if value == nil {
				return
			}
			inner = map[string]any{}
			doc[t.urn] = inner
		}
		defer func(outer map[string]any) {
			if len(inner) == 0 {
				delete(outer, t.urn)
			}
		}(doc)
		doc = inner
	}
	switch {
	case t.by != "":
		t.putEntry(doc, value)
	case t.sub != "":
		inner, _ := doc[t.name].(map[string]any)
		if inner == nil {
			inner = map[string]any{}
		}
		setOr(inner, t.sub, value)
		if doc[t.name] = inner; len(inner) == 0 {
			delete(doc, t.name)
		}
	default:
		setOr(doc, t.name, value)
	}
}

// putEntry changes the first entry of the type. An entry that loses its value goes, and one that
// is not there comes.
func (t target) putEntry(doc map[string]any, value any) {
	entries, _ := doc[t.name].([]any)
	e := entryBy(entries, t.by)
	switch {
	case e == nil && value == nil:
		return
	case e == nil:
		entries = append(entries, map[string]any{"type": t.by, t.sub: value})
	case value == nil && t.sub == "value":
		entries = slices.DeleteFunc(entries, func(other any) bool {
			o, ok := other.(map[string]any)
			return ok && strings.EqualFold(textOf(o["type"]), t.by)
		})
	default:
		setOr(e, t.sub, value)
	}
	if doc[t.name] = entries; len(entries) == 0 {
		delete(doc, t.name)
	}
}

func entryBy(entries []any, by string) map[string]any {
	for _, entry := range entries {
		if e, ok := entry.(map[string]any); ok && strings.EqualFold(textOf(e["type"]), by) {
			return e
		}
	}
	return nil
}

func textOf(v any) string { s, _ := v.(string); return s }

func setOr(m map[string]any, name string, value any) {
	if value == nil {
		delete(m, name)
		return
	}
	m[name] = value
}

func shortened(text string) string {
	if runes := []rune(text); len(runes) > 60 {
		return string(runes[:60]) + "…"
	}
	return text
}
