package page

import (
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"strings"
)

// Any stands in a sample for what differs from run to run: within a line for any text, on a line
// of its own for any lines, in JSON for any value.
const Any = "…"

var spaces = regexp.MustCompile(`[ \t]+`)

// Lines compares what was printed with a page's sample of it. How many blanks stand between
// words is not compared, as columns are as wide as what is in them.
func Lines(want, got string) error {
	wants, gots := lines(want), lines(got)
	// reach[i] says whether the first i lines of got are what the sample has so far.
	reach := make([]bool, len(gots)+1)
	reach[0] = true
	for _, w := range wants {
		next := make([]bool, len(gots)+1)
		pattern := glob(w)
		for i, ok := range reach {
			switch {
			case !ok:
			case w == Any:
				for j := i; j <= len(gots); j++ {
					next[j] = true
				}
			case i < len(gots) && pattern.MatchString(gots[i]):
				next[i+1] = true
			}
		}
		if reach = next; !anyOf(reach) {
			return fmt.Errorf("the page says\n\t%s\nand what was printed has nothing like it in its place:\n%s", w, got)
		}
	}
	if !reach[len(gots)] {
		return fmt.Errorf("more was printed than the page says, which has %q on a line of its own for that:\n%s", Any, got)
	}
	return nil
}

func lines(text string) (all []string) {
	for line := range strings.SplitSeq(strings.TrimSpace(text), "\n") {
		all = append(all, strings.TrimSpace(spaces.ReplaceAllString(line, " ")))
	}
	return all
}

func anyOf(all []bool) bool {
	for _, one := range all {
		if one {
			return true
		}
	}
	return false
}

// glob is a pattern of a text in which Any stands for anything.
func glob(text string) *regexp.Regexp {
	return regexp.MustCompile("(?s)^" + strings.ReplaceAll(regexp.QuoteMeta(text), Any, ".*") + "$")
}

var (
	anyValue   = regexp.MustCompile(`([\[{:]\s*)` + Any) // {…}, [… and "name": …
	anyFurther = regexp.MustCompile(`,\s*` + Any + `\s*([\]}])`)
)

// JSON compares an answer with a page's sample of it. The answer may have more members and more
// items than the sample, which shows what matters.
func JSON(want, got string) error {
	want = anyFurther.ReplaceAllString(want, "$1")
	want = anyValue.ReplaceAllStringFunc(want, func(found string) string {
		switch before := strings.TrimSuffix(found, Any); strings.TrimSpace(before) {
		case ":":
			return before + `"` + Any + `"`
		default:
			return before // an object or a list of which nothing is shown
		}
	})
	var sample, answer any
	if err := json.Unmarshal([]byte(want), &sample); err != nil {
		return fmt.Errorf("the page's sample is no JSON: %w", err)
	}
	if err := json.Unmarshal([]byte(got), &answer); err != nil {
		return fmt.Errorf("what was printed is no JSON: %w\n%s", err, got)
	}
	if err := like(sample, answer, ""); err != nil {
		return fmt.Errorf("%w in\n%s", err, got)
	}
	return nil
}

// Shape compares an answer with a sample of it whose values are examples: the members are there.
func Shape(want, got string) error {
	var sample any
	if err := json.Unmarshal([]byte(want), &sample); err != nil {
		return fmt.Errorf("the page's sample is no JSON: %w", err)
	}
	text, err := json.Marshal(unvalued(sample))
	if err != nil {
		return err
	}
	return JSON(string(text), got)
}

// unvalued is a sample of which only the names of members count.
func unvalued(sample any) any {
	object, ok := sample.(map[string]any)
	if !ok {
		return Any
	}
	for name, value := range object {
		object[name] = unvalued(value)
	}
	return object
}

// like says where an answer lacks what the sample has.
func like(want, got any, place string) error {
	switch want := want.(type) {
	case map[string]any:
		object, ok := got.(map[string]any)
		if !ok {
			return fmt.Errorf("%s is no object", place)
		}
		var problems []error
		for name, value := range want {
			if held, ok := object[name]; !ok {
				problems = append(problems, fmt.Errorf("%s.%s is missing", place, name))
			} else {
				problems = append(problems, like(value, held, place+"."+name))
			}
		}
		return errors.Join(problems...)
	case []any:
		items, ok := got.([]any)
		if !ok {
			return fmt.Errorf("%s is no list", place)
		}
		for i, value := range want { // in this order, others may stand between
			var first error
			for len(items) > 0 {
				err := like(value, items[0], fmt.Sprintf("%s[%d]", place, i))
				items = items[1:]
				if err == nil {
					first = nil
					break
				}
				if first == nil {
					first = err
				}
			}
			if first != nil {
				return first
			}
			if len(items) == 0 && i < len(want)-1 {
				return fmt.Errorf("%s has fewer items than the sample", place)
			}
		}
		return nil
	case string:
		if text, ok := got.(string); ok && glob(want).MatchString(text) || want == Any {
			return nil
		}
	default:
		if want == got {
			return nil
		}
	}
	return fmt.Errorf("%s is %v, want %v", place, got, want)
}
