package e2e

import (
	"encoding/csv"
	"fmt"
	"net/http"
	"slices"
	"strings"
)

// thens check, by case, what the collection says must hold after the answer, beyond what is
// checked for every case.
var thens = map[string]func(w *world, answer response){
	"auth-01-none": func(w *world, answer response) {
		if !strings.Contains(answer.Header.Get("WWW-Authenticate"), "Bearer") {
			w.t.Error("WWW-Authenticate does not offer Bearer")
		}
	},
	"auth-08-unknown-connector": func(w *world, answer response) {
		wrong := w.A.request(w.t, "GET", "/Users", nil)
		wrong.Header.Set("Authorization", "Bearer not-a-token")
		known := w.must(w.t, wrong)
		if known.Status != answer.Status || string(known.Body) != string(answer.Body) {
			w.t.Errorf("a connector that exists answers a wrong token with\n\t%d %s\nand one that does not with\n\t%d %s",
				known.Status, known.Body, answer.Status, answer.Body)
		}
	},
	"auth-11-query-token": func(w *world, answer response) {
		if w.log.contains(w.A.Token) {
			w.t.Error("the log holds the token of the query")
		}
	},
	"path-19-trace": func(w *world, answer response) {
		if strings.Contains(string(answer.Body), w.A.Token) {
			w.t.Error("TRACE echoes the token")
		}
	},
	"path-21-host-header": func(w *world, answer response) {
		for _, location := range []string{answer.Header.Get("Location"), answer.text(w.t, "$.meta.location")} {
			if !strings.HasPrefix(location, w.URL+w.value("A")) {
				w.t.Errorf("the location %q is not below the public URL", location)
			}
		}
	},
	"path-23-internal-header": func(w *world, answer response) {
		expectIDs(w, answer, w.value("uA1"), w.value("uA2"))
	},
	"http-17-accept-xml": func(w *world, answer response) {
		if got := answer.Header.Get("Content-Type"); got != "application/scim+json" && got != "application/json" {
			w.t.Errorf("the answer is of type %q", got)
		}
		answer.value(w.t)
	},
	"user-19-email-takeover-link": func(w *world, answer response) {
		user := w.directoryUser(w.value("uA1name"))
		expectConnectors(w, user, w.A.Slug)
		if email := w.A.scimOK(w.t, "GET", "/Users/"+w.value("uA1"), nil).text(w.t, "$.emails[0].value"); email != w.value("uA1email") {
			w.t.Errorf("A's e-mail is now %s", email)
		}
	},
	"user-21-externalid-numeric": func(w *world, answer response) {
		if id := answer.text(w.t, "$.id"); len(id) < 32 {
			w.t.Errorf("the id %q can be guessed", id)
		}
		expectStatus(w, w.A.scim(w.t, "GET", "/Users/1", nil), 404)
	},
	"user-22-externalid-is-victims-id": func(w *world, answer response) {
		found := w.A.scimOK(w.t, "GET", "/Users?filter=externalId%20eq%20%22"+w.value("uA2")+"%22", nil)
		expectIDs(w, found, answer.text(w.t, "$.id"))
		if answer.text(w.t, "$.id") == w.value("uA2") {
			w.t.Error("the new user got the other's id")
		}
	},
	"user-24-externalid-dup": func(w *world, answer response) {
		expectConnectors(w, w.directoryUser(w.value("uA1name")), w.A.Slug)
	},
	"user-25-externalid-same-other-tenant": func(w *world, answer response) {
		expectConnectors(w, w.directoryUser(w.value("uA1name")), w.A.Slug)
	},
	"user-26-client-id": func(w *world, answer response) {
		if answer.text(w.t, "$.id") == w.value("uA2") || strings.HasPrefix(answer.text(w.t, "$.meta.created"), "1999") {
			w.t.Errorf("the client chose id or meta: %s", excerpt(answer.Body))
		}
	},
	"user-27-mass-assign-groups": func(w *world, answer response) {
		expectLength(w, answer, "$.groups", 0)
		if groups := groupsOf(w.directoryUser(answer.text(w.t, "$.userName"))); len(groups) > 0 {
			w.t.Errorf("the user is in %v", groups)
		}
	},
	"user-29-mass-assign-internal": func(w *world, answer response) {
		for _, name := range []string{"isAdmin", "tenant_id", "connector_id", "deleted_at", "locked", "protected"} {
			if answer.at(w.t, "$."+name) != nil {
				w.t.Errorf("%s was kept: %s", name, excerpt(answer.Body))
			}
		}
	},
	"user-30-password": func(w *world, answer response) {
		again := w.A.scimOK(w.t, "GET", "/Users/"+answer.text(w.t, "$.id"), nil)
		for _, r := range []response{answer, again} {
			if strings.Contains(string(r.Body), secretMarker) || r.at(w.t, "$.password") != nil {
				w.t.Error("the password came back")
			}
		}
	},
	"user-32-active-null": func(w *world, answer response) { expectActive(w, "uA1", true) },
	"user-34-active-string-False": func(w *world, answer response) {
		expectActive(w, "uA1", false)
		if user := w.directoryUser(w.value("uA1name")); user["active"] != false {
			w.t.Errorf("the directory's user is still active: %s", canonical(user))
		}
	},
	"user-35-two-primary": func(w *world, answer response) {
		if list, ok := answer.at(w.t, "$.emails[*].primary").([]any); !ok || len(slices.DeleteFunc(list, func(v any) bool { return v != true })) > 1 {
			w.t.Errorf("more than one e-mail is primary: %s", excerpt(answer.Body))
		}
	},
	"user-38-xss-name": func(w *world, answer response) {
		expectVerbatim(w, answer, "$.displayName", `<img src=x onerror=alert(1)>`)
		expectVerbatim(w, answer, "$.name.givenName", `"><svg/onload=alert(1)>`)
	},
	"user-39-csv-formula": expectHarmlessCSV,
	"user-40-template": func(w *world, answer response) {
		expectVerbatim(w, answer, "$.displayName", "{{7*7}} ${jndi:ldap://x} %s%n")
	},
	"user-42-manager-other-tenant": func(w *world, answer response) {
		if name := answer.at(w.t, "$['"+enterpriseSchema+"'].manager.displayName"); name != nil {
			w.t.Errorf("the manager's name was looked up: %v", name)
		}
	},
	"user-54-recreate-after-delete": func(w *world, answer response) {
		if answer.text(w.t, "$.id") == w.value("uA3") {
			w.t.Error("the deleted record's id came back")
		}
		expectLength(w, answer, "$.groups", 0)
	},
	"user-55-protected-user": func(w *world, answer response) {
		user := w.directoryUser(w.values["uProtectedname"])
		expectConnectors(w, user)
		if user["active"] != true {
			w.t.Error("the protected user was disabled")
		}
	},
	"patch-16-rename-nopath": func(w *world, answer response) {
		group := w.A.scimOK(w.t, "GET", "/Groups/"+w.value("gA1"), nil)
		if name := group.text(w.t, "$.displayName"); name != "renamed-"+w.value("rnd") {
			w.t.Errorf("the group is named %q", name)
		}
		expectMembers(w, "gA1", w.value("uA1"))
	},
	"patch-18-members-empty": func(w *world, answer response) { expectMembers(w, "gA1") },
	"patch-21-member-other-tenant": func(w *world, answer response) {
		unknown := w.A.scim(w.t, "PATCH", "/Groups/"+w.value("gA1"), patch(addMembers("01960000-0000-7000-8000-000000000001")))
		if unknown.Status != answer.Status || string(unknown.Body) != string(answer.Body) {
			w.t.Errorf("the other tenant's id is answered with\n\t%d %s\nand an unknown one with\n\t%d %s",
				answer.Status, answer.Body, unknown.Status, unknown.Body)
		}
		if groups := groupsOf(w.directoryUser(w.value("uB1name"))); slices.Contains(groups, w.groupName) {
			w.t.Errorf("the other tenant's user is in %v", groups)
		}
	},
	"patch-25-dup-members": func(w *world, answer response) {
		expectMembers(w, "gA1", w.value("uA1"))
		before := w.dump()
		w.A.scimOK(w.t, "PATCH", "/Groups/"+w.value("gA1"), patch(addMembers(w.value("uA1"), w.value("uA1"))))
		for _, change := range diff(before, w.dump()) {
			w.t.Errorf("the same request again changed something:\n\t%s", change)
		}
	},
	"patch-26-protected-member": func(w *world, answer response) {
		if groups := groupsOf(w.directoryUser(w.values["uProtectedname"])); len(groups) > 0 {
			w.t.Errorf("the protected user is in %v", groups)
		}
	},
	"patch-28-dotted-key": func(w *world, answer response) {
		if name := w.A.scimOK(w.t, "GET", "/Users/"+w.value("uA1"), nil).at(w.t, "$.name.givenName"); name != "Ann" {
			w.t.Errorf("name.givenName is %v", name)
		}
	},
	"patch-31-add-nopath-members":  func(w *world, answer response) { expectMembers(w, "gA1", w.value("uA1"), w.value("uA2")) },
	"patch-32-order":               func(w *world, answer response) { expectMembers(w, "gA1", w.value("uA1")) },
	"filter-01-sql":                expectNothingFound,
	"filter-09-like-literal":       expectNothingFound,
	"filter-15-other-tenant-value": expectNothingFound,
	"filter-16-members-oracle":     expectNothingFound,
	"page-02-count-1e9": func(w *world, answer response) {
		if err := match(found{value: answer.at(w.t, "$.itemsPerPage"), present: true}, map[string]any{"$lte": jsonNumber(200)}); err != nil {
			w.t.Errorf("itemsPerPage: %v", err)
		}
	},
	"page-07-exclude-id": func(w *world, answer response) { expectIDs(w, answer, w.value("uA1"), w.value("uA2")) },
	"bulk-02-nested": func(w *world, answer response) {
		expectInner(w, answer, "400", "404")
	},
	"bulk-03-other-tenant-path": func(w *world, answer response) {
		expectInner(w, answer, "400", "404")
	},
	"pol-03-case":             expectNotIn("uA1", "jira-administrators", "JIRA-Administrators"),
	"pol-04-hyphen-lookalike": expectNotIn("uA1", "jira-administrators", "jira\u2011administrators"),
	"pol-07-rename-into-blocked": func(w *world, answer response) {
		expectNotIn("uA1", "jira-administrators", "jira-devs")(w, answer)
	},
	"pol-09-protected-group": expectNotIn("uA1", protectedGroup),
	"pol-10-delete-always":   expectIn("uA1", "jira-users"),
	"pol-11-remove-never-remove": func(w *world, answer response) {
		expectIn("uA1", "local-readers")(w, answer)
		expectMembers(w, "gLocal")
	},
	"seq-01-replay-post": expectOneLost,
	"seq-02-unknown-member-mixed": func(w *world, answer response) {
		expectMembers(w, "gA1", w.value("uA1"), w.value("uA2"), "00000000-0000-4000-8000-0000000000ff")
	},
	"adm-26-unanchored-warning": func(w *world, answer response) {
		w.A.group(w.t, "not-jira-x", w.value("uA1"))
		w.A.group(w.t, "jira-x", w.value("uA1"))
		expectNotIn("uA1", "not-jira-x")(w, answer)
		expectIn("uA1", "jira-x")(w, answer)
	},
	"guard-06-genuine-leaver": func(w *world, answer response) {
		if user := findUser(w.t, w.server, w.Directory, w.value("uA1name")); user != nil && user["active"] == true {
			w.t.Errorf("the leaver is still active: %s", canonical(user))
		}
	},
}

// expectHarmlessCSV reads the audit as a spreadsheet would.
func expectHarmlessCSV(w *world, _ response) {
	r := request{Method: "GET", Target: "/api/v1/events?connector=" + w.A.Slug, Header: http.Header{
		"Authorization": {"Bearer " + w.token}, "Accept": {"text/csv"},
	}}
	answer := w.must(w.t, r)
	rows, err := csv.NewReader(strings.NewReader(string(answer.Body))).ReadAll()
	if err != nil || answer.Status != http.StatusOK || len(rows) < 2 {
		w.t.Fatalf("the audit as CSV: %d, %d rows, %v: %s", answer.Status, len(rows), err, excerpt(answer.Body))
	}
	for _, row := range rows {
		for _, cell := range row {
			if cell != "" && strings.ContainsRune("=+-@\t\r", rune(cell[0])) {
				w.t.Errorf("a spreadsheet would run the cell %q", cell)
			}
		}
	}
}

// expectOneLost does what a client does whose first answer was lost: it looks for the user.
func expectOneLost(w *world, _ response) {
	answer := w.A.scimOK(w.t, "GET", fmt.Sprintf("/Users?filter=userName%%20eq%%20%%22lost-%s%%22", w.value("rnd")), nil)
	expectLength(w, answer, "$.Resources", 1)
}
