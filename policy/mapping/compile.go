package mapping

import (
	"fmt"
	"regexp"
	"strings"
	"unicode/utf8"

	"cel.dev/cel-go/cel"
)

// compile makes one expression ready. The error is an *Error.
func compile(place, text string, update bool) (cel.Program, map[string]bool, error) {
	switch {
	case strings.TrimSpace(text) == "":
		return nil, nil, &Error{Place: place, Problem: "is empty; write what gives the value, such as record.title, or null to take the attribute away"}
	case !utf8.ValidString(text):
		return nil, nil, &Error{Place: place, Problem: "is not valid UTF-8 text"}
	case len(text) > MaxExpression:
		return nil, nil, &Error{Place: place, Problem: fmt.Sprintf("has %d bytes, at most %d are allowed", len(text), MaxExpression)}
	}
	e := environment
	if update {
		e = withCurrent
	}
	parsed, issues := e.Parse(text)
	if issues.Err() != nil {
		return nil, nil, refused(place, text, issues, update)
	}
	r := rewrite(parsed, variables(update))
	if len(r.faults) > 0 {
		f := r.faults[0]
		at := parsed.NativeRep().SourceInfo().GetStartLocation(f.id)
		return nil, nil, located(place, text, at.Line(), at.Column(), f.problem)
	}
	checked, issues := e.Check(parsed)
	if issues.Err() != nil {
		return nil, nil, refused(place, text, issues, update)
	}
	program, err := e.Program(checked, cel.CostLimit(costOfOne), cel.CostTracking(costs{}))
	if err != nil {
		return nil, nil, &Error{Place: place, Problem: "cannot be used: " + err.Error()}
	}
	return program, r.uses, nil
}

// refused is the first thing that the parser or the checker refuses.
func refused(place, text string, issues *cel.Issues, update bool) error {
	found := issues.Errors()
	if len(found) == 0 {
		return &Error{Place: place, Problem: "cannot be used"}
	}
	first := found[0]
	return located(place, text, first.Location.Line(), first.Location.Column(), advice(first.Message, text, update))
}

// located gives a problem its line, column and caret. Columns of the engine count from 0.
func located(place, text string, line, column int, problem string) error {
	if line < 1 {
		return &Error{Place: place, Problem: "cannot be used: " + problem}
	}
	return &Error{Place: place, Line: line, Column: column + 1, Excerpt: caret(text, line, column+1), Problem: problem}
}

var undeclared = regexp.MustCompile(`undeclared reference to '([^']*)'`)

// advice puts what to do after what the engine says.
func advice(said, text string, update bool) string {
	said = strings.TrimSuffix(strings.TrimPrefix(said, "Syntax error: "), " (in container '')")
	if m := undeclared.FindStringSubmatch(said); m != nil {
		name := m[1]
		if name == varCurrent && !update {
			return "current, what the user holds now, can be used in steps with when \"update\" only"
		}
		if strings.Contains(text, name+"(") {
			if near := nearest(name, FunctionNames); near != "" {
				return fmt.Sprintf("there is no function %s; did you mean %s?", name, near)
			}
			return fmt.Sprintf("there is no function %s; there are %s", name, strings.Join(FunctionNames, ", "))
		}
		if _, known := find(attributes, name); known {
			return fmt.Sprintf("there is no %s; did you mean record.%s?", name, name)
		}
		if _, known := find(ofEnterprise, name); known {
			return fmt.Sprintf("there is no %s; did you mean enterprise.%s?", name, name)
		}
		if near := nearest(name, variables(update)); near != "" {
			return fmt.Sprintf("there is no %s; did you mean %s?", name, near)
		}
		return fmt.Sprintf("there is no %s; an expression can use %s. A text is written in quotes", name, strings.Join(variables(update), ", "))
	}
	switch {
	case strings.Contains(said, "recursion limit"), strings.Contains(said, "max recursion depth"):
		return fmt.Sprintf("too much is nested; at most %d levels are allowed: split it into several steps", maxNesting)
	case strings.Contains(said, "comprehension exceeds nesting limit"):
		return fmt.Sprintf("map, filter, exists and all are nested too deeply; at most %d are allowed inside each other", maxLoops)
	case strings.Contains(said, "found no matching overload"):
		return said + "; texts are compared and put together with texts, numbers with numbers"
	}
	return said
}
