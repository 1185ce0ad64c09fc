package filter

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// TestParseReadsBackWhatStringWrites is the round-trip law over random trees.
func TestParseReadsBackWhatStringWrites(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		want := anyExpr(t, 3, false)
		got, err := Parse(want.String())
		if err != nil {
			t.Fatalf("Parse(%s): %v", want, err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("%s (-want +got):\n%s", want, diff)
		}
	})
}

func TestParsePathReadsBackWhatStringWrites(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		want := PatchPath{Path: anyPath(t)}
		if rapid.Bool().Draw(t, "brackets") {
			want.Path.Sub = ""
			want.Filter = anyExpr(t, 2, true)
			want.Sub = rapid.SampledFrom([]string{"", "value", "display"}).Draw(t, "behind")
		}
		got, err := ParsePath(want.String())
		if err != nil {
			t.Fatalf("ParsePath(%s): %v", want, err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("%s (-want +got):\n%s", want, diff)
		}
	})
}

// anyExpr draws a tree that the parser can build; inside is true between brackets.
func anyExpr(t *rapid.T, depth int, inside bool) Expr {
	kinds := []string{"compare", "present"}
	if depth > 0 {
		kinds = append(kinds, "and", "or", "not")
		if !inside {
			kinds = append(kinds, "valuePath")
		}
	}
	path := anyPath(t)
	if inside {
		path.URN, path.Sub = "", ""
	}
	switch rapid.SampledFrom(kinds).Draw(t, "kind") {
	case "compare":
		op := rapid.SampledFrom([]Op{Eq, Ne, Co, Sw, Ew, Gt, Ge, Lt, Le}).Draw(t, "op")
		return Compare{path, op, anyValue(t)}
	case "present":
		return Present{path}
	case "and":
		return And{anyExpr(t, depth-1, inside), anyExpr(t, depth-1, inside)}
	case "or":
		return Or{anyExpr(t, depth-1, inside), anyExpr(t, depth-1, inside)}
	case "not":
		return Not{anyExpr(t, depth-1, inside)}
	default:
		path.Sub = ""
		return ValuePath{path, anyExpr(t, depth-1, true)}
	}
}

func anyPath(t *rapid.T) Path {
	name := rapid.SampledFrom([]string{"userName", "emails", "x-y_z", "a1", "$ref", "user", "Group", "eq", "pr", "null"})
	return Path{
		URN:  rapid.SampledFrom([]string{"", "", "", enterprise, "urn:scim:schemas:core:1.0", "urn:acme:badge", "urn:x:2.0:group"}).Draw(t, "urn"),
		Attr: name.Draw(t, "attr"),
		Sub:  rapid.SampledFrom([]string{"", "", "value", "$ref", "Group"}).Draw(t, "sub"),
	}
}

func anyValue(t *rapid.T) Value {
	switch ValueKind(rapid.IntRange(int(String), int(Null)).Draw(t, "value kind")) {
	case Bool:
		return Value{Kind: Bool, Bool: rapid.Bool().Draw(t, "bool")}
	case Number:
		return Value{Kind: Number, Number: rapid.SampledFrom([]string{"0", "-1", "3.25", "1e9", "2E-3", "12345678901234567890"}).Draw(t, "number")}
	case Null:
		return Value{Kind: Null}
	}
	alphabet := []rune("ab\"\\/'%_ é😀\t\n\x01()[]\u2028")
	return Value{Kind: String, String: rapid.StringOfN(rapid.SampledFrom(alphabet), 0, 6, -1).Draw(t, "text")}
}

// FuzzParse looks for texts that panic or that read back differently from what they said.
func FuzzParse(f *testing.F) {
	for _, seed := range []string{
		`userName eq "x"`, `emails[type eq "work" and not (value co "@")].value sw a or title pr`, `a eq "\ud83d\ude00"`,
		enterprise + `:manager.value eq 7`, `not not a pr`, `a eq 'x'`, `a[b[`, `((((`, `urn:x:2.0.user.a pr`,
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		e, err := Parse(text)
		if err != nil {
			var syntax *SyntaxError
			if !errors.As(err, &syntax) || syntax.Pos < 1 || syntax.Msg == "" {
				t.Fatalf("Parse(%q) = %#v", text, err)
			}
			return
		}
		// Quotes and parentheses may be written where none were read.
		again, err := parse(e.String(), limits{text: 20 << 10, depth: 80, terms: 50})
		if err != nil || !cmp.Equal(e, again) {
			t.Fatalf("%q is written as %q, which reads as %v, %v", text, e, again, err)
		}
	})
}

// FuzzParsePath does the same for PATCH paths.
func FuzzParsePath(f *testing.F) {
	for _, seed := range []string{
		`members[value eq "id"]`, `emails[type eq "work"].value`, enterprise + `.costCenter`, `urn:x:2.0.user.a`, `urn:a:1.0`, `][`,
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		path, err := ParsePath(text)
		if err != nil {
			var syntax *SyntaxError
			if !errors.As(err, &syntax) || syntax.Pos < 1 || syntax.Msg == "" {
				t.Fatalf("ParsePath(%q) = %#v", text, err)
			}
			return
		}
		again, err := ParsePath(path.String())
		var syntax *SyntaxError
		if errors.As(err, &syntax) && len(path.String()) > defaultLimits.text/2 {
			return // quotes and parentheses made it longer or deeper than the limits
		}
		if err != nil || !cmp.Equal(path, again) {
			t.Fatalf("%q is written as %q, which reads as %v, %v", text, path, again, err)
		}
	})
}
