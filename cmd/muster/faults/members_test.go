package faults

import "testing"

func TestMembersAreThoseThatWereAcknowledged(t *testing.T) {
	t.Parallel()
	change := func(sent int, acknowledged bool, e Effect) *Change {
		e.Group = true
		c := &Change{Client: "entra", Subject: "g", Effect: e, Sent: moment(sent), Acknowledged: acknowledged, Open: !acknowledged}
		if acknowledged {
			c.Done = moment(sent + 1)
		}
		return c
	}
	made := change(1, true, Effect{Whole: true, Add: []string{"amy", "bob"}})
	deleted := &Change{Client: "entra", Subject: "bob", Sent: moment(9), Done: moment(10), Acknowledged: true}
	for _, c := range []struct {
		name    string
		changes []*Change
		members []string
		want    []Harm
	}{
		{"as made", []*Change{made}, []string{"amy", "bob"}, nil},
		{"one lost", []*Change{made}, []string{"amy"}, []Harm{Lost}},
		{"a stranger", []*Change{made}, []string{"amy", "bob", "eve"}, []Harm{Wrong}},
		{"added", []*Change{made, change(3, true, Effect{Add: []string{"cy"}})}, []string{"amy", "bob", "cy"}, nil},
		{"an addition removed somebody", []*Change{made, change(3, true, Effect{Add: []string{"cy"}})}, []string{"amy", "cy"}, []Harm{Lost}},
		{"removed and still there", []*Change{made, change(3, true, Effect{Remove: []string{"bob"}})}, []string{"amy", "bob"}, []Harm{Lost}},
		{"unknown, made", []*Change{made, change(3, false, Effect{Add: []string{"cy", "di"}})}, []string{"amy", "bob", "cy", "di"}, nil},
		{"unknown, not made", []*Change{made, change(3, false, Effect{Add: []string{"cy", "di"}})}, []string{"amy", "bob"}, nil},
		{"unknown, half made", []*Change{made, change(3, false, Effect{Add: []string{"cy", "di"}})}, []string{"amy", "bob", "di"}, []Harm{Half}},
		{"replaced, half made", []*Change{made, change(3, false, Effect{Whole: true, Add: []string{"cy"}})}, []string{"amy", "cy"}, []Harm{Half}},
		{"replaced", []*Change{made, change(3, true, Effect{Whole: true, Add: []string{"cy"}})}, []string{"cy"}, nil},
		{"a member was deleted", []*Change{made, deleted}, []string{"amy"}, nil},
		{"a deleted member is there", []*Change{made, deleted}, []string{"amy", "bob"}, []Harm{Lost}},
	} {
		got := rosterOf(c.changes, "entra", "g").judge(c.members)
		if len(got) != len(c.want) {
			t.Errorf("%s: found %v, want %v", c.name, got, c.want)
			continue
		}
		for i := range got {
			if got[i].Harm != c.want[i] {
				t.Errorf("%s: found %v, want %v", c.name, got, c.want)
			}
		}
	}
}
