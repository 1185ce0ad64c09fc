package storagetest

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/muster-scim/muster/directory"
	"github.com/muster-scim/muster/directory/importfile"
	"github.com/muster-scim/muster/policy"
	"github.com/muster-scim/muster/tenants"
)

// importCases are about bringing in who is there already.
var importCases = map[string]func(*testing.T, *stage){
	"AnImportSaysWhatItWouldDoAndThenDoesThat":           importPlanned,
	"AnImportOnlyAdds":                                   importAdds,
	"ADatabaseThatIsAwayForAWhileIsNoRowsProblem":        importOutage,
	"AnImportedMembershipStandsWhereRulesKeepIt":         importManaged,
	"WhoCannotBeToldIsLeftAlone":                         importAmbiguous,
	"RowsThatSayTheSameTwiceDoItOnce":                    importTwice,
	"MembersMayBeNamedByTheSourcesIDs":                   importSourceIDs,
	"ImportedPeopleAreLinkedByTheirIdPLater":             importLinked,
	"AFileThatCannotBeReadLeavesNothing":                 importUnreadable,
	"AnImportDecidesAfreshWhenItIsApplied":               importAfresh,
	"OneImportOfADirectoryIsAppliedAtATime":              importAlone,
	"ACancelledImportStopsWhereItIs":                     importCancelled,
	"StagedRowsAreDeletedAndStatisticsKept":              importCleared,
	"AnImportThatIsAppliedByTwoProcessesDoesEachRowOnce": importShared,
	"AnImportRestsWhileItsDirectoryIsRemoved":            importRemoved,
	"CancelledImportsMakeNoRoomBesideThoseThatWait":      importRoom,
}

// imported stages a CSV file and checks it.
func (s *stage) imported(text string) directory.Import {
	s.Helper()
	i, err := s.d.CreateImport(context.Background(), byAdmin, "main", directory.NewImport{Source: "file", Name: "f.csv", Format: "csv"},
		importfile.Read(strings.NewReader(text), importfile.Options{Format: importfile.CSV}), 0)
	s.ok(err)
	s.drain()
	i, err = s.d.ReadImport(context.Background(), "main", i.ID)
	s.ok(err)
	if i.State != directory.ImportReady || i.Hash == "" {
		s.Fatalf("the import is %s (%s), want it ready", i.State, i.Problem)
	}
	return i
}

// applied applies an import to its end.
func (s *stage) applied(i directory.Import) directory.Import {
	s.Helper()
	_, err := s.d.ApplyImport(context.Background(), byAdmin, "main", i.ID, i.Hash, "")
	s.ok(err)
	s.drain()
	i, err = s.d.ReadImport(context.Background(), "main", i.ID)
	s.ok(err)
	if i.State != directory.ImportDone {
		s.Fatalf("the import is %s, want it done", i.State)
	}
	return i
}

func (s *stage) wantCounts(got, want directory.ImportCounts) {
	s.Helper()
	if got != want {
		s.Errorf("counted\n%+v, want\n%+v", got, want)
	}
}

// problems are the problems of an import: line and code each.
func (s *stage) problems(i directory.Import) string {
	s.Helper()
	page, err := s.d.ImportLines(context.Background(), "main", i.ID, directory.ImportFilter{Problems: true}, directory.Listing{Limit: 500})
	s.ok(err)
	var out []string
	for _, r := range page.Items {
		out = append(out, fmt.Sprintf("%d %s", r.Line, r.Code))
		if r.Detail == "" {
			s.Errorf("the problem of line %d does not say what to do", r.Line)
		}
	}
	return strings.Join(out, ", ")
}

// local makes a user and a group by hand.
func (s *stage) local(userName, email string) directory.User {
	s.Helper()
	u, err := s.d.CreateLocalUser(context.Background(), byAdmin, "main", somebody(userName, email))
	s.ok(err)
	return u
}

// whoIs is a user with its memberships, by userName.
func (s *stage) whoIs(userName string) directory.UserDetail {
	s.Helper()
	page, err := s.d.Users(context.Background(), "main", fmt.Sprintf("userName eq %q", userName), "", directory.Listing{Limit: 10})
	s.ok(err)
	if len(page.Items) != 1 {
		s.Fatalf("there are %d users called %s, want one", len(page.Items), userName)
	}
	detail, err := s.d.ReadUserDetail(context.Background(), "main", page.Items[0].ID)
	s.ok(err)
	return detail
}

// localGroups are the names of the groups in which the user is as a local member.
func localGroups(u directory.UserDetail) string {
	var names []string
	for _, m := range u.Memberships {
		if m.Origin == policy.OriginLocal {
			names = append(names, m.Group.DisplayName)
		}
	}
	return strings.Join(names, ",")
}

func importPlanned(_ *testing.T, s *stage) {
	s.local("ada", "ada@x.example")
	i := s.imported("userName,email,groups\nada,ada@x.example,Math\nbob,bob@x.example,Math;Poetry\nzoe,,\n,,\n")
	want := directory.ImportCounts{UsersCreated: 2, UsersThere: 1, GroupsCreated: 2, MembershipsAdded: 3, Errors: 1}
	s.wantCounts(i.Planned, want)
	if page, err := s.d.Users(context.Background(), "main", "", "", directory.Listing{Limit: 10}); err != nil || len(page.Items) != 1 {
		s.Errorf("before it is applied there are %d users (%v), want one", len(page.Items), err)
	}
	i = s.applied(i)
	want.UsersThere, want.Errors = 0, 0 // rows that do nothing are not visited again
	s.wantCounts(i.Applied, want)
	if u := s.whoIs("bob"); !u.Local || localGroups(u) != "Math,Poetry" {
		s.Errorf("bob is local: %v, in %q", u.Local, localGroups(u))
	}
	again := s.imported("userName,email,groups\nada,ada@x.example,Math\nbob,bob@x.example,Math;Poetry\nzoe,,\n")
	s.wantCounts(again.Planned, directory.ImportCounts{UsersThere: 3, MembershipsThere: 3})
}

func importAdds(_ *testing.T, s *stage) {
	s.local("ada", "ada@x.example")
	i := s.applied(s.imported("login,email,title,active\nADA,other@x.example,Countess,no\n"))
	s.wantCounts(i.Applied, directory.ImportCounts{UsersFilled: 1})
	u := s.whoIs("ada")
	if u.UserName != "ada" || u.Status != policy.UserActive || !strings.Contains(string(u.JSON), "Countess") || strings.Contains(string(u.JSON), "other@") {
		s.Errorf("ada is %s, %s: %s", u.UserName, u.Status, u.JSON)
	}
}

func importManaged(_ *testing.T, s *stage) {
	c := s.connector("acme", "okta", tenants.Live, policy.Rules{NeverRemove: policy.Text("kept")})
	c.group("fed", c.user(somebody("bob", "bob@x.example")))
	s.drain()
	i := s.imported("userName,title,groups\nbob,Dr,kept;stripped;fed\n")
	s.wantCounts(i.Planned, directory.ImportCounts{UsersManaged: 1, GroupsCreated: 1, MembershipsAdded: 1, MembershipsThere: 1, MembershipsUndone: 1})
	if got := s.problems(i); got != "2 rulesWouldUndo" {
		s.Errorf("problems: %s", got)
	}
	s.applied(i)
	u := s.whoIs("bob")
	if strings.Contains(string(u.JSON), "Dr") || localGroups(u) != "kept" || len(u.Memberships) != 2 {
		s.Errorf("bob: %s, local in %q, in %d groups", u.JSON, localGroups(u), len(u.Memberships))
	}
}

func importAmbiguous(_ *testing.T, s *stage) {
	s.local("ada", "one@x.example")
	s.local("bob", "two@x.example")
	s.local("eve", "two@x.example")
	i := s.imported("userName,email,groups\nada,two@x.example,g\nnew,two@x.example,\nzoe,one@x.example,\ntwo@x.example,,g\nx1,z@x.example,\nx2,z@x.example,\n")
	if got := s.problems(i); got != "2 ambiguous, 2 unknownUser, 3 sameEmail, 7 sameEmail" {
		s.Errorf("problems: %s", got)
	}
	if i.Planned.UsersThere != 1 || i.Planned.UsersCreated != 2 {
		s.Errorf("planned %+v, want zoe found by her address", i.Planned)
	}
}

func importTwice(_ *testing.T, s *stage) {
	i := s.imported("userName,groups\nada,Math;math; MATH \nADA,Poetry\n")
	s.wantCounts(i.Planned, directory.ImportCounts{UsersCreated: 1, GroupsCreated: 2, MembershipsAdded: 2, MembershipsThere: 2, Errors: 1})
	s.wantCounts(s.applied(i).Applied, directory.ImportCounts{UsersCreated: 1, GroupsCreated: 2, MembershipsAdded: 2})
}

func importSourceIDs(_ *testing.T, s *stage) {
	text := `{"displayName":"Math","members":[{"value":"7"},{"value":"bob"},{"value":"nobody"}]}
{"id":"7","userName":"ada"}
{"id":"8","userName":"bob"}
`
	i, err := s.d.CreateImport(context.Background(), byAdmin, "main", directory.NewImport{Source: "file", Format: "jsonl"},
		importfile.Read(strings.NewReader(text), importfile.Options{Format: importfile.JSONLines}), time.Minute)
	s.ok(err)
	s.wantCounts(i.Planned, directory.ImportCounts{UsersCreated: 2, GroupsCreated: 1, MembershipsAdded: 2, Errors: 1})
	s.applied(i)
	if got := localGroups(s.whoIs("ada")) + localGroups(s.whoIs("bob")); got != "MathMath" {
		s.Errorf("ada and bob are in %q", got)
	}
}

func importLinked(_ *testing.T, s *stage) {
	s.applied(s.imported("userName,email,groups\nada,ada@x.example,Math\n"))
	before := s.whoIs("ada")
	c := s.connector("acme", "okta", tenants.Live, policy.Rules{})
	c.user(somebody("ada", "ada@x.example"))
	s.drain()
	if u := s.whoIs("ada"); u.ID != before.ID || u.Local || localGroups(u) != "Math" {
		s.Errorf("ada is %s (was %s), local: %v, in %q", u.ID, before.ID, u.Local, localGroups(u))
	}
}

func importUnreadable(_ *testing.T, s *stage) {
	rows := "userName\n" + strings.Repeat("ada\n", 2000) + "\"" + strings.Repeat("x", 2<<20)
	_, err := s.d.CreateImport(context.Background(), byAdmin, "main", directory.NewImport{Source: "file", Format: "csv"},
		importfile.Read(strings.NewReader(rows), importfile.Options{Format: importfile.CSV}), time.Minute)
	var file *importfile.FileError
	if !errors.As(err, &file) {
		s.Errorf("importing it answered %v, want a FileError", err)
	}
	page, err := s.d.Imports(context.Background(), "main", directory.Listing{Limit: 5})
	s.ok(err)
	if len(page.Items) != 1 || page.Items[0].State != directory.ImportFailed || page.Items[0].Problem == "" {
		s.Errorf("the imports are %+v, want one that failed and says why", page.Items)
	}
}

func importAfresh(_ *testing.T, s *stage) {
	i := s.imported("userName,email,groups\nada,ada@x.example,g\nbob,,g\n")
	made := s.local("ada", "")
	bob := s.local("bob", "")
	s.ok(s.d.RemoveUser(context.Background(), byAdmin, "main", bob.ID, nil))
	i = s.applied(i)
	s.wantCounts(i.Applied, directory.ImportCounts{UsersCreated: 1, UsersFilled: 1, GroupsCreated: 1, MembershipsAdded: 2})
	if u := s.whoIs("ada"); u.ID != made.ID || !strings.Contains(string(u.JSON), "ada@x.example") || localGroups(u) != "g" {
		s.Errorf("ada is %s: %s in %q, want the one made meanwhile, filled", u.ID, u.JSON, localGroups(u))
	}
}

func importAlone(_ *testing.T, s *stage) {
	ctx := context.Background()
	one, two := s.imported("userName\nada\n"), s.imported("userName\nbob\n")
	_, err := s.d.ApplyImport(ctx, byAdmin, "main", one.ID, "another", "")
	wantRefused(s, err, "importStale")
	_, err = s.d.ApplyImport(ctx, byAdmin, "main", one.ID, one.Hash, "")
	s.ok(err)
	_, err = s.d.ApplyImport(ctx, byAdmin, "main", two.ID, two.Hash, "")
	wantRefused(s, err, "importRunning")
	s.drain()
	s.applied(two)
	_, err = s.d.ApplyImport(ctx, byAdmin, "main", two.ID, two.Hash, "")
	wantRefused(s, err, "importOver")
}

func wantRefused(s *stage, err error, code string) {
	s.Helper()
	var refused *directory.RefusedError
	if !errors.As(err, &refused) || refused.Code != code {
		s.Errorf("answered %v, want it refused with %s", err, code)
	}
}

func importCancelled(_ *testing.T, s *stage) {
	i := s.imported("userName\nada\n")
	_, err := s.d.ApplyImport(context.Background(), byAdmin, "main", i.ID, i.Hash, "")
	s.ok(err)
	_, err = s.d.CancelImport(context.Background(), byAdmin, "main", i.ID, "wrong file")
	s.ok(err)
	s.drain()
	if page, err := s.d.Users(context.Background(), "main", "", "", directory.Listing{Limit: 5}); err != nil || len(page.Items) != 0 {
		s.Errorf("there are %d users (%v), want none", len(page.Items), err)
	}
}

func importCleared(_ *testing.T, s *stage) {
	ctx := context.Background()
	i := s.applied(s.imported("userName\nada\n,\n\"\"\n"))
	lines := func() int {
		page, err := s.d.ImportLines(ctx, "main", i.ID, directory.ImportFilter{}, directory.Listing{Limit: 10})
		s.ok(err)
		return len(page.Items)
	}
	all := lines()
	s.ok(s.ClearImports(ctx, s.tick().Add(time.Hour), time.Time{}))
	problems := lines()
	s.ok(s.ClearImports(ctx, s.tick().Add(time.Hour), s.tick().Add(time.Hour)))
	if all < 2 || problems != all-1 || lines() != 0 {
		s.Errorf("%d rows, then %d, then %d; want one less, then none", all, problems, lines())
	}
	now, err := s.d.ReadImport(ctx, "main", i.ID)
	s.ok(err)
	if now.Cleared != 2 || now.Applied.UsersCreated != 1 {
		s.Errorf("the statistics are %+v", now)
	}
}

func importShared(_ *testing.T, s *stage) {
	var text strings.Builder
	text.WriteString("userName,groups\n")
	const n = 1500
	for k := range n {
		fmt.Fprintf(&text, "u%04d,all;g%d\n", k, k%7)
	}
	i := s.imported(text.String())
	_, err := s.d.ApplyImport(context.Background(), byAdmin, "main", i.ID, i.Hash, "")
	s.ok(err)
	done := make(chan error)
	for range 3 {
		other := directory.New(s.Backend, directory.Options{Now: s.tick})
		go func() { done <- other.Drain(context.Background()) }()
	}
	for range 3 {
		s.ok(<-done)
	}
	s.drain()
	i, err = s.d.ReadImport(context.Background(), "main", i.ID)
	s.ok(err)
	s.wantCounts(i.Applied, directory.ImportCounts{UsersCreated: n, GroupsCreated: 8, MembershipsAdded: 2 * n})
	page, err := s.d.Users(context.Background(), "main", "", "", directory.Listing{Limit: 1})
	s.ok(err)
	events, err := s.d.Events(context.Background(), directory.EventFilter{Action: "directory.user.created"}, directory.Listing{Limit: 500})
	s.ok(err)
	if page.Total != n || len(events.Items) != 500 {
		s.Errorf("%d users, want %d", page.Total, n)
	}
}

func importRemoved(_ *testing.T, s *stage) {
	ctx := context.Background()
	_, err := s.d.CreateDirectory(ctx, byAdmin, "staging")
	s.ok(err)
	i, err := s.d.CreateImport(ctx, byAdmin, "staging", directory.NewImport{Source: "file", Format: "csv"},
		importfile.Read(strings.NewReader("userName\nada\n"), importfile.Options{Format: importfile.CSV}), time.Minute)
	s.ok(err)
	_, err = s.d.ApplyImport(ctx, byAdmin, "staging", i.ID, i.Hash, "")
	s.ok(err)
	_, err = s.d.RemoveDirectory(ctx, byAdmin, "staging", "staging")
	s.ok(err)
	s.drain()
	_, err = s.d.RestoreDirectory(ctx, byAdmin, "staging")
	s.ok(err)
	if i, err = s.d.ReadImport(ctx, "staging", i.ID); err != nil || i.State != directory.ImportRunning || i.Applied.UsersCreated != 0 {
		s.Errorf("in the removed directory the import went on: it is %s and has made %d users (%v)", i.State, i.Applied.UsersCreated, err)
	}
	s.drain()
	if i, err = s.d.ReadImport(ctx, "staging", i.ID); err != nil || i.State != directory.ImportDone || i.Applied.UsersCreated != 1 {
		s.Errorf("after the restoration the import is %s and has made %d users (%v)", i.State, i.Applied.UsersCreated, err)
	}
}

func importRoom(_ *testing.T, s *stage) {
	ctx := context.Background()
	create := func() (directory.Import, error) {
		return s.d.CreateImport(ctx, byAdmin, "main", directory.NewImport{Source: "file", Format: "csv"},
			importfile.Read(strings.NewReader("userName\nada\n"), importfile.Options{Format: importfile.CSV}), 0)
	}
	var last directory.Import
	for range 20 {
		var err error
		last, err = create()
		s.ok(err)
	}
	_, err := s.d.CancelImport(ctx, byAdmin, "main", last.ID, "")
	s.ok(err)
	_, err = create()
	s.ok(err)
	_, err = create()
	s.refuses("tooManyImports", err)
}

// outage is a database that is away for its next transactions.
type outage struct {
	Backend
	left int
}

type awayError struct{}

func (awayError) Error() string     { return "injected: the database is away" }
func (awayError) Unavailable() bool { return true }

func (o *outage) Write(ctx context.Context, sc directory.Scope, f func(directory.Tx) error) error {
	if o.left > 0 {
		o.left--
		return fmt.Errorf("writing: %w", awayError{})
	}
	return o.Backend.Write(ctx, sc, f)
}

func importOutage(t *testing.T, s *stage) {
	away := &outage{Backend: s.Backend}
	s.d = directory.New(away, directory.Options{Now: s.tick})
	i, err := s.d.CreateImport(context.Background(), byAdmin, "main", directory.NewImport{Source: "file", Name: "f.csv", Format: "csv"},
		importfile.Read(strings.NewReader("userName,groups\nada,Eng\nbob,Eng\n"), importfile.Options{Format: importfile.CSV}), 0)
	s.ok(err)
	resume := func() {
		t.Helper()
		for away.left = 3; away.left > 0; { // as often as batches are tried
			if err := s.d.Drain(context.Background()); err == nil && away.left > 0 {
				t.Fatal("the import went on without a database")
			}
		}
		s.drain()
	}
	resume()
	i, err = s.d.ReadImport(context.Background(), "main", i.ID)
	s.ok(err)
	_, err = s.d.ApplyImport(context.Background(), byAdmin, "main", i.ID, i.Hash, "")
	s.ok(err)
	resume()
	i, err = s.d.ReadImport(context.Background(), "main", i.ID)
	s.ok(err)
	if found := s.problems(i); i.State != directory.ImportDone || found != "" {
		t.Errorf("the import is %s with the problems %q, want it done without any", i.State, found)
	}
	s.wants("ada", "active, Eng local")
}
