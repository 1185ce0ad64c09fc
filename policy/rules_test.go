package policy_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/muster-scim/muster/policy"
)

const defaults = `{"onlyAssign":[],"neverAssign":[],"alwaysAssign":[],"defaultGroups":[],"neverRemove":[],"requiredGroups":[],` +
	`"requiredGrace":"1h","cleanup":{"action":"disable","stripGroups":false,"keepGroups":[],"graceDays":0},"mapping":{},` +
	`"linking":{"match":["userName","email"],"acrossTenants":false,"domains":[]},` +
	`"safety":{"window":"1h","losses":20,"membershipLosses":100,"share":0.1,"off":false}}`

func TestWhatRulesLeaveOutHasItsDefault(t *testing.T) {
	t.Parallel()
	for _, text := range []string{`{}`, `{"cleanup":{}}`, `{"safety":{"losses":20},"onlyAssign":null}`, defaults} {
		var r policy.Rules
		if err := json.Unmarshal([]byte(text), &r); err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		written, err := json.Marshal(r)
		if err != nil {
			t.Fatal(err)
		}
		if string(written) != defaults {
			t.Errorf("%s becomes %s", text, written)
		}
	}
	written, _ := json.Marshal(policy.DefaultRules())
	if string(written) != defaults {
		t.Errorf("the default rules are %s", written)
	}
}

func TestRulesRoundTrip(t *testing.T) {
	t.Parallel()
	const text = `{"onlyAssign":["jira-.*",{"is":"a.b"},{"startsWith":"x<y"}],"neverAssign":[{"endsWith":"-root"},{"contains":"s"},{"matches":"a|b"}],` +
		`"alwaysAssign":["All"],"defaultGroups":[{"groups":["a","b"],"set":"Wiki"}],"neverRemove":[".*"],"requiredGroups":["staff"],` +
		`"requiredGrace":"1h30m","cleanup":{"action":"delete","stripGroups":true,"keepGroups":["alumni"],"graceDays":7},` +
		`"mapping":{"steps":[{"target":"title","expression":"x"}],"dropWhen":"y","renames":[{"from":"a","to":"b"}]},` +
		`"linking":{"match":["externalId"],"acrossTenants":true,"domains":["example.com"]},` +
		`"safety":{"window":"2h","losses":1,"membershipLosses":2,"share":0.5,"off":true}}`
	var r, again policy.Rules
	if err := json.Unmarshal([]byte(text), &r); err != nil {
		t.Fatal(err)
	}
	written, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	if string(written) != strings.ReplaceAll(text, "<", `\u003c`) && string(written) != text {
		t.Errorf("read and written:\n%s\n%s", text, written)
	}
	if err := json.Unmarshal(written, &again); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(r, again); diff != "" {
		t.Errorf("written and read again differs:\n%s", diff)
	}
}

func TestUnknownAndMisspeltFieldsAreRefusedByName(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		`{"neverAsign":[]}`:                                `"neverAsign"`,
		`{"NeverAssign":["x"]}`:                            `"NeverAssign"`,
		`{"neverAssign":["x"],"neverAssign":[]}`:           `"neverAssign" twice`,
		`{"cleanup":{"akshun":"x"}}`:                       `"akshun" in cleanup`,
		`{"cleanup":{"graceDays":"7"}}`:                    `graceDays: must be a whole number`,
		`{"neverAssign":[{"regex":"x"}]}`:                  `neverAssign[0]: unknown field "regex"`,
		`{"neverAssign":["a",{"is":"x","contains":"y"}]}`:  `neverAssign[1]: a pattern has one form`,
		`{"neverAssign":[7]}`:                              `neverAssign[0]: a pattern is a string`,
		`{"neverAssign":"x"}`:                              `neverAssign must be a list`,
		`{"requiredGrace":3600}`:                           `requiredGrace: a duration is a string`,
		`{"requiredGrace":"soon"}`:                         `"soon" is not a duration`,
		`{"mapping":{"renames":[{"from":"a","too":"b"}]}}`: `"too" in renames[0]`,
		`[]`: `must be a JSON object`,
	} {
		var r policy.Rules
		if err := json.Unmarshal([]byte(text), &r); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want something with %s", text, err, want)
		}
	}
}

func TestSettingsOutsideTheirRangeAreRefused(t *testing.T) {
	t.Parallel()
	for text, setting := range map[string]string{
		`{"cleanup":{"action":"purge"}}`:                                         "cleanup.action",
		`{"cleanup":{"graceDays":-1}}`:                                           "cleanup.graceDays",
		`{"safety":{"share":2}}`:                                                 "safety.share",
		`{"linking":{"match":["displayName"]}}`:                                  "linking.match[0]",
		`{"neverAssign":[{"is":"x","except":["a"]}]}`:                            "neverAssign[0]",
		`{"alwaysAssign":[{"set":"s","groups":["a"]}]}`:                          "alwaysAssign[0]",
		`{"mapping":{"steps":[{"target":"x","expression":"y","when":"never"}]}}`: "mapping.steps[0]",
	} {
		var r policy.Rules
		if err := json.Unmarshal([]byte(text), &r); err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		if _, err := policy.Compile(r); err == nil || !strings.HasPrefix(err.Error(), setting) {
			t.Errorf("%s: %v, want %s named", text, err, setting)
		}
	}
}

func TestDirectorySettingsHaveDefaultsAndExceptions(t *testing.T) {
	t.Parallel()
	var s policy.DirectorySettings
	if err := json.Unmarshal([]byte(`{"protectedGroups":["root",{"startsWith":"gw-","except":["okta"]}],"protectedUsers":["admin@.*"]}`), &s); err != nil {
		t.Fatal(err)
	}
	written, _ := json.Marshal(s)
	want := `{"protectedGroups":["root",{"except":["okta"],"startsWith":"gw-"}],"protectedUsers":["admin@.*"],"sharedGroups":[],"activeWhen":"any","retentionDays":30}`
	if string(written) != want {
		t.Errorf("written as %s", written)
	}
	d, err := policy.CompileDirectory(s, 1)
	if err != nil {
		t.Fatal(err)
	}
	if _, ok := d.ProtectedGroup("GW-admins", "okta"); ok {
		t.Error("an excepted connector is kept away")
	}
	if pattern, ok := d.ProtectedGroup("GW-admins", "entra"); !ok || pattern != "gw-" {
		t.Errorf("not protected from others: %q", pattern)
	}
	if pattern, _ := d.ProtectedUser("ada", "Admin@example.com"); pattern != "admin@.*" {
		t.Errorf("an e-mail is not protected: %q", pattern)
	}
	for _, bad := range []string{`{"activeWhen":"never"}`, `{"retentionDays":-1}`, `{"sharedGroups":["("]}`, `{"sharedGroups":[{"is":"a","except":["b"]}]}`} {
		var s policy.DirectorySettings
		if err := json.Unmarshal([]byte(bad), &s); err != nil {
			t.Fatal(err)
		}
		if _, err := policy.CompileDirectory(s, 1); err == nil {
			t.Errorf("%s is accepted", bad)
		}
	}
}

func TestReasonsReadWellForAnAdministrator(t *testing.T) {
	t.Parallel()
	r := policy.Reason{Code: policy.CodeNeverAssign, Connector: "acme-okta", List: "neverAssign", Pattern: "jira-admin.*"}
	got := r.SentenceWith("Jira Admins", func(slug string) string { return "Okta production (" + slug + ")" })
	if want := `Okta production (acme-okta) sends this group, but neverAssign pattern "jira-admin.*" matches it.`; got != want {
		t.Errorf("says %q", got)
	}
	if got := (policy.Reason{Code: policy.CodeSent}).Sentence(""); got != "A connector sends this group." {
		t.Errorf("without its parts it says %q", got)
	}
	seen := map[policy.Code]bool{}
	for _, doc := range policy.Codes {
		sentence := policy.Reason{Code: doc.Code}.Sentence("")
		if doc.Doc == "" || !strings.HasSuffix(sentence, ".") || strings.ContainsAny(sentence, "{}[]") || seen[doc.Code] {
			t.Errorf("%s: %q, documented as %q", doc.Code, sentence, doc.Doc)
		}
		seen[doc.Code] = true
	}
}

// FuzzRules looks for JSON that is taken and written back as something else.
func FuzzRules(f *testing.F) {
	f.Add(defaults)
	f.Add(`{"neverAssign":["x",{"is":"y"}],"requiredGrace":"90m"}`)
	f.Fuzz(func(t *testing.T, text string) {
		var r, again policy.Rules
		if json.Unmarshal([]byte(text), &r) != nil {
			return
		}
		written, err := json.Marshal(r)
		if err != nil {
			t.Fatalf("cannot be written: %v", err)
		}
		if err := json.Unmarshal(written, &again); err != nil {
			t.Fatalf("cannot be read again: %v\n%s", err, written)
		}
		if second, _ := json.Marshal(again); string(second) != string(written) {
			t.Fatalf("written twice differs:\n%s\n%s", written, second)
		}
		_, _ = policy.Compile(r)
	})
}
