package filter

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// SyntaxError says why a text is not a filter or a path. Pos counts characters from 1.
type SyntaxError struct {
	Pos int
	Msg string
}

func (e *SyntaxError) Error() string { return fmt.Sprintf("at character %d: %s", e.Pos, e.Msg) }

// limits bound the work a text can cause before anything is built from it.
type limits struct{ text, depth, terms int }

// defaultLimits: longer texts, deeper nesting and more terms are errors.
var defaultLimits = limits{text: 2 << 10, depth: 20, terms: 50}

const operators = "eq ne co sw ew gt ge lt le pr"

// Parse reads a filter. The error is a *SyntaxError.
func Parse(text string) (Expr, error) {
	return parse(text, defaultLimits)
}

func parse(text string, l limits) (Expr, error) {
	p := parser{limits: l}
	if err := p.start(text, "filter"); err != nil {
		return nil, err
	}
	e, err := p.expression(0)
	if err != nil {
		return nil, err
	}
	return e, p.end(`"and", "or" or the end of the filter`)
}

// parser reads left to right and never goes back.
type parser struct {
	limits limits
	text   string
	pos    int
	depth  int
	terms  int
	inside bool // between the brackets of a value path
}

// start takes the text if it is short, valid and not blank.
func (p *parser) start(text, what string) error {
	p.text = text
	switch {
	case len(text) > p.limits.text:
		return &SyntaxError{Pos: 1, Msg: fmt.Sprintf("the %s has %d bytes, at most %d are allowed", what, len(text), p.limits.text)}
	case !utf8.ValidString(text):
		return &SyntaxError{Pos: 1, Msg: "the " + what + " is not valid UTF-8 text"}
	}
	if i := strings.IndexByte(text, 0); i >= 0 {
		return p.errorAt(i, "the character U+0000 is not allowed")
	}
	if p.space(); p.pos == len(p.text) {
		return &SyntaxError{Pos: 1, Msg: "the " + what + " is empty"}
	}
	return nil
}

func (p *parser) end(expected string) error {
	if p.space(); p.pos < len(p.text) {
		return p.errorAt(p.pos, "expected "+expected+", got "+p.next())
	}
	return nil
}

// Binding powers: "not" over "and" over "or" (RFC 7644, table 5).
const (
	orPower = iota + 1
	andPower
	notPower
)

// expression reads a Pratt expression of operators that bind tighter than power.
func (p *parser) expression(power int) (Expr, error) {
	left, err := p.prefix()
	if err != nil {
		return nil, err
	}
	for {
		switch {
		case power < andPower && p.keyword("and"):
			right, err := p.expression(andPower)
			if err != nil {
				return nil, err
			}
			left = And{left, right}
		case power < orPower && p.keyword("or"):
			right, err := p.expression(orPower)
			if err != nil {
				return nil, err
			}
			left = Or{left, right}
		default:
			return left, nil
		}
	}
}

// prefix reads what may stand before an operator: not, a parenthesis or a term.
func (p *parser) prefix() (Expr, error) {
	switch {
	case p.keyword("not"):
		if p.sees('(') {
			x, err := p.parenthesis()
			return Not{x}, err
		}
		if err := p.deeper(); err != nil {
			return nil, err
		}
		x, err := p.expression(notPower)
		p.depth--
		return Not{x}, err
	case p.sees('('):
		return p.parenthesis()
	default:
		return p.term()
	}
}

func (p *parser) parenthesis() (Expr, error) {
	if err := p.deeper(); err != nil {
		return nil, err
	}
	open := p.pos
	p.pos++
	e, err := p.expression(0)
	if err != nil {
		return nil, err
	}
	if !p.sees(')') {
		return nil, p.errorAt(p.pos, fmt.Sprintf("expected %q to close the one at character %d, got %s", ')', p.character(open), p.next()))
	}
	p.pos++
	p.depth--
	return e, nil
}

// term reads a comparison, a presence test or a value path.
func (p *parser) term() (Expr, error) {
	start := p.pos
	path, err := p.path("an attribute name")
	if err != nil {
		return nil, err
	}
	switch {
	case path.Attr == "":
		return nil, p.errorAt(start, "expected an attribute after the schema "+clip(path.URN))
	case p.inside && (path.URN != "" || path.Sub != ""):
		return nil, p.errorAt(start, "expected the name of a sub-attribute inside [ ], got "+clip(path.String()))
	case p.sees('['):
		return p.valuePath(path)
	}
	return p.comparison(path)
}

// valuePath reads emails[…] and the forms some providers put behind it: .value eq "x" is one
// more condition on the same element, .value alone says that it has one.
func (p *parser) valuePath(path Path) (Expr, error) {
	inner, err := p.brackets(path)
	if err != nil {
		return nil, err
	}
	sub, err := p.subAfterBrackets()
	if err != nil || sub == "" {
		return ValuePath{path, inner}, err
	}
	var last Expr = Present{Path{Attr: sub}}
	if p.operatorFollows() {
		if last, err = p.comparison(Path{Attr: sub}); err != nil {
			return nil, err
		}
	} else if err := p.count(); err != nil {
		return nil, err
	}
	return ValuePath{path, And{inner, last}}, nil
}

// brackets reads the filter between [ and ].
func (p *parser) brackets(path Path) (Expr, error) {
	switch {
	case p.inside:
		return nil, p.errorAt(p.pos, "a value path must not stand inside another")
	case path.Sub != "" || path.Attr == "":
		return nil, p.errorAt(p.pos, `expected no "[" after `+clip(path.String())+": only an attribute takes a value filter")
	}
	if err := p.deeper(); err != nil {
		return nil, err
	}
	open := p.pos
	p.pos++
	p.inside = true
	inner, err := p.expression(0)
	if err != nil {
		return nil, err
	}
	if !p.sees(']') {
		return nil, p.errorAt(p.pos, fmt.Sprintf("expected %q to close the one at character %d, got %s", ']', p.character(open), p.next()))
	}
	p.pos++
	p.inside = false
	p.depth--
	return inner, nil
}

// subAfterBrackets reads ".value" behind a closing bracket, "" if there is none.
func (p *parser) subAfterBrackets() (string, error) {
	if p.pos == len(p.text) || p.text[p.pos] != '.' {
		return "", nil
	}
	p.pos++
	start := p.pos
	sub := p.word(isPathByte)
	if !isName(sub) {
		return "", p.errorAt(start, `expected the name of a sub-attribute after "].", got `+clip(sub))
	}
	return sub, nil
}

// comparison reads the operator and the value that follow path.
func (p *parser) comparison(path Path) (Expr, error) {
	if err := p.count(); err != nil {
		return nil, err
	}
	p.space()
	start := p.pos
	op := strings.ToLower(p.word(isNameByte))
	switch {
	case op == "pr":
		return Present{path}, nil
	case !isOperator(op):
		p.pos = start
		return nil, p.errorAt(start, "expected an operator ("+operators+") after "+clip(path.String())+", got "+p.next())
	}
	v, err := p.value(op)
	return Compare{path, Op(op), v}, err
}

func (p *parser) operatorFollows() bool {
	p.space()
	start := p.pos
	op := strings.ToLower(p.word(isNameByte))
	p.pos = start
	return op != "" && op != "and" && op != "or"
}

func isOperator(op string) bool {
	return len(op) == 2 && op != "pr" && strings.Contains(operators, op) && !strings.Contains(op, " ")
}
