package mapping

import (
	"fmt"
	"strings"
)

// Error says what is wrong with a mapping that is to be saved.
type Error struct {
	Place   string // "steps", "steps[3].expression", "steps[3].target", "steps[3].when" or "dropWhen"
	Line    int    // from 1; 0 when it is no matter of a place in the text
	Column  int
	Excerpt string // the line with a caret below the place; empty without one
	Problem string // completes "mapping.steps[3].expression …"
}

func (e *Error) Error() string {
	if e.Line == 0 {
		return e.Place + " " + e.Problem
	}
	return fmt.Sprintf("%s %s", e.Place, e.Detail())
}

// Detail is the problem with its line, column and caret.
func (e *Error) Detail() string {
	if e.Line == 0 {
		return e.Problem
	}
	return fmt.Sprintf("cannot be used: line %d, column %d: %s\n%s", e.Line, e.Column, e.Problem, e.Excerpt)
}

// caret draws the line of a text with a caret below the column, which counts from 1.
func caret(text string, line, column int) string {
	lines := strings.Split(text, "\n")
	if line < 1 || line > len(lines) {
		return ""
	}
	shown := []rune(lines[line-1])
	from := max(0, column-60)
	if from > len(shown) {
		from = 0
	}
	shown = shown[from:]
	if len(shown) > 100 {
		shown = shown[:100]
	}
	return " | " + string(shown) + "\n | " + strings.Repeat(".", max(0, column-1-from)) + "^"
}

// Problem is why a mapping could not be carried out for one record. It holds no value of it.
type Problem struct {
	Place string // "steps[3]" or "dropWhen"
	Text  string // completes "steps[3] …" and says what to do
}

func (p *Problem) String() string {
	if p == nil {
		return ""
	}
	return p.Place + " " + p.Text
}

// plainly says what went wrong in an expression, in words that hold no value of the record: what
// the engine says may.
func plainly(err error) string {
	said := err.Error()
	for _, known := range []struct{ sign, text string }{
		{"cost limit", "takes too much work for this record: make it shorter, or look at fewer entries"},
		{own, ""},
		{"no such overload", "meets a value of another kind than it can use, or an absent one: give absent attributes a value with default(…, \"\"), or put texts together with join([…], \" \")"},
		{"divi", "divides by zero"},
		{"modulus", "divides by zero"},
		{"overflow", "comes to a number that is too large"},
		{"no such key", "looks for something that is not there"},
	} {
		if at := strings.Index(said, known.sign); at >= 0 {
			if known.sign == own {
				return said[at+len(own):]
			}
			return known.text
		}
	}
	return "cannot be carried out with this record's values: try it on the record with the test bench"
}

// own marks errors of our own functions, which hold no values.
const own = "mapping: "

// nearest finds the name that somebody who wrote text most likely meant; "" if none is near.
func nearest(text string, names []string) string {
	best, least := "", max(2, len(text)/3)+1
	for _, name := range names {
		if d := distance(strings.ToLower(text), strings.ToLower(name)); d < least {
			best, least = name, d
		}
	}
	return best
}

// distance is how many letters have to change, come or go to make b of a.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := 1
			if a[i] == b[j] {
				cost = 0
			}
			diagonal, row[j+1] = row[j+1], min(row[j+1]+1, row[j]+1, diagonal+cost)
		}
	}
	return row[len(b)]
}
