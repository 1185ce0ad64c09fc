package storagetest

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/muster-scim/muster/directory"
	"github.com/muster-scim/muster/policy"
	"github.com/muster-scim/muster/scim"
	"github.com/muster-scim/muster/tenants"
)

// unique makes attributes unique on a connector; none ends it.
func (w *storeWorld) unique(t *testing.T, c tenants.Connector, attributes ...string) error {
	t.Helper()
	_, err := w.UpdateConnector(t.Context(), c.Slug, nil, tenants.ConnectorChange{Unique: &attributes})
	return err
}

func numbering(name, number string) scim.Document {
	doc := person(name)
	doc[scim.EnterpriseUser] = map[string]any{"employeeNumber": number}
	return doc
}

// isTaken says whether err names an attribute and a value as taken.
func isTaken(err error, attribute, value string) bool {
	var taken *directory.DuplicateError
	return errors.As(err, &taken) && strings.HasSuffix(taken.Attribute, attribute) && taken.Value == value
}

func uniqueValuesAreOnes(t *testing.T, w *storeWorld) {
	d, ctx, src := w.directory(), t.Context(), source(w.acme)
	if err := w.unique(t, w.acme, "employeeNumber", "nickName"); err != nil {
		t.Fatal(err)
	}
	ada, err := d.CreateUser(ctx, src, numbering("ada", "X 7"), nil)
	if err != nil {
		t.Fatal(err)
	}
	bob := numbering("bob", "x 7")
	bob["nickName"] = "bobby"
	if _, err := d.CreateUser(ctx, src, bob, nil); !isTaken(err, "employeeNumber", "x 7") {
		t.Errorf("a second record of one number, in another case: %v, want it taken", err)
	}
	if _, err := d.CreateUser(ctx, source(w.globex), numbering("bob", "x 7"), nil); err != nil {
		t.Errorf("the number on another connector: %v", err)
	}
	bob[scim.EnterpriseUser] = map[string]any{"employeeNumber": "8"}
	made, err := d.CreateUser(ctx, src, bob, nil)
	if err != nil {
		t.Fatal(err)
	}
	to := func(number string) directory.UserEdit {
		return func(doc scim.Document) (scim.Document, []scim.Note, error) {
			doc = doc.Clone()
			doc[scim.EnterpriseUser] = map[string]any{"employeeNumber": number}
			return doc, nil, nil
		}
	}
	if _, err := d.EditUser(ctx, src, made.ID, nil, to("X 7")); !isTaken(err, "employeeNumber", "X 7") {
		t.Errorf("a change to a taken number: %v, want it taken", err)
	}
	if _, err := d.EditUser(ctx, src, ada.ID, nil, to("9")); err != nil {
		t.Fatal(err)
	}
	if _, err := d.EditUser(ctx, src, made.ID, nil, to("x 7")); err != nil {
		t.Errorf("a change to a number that was let go: %v", err)
	}
	if err := d.DeleteUser(ctx, src, ada.ID, nil); err != nil {
		t.Fatal(err)
	}
	if _, err := d.CreateUser(ctx, src, numbering("cyd", "9"), nil); err != nil {
		t.Errorf("the number of a deleted record: %v", err)
	}
	long := strings.Repeat("long", 1500)
	if _, err := d.CreateUser(ctx, src, numbering("dee", long), nil); err != nil {
		t.Errorf("a value of 6,000 letters: %v", err)
	}
	if _, err := d.CreateUser(ctx, src, numbering("eve", long), nil); !isTaken(err, "employeeNumber", long) {
		t.Errorf("a second one of 6,000 letters: %v, want it taken", err)
	}
}

func oneClaimWins(t *testing.T, w *storeWorld) {
	ctx, src := t.Context(), source(w.acme)
	if err := w.unique(t, w.acme, "emails", "employeeNumber"); err != nil {
		t.Fatal(err)
	}
	const tries = 8
	replicas := []*directory.Directory{w.directory(), w.directory()}
	results := make(chan error, tries)
	atOnce(t, tries, func(i int) error {
		doc := numbering(fmt.Sprint("user", i), "7")
		_, err := replicas[i%2].CreateUser(ctx, src, doc, nil)
		results <- err
		return nil
	})
	won := 0
	for range tries {
		if err := <-results; err == nil {
			won++
		} else if !isTaken(err, "employeeNumber", "7") {
			t.Errorf("one that lost: %v, want the number named as taken", err)
		}
	}
	if won != 1 {
		t.Errorf("%d of %d records got the number, want exactly one", won, tries)
	}
}

func uniquenessIsSwitched(t *testing.T, w *storeWorld) {
	d, ctx, src := w.directory(), t.Context(), source(w.acme)
	ids := make(map[string]uuid.UUID)
	for i := range 6 {
		name := fmt.Sprint("user", i)
		r, err := d.CreateUser(ctx, src, numbering(name, fmt.Sprint(i%2)), nil)
		if err != nil {
			t.Fatal(err)
		}
		ids[name] = r.ID
	}
	err := w.unique(t, w.acme, "employeeNumber")
	var refused *tenants.Problem
	if !errors.As(err, &refused) || refused.Code != tenants.CodeNotUnique || !strings.Contains(refused.Detail, "4 times") || strings.Count(refused.Detail, "is also that of") != 3 {
		t.Fatalf("unique over shared values: %v, want notUnique with four, three of them named", err)
	}
	both := []string{"employeeNumber"}
	if _, err := w.UpdateConnector(ctx, w.acme.Slug, nil, tenants.ConnectorChange{Unique: &both, Sensitive: &both}); !errors.As(err, &refused) ||
		strings.Count(refused.Detail, scim.Masked) != 3 || strings.Contains(refused.Detail, `"0"`) {
		t.Errorf("unique over shared values that are sensitive: %v, want them masked", err)
	}
	for _, name := range []string{"user2", "user3", "user4", "user5"} {
		if err := d.DeleteUser(ctx, src, ids[name], nil); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.unique(t, w.acme, "employeeNumber"); err != nil {
		t.Fatalf("unique over values that are left: %v", err)
	}
	if _, err := d.CreateUser(ctx, src, numbering("late", "1"), nil); !isTaken(err, "employeeNumber", "1") {
		t.Errorf("a value that was there before: %v, want it taken", err)
	}
	if err := w.unique(t, w.acme); err != nil {
		t.Fatal(err)
	}
	if _, err := d.CreateUser(ctx, src, numbering("late", "1"), nil); err != nil {
		t.Errorf("after uniqueness ended: %v", err)
	}
}

func retiringReleasesValues(t *testing.T, w *storeWorld) {
	d, ctx, src, by := w.directory(), t.Context(), source(w.acme), directory.Admin{ID: "test"}
	if err := w.unique(t, w.acme, "employeeNumber"); err != nil {
		t.Fatal(err)
	}
	if _, err := d.CreateUser(ctx, src, numbering("ada", "1"), nil); err != nil {
		t.Fatal(err)
	}
	plan, err := d.CreatePlan(ctx, by, w.acme.Slug, directory.Draft{Retire: policy.ActionDisable}, time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := d.ApplyPlan(ctx, by, w.acme.Slug, plan.ID, plan.Hash, "the contract ends"); err != nil {
		t.Fatal(err)
	}
	if err := d.Drain(ctx); err != nil {
		t.Fatal(err)
	}
	if _, err := d.CreateUser(ctx, src, numbering("bob", "1"), nil); err != nil {
		t.Errorf("the number of a retired record: %v", err)
	}
}

func requiredAttributesAreThere(t *testing.T, w *storeWorld) {
	d, ctx, src := w.directory(), t.Context(), source(w.acme)
	bare := scim.Document{"userName": "bare", "active": true}
	before, err := d.CreateUser(ctx, src, bare, nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.UpdateConnector(ctx, w.acme.Slug, nil, tenants.ConnectorChange{Required: &[]string{"emails", "name.familyName"}}); err != nil {
		t.Fatal(err)
	}
	lacks := func(err error, attribute string) bool {
		var e *scim.Error
		return errors.As(err, &e) && e.Type == scim.TypeInvalidValue && strings.Contains(e.Detail, attribute)
	}
	set := func(changes map[string]any) directory.UserEdit {
		return func(doc scim.Document) (scim.Document, []scim.Note, error) {
			doc = doc.Clone()
			for name, value := range changes {
				if doc[name] = value; value == nil {
					delete(doc, name)
				}
			}
			return doc, nil, nil
		}
	}
	if _, err := d.CreateUser(ctx, src, scim.Document{"userName": "new"}, nil); !lacks(err, "emails") {
		t.Errorf("a new user without an address: %v, want 400 that names emails", err)
	}
	if _, err := d.CreateUser(ctx, src, person("new"), nil); !lacks(err, "name.familyName") {
		t.Errorf("a new user without a family name: %v, want 400 that names it", err)
	}
	gone, err := d.CreateUser(ctx, src, scim.Document{"userName": "gone", "active": false}, nil)
	if err != nil {
		t.Fatalf("a new inactive user: %v", err)
	}
	if _, err := d.EditUser(ctx, src, before.ID, nil, set(map[string]any{"title": "x"})); err != nil {
		t.Errorf("a change of a user who never had one: %v", err)
	}
	whole := person("whole")
	whole["name"] = map[string]any{"familyName": "Byron"}
	made, err := d.CreateUser(ctx, src, whole, nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := d.EditUser(ctx, src, made.ID, nil, set(map[string]any{"emails": nil})); !lacks(err, "emails") {
		t.Errorf("a change that takes the address: %v, want 400", err)
	}
	if _, err := d.EditUser(ctx, src, made.ID, nil, set(map[string]any{"emails": nil, "active": false})); err != nil {
		t.Errorf("a deactivation that takes the address: %v", err)
	}
	if _, err := d.EditUser(ctx, src, made.ID, nil, set(map[string]any{"title": "x"})); err != nil {
		t.Errorf("a change of an inactive user without an address: %v", err)
	}
	for name, id := range map[string]uuid.UUID{"who was made inactive": made.ID, "who was inactive from the start": gone.ID} {
		if _, err := d.EditUser(ctx, src, id, nil, set(map[string]any{"active": true})); !lacks(err, "emails") {
			t.Errorf("an activation of one %s: %v, want 400 that names emails", name, err)
		}
		if _, err := d.EditUser(ctx, src, id, nil, set(map[string]any{"active": true, "emails": whole["emails"], "name": whole["name"]})); err != nil {
			t.Errorf("an activation with all that is required of one %s: %v", name, err)
		}
	}
}

func loginsMoveForward(t *testing.T, w *storeWorld) {
	d, ctx := directory.New(w.Backend, directory.Options{Now: func() time.Time { return w.now }}), t.Context()
	record, err := d.CreateUser(ctx, source(w.acme), person("ada"), nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"bob", "bobby"} {
		doc := person(name)
		doc["emails"] = []any{map[string]any{"value": "shared@acme.example"}}
		if _, err := d.CreateLocalUser(ctx, directory.Admin{ID: "test"}, "main", doc); err != nil {
			t.Fatal(err)
		}
	}
	users, err := d.Users(ctx, "main", `userName eq "ada"`, "", directory.Listing{Limit: 10})
	if err != nil || len(users.Items) != 1 {
		t.Fatalf("ada: %+v %v", users, err)
	}
	ada := users.Items[0]
	hour := func(n int) time.Time { return w.now.Add(time.Duration(n) * time.Hour) }
	told, err := d.TellLogins(ctx, "main", []directory.Login{
		{User: "ADA", At: hour(-3)}, {User: "ada@acme.example", At: hour(-2)}, {User: "nobody", At: hour(-2)},
		{User: ada.ID.String(), At: hour(1)}, {User: "shared@acme.example", At: hour(-2)}, {User: "bob", At: hour(-2)},
	})
	if err != nil || told.Written != 2 || told.Older != 1 || len(told.Problems) != 3 ||
		told.Problems[0] != (directory.LoginProblem{At: 2, User: "nobody", Code: directory.LoginUnknown}) ||
		told.Problems[1] != (directory.LoginProblem{At: 4, User: "shared@acme.example", Code: directory.LoginAmbiguous}) ||
		told.Problems[2] != (directory.LoginProblem{At: 3, User: ada.ID.String(), Code: directory.LoginFuture}) {
		t.Errorf("told %+v (%v)", told, err)
	}
	if told, err = d.TellLogins(ctx, "main", []directory.Login{{User: "ada", At: hour(-9)}}); err != nil || told.Written != 0 || told.Older != 1 {
		t.Errorf("an older login: %+v (%v)", told, err)
	}
	detail, err := d.ReadUserDetail(ctx, "main", ada.ID)
	if err != nil || !detail.LastLogin.Equal(hour(-2)) || detail.Version != ada.Version || !detail.Modified.Equal(ada.Modified) {
		t.Errorf("ada is %+v (%v), want the last login and nothing else changed", detail.User, err)
	}
	for filter, want := range map[string]int{
		`lastLogin ge "` + hour(-2).Format(time.RFC3339) + `"`: 2,
		`lastLogin lt "` + hour(-2).Format(time.RFC3339) + `"`: 0,
		`not (lastLogin pr)`: 1,
	} {
		if page, err := d.Users(ctx, "main", filter, "", directory.Listing{Limit: 10}); err != nil || len(page.Items) != want {
			t.Errorf("%s finds %d (%v), want %d", filter, len(page.Items), err, want)
		}
	}
	shows := w.acme
	if r, err := d.ReadUser(ctx, shows, record.ID); err != nil || !r.LastLogin.IsZero() {
		t.Errorf("a connector that does not show logins: %v (%v)", r.LastLogin, err)
	}
	shows.Settings.LastLogin = true
	if r, err := d.ReadUser(ctx, shows, record.ID); err != nil || !r.LastLogin.Equal(hour(-2)) || r.Version != record.Version {
		t.Errorf("a connector that shows logins: %v, version %d (%v)", r.LastLogin, r.Version, err)
	}
	other := w.globex
	other.Settings.LastLogin = true
	if last, err := w.LastLogins(ctx, other.DirectoryID, other.ID, []uuid.UUID{record.ID}); err != nil || len(last) != 0 {
		t.Errorf("another connector reads %v (%v), want nothing", last, err)
	}
}
