package policy

import (
	"fmt"
	"regexp"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/dlclark/regexp2/v2"

	"github.com/muster-scim/muster/scim/canonical"
)

// Limits of a pattern.
const (
	maxPattern   = 512                   // characters
	matchTimeout = 25 * time.Millisecond // of one match,
	secondTry    = 6 * matchTimeout      // and of the second; what is slower still decides nothing
	maxStack     = 50_000                // slots of regexp2's backtracking stack
)

// The clock behind regexp2's timeouts ticks every 100 ms unless told otherwise: 25 ms would
// mean 200.
func init() { regexp2.SetTimeoutCheckPeriod(5 * time.Millisecond) }

// answer is what a pattern or a list says of a name.
type answer int8

const (
	no answer = iota
	yes
	undecided // a match ran out of time or stack
)

// pattern is a compiled entry. It compares key forms, and regular expressions the raw text
// too where a list asks for it.
type pattern struct {
	entry   Entry
	compare Form   // the entry's form, or a cheaper one that means the same
	literal string // in key form
	linear  *regexp.Regexp
	full    *regexp2.Regexp // used when linear is nil,
	again   *regexp2.Regexp // and the same with more time
	enough  func() bool     // says when expressions are not tried any more; nil: never
}

// String is the pattern the way an administrator wrote it.
func (p *pattern) String() string { return p.entry.Text }

// match says whether the pattern matches the name of that key form; raw is the text as sent,
// or the key again where the raw text is not looked at.
func (p *pattern) match(key, raw string) answer {
	switch p.compare {
	case FormIs:
		return answerOf(key == p.literal)
	case FormStartsWith:
		return answerOf(strings.HasPrefix(key, p.literal))
	case FormEndsWith:
		return answerOf(strings.HasSuffix(key, p.literal))
	case FormContains:
		return answerOf(strings.Contains(key, p.literal))
	case FormAny:
		if key == p.literal {
			return yes
		}
	}
	said := p.expression(key)
	if said == yes || raw == key {
		return said
	}
	return either(said, p.expression(raw))
}

// either is yes if one of two answers is, and no only if both are.
func either(a, b answer) answer {
	switch {
	case a == yes || b == yes:
		return yes
	case a == no && b == no:
		return no
	}
	return undecided
}

// expression runs the regular expression over the whole of text.
func (p *pattern) expression(text string) answer {
	if p.enough != nil && p.enough() {
		return undecided
	}
	if p.linear != nil {
		return answerOf(p.linear.MatchString(text))
	}
	matched, err := p.full.MatchString(text)
	if err != nil {
		// The clock goes by the wall: on a busy machine even an easy match can look late.
		matched, err = p.again.MatchString(text)
	}
	if err != nil {
		return undecided // never the error's text: it holds the input
	}
	return answerOf(matched)
}

func answerOf(matched bool) answer {
	if matched {
		return yes
	}
	return no
}

// compileEntry makes an entry ready for matching. The error says what is wrong with it, in
// words that complete "neverAssign[2] "…": ".
func compileEntry(e Entry) (*pattern, error) {
	if strings.TrimSpace(e.Text) == "" {
		return nil, fmt.Errorf("is empty")
	}
	if !utf8.ValidString(e.Text) {
		return nil, fmt.Errorf("is not valid UTF-8 text")
	}
	if n := utf8.RuneCountInString(e.Text); n > maxPattern {
		return nil, fmt.Errorf("has %d characters, at most %d are allowed", n, maxPattern)
	}
	p := &pattern{entry: e, compare: e.Form, literal: canonical.Key(e.Text)}
	switch e.Form {
	case FormIs:
		return p, nil
	case FormStartsWith, FormEndsWith, FormContains:
		p.literal = foldPart(e)
		return p, nil
	case FormAny, FormMatches:
		return p, p.compileExpression()
	}
	return nil, fmt.Errorf("has the form %q, which this list does not take", e.Form)
}

// foldPart folds part of a name: like a key, but for the space on the sides where the name
// goes on.
func foldPart(e Entry) string {
	const stop = "."
	folded := canonical.Key(stop + e.Text + stop)
	folded = strings.TrimSuffix(strings.TrimPrefix(folded, stop), stop)
	switch e.Form {
	case FormStartsWith:
		return strings.TrimLeft(folded, " ")
	case FormEndsWith:
		return strings.TrimRight(folded, " ")
	}
	return folded
}

// compileExpression compiles the text as a regular expression for whole names. regexp2 says
// what is valid; Go's regexp runs what both engines read the same way, in linear time. What
// can backtrack without end is refused whichever engine would run it, so that the answer
// does not depend on a detail of the spelling.
func (p *pattern) compileExpression() error {
	text := p.entry.Text
	if text == ".*" {
		p.compare, p.literal = FormContains, "" // every name does
		return nil
	}
	if isPlainText(text) && p.compare == FormAny {
		p.compare = FormIs // nothing in it that an engine would read otherwise
		return nil
	}
	if problem := tooHeavy(text); problem != nil {
		return problem
	}
	if _, err := regexp2.Compile(text, regexp2.IgnoreCase); err != nil {
		return fmt.Errorf("is not a valid regular expression: %s", complaint(err, text))
	}
	if problem := backtracks(text); problem != nil {
		return problem
	}
	whole := `\A(?:` + text + `)\z`
	if sameInBothEngines(text) {
		if linear, err := regexp.Compile(`(?i)` + whole); err == nil {
			p.linear = linear
			return nil
		}
	}
	for _, engine := range []struct {
		into  **regexp2.Regexp
		limit time.Duration
	}{{&p.full, matchTimeout}, {&p.again, secondTry}} {
		re, err := regexp2.Compile(whole, regexp2.IgnoreCase, regexp2.OptionMaxBacktrackingStackSize(maxStack))
		if err != nil {
			return fmt.Errorf("is not a valid regular expression: %s", complaint(err, text))
		}
		re.MatchTimeout = engine.limit
		*engine.into = re
	}
	return p.probe()
}

// isPlainText says that a pattern means only its own text: Jira users, EU/Sales_2024.
func isPlainText(text string) bool {
	return !strings.ContainsAny(text, `\^$.|?*+()[]{}`)
}

// sameInBothEngines says that Go's regexp reads the expression just as regexp2 does: ASCII
// characters, dots, simple classes, plain groups, alternatives and repeats. What is outside
// this short list, \d and \w with their different alphabets included, is regexp2's.
func sameInBothEngines(text string) bool {
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case c < ' ' || c > '~':
			return false
		case c == '\\':
			i++
			if i == len(text) || isLetterOrDigit(text[i]) {
				return false
			}
		case c == '(' && strings.HasPrefix(text[i:], "(?") && !strings.HasPrefix(text[i:], "(?:"):
			return false
		case c == '[':
			end := simpleClass(text[i:])
			if end < 0 {
				return false
			}
			i += end
		}
	}
	return true
}

// simpleClass gives the index of the ] that ends the class at the start of text, -1 if there
// is more in it than characters, ranges and a leading ^.
func simpleClass(text string) int {
	body := strings.TrimPrefix(text[1:], "^")
	end := strings.IndexByte(body, ']')
	if end < 1 || strings.ContainsAny(body[:end], `[\&^`) || strings.Contains(body[:end], "--") {
		return -1
	}
	return len(text) - len(body) + end
}

func isLetterOrDigit(c byte) bool {
	return '0' <= c && c <= '9' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z'
}

// complaint is what the engine says without its own name and without the pattern again.
func complaint(err error, text string) string {
	said := err.Error()
	said = strings.TrimPrefix(said, "error parsing regexp: ")
	said = strings.TrimPrefix(said, "regexp2: ")
	said, _, _ = strings.Cut(said, " in `")
	return strings.ReplaceAll(said, "`"+text+"`", "the pattern")
}
