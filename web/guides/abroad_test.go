package guides

import (
	"encoding/json"
	"testing"
)

func TestWhoHasALinkAloneIsToldToRunNoCommand(t *testing.T) {
	t.Parallel()
	for _, g := range All() {
		said, err := json.Marshal(g.Abroad())
		if err != nil {
			t.Fatal(err)
		}
		if found := command.Find(said); found != nil {
			t.Errorf("the guide %s names a command: %s", g.ID, said)
		}
		abroad := g.Abroad()
		if len(abroad.Steps) != len(g.Steps) || len(abroad.Test) != len(g.Test) || len(abroad.Errors) != len(g.Errors) {
			t.Errorf("the guide %s has lost steps: %+v", g.ID, abroad)
		}
		for _, s := range abroad.Steps {
			if s.Title == "" || s.Text == "" && len(s.Fields) == 0 && s.Code == "" {
				t.Errorf("a step of the guide %s says nothing any more: %+v", g.ID, s)
			}
		}
		for _, c := range abroad.Test {
			if c.Do == "" || c.See == "" {
				t.Errorf("a check of the guide %s says nothing any more: %+v", g.ID, c)
			}
		}
		for _, e := range abroad.Errors {
			if e.Seen == "" || e.Why == "" || e.Do == "" {
				t.Errorf("a problem of the guide %s says nothing any more: %+v", g.ID, e)
			}
		}
	}
}

func TestOnlyTheSentenceWithTheCommandIsLeftOut(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"Every step green. muster events --connector names the same person.": "Every step green.",
		"muster events --connector lists both.":                              "",
		"Read detail. muster try sends it again. Then wait.":                 "Read detail. Then wait.",
		"Muster keeps what it has.":                                          "Muster keeps what it has.",
	} {
		if got := withoutCommands(text); got != want {
			t.Errorf("%q becomes %q, want %q", text, got, want)
		}
	}
	g, _ := ByID("okta-oin")
	if g.Abroad(); command.FindString(g.Test[len(g.Test)-1].See+g.Errors[0].Do+g.Markdown()) == "" {
		t.Error("the guide itself has lost its commands")
	}
}
