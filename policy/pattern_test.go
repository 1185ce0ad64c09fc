package policy_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/muster-scim/muster/policy"
)

func rulesNever(patterns ...policy.Entry) policy.Rules {
	r := policy.DefaultRules()
	r.NeverAssign = patterns
	return r
}

func TestPatternsMatchTheWholeNameWithoutRegardToCase(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		pattern policy.Entry
		match   []string
		others  []string
	}{
		{policy.Entry{Text: "jira-.*"}, []string{"jira-users", "JIRA-Users", " jira-x ", "ｊｉｒａ-x"}, []string{"not-jira-x", "jira"}},
		{policy.Entry{Text: "^jira-admin.*$"}, []string{"Jira-Administrators"}, []string{"my-jira-admins"}},
		{policy.Entry{Text: "JIRA-[A-Z]+"}, []string{"jira-abc"}, []string{"jira-1"}},
		{policy.Entry{Text: "Team (EU)"}, []string{"team (eu)", "Team EU"}, []string{"Team (US)"}},
		{policy.Entry{Text: "a|b"}, []string{"a", "b"}, []string{"ab", "ax"}},
		{policy.Entry{Text: "(?!.*admin).*"}, []string{"users"}, []string{"jira-admins"}},
		{policy.Entry{Text: `(?<!x)y`}, []string{"y"}, []string{"xy"}},
		{policy.Entry{Text: `(\w+)-\1`}, []string{"eu-EU"}, []string{"eu-us"}},
		{policy.Entry{Text: `\d+`}, []string{"42"}, []string{"4x"}},
		{policy.Entry{Text: ".*"}, []string{"anything", "ünï"}, nil},
		{policy.Entry{Text: "straße"}, []string{"STRASSE"}, nil},
		{policy.Entry{Form: policy.FormIs, Text: "a.b"}, []string{"A.B"}, []string{"axb"}},
		{policy.Entry{Form: policy.FormStartsWith, Text: "Prod "}, []string{"prod eu"}, []string{"product"}},
		{policy.Entry{Form: policy.FormEndsWith, Text: "-ROOT"}, []string{"x-root"}, []string{"root"}},
		{policy.Entry{Form: policy.FormContains, Text: "Ä"}, []string{"xäx"}, []string{"xax"}},
		{policy.Entry{Form: policy.FormMatches, Text: "a.b"}, []string{"axb", "a.b"}, []string{"ab"}},
	} {
		rs, err := policy.Compile(rulesNever(c.pattern))
		if err != nil {
			t.Errorf("%+v is refused: %v", c.pattern, err)
			continue
		}
		for _, name := range c.match {
			if rs.Admits(name) {
				t.Errorf("%+v does not match %q", c.pattern, name)
			}
		}
		for _, name := range c.others {
			if !rs.Admits(name) {
				t.Errorf("%+v matches %q", c.pattern, name)
			}
		}
	}
}

func TestNeverAssignLooksAtTheRawTextToo(t *testing.T) {
	t.Parallel()
	rs, err := policy.Compile(rulesNever(policy.Entry{Text: "ﬁnance.*"})) // the ligature, as written
	if err != nil {
		t.Fatal(err)
	}
	if rs.Admits("ﬁnance-eu") {
		t.Error("the raw text matches, and the group is admitted")
	}
	if !rs.Admits("legal") {
		t.Error("another group is not admitted")
	}
}

func TestBadPatternsAreRefusedWithListPlaceAndReason(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, pattern, reason string }{
		{"empty", "", "is empty"},
		{"blank", "  ", "is empty"},
		{"long", strings.Repeat("a", 513), "at most 512"},
		{"broken", "jira-(", "not a valid regular expression"},
		{"deep", strings.Repeat("(", 10_000) + strings.Repeat(")", 10_000), "at most 512"},
		{"nested", strings.Repeat("(", 200) + "a" + strings.Repeat(")", 200), "inside each other"},
		{"nested quantifier", "^(a+)+$", "repeat inside a repeat"},
		{"nested star", "(a*)*b", "repeat inside a repeat"},
		{"overlapping alternatives", "(a|aa)+", "repeat inside a repeat"},
		{"words", `(\w+\s?)+`, "repeat inside a repeat"},
		{"two loops", "(x+x+)+y", "repeat inside a repeat"},
		{"counted", "(.*a){25}", "repeat inside a repeat"},
		{"in a look-ahead", "(?=(a+)+b).*", "repeat inside a repeat"},
		{"in an atomic group", "(?>(a+)+b)c", "repeat inside a repeat"},
		{"beside an atomic group", "(?>z)(a+)+b", "repeat inside a repeat"},
		{"product", "(((a{1000}){1000}){1000})", "more than 1000 times"},
		{"back-references", `(.*)(.*)(.*)(.*)(.*)(.*)\1\2\3x`, "takes too long"},
		{"not text", "a\xff", "UTF-8"},
	} {
		t.Run(c.name, func(t *testing.T) {
			start := time.Now()
			_, err := policy.Compile(rulesNever(policy.Entry{Text: "fine"}, policy.Entry{Text: c.pattern}))
			var refused *policy.RuleError
			if !errors.As(err, &refused) {
				t.Fatalf("accepted, or another error: %v", err)
			}
			if refused.List != "neverAssign" || refused.Index != 1 || refused.Pattern != c.pattern {
				t.Errorf("names %s[%d] %q", refused.List, refused.Index, refused.Pattern)
			}
			if !strings.Contains(err.Error(), c.reason) {
				t.Errorf("says %q, want something with %q", err, c.reason)
			}
			if took := time.Since(start); took > 5*time.Second {
				t.Errorf("took %v to refuse", took)
			}
		})
	}
}

func TestThePatternsPeopleWriteAreAccepted(t *testing.T) {
	t.Parallel()
	for _, pattern := range []string{
		"jira-.*", ".*", ".+", "^nothing$", "(jira-.*)+", "(team|dept|grp)-(eu|us)-.+", "(.*-)?admins(-.*)?",
		"[a-z]{2,3}(-[a-z0-9]+)*", "(?i)jira.*", `\bjira\b.*`, "((jira|conf)-[a-z]+,?)+", "([^,]+,)*[^,]+",
		".*a.*b.*c.*d", "(?>a+)+b", "C++ devs", "R&D", "a{2,30}", "(ab){1,20}", "(?!(jira|conf)-admin).*", "app_[0-9]{4}",
		`CN=[^,]+,OU=Groups(,DC=[a-z]+)+`, "(.*)*", `AAD-\d{3}-(Users|Admins)`, "Team (EU)", "[EU] Sales",
	} {
		if _, err := policy.Compile(rulesNever(policy.Entry{Text: pattern})); err != nil {
			t.Error(err)
		}
	}
}

func TestABrokenPatternSuggestsTheLiteralForm(t *testing.T) {
	t.Parallel()
	_, err := policy.Compile(rulesNever(policy.Entry{Text: "Team (EU"}))
	if err == nil || !strings.Contains(err.Error(), `neverAssign[0] "Team (EU"`) || !strings.Contains(err.Error(), `{"is": "Team (EU"}`) {
		t.Errorf("says %v", err)
	}
}

func TestAlwaysAssignAndDefaultGroupsTakeLiteralNamesOnly(t *testing.T) {
	t.Parallel()
	lists := map[string]func(*policy.Rules, policy.Entry){
		"alwaysAssign":  func(r *policy.Rules, e policy.Entry) { r.AlwaysAssign = []policy.Entry{e} },
		"defaultGroups": func(r *policy.Rules, e policy.Entry) { r.DefaultGroups = []policy.Entry{e} },
	}
	for list, put := range lists {
		for _, name := range []string{"jira-users", "Team (EU)", "C++ devs", "R&D", "a.b", "[EU] Sales", "Who? Us!", "Sales/EU, #1", "[Sales-EU] all"} {
			r := policy.DefaultRules()
			put(&r, policy.Entry{Text: name})
			if _, err := policy.Compile(r); err != nil {
				t.Errorf("a sensible name is refused: %v", err)
			}
		}
		for _, e := range []policy.Entry{
			{Text: ".*"}, {Text: "jira-.*"}, {Text: "^a$"}, {Text: "a|b"}, {Text: `a\d`}, {Text: "jira-[a-z]+"}, {Text: "x{1}.+"},
			{Text: ""}, {Text: "a\nb"}, {Form: policy.FormStartsWith, Text: "a"}, {Form: policy.FormMatches, Text: "a"},
		} {
			r := policy.DefaultRules()
			put(&r, e)
			var refused *policy.RuleError
			if _, err := policy.Compile(r); !errors.As(err, &refused) || refused.List != list || refused.Index != 0 {
				t.Errorf("%s takes %+v: %v", list, e, err)
			}
		}
		r := policy.DefaultRules()
		put(&r, policy.Entry{Form: policy.FormIs, Text: ".*"})
		if _, err := policy.Compile(r); err != nil {
			t.Errorf("a name in so many words is refused: %v", err)
		}
	}
}

func TestAPatternThatRunsOutOfTimeAdmitsNothingAndIsRememberedSoon(t *testing.T) {
	t.Parallel()
	rs, err := policy.Compile(rulesNever(policy.Entry{Text: `[z](?:9)(.*)(.*)(.*)(.*)(.*)(.*)(.*)\1\2\3\4x`}))
	if err != nil {
		t.Fatal(err)
	}
	name := "z9" + strings.Repeat("a", 200)
	for range 3 {
		if rs.Admits(name) {
			t.Fatal("what runs out of time is admitted")
		}
	}
	start := time.Now()
	for range 1000 {
		rs.Admits(name)
	}
	if took := time.Since(start); took > time.Second {
		t.Errorf("1000 more look-ups took %v", took)
	}
}

// FuzzPattern looks for a pattern that is saved and then matches slowly or panics.
func FuzzPattern(f *testing.F) {
	for _, seed := range []string{"jira-.*", "(a+)+", "(?!x).*", `(\w+)-\1`, "[a-z-[aeiou]]", "(?>a)b", "(?i:x)", "a{2,5}", "Team (EU", `\p{L}+`} {
		f.Add(seed, "jira-users")
	}
	f.Fuzz(func(t *testing.T, pattern, name string) {
		rs, err := policy.Compile(rulesNever(policy.Entry{Text: pattern}))
		if err != nil {
			var refused *policy.RuleError
			if !errors.As(err, &refused) {
				t.Fatalf("not a RuleError: %v", err)
			}
			return
		}
		if len(name) > 1024 {
			name = name[:1024]
		}
		start := time.Now()
		rs.Admits(name)
		if took := time.Since(start); took > 2*time.Second {
			t.Fatalf("%q took %v on %q", pattern, took, name)
		}
	})
}
