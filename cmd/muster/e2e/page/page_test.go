package page

import (
	"strings"
	"testing"
)

const sample = "# Title\n\n<!-- docs: world acme -->\n<!-- docs: run\nmuster tenants list\nmuster version\n-->\n" +
	"<!-- docs: read PLAN as $plan -->\n\n```sh\nmuster plans show PLAN\n```\n\n```text\n3 lines\n```\n\n" +
	"- in a list:\n\n  <!-- not ours -->\n\n  ```console\n  $ muster version\n  ```\n\n" +
	"<!-- docs: file users.csv -->\n```csv\nuserName\n```\n\n<!-- docs: not run: needs Docker -->\n```sh\ndocker ps\n```\n"

func TestAPageIsReadInItsOrder(t *testing.T) {
	page, err := Parse(sample)
	if err != nil {
		t.Fatal(err)
	}
	if page.World != "acme" || len(page.Steps) != 7 {
		t.Fatalf("the world is %q with %d steps, want acme with 7", page.World, len(page.Steps))
	}
	if got := page.Steps[0].Script; got != "muster tenants list\nmuster version" {
		t.Errorf("the hidden commands are %q", got)
	}
	if step := page.Steps[1]; step.Read != "PLAN" || step.As != "$plan" {
		t.Errorf("%q is read as %q, want PLAN as $plan", step.Read, step.As)
	}
	for i, want := range []Block{
		{Language: Shell, Text: "muster plans show PLAN\n"},
		{Language: Text, Text: "3 lines\n"},
		{Language: Console, Text: "$ muster version\n"},
		{Language: "csv", Text: "userName\n", File: "users.csv"},
		{Language: Shell, Text: "docker ps\n", NotRun: "needs Docker"},
	} {
		got := *page.Steps[i+2].Block
		got.Line = 0
		if got != want {
			t.Errorf("block %d is %+v, want %+v", i, got, want)
		}
	}
}

func TestWhatNoTestCouldRunIsNamedWithItsLine(t *testing.T) {
	for text, want := range map[string]string{
		"text:\n\n    ls\n":                                  "line 3: an indented block has no language",
		"```\nls\n```\n":                                     "line 1: this block has no language",
		"\n```json\n{}\n```\n":                               "line 2: this json is a sample",
		"```sh\nls\n":                                        "line 1: this block has no end",
		"```cobol\nSTOP RUN.\n```\n":                         "the language \"cobol\"",
		"<!-- docs: wrold acme -->\n":                        "nobody knows what \"wrold acme\" means",
		"<!-- docs: not run: no block -->\n":                 "no block follows",
		"<!-- docs: fails -->\n```text\n```":                 "only commands can fail",
		"```mermaid\npicture\n```\n":                         "does not begin as one",
		"<!-- docs: read X for Y -->\n":                      "write: read WORD as VALUE",
		"<!-- docs: run ls\nand so on\n":                     "does not end",
		"<!-- docs: run ls -->\n<!-- docs: world acme -->\n": "comes before everything else",
	} {
		if _, err := Parse(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("Parse(%q) says %v, want %q", text, err, want)
		}
	}
}

func TestLinesAreComparedButForBlanksAndWhatDiffers(t *testing.T) {
	for _, c := range []struct {
		want, got string
		same      bool
	}{
		{"a  b\nc", "a b\n\tc\n", true},
		{"a\n…\nd", "a\nb\nc\nd\n", true},
		{"a\n…\nd", "a\nd\n", true},
		{"id …, made", "id 0193, made", true},
		{"…\nlast", "first\nlast", true},
		{"a", "a\nb", false},
		{"a\nb", "a", false},
		{"a\n…\nd", "a\nb\n", false},
		{"a.c", "abc", false},
	} {
		if err := Lines(c.want, c.got); (err == nil) != c.same {
			t.Errorf("Lines(%q, %q) says %v, want same: %t", c.want, c.got, err, c.same)
		}
	}
}

func TestSamplesOfJSONShowWhatMatters(t *testing.T) {
	for _, c := range []struct {
		want, got string
		same      bool
	}{
		{`{"a":1}`, `{"a":1,"b":2}`, true},
		{`{"a":1}`, `{"b":2}`, false},
		{`{"a":"0193…","b":{…},"c":[…],"d":…}`, `{"a":"0193f2","b":{"x":1},"c":[1],"d":7}`, true},
		{`{"a":"0193…"}`, `{"a":"0294"}`, false},
		{`[{"n":2}, …]`, `[{"n":1},{"n":2},{"n":3}]`, true},
		{`[{"n":4}]`, `[{"n":1}]`, false},
		{`[1,2]`, `[2,1]`, false},
		{`{"a":[]}`, `{"a":{}}`, false},
		{`{"a":true}`, `no JSON`, false},
	} {
		if err := JSON(c.want, c.got); (err == nil) != c.same {
			t.Errorf("JSON(%s, %s) says %v, want same: %t", c.want, c.got, err, c.same)
		}
	}
}

func TestOfAShapeOnlyTheNamesCount(t *testing.T) {
	if err := Shape(`{"size":7,"rows":{"users":3},"list":[1]}`, `{"size":"9","rows":{"users":4,"groups":1},"list":{}}`); err != nil {
		t.Error(err)
	}
	if err := Shape(`{"rows":{"users":3}}`, `{"rows":{"groups":1}}`); err == nil || !strings.Contains(err.Error(), ".rows.users is missing") {
		t.Errorf("Shape says %v, want that .rows.users is missing", err)
	}
}

func TestCommandsThatAreNotRunAreLookedUp(t *testing.T) {
	const root = "../../../.."
	for line, want := range map[string]string{
		"make test":                          "",
		"make faults SCENARIO=x SEED=1  # y": "",
		"make tset":                          "no target tset",
		"make faults SEEED=1":                "does not use SEEED",
		"go test ./cmd/muster/e2e/page -run 'TestSamples/x'": "",
		"X=1 go test ./cmd/muster/e2e/page -run Nothing":     "has nothing that -run Nothing",
		"go test ./nowhere":       "no folder ./nowhere",
		"docker compose up --now": "",
	} {
		err := LookUp(root, line)
		if (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("LookUp(%q) says %v, want %q", line, err, want)
		}
	}
}
