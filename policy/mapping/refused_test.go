package mapping

import (
	"errors"
	"strings"
	"testing"
)

func TestAMappingThatCannotWorkIsRefusedAtItsPlace(t *testing.T) {
	for _, c := range []struct {
		step         Step
		place        string
		line, column int
		says         string
	}{
		{Step{"title", "", Always}, "steps[0].expression", 0, 0, "is empty"},
		{Step{"title", "lowr(record.title)", Always}, "steps[0].expression", 1, 5, "did you mean lower?"},
		{Step{"title", "record.titel", Always}, "steps[0].expression", 1, 7, "did you mean title?"},
		{Step{"title", "record.name.givnName", Always}, "steps[0].expression", 1, 12, "did you mean givenName?"},
		{Step{"title", "record.department", Always}, "steps[0].expression", 1, 7, "write enterprise.department"},
		{Step{"title", "enterprise.departement", Always}, "steps[0].expression", 1, 11, "did you mean department?"},
		{Step{"title", "title", Always}, "steps[0].expression", 1, 1, "did you mean record.title?"},
		{Step{"title", "lower(\n  recrd.title)", Always}, "steps[0].expression", 2, 3, "did you mean record?"},
		{Step{"title", "current.title", Always}, "steps[0].expression", 1, 1, `when "update"`},
		{Step{"title", "record.title +", Always}, "steps[0].expression", 1, 15, ""},
		{Step{"title", "record.emails.value", Always}, "steps[0].expression", 1, 14, "say which entry"},
		{Step{"title", `record.title.matches("(")`, Always}, "steps[0].expression", 1, 22, "not valid"},
		{Step{"title", `record.title.matches("(?=a)")`, Always}, "steps[0].expression", 1, 22, "no look-around"},
		{Step{"title", `extract(record.title, record.userName)`, Always}, "steps[0].expression", 1, 29, "has to be written here"},
		{Step{"title", `lower(record.title, 3)`, Always}, "steps[0].expression", 1, 6, "texts are compared"},
		{Step{"title", "record.groups[0].display", Always}, "steps[0].expression", 1, 7, "renames"},
		{Step{"title", "timestamp(record.title)", Always}, "steps[0].expression", 1, 10, "no function timestamp"},
		{Step{"", "record.title", Always}, "steps[0].target", 0, 0, "is no path"},
		{Step{"titel", "record.title", Always}, "steps[0].target", 0, 0, "did you mean title?"},
		{Step{"active", "true", Always}, "steps[0].target", 0, 0, "dropWhen"},
		{Step{"groups", "null", Always}, "steps[0].target", 0, 0, "renames"},
		{Step{"id", "null", Always}, "steps[0].target", 0, 0, "not among"},
		{Step{"emails.value", `""`, Always}, "steps[0].target", 0, 0, `emails[type eq "work"].value`},
		{Step{`emails[type eq "work"]`, `""`, Always}, "steps[0].target", 0, 0, "what of the entry"},
		{Step{`emails[type eq "work"].primary`, `true`, Always}, "steps[0].target", 0, 0, "as a whole"},
		{Step{`title[type eq "work"].value`, `""`, Always}, "steps[0].target", 0, 0, "no entries"},
		{Step{"name.first", `""`, Always}, "steps[0].target", 0, 0, "givenName"},
		{Step{"department", `""`, Always}, "steps[0].target", 0, 0, "enterprise"},
		{Step{Enterprise + ":departement", `""`, Always}, "steps[0].target", 0, 0, "did you mean department?"},
		{Step{"title", "record.title", "sometimes"}, "steps[0].when", 0, 0, "create, update or always"},
	} {
		_, err := Compile([]Step{c.step}, "")
		var refused *Error
		if !errors.As(err, &refused) {
			t.Errorf("%+v: %v, want a refusal", c.step, err)
			continue
		}
		if refused.Place != c.place || refused.Line != c.line || refused.Column != c.column || !strings.Contains(refused.Problem, c.says) {
			t.Errorf("%+v: %+v,\n\twant %s line %d, column %d: …%s…", c.step, *refused, c.place, c.line, c.column, c.says)
		}
		if c.line > 0 && !strings.HasSuffix(refused.Error(), "^") {
			t.Errorf("%+v: no caret in %q", c.step, refused.Error())
		}
	}
}

func TestTooManyStepsAreRefused(t *testing.T) {
	_, err := Compile(make([]Step, MaxSteps+1), "")
	if err == nil || !strings.Contains(err.Error(), "at most 200") {
		t.Errorf("%v", err)
	}
}

func TestNoMappingIsNoProgram(t *testing.T) {
	p, err := Compile(nil, "")
	if p != nil || err != nil || p.Gives() || p.Recalls() {
		t.Errorf("%v, %v", p, err)
	}
	doc := map[string]any{"title": "x"}
	if got := p.Run(Record{Document: doc}); got.Problem != nil || got.Document["title"] != "x" {
		t.Errorf("%+v", got)
	}
}
