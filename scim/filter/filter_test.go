package filter

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func attr(name string) Path { return Path{Attr: name} }

func text(name string, op Op, s string) Compare {
	return Compare{attr(name), op, Value{Kind: String, String: s}}
}

const enterprise = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"

func TestParse(t *testing.T) {
	t.Parallel()
	work := text("type", Eq, "work")
	for _, c := range []struct {
		claim, in string
		want      Expr
	}{
		{"a comparison", `userName eq "bjensen"`, text("userName", Eq, "bjensen")},
		{"operators and names in any case", `UserName EQ "x" AND Title PR`, And{text("UserName", Eq, "x"), Present{attr("Title")}}},
		{"several spaces", `  userName   eq   "x"  `, text("userName", Eq, "x")},
		{"no space around parentheses", `(title pr)and(not(active eq true))`,
			And{Present{attr("title")}, Not{Compare{attr("active"), Eq, Value{Kind: Bool, Bool: true}}}}},
		{"a value without quotes", `externalId eq jyoung`, text("externalId", Eq, "jyoung")},
		{"a date without quotes", `meta.lastModified gt 2011-05-13T04:42:34+02:00`,
			Compare{Path{Attr: "meta", Sub: "lastModified"}, Gt, Value{Kind: String, String: "2011-05-13T04:42:34+02:00"}}},
		{"an e-mail address without quotes", `userName eq a+b@x.example`, text("userName", Eq, "a+b@x.example")},
		{"a number", `employeeNumber eq -1.5e3`, Compare{attr("employeeNumber"), Eq, Value{Kind: Number, Number: "-1.5e3"}}},
		{"leading zeros are text", `externalId eq 007`, text("externalId", Eq, "007")},
		{"a boolean in any case", `active eq False`, Compare{attr("active"), Eq, Value{Kind: Bool}}},
		{"a boolean in quotes is text", `active eq "False"`, text("active", Eq, "False")},
		{"null", `title ne null`, Compare{attr("title"), Ne, Value{Kind: Null}}},
		{"JSON escapes", `userName eq "a\"b\\c\/\u00e9\ud83d\ude00\t"`, text("userName", Eq, "a\"b\\c/é😀\t")},
		{"what SQL would read is text", `userName eq "x' OR 1=1 --%_*"`, text("userName", Eq, "x' OR 1=1 --%_*")},
		{"and binds tighter than or", `a pr or b pr and c pr`, Or{Present{attr("a")}, And{Present{attr("b")}, Present{attr("c")}}}},
		{"parentheses override", `(a pr or b pr) and c pr`, And{Or{Present{attr("a")}, Present{attr("b")}}, Present{attr("c")}}},
		{"and associates to the left", `a pr and b pr and c pr`, And{And{Present{attr("a")}, Present{attr("b")}}, Present{attr("c")}}},
		{"not binds tightest", `not (a pr) and b pr`, And{Not{Present{attr("a")}}, Present{attr("b")}}},
		{"not without parentheses", `not a pr and b pr`, And{Not{Present{attr("a")}}, Present{attr("b")}}},
		{"a value path", `emails[type eq "work" and value co "@x"]`, ValuePath{attr("emails"), And{work, text("value", Co, "@x")}}},
		{"an operator after a value path", `emails[type eq "work"].value eq "x"`, ValuePath{attr("emails"), And{work, text("value", Eq, "x")}}},
		{"a value path followed by a name", `emails[primary eq true].value and title pr`,
			And{ValuePath{attr("emails"), And{Compare{attr("primary"), Eq, Value{Kind: Bool, Bool: true}}, Present{attr("value")}}}, Present{attr("title")}}},
		{"spaces in a value path", `emails [ type eq work ]`, ValuePath{attr("emails"), work}},
		{"or in a value path stays inside", `emails[type eq "work" or type eq "home"].value sw "a"`,
			ValuePath{attr("emails"), And{Or{work, text("type", Eq, "home")}, text("value", Sw, "a")}}},
		{"a qualified name", `urn:ietf:params:scim:schemas:core:2.0:User:userName eq "x"`,
			Compare{Path{URN: "urn:ietf:params:scim:schemas:core:2.0:User", Attr: "userName"}, Eq, Value{Kind: String, String: "x"}}},
		{"a qualified sub-attribute", enterprise + `:manager.value eq "7"`,
			Compare{Path{enterprise, "manager", "value"}, Eq, Value{Kind: String, String: "7"}}},
		{"$ref", `members[$ref co "Users"]`, ValuePath{attr("members"), text("$ref", Co, "Users")}},
	} {
		got, err := Parse(c.in)
		if err != nil {
			t.Errorf("%s: Parse(%s): %v", c.claim, c.in, err)
			continue
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s: Parse(%s) (-want +got):\n%s", c.claim, c.in, diff)
		}
		if again, err := Parse(got.String()); err != nil || !cmp.Equal(got, again) {
			t.Errorf("%s: %s is written as %s, which reads as %v, %v", c.claim, c.in, got, again, err)
		}
	}
}

func TestWhatIsNoFilterIsASyntaxErrorThatSaysWhere(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		in   string
		pos  int
		says string
	}{
		{``, 1, "the filter is empty"},
		{`   `, 1, "the filter is empty"},
		{`userName`, 9, "expected an operator (eq ne co sw ew gt ge lt le pr) after \"userName\", got the end"},
		{`userName like "a"`, 10, `after "userName", got "like"`},
		{`userName e "a"`, 10, `got "e"`},
		{`userName eq`, 12, "expected a value after eq, got the end"},
		{`userName eq and title pr`, 17, `expected "and", "or" or the end of the filter, got "title"`},
		{`userName eq "abc`, 17, `close the string that begins at character 13`},
		{`userName eq 'abc'`, 13, "double quotes"},
		{`userName eq o'brien`, 14, "double quotes"},
		{`userName eq "a\x"`, 15, "escape of JSON"},
		{`userName eq "\ud800"`, 14, "escape of JSON"},
		{`userName eq "\ud800\u0041"`, 14, "escape of JSON"},
		{`userName eq "\u0000"`, 14, "U+0000"},
		{"userName eq \"a\x00b\"", 15, "U+0000"},
		{"userName eq \"a\nb\"", 15, "U+000A must be escaped"},
		{"userName eq \"\xff\"", 1, "UTF-8"},
		{`(title pr`, 10, `close the one at character 1`},
		{`title pr)`, 9, `got ")"`},
		{`title pr title pr`, 10, `got "title"`},
		{`title pr and`, 13, "expected an attribute name, got the end"},
		{`and title pr`, 1, "not an attribute path"},
		{`not`, 4, "expected an attribute name"},
		{`emails[`, 8, "expected an attribute name"},
		{`emails[]`, 8, "expected an attribute name"},
		{`emails[type eq "work"`, 22, `close the one at character 7`},
		{`emails[type eq]`, 15, "expected a value after eq"},
		{`emails[type eq "work"].`, 24, "sub-attribute"},
		{`emails[type eq "work"].a.b pr`, 24, "sub-attribute"},
		{`emails[type eq "work"] eq "x"`, 24, `got "eq"`},
		{`emails[x[a pr]]`, 9, "inside another"},
		{`emails[emails.type eq "work"]`, 8, "sub-attribute inside"},
		{`name.givenName[a pr]`, 15, "only an attribute takes a value filter"},
		{`a.b.c pr`, 1, "not an attribute path"},
		{`.a pr`, 1, "not an attribute path"},
		{`a. pr`, 1, "not an attribute path"},
		{`1a pr`, 1, "not an attribute path"},
		{`Ünïcode pr`, 1, "expected an attribute name"},
		{`core:userName pr`, 1, "not an attribute path"},
		{enterprise + ` pr`, 1, "after the schema"},
		{`userName;select pg_sleep(9) pr`, 9, `got ";"`},
		{`"userName" eq "x"`, 1, "expected an attribute name"},
		{`é`, 1, "expected an attribute name"},
		{`a eq "éé" é`, 11, `got "é"`},
	} {
		_, err := Parse(c.in)
		var syntax *SyntaxError
		if !errors.As(err, &syntax) {
			t.Errorf("Parse(%q) = %v, want a *SyntaxError", c.in, err)
			continue
		}
		if syntax.Pos != c.pos || !strings.Contains(syntax.Msg, c.says) {
			t.Errorf("Parse(%q): %v; want character %d and %q", c.in, err, c.pos, c.says)
		}
	}
}

func TestFilterBombsAreRefusedAtOnce(t *testing.T) {
	t.Parallel()
	terms := func(n int) string { return strings.TrimSuffix(strings.Repeat("a pr or ", n), " or ") }
	nested := func(n int) string { return strings.Repeat("(", n) + "a pr" + strings.Repeat(")", n) }
	for _, c := range []struct{ claim, in, says string }{
		{"10,000 parentheses", strings.Repeat("(", 10_000), "at most 2048"},
		{"2,000 parentheses", strings.Repeat("(", 2_000), "more than 20 levels"},
		{"21 parentheses", nested(21), "more than 20 levels"},
		{"2,000 nots", strings.Repeat("not (", 2_000), "at most 2048"},
		{"400 nots", strings.Repeat("not ", 400), "more than 20 levels"},
		{"1,000 terms", terms(1000), "at most 2048"},
		{"51 terms", terms(51), "more than 50 terms"},
		{"51 terms in brackets", "emails[" + terms(51) + "]", "more than 50 terms"},
	} {
		started := time.Now()
		_, err := Parse(c.in)
		var syntax *SyntaxError
		if !errors.As(err, &syntax) || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v, want a *SyntaxError with %q", c.claim, err, c.says)
		}
		if took := time.Since(started); took > 50*time.Millisecond {
			t.Errorf("%s took %v", c.claim, took)
		}
		if _, err := ParsePath(c.in); err == nil {
			t.Errorf("%s is taken for a path", c.claim)
		}
	}
	if _, err := ParsePath("members[" + strings.Repeat("(", 5000) + "value eq 1]"); err == nil {
		t.Error("5,000 parentheses in a PATCH path are taken")
	}
	for _, in := range []string{nested(20), terms(50)} {
		if _, err := Parse(in); err != nil {
			t.Errorf("a filter at the limit is refused: %v", err)
		}
	}
}

func TestParsePath(t *testing.T) {
	t.Parallel()
	const obsolete = "urn:scim:schemas:extension:enterprise:2.0"
	work := text("type", Eq, "work")
	for _, c := range []struct {
		in   string
		want PatchPath
	}{
		{`members`, PatchPath{Path: attr("members")}},
		{`name.givenName`, PatchPath{Path: Path{Attr: "name", Sub: "givenName"}}},
		{` nope.nope `, PatchPath{Path: Path{Attr: "nope", Sub: "nope"}}},
		{`members[value eq "2819c223"]`, PatchPath{Path: attr("members"), Filter: text("value", Eq, "2819c223")}},
		{`members [ value  EQ 2819c223 ]`, PatchPath{Path: attr("members"), Filter: text("value", Eq, "2819c223")}},
		{`emails[type eq "work"].value`, PatchPath{attr("emails"), work, "value"}},
		{`roles[primary eq "True"].value`, PatchPath{attr("roles"), text("primary", Eq, "True"), "value"}},
		{enterprise, PatchPath{Path: Path{URN: enterprise}}},
		{enterprise + `:department`, PatchPath{Path: Path{URN: enterprise, Attr: "department"}}},
		{enterprise + `:manager.value`, PatchPath{Path: Path{enterprise, "manager", "value"}}},
		{enterprise + `.costCenter`, PatchPath{Path: Path{URN: enterprise, Attr: "costCenter"}}},
		{obsolete + `.department`, PatchPath{Path: Path{URN: obsolete, Attr: "department"}}},
		{obsolete + `:department`, PatchPath{Path: Path{URN: obsolete, Attr: "department"}}},
		{obsolete + `.manager.value`, PatchPath{Path: Path{obsolete, "manager", "value"}}},
		{`urn:scim:schemas:core:1.0`, PatchPath{Path: Path{URN: "urn:scim:schemas:core:1.0"}}},
		{`URN:ietf:params:scim:schemas:core:2.0:user:emails[type eq "work"].value`,
			PatchPath{Path{URN: "URN:ietf:params:scim:schemas:core:2.0:user", Attr: "emails"}, work, "value"}},
		{`urn:okta:acme_1:1.0:user:custom:badge`, PatchPath{Path: Path{URN: "urn:okta:acme_1:1.0:user:custom", Attr: "badge"}}},
		{`urn:acme:Badge:2.0:address.street`, PatchPath{Path: Path{"urn:acme:Badge:2.0", "address", "street"}}},
	} {
		got, err := ParsePath(c.in)
		if err != nil {
			t.Errorf("ParsePath(%s): %v", c.in, err)
			continue
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("ParsePath(%s) (-want +got):\n%s", c.in, diff)
		}
		if again, err := ParsePath(got.String()); err != nil || !cmp.Equal(got, again) {
			t.Errorf("%s is written as %s, which reads as %v, %v", c.in, got, again, err)
		}
	}
}

func TestWhatIsNoPathIsASyntaxError(t *testing.T) {
	t.Parallel()
	for _, in := range []string{
		``, ` `, `][`, `emails[`, `emails[type eq`, `emails[type eq]`, `emails[type eq "work"`, `emails[]`,
		`emails[type eq "work"].`, `emails[type eq "work"]value`, `emails[type eq "work"].a.b`, `emails.value[type pr]`,
		`members[value eq 'x']`, `a.b.c`, `a b`, `a eq "b"`, `.a`, `a.`, `a..b`, `urn:`, `urn:a:b:`, `a:b`, `members["x"]`,
		enterprise + `[a pr]`, "a\x00", "\xff",
	} {
		_, err := ParsePath(in)
		var syntax *SyntaxError
		if !errors.As(err, &syntax) {
			t.Errorf("ParsePath(%q) = %v, want a *SyntaxError", in, err)
		}
	}
}
