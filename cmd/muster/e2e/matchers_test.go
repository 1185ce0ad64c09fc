package e2e

import (
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"regexp"
	"sort"
	"strings"
)

// match compares what was found with what a transcript expects: a plain value means equality,
// an object whose keys start with $ holds matchers, all of which must agree. It returns what
// disagrees.
func match(got found, want any) error {
	matchers, ok := want.(map[string]any)
	if !ok || !isMatcher(matchers) {
		if !got.present {
			return fmt.Errorf("nothing is there, want %s", show(want))
		}
		if !equal(got.value, want) {
			return fmt.Errorf("got %s, want %s", show(got.value), show(want))
		}
		return nil
	}
	names := make([]string, 0, len(matchers))
	for name := range matchers {
		names = append(names, name)
	}
	sort.Strings(names)
	var problems []error
	for _, name := range names {
		if err := matchOne(got, name, matchers[name]); err != nil {
			problems = append(problems, err)
		}
	}
	return errors.Join(problems...)
}

func isMatcher(object map[string]any) bool {
	for key := range object {
		if !strings.HasPrefix(key, "$") {
			return false
		}
	}
	return len(object) > 0
}

func matchOne(got found, name string, want any) error {
	agrees, known := false, true
	switch name {
	case "$exists":
		agrees = got.present == want
	case "$type":
		agrees = got.present && typeOf(got.value) == want
	case "$contains":
		agrees = contains(got.value, want)
	case "$len":
		n, ok := length(got)
		agrees = ok && equal(json.Number(fmt.Sprint(n)), want)
	case "$lenOrAbsent":
		n, ok := length(got)
		agrees = !got.present || ok && equal(json.Number(fmt.Sprint(n)), want)
	case "$set":
		list, ok := listOf(got)
		agrees = ok && len(list) == len(want.([]any)) && subset(list, want) && subset(want, list)
	case "$superset":
		list, ok := listOf(got)
		agrees = ok && subset(want, list)
	case "$disjoint":
		list, _ := listOf(got)
		agrees = true
		for _, v := range want.([]any) {
			agrees = agrees && !contains(list, v)
		}
	case "$in":
		agrees = got.present && contains(want, got.value)
	case "$notIn":
		agrees = !got.present || !contains(want, got.value)
	case "$regex":
		text, ok := got.value.(string)
		agrees = ok && regexp.MustCompile(want.(string)).MatchString(text)
	case "$ne":
		agrees = !got.present || !equal(got.value, want)
	case "$gte":
		order, ok := compare(got.value, want)
		agrees = got.present && ok && order >= 0
	case "$lte":
		order, ok := compare(got.value, want)
		agrees = got.present && ok && order <= 0
	default:
		known = false
	}
	switch {
	case !known:
		return fmt.Errorf("%s is no matcher", name)
	case agrees:
		return nil
	case !got.present:
		return fmt.Errorf("nothing is there, want %s %s", name, show(want))
	default:
		return fmt.Errorf("got %s, want %s %s", show(got.value), name, show(want))
	}
}

// equal compares JSON values; numbers by their value, objects without regard to order.
func equal(a, b any) bool {
	switch a := a.(type) {
	case map[string]any:
		other, ok := b.(map[string]any)
		if !ok || len(a) != len(other) {
			return false
		}
		for key, value := range a {
			if v, ok := other[key]; !ok || !equal(value, v) {
				return false
			}
		}
		return true
	case []any:
		other, ok := b.([]any)
		if !ok || len(a) != len(other) {
			return false
		}
		for i := range a {
			if !equal(a[i], other[i]) {
				return false
			}
		}
		return true
	case json.Number:
		order, ok := compare(a, b)
		return ok && order == 0
	default:
		return a == b
	}
}

// compare orders two numbers or two strings.
func compare(a, b any) (int, bool) {
	switch a := a.(type) {
	case json.Number:
		other, ok := b.(json.Number)
		if !ok {
			return 0, false
		}
		x, ok1 := new(big.Rat).SetString(string(a))
		y, ok2 := new(big.Rat).SetString(string(other))
		if !ok1 || !ok2 {
			return 0, false
		}
		return x.Cmp(y), true
	case string:
		other, ok := b.(string)
		return strings.Compare(a, other), ok
	}
	return 0, false
}

// contains reports whether a list holds a value, or a text another.
func contains(whole, part any) bool {
	switch whole := whole.(type) {
	case []any:
		for _, v := range whole {
			if equal(v, part) {
				return true
			}
		}
	case string:
		text, ok := part.(string)
		return ok && strings.Contains(whole, text)
	}
	return false
}

func subset(part, whole any) bool {
	for _, v := range part.([]any) {
		if !contains(whole, v) {
			return false
		}
	}
	return true
}

// listOf returns a list; what a [*] found nothing in counts as an empty one.
func listOf(got found) ([]any, bool) {
	list, ok := got.value.([]any)
	return list, ok && (got.present || got.many)
}

func length(got found) (int, bool) {
	switch v := got.value.(type) {
	case []any:
		return len(v), true
	case map[string]any:
		return len(v), true
	case string:
		return len([]rune(v)), true
	}
	return 0, false
}

func typeOf(v any) any {
	switch v.(type) {
	case map[string]any:
		return "object"
	case []any:
		return "array"
	case string:
		return "string"
	case bool:
		return "boolean"
	case json.Number:
		return "number"
	}
	return "null"
}

func show(v any) string {
	text, err := json.Marshal(v)
	if err != nil {
		return fmt.Sprint(v)
	}
	return excerpt(text)
}
