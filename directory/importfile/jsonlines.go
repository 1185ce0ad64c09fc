package importfile

import (
	"bufio"
	"bytes"
	"strings"
	"unicode/utf8"

	"github.com/muster-scim/muster/scim"
)

// limits of one resource. Its members are objects of three keys.
var limits = func() scim.Limits {
	l := scim.BodyLimits
	l.Keys = MaxRow / 8
	return l
}()

// readJSONLines reads a SCIM resource on each line.
func readJSONLines(in *bufio.Reader, yield func(Row, error) bool) {
	l := &lines{in: in}
	for {
		text, long, ok, err := l.next()
		switch {
		case err != nil:
			yield(Row{}, err)
			return
		case !ok:
			return
		case len(bytes.TrimSpace(text)) == 0:
			continue
		}
		for _, row := range jsonLine(l.line, text, long) {
			if !yield(row, nil) {
				return
			}
		}
	}
}

func jsonLine(line int64, text []byte, long bool) []Row {
	fail := func(p *Problem) []Row { return []Row{{Line: line, Kind: User, Text: string(text), Problem: p}} }
	switch {
	case long:
		p := tooLong()
		text = text[:200]
		return fail(p)
	case !utf8.Valid(text):
		return fail(problem("notUTF8", "", string(text), "The line is not UTF-8. Save the file as UTF-8."))
	}
	raw, err := scim.Decode(text, limits)
	if err != nil {
		return fail(fromSCIM(err))
	}
	return Resource(line, string(text), raw)
}

// Resource reads a SCIM User or Group, which it uses up: a user with the groups that it names, or
// a group with its members. text is what problems show; it may be empty.
func Resource(line int64, text string, raw map[string]any) []Row {
	if isGroup(raw) {
		return groupResource(line, text, raw)
	}
	groups := take(raw, "groups")
	source, _ := take(raw, "id").(string)
	take(raw, "meta")
	row := user(line, text, raw)
	row.Source = source
	rows := []Row{row}
	if row.Problem != nil {
		return rows
	}
	list, _ := groups.([]any)
	for _, g := range list {
		name, _ := g.(string)
		if m, ok := g.(map[string]any); ok {
			name, _ = find(m, "display").(string)
		}
		if name != "" { // without a name it is told by the group's own members
			rows = append(rows, membership(line, "", "groups", name, "userName", row.User.UserName()))
		}
	}
	return rows
}

func groupResource(line int64, text string, raw map[string]any) []Row {
	members := take(raw, "members")
	name, _ := find(raw, "displayName").(string)
	row := group(line, text, "displayName", name)
	rows := []Row{row}
	if row.Problem != nil {
		return rows
	}
	list, _ := members.([]any)
	if plain, ok := members.([]scim.Member); ok { // how scim.Decode keeps a long list, where it is asked to
		for _, m := range plain {
			list = append(list, m)
		}
	}
	for _, m := range list {
		switch m := m.(type) {
		case string:
			rows = append(rows, membership(line, "", "displayName", name, "members", m))
		case map[string]any:
			rows = append(rows, member(line, name, m))
		case scim.Member:
			rows = append(rows, member(line, name, m.Object()))
		}
	}
	return rows
}

// member is a membership of a group's resource.
func member(line int64, name string, m map[string]any) Row {
	value, _ := find(m, "value").(string)
	row := membership(line, "", "displayName", name, "members", value)
	if kind, _ := find(m, "type").(string); strings.EqualFold(kind, "Group") {
		row.Problem = problem("notSupported", "members", value, "The member is a group. Groups in groups are not imported; import its people as members.")
	}
	return row
}

// isGroup says whether a resource is a group: by its schemas, else by what only groups have.
func isGroup(raw map[string]any) bool {
	schemas, _ := find(raw, "schemas").([]any)
	for _, s := range schemas {
		urn, _ := s.(string)
		switch {
		case strings.HasSuffix(urn, ":Group"):
			return true
		case strings.HasSuffix(urn, ":User"):
			return false
		}
	}
	return find(raw, "userName") == nil && (find(raw, "members") != nil || find(raw, "displayName") != nil && find(raw, "emails") == nil)
}

// find is an attribute, whose name is matched without regard to case.
func find(raw map[string]any, name string) any {
	if v, ok := raw[name]; ok {
		return v
	}
	for key, v := range raw {
		if strings.EqualFold(key, name) {
			return v
		}
	}
	return nil
}

// take is find, and takes the attribute out.
func take(raw map[string]any, name string) any {
	for key, v := range raw {
		if strings.EqualFold(key, name) {
			delete(raw, key)
			return v
		}
	}
	return nil
}
