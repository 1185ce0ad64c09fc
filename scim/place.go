package scim

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/muster-scim/muster/scim/canonical"
	"github.com/muster-scim/muster/scim/filter"
)

// Masked is what stands where a value is not to be shown.
const Masked = "••••"

// longestKey is how long a key of a Value may be: an index refuses what is much longer.
const longestKey = 512

// Place is an attribute of users that an administrator names: a whole one (emails), a part of one
// (name.familyName), or all of an extension (its URN).
type Place struct {
	ResolvedPath
	text string
}

// ParsePlace reads a place, in any case; of the enterprise extension also without its URN. The
// error says in a sentence what is wrong with it. Attributes that Muster itself gives, and the
// password, which nobody keeps, are no places.
func ParsePlace(text string) (Place, error) {
	unknown := fmt.Errorf("%s is no attribute of users; name one of SCIM's, such as emails, name.familyName or employeeNumber", shown(text))
	path, err := filter.ParsePath(text)
	if err != nil || path.Filter != nil || path.Sub != "" {
		return Place{}, unknown
	}
	r, ok := Resolve(UserKind, path.Path)
	switch {
	case !ok, r.Opaque && (r.Attribute == nil || reserved(r.URN)), r.Attribute == schemasAttribute, r.Attribute == nil && r.URN == "":
		return Place{}, unknown
	case r.Attribute == nil || r.Opaque:
	case r.Attribute.Mutability == ReadOnly, r.Sub != nil && r.Sub.Mutability == ReadOnly:
		return Place{}, fmt.Errorf("%s is not given by the IdP, so nothing can be asked of it", r)
	case r.Attribute.Returned == ReturnedNever:
		return Place{}, fmt.Errorf("%s is never kept, so nothing can be asked of it", r)
	}
	p := Place{ResolvedPath: r, text: r.String()}
	if path.Path.URN == "" {
		p.text = filter.Path{Attr: r.Path().Attr, Sub: r.Path().Sub}.String()
	}
	return p, nil
}

// reserved says whether a URN is of SCIM's own, of which every attribute is known.
func reserved(urn string) bool {
	urn = lower(urn)
	return strings.HasPrefix(urn, "urn:ietf:params:scim:") || strings.HasPrefix(urn, "urn:scim:schemas:")
}

// Text is the place as it was named, in schema case.
func (p Place) Text() string { return p.text }

// Is says whether the place is the attribute of that name, whole.
func (p Place) Is(attribute string) bool {
	return p.URN == "" && p.Sub == nil && p.Attribute != nil && p.Attribute.Name == attribute
}

// Covers says whether the place holds, or is a part of, what a document has under a name: the
// name of an attribute, or an extension's URN, alone or with the name behind a colon.
func (p Place) Covers(name string) bool {
	switch {
	case p.URN == "":
		return equalFold(p.Attribute.Name, name)
	case equalFold(p.URN, name):
		return true
	case p.Attribute == nil:
		return len(name) > len(p.URN) && equalFold(name[:len(p.URN)+1], p.URN+":")
	}
	return equalFold(p.URN+":"+p.Attribute.Name, name)
}

// Comparable says whether a place has values that two documents could share.
func (p Place) Comparable() bool {
	leaf := p.Leaf()
	return leaf != nil && leaf.Type != typeBoolean && leaf.Type != typeComplex
}

// holders calls f with every object of the document that holds a value of the place, and the name
// under which it does.
func (p Place) holders(d Document, f func(holder map[string]any, name string)) {
	holder := map[string]any(d)
	if p.URN != "" {
		key, extension := d.extension(p.URN)
		if extension == nil {
			return
		}
		if p.Attribute == nil {
			f(holder, key)
			return
		}
		holder = extension
	}
	name := spelled(holder, p.Attribute.Name)
	value, ok := holder[name]
	if !ok {
		return
	}
	if p.Sub == nil {
		f(holder, name)
		return
	}
	list, several := value.([]any)
	if !several {
		list = []any{value}
	}
	for _, e := range list {
		if entry, ok := e.(map[string]any); ok {
			if part := spelled(entry, p.Sub.Name); entry[part] != nil {
				f(entry, part)
			}
		}
	}
}

// spelled is the name that an object has for an attribute: extensions of others keep the case
// that they were sent in.
func spelled(object map[string]any, name string) string {
	if _, ok := object[name]; ok {
		return name
	}
	for key := range object {
		if equalFold(key, name) {
			return key
		}
	}
	return name
}

// In says whether the document has a value at the place.
func (p Place) In(d Document) bool {
	found := false
	p.holders(d, func(map[string]any, string) { found = true })
	return found
}

// Value is a value of a place: as it was sent, and as values are compared.
type Value struct{ Key, Text string }

// Values are the values of the document at the place, each once, in the order of their keys. Keys
// are canonical.Key, but of attributes with caseExact the text itself; of a long text its hash.
func (p Place) Values(d Document) []Value {
	var values []Value
	p.holders(d, func(holder map[string]any, name string) {
		values = p.collect(values, holder[name])
	})
	slices.SortFunc(values, func(a, b Value) int { return strings.Compare(a.Key, b.Key) })
	return slices.CompactFunc(values, func(a, b Value) bool { return a.Key == b.Key })
}

func (p Place) collect(values []Value, v any) []Value {
	switch v := v.(type) {
	case string:
		return p.add(values, v)
	case json.Number:
		return p.add(values, v.String())
	case []any:
		for _, e := range v {
			values = p.collect(values, e)
		}
	case map[string]any:
		if inner, ok := v["value"]; ok && p.Sub == nil {
			return p.collect(values, inner)
		}
	}
	return values
}

func (p Place) add(values []Value, text string) []Value {
	key := canonical.Key(text)
	if leaf := p.Leaf(); leaf != nil && !p.Opaque {
		key = leaf.comparable(text)
	}
	switch {
	case key == "":
		return values
	case len(key) > longestKey:
		sum := sha256.Sum256([]byte(key))
		key = "sha256:" + hex.EncodeToString(sum[:])
	}
	return append(values, Value{Key: key, Text: text})
}

// Mask returns the document with Masked in the place of every value of the places. What only
// labels a value stays: its type, and whether it is the primary one. A document that has none of
// them is returned as it is.
func Mask(d Document, places []Place) Document {
	masked, copied := d, false
	for _, p := range places {
		if !p.In(d) {
			continue
		}
		if !copied {
			masked, copied = d.Clone(), true
		}
		p.holders(masked, func(holder map[string]any, name string) {
			if p.Sub != nil {
				holder[name] = Masked
				return
			}
			holder[name] = mask(holder[name], !p.Opaque)
		})
	}
	return masked
}

// Masked says whether the document holds Masked at the place, at any depth.
func (p Place) Masked(d Document) bool {
	found := false
	p.holders(d, func(holder map[string]any, name string) { found = found || holdsMasked(holder[name]) })
	return found
}

func holdsMasked(v any) bool {
	switch v := v.(type) {
	case string:
		return v == Masked
	case []any:
		return slices.ContainsFunc(v, holdsMasked)
	case map[string]any:
		for _, inner := range v {
			if holdsMasked(inner) {
				return true
			}
		}
	}
	return false
}

// mask masks a value whole, but for labels where they are known to be some.
func mask(v any, labels bool) any {
	switch v := v.(type) {
	case map[string]any:
		for key, inner := range v {
			if _, label := inner.(bool); labels && (key == "type" || label) {
				continue
			}
			v[key] = mask(inner, labels)
		}
		return v
	case []any:
		for i, e := range v {
			v[i] = mask(e, labels)
		}
		return v
	}
	return Masked
}
