package mapping

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"
)

// ada is the record that most tests map.
const ada = `{
	"userName": "Ada@Old.example", "title": "Engineer", "userType": "Employee", "active": true,
	"name": {"givenName": "Ada", "familyName": "Byron"},
	"emails": [
		{"value": "ada@home.example", "type": "home"},
		{"value": "ada@old.example", "type": "work", "primary": true},
		{"value": "ada2@old.example", "type": "work"}],
	"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User": {"department": "Research", "employeeNumber": "42"},
	"urn:acme:params:scim:schemas:extension:hr:1.0:User": {"floor": 3, "building": "North"}
}`

func document(t testing.TB, text string) map[string]any {
	t.Helper()
	decoder := json.NewDecoder(strings.NewReader(text))
	decoder.UseNumber()
	var doc map[string]any
	if err := decoder.Decode(&doc); err != nil {
		t.Fatal(err)
	}
	return doc
}

func program(t testing.TB, steps []Step, dropWhen string) *Program {
	t.Helper()
	p, err := Compile(steps, dropWhen)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestExpressionsGiveWhatTheManualSays(t *testing.T) {
	for _, c := range []struct {
		expression string
		want       any
	}{
		{`enterprise.department`, "Research"},
		{`record["urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"].department`, "Research"},
		{`record["urn:acme:params:scim:schemas:extension:hr:1.0:User"].building`, "North"},
		{`string(record["urn:acme:params:scim:schemas:extension:hr:1.0:User"].floor)`, "3"},
		{`record["urn:nobody:knows:this"].floor`, nil},
		{`lower(record.userName)`, "ada@old.example"},
		{`upper(record.title)`, "ENGINEER"},
		{`trim("  a ")`, "a"},
		{`lower(record.nickName)`, nil},
		{`record.nickName`, nil},
		{`record.name.middleName`, nil},
		{`record.addresses[0].locality`, nil},
		{`default(record.nickName, record.name.givenName)`, "Ada"},
		{`default(record.nickName, "none")`, "none"},
		{`has(record.nickName) ? "yes" : "no"`, "no"},
		{`has(record.title) ? "yes" : "no"`, "yes"},
		{`record.nickName == null ? "yes" : "no"`, "yes"},
		{`record.title == null ? "yes" : "no"`, "no"},
		{`record.nickName == "x" ? "yes" : "no"`, "no"},
		{`record.name.givenName + " " + record.name.familyName`, "Ada Byron"},
		{`join([record.name.givenName, record.name.middleName, record.name.familyName])`, "Ada Byron"},
		{`join([record.name.middleName], "-")`, nil},
		{`join(split("a.b.c", "."), "-")`, "a-b-c"},
		{`split(record.userName, "@")[0]`, "Ada"},
		{`split(record.userName, "@")[7]`, nil},
		{`first(split(record.nickName, "@"))`, nil},
		{`replace(record.userName, "@Old.example", "@new.example")`, "Ada@new.example"},
		{`extract(record.userName, "^([^@]+)@")`, "Ada"},
		{`extract(record.userName, "[0-9]+")`, nil},
		{`email(record.emails, "work")`, "ada@old.example"},
		{`email(record.emails, "home")`, "ada@home.example"},
		{`email(record.emails, "other")`, nil},
		{`email(record.emails)`, "ada@old.example"},
		{`email(record.phoneNumbers)`, nil},
		{`record.emails.filter(e, e.type == "work")[1].value`, "ada2@old.example"},
		{`record.emails.exists(e, e.value.endsWith("@home.example")) ? "yes" : "no"`, "yes"},
		{`record.phoneNumbers.exists(e, e.type == "work") ? "yes" : "no"`, "no"},
		{`record.phoneNumbers.map(e, e.value)[0]`, nil},
		{`size(record.phoneNumbers) == 0 && record.emails.size() == 3 ? "yes" : "no"`, "yes"},
		{`"x" in record.roles ? "yes" : "no"`, "no"},
		{`record.title.startsWith("Eng") ? "yes" : "no"`, "yes"},
		{`record.nickName.startsWith("Eng") ? "yes" : "no"`, "no"},
		{`record.title.contains("gin") && record.title.matches("^E.*r$") ? "yes" : "no"`, "yes"},
		{`connector == "acme-okta" ? "ours" : "theirs"`, "ours"},
		{`null`, nil},
		{`""`, nil},
	} {
		p := program(t, []Step{{Target: "title", Expression: c.expression}}, "")
		got := p.Run(Record{Document: document(t, ada), Connector: "acme-okta", New: true})
		if got.Problem != nil {
			t.Errorf("%s: %s", c.expression, got.Problem)
			continue
		}
		if !reflect.DeepEqual(got.Document["title"], c.want) {
			t.Errorf("%s gives %v, want %v", c.expression, got.Document["title"], c.want)
		}
	}
}

func TestTargetsOfEveryKindTakeTheirValues(t *testing.T) {
	for _, c := range []struct{ target, expression, at, want string }{
		{"title", `"Lead"`, "title", `"Lead"`},
		{"name.givenName", `upper(record.name.givenName)`, "name", `{"familyName":"Byron","givenName":"ADA"}`},
		{"name.givenName", `null`, "name", `{"familyName":"Byron"}`},
		{"name", `null`, "name", `null`},
		{Enterprise + ":department", `"R&D"`, Enterprise, `{"department":"R&D","employeeNumber":"42"}`},
		{Enterprise + ":manager.value", `"7"`, Enterprise, `{"department":"Research","employeeNumber":"42","manager":{"value":"7"}}`},
		{Enterprise + ":department", `null`, Enterprise, `{"employeeNumber":"42"}`},
		{`emails[type eq "work"].value`, `"new@old.example"`, "emails", `[{"type":"home","value":"ada@home.example"},{"primary":true,"type":"work","value":"new@old.example"},{"type":"work","value":"ada2@old.example"}]`},
		{`emails[type eq "home"].value`, `null`, "emails", `[{"primary":true,"type":"work","value":"ada@old.example"},{"type":"work","value":"ada2@old.example"}]`},
		{`phoneNumbers[type eq "work"].value`, `"+1"`, "phoneNumbers", `[{"type":"work","value":"+1"}]`},
		{`emails`, `record.emails.filter(e, e.type == "home")`, "emails", `[{"type":"home","value":"ada@home.example"}]`},
		{`emails`, `record.emails.map(e, {"value": lower(e.value), "type": e.type, "display": e.display})`, "emails", `[{"type":"home","value":"ada@home.example"},{"type":"work","value":"ada@old.example"},{"type":"work","value":"ada2@old.example"}]`},
		{"urn:acme:params:scim:schemas:extension:hr:1.0:User:floor", `record["urn:acme:params:scim:schemas:extension:hr:1.0:User"].floor + 1`, "urn:acme:params:scim:schemas:extension:hr:1.0:User", `{"building":"North","floor":4}`},
		{"urn:acme:params:scim:schemas:extension:new:1.0:User:key", `true`, "urn:acme:params:scim:schemas:extension:new:1.0:User", `{"key":true}`},
	} {
		doc := document(t, ada)
		got := program(t, []Step{{Target: c.target, Expression: c.expression}}, "").Run(Record{Document: doc, New: true})
		if got.Problem != nil {
			t.Errorf("%s = %s: %s", c.target, c.expression, got.Problem)
			continue
		}
		text, _ := json.Marshal(got.Document[c.at])
		if plain := strings.ReplaceAll(string(text), `\u0026`, "&"); plain != c.want {
			t.Errorf("%s = %s gives %s, want %s", c.target, c.expression, plain, c.want)
		}
		if !reflect.DeepEqual(doc, document(t, ada)) {
			t.Errorf("%s = %s changed the record itself", c.target, c.expression)
		}
	}
}

func TestStepsTakeEffectAtTheirTime(t *testing.T) {
	p := program(t, []Step{
		{Target: "title", Expression: `"new here"`, When: Create},
		{Target: "nickName", Expression: `"changed"`, When: Update},
		{Target: "locale", Expression: `"de"`},
	}, "")
	held := map[string]any{"title": "promoted by hand"}
	for _, c := range []struct {
		about           string
		record          Record
		title, nickName any
	}{
		{"a new record", Record{New: true}, "new here", nil},
		{"one that counted and was not changed since", Record{Current: held}, "promoted by hand", nil},
		{"one that was changed since", Record{Current: held, Revised: true}, "promoted by hand", "changed"},
		{"one whose user has no title any more", Record{Current: map[string]any{}}, nil, nil},
	} {
		c.record.Document = document(t, ada)
		got := p.Run(c.record)
		if got.Problem != nil || got.Document["title"] != c.title || got.Document["nickName"] != c.nickName || got.Document["locale"] != "de" {
			t.Errorf("%s: %v, %v", c.about, got.Document, got.Problem)
		}
	}
}

func TestDropWhenDropsWhatItIsTrueOf(t *testing.T) {
	for condition, want := range map[string]bool{
		`record.userType == "Employee"`:                    true,
		`record.userType == "Contractor"`:                  false,
		`record.nickName == "x"`:                           false,
		`enterprise.department in ["Research", "Sales"]`:   true,
		`!has(enterprise.costCenter)`:                      true,
		`record.nickName`:                                  false,
		`record.emails.all(e, e.value.endsWith("@x.org"))`: false,
	} {
		got := program(t, nil, condition).Run(Record{Document: document(t, ada), New: true})
		if got.Problem != nil || got.Dropped != want {
			t.Errorf("%s: dropped %t, %v; want %t", condition, got.Dropped, got.Problem, want)
		}
	}
}

func TestAProgramThatNeverComesToRestIsAProblem(t *testing.T) {
	steps := []Step{{Target: "title", Expression: `join([current.title, "x"])`, When: Update}}
	record := Record{Document: document(t, ada), Current: map[string]any{"title": "a"}, Revised: true}
	if got := program(t, steps, "").Run(record); got.Problem == nil || !strings.Contains(got.Problem.Text, "each time") {
		t.Errorf("a step that grows with every settling: %v", got.Problem)
	}
	steps[0].Expression = `default(current.title, record.title)`
	got := program(t, steps, "").Run(record)
	if got.Problem != nil || got.Document["title"] != "a" {
		t.Errorf("a step that keeps what the user has: %v, %v", got.Document, got.Problem)
	}
}

func TestATraceTellsEveryStep(t *testing.T) {
	p := program(t, []Step{
		{Target: "title", Expression: `upper(record.title)`},
		{Target: "nickName", Expression: `"x" + record.nickName`},
		{Target: "locale", Expression: `"de"`, When: Update},
	}, "")
	got := p.Trace(Record{Document: document(t, ada), New: true})
	if len(got.Steps) != 3 || got.Steps[0].Before != "Engineer" || got.Steps[0].After != "ENGINEER" || got.Steps[1].Problem == nil || !got.Steps[2].Skipped {
		t.Errorf("%+v", got.Steps)
	}
	if got.Problem == nil || got.Problem.Place != "steps[1]" || !strings.Contains(got.Problem.Text, "default(") {
		t.Errorf("the problem of the second step: %v", got.Problem)
	}
}

func TestWhatAStepGivesHasToFitItsTarget(t *testing.T) {
	for _, c := range []struct{ target, expression, says string }{
		{"title", `3`, "string(…)"},
		{"title", `record.emails`, "list where a text belongs"},
		{"userName", `record.nickName`, "nobody can be without a userName"},
		{"userName", `"a\u0000b"`, "gives no userName"},
		{"emails", `["a@b.example"]`, "entries belong"},
		{"emails", `"a@b.example"`, "list of entries"},
		{"name", `"Ada"`, "object belongs"},
		{"title", `"a" + record.nickName`, "default("},
		{"title", `record.name + "x"`, "another kind"},
		{"title", `string(1 / 0)`, "divides by zero"},
		{"title", `string(int(record.userName))`, "test bench"},
		{"title", `lower(record.name)`, "lower needs a text, not a object"},
	} {
		got := program(t, []Step{{Target: c.target, Expression: c.expression}}, "").Run(Record{Document: document(t, ada), New: true})
		if got.Problem == nil || !strings.Contains(got.Problem.Text, c.says) {
			t.Errorf("%s = %s: %v, want %q", c.target, c.expression, got.Problem, c.says)
			continue
		}
		for _, value := range []string{"Ada", "Engineer", "example"} {
			if strings.Contains(got.Problem.Text, value) {
				t.Errorf("%s = %s: the problem tells a value of the person: %s", c.target, c.expression, got.Problem.Text)
			}
		}
	}
}
