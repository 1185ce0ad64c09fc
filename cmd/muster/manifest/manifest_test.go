package manifest

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/muster-scim/muster/policy"
	"github.com/muster-scim/muster/tenants"
)

const company = `
directories:
  - name: main
    protectedUsers: [{is: root, except: [acme-okta]}, 'svc-.*']
    sharedGroups: [all-staff]
tenants: [globex, acme]
connectors:
  - slug: globex
    tenant: globex
    kind: oneaccess
    paths: {}
  - slug: acme-okta
    name: 'Okta: "production" #1'
    tenant: acme
    kind: okta
    mode: live
    precedence: 0
    limits: {rate: 0, members: 12}
    rules:
      onlyAssign: [jira-.*, {startsWith: team-}, 'yes', '1', ' x', "a\tb", "it's"]
      defaultGroups: [{set: Jira, groups: [jira-users, jira-dev]}]
      requiredGrace: 0s
      cleanup: {action: delete, graceDays: 3}
      linking: {match: []}
      safety: {losses: 5, share: 0.25}
    tests:
      - name: contractors stay out
        given: {groups: [jira-users, corp-admins], active: false}
        expect: {groups: [jira-users], not: [corp-admins], status: disabled}
`

func mustRead(t *testing.T, text string) *File {
	t.Helper()
	f, err := Read([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func mustWrite(t *testing.T, f *File) string {
	t.Helper()
	data, err := f.Write()
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func TestWhatIsWrittenIsReadBackAndWrittenTheSame(t *testing.T) {
	t.Parallel()
	first := mustRead(t, company)
	written := mustWrite(t, first)
	second := mustRead(t, written)
	if again := mustWrite(t, second); again != written {
		t.Errorf("the second writing is another one:\n%s\nfirst:\n%s", again, written)
	}
	for i := range first.Connectors {
		a, b := first.Connectors[i], second.Connector(first.Connectors[i].Slug)
		if lines, err := Differ(a.Rules, b.Rules); err != nil || lines != nil {
			t.Errorf("rules of %s: %v %v", a.Slug, lines, err)
		}
		if fmt.Sprint(a.Name, a.Mode, a.Limits.Members, *valueOr(a.Limits.Rate), *valueOr(a.Precedence), a.ServedPaths()) !=
			fmt.Sprint(b.Name, b.Mode, b.Limits.Members, *valueOr(b.Limits.Rate), *valueOr(b.Precedence), b.ServedPaths()) {
			t.Errorf("settings of %s are\n%+v\nnot\n%+v", a.Slug, b, a)
		}
	}
	if got := len(second.Connector("globex").ServedPaths().Groups); got != 0 {
		t.Error("paths that were emptied are the kind's again")
	}
	if at, want := strings.Index(written, "is: root"), strings.Index(written, "except:"); at < 0 || at > want {
		t.Error("an entry does not begin with what it is")
	}
}

func valueOr[T any](p *T) *T {
	if p == nil {
		return new(T)
	}
	return p
}

func TestDefaultsAreLeftOut(t *testing.T) {
	t.Parallel()
	f := mustRead(t, "connectors: [{slug: x, name: x, tenant: a, rules: {cleanup: {graceDays: 0}, safety: {share: 0.1}, onlyAssign: []}}]")
	_, got, _ := strings.Cut(mustWrite(t, f), "\n\n")
	want := "connectors:\n  - slug: x\n    tenant: a\n    kind: generic\n    directory: main\n    mode: observe\n"
	if got != want {
		t.Errorf("written:\n%s\nnot:\n%s", got, want)
	}
	if f.Connectors[0].Rules.Safety != policy.DefaultSafety() {
		t.Errorf("safety %+v", f.Connectors[0].Rules.Safety)
	}
}

func TestJSONIsReadLikeYAML(t *testing.T) {
	t.Parallel()
	f := mustRead(t, "{\n\t\"connectors\": [\n\t\t{\"slug\": \"x\", \"tenant\": \"a\", \"rules\": {\"neverAssign\": [\"b<c\"]}}\n\t]\n}")
	if got := f.Connectors[0].Rules.NeverAssign[0].Text; got != "b<c" {
		t.Errorf("read %q", got)
	}
	_, err := Read([]byte("{\n\t\"connectors\": [\n\t\t{\"slug\": \"x\",\n\t\t\"tenant\": 1}\n\t]\n}"))
	if err == nil || !strings.HasPrefix(err.Error(), "line 4: connector x: tenant: ") {
		t.Errorf("%v", err)
	}
}

// connectorWith is a file whose connector x has these lines.
func connectorWith(lines ...string) string {
	return "connectors:\n  - slug: x\n    tenant: acme\n    " + strings.Join(lines, "\n    ")
}

func TestWhatCannotBeUsedIsNamedWithItsLine(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ text, want string }{
		{connectorWith("rules:", "  neverAsign: [a]"), `line 5: connector x: rules: unknown field "neverAsign"`},
		{connectorWith("rules:", "  neverAssign:", "    - ok", `    - "(["`), `line 7: connector x: rules: neverAssign[1] "(["`},
		{connectorWith("rules:", "  neverAssign:", "    - ok", "    - 2024"), `line 7: connector x: rules: neverAssign[1]: a pattern is a string or an object such as {"startsWith":"jira-"}; to mean the text, write it in quotes: "2024"`},
		{connectorWith("rules:", "  cleanup:", "    action: remove"), "line 6: connector x: rules: cleanup.action is"},
		{connectorWith("rules:", "  cleanup:", "    graceDays: 1", "    stripGroups: 'yes'"), "line 7: connector x: rules: stripGroups: must be true or false"},
		{connectorWith("rules:", "  cleanup: []"), "line 5: connector x: rules: cleanup: must be fields with values"},
		{connectorWith("rules: [a]"), "line 4: connector x: rules: must be fields with values, such as neverAssign"},
		{connectorWith("rules: {mapping: {dropWhen: 'record.titel'}}"), "line 4: connector x: rules: mapping.dropWhen cannot be used: line 1, column 7: there is no attribute titel"},
		{connectorWith("mode: liv"), "line 4: connector x: mode must be one of"},
		{connectorWith("tenat: acme"), `line 4: connector x: there is no field "tenat"; write one of slug, name, tenant`},
		{connectorWith("strict: 'yes'"), "line 4: connector x: strict: must be true or false, not a text"},
		{connectorWith("precedence: 1.5"), "line 4: connector x: precedence: must be a whole number, not a number"},
		{connectorWith("name: 5"), `line 4: connector x: name: must be a text; write 5 in quotes: "5"`},
		{connectorWith("limits: {rate: -1}"), "line 4: connector x: limits.rate must be"},
		{connectorWith("slug: y"), "line 4: "},
		{connectorWith("tests:", "  - name: t", "    expect: {status: gone}"), `line 6: connector x: test t: status is "gone"; write active`},
		{connectorWith("tests:", "  - name: t"), "line 5: connector x: test t: it expects nothing"},
		{connectorWith("tests:", "  - "), "line 5: connector x: tests: an entry is empty"},
		{connectorWith() + "\n  - slug: x\n    tenant: b", "line 5: connector x: stands there twice"},
		{"connectors:\n  - tenant: a", "line 2: connectors: the slug is missing"},
		{"connectors:\n  - slug: a", "line 2: connector a: the tenant is missing"},
		{"connectors:\n  slug: x", "line 2: connectors: must be a list, each entry"},
		{"conectors: []", `line 1: there is no field "conectors"; write one of directories, tenants, connectors`},
		{"tenants:\n  - a\n  - A", "line 3: tenant A: stands there twice"},
		{"tenants:\n  - ''", "line 2: tenants: "},
		{"directories:\n  - name: main\n    retentionDays: 9999", "line 3: directory main: retentionDays must be between 1 and 3650"},
		{"directories:\n  - name: main\n    sharedGroups: all", "line 3: directory main: sharedGroups must be a list"},
		{"directories:\n  - name: main\n    activeWhen: both", `line 3: directory main: activeWhen must be "any" or "owner"`},
		{"directories:\n  - sharedGroups: [a]", "line 2: directories: the name is missing"},
		{"a: &x 1", "line 1: anchors (&)"},
		{"tenants: [.nan]", "line 1: "},
		{"tenants: [a]\n---\ntenants: [b]", "a second document begins"},
		{"tenants: [a", "line 1: this is no YAML"},
		{"text", "line 1: must be fields with values, not a text"},
	} {
		f, err := Read([]byte(c.text))
		if err == nil {
			t.Errorf("is taken: %s\nas %+v", c.text, f)
		} else if !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s\n  is answered %q\n  and not     %q", c.text, err, c.want)
		}
	}
}

func TestErrorsAreWrittenAsEditorsReadThem(t *testing.T) {
	t.Parallel()
	_, err := Read([]byte("tenants: 5"))
	if got := In("muster.yaml", err).Error(); got != "muster.yaml:1: tenants: must be a list, each entry in a line that begins with - , not a number" {
		t.Error(got)
	}
	if got := In("a.yaml", errors.New("no")).Error(); got != "a.yaml: no" {
		t.Error(got)
	}
}

func TestRulesAreReadAloneAndOutOfAFile(t *testing.T) {
	t.Parallel()
	alone, _, err := ReadRules([]byte("neverAssign: [a]"), "x")
	if err != nil || alone.NeverAssign[0].Text != "a" || alone.Cleanup.Action != policy.ActionDisable {
		t.Errorf("%+v %v", alone, err)
	}
	whole, settings, err := ReadRules([]byte(company), "acme-okta")
	if err != nil || whole.Safety.Losses != 5 || len(settings.SharedGroups) != 1 {
		t.Errorf("%+v %+v %v", whole, settings, err)
	}
	if _, _, err := ReadRules([]byte(company), "other"); err == nil {
		t.Error("a connector that is not in the file has rules")
	}
	written, err := WriteRules(whole)
	if err != nil {
		t.Fatal(err)
	}
	again, err := ReadOnlyRules(written)
	if lines, _ := Differ(whole, again); err != nil || lines != nil {
		t.Errorf("%v %v", lines, err)
	}
	if none, err := WriteRules(policy.DefaultRules()); err != nil || len(none) != 0 {
		t.Errorf("%q %v", none, err)
	}
}

func TestDifferencesAreOneLineEach(t *testing.T) {
	t.Parallel()
	was := policy.Rules{NeverAssign: policy.Text("a", "b"), OnlyAssign: policy.Text("x", "y")}
	is := policy.Rules{NeverAssign: policy.Text("b", ".*-c"), OnlyAssign: policy.Text("y", "x"), Cleanup: policy.Cleanup{Action: policy.ActionKeep}}
	got, err := Differ(was, is)
	want := []string{"~ onlyAssign: the same entries, in another order or number", "- neverAssign: a", "+ neverAssign: .*-c", "~ cleanup.action: disable -> keep"}
	if err != nil || !slices.Equal(got, want) {
		t.Errorf("%q %v", got, err)
	}
	rate := 50.0
	got, err = Differ(tenants.Limits{}, tenants.Limits{Rate: &rate})
	if err != nil || !slices.Equal(got, []string{"~ rate: not set -> 50"}) {
		t.Errorf("%q %v", got, err)
	}
}

// FuzzTextsAreReadBack: whatever a group is called, its name comes back as it was.
func FuzzTextsAreReadBack(f *testing.F) {
	for _, s := range []string{"a", "yes", "No", "1", "1e3", "0x1f", "1_0", "~", "null", "- a", "a: b", "a #b", "#", "'", `"`, `\`, `\n`, "a\nb", " a", "a ",
		"", "Zürich", "\u2028", "\u200b", "😀", "*a", "&a", "!a", "%a", "@a", "`a", "{a}", "[a]", "a,b", "<<", "=", "---", "...", "?", "a:", ":a", "^a$", "1h30m", ".inf", "\u0085", "\x7f", "\ufeff", "a\u00a0b", "\t"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if strings.ToValidUTF8(s, "") != s {
			t.Skip("names are UTF-8")
		}
		for _, form := range []string{"k: %s\n", "k:\n  - %s\n", "k: [%s, b]\n", "k:\n  - x: %s\n    y: z\n"} {
			n, err := parse(fmt.Appendf(nil, form, quoted(s)))
			if err != nil {
				t.Fatalf("%q as %s: %v", s, quoted(s), err)
			}
			v := n.fields[0].value
			for v.kind == list || v.kind == mapping {
				if v.kind == list {
					v = v.items[0]
				} else {
					v = v.fields[0].value
				}
			}
			if v.kind != text || v.text != s {
				t.Errorf("%q is written %s and read as %s %q", s, quoted(s), v.kind, v.text)
			}
		}
	})
}

// FuzzWhatIsReadIsWrittenTheSame: any text is refused with an error, or is a file that is written,
// read and written to the same bytes.
func FuzzWhatIsReadIsWrittenTheSame(f *testing.F) {
	f.Add(company)
	f.Add(connectorWith("rules: {neverAssign: [a, {matches: 'b.*'}], linking: {domains: [x]}}"))
	f.Add("directories: [{name: a, activeWhen: owner}]")
	f.Add(`{"tenants": ["a"]}`)
	f.Fuzz(func(t *testing.T, s string) {
		read, err := Read([]byte(s))
		if err != nil {
			return
		}
		written := mustWrite(t, read)
		if again := mustWrite(t, mustRead(t, written)); again != written {
			t.Errorf("written\n%s\nthen\n%s", written, again)
		}
	})
}
