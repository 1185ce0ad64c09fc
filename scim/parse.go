package scim

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/muster-scim/muster/scim/canonical"
)

// Options say how a connector wants its requests read.
type Options struct {
	Strict bool // the RFC's reading where clients are known to disagree with it
}

// Note is something tolerated that is worth an event.
type Note struct{ Code, Path, Detail string }

// Codes of notes.
const (
	NoteUnknownAttribute = "unknownAttribute" // ignored in a body
	NoteUnknownPath      = "unknownPath"      // ignored in a patch
	NoteIgnored          = "ignored"          // known, but not for the client to say
)

// Bounds of what a document may hold.
const (
	maxUserName    = 1024 // code points
	maxDisplayName = 256
	maxExternalID  = 1024
	maxEmail       = 1024
	maxKey         = 1024 // bytes of a key form: it must fit an index
	maxEntries     = 100  // of a multi-valued attribute
	maxNotes       = 20
	maxDocument    = 2 << 20 // bytes to which patches may let a document grow, roughly
)

// ParseUser reads the body of POST and PUT on users. raw is used up: the document may share
// its memory. The error is an *Error.
func ParseUser(raw map[string]any, o Options) (Document, []Note, error) {
	r := reader{t: userType, o: o}
	d, err := r.document(raw)
	if err != nil {
		return nil, nil, err
	}
	return d, r.sortedNotes(), nil
}

// ParseGroup reads the body of POST and PUT on groups. members are the values of its members
// in order, each once; membersGiven is false when the body does not say them (or says null).
func ParseGroup(raw map[string]any, o Options) (d Document, members []string, membersGiven bool, notes []Note, err error) {
	r := reader{t: groupType, o: o}
	if d, err = r.document(raw); err != nil {
		return nil, nil, false, nil, err
	}
	if v := SaidMembers(raw); v != nil && v != "" {
		membersGiven = true
		if members, err = memberValues(v); err != nil {
			return nil, nil, false, nil, err
		}
	}
	return d, members, membersGiven, r.sortedNotes(), nil
}

// SaidMembers is what the body of a POST or PUT on groups says of its members: at the top, or in an
// object under the core schema's URN. nil where it says nothing.
func SaidMembers(raw map[string]any) any {
	if v, ok := field(raw, "members"); ok {
		return v
	}
	for key, v := range raw {
		if object, ok := v.(map[string]any); ok && isURN(key) && groupType.schema(key) == groupType.core {
			if v, ok := field(object, "members"); ok {
				return v
			}
		}
	}
	return nil
}

// CheckID refuses a PUT body whose id is another resource's: it is the oldest way to write to
// somebody else's record.
func CheckID(raw map[string]any, id string) error {
	v, _ := field(raw, "id")
	if said, ok := v.(string); ok && said != "" && said != id {
		return Mutability("id is read-only and %s is not the resource of this URL", shown(said))
	}
	return nil
}

// reader turns raw values into normalised ones by the attribute table.
type reader struct {
	t     *resourceType
	o     Options
	patch bool // values of a patch: nulls are kept as marks of what is cleared
	notes []Note
}

func (r *reader) document(raw map[string]any) (Document, error) {
	if err := r.schemas(raw); err != nil {
		return nil, err
	}
	d := make(Document, 16)
	var urns []string
	for key, v := range raw {
		if isURN(key) || strings.Contains(key, ":") {
			urns = append(urns, key)
			continue
		}
		if err := r.top(d, key, v); err != nil {
			return nil, err
		}
	}
	slices.Sort(urns)
	for _, key := range urns {
		if err := r.extension(d, key, raw[key]); err != nil {
			return nil, err
		}
	}
	return d, check(r.t.kind, d)
}

// top reads one plainly named attribute into d.
func (r *reader) top(d Document, key string, v any) error {
	a, schema := r.t.attribute(key)
	switch {
	case a == nil:
		if equalFold(key, "schemas") || equalFold(key, "meta") {
			return nil
		}
		return r.unknown(key)
	case a.Mutability == ReadOnly || a.Mutability == WriteOnly || a == membersAttribute:
		return nil
	}
	value, err := r.attribute(nil, a, v)
	if err != nil || value == nil {
		return err
	}
	if schema == nil {
		d[a.Name] = value
		return nil
	}
	extension, _ := d[schema.URN].(map[string]any)
	if extension == nil {
		extension = make(map[string]any)
		d[schema.URN] = extension
	}
	extension[a.Name] = value
	return nil
}

// extension reads the object under a URN: a known extension by its table, the core schema as
// if its attributes stood at the top, a foreign one as opaque data.
func (r *reader) extension(d Document, key string, v any) error {
	object, isObject := v.(map[string]any)
	schema := r.t.schema(key)
	switch {
	case v == nil || v == "":
		return nil
	case !isObject && schema != nil:
		return wrongType(key, "an object", v)
	case !isObject || schema == nil && !isURN(key):
		return r.unknown(key)
	case schema == nil:
		if opaque, _ := tidyOpaque(object).(map[string]any); opaque != nil {
			d[key] = opaque
		}
		return nil
	case schema == r.t.core:
		for name, value := range object {
			if d[name] != nil {
				continue
			}
			if err := r.top(d, name, value); err != nil {
				return err
			}
		}
		return nil
	}
	said, err := r.subs(schema.URN, schema.byName, nil, object)
	if err != nil {
		return err
	}
	if before, ok := d[schema.URN].(map[string]any); ok {
		for name, value := range said {
			before[name] = value
		}
	} else if len(said) > 0 {
		d[schema.URN] = said
	}
	return nil
}

// tidyOpaque drops what counts as absent from data that Muster does not understand: nulls and
// empty arrays and objects. nil when nothing is left.
func tidyOpaque(v any) any {
	switch v := v.(type) {
	case map[string]any:
		for k, e := range v {
			if e = tidyOpaque(e); e == nil {
				delete(v, k)
			} else {
				v[k] = e
			}
		}
		if len(v) == 0 {
			return nil
		}
	case []Member:
		list := make([]any, len(v))
		for i, m := range v {
			list[i] = m.Object()
		}
		return tidyOpaque(list)
	case Member:
		return v.Object()
	case []any:
		kept := v[:0]
		for _, e := range v {
			if e = tidyOpaque(e); e != nil {
				kept = append(kept, e)
			}
		}
		if len(kept) == 0 {
			return nil
		}
		return kept
	}
	return v
}

// schemas checks the body's schemas: only a body that clearly is of the other kind is refused,
// because clients leave them out, misspell them and add their own.
func (r *reader) schemas(raw map[string]any) error {
	v, _ := field(raw, "schemas")
	list, isList := v.([]any)
	if s, ok := v.(string); ok && !r.o.Strict {
		list = []any{s}
	}
	other := groupSchema
	if r.t.kind == GroupKind {
		other = userSchema
	}
	core, foreign := false, ""
	for _, e := range list {
		urn, isText := e.(string)
		switch {
		case !isText && r.o.Strict:
			return InvalidValue("schemas must be an array of URNs")
		case isCore(r.t, urn):
			core = true
		case other.named(urn):
			foreign = urn
		}
	}
	switch {
	case foreign != "" && !core:
		return InvalidValue("schemas names %s, but the resource is a %s", shown(foreign), r.t.kind)
	case r.o.Strict && (!isList || !core):
		return InvalidValue("schemas must be an array that holds %q", r.t.core.URN)
	}
	return nil
}

// check judges a document as a whole: what is required is there, and names can be compared,
// indexed and shown.
func check(k Kind, d Document) error {
	if k == GroupKind {
		if err := checkName(d, "displayName", maxDisplayName); err != nil {
			return err
		}
	} else if err := checkName(d, "userName", maxUserName); err != nil {
		return err
	}
	if id := d.ExternalID(); utf8.RuneCountInString(id) > maxExternalID {
		return InvalidValue("externalId is longer than %d characters", maxExternalID)
	}
	emails, _ := d["emails"].([]any)
	for _, e := range emails {
		entry, _ := e.(map[string]any)
		value, _ := entry["value"].(string)
		if err := canonical.CheckText(value); err != nil {
			return InvalidValue("emails.value %v", err)
		}
		if utf8.RuneCountInString(value) > maxEmail || len(canonical.Key(value)) > maxKey {
			return InvalidValue("emails.value is longer than %d characters", maxEmail)
		}
	}
	return nil
}

func checkName(d Document, name string, most int) error {
	s, ok := d[name].(string)
	if !ok {
		return InvalidValue("%s is required and must not be empty", name)
	}
	if err := canonical.Check(s, most); err != nil {
		return InvalidValue("%s %v", name, err)
	}
	if len(canonical.Key(s)) > maxKey {
		return InvalidValue("%s is too long: its comparable form has more than %d bytes", name, maxKey)
	}
	return nil
}

func (r *reader) unknown(path string) error {
	if r.o.Strict {
		return InvalidValue("the attribute %s is not known", shown(path))
	}
	r.note(NoteUnknownAttribute, path, fmt.Sprintf("the attribute %s is not known and was ignored", shown(path)))
	return nil
}

func (r *reader) note(code, path, detail string) {
	n := Note{code, path, detail}
	if len(r.notes) < maxNotes && !slices.Contains(r.notes, n) {
		r.notes = append(r.notes, n)
	}
}

// sortedNotes makes the notes independent of the order in which Go walks a map.
func (r *reader) sortedNotes() []Note {
	slices.SortFunc(r.notes, func(a, b Note) int { return strings.Compare(a.Path, b.Path) })
	return r.notes
}
