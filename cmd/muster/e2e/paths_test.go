package e2e

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// found is what a path leads to in a document.
type found struct {
	value   any
	present bool
	many    bool // the path has a [*], so value is the list of all that it leads to
}

// lookup follows a path of the transcripts' syntax:
//
//	$.a.b   $.a[0]   $.a[*].b   $.a[key=value].b (the first that matches)   $['urn:x:y'].b
func lookup(document any, path string) (found, error) {
	steps, err := parsePath(path)
	if err != nil {
		return found{}, err
	}
	return follow(document, steps), nil
}

type step struct {
	key        string // of an object
	index      int    // of an array, when isIndex
	isIndex    bool
	all        bool   // [*]
	where, is  string // [where=is]
	isSelector bool
}

func follow(v any, steps []step) found {
	for i, s := range steps {
		switch {
		case s.all:
			list, _ := v.([]any)
			values := []any{}
			for _, entry := range list {
				f := follow(entry, steps[i+1:])
				if f.many {
					values = append(values, f.value.([]any)...)
				} else if f.present {
					values = append(values, f.value)
				}
			}
			return found{value: values, present: len(values) > 0, many: true}
		case s.isIndex:
			list, _ := v.([]any)
			if s.index >= len(list) {
				return absent(steps[i:])
			}
			v = list[s.index]
		case s.isSelector:
			list, _ := v.([]any)
			matched := false
			for _, entry := range list {
				object, _ := entry.(map[string]any)
				if got, ok := object[s.where]; ok && plainText(got) == s.is {
					v, matched = entry, true
					break
				}
			}
			if !matched {
				return absent(steps[i:])
			}
		default:
			object, _ := v.(map[string]any)
			next, ok := object[s.key]
			if !ok {
				return absent(steps[i:])
			}
			v = next
		}
	}
	return found{value: v, present: true}
}

// absent is what a path finds that cannot be followed: nothing, and with a [*] ahead no entries.
func absent(rest []step) found {
	if slices.ContainsFunc(rest, func(s step) bool { return s.all }) {
		return found{value: []any{}, many: true}
	}
	return found{}
}

// parsePath splits a path into its steps.
func parsePath(path string) ([]step, error) {
	bad := func() ([]step, error) { return nil, fmt.Errorf("%q is no path", path) }
	rest, ok := strings.CutPrefix(path, "$")
	if !ok {
		return bad()
	}
	var steps []step
	for rest != "" {
		switch {
		case rest[0] == '.':
			end := strings.IndexAny(rest[1:], ".[") + 1
			if end == 0 {
				end = len(rest)
			}
			if end == 1 {
				return bad()
			}
			steps = append(steps, step{key: rest[1:end]})
			rest = rest[end:]
		case strings.HasPrefix(rest, "['"):
			end := strings.Index(rest, "']")
			if end < 0 {
				return bad()
			}
			steps = append(steps, step{key: rest[2:end]})
			rest = rest[end+2:]
		case rest[0] == '[':
			end := strings.IndexByte(rest, ']')
			if end < 0 {
				return bad()
			}
			s, err := parseBrackets(rest[1:end])
			if err != nil {
				return bad()
			}
			steps = append(steps, s)
			rest = rest[end+1:]
		default:
			return bad()
		}
	}
	return steps, nil
}

func parseBrackets(inside string) (step, error) {
	if inside == "*" {
		return step{all: true}, nil
	}
	if key, value, ok := strings.Cut(inside, "="); ok {
		return step{isSelector: true, where: key, is: strings.Trim(value, `"'`)}, nil
	}
	index, err := strconv.Atoi(inside)
	if err != nil || index < 0 {
		return step{}, fmt.Errorf("no index: %s", inside)
	}
	return step{isIndex: true, index: index}, nil
}

// plainText is a JSON value as one writes it in a path or an URL: strings without quotes.
func plainText(v any) string {
	if s, ok := v.(string); ok {
		return s
	}
	text, _ := json.Marshal(v)
	return string(text)
}
