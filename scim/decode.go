package scim

import (
	"strings"
	"unicode/utf8"
)

// Limits of one body. What they stop is refused with 400 before anything is built from it.
type Limits struct {
	Depth        int // nested objects and arrays, the outermost counts as one
	Keys         int // object keys in the whole body
	StringLength int // bytes of one string, decoded
	NumberDigits int // characters of one number
	// Members is how many keys of member objects are allowed on top of Keys. When it is not
	// zero, member objects are decoded compactly: an array of them comes as []Member, a mixed
	// array holds Member beside other values.
	Members int
}

// Limits of the bodies Muster reads. A group body may hold 250,000 members of four keys each.
var (
	BodyLimits      = Limits{Depth: 32, Keys: 2_000, StringLength: 8 << 10, NumberDigits: 32}
	GroupBodyLimits = Limits{Depth: 32, Keys: 20_000, StringLength: 8 << 10, NumberDigits: 32, Members: 1_010_000}
	BulkBodyLimits  = Limits{Depth: 32, Keys: 200_000, StringLength: 8 << 10, NumberDigits: 32, Members: 500_000}
)

// Decode reads one JSON object strictly. It takes what encoding/json takes and then refuses
// whatever two readers could read differently: duplicate keys (also in another case), text
// that is not UTF-8, lone surrogates, NUL, anything after the object, keys that only look like
// an attribute's name. A byte order mark at the start is tolerated.
//
// Numbers come as json.Number, objects as map[string]any, arrays as []any (see Limits.Members
// for the exception). The result shares no memory with data. The error is an *Error with 400.
func Decode(data []byte, l Limits) (map[string]any, error) {
	d := decoder{s: strings.TrimPrefix(string(data), "\ufeff"), l: l}
	if !utf8.ValidString(d.s) {
		return nil, InvalidSyntax("the body is not valid UTF-8")
	}
	d.space()
	switch {
	case d.i == len(d.s):
		return nil, InvalidSyntax("the body is empty; a JSON object is expected")
	case d.s[d.i] != '{':
		return nil, InvalidSyntax("the body is not a JSON object")
	}
	m, err := d.object()
	if err != nil {
		return nil, err
	}
	d.space()
	if d.i != len(d.s) {
		return nil, InvalidSyntax("there is more text after the JSON object, at byte %d", d.i)
	}
	return m, nil
}

// decoder is a recursive descent over s. Strings without escapes are parts of s, so that a
// body costs one copy and not one allocation for each of its names and values.
type decoder struct {
	s        string
	i        int
	l        Limits
	depth    int
	keys     int // outside member objects
	members  int // keys inside member objects
	elements int // of arrays, member objects apart
	trusted  bool
}

func (d *decoder) space() {
	for d.i < len(d.s) {
		switch d.s[d.i] {
		case ' ', '\n', '\r', '\t':
			d.i++
		default:
			return
		}
	}
}

// unexpected is the syntax error at the place where the decoder stands.
func (d *decoder) unexpected(wanted string) error {
	if d.i >= len(d.s) {
		return InvalidSyntax("the JSON ends too early: %s is missing", wanted)
	}
	r, _ := utf8.DecodeRuneInString(d.s[d.i:])
	return InvalidSyntax("the JSON is not well formed at byte %d: %s is expected, not %q", d.i, wanted, r)
}

func (d *decoder) enter() error {
	d.depth++
	if d.depth > d.l.Depth {
		return InvalidSyntax("the JSON is nested deeper than %d levels", d.l.Depth)
	}
	return nil
}

// object reads an object; the decoder stands on its brace.
func (d *decoder) object() (map[string]any, error) {
	if err := d.enter(); err != nil {
		return nil, err
	}
	d.i++
	var m map[string]any
	if d.depth == 1 {
		m = make(map[string]any, 16)
	} else {
		m = make(map[string]any)
	}
	seen := names{}
	for first := true; ; first = false {
		d.space()
		if d.i >= len(d.s) {
			return nil, d.unexpected("a key or }")
		}
		if d.s[d.i] == '}' && first {
			break
		}
		key, err := d.key()
		if err != nil {
			return nil, err
		}
		if d.keys++; d.keys > d.l.Keys {
			return nil, InvalidValue("the body has more than %d keys", d.l.Keys)
		}
		if !d.trusted && seen.has(key) {
			return nil, InvalidSyntax("the key %s appears twice in one object", shown(key))
		}
		v, err := d.value()
		if err != nil {
			return nil, err
		}
		m[key] = v
		d.space()
		if d.i >= len(d.s) {
			return nil, d.unexpected(", or }")
		}
		if d.s[d.i] == '}' {
			break
		}
		if d.s[d.i] != ',' {
			return nil, d.unexpected(", or }")
		}
		d.i++
	}
	d.i++
	d.depth--
	return m, nil
}

// key reads a key and its colon.
func (d *decoder) key() (string, error) {
	if d.s[d.i] != '"' {
		return "", d.unexpected("a key")
	}
	key, err := d.str()
	if err != nil {
		return "", err
	}
	d.space()
	if d.i >= len(d.s) || d.s[d.i] != ':' {
		return "", d.unexpected("a colon")
	}
	d.i++
	if !d.trusted && lookAlike(key) {
		return "", InvalidSyntax("the key %s only looks like the name of an attribute", shown(key))
	}
	return key, nil
}

// array reads an array; the decoder stands on its bracket. It gives []Member when every
// element is a member object and the limits ask for it, else []any.
func (d *decoder) array() (any, error) {
	if err := d.enter(); err != nil {
		return nil, err
	}
	d.i++
	var list []any
	var members []Member
	for first := true; ; first = false {
		d.space()
		if d.i >= len(d.s) {
			return nil, d.unexpected("a value or ]")
		}
		if d.s[d.i] == ']' && first {
			break
		}
		member, isMember, err := d.member()
		if err != nil {
			return nil, err
		}
		switch {
		case isMember && list == nil:
			members = append(members, member)
		case isMember:
			list = append(list, member)
		default:
			if d.elements++; d.elements > 10*d.l.Keys+d.l.Members/2 {
				return nil, InvalidValue("the body has too many array elements")
			}
			v, err := d.value()
			if err != nil {
				return nil, err
			}
			list = append(mixed(list, members), v)
			members = nil
		}
		d.space()
		if d.i >= len(d.s) {
			return nil, d.unexpected(", or ]")
		}
		if d.s[d.i] == ']' {
			break
		}
		if d.s[d.i] != ',' {
			return nil, d.unexpected(", or ]")
		}
		d.i++
	}
	d.i++
	d.depth--
	if members != nil {
		return members, nil
	}
	if list == nil {
		list = []any{}
	}
	return list, nil
}

// mixed is the array so far when an element turns up that is no member.
func mixed(list []any, members []Member) []any {
	if len(members) == 0 {
		return list
	}
	list = make([]any, len(members), 2*len(members)+1)
	for i, m := range members {
		list[i] = m
	}
	return list
}

func (d *decoder) value() (any, error) {
	d.space()
	if d.i >= len(d.s) {
		return nil, d.unexpected("a value")
	}
	switch c := d.s[d.i]; {
	case c == '"':
		return d.str()
	case c == '{':
		return d.object()
	case c == '[':
		return d.array()
	case c == 't':
		return true, d.word("true")
	case c == 'f':
		return false, d.word("false")
	case c == 'n':
		return nil, d.word("null")
	case c == '-' || '0' <= c && c <= '9':
		return d.number()
	}
	return nil, d.unexpected("a value")
}

func (d *decoder) word(w string) error {
	if !strings.HasPrefix(d.s[d.i:], w) {
		return d.unexpected("a value")
	}
	d.i += len(w)
	return nil
}
