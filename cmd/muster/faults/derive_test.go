package faults

import (
	"maps"
	"slices"
	"strings"
	"testing"
)

// TestDerivationFollowsTheRules checks the straight-line implementation by hand-made cases, as
// nothing else does: were it wrong in the same way as the product, no scenario would notice.
func TestDerivationFollowsTheRules(t *testing.T) {
	t.Parallel()
	okta := space{
		seat: seat{slug: "okta", rules: rules{only: []string{"eng-.*"}, never: []string{".*-admins"}, always: []string{"everyone"}}},
		Users: map[string]record{
			"amy": {Title: "T1", Department: "D1", Active: true},
			"bob": {Title: "T2", Department: "D2"},
			"cy":  {Title: "T3", Department: "D3"},
		},
		Groups: map[string][]string{"eng-core": {"amy", "bob", "cy"}, "eng-admins": {"amy"}, "social": {"amy"}},
	}
	entra := space{
		seat:   seat{slug: "entra", groups: []string{"keep-it"}, rules: rules{keep: []string{"keep-.*"}, defaults: []string{"welcome"}, strip: true}},
		Users:  map[string]record{"amy": {Title: "E1", Active: true}, "bob": {Title: "E2", Department: "E3", Active: true}, "di": {Active: true}},
		Groups: map[string][]string{"ENG": {"amy"}, "keep-it": {"di"}},
	}
	member := func(sent int, name string, surely bool) *Change {
		return &Change{Client: "entra", Subject: "keep-it", Effect: Effect{Group: true, Add: []string{name}}, Sent: moment(sent), Acknowledged: surely, Open: !surely}
	}
	history := []*Change{member(1, "di", true), member(2, "amy", true), member(3, "eve", true), member(4, "bob", false),
		{Client: "entra", Subject: "eve", Sent: moment(5), Acknowledged: true}}
	people := derive([]space{okta, entra}, history)
	for name, want := range map[string]string{
		"amy": "active T1 D1 ENG:idp eng-core:idp everyone:always keep-it:retained welcome:default",
		"bob": "active E2 E3 welcome:default", // okta's record is inactive and does not contribute
		"cy":  "disabled T3 D3 eng-core:idp everyone:always",
		"di":  "active   keep-it:idp welcome:default",
		"eve": "disabled   keep-it:retained",
	} {
		e := people[name]
		got := e.Status + " " + e.Title + " " + e.Department
		for _, group := range sortedKeys(e.Groups) {
			got += " " + group + ":" + e.Groups[group]
		}
		if got != want {
			t.Errorf("%s is derived as %q, want %q", name, got, want)
		}
	}
	if len(people) != 5 {
		t.Errorf("%d people are derived, want 5", len(people))
	}
	if people["bob"].perhaps["keep-it"] != "retained" {
		t.Errorf("bob, whose addition is of unknown outcome, may keep %v, want keep-it", people["bob"].perhaps)
	}
}

func TestDirectoryThatDiffersIsFound(t *testing.T) {
	t.Parallel()
	want := map[string]expectation{
		"amy": {person: person{Status: "active", Title: "T", Groups: map[string]string{"g": "idp"}}, perhaps: map[string]string{"k": "retained"}},
		"eve": {person: person{Status: "disabled", Groups: map[string]string{"k": "retained"}}, gone: true},
	}
	right := func() map[string]person {
		return map[string]person{
			"amy": {Status: "active", Title: "T", Groups: map[string]string{"g": "idp"}},
			"eve": {Status: "disabled", Title: "was", Groups: map[string]string{"k": "idp"}},
		}
	}
	for _, c := range []struct {
		name   string
		change func(map[string]person)
		want   string // part of the one finding; "" for none
	}{
		{"as derived", func(map[string]person) {}, ""},
		{"what the history leaves open", func(p map[string]person) { p["amy"].Groups["k"] = "retained" }, ""},
		{"a missing membership", func(p map[string]person) { delete(p["amy"].Groups, "g") }, `in the group g the origin`},
		{"one too many", func(p map[string]person) { p["amy"].Groups["h"] = "idp" }, `in the group h the origin`},
		{"a missing one of who is gone", func(p map[string]person) { delete(p["eve"].Groups, "k") }, `in the group k`},
		{"another status", func(p map[string]person) { p["amy"] = person{Status: "disabled", Title: "T", Groups: p["amy"].Groups} }, `the status`},
		{"nobody's", func(p map[string]person) { p["ghost"] = person{} }, `ghost, whom no record made`},
		{"a missing person", func(p map[string]person) { delete(p, "amy") }, `no amy`},
	} {
		got := right()
		c.change(got)
		wrong := compareDirectory(want, got)
		if c.want == "" && len(wrong) > 0 || c.want != "" && (len(wrong) != 1 || !strings.Contains(wrong[0].Text, c.want)) {
			t.Errorf("%s: found %v, want %q", c.name, wrong, c.want)
		}
	}
}

func TestPatternsFitWholeNames(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]bool{"eng-core": true, "ENG-core": true, "my-eng-core": false, "eng-": true, "eng-core\n": false} {
		if got := fits([]string{"eng-.*"}, name); got != want {
			t.Errorf("eng-.* fits %q: %v, want %v", name, got, want)
		}
	}
}

func sortedKeys(m map[string]string) []string { return slices.Sorted(maps.Keys(m)) }
