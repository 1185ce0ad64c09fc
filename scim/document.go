package scim

import (
	"maps"
	"slices"
	"strings"
)

// Document is what a client says of a resource, normalised: attributes in schema case, read-only
// ones and the password dropped, no nulls, no empty texts, arrays or objects. Groups keep their
// members elsewhere. Values are string, bool, json.Number, map[string]any and []any; an
// extension is a map under its URN. Text stays as it was sent.
//
// A Document is treated as immutable: change a copy made with Clone.
type Document map[string]any

// JSON writes the document: attributes in the order of the table, then the extensions sorted.
// Equal documents give the same bytes.
func (d Document) JSON() []byte {
	b := make([]byte, 0, 1024)
	b = append(b, '{')
	written := 0
	// The attributes of a group are among those of a user: one table writes both.
	for _, a := range userSchema.Attributes {
		if v, ok := d[a.Name]; ok {
			if written++; written > 1 {
				b = append(b, ',')
			}
			b = append(appendName(b, a.Name), ':')
			b = appendAttribute(b, a, v)
		}
	}
	if written < len(d) {
		for _, key := range d.extensions() {
			if len(b) > 1 {
				b = append(b, ',')
			}
			b = append(appendString(b, key), ':')
			if extension, ok := d[key].(map[string]any); ok && key == EnterpriseUser {
				b = appendExtension(b, extension)
			} else {
				b = appendValue(b, d[key])
			}
		}
	}
	return append(b, '}')
}

func appendExtension(b []byte, extension map[string]any) []byte {
	b = append(b, '{')
	start := len(b)
	for _, a := range enterpriseSchema.Attributes {
		if v, ok := extension[a.Name]; ok {
			if len(b) > start {
				b = append(b, ',')
			}
			b = append(appendName(b, a.Name), ':')
			b = appendAttribute(b, a, v)
		}
	}
	return append(b, '}')
}

// extensions are the keys that the core table does not know, sorted.
func (d Document) extensions() []string {
	var keys []string
	for k := range d {
		if userSchema.byName[k] == nil {
			keys = append(keys, k)
		}
	}
	slices.Sort(keys)
	return keys
}

// ParseDocument reads what JSON wrote. Text that JSON did not write gives an empty document.
func ParseDocument(stored []byte) Document {
	d := decoder{s: string(stored), trusted: true,
		l: Limits{Depth: 1000, Keys: 1 << 30, StringLength: 1 << 30, NumberDigits: 1 << 30}}
	d.space()
	if d.i == len(d.s) || d.s[d.i] != '{' {
		return Document{}
	}
	m, err := d.object()
	if err != nil {
		return Document{}
	}
	return m
}

// Clone is a deep copy.
func (d Document) Clone() Document {
	c := maps.Clone(d)
	if c == nil {
		return Document{}
	}
	for k, v := range c {
		c[k] = cloneValue(v)
	}
	return c
}

func cloneValue(v any) any {
	switch v := v.(type) {
	case map[string]any:
		c := make(map[string]any, len(v))
		for k, e := range v {
			c[k] = cloneValue(e)
		}
		return c
	case []any:
		c := make([]any, len(v))
		for i, e := range v {
			c[i] = cloneValue(e)
		}
		return c
	}
	return v
}

func (d Document) text(name string) string {
	s, _ := d[name].(string)
	return s
}

func (d Document) UserName() string   { return d.text("userName") }
func (d Document) ExternalID() string { return d.text("externalId") }

// DisplayName is the display name as sent, "" if none was. See ShownName.
func (d Document) DisplayName() string { return d.text("displayName") }

// ShownName is the display name that answers show: the one sent or, because clients fail
// without one (Keycloak's does), the best there is: the formatted name, given and family name,
// the user name.
func (d Document) ShownName() string {
	if s := d.DisplayName(); s != "" {
		return s
	}
	if name, ok := d["name"].(map[string]any); ok {
		if s, _ := name["formatted"].(string); s != "" {
			return s
		}
		given, _ := name["givenName"].(string)
		family, _ := name["familyName"].(string)
		if s := strings.TrimSpace(given + " " + family); s != "" {
			return s
		}
	}
	return d.UserName()
}

// Active is the activity the client said; a user who is not said to be inactive is active.
func (d Document) Active() (value, said bool) {
	value, said = d["active"].(bool)
	return value || !said, said
}

// Emails are the values of all e-mail addresses, in order.
func (d Document) Emails() []string {
	var emails []string
	for _, e := range d.entries("emails") {
		if s, _ := e["value"].(string); s != "" {
			emails = append(emails, s)
		}
	}
	return emails
}

// PrimaryEmail is the e-mail address marked primary, else the first one for work, else the
// first; "" when there is none.
func (d Document) PrimaryEmail() string {
	var work, first string
	for _, e := range d.entries("emails") {
		value, _ := e["value"].(string)
		if value == "" {
			continue
		}
		if primary, _ := e["primary"].(bool); primary {
			return value
		}
		if kind, _ := e["type"].(string); work == "" && equalFold(kind, "work") {
			work = value
		}
		if first == "" {
			first = value
		}
	}
	if work != "" {
		return work
	}
	return first
}

// Enterprise is a text attribute of the enterprise extension, such as employeeNumber; for
// manager it is the manager's id.
func (d Document) Enterprise(name string) string {
	extension, _ := d[EnterpriseUser].(map[string]any)
	switch v := extension[name].(type) {
	case string:
		return v
	case map[string]any:
		s, _ := v["value"].(string)
		return s
	}
	return ""
}

func (d Document) entries(name string) []map[string]any {
	list, _ := d[name].([]any)
	entries := make([]map[string]any, 0, len(list))
	for _, e := range list {
		if m, ok := e.(map[string]any); ok {
			entries = append(entries, m)
		}
	}
	return entries
}

// extension finds an extension by its URN in any case, and the key it is stored under.
func (d Document) extension(urn string) (string, map[string]any) {
	if m, ok := d[urn].(map[string]any); ok {
		return urn, m
	}
	for key, v := range d {
		if m, ok := v.(map[string]any); ok && equalFold(key, urn) {
			return key, m
		}
	}
	return urn, nil
}
