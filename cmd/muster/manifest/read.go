package manifest

import (
	"fmt"
	"reflect"
	"strconv"
	"strings"

	"github.com/muster-scim/muster/policy"
)

// Read reads a file and checks everything in it that can be checked without a server. The error
// is an *Error for the first thing that cannot be used.
func Read(data []byte) (*File, error) {
	root, err := parse(data)
	if err != nil {
		return nil, err
	}
	f := &File{at: root}
	if err := read(root, reflect.ValueOf(f).Elem(), ""); err != nil {
		return nil, err
	}
	return f, f.check()
}

// ReadRules reads the rules of a connector: rules that stand alone, or its own in a whole file.
// The settings are those of its directory, as far as the file says them.
func ReadRules(data []byte, slug string) (policy.Rules, policy.DirectorySettings, error) {
	root, err := parse(data)
	if err != nil {
		return policy.Rules{}, policy.DirectorySettings{}, err
	}
	if root.field("connectors") == nil {
		r, err := onlyRules(root)
		return r, policy.DefaultDirectorySettings(), err
	}
	f, err := Read(data)
	if err != nil {
		return policy.Rules{}, policy.DirectorySettings{}, err
	}
	c := f.Connector(slug)
	if c == nil {
		return policy.Rules{}, policy.DirectorySettings{}, &Error{Problem: fmt.Sprintf("there is no connector %s in it", slug)}
	}
	return c.Rules, f.SettingsFor(c), nil
}

// ReadOnlyRules reads rules that stand alone.
func ReadOnlyRules(data []byte) (policy.Rules, error) {
	root, err := parse(data)
	if err != nil {
		return policy.Rules{}, err
	}
	return onlyRules(root)
}

func onlyRules(root *node) (policy.Rules, error) {
	r := policy.DefaultRules()
	if err := readRules(root, &r, ""); err != nil {
		return r, err
	}
	return r, checkRules(r, root, "")
}

var (
	rulesType     = reflect.TypeFor[policy.Rules]()
	directoryType = reflect.TypeFor[Directory]()
	connectorType = reflect.TypeFor[Connector]()
	testType      = reflect.TypeFor[Test]()
)

// read puts a value of the file into a field of a struct. where is the way to it.
func read(n *node, into reflect.Value, where string) error {
	if n.kind == nothing {
		return nil // as if it were left out
	}
	if into.Kind() == reflect.Pointer {
		into.Set(reflect.New(into.Type().Elem()))
		into = into.Elem()
	}
	switch into.Type() {
	case rulesType:
		return readRules(n, into.Addr().Interface().(*policy.Rules), where)
	case directoryType:
		return readDirectory(n, into.Addr().Interface().(*Directory))
	case connectorType:
		if name := n.field("slug"); name != nil {
			where = "connector " + name.text
		}
		*into.Addr().Interface().(*Connector) = Connector{Rules: policy.DefaultRules(), at: n}
	case testType:
		into.Addr().Interface().(*Test).at = n
	}
	refuse := func(want kind, such string) error {
		return &Error{n.line, where, fmt.Sprintf("must be %s%s, not %s", want, such, n.kind)}
	}
	switch into.Kind() {
	case reflect.Struct:
		if n.kind != mapping {
			return refuse(mapping, "")
		}
		return readFields(n, into, where)
	case reflect.Slice:
		if n.kind != list {
			return refuse(list, ", each entry in a line that begins with - ")
		}
		into.Set(reflect.MakeSlice(into.Type(), len(n.items), len(n.items)))
		for i, item := range n.items {
			if item.kind == nothing {
				return &Error{item.line, where, "an entry is empty; take it out"}
			}
			if err := read(item, into.Index(i), fmt.Sprintf("%s[%d]", where, i)); err != nil {
				return err
			}
		}
	case reflect.String:
		switch n.kind {
		case text:
			into.SetString(n.text)
		case number, boolean:
			return &Error{n.line, where, fmt.Sprintf("must be a text; write %s in quotes: %q", n.text, n.text)}
		default:
			return refuse(text, "")
		}
	case reflect.Bool:
		if n.kind != boolean {
			return refuse(boolean, "")
		}
		into.SetBool(n.text == "true")
	case reflect.Int:
		whole, err := strconv.Atoi(n.text)
		if n.kind != number || err != nil {
			return refuse("a whole number", "")
		}
		into.SetInt(int64(whole))
	case reflect.Float64:
		value, err := strconv.ParseFloat(n.text, 64)
		if n.kind != number || err != nil {
			return refuse(number, "")
		}
		into.SetFloat(value)
	}
	return nil
}

// readFields reads the fields of a struct. One that does not exist is refused by name.
func readFields(n *node, into reflect.Value, where string) error {
	var known []string
	places := map[string]int{}
	for i := range into.NumField() {
		if name, _, _ := strings.Cut(into.Type().Field(i).Tag.Get("json"), ","); name != "" {
			known, places[name] = append(known, name), i
		}
	}
	for _, f := range n.fields {
		i, ok := places[f.name]
		if !ok {
			return unknown(f, known, where)
		}
		below := f.name
		if where != "" {
			below = where + ": " + f.name
		}
		if err := read(f.value, into.Field(i), below); err != nil {
			return err
		}
	}
	return nil
}

// readDirectory reads a directory, whose settings stand beside its name.
func readDirectory(n *node, into *Directory) error {
	*into = Directory{Settings: policy.DefaultDirectorySettings(), at: n}
	if n.kind != mapping {
		return &Error{n.line, "directories", "each entry must be fields with values, such as - name: main"}
	}
	settings := &node{kind: mapping, line: n.line}
	for _, f := range n.fields {
		if f.name != "name" {
			settings.fields = append(settings.fields, f)
			continue
		}
		if err := read(f.value, reflect.ValueOf(&into.Name).Elem(), "directories: name"); err != nil {
			return err
		}
	}
	return readJSON(settings, &into.Settings, "directory "+into.Name)
}

func readRules(n *node, into *policy.Rules, where string) error {
	if n.kind != mapping {
		return &Error{n.line, where, "must be fields with values, such as neverAssign and its list, not " + string(n.kind)}
	}
	return readJSON(n, into, where)
}
