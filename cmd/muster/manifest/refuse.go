package manifest

import (
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/muster-scim/muster/policy"
	"github.com/muster-scim/muster/tenants"
)

func unknown(f field, known []string, where string) error {
	return &Error{f.line, where, fmt.Sprintf("there is no field %q; write one of %s", f.name, strings.Join(known, ", "))}
}

// readJSON lets a type of package policy read its own JSON form.
func readJSON(n *node, into json.Unmarshaler, where string) error {
	whole := into.UnmarshalJSON(n.JSON())
	if whole == nil {
		return nil
	}
	for _, f := range n.fields { // which of them is it?
		alone := func(value *node) error {
			scratch := reflect.New(reflect.TypeOf(into).Elem()).Interface().(json.Unmarshaler)
			return scratch.UnmarshalJSON((&node{kind: mapping, fields: []field{{name: f.name, value: value}}}).JSON())
		}
		err := alone(f.value)
		if err == nil {
			continue
		}
		problem := strings.ReplaceAll(err.Error(), "a JSON object", string(mapping))
		line := f.line
		if culprit := blame(f.value, alone); culprit != nil {
			line = max(line, culprit.line)
			if culprit.kind == number || culprit.kind == boolean {
				problem += fmt.Sprintf("; to mean the text, write it in quotes: %q", culprit.text)
			}
		}
		return &Error{line, where, problem}
	}
	return &Error{n.line, where, whole.Error()}
}

// blame finds the innermost value that alone is refused; nil if it is the value as a whole.
func blame(n *node, try func(*node) error) *node {
	for i, item := range n.items {
		wrapped := func(v *node) error { return try(&node{kind: list, items: []*node{v}}) }
		if wrapped(n.items[i]) != nil {
			return deeper(item, wrapped)
		}
	}
	for _, f := range n.fields {
		wrapped := func(v *node) error { return try(&node{kind: mapping, fields: []field{{name: f.name, value: v}}}) }
		if wrapped(f.value) != nil {
			return deeper(&node{line: f.line, kind: f.value.kind, text: f.value.text, items: f.value.items, fields: f.value.fields}, wrapped)
		}
	}
	return nil
}

func deeper(n *node, try func(*node) error) *node {
	if found := blame(n, try); found != nil {
		return found
	}
	return n
}

// checkRules compiles rules; n is where they stand in the file.
func checkRules(r policy.Rules, n *node, where string) error {
	_, err := policy.Compile(r)
	return placed(err, n, where)
}

// placed gives a refusal of package policy, or of tenants, its line.
func placed(err error, n *node, where string) error {
	if err == nil {
		return nil
	}
	out := &Error{Field: where, Problem: err.Error()}
	if n != nil {
		out.Line = n.line
	}
	var rule *policy.RuleError
	var value *tenants.Problem
	path, index := "", -1
	switch {
	case errors.As(err, &rule):
		path, index = rule.List, rule.Index
	case errors.As(err, &value):
		path = value.Field
	}
	for _, name := range slices.DeleteFunc(strings.Split(path, "."), func(s string) bool { return s == "" }) {
		if n == nil {
			break
		}
		name, place, indexed := strings.Cut(name, "[")
		out.Line = n.lineOf(name)
		n = n.field(name)
		if i, err := strconv.Atoi(strings.TrimSuffix(place, "]")); indexed && err == nil && n != nil && i < len(n.items) {
			n = n.items[i]
			out.Line = n.line
		}
	}
	if n != nil && index >= 0 && index < len(n.items) {
		out.Line = n.items[index].line
	}
	return out
}
