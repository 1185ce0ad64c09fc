package e2e

import (
	"flag"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
)

var updateReasons = flag.Bool("update-reasons", false, "write the sentences of testdata/reasons.txt anew, to be read before they are kept")

const reasonsFile = "testdata/reasons.txt"

// notReached are the codes that no request can bring about in this version, and why.
var notReached = map[string]string{
	"discarded": "an addition would have to be held first, and only losses are",
	"noRecord":  "a connector would have to support a membership of somebody of whom it has no record, not even a tombstone",
}

// TestEveryReasonIsReachedAndReadsWell brings every reason code about through real requests, reads
// its sentence back, and compares that with testdata/reasons.txt, which people have read. The codes
// are those that docs/reasons.md lists.
func TestEveryReasonIsReachedAndReadsWell(t *testing.T) {
	t.Parallel()
	reasonsOver(t, "2.0")
}

// TestEveryReasonIsReachedOverV1 plays the same scenes with connectors of SCIM 1.1: the rules, and
// what is said of them, do not know the version.
func TestEveryReasonIsReachedOverV1(t *testing.T) {
	t.Parallel()
	reasonsOver(t, "1.1")
}

func reasonsOver(t *testing.T, version string) {
	s := startServer(t, databases[0])
	heard := map[string]string{}
	for name, scene := range reasonScenes {
		t.Run(name, func(t *testing.T) {
			r := &reasons{server: s, t: t, version: version, Directory: s.directory(t), heard: heard, called: map[string]string{}}
			scene(r)
		})
	}
	var lines []string
	for _, code := range documentedReasons(t) {
		sentence, ok := heard[code]
		why, excused := notReached[code]
		switch {
		case ok && excused:
			t.Errorf("%s is reached, so it needs no excuse (%s)", code, why)
		case !ok && !excused:
			t.Errorf("no request brought %s about", code)
		case ok:
			checkSentence(t, code, sentence)
			lines = append(lines, code+"\n\t"+sentence+"\n")
		}
	}
	got := strings.Join(lines, "")
	if *updateReasons && version == "2.0" {
		if err := os.WriteFile(reasonsFile, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(reasonsFile)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("the sentences are not those of %s. Read them; -update-reasons keeps them:\n%s", reasonsFile, got)
	}
}

// documentedReasons are the codes of docs/reasons.md, sorted.
func documentedReasons(t *testing.T) (codes []string) {
	t.Helper()
	text, err := os.ReadFile("../../../docs/reasons.md")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		if rest, ok := strings.CutPrefix(line, "| `"); ok {
			code, _, _ := strings.Cut(rest, "`")
			codes = append(codes, code)
		}
	}
	slices.Sort(codes)
	return codes
}

// checkSentence looks for what no sentence for people has.
func checkSentence(t *testing.T, code, sentence string) {
	t.Helper()
	ours := regexp.MustCompile(`"[^"]+"`).ReplaceAllString(sentence, "“…”") // patterns are the administrator's
	for _, bad := range []string{"{", "}", "[", "]", "  ", " ,", " .", "..", `""`, " a connector"} {
		if strings.Contains(ours, bad) {
			t.Errorf("%s: %q in the sentence %q", code, bad, sentence)
		}
	}
	if !strings.HasSuffix(sentence, ".") || len(sentence) < 20 || len(sentence) > 240 {
		t.Errorf("%s: %q is no sentence", code, sentence)
	}
}

// TestAnAnswerNamesItsRequestAndWhatWouldChangeIt reads a whole answer.
func TestAnAnswerNamesItsRequestAndWhatWouldChangeIt(t *testing.T) {
	t.Parallel()
	onEveryDatabase(t, func(t *testing.T, s *server) {
		r := &reasons{server: s, t: t, Directory: s.directory(t), heard: map[string]string{}, called: map[string]string{}}
		c := r.okta(`{"neverAssign":[".*-admins"],"onlyAssign":["jira-.*","wiki-.*"]}`)
		var ids []string
		for i := range 9 {
			ids = append(ids, c.user(t, fmt.Sprintf("user-%d", i)))
		}
		c.group(t, "wiki-admins", ids[:2]...)
		group := c.group(t, "jira-admins")
		request := c.scimOK(t, "PATCH", "/Groups/"+group, patch(addMembers(ids...))).Header.Get("X-Request-Id")
		before := s.dumpDirectory(t, r.Directory)
		answer := r.why("user-1", "group", "jira-admins")
		if answer["answer"] != "notMember" || answer["code"] != "neverAssign" {
			t.Errorf("the answer is %v (%v), want notMember because of neverAssign", answer["answer"], answer["code"])
		}
		said, _ := answer["steps"].([]any)[0].(map[string]any)["said"].(map[string]any)
		if said["request"] != request || said["actorType"] != "credential" || said["credential"] == nil {
			t.Errorf("it was said by %v, want request %s and a credential with a name", said, request)
		}
		change := answer["wouldChange"].([]any)[0].(map[string]any)
		want := fmt.Sprintf(`Remove ".*-admins" from neverAssign of %s: 9 users would join jira-admins and 2 users would join wiki-admins.`, c.Slug)
		if change["sentence"] != want {
			t.Errorf("what would change it is\n\t%v\nwant\n\t%s", change["sentence"], want)
		}
		if rules, _ := change["rules"].(map[string]any); compact(rules["neverAssign"]) != "[]" || compact(rules["onlyAssign"]) != `["jira-.*","wiki-.*"]` {
			t.Errorf("the rules with the edit are %s", compact(rules))
		}
		if changes := diff(before, s.dumpDirectory(t, r.Directory)); len(changes) > 0 {
			t.Errorf("asking changed something:\n\t%s", strings.Join(changes, "\n\t"))
		}
		if refused := s.admin(t, "GET", "/directories/"+r.Directory+"/why?user=user-1&group=x&attribute=y", nil); refused.Status != 422 {
			t.Errorf("asking for two things at once: %d %s", refused.Status, excerpt(refused.Body))
		}
	})
}
