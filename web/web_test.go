package web

import (
	"encoding/csv"
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/muster-scim/muster/directory"
	"github.com/muster-scim/muster/policy"
	"github.com/muster-scim/muster/tenants"
)

func TestAConnectorsSecretsAreShownWhenItIsMadeAndNeverAgain(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	made := d.do(http.MethodPost, Base+"/connectors", `{"tenant":"acme","slug":"acme-okta","kind":"okta","mode":"live","rules":{"onlyAssign":["jira-.*"]}}`).
		wants(http.StatusCreated).object()
	if made["token"] != "mst_shown_once" {
		t.Errorf("no token in %v", made)
	}
	if scim, _ := made["scim"].(map[string]any); scim["v2"] != "https://muster.example.com/scim/acme-okta/v2" || scim["v1"] != "https://muster.example.com/scim/acme-okta/v1" {
		t.Errorf("base URLs are %v", made["scim"])
	}
	if made["directory"] != "main" || d.houses.created.Mode != tenants.Live || len(d.houses.created.Rules.OnlyAssign) != 1 {
		t.Errorf("made %+v", d.houses.created)
	}
	for _, path := range []string{"/connectors/acme-okta", "/connectors/acme-okta/credentials"} {
		r := d.do(http.MethodGet, Base+path, "").wants(http.StatusOK)
		if strings.Contains(r.body, "mst_") || strings.Contains(r.body, `"token"`) {
			t.Errorf("%s shows a token: %s", path, r.body)
		}
	}
}

func TestAConnectorStartsInObserveUnlessToldOtherwise(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.do(http.MethodPost, Base+"/connectors", `{"tenant":"acme","slug":"acme-okta"}`).wants(http.StatusCreated)
	if d.houses.created.Mode != tenants.Observe || d.houses.created.Directory != "main" || d.houses.created.Kind != "generic" {
		t.Errorf("made %+v", d.houses.created)
	}
}

func TestBodiesThatAreHalfUnderstoodAreRefused(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	for body, want := range map[string]struct {
		status int
		code   string
		says   string
	}{
		`{"name":"acme","colour":"red"}`: {422, "invalidRequest", "body.colour"},
		`{}`:                             {422, "invalidRequest", "name"},
		`{"name":7}`:                     {422, "invalidRequest", "body.name"},
		`{"name":"a","name":"b"}`:        {400, "invalidBody", "name"},
		`{"name":"a"} trailing`:          {400, "invalidBody", ""},
		`not json`:                       {400, "invalidBody", "JSON object"},
	} {
		p := d.do(http.MethodPost, Base+"/tenants", body).problem(want.status, want.code)
		if !strings.Contains(p.Detail, want.says) {
			t.Errorf("%s: the detail does not name %q: %s", body, want.says, p.Detail)
		}
	}
	big := `{"name":"` + strings.Repeat("x", 1<<20) + `"}`
	d.do(http.MethodPost, Base+"/tenants", big).problem(http.StatusRequestEntityTooLarge, "bodyTooLarge")
	p := d.do(http.MethodPost, Base+"/tenants", `{"name":"a"}`, "Content-Type: application/x-www-form-urlencoded").
		problem(http.StatusUnsupportedMediaType, "unsupportedMediaType")
	if !strings.Contains(p.Detail, "Content-Type: application/json") {
		t.Errorf("the detail does not say what to send: %s", p.Detail)
	}
}

func TestRulesAreReadAndWrittenAsTheBareObject(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	r := d.do(http.MethodPut, Base+"/connectors/acme-okta/rules", `{"neverAssign":[".*-admins",{"is":"root"}],"cleanup":{"action":"keep"}}`).wants(http.StatusOK)
	if r.header.Get("ETag") == "" {
		t.Error("no ETag")
	}
	if got := r.object(); len(got["neverAssign"].([]any)) != 2 || got["cleanup"].(map[string]any)["action"] != "keep" || got["onlyAssign"] == nil {
		t.Errorf("answered %s", r.body)
	}
	if d.people.asked.by.ID != "token" || d.people.asked.by.Request == "" {
		t.Errorf("the change is not attributed: %+v", d.people.asked.by)
	}
	if len(d.houses.forgotten) == 0 {
		t.Error("caches were not told")
	}
	d.do(http.MethodGet, Base+"/connectors/acme-okta/rules", "").wants(http.StatusOK)
}

func TestARuleThatCannotBeUsedIsNamedByListAndPlace(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	p := d.do(http.MethodPut, Base+"/connectors/acme-okta/rules", `{"neverAssign":["fine","(broken"]}`).problem(http.StatusUnprocessableEntity, "invalidRules")
	if len(p.Errors) != 1 || p.Errors[0].Location != "body.neverAssign[1]" || !strings.Contains(p.Detail, "neverAssign") {
		t.Errorf("got %+v", p)
	}
	p = d.do(http.MethodPut, Base+"/connectors/acme-okta/rules", `{"nevrAssign":["x"]}`).problem(http.StatusUnprocessableEntity, "invalidRequest")
	if !strings.Contains(p.Detail, "nevrAssign") {
		t.Errorf("a misspelt list is not named: %s", p.Detail)
	}
	p = d.do(http.MethodPut, Base+"/connectors/acme-okta/rules", `{"neverAssign":[{"is":"x","colour":"red"}]}`).problem(http.StatusUnprocessableEntity, "invalidRequest")
	if !strings.Contains(p.Detail, "colour") {
		t.Errorf("a misspelt field of an entry is not named: %s", p.Detail)
	}
}

func TestIfMatchProtectsAChangeSomebodyElseMade(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	for _, change := range []struct{ method, path, body string }{
		{http.MethodPut, "/connectors/acme-okta/rules", `{}`},
		{http.MethodPatch, "/connectors/acme-okta", `{"name":"x"}`},
		{http.MethodPatch, "/directories/main", `{"activeWhen":"owner"}`},
	} {
		d.do(change.method, Base+change.path, change.body, `If-Match: "99"`).problem(http.StatusPreconditionFailed, "changedMeanwhile")
	}
	d.do(http.MethodPatch, Base+"/connectors/acme-okta", `{"name":"x"}`, `If-Match: "7"`).wants(http.StatusOK)
	d.do(http.MethodPatch, Base+"/connectors/acme-okta", `{"name":"x"}`, `If-Match: W/"3", "7"`).wants(http.StatusOK)
	d.do(http.MethodPatch, Base+"/connectors/acme-okta", `{"name":"x"}`, `If-Match: *`).wants(http.StatusOK)
}

func TestAUserIsShownWithReasonsAndSCIMsAttributes(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	group := directory.Group{ID: uuid.New(), DisplayName: "jira-users"}
	d.people.detail = directory.UserDetail{
		User:        directory.User{ID: uuid.New(), UserName: "ada@acme.example", Status: policy.UserDisabled, Version: 5, JSON: json.RawMessage(`{"userName":"ada@acme.example","displayName":"Ada","active":true}`)},
		Memberships: []directory.Membership{{Group: group, Origin: policy.OriginIDP, Because: policy.Reason{Code: "sent", Connector: "acme-okta"}}},
		Dropped:     []directory.DroppedGroup{{DisplayName: "jira-admins", Because: policy.Reason{Code: "neverAssign", Connector: "acme-okta", List: "neverAssign", Pattern: ".*-admins"}}},
		Records:     []directory.RecordLink{{Connector: "acme-okta", ID: uuid.New(), State: policy.Deleted}},
	}
	r := d.do(http.MethodGet, Base+"/directories/main/users/"+uuid.NewString(), "").wants(http.StatusOK)
	if r.header.Get("ETag") != `"5"` {
		t.Errorf("ETag is %s", r.header.Get("ETag"))
	}
	var got struct {
		UserName, DisplayName, Status string
		Active                        bool
		Memberships, Dropped          []struct {
			Group   struct{ DisplayName string }
			Origin  string
			Because struct{ Code, Connector, List, Pattern, Sentence string }
		}
		Records []struct{ Connector, State string }
	}
	r.into(&got)
	if got.Active || got.Status != "disabled" || got.DisplayName != "Ada" {
		t.Errorf("the directory's word does not count: %s", r.body)
	}
	if got.Memberships[0].Origin != "idp" || got.Memberships[0].Group.DisplayName != "jira-users" || got.Memberships[0].Because.Sentence == "" {
		t.Errorf("memberships: %s", r.body)
	}
	if got.Dropped[0].Because.Pattern != ".*-admins" || got.Dropped[0].Because.List != "neverAssign" || got.Records[0].State != "deleted" {
		t.Errorf("dropped and records: %s", r.body)
	}
	if strings.Count(r.body, `"active"`) != 1 || strings.Count(r.body, `"userName":"ada@acme.example"`) != 1 {
		t.Errorf("an attribute is there twice: %s", r.body)
	}
}

func TestAMergePatchOfAUserSetsRemovesAndLeavesTheRest(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.people.detail.JSON = json.RawMessage(`{"userName":"ada","displayName":"Ada","title":"Engineer","name":{"givenName":"Ada","familyName":"Byron"}}`)
	d.do(http.MethodPatch, Base+"/directories/main/users/"+uuid.NewString(), `{"TITLE":null,"name":{"familyName":"King"},"nickName":"A"}`).wants(http.StatusOK)
	got := string(d.people.asked.edited.JSON())
	for _, want := range []string{`"givenName":"Ada"`, `"familyName":"King"`, `"nickName":"A"`, `"displayName":"Ada"`} {
		if !strings.Contains(got, want) {
			t.Errorf("%s is not in %s", want, got)
		}
	}
	if strings.Contains(got, "Engineer") {
		t.Errorf("null did not remove: %s", got)
	}
}

func TestListsArePagedAndBounded(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.people.users = directory.Page[directory.User]{Items: []directory.User{{UserName: "ada"}}, Next: "more"}
	got := d.do(http.MethodGet, Base+`/directories/main/users?filter=userName+sw+"a"&limit=7&cursor=abc`, "").wants(http.StatusOK).object()
	if got["next"] != "more" || len(got["items"].([]any)) != 1 || d.people.asked.listing != (directory.Listing{Limit: 7, Cursor: "abc"}) || d.people.asked.filter != `userName sw "a"` {
		t.Errorf("got %v, asked %+v", got, d.people.asked)
	}
	for _, limit := range []string{"0", "501", "-1", "many"} {
		d.do(http.MethodGet, Base+"/directories/main/users?limit="+limit, "").problem(http.StatusUnprocessableEntity, "invalidRequest")
	}
	var names []string
	for path, pages := Base+"/tenants?limit=2", 0; path != "" && pages < 5; pages++ {
		var page struct {
			Items []struct{ Name string }
			Next  *string
		}
		d.do(http.MethodGet, path, "").wants(http.StatusOK).into(&page)
		for _, item := range page.Items {
			names = append(names, item.Name)
		}
		path = ""
		if page.Next != nil {
			path = Base + "/tenants?limit=2&cursor=" + *page.Next
		}
	}
	if strings.Join(names, " ") != "acme beta cyan" {
		t.Errorf("the pages hold %v", names)
	}
}

func TestErrorsBecomeProblemsThatSayWhatToDo(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	p := d.do(http.MethodGet, Base+"/connectors/none", "").problem(http.StatusNotFound, "connectorUnknown")
	if !strings.Contains(p.Detail, "none") {
		t.Errorf("detail: %s", p.Detail)
	}
	d.do(http.MethodDelete, Base+"/connectors/acme-okta", "").problem(http.StatusConflict, "connectorNotEmpty")
	p = d.do(http.MethodGet, Base+"/directories/main/users/not-an-id", "").problem(http.StatusNotFound, "notFound")
	if !strings.Contains(p.Detail, "not-an-id") || !strings.Contains(p.Detail, "/directories/main/users") {
		t.Errorf("the 404 does not name what and where: %s", p.Detail)
	}
	d.people.err = &directory.RefusedError{Code: "rulesWouldUndo", Detail: "connector acme-okta always assigns this group (alwaysAssign)"}
	d.do(http.MethodGet, Base+"/directories/main/users", "").problem(http.StatusConflict, "rulesWouldUndo")
	d.people.err = errors.New("pq: password authentication failed for user secret")
	r := d.do(http.MethodGet, Base+"/directories/main/users", "")
	p = r.problem(http.StatusInternalServerError, "internal")
	if strings.Contains(r.body, "secret") || p.Request == "" || p.Request != r.header.Get("X-Request-Id") {
		t.Errorf("an error of ours tells too much or cannot be found again: %s", r.body)
	}
}

func TestADirectorysPatchLeavesTheRestOfItsSettings(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.people.info = directory.Info{Name: "main", Version: 2, Settings: policy.DefaultDirectorySettings()}
	d.people.info.Settings.RetentionDays = 90
	got := d.do(http.MethodPatch, Base+"/directories/main", `{"sharedGroups":["jira-users"]}`).wants(http.StatusOK).object()
	if got["retentionDays"] != 90.0 || len(got["sharedGroups"].([]any)) != 1 || got["name"] != "main" {
		t.Errorf("answered %v", got)
	}
}

func TestTheExportOfEventsIsWholeAndHarmless(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	for _, text := range []string{"=cmd()", "+1", "-1", "@x", "\t=1", " =1", "fine", "|x"} {
		d.people.events = append(d.people.events, directory.Event{ID: uuid.New(), Time: time.Unix(0, 0), Actor: text, Action: "record.user.created"})
	}
	r := d.do(http.MethodGet, Base+"/events", "", "Accept: text/csv").wants(http.StatusOK)
	if !strings.HasPrefix(r.header.Get("Content-Type"), "text/csv") {
		t.Errorf("came as %s", r.header.Get("Content-Type"))
	}
	rows, err := csv.NewReader(strings.NewReader(r.body)).ReadAll()
	if err != nil || len(rows) != 9 {
		t.Fatalf("%d rows, %v", len(rows), err)
	}
	for _, row := range rows[1:] {
		if actor := row[3]; actor != "fine" && !strings.HasPrefix(actor, "'") {
			t.Errorf("a spreadsheet would run %q", actor)
		}
	}
	got := d.do(http.MethodGet, Base+"/events", "").wants(http.StatusOK).object()
	if len(got["items"].([]any)) != 2 || got["next"] == nil {
		t.Errorf("as JSON: %v", got)
	}
}
