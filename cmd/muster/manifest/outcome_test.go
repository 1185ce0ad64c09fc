package manifest

import (
	"strings"
	"testing"
)

const decided = `
directories:
  - name: main
    protectedUsers: [{is: root, except: [trusted]}]
    protectedGroups: [wheel]
connectors:
  - slug: okta
    tenant: acme
    rules:
      onlyAssign: ['jira-.*', wheel]
      neverAssign: ['.*-admins']
      alwaysAssign: [all-staff]
      defaultGroups: [newcomers]
      neverRemove: [jira-keep]
      requiredGroups: [employees, jira-users]
      cleanup: {action: delete, graceDays: 5}
    tests: %s
`

func TestTestsAskThePolicyItself(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, given, expect, wrong string }{
		{"lists", "{groups: [jira-users, jira-admins, other]}", "{groups: [JIRA-users, all-staff, newcomers], not: [jira-admins, other, nowhere], status: active}", ""},
		{"refused", "{groups: [jira-users, jira-admins]}", "{groups: [jira-admins]}", `expected to be in jira-admins, and is not: okta sends this group, but neverAssign pattern ".*-admins" matches it.`},
		{"given", "{groups: [jira-users]}", "{not: [all-staff]}", "expected not to be in all-staff, and is: alwaysAssign of okta names all-staff"},
		{"never heard of", "{groups: [jira-users]}", "{groups: [nowhere]}", "The IdP does not send it, and no rule names it."},
		{"without a required group there is nobody", "{groups: [other]}", "{status: none, not: [all-staff]}", ""},
		{"why there is nobody", "{groups: [other]}", "{status: active}", "expected status active, and it is none: "},
		{"inactive", "{groups: [jira-users], active: false}", "{status: disabled}", ""},
		{"somebody known gets no newcomers' groups", "{groups: [jira-users], known: true}", "{groups: [jira-users], not: [newcomers]}", ""},
		{"withdrawn", "{groups: [employees], holds: [jira-users, jira-keep]}", "{groups: [jira-keep], not: [jira-users], status: active}", ""},
		{"graces are over", "{groups: [other], known: true}", "{status: deleted}", ""},
		{"deleted at the IdP", "{groups: [jira-users], deleted: true}", "{status: deleted}", ""},
		{"protected user", "{groups: [jira-users], userName: Root}", "{status: none}", ""},
		{"protected group", "{groups: [jira-users, wheel]}", "{not: [wheel]}", ""},
	} {
		f := mustRead(t, strings.Replace(decided, "%s", "[{name: "+strings.ReplaceAll(c.name, "'", "")+", given: "+c.given+", expect: "+c.expect+"}]", 1))
		connector := f.Connector("okta")
		wrong, err := connector.Tests[0].Run(connector, f.SettingsFor(connector))
		if err != nil {
			t.Fatal(err)
		}
		if got := strings.Join(wrong, "\n"); (c.wrong == "") != (got == "") || !strings.Contains(got, c.wrong) {
			t.Errorf("%s: %q, not %q", c.name, got, c.wrong)
		}
	}
}
