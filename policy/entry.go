package policy

import (
	"bytes"
	"encoding/json"
	"fmt"
	"time"
)

// Entry is one entry of a list: what it says and how that is compared with a name.
type Entry struct {
	Form   Form
	Text   string   // the text to compare with; the set's name for FormSet
	Except []string // connectors excepted from a protection; protected lists only
	Groups []string // the names in a set; FormSet only
}

// Form says how the text of an entry is compared with a name.
type Form string

// The forms of an entry. A plain string in JSON is FormAny; the others are written
// {"startsWith":"jira-"}, a set {"set":"Jira","groups":["jira-users","jira-dev"]}.
const (
	FormAny        Form = "" // the literal name, or a regular expression for the whole of it
	FormIs         Form = "is"
	FormStartsWith Form = "startsWith"
	FormEndsWith   Form = "endsWith"
	FormContains   Form = "contains"
	FormMatches    Form = "matches" // a regular expression only
	FormSet        Form = "set"     // defaultGroups only: an application's groups under one name
)

var forms = []Form{FormIs, FormStartsWith, FormEndsWith, FormContains, FormMatches, FormSet}

// Text entries, the plain strings of a list.
func Text(patterns ...string) []Entry {
	entries := make([]Entry, len(patterns))
	for i, p := range patterns {
		entries[i].Text = p
	}
	return entries
}

// MarshalJSON writes the entry in the form it was read in.
func (e Entry) MarshalJSON() ([]byte, error) {
	if e.Form == FormAny {
		return marshal(e.Text) // Except needs an object; compiling refuses it here
	}
	object := map[string]any{string(e.Form): e.Text}
	if len(e.Except) > 0 {
		object["except"] = e.Except
	}
	if e.Form == FormSet {
		object["groups"] = e.Groups
	}
	return marshal(object)
}

// UnmarshalJSON reads a string or an object with exactly one form.
func (e *Entry) UnmarshalJSON(data []byte) error {
	*e = Entry{}
	data = bytes.TrimSpace(data)
	if len(data) > 0 && data[0] == '"' {
		return json.Unmarshal(data, &e.Text)
	}
	fields, err := objectFields(data)
	if err != nil {
		return fmt.Errorf(`a pattern is a string or an object such as {"startsWith":"jira-"}`)
	}
	named := false
	for name, value := range fields {
		switch {
		case name == "except":
			err = json.Unmarshal(value, &e.Except)
		case name == "groups":
			err = json.Unmarshal(value, &e.Groups)
		case formOf(name) != FormAny && !named:
			named, e.Form = true, formOf(name)
			err = strictText(value, &e.Text)
		case formOf(name) != FormAny:
			return fmt.Errorf("a pattern has one form, this one has two")
		default:
			return fmt.Errorf("unknown field %q in a pattern; its forms are is, startsWith, endsWith, contains, matches", name)
		}
		if err != nil {
			return fmt.Errorf("%s of a pattern: %w", name, err)
		}
	}
	if !named {
		return fmt.Errorf("a pattern needs one of is, startsWith, endsWith, contains, matches")
	}
	return nil
}

func formOf(name string) Form {
	for _, f := range forms {
		if string(f) == name {
			return f
		}
	}
	return FormAny
}

func strictText(data []byte, into *string) error {
	if len(data) == 0 || data[0] != '"' {
		return fmt.Errorf("must be a string")
	}
	return json.Unmarshal(data, into)
}

// Duration is a time.Duration that JSON writes the way people do: "1h", "90m", "1h30m".
type Duration time.Duration

const oneHour = time.Hour

// String drops the zero units that time.Duration writes.
func (d Duration) String() string {
	text := time.Duration(d).String()
	if n := len(text); n > 2 && text[n-2:] == "0s" && text[n-3] == 'm' {
		text = text[:n-2]
	}
	if n := len(text); n > 2 && text[n-2:] == "0m" && text[n-3] == 'h' {
		text = text[:n-2]
	}
	return text
}

// MarshalJSON writes the duration as a string.
func (d Duration) MarshalJSON() ([]byte, error) { return json.Marshal(d.String()) }

// UnmarshalJSON reads a string such as "1h30m".
func (d *Duration) UnmarshalJSON(data []byte) error {
	var text string
	if err := json.Unmarshal(data, &text); err != nil {
		return fmt.Errorf(`a duration is a string such as "1h" or "30m"`)
	}
	parsed, err := time.ParseDuration(text)
	if err != nil || parsed < 0 {
		return fmt.Errorf(`%q is not a duration; write "1h" or "30m"`, text)
	}
	*d = Duration(parsed)
	return nil
}
