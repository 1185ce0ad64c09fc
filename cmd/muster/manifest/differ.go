package manifest

import (
	"fmt"
	"slices"
)

// Differ says what differs between two values that JSON can write, such as two sets of rules, a
// line each: "+ list: entry" what is new, "- list: entry" what is gone, "~ setting: was -> is".
func Differ(was, is any) ([]string, error) {
	a, err := nodeOf(was)
	if err != nil {
		return nil, err
	}
	b, err := nodeOf(is)
	if err != nil {
		return nil, err
	}
	return differ("", a, b), nil
}

func differ(name string, was, is *node) (lines []string) {
	switch {
	case string(was.JSON()) == string(is.JSON()):
		return nil
	case was.kind == mapping && is.kind == mapping:
		return differFields(name, was, is)
	case was.kind == list && is.kind == list:
		return differItems(name, was, is)
	}
	return []string{fmt.Sprintf("~ %s: %s -> %s", name, was.shown(), is.shown())}
}

func differFields(name string, was, is *node) (lines []string) {
	below := func(field string) string {
		if name == "" {
			return field
		}
		return name + "." + field
	}
	for _, f := range was.fields {
		now := is.field(f.name)
		if now == nil {
			now = &node{kind: nothing}
		}
		lines = append(lines, differ(below(f.name), f.value, now)...)
	}
	for _, f := range is.fields {
		if was.field(f.name) == nil {
			lines = append(lines, differ(below(f.name), &node{kind: nothing}, f.value)...)
		}
	}
	return lines
}

func differItems(name string, was, is *node) (lines []string) {
	before, after := inlines(was), inlines(is)
	for _, item := range before {
		if !slices.Contains(after, item) {
			lines = append(lines, fmt.Sprintf("- %s: %s", name, item))
		}
	}
	for _, item := range after {
		if !slices.Contains(before, item) {
			lines = append(lines, fmt.Sprintf("+ %s: %s", name, item))
		}
	}
	if lines == nil {
		lines = []string{fmt.Sprintf("~ %s: the same entries, in another order or number", name)}
	}
	return lines
}

func inlines(n *node) (texts []string) {
	for _, item := range n.items {
		texts = append(texts, item.shown())
	}
	return texts
}

// shown is a value for people.
func (n *node) shown() string {
	switch n.kind {
	case text:
		return n.text
	case nothing:
		return "not set"
	}
	return n.inline()
}
