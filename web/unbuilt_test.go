package web

import (
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/muster-scim/muster/directory"
)

func TestWhatReadingAnswersCanBeWrittenBack(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	read := d.do(http.MethodPut, Base+"/connectors/acme-okta/rules", `{}`).wants(http.StatusOK).body
	d.do(http.MethodPut, Base+"/connectors/acme-okta/rules", read).wants(http.StatusOK)
	d.do(http.MethodPut, Base+"/connectors/acme-okta/rules", `{"safety":{"off":true}}`).wants(http.StatusOK)
	d.do(http.MethodPatch, Base+"/connectors/acme-okta", `{"limits":{"members":1000,"rate":0,"burst":5,"concurrency":3,"shadow":true}}`).wants(http.StatusOK)
	d.do(http.MethodPatch, Base+"/directories/main", `{"retentionDays":30}`).wants(http.StatusOK)
}

func TestAMisspeltFieldIsAnsweredWithTheOneThatWasMeant(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	for body, meant := range map[string]string{
		`{"onlyAsign":["x"]}`:              "onlyAssign",
		`{"cleanup":{"keepGroup":[]}}`:     "keepGroups",
		`{"linking":{"acrossTennants":1}}`: "acrossTenants",
	} {
		p := d.do(http.MethodPut, Base+"/connectors/acme-okta/rules", body).problem(http.StatusUnprocessableEntity, "invalidRequest")
		if !strings.Contains(p.Detail, "did you mean "+meant+"?") {
			t.Errorf("%s: %s", body, p.Detail)
		}
	}
	p := d.do(http.MethodPost, Base+"/connectors", `{"tenant":"acme","slug":"x","rules":{"zzzzzzz":1}}`).problem(http.StatusUnprocessableEntity, "invalidRequest")
	if strings.Contains(p.Detail, "did you mean") || !strings.Contains(p.Detail, "The fields are alwaysAssign, cleanup") {
		t.Errorf("a field like none: %s", p.Detail)
	}
}

func TestWhatIsWrongWithABodyReadsAsSentences(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	for body, want := range map[string]string{
		`{"name":"n","kind":"basic"}`: "body.kind is not known here. The only field is name.",
		`{"nam":"n","name":"n"}`:      "body.nam is not known here; did you mean name? The only field is name.",
		`{"kind":"basic"}`:            "Body lacks the field name. body.kind is not known here. The only field is name.",
		`{"name":7}`:                  "body.name must be a text.",
	} {
		if p := d.do(http.MethodPost, Base+"/tenants", body).problem(http.StatusUnprocessableEntity, "invalidRequest"); p.Detail != want {
			t.Errorf("%s: %s\n\twant %s", body, p.Detail, want)
		}
	}
	p := d.do(http.MethodPost, Base+"/connectors/acme-okta/credentials", `{"name":"n","kin":"basic"}`).problem(http.StatusUnprocessableEntity, "invalidRequest")
	if want := "body.kin is not known here; did you mean kind? The fields are allowedNetworks, entra, expiresAt, kind, name, readOnly, username."; p.Detail != want {
		t.Errorf("a credential: %s\n\twant %s", p.Detail, want)
	}
	for text, want := range map[string]string{"what now": "What now.", "Which?": "Which?", "Done.": "Done."} {
		if got := sentence(errors.New(text)); got != want {
			t.Errorf("%q becomes %q, want %q", text, got, want)
		}
	}
}

func TestWhySaysWhetherItIsTheUserOrTheDirectoryThatIsMissing(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	p := d.do(http.MethodGet, Base+"/directories/main/why?user=nobody&group=x", "").problem(http.StatusNotFound, "notFound")
	if !strings.Contains(p.Detail, "no user nobody in directory main") {
		t.Errorf("detail: %s", p.Detail)
	}
	d.people.err = directory.ErrNotFound
	p = d.do(http.MethodGet, Base+"/directories/nowhere/why?user=nobody&group=x", "").problem(http.StatusNotFound, "notFound")
	if !strings.Contains(p.Detail, "no directory nowhere") {
		t.Errorf("detail: %s", p.Detail)
	}
}
