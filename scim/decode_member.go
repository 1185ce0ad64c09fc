package scim

// Member is one member of a group: what a body says of it, or what a resource shows.
type Member struct {
	Value   string
	Kind    Kind // "" unknown: the value is not resolved
	Display string
	object  string // the body's object, if it says a $ref or an operation too
}

// member reads a member object if the limits ask for compact ones and the next value is one:
// an object with a string "value" and, of the rest, only display, $ref, type and operation,
// strings or null. Otherwise the decoder stays where it stands. A map for each of 250,000
// members would cost some 400 bytes apiece; this costs 64.
func (d *decoder) member() (Member, bool, error) {
	if d.l.Members == 0 || d.s[d.i] != '{' {
		return Member{}, false, nil
	}
	start, keys := d.i, 0
	var m Member
	var rest [2]string
	var seen [5]bool
	d.i++
	for {
		d.space()
		if d.i >= len(d.s) || d.s[d.i] != '"' {
			break
		}
		key, err := d.str()
		if err != nil {
			return Member{}, false, err
		}
		d.space()
		if d.i >= len(d.s) || d.s[d.i] != ':' {
			break
		}
		d.i++
		which, target := m.slot(key, &rest)
		if target == nil || seen[which] {
			break
		}
		seen[which] = true
		keys++
		text, ok, err := d.memberText(which)
		if err != nil {
			return Member{}, false, err
		}
		if !ok {
			break
		}
		*target = text
		d.space()
		if d.i >= len(d.s) || d.s[d.i] != ',' && d.s[d.i] != '}' {
			break
		}
		d.i++
		if d.s[d.i-1] == ',' {
			continue
		}
		if !seen[0] {
			break
		}
		if d.members += keys; d.members > d.l.Members {
			return Member{}, false, InvalidValue("the body names too many members")
		}
		if rest[0] != "" || rest[1] != "" {
			m.object = d.s[start:d.i]
		}
		return m, true, nil
	}
	d.i = start
	return Member{}, false, nil
}

// slot is where the value of key belongs in m or beside it; nil for a key that members do not have.
func (m *Member) slot(key string, rest *[2]string) (int, *string) {
	switch {
	case equalFold(key, "value"):
		return 0, &m.Value
	case equalFold(key, "display"):
		return 1, &m.Display
	case equalFold(key, "$ref"):
		return 2, &rest[0]
	case equalFold(key, "type"):
		return 3, (*string)(&m.Kind)
	case equalFold(key, "operation"):
		return 4, &rest[1]
	}
	return -1, nil
}

// memberText reads a string, or null where a member may leave it out.
func (d *decoder) memberText(which int) (string, bool, error) {
	d.space()
	switch {
	case d.i >= len(d.s):
		return "", false, nil
	case d.s[d.i] == '"':
		s, err := d.str()
		return s, err == nil, err
	case d.s[d.i] == 'n' && which != 0:
		return "", d.word("null") == nil, nil
	}
	return "", false, nil
}

// Object is the member as a plain object, for readers that know nothing of members.
func (m Member) Object() map[string]any {
	o := map[string]any{"value": m.Value}
	if m.Display != "" {
		o["display"] = m.Display
	}
	if ref := m.said("$ref"); ref != "" {
		o["$ref"] = ref
	}
	if m.Kind != "" {
		o["type"] = string(m.Kind)
	}
	if operation := m.Operation(); operation != "" {
		o["operation"] = operation
	}
	return o
}

// Operation is SCIM 1.1's, in a body that changes members: delete, or nothing to add.
func (m Member) Operation() string { return m.said("operation") }

// said is a text that the body's object holds beside what a Member does.
func (m Member) said(name string) string {
	if m.object == "" {
		return ""
	}
	v, _ := field(ParseDocument([]byte(m.object)), name)
	text, _ := v.(string)
	return text
}
