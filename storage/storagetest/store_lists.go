package storagetest

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/muster-scim/muster/directory"
	"github.com/muster-scim/muster/policy"
	"github.com/muster-scim/muster/scim"
)

func query(t *testing.T, k scim.Kind, raw string) scim.Query {
	t.Helper()
	q, err := scim.ParseQuery(k, raw)
	if err != nil {
		t.Fatalf("query %q: %v", raw, err)
	}
	return q
}

// fill saves 23 living records, a tombstone, and one of another connector.
func (w *storeWorld) fill(t *testing.T) (ids []uuid.UUID) {
	t.Helper()
	for _, name := range numbered("user", 23) {
		r := w.record(w.acme, name)
		w.save(t, w.acme, &directory.Changes{NewRecord: r})
		ids = append(ids, r.ID)
	}
	gone := w.record(w.acme, "gone")
	gone.State, gone.DeletedAt = policy.Deleted, w.now
	w.save(t, w.acme, &directory.Changes{NewRecord: gone})
	w.save(t, w.globex, &directory.Changes{NewRecord: w.record(w.globex, "user000")})
	return ids
}

func indexPages(t *testing.T, w *storeWorld) {
	want := w.fill(t)
	for _, order := range []string{"", "&sortBy=userName", "&sortBy=userName&sortOrder=descending", "&filter=" + url.QueryEscape(`userName sw "user"`)} {
		var got []uuid.UUID
		for start := 1; start <= 31; start += 5 {
			page, err := w.UserRecords(t.Context(), w.acme.ID, query(t, scim.UserKind, fmt.Sprintf("startIndex=%d&count=5%s", start, order)), false)
			if err != nil || page.Total != 23 || page.Next != "" {
				t.Fatalf("page at %d of %q: total %d, next %q (%v)", start, order, page.Total, page.Next, err)
			}
			for _, u := range page.Items {
				got = append(got, u.ID)
			}
		}
		if strings.Contains(order, "descending") {
			slices.Reverse(got)
		}
		if !slices.Equal(got, want) {
			t.Errorf("ordered %q, the pages hold %d records in another order or twice, want the %d", order, len(got), len(want))
		}
	}
	page, err := w.UserRecords(t.Context(), w.acme.ID, query(t, scim.UserKind, "count=0"), true)
	if err != nil || page.Total != 23 || len(page.Items) != 0 {
		t.Errorf("count=0 gives total %d and %d items (%v)", page.Total, len(page.Items), err)
	}
}

func cursorPages(t *testing.T, w *storeWorld) {
	want := w.fill(t)
	for _, order := range []string{"", "&sortBy=userName"} {
		var got []uuid.UUID
		cursor, pages := "", 0
		for {
			q := query(t, scim.UserKind, "count=10&cursor="+cursor+order)
			page, err := w.UserRecords(t.Context(), w.acme.ID, q, false)
			if err != nil || page.Total != 23 {
				t.Fatalf("page %d: total %d (%v)", pages, page.Total, err)
			}
			for _, u := range page.Items {
				got = append(got, u.ID)
			}
			if pages++; page.Next == "" || pages > 9 {
				break
			}
			cursor = page.Next
			if _, err := w.UserRecords(t.Context(), w.globex.ID, query(t, scim.UserKind, "count=10&cursor="+cursor+order), false); err == nil {
				t.Errorf("another connector may use the cursor")
			}
		}
		if !slices.Equal(got, want) || pages != 3 {
			t.Errorf("ordered %q, %d pages hold %d records, want the %d once each on 3", order, pages, len(got), len(want))
		}
	}
}

func groupsComeWithPages(t *testing.T, w *storeWorld) {
	a, _ := w.person(t, w.acme, "a")
	b, _ := w.person(t, w.acme, "b")
	w.person(t, w.acme, "c")
	jira, wiki := w.group(t, w.acme, "Jira", a.ID, b.ID), w.group(t, w.acme, "Apples", a.ID)
	silent := edge(w.acme, w.group(t, w.acme, "Silent").ID, a.ID)
	silent.Said = false
	w.save(t, w.acme, &directory.Changes{AddEdges: []directory.NewEdge{silent}})
	page, err := w.UserRecords(t.Context(), w.acme.ID, query(t, scim.UserKind, "sortBy=userName"), true)
	if err != nil || len(page.Items) != 3 {
		t.Fatalf("%d records (%v)", len(page.Items), err)
	}
	ref := func(g *directory.GroupRow) scim.Reference {
		return scim.Reference{Value: g.ID.String(), Display: g.DisplayName, Type: "direct"}
	}
	want := [][]scim.Reference{{ref(wiki), ref(jira)}, {ref(jira)}, nil}
	for i, u := range page.Items {
		if diff := cmp.Diff(want[i], u.Groups); diff != "" {
			t.Errorf("groups of record %d (-want +got):\n%s", i, diff)
		}
	}
	groups, err := w.GroupRecords(t.Context(), w.acme.ID, query(t, scim.GroupKind, "filter="+url.QueryEscape(`displayName eq "JIRA"`)))
	if err != nil || groups.Total != 1 || groups.Items[0].ID != jira.ID {
		t.Errorf("groups named JIRA: %+v (%v)", groups, err)
	}
}

func usersAreListed(t *testing.T, w *storeWorld) {
	states := []policy.Status{policy.UserActive, policy.UserDisabled, policy.UserDeleted}
	for i, name := range numbered("user", 9) {
		u := w.user(w.acme, name)
		u.Status = states[i%3]
		w.save(t, w.acme, &directory.Changes{NewUsers: []*directory.UserRow{u}})
	}
	_, linked := w.person(t, w.acme, "zoe")
	for status, want := range map[policy.Status]int{"": 7, policy.UserActive: 4, policy.UserDeleted: 3} {
		seen, cursor, pages := make(map[uuid.UUID]bool), "", 0
		for {
			page, err := w.Users(t.Context(), w.acme.DirectoryID, directory.UserQuery{Status: status, Listing: directory.Listing{Limit: 2, Cursor: cursor}})
			if err != nil || page.Total != want {
				t.Fatalf("users %q: total %d, want %d (%v)", status, page.Total, want, err)
			}
			for _, u := range page.Items {
				seen[u.ID] = true
				if u.Local != (u.ID != linked.ID) {
					t.Errorf("user %s is local: %v", u.UserName, u.Local)
				}
			}
			if cursor = page.Next; cursor == "" || pages > 9 {
				break
			}
			pages++
		}
		if len(seen) != want {
			t.Errorf("users %q: %d seen, want %d", status, len(seen), want)
		}
	}
	w.fact(t, w.acme, "Jira")
	groups, err := w.Groups(t.Context(), w.acme.DirectoryID, directory.GroupQuery{Filter: query(t, scim.GroupKind, "filter="+url.QueryEscape(`displayName eq "jira"`)), Listing: directory.Listing{Limit: 5}})
	if err != nil || groups.Total != 1 || groups.Items[0].Tenant != "acme" || groups.Items[0].DisplayName != "Jira" {
		t.Errorf("groups: %+v (%v)", groups, err)
	}
}

func usersAreFound(t *testing.T, w *storeWorld) {
	_, u := w.person(t, w.acme, "Aki")
	u.EmailKey = "aki@acme.example"
	gone := w.user(w.acme, "aki")
	gone.Status = policy.UserDeleted
	w.save(t, w.acme, &directory.Changes{Users: []*directory.UserRow{u}, NewUsers: []*directory.UserRow{gone}})
	for text, want := range map[string][]uuid.UUID{
		u.ID.String(): {u.ID}, " AKI ": {u.ID, gone.ID}, "Aki@Acme.example": {u.ID}, "nobody": nil, newID().String(): nil,
	} {
		found, err := w.FindUsers(t.Context(), w.acme.DirectoryID, text)
		var got []uuid.UUID
		for _, f := range found {
			got = append(got, f.ID)
		}
		if err != nil || !slices.Equal(got, want) {
			t.Errorf("looking for %q finds %v (%v), want %v", text, got, err, want)
		}
	}
}

func usersAreFoundByParts(t *testing.T, w *storeWorld) {
	ada, far := w.user(w.acme, "ada"), w.user(w.globex, "ada")
	ada.JSON = scim.Document{"userName": "ada", "displayName": "Ada Lovelace", "emails": []any{map[string]any{"value": "countess@acme.example", "primary": true}}}.JSON()
	gone := w.user(w.acme, "adam")
	gone.Status = policy.UserDeleted
	w.save(t, w.acme, &directory.Changes{NewUsers: []*directory.UserRow{ada, gone}})
	if far.Directory != ada.Directory {
		w.save(t, w.globex, &directory.Changes{NewUsers: []*directory.UserRow{far}})
	}
	finds := func(status policy.Status, text string, want ...uuid.UUID) {
		t.Helper()
		page, err := w.Users(t.Context(), w.acme.DirectoryID, directory.UserQuery{Named: text, Status: status, Listing: directory.Listing{Limit: 9}})
		var got []uuid.UUID
		for _, u := range page.Items {
			got = append(got, u.ID)
		}
		if err != nil || !slices.Equal(got, want) {
			t.Errorf("looking for %s %q finds %v (%v), want %v", status, text, got, err, want)
		}
	}
	for _, text := range []string{"LOVE", "lov ad", "countess", "countess@acm"} {
		finds("", text, ada.ID)
	}
	finds("", "velace")
	finds("", "ada turing")
	finds(policy.UserDeleted, "ad", gone.ID)
	ada.JSON = scim.Document{"userName": "ada", "displayName": "Ada King"}.JSON()
	w.save(t, w.acme, &directory.Changes{Users: []*directory.UserRow{ada}})
	finds("", "lovelace")
	finds("", "king", ada.ID)
	w.save(t, w.acme, &directory.Changes{Purge: []directory.Purge{{User: ada.ID}}})
	finds("", "king")
}

func groupMembersArePaged(t *testing.T, w *storeWorld) {
	fact, other := w.fact(t, w.acme, "Jira"), w.fact(t, w.acme, "Wiki")
	changes := &directory.Changes{}
	for _, name := range numbered("user", 7) {
		_, u := w.person(t, w.acme, name)
		changes.Hold = append(changes.Hold, membership(fact, u.ID, w.acme), membership(other, u.ID, w.acme))
	}
	w.save(t, w.acme, changes)
	w.save(t, w.acme, &directory.Changes{Drop: changes.Hold[:4]}) // two users lose both
	cursor := ""
	var got []uuid.UUID
	for range 9 {
		page, users, err := w.GroupMembers(t.Context(), w.acme.DirectoryID, fact.ID, directory.Listing{Limit: 2, Cursor: cursor})
		if err != nil || page.Total != 5 || len(users) != len(page.Items) {
			t.Fatalf("total %d, %d rows, %d users (%v)", page.Total, len(page.Items), len(users), err)
		}
		for i, m := range page.Items {
			if users[i].ID != m.User || m.Group.ID != fact.ID || m.Supports[0].Origin != policy.OriginIDP {
				t.Errorf("row %+v with user %+v", m, users[i])
			}
			got = append(got, m.User)
		}
		if cursor = page.Next; cursor == "" {
			break
		}
	}
	if len(slices.Compact(got)) != 5 {
		t.Errorf("the pages hold %d members, want 5", len(got))
	}
}

func conflictsEnd(t *testing.T, w *storeWorld) {
	r, _ := w.person(t, w.acme, "aki")
	row := func(kind, subject string) directory.ConflictRow {
		return directory.ConflictRow{ID: newID(), Directory: w.acme.DirectoryID, Connector: w.acme.ID, Record: r.ID, Kind: kind, Subject: subject,
			Detail: directory.ConflictDetail{Sentence: "Decide <this>."}, Created: w.now}
	}
	first := row("foreignGroup", "a")
	again := row("foreignGroup", "a")
	again.Detail.Sentence = "Decide again."
	w.save(t, w.acme, &directory.Changes{Conflicts: []directory.ConflictRow{first, row("foreignGroup", "b"), row("other", "a")}})
	w.save(t, w.acme, &directory.Changes{Conflicts: []directory.ConflictRow{again}})
	page, err := w.Conflicts(t.Context(), w.acme.DirectoryID, directory.ConflictQuery{}, directory.Listing{Limit: 2})
	if err != nil || page.Total != 3 || len(page.Items) != 2 || page.Next == "" {
		t.Fatalf("conflicts: %+v (%v)", page, err)
	}
	if got := page.Items[0]; got.ID != first.ID || got.Detail.Sentence != "Decide again." {
		t.Errorf("the first conflict is %+v", got)
	}
	rest, err := w.Conflicts(t.Context(), w.acme.DirectoryID, directory.ConflictQuery{}, directory.Listing{Limit: 2, Cursor: page.Next})
	if err != nil || len(rest.Items) != 1 || rest.Next != "" {
		t.Errorf("the second page: %+v (%v)", rest, err)
	}
	decided := page.Items[0]
	decided.Decision, decided.DecidedUser = "refuse", newID()
	w.save(t, w.acme, &directory.Changes{Conflicts: []directory.ConflictRow{decided}, Withdraw: []uuid.UUID{page.Items[1].ID}})
	if page, err = w.Conflicts(t.Context(), w.acme.DirectoryID, directory.ConflictQuery{}, directory.Listing{Limit: 9}); err != nil || page.Total != 1 {
		t.Errorf("open conflicts: %d (%v), want 1", page.Total, err)
	}
	w.save(t, w.acme, &directory.Changes{Withdraw: []uuid.UUID{decided.ID}})
	scene := w.load(t, scopeOf(w.acme), directory.Request{Record: r.ID})
	if len(scene.Conflicts[r.ID]) != 2 {
		t.Errorf("a decision was withdrawn: %+v", scene.Conflicts[r.ID])
	}
}

func eventsAreNarrowed(t *testing.T, w *storeWorld) {
	user, group, record := newID(), newID(), newID()
	var rows []directory.EventRow
	for i, action := range []string{"test.record.created", "test.record.changed", "test.user.created", "test.user.deleted"} {
		e := w.event(action)
		e.Time = w.now.Add(time.Duration(i) * time.Minute)
		rows = append(rows, e)
	}
	rows[0].Connector, rows[0].Record, rows[0].Request = w.acme.ID, record, "req-1"
	rows[0].Values = map[string]any{"userName": map[string]string{"after": `Ä"ki`}}
	rows[1].Connector, rows[1].Changes = w.globex.ID, map[string]any{"attributes": []string{"title"}}
	rows[2].User, rows[2].Actor = user, "somebody"
	rows[3].Group, rows[3].User = group, newID()
	w.save(t, w.acme, &directory.Changes{Events: rows})
	for name, c := range map[string]struct {
		q    directory.EventQuery
		want string
	}{
		"all":               {directory.EventQuery{EventFilter: directory.EventFilter{Action: "test."}}, "3210"},
		"action prefix":     {directory.EventQuery{EventFilter: directory.EventFilter{Action: "test.user."}}, "32"},
		"connector":         {directory.EventQuery{EventFilter: directory.EventFilter{Action: "test.", Connector: "acme-okta"}, ConnectorID: w.acme.ID}, "0"},
		"user":              {directory.EventQuery{EventFilter: directory.EventFilter{User: "aki"}, UserIDs: []uuid.UUID{user}}, "2"},
		"users":             {directory.EventQuery{UserIDs: []uuid.UUID{user, rows[3].User}}, "32"},
		"no such user":      {directory.EventQuery{EventFilter: directory.EventFilter{User: "nobody"}}, ""},
		"group":             {directory.EventQuery{EventFilter: directory.EventFilter{Group: "jira"}, GroupIDs: []uuid.UUID{group}}, "3"},
		"actor":             {directory.EventQuery{EventFilter: directory.EventFilter{Actor: "somebody"}}, "2"},
		"since":             {directory.EventQuery{EventFilter: directory.EventFilter{Action: "test.", Since: w.now.Add(2 * time.Minute)}}, "32"},
		"until":             {directory.EventQuery{EventFilter: directory.EventFilter{Action: "test.", Until: w.now.Add(2 * time.Minute)}}, "10"},
		"text in values":    {directory.EventQuery{EventFilter: directory.EventFilter{Text: `"KI`}}, "0"},
		"text in changes":   {directory.EventQuery{EventFilter: directory.EventFilter{Action: "test.", Text: "TITLE"}}, "1"},
		"text with a joker": {directory.EventQuery{EventFilter: directory.EventFilter{Action: "test.", Text: "t%e"}}, ""},
	} {
		got, cursor := "", ""
		for range 9 {
			page, err := w.Events(t.Context(), c.q, directory.Listing{Limit: 3, Cursor: cursor})
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			for _, e := range page.Items {
				got += fmt.Sprint(slices.IndexFunc(rows, func(r directory.EventRow) bool { return r.ID == e.ID }))
				if strings.Contains(string(e.Changes), "ki") {
					t.Errorf("%s: a clear value in the changes %s", name, e.Changes)
				}
			}
			if cursor = page.Next; cursor == "" {
				break
			}
		}
		if got != c.want {
			t.Errorf("%s: events %q, want %q", name, got, c.want)
		}
	}
	page, err := w.Events(t.Context(), directory.EventQuery{ConnectorID: w.acme.ID, EventFilter: directory.EventFilter{Action: "test."}}, directory.Listing{Limit: 1})
	if err != nil || len(page.Items) != 1 {
		t.Fatalf("%v (%v)", page, err)
	}
	if e := page.Items[0]; e.Connector != "acme-okta" || e.Record != record || e.Request != "req-1" || e.ActorType != "system" || !e.Time.Equal(w.now) {
		t.Errorf("event reads back as %+v", e)
	}
}
