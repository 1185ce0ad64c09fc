package manifest

import (
	"fmt"
	"reflect"
	"strconv"

	"github.com/muster-scim/muster/policy"
	"github.com/muster-scim/muster/tenants"
)

func rulesNode(r policy.Rules) (*node, error) { return besidesDefaults(r, policy.DefaultRules()) }

// besidesDefaults is what v says that the default does not.
func besidesDefaults(v, standard any) (*node, error) {
	is, err := nodeOf(v)
	if err != nil {
		return nil, err
	}
	was, err := nodeOf(standard)
	if err != nil {
		return nil, err
	}
	return is.without(was), nil
}

// without leaves out the fields that are the same in other.
func (n *node) without(other *node) *node {
	out := &node{kind: mapping}
	for _, f := range n.fields {
		standard := other.field(f.name)
		switch {
		case standard == nil:
		case f.value.kind == mapping && standard.kind == mapping:
			if f.value = f.value.without(standard); len(f.value.fields) == 0 {
				continue
			}
		case string(f.value.JSON()) == string(standard.JSON()):
			continue
		}
		out.fields = append(out.fields, f)
	}
	return out
}

func (n *node) add(name string, value *node) {
	n.fields = append(n.fields, field{name: name, value: value})
}

// addUnless adds a field if its value is not the default.
func addUnless[T comparable](n *node, name string, value, standard T) {
	if value == standard {
		return
	}
	v := &node{kind: text, text: fmt.Sprint(value)}
	switch any(value).(type) {
	case int:
		v.kind = number
	case bool:
		v.kind = boolean
	}
	n.add(name, v)
}

func (d Directory) node() (*node, error) {
	settings, err := besidesDefaults(d.Settings, policy.DefaultDirectorySettings())
	if err != nil {
		return nil, err
	}
	out := &node{kind: mapping}
	addUnless(out, "name", d.Name, "")
	out.fields = append(out.fields, settings.fields...)
	return out, nil
}

func (c Connector) node() (*node, error) {
	n := &node{kind: mapping}
	addUnless(n, "slug", c.Slug, "")
	addUnless(n, "name", c.Name, c.Slug)
	addUnless(n, "tenant", c.Tenant, "")
	addUnless(n, "kind", c.Kind, "")
	addUnless(n, "directory", c.Directory, "")
	addUnless(n, "mode", c.Mode, "")
	if c.Precedence != nil {
		n.add("precedence", &node{kind: number, text: strconv.Itoa(*c.Precedence)})
	}
	addUnless(n, "strict", c.Strict, false)
	for _, part := range []struct {
		name  string
		value any
		plain bool // it is the default
	}{
		{"limits", c.Limits, c.Limits == tenants.Limits{}},
		{"paths", c.ServedPaths(), reflect.DeepEqual(c.ServedPaths(), c.Kind.DefaultPaths())},
		{"required", c.Required, len(c.Required) == 0},
		{"unique", c.Unique, len(c.Unique) == 0},
		{"sensitive", c.Sensitive, len(c.Sensitive) == 0},
		{"lastLogin", c.LastLogin, !c.LastLogin},
		{"activity", c.Activity, tenants.KeepingSaid(c.Activity) == tenants.KeepAll},
		{"allowedNetworks", c.Networks, len(c.Networks) == 0},
	} {
		if part.plain {
			continue
		}
		value, err := nodeOf(part.value)
		if err != nil {
			return nil, err
		}
		n.add(part.name, value)
	}
	rules, err := rulesNode(c.Rules)
	if err != nil {
		return nil, err
	}
	if len(rules.fields) > 0 {
		n.add("rules", rules)
	}
	if len(c.Tests) > 0 {
		tests := &node{kind: list}
		for _, t := range c.Tests {
			tests.items = append(tests.items, t.node())
		}
		n.add("tests", tests)
	}
	return n, nil
}

func (t Test) node() *node {
	given, expect := &node{kind: mapping}, &node{kind: mapping}
	names := func(into *node, name string, groups []string) {
		if len(groups) == 0 {
			return
		}
		value := &node{kind: list, flow: true}
		for _, item := range groups {
			value.items = append(value.items, &node{kind: text, text: item})
		}
		into.add(name, value)
	}
	addUnless(given, "userName", t.Given.UserName, "")
	names(given, "groups", t.Given.Groups)
	if t.Given.Active != nil {
		addUnless(given, "active", *t.Given.Active, true)
	}
	addUnless(given, "deleted", t.Given.Deleted, false)
	addUnless(given, "known", t.Given.Known, false)
	names(given, "holds", t.Given.Holds)
	names(expect, "groups", t.Expect.Groups)
	names(expect, "not", t.Expect.Not)
	addUnless(expect, "status", t.Expect.Status, "")
	out := &node{kind: mapping}
	addUnless(out, "name", t.Name, "")
	out.add("given", given)
	out.add("expect", expect)
	return out
}
