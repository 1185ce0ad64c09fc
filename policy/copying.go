package policy

import "strings"

// A copy is given by the first connector, by precedence, that grants its default groups now: its
// memberships are default ones, so they end with that connector's last record of the user, and an
// administrator's removal of one is final. Its attributes are the user's own; records go first.

// copier is the index of the party that gives the copy, -1 if nobody does.
func (d *deciding) copier() int16 {
	if d.in.Copy == nil || d.mode != managed {
		return -1
	}
	for i, p := range d.parties {
		if p.grants != "" {
			return int16(i)
		}
	}
	return -1
}

// fillCopied gives attributes that no record gives the values that were, or are now, copied.
func (d *deciding) fillCopied(m *merged, giver string) {
	copied := d.in.User.Copied
	if d.copier() >= 0 {
		copied = d.in.Copy
	}
	if copied == nil {
		return
	}
	because := Reason{Code: CodeCopiedValue, Detail: copied.From}
	fill := func(path string) {
		if _, given := at(m.values, path); !given {
			m.keep(path, copied.Attributes, because, giver)
		}
	}
	for name, value := range copied.Attributes {
		extension, ok := value.(map[string]any)
		if !ok || !strings.HasPrefix(name, "urn:") {
			fill(name)
			continue
		}
		for sub := range extension {
			fill(name + ":" + sub)
		}
	}
}
