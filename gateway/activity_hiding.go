package gateway

import (
	"bytes"
	"encoding/json"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/muster-scim/muster/scim"
	"github.com/muster-scim/muster/tenants"
)

// Bounds of what is kept of a body. Beyond them it is cut, so that its words are few enough to be
// found again, which the erasure of a person rests on.
const (
	mostItems   = 25   // of a list
	mostValues  = 250  // of a body
	longestText = 400  // runes of a text
	longestBody = 8192 // bytes
	deepestBody = 10
)

// hiding knows what of a connector's requests is not to be shown: secrets, and the values of the
// attributes that the connector calls sensitive. In doubt it hides.
type hiding struct {
	names   map[string]bool // of attributes and parts of them, in lower case
	urns    []string        // of whole extensions, in lower case
	display bool            // how members are called
}

func newHiding(d tenants.Demands) hiding {
	if len(d.Sensitive) == 0 {
		return hiding{}
	}
	h := hiding{names: map[string]bool{}}
	_, _, places := d.Places()
	for _, p := range places {
		switch {
		case p.Attribute == nil:
			h.urns = append(h.urns, strings.ToLower(p.URN))
		case p.Sub != nil:
			h.names[strings.ToLower(p.Sub.Name)] = true
		default:
			h.names[strings.ToLower(p.Attribute.Name)] = true
		}
		h.display = h.display || p.Covers("displayName") || p.Covers("name")
	}
	return h
}

// secretWords are what the name of a secret has in it.
var secretWords = []string{"password", "passwd", "passphrase", "secret", "token", "apikey", "credential"}

// hides says whether a name, or a path to an attribute, leads to what is not to be shown.
func (h hiding) hides(name string) bool {
	name = strings.ToLower(name)
	for _, word := range secretWords {
		if strings.Contains(name, word) {
			return true
		}
	}
	if len(h.names) == 0 && len(h.urns) == 0 {
		return false
	}
	for _, urn := range h.urns {
		if strings.HasPrefix(name, urn) {
			return true
		}
	}
	for part := range strings.FieldsFuncSeq(name, func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsDigit(r) && r != '_' && r != '-' && r != '$'
	}) {
		if h.names[part] || h.display && part == "display" {
			return true
		}
	}
	return false
}

// literal is a text in quotes, in a filter or in a sentence about one.
var literal = regexp.MustCompile(`"(?:[^"\\]|\\.)*"?`)

// text is a filter, a path or a sentence without the literals in it, if it is about something that
// is not to be shown.
func (h hiding) text(s string) string {
	if !h.hides(literal.ReplaceAllString(s, "")) {
		return s
	}
	return literal.ReplaceAllString(s, `"`+scim.Masked+`"`)
}

// redacted is a body as it may be kept.
type redacted struct {
	value  any
	cut    bool
	h      hiding
	values int
}

// read reads a body, or the beginning of one, and hides what is to be hidden. What is no JSON is
// not kept.
func (h hiding) read(data []byte, cut bool) *redacted {
	r := &redacted{h: h, cut: cut}
	if len(data) == 0 {
		return r
	}
	in := json.NewDecoder(bytes.NewReader(bytes.TrimPrefix(data, []byte("\ufeff"))))
	in.UseNumber()
	value, whole := r.next(in, 0)
	if _, object := value.(map[string]any); !object || !whole && !cut {
		r.cut = true
		return r
	}
	r.value = value
	return r
}

// json is the body as it is kept; nil without one.
func (r *redacted) json() json.RawMessage {
	if r.value == nil {
		return nil
	}
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(r.value); err != nil || out.Len() > longestBody {
		r.cut = true
		return nil
	}
	return bytes.TrimSpace(out.Bytes())
}

// next reads a value; whole is false when the text ends inside of it.
func (r *redacted) next(in *json.Decoder, depth int) (value any, whole bool) {
	token, err := in.Token()
	if err != nil {
		return nil, false
	}
	switch v := token.(type) {
	case json.Delim:
		if v == '{' {
			return r.object(in, depth+1)
		}
		return r.list(in, depth+1)
	case string:
		r.values++
		return r.short(v), true
	}
	r.values++
	return token, true
}

func (r *redacted) object(in *json.Decoder, depth int) (any, bool) {
	object := make(map[string]any, 4)
	whole := true
	for in.More() {
		token, err := in.Token()
		name, ok := token.(string)
		if err != nil || !ok {
			return r.harmless(object, false), false
		}
		var value any
		full, before := r.full(depth), r.values
		if value, whole = r.next(in, depth); !whole && value == nil {
			break
		}
		switch {
		case full:
			r.values, r.cut = before, true
		case r.h.hides(name):
			object[r.h.text(r.short(name))] = scim.Masked
		default:
			object[r.h.text(r.short(name))] = value
		}
		if !whole {
			break
		}
	}
	if whole {
		_, err := in.Token()
		whole = err == nil
	}
	return r.harmless(object, whole), whole
}

// harmless hides the value of a patch's operation whose path leads to what is hidden, or is not
// there as the text ended before it.
func (r *redacted) harmless(object map[string]any, whole bool) map[string]any {
	pathName, path := member(object, "path")
	valueName, _ := member(object, "value")
	if text, ok := path.(string); ok {
		object[pathName] = r.h.text(text)
		quoted := strings.HasPrefix(strings.TrimSpace(text), `"`) && r.h.hides(text) // which is no path, and may be one
		if valueName != "" && (quoted || r.h.hides(literal.ReplaceAllString(text, ""))) {
			object[valueName] = scim.Masked
		}
	} else if valueName != "" && !whole {
		object[valueName] = scim.Masked
	}
	name, filter := member(object, "filter") // of a .search
	if text, ok := filter.(string); ok {
		object[name] = r.h.text(text)
	}
	return object
}

// member finds what an object has under a name, in whatever case.
func member(object map[string]any, name string) (spelled string, value any) {
	if value, ok := object[name]; ok {
		return name, value
	}
	for key, value := range object {
		if strings.EqualFold(key, name) {
			return key, value
		}
	}
	return "", nil
}

func (r *redacted) list(in *json.Decoder, depth int) (any, bool) {
	list := make([]any, 0, 4)
	for in.More() {
		full, before := len(list) >= mostItems || r.full(depth), r.values
		value, whole := r.next(in, depth)
		switch {
		case full:
			r.values, r.cut = before, true
		case value != nil || whole:
			list = append(list, value)
		}
		if !whole {
			return list, false
		}
	}
	_, err := in.Token()
	return list, err == nil
}

func (r *redacted) full(depth int) bool { return r.values > mostValues || depth > deepestBody }

func (r *redacted) short(s string) string {
	if len(s) <= longestText {
		return s
	}
	if utf8.RuneCountInString(s) <= longestText {
		return s
	}
	r.cut = true
	return clean(s, longestText) + "…"
}

// clean is the beginning of a text from outside, of so many bytes, without control characters.
func clean(s string, most int) string {
	if len(s) > most {
		s = s[:most]
	}
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || r == utf8.RuneError {
			return -1
		}
		return r
	}, s)
}
