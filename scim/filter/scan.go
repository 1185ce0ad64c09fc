package filter

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// space skips blanks; several are as good as one.
func (p *parser) space() {
	for p.pos < len(p.text) && (p.text[p.pos] == ' ' || p.text[p.pos] == '\t') {
		p.pos++
	}
}

// sees skips blanks and says whether c is next, without taking it.
func (p *parser) sees(c byte) bool {
	p.space()
	return p.pos < len(p.text) && p.text[p.pos] == c
}

// word takes the longest run of bytes that is accepts.
func (p *parser) word(is func(byte) bool) string {
	start := p.pos
	for p.pos < len(p.text) && is(p.text[p.pos]) {
		p.pos++
	}
	return p.text[start:p.pos]
}

// keyword takes and, or, not in any case, but not the start of a longer name.
func (p *parser) keyword(k string) bool {
	p.space()
	start := p.pos
	if strings.EqualFold(p.word(isPathByte), k) {
		return true
	}
	p.pos = start
	return false
}

// value reads the right side of a comparison: a JSON string, or a run of characters without
// quotes, which is a literal if it reads as one.
func (p *parser) value(op string) (Value, error) {
	p.space()
	start := p.pos
	if p.pos == len(p.text) {
		return Value{}, p.errorAt(start, "expected a value after "+op+", got the end")
	}
	switch p.text[p.pos] {
	case '"':
		s, err := p.quoted()
		return Value{Kind: String, String: s}, err
	case '\'':
		return Value{}, p.errorAt(start, `expected a value in double quotes after `+op+`, got single quotes`)
	}
	word := p.word(isBareByte)
	if word == "" {
		return Value{}, p.errorAt(start, "expected a value after "+op+", got "+p.next())
	}
	if p.pos < len(p.text) && !strings.ContainsRune(" \t)]", rune(p.text[p.pos])) {
		return Value{}, p.errorAt(p.pos, "expected a value in double quotes after "+op+", because it holds "+p.next())
	}
	return bareValue(word), nil
}

// isBareByte says what a value without quotes may hold: nothing the grammar needs.
func isBareByte(c byte) bool {
	return c > ' ' && c != 0x7f && strings.IndexByte(`()[]"'\`, c) < 0
}

func bareValue(word string) Value {
	switch {
	case strings.EqualFold(word, "true"):
		return Value{Kind: Bool, Bool: true}
	case strings.EqualFold(word, "false"):
		return Value{Kind: Bool}
	case strings.EqualFold(word, "null"):
		return Value{Kind: Null}
	case isNumber(word):
		return Value{Kind: Number, Number: word}
	}
	return Value{Kind: String, String: word}
}

// isNumber says whether s is a JSON number: 007 and +1 are texts.
func isNumber(s string) bool {
	s = strings.TrimPrefix(s, "-")
	n := digits(s)
	if n == 0 || n > 1 && s[0] == '0' {
		return false
	}
	s = s[n:]
	if strings.HasPrefix(s, ".") {
		if n = digits(s[1:]); n == 0 {
			return false
		}
		s = s[1+n:]
	}
	if s != "" && s[0]|0x20 == 'e' {
		s = s[1:]
		if s != "" && (s[0] == '+' || s[0] == '-') {
			s = s[1:]
		}
		return s != "" && digits(s) == len(s)
	}
	return s == ""
}

// quoted reads a JSON string (RFC 8259, 7). NUL and half surrogate pairs are refused: no
// database stores them.
func (p *parser) quoted() (string, error) {
	open := p.pos
	p.pos++
	var b strings.Builder
	for p.pos < len(p.text) {
		c := p.text[p.pos]
		switch {
		case c == '"':
			p.pos++
			return b.String(), nil
		case c < ' ':
			return "", p.errorAt(p.pos, fmt.Sprintf("the character U+%04X must be escaped in a string", c))
		case c == '\\':
			r, err := p.escape()
			if err != nil {
				return "", err
			}
			b.WriteRune(r)
		default:
			b.WriteByte(c)
			p.pos++
		}
	}
	return "", p.errorAt(p.pos, fmt.Sprintf("expected '\"' to close the string that begins at character %d, got the end", p.character(open)))
}

const plainEscapes, plainMeanings = `"\/bfnrt`, "\"\\/\b\f\n\r\t"

func (p *parser) escape() (rune, error) {
	start := p.pos
	p.pos++
	if p.pos < len(p.text) {
		if i := strings.IndexByte(plainEscapes, p.text[p.pos]); i >= 0 {
			p.pos++
			return rune(plainMeanings[i]), nil
		}
	}
	r, ok := p.hex4()
	if ok && utf16.IsSurrogate(r) {
		low, second := rune(0), false
		if strings.HasPrefix(p.text[p.pos:], `\`) {
			p.pos++
			low, second = p.hex4()
		}
		r = utf16.DecodeRune(r, low)
		ok = second && r != utf8.RuneError
	}
	if !ok || r == 0 {
		return 0, p.errorAt(start, `expected an escape of JSON (\" \\ \/ \b \f \n \r \t or \u with four hexadecimal digits of a character that is not U+0000)`)
	}
	return r, nil
}

// hex4 reads uXXXX.
func (p *parser) hex4() (rune, bool) {
	if len(p.text)-p.pos < 5 || p.text[p.pos] != 'u' {
		return 0, false
	}
	n, err := strconv.ParseUint(p.text[p.pos+1:p.pos+5], 16, 16)
	p.pos += 5
	return rune(n), err == nil
}

// deeper enters a parenthesis, a bracket or a "not".
func (p *parser) deeper() error {
	if p.depth++; p.depth > p.limits.depth {
		return p.errorAt(p.pos, fmt.Sprintf("the filter is nested more than %d levels deep", p.limits.depth))
	}
	return nil
}

// count counts one more term.
func (p *parser) count() error {
	if p.terms++; p.terms > p.limits.terms {
		return p.errorAt(p.pos, fmt.Sprintf("the filter has more than %d terms", p.limits.terms))
	}
	return nil
}

func (p *parser) errorAt(pos int, msg string) error {
	return &SyntaxError{Pos: p.character(pos), Msg: msg}
}

// character is the place of a byte offset as people count: from 1, in characters.
func (p *parser) character(pos int) int {
	return utf8.RuneCountInString(p.text[:pos]) + 1
}

// next shows what stands at the current place, for "got …".
func (p *parser) next() string {
	if p.pos >= len(p.text) {
		return "the end"
	}
	end := p.pos
	for end < len(p.text) && isNameByte(p.text[end]) {
		end++
	}
	if end == p.pos {
		_, n := utf8.DecodeRuneInString(p.text[end:])
		end += n
	}
	return clip(p.text[p.pos:end])
}

// clip quotes a piece of the input, shortened.
func clip(s string) string {
	if len(s) <= 60 {
		return strconv.Quote(s)
	}
	return strconv.Quote(strings.ToValidUTF8(s[:60], "")) + "…"
}
