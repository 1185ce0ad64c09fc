package policy_test

import (
	"encoding/json"
	"os"
	"reflect"
	"regexp"
	"testing"

	"github.com/muster-scim/muster/policy"
	"github.com/muster-scim/muster/policy/mapping"
)

// samples are what the samples of docs/mapping.md make, in their order.
var samples = []struct {
	record  string
	gives   map[string]any
	dropped bool
	groups  map[string]string
}{
	{record: `{"userName":"ada","urn:ietf:params:scim:schemas:extension:enterprise:2.0:User":{"department":"Engines"}}`, gives: map[string]any{"title": "Engines"}},
	{record: `{"userName":"ada@tenant.onmicrosoft.example","nickName":"Ada.Byron"}`, gives: map[string]any{"userName": "ada.byron@acme.example"}},
	{record: `{"userName":"Ada@Old.example","emails":[{"value":"ada@old.example","type":"work"}]}`, gives: map[string]any{
		"userName": "ada@new.example", "emails": []any{map[string]any{"value": "ada@new.example", "type": "work"}}}},
	{record: `{"userName":"con","userType":"Contractor"}`, dropped: true},
	{groups: map[string]string{"okta-sales": "sales", "Okta-Jira-Staff": "jira-users", "jira-STAFF": "jira-users", "sales": "sales"}},
	{record: `{"userName":"ada","name":{"givenName":"Ada","familyName":"Byron"}}`, gives: map[string]any{"title": "Employee", "displayName": "Ada Byron"}},
}

func TestEverySampleOfTheManualWorks(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("../docs/mapping.md")
	if err != nil {
		t.Fatal(err)
	}
	blocks := regexp.MustCompile("(?s)```json\n(.*?)```").FindAllSubmatch(page, -1)
	if len(blocks) != len(samples) {
		t.Fatalf("the manual has %d samples, this test %d", len(blocks), len(samples))
	}
	for i, want := range samples {
		m, err := policy.ReadMapping(blocks[i][1])
		if err != nil {
			t.Errorf("sample %d: %v", i, err)
			continue
		}
		rules, err := policy.Compile(policy.Rules{Mapping: m})
		if err != nil {
			t.Errorf("sample %d: %v", i, err)
			continue
		}
		for name, other := range want.groups {
			if got := rules.GroupName(name); got != other {
				t.Errorf("sample %d: group %s is known as %s, want %s", i, name, got, other)
			}
		}
		if want.record == "" {
			continue
		}
		var doc map[string]any
		if err := json.Unmarshal([]byte(want.record), &doc); err != nil {
			t.Fatal(err)
		}
		got := rules.Attributes().Run(mapping.Record{Document: doc, Connector: "acme-entra", New: true})
		if got.Problem != nil || got.Dropped != want.dropped {
			t.Errorf("sample %d: %+v", i, got)
		}
		for name, value := range want.gives {
			if !reflect.DeepEqual(got.Document[name], value) {
				t.Errorf("sample %d gives %s %v, want %v", i, name, got.Document[name], value)
			}
		}
	}
}

func TestRenamesSeeWhatTheFormerMade(t *testing.T) {
	t.Parallel()
	rules := compileRules(policy.Rules{Mapping: policy.Mapping{Renames: []policy.Rename{
		{From: policy.Entry{Text: `app (?<app>[a-z]+) \((\d+)\)`}, To: "${app}-$2"},
		{From: policy.Entry{Form: policy.FormStartsWith, Text: "jira-"}, To: "Jira"},
		{From: policy.Entry{Text: "x(.*)"}, To: "$1"},
		{From: policy.Entry{Text: "Team (EU)"}, To: "Costs $$5"},
	}}})
	for name, want := range map[string]string{
		"App Wiki (7)": "Wiki-7", "app jira (1)": "Jira", "x": "x", "xy": "y", "team (eu)": "Costs $5", " Sales ": " Sales ",
	} {
		if got := rules.GroupName(name); got != want {
			t.Errorf("%q is known as %q, want %q", name, got, want)
		}
	}
}

func TestARenameThatCannotWorkIsRefused(t *testing.T) {
	t.Parallel()
	for want, r := range map[string]policy.Rename{
		"has no to":                 {From: policy.Entry{Text: "a"}},
		"there is no such group":    {From: policy.Entry{Text: "a(.*)"}, To: "$2"},
		"write ${1}st":              {From: policy.Entry{Text: "a(.*)"}, To: "$1st"},
		"no look-around":            {From: policy.Entry{Text: "(?=a)b.*"}, To: "c"},
		"is empty":                  {To: "c"},
		"a dollar itself is":        {From: policy.Entry{Form: policy.FormIs, Text: "a"}, To: "$cost"},
		"which only protected":      {From: policy.Entry{Form: policy.FormIs, Text: "a", Except: []string{"x"}}, To: "c"},
		"more than 256":             {From: policy.Entry{Text: "a"}, To: string(make([]byte, 300))},
		"not a valid regular expre": {From: policy.Entry{Text: "a("}, To: "c"},
	} {
		_, err := policy.Compile(policy.Rules{Mapping: policy.Mapping{Renames: []policy.Rename{r}}})
		if err == nil || !regexp.MustCompile(regexp.QuoteMeta(want)).MatchString(err.Error()) || !regexp.MustCompile(`^mapping\.renames\[0\]`).MatchString(err.Error()) {
			t.Errorf("%+v: %v, want %q", r, err, want)
		}
	}
}
