package scim

// Member is one member of a group: what a body says of it, or what a resource shows.
type Member struct {
	Value   string
	Kind    Kind // "" unknown: the value is not resolved
	Display string
	Ref     string // as a body said it; answers build their own
}

// member reads a member object if the limits ask for compact ones and the next value is one:
// an object with a string "value" and, of the rest, only display, $ref and type, strings or
// null. Otherwise the decoder stays where it stands. A map for each of 250,000 members would
// cost some 400 bytes apiece; this costs 64.
func (d *decoder) member() (Member, bool, error) {
	if d.l.Members == 0 || d.s[d.i] != '{' {
		return Member{}, false, nil
	}
	start, keys := d.i, 0
	var m Member
	var seen [4]bool
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
		which, target := m.slot(key)
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
		return m, true, nil
	}
	d.i = start
	return Member{}, false, nil
}

// slot is where the value of key belongs in m; nil for a key that members do not have.
func (m *Member) slot(key string) (int, *string) {
	switch {
	case equalFold(key, "value"):
		return 0, &m.Value
	case equalFold(key, "display"):
		return 1, &m.Display
	case equalFold(key, "$ref"):
		return 2, &m.Ref
	case equalFold(key, "type"):
		return 3, (*string)(&m.Kind)
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

// object is the member as a plain object, for readers that know nothing of members.
func (m Member) object() map[string]any {
	o := map[string]any{"value": m.Value}
	if m.Display != "" {
		o["display"] = m.Display
	}
	if m.Ref != "" {
		o["$ref"] = m.Ref
	}
	if m.Kind != "" {
		o["type"] = string(m.Kind)
	}
	return o
}
