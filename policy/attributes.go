package policy

import (
	"maps"
	"reflect"
	"slices"
	"strings"

	"github.com/muster-scim/muster/scim/canonical"
)

// enterprise is the extension of RFC 7643, 4.3.
const enterprise = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"

// ownTenantOnly are the attributes that a tenant may not give to another tenant's user: what
// grants something, and what users are told apart by.
var ownTenantOnly = []string{
	"userName", "emails", "externalId", "roles", "entitlements",
	enterprise + ":manager", enterprise + ":employeeNumber",
}

// decideAttributes merges the attributes of the contributing views: each from the first by
// precedence that has a value. One view alone is passed on as it is.
func (d *deciding) decideAttributes() {
	d.out.Attributes = d.in.User.Attributes
	if d.mode != managed {
		return
	}
	var giving []*seen
	for i := range d.seen {
		if d.seen[i].contributes {
			giving = append(giving, &d.seen[i])
		}
	}
	m := merged{values: giving[0].Attributes}
	if len(giving) > 1 {
		m = merge(giving)
	}
	d.fillCopied(&m, giving[0].Connector)
	d.keepNames(&m, giving[0].Connector)
	d.keepHeld(&m)
	if d.mode != managed {
		return // a new user could not have its name
	}
	d.out.Attributes, d.out.AttributeBecause = m.values, m.because
}

// merged are attributes on the way to the target. The map is a view's own until it is written.
type merged struct {
	values  map[string]any
	because map[string]Reason // nil while one view gave all
	own     bool
}

func merge(giving []*seen) merged {
	m := merged{values: map[string]any{}, because: map[string]Reason{}, own: true}
	for _, v := range giving {
		foreign := v.party.Tenant != giving[0].party.Tenant
		for name, value := range v.Attributes {
			extension, ok := value.(map[string]any)
			if !ok || !strings.HasPrefix(name, "urn:") {
				m.offer(name, value, v.Connector, foreign)
				continue
			}
			for sub, value := range extension {
				m.offer(name+":"+sub, value, v.Connector, foreign)
			}
		}
	}
	return m
}

// offer takes a value if nobody of higher precedence gave one and the tenant may.
func (m *merged) offer(path string, value any, connector string, foreign bool) {
	if _, given := m.because[path]; given || foreign && slices.ContainsFunc(ownTenantOnly, func(own string) bool { return strings.EqualFold(own, path) }) {
		return
	}
	m.because[path] = Reason{Code: CodeGiven, Connector: connector}
	set(m.values, path, value)
}

// keep writes what the user holds at path over what the views say, with the reason.
func (m *merged) keep(path string, held map[string]any, because Reason, giver string) {
	if m.because == nil {
		m.because = map[string]Reason{}
		for name, value := range m.values {
			if extension, ok := value.(map[string]any); ok && strings.HasPrefix(name, "urn:") {
				for sub := range extension {
					m.because[name+":"+sub] = Reason{Code: CodeGiven, Connector: giver}
				}
				continue
			}
			m.because[name] = Reason{Code: CodeGiven, Connector: giver}
		}
	}
	if !m.own {
		m.values, m.own = copyOf(m.values), true
	}
	m.because[path] = because
	if value, ok := at(held, path); ok {
		set(m.values, path, value)
	} else {
		remove(m.values, path)
	}
}

// keepNames keeps the names by which people are known when the new ones are another user's or
// a protected one's. A user that does not exist yet and cannot have its name is not created.
func (d *deciding) keepNames(m *merged, giver string) {
	userName, _ := m.values["userName"].(string)
	key := canonical.Key(userName)
	if key != "" && key != d.in.User.UserNameKey && d.in.NamesTaken[key] {
		d.keepName(m, "userName", giver, Conflict{Kind: ConflictUserNameTaken, Value: userName}, Reason{Code: CodeUserNameTaken})
	}
	if len(d.in.Directory.users) == 0 || d.in.User.Protected != "" {
		return
	}
	for _, name := range []string{"userName", "emails", "displayName"} {
		value := m.values[name]
		if value == nil || reflect.DeepEqual(value, d.in.User.Attributes[name]) {
			continue
		}
		texts := textsOf(value)
		pattern, except := d.in.Directory.ProtectedUser(texts...)
		from := giver
		if because, ok := m.because[name]; ok && because.Connector != "" {
			from = because.Connector
		}
		if pattern == "" || slices.Contains(except, from) {
			continue
		}
		d.keepName(m, name, giver, Conflict{Kind: ConflictProtectedUser, Value: strings.Join(texts, ", ")},
			Reason{Code: CodeProtectedName, List: ListProtectedUsers, Pattern: pattern})
	}
}

func (d *deciding) keepName(m *merged, name, giver string, c Conflict, because Reason) {
	from := giver
	if known, ok := m.because[name]; ok && known.Connector != "" {
		from = known.Connector
	}
	c.Connector, c.Attribute, because.Connector = from, name, from
	for i := range d.seen {
		if v := &d.seen[i]; v.contributes && v.Connector == from {
			c.Record = v.Record
			break
		}
	}
	d.conflict(c)
	if !d.in.User.Exists {
		d.mode, d.out.Create = untouched, false
		d.out.Status, d.out.StatusBecause = d.in.User.Status, because
		for _, p := range d.parties {
			p.absence = because
			p.absence.Connector = p.Slug
		}
		return
	}
	m.keep(name, d.in.User.Attributes, because, giver)
}

// textsOf gives the texts of userName, displayName or emails.
func textsOf(value any) []string {
	switch v := value.(type) {
	case string:
		return []string{v}
	case []any:
		var texts []string
		for _, item := range v {
			if entry, ok := item.(map[string]any); ok {
				if text, ok := entry["value"].(string); ok {
					texts = append(texts, text)
				}
			}
		}
		return texts
	}
	return nil
}

// keepHeld honours the exceptions that keep attributes from being rewritten.
func (d *deciding) keepHeld(m *merged) {
	if !d.in.User.Exists {
		return
	}
	for path, why := range d.in.Exceptions.KeepAttributes {
		now, _ := at(m.values, path)
		held, _ := at(d.in.User.Attributes, path)
		if !reflect.DeepEqual(now, held) {
			m.keep(path, d.in.User.Attributes, Reason{Code: CodeHeld, Detail: why}, d.giver())
		}
	}
}

// giver is the connector that gives what nobody of higher precedence gave.
func (d *deciding) giver() string {
	for i := range d.seen {
		if d.seen[i].contributes {
			return d.seen[i].Connector
		}
	}
	return ""
}

// split cuts the path of an extension's attribute in two; core attributes have one part.
func split(path string) (urn, name string) {
	if !strings.HasPrefix(path, "urn:") {
		return "", path
	}
	end := strings.LastIndexByte(path, ':')
	return path[:end], path[end+1:]
}

func at(values map[string]any, path string) (any, bool) {
	urn, name := split(path)
	if urn != "" {
		values, _ = values[urn].(map[string]any)
	}
	value, ok := values[name]
	return value, ok
}

func set(values map[string]any, path string, value any) {
	urn, name := split(path)
	if urn != "" {
		extension, ok := values[urn].(map[string]any)
		if !ok {
			extension = map[string]any{}
			values[urn] = extension
		}
		values = extension
	}
	values[name] = value
}

func remove(values map[string]any, path string) {
	urn, name := split(path)
	if urn == "" {
		delete(values, name)
		return
	}
	if extension, ok := values[urn].(map[string]any); ok {
		if delete(extension, name); len(extension) == 0 {
			delete(values, urn)
		}
	}
}

// copyOf copies the attributes and the extensions' own maps, which is as deep as set writes.
func copyOf(values map[string]any) map[string]any {
	copied := maps.Clone(values)
	if copied == nil {
		copied = map[string]any{}
	}
	for name, value := range copied {
		if extension, ok := value.(map[string]any); ok && strings.HasPrefix(name, "urn:") {
			copied[name] = maps.Clone(extension)
		}
	}
	return copied
}
