package scim

import (
	"encoding/json"
	"strconv"
	"unicode/utf16"
	"unicode/utf8"
)

// str reads a string; the decoder stands on its quote.
func (d *decoder) str() (string, error) {
	start := d.i + 1
	for i := start; i < len(d.s); i++ {
		switch c := d.s[i]; {
		case c == '"':
			d.i = i + 1
			return d.fit(d.s[start:i])
		case c == '\\':
			return d.escaped(start, i)
		case c < 0x20:
			d.i = i
			return "", InvalidSyntax("a string holds an unescaped control character at byte %d", i)
		}
	}
	d.i = len(d.s)
	return "", d.unexpected("the closing quote")
}

func (d *decoder) fit(s string) (string, error) {
	if len(s) > d.l.StringLength {
		return "", InvalidValue("a string is longer than %d bytes: %s", d.l.StringLength, shown(s))
	}
	return s, nil
}

// escaped reads on from the first backslash, at i, of the string that begins at start.
func (d *decoder) escaped(start, i int) (string, error) {
	b := append(make([]byte, 0, i-start+32), d.s[start:i]...)
	for i < len(d.s) {
		c := d.s[i]
		switch {
		case c == '"':
			d.i = i + 1
			return d.fit(string(b))
		case c < 0x20:
			return "", InvalidSyntax("a string holds an unescaped control character at byte %d", i)
		case c != '\\':
			b = append(b, c)
			i++
		default:
			r, next, err := d.escape(i)
			if err != nil {
				return "", err
			}
			b = utf8.AppendRune(b, r)
			i = next
		}
		if len(b) > d.l.StringLength {
			return d.fit(string(b))
		}
	}
	d.i = len(d.s)
	return "", d.unexpected("the closing quote")
}

// escape reads one escape at i and gives its character and the place behind it.
func (d *decoder) escape(i int) (rune, int, error) {
	if i+1 >= len(d.s) {
		d.i = len(d.s)
		return 0, 0, d.unexpected("the rest of an escape")
	}
	switch c := d.s[i+1]; c {
	case '"', '\\', '/':
		return rune(c), i + 2, nil
	case 'b':
		return '\b', i + 2, nil
	case 'f':
		return '\f', i + 2, nil
	case 'n':
		return '\n', i + 2, nil
	case 'r':
		return '\r', i + 2, nil
	case 't':
		return '\t', i + 2, nil
	case 'u':
		return d.unicodeEscape(i)
	}
	return 0, 0, InvalidSyntax("a string holds an unknown escape at byte %d", i)
}

func (d *decoder) unicodeEscape(i int) (rune, int, error) {
	r, ok := d.hex(i)
	switch {
	case !ok:
		return 0, 0, InvalidSyntax("a string holds a broken \\u escape at byte %d", i)
	case r == 0:
		return 0, 0, InvalidValue("a string holds the character U+0000, which cannot be stored")
	case !utf16.IsSurrogate(r):
		return r, i + 6, nil
	}
	low, ok := d.hex(i + 6)
	if pair := utf16.DecodeRune(r, low); ok && pair != utf8.RuneError {
		return pair, i + 12, nil
	}
	return 0, 0, InvalidValue("a string holds half of a surrogate pair at byte %d", i)
}

// hex reads the six bytes \uXXXX at i.
func (d *decoder) hex(i int) (rune, bool) {
	if i+6 > len(d.s) || d.s[i] != '\\' || d.s[i+1] != 'u' {
		return 0, false
	}
	var r rune
	for _, c := range []byte(d.s[i+2 : i+6]) {
		switch {
		case '0' <= c && c <= '9':
			r = r<<4 | rune(c-'0')
		case 'a' <= c && c <= 'f':
			r = r<<4 | rune(c-'a'+10)
		case 'A' <= c && c <= 'F':
			r = r<<4 | rune(c-'A'+10)
		default:
			return 0, false
		}
	}
	return r, true
}

// number reads a number and keeps its text. An exponent that no database can hold is refused.
func (d *decoder) number() (any, error) {
	start := d.i
	if d.s[d.i] == '-' {
		d.i++
	}
	if d.i < len(d.s) && d.s[d.i] == '0' {
		d.i++
	} else if !d.digits() {
		return nil, d.unexpected("a digit")
	}
	if d.i < len(d.s) && d.s[d.i] == '.' {
		d.i++
		if !d.digits() {
			return nil, d.unexpected("a digit")
		}
	}
	if d.i < len(d.s) && (d.s[d.i] == 'e' || d.s[d.i] == 'E') {
		d.i++
		if d.i < len(d.s) && (d.s[d.i] == '+' || d.s[d.i] == '-') {
			d.i++
		}
		from := d.i
		if !d.digits() {
			return nil, d.unexpected("a digit")
		}
		if exp, err := strconv.Atoi(d.s[from:d.i]); err != nil || exp > 308 {
			return nil, InvalidValue("a number is out of range: %s", shown(d.s[start:d.i]))
		}
	}
	if d.i-start > d.l.NumberDigits {
		return nil, InvalidValue("a number is longer than %d digits", d.l.NumberDigits)
	}
	return json.Number(d.s[start:d.i]), nil
}

func (d *decoder) digits() bool {
	start := d.i
	for d.i < len(d.s) && '0' <= d.s[d.i] && d.s[d.i] <= '9' {
		d.i++
	}
	return d.i > start
}
