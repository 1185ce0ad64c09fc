package policy

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"reflect"
	"strings"
	"sync"
)

// MarshalJSON writes every field, defaults filled in.
func (r Rules) MarshalJSON() ([]byte, error) {
	type plain Rules
	return marshal(plain(r.filled()))
}

// UnmarshalJSON reads rules; what is left out has its default. A field that does not exist
// is refused by name: a misspelt neverAssign must not pass for an empty one.
func (r *Rules) UnmarshalJSON(data []byte) error {
	type plain Rules
	read := plain(DefaultRules())
	if err := readStrictly(data, &read, "rules"); err != nil {
		return err
	}
	*r = Rules(read).filled()
	return nil
}

// MarshalJSON writes every field, defaults filled in.
func (s DirectorySettings) MarshalJSON() ([]byte, error) {
	type plain DirectorySettings
	return marshal(plain(s.filled()))
}

// UnmarshalJSON reads settings; what is left out has its default.
func (s *DirectorySettings) UnmarshalJSON(data []byte) error {
	type plain DirectorySettings
	read := plain(DefaultDirectorySettings())
	if err := readStrictly(data, &read, "settings"); err != nil {
		return err
	}
	*s = DirectorySettings(read).filled()
	return nil
}

// marshal is json.Marshal without HTML escapes, which patterns are full of.
func marshal(v any) ([]byte, error) {
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(v); err != nil {
		return nil, err
	}
	return bytes.TrimRight(out.Bytes(), "\n"), nil
}

// readStrictly reads a JSON object into the struct that into points to, over what is there.
// Unlike encoding/json it takes names in their exact case only and refuses one named twice.
func readStrictly(data []byte, into any, where string) error {
	fields, err := objectFields(data)
	if err != nil {
		return fmt.Errorf("%s: %w", where, err)
	}
	target := reflect.ValueOf(into).Elem()
	for name, value := range fields {
		field, known := fieldNamed(target, name)
		if !known {
			return fmt.Errorf("unknown field %q in %s; the fields are %s", name, where, strings.Join(fieldNames(target.Type()), ", "))
		}
		if string(value) == "null" {
			continue
		}
		if err := readField(value, field, name); err != nil {
			return err
		}
	}
	return nil
}

func readField(value []byte, field reflect.Value, name string) error {
	_, ownReader := field.Addr().Interface().(json.Unmarshaler)
	switch {
	case field.Kind() == reflect.Struct && !ownReader:
		return readStrictly(value, field.Addr().Interface(), name)
	case field.Kind() == reflect.Slice && field.Type().Elem().Kind() == reflect.Struct:
		return readList(value, field, name)
	}
	if err := json.Unmarshal(value, field.Addr().Interface()); err != nil {
		return fmt.Errorf("%s: %w", name, plainly(err))
	}
	return nil
}

func readList(value []byte, field reflect.Value, name string) error {
	var items []json.RawMessage
	if err := json.Unmarshal(value, &items); err != nil {
		return fmt.Errorf("%s must be a list", name)
	}
	list := reflect.MakeSlice(field.Type(), len(items), len(items))
	for i, item := range items {
		if err := readField(item, list.Index(i), fmt.Sprintf("%s[%d]", name, i)); err != nil {
			return err
		}
	}
	field.Set(list)
	return nil
}

func fieldNamed(target reflect.Value, name string) (reflect.Value, bool) {
	for i, known := range fieldNames(target.Type()) {
		if known == name {
			return target.Field(i), true
		}
	}
	return reflect.Value{}, false
}

// namesOf keeps what fieldNames found, by reflect.Type: rules are read with every look at a
// directory's settings.
var namesOf sync.Map

func fieldNames(t reflect.Type) []string {
	if names, known := namesOf.Load(t); known {
		return names.([]string)
	}
	names := make([]string, t.NumField())
	for i := range names {
		names[i], _, _ = strings.Cut(t.Field(i).Tag.Get("json"), ",")
	}
	namesOf.Store(t, names)
	return names
}

// objectFields splits a JSON object into its members.
func objectFields(data []byte) (map[string]json.RawMessage, error) {
	decoder := json.NewDecoder(bytes.NewReader(data))
	if open, err := decoder.Token(); err != nil || open != json.Delim('{') {
		return nil, errors.New("must be a JSON object")
	}
	fields := map[string]json.RawMessage{}
	for decoder.More() {
		token, err := decoder.Token()
		if err != nil {
			return nil, errors.New("is not valid JSON")
		}
		name, _ := token.(string)
		if _, twice := fields[name]; twice {
			return nil, fmt.Errorf("names %q twice", name)
		}
		var value json.RawMessage
		if err := decoder.Decode(&value); err != nil {
			return nil, errors.New("is not valid JSON")
		}
		fields[name] = value
	}
	if _, err := decoder.Token(); err != nil {
		return nil, errors.New("is not valid JSON")
	}
	if _, err := decoder.Token(); err != io.EOF {
		return nil, errors.New("has text after its end")
	}
	return fields, nil
}

// plainly says what a value should have been without naming Go's types.
func plainly(err error) error {
	var mismatch *json.UnmarshalTypeError
	if !errors.As(err, &mismatch) {
		return err
	}
	wanted := map[reflect.Kind]string{
		reflect.Bool: "true or false", reflect.Int: "a whole number", reflect.Float64: "a number",
		reflect.String: "a string", reflect.Slice: "a list",
	}[mismatch.Type.Kind()]
	if wanted == "" {
		wanted = "something else"
	}
	return fmt.Errorf("must be %s, not %s", wanted, mismatch.Value)
}
