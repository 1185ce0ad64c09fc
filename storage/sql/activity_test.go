package sql

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/muster-scim/muster/directory"
	"github.com/muster-scim/muster/policy"
	"github.com/muster-scim/muster/scim"
	"github.com/muster-scim/muster/tenants"
)

// keptRequest is a request as a gateway hands it over.
func keptRequest(c tenants.Connector, at time.Time, change func(*tenants.Activity)) tenants.Activity {
	a := tenants.Activity{ID: uuid.Must(uuid.NewV7()), Time: at.UTC().Truncate(time.Microsecond), Took: 3 * time.Millisecond, Connector: c.ID, Directory: c.DirectoryID, Slug: c.Slug,
		CredentialName: "k", Version: "2.0", Method: "GET", Path: "/Users", Route: "/Users", Operation: "lists users", Status: 200}
	if change != nil {
		change(&a)
	}
	return a
}

func keep(t *testing.T, s *Store, all ...tenants.Activity) {
	t.Helper()
	if err := s.KeepActivity(t.Context(), all); err != nil {
		t.Fatal(err)
	}
}

func connected(t *testing.T, s *Store, slug string) tenants.Connector {
	t.Helper()
	if _, err := s.CreateTenant(t.Context(), slug); err != nil {
		t.Fatal(err)
	}
	c, err := s.CreateConnector(t.Context(), tenants.NewConnector{Tenant: slug, Name: slug, Slug: slug, Kind: "generic", Mode: tenants.Live, Directory: "main", Rules: policy.Rules{Safety: policy.Safety{Off: true}}})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// TestKeptRequestsAreFoundByEverything keeps some requests and asks for them in every way.
func TestKeptRequestsAreFoundByEverything(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, s *Store) {
		d := directory.New(s, directory.Options{Now: time.Now})
		acme, globex := connected(t, s, "acme"), connected(t, s, "globex")
		ada, err := d.CreateUser(t.Context(), directory.Source{Connector: acme, Request: "r"}, scim.Document{"userName": "ada", "active": true,
			"emails": []any{map[string]any{"value": "ada@acme.example", "primary": true}}}, nil)
		if err != nil {
			t.Fatal(err)
		}
		eng, err := d.CreateGroup(t.Context(), directory.Source{Connector: acme, Request: "r"}, scim.Document{"displayName": "Eng"}, []string{ada.ID.String()}, nil)
		if err != nil {
			t.Fatal(err)
		}
		now := time.Now()
		key := uuid.New()
		requests := []tenants.Activity{
			keptRequest(acme, now.Add(-3*time.Hour), func(a *tenants.Activity) {
				a.Method, a.Status, a.Resources, a.Effect = "POST", 201, []uuid.UUID{ada.ID}, "record created"
				a.Body = json.RawMessage(`{"emails":[{"value":"ada@acme.example"}],"name":{"familyName":"Lovelace"},"userName":"ada"}`)
				a.Credential = key
			}),
			keptRequest(acme, now.Add(-2*time.Hour), func(a *tenants.Activity) {
				a.Path, a.Took = `/Users?filter=userName eq "ADA"`, 2*time.Second
			}),
			keptRequest(acme, now.Add(-time.Hour), func(a *tenants.Activity) {
				a.Method, a.Path, a.Status, a.Detail = "PATCH", "/Groups/"+eng.ID.String(), 409, `displayName "Eng 2" is already taken`
				a.Body, a.Cut = json.RawMessage(`{"Operations":[{"path":"members","value":[{"value":"`+ada.ID.String()+`"}]}]}`), true
			}),
			keptRequest(globex, now, func(a *tenants.Activity) {
				a.Status, a.Path = 503, `/Users?filter=userName eq "`+strings.Repeat(`' " \ & | ! ( ) :* `, 5)+`"`
			}),
		}
		keep(t, s, requests...)
		keep(t, s, requests[1:3]...) // again, as after an answer of the database that was lost
		if n, bytes, err := s.ActivitySize(t.Context()); err != nil || n != 4 || bytes < 4*rowOverhead {
			t.Errorf("%d requests of %d bytes are kept (%v), want 4", n, bytes, err)
		}
		type filter = directory.ActivityFilter
		type query = tenants.ActivityQuery
		for _, c := range []struct {
			name string
			f    filter
			want string
		}{
			{"everything", filter{}, "3 2 1 0"},
			{"a connector", filter{Connector: "acme"}, "2 1 0"},
			{"a person by e-mail", filter{User: "ada@acme.example"}, "2 1 0"},
			{"a person by record id", filter{User: ada.ID.String()}, "2 1 0"},
			{"somebody who is not there", filter{User: "ad"}, ""},
			{"a group by name", filter{Group: "eng"}, "2"},
			{"a group by record id", filter{Group: eng.ID.String()}, "2"},
			{"a group that is not there", filter{Group: "Lovelace"}, ""},
			{"a person in a group", filter{User: "ada", Group: "eng"}, "2"},
			{"a family name", filter{ActivityQuery: query{Text: "LOVELACE"}}, "0"},
			{"a beginning", filter{ActivityQuery: query{Text: "user lovel"}}, ""},
			{"two words", filter{ActivityQuery: query{Text: "ada lovel"}}, "0"},
			{"a word of an error", filter{ActivityQuery: query{Text: "already taken"}}, "2"},
			{"no word", filter{ActivityQuery: query{Text: `'"`}}, ""},
			{"a method", filter{ActivityQuery: query{Method: "PATCH"}}, "2"},
			{"a status", filter{ActivityQuery: query{Status: 409}}, "2"},
			{"a class", filter{ActivityQuery: query{Status: 2}}, "1 0"},
			{"failures", filter{ActivityQuery: query{Failed: true}}, "3 2"},
			{"failures of a class", filter{ActivityQuery: query{Status: 5, Failed: true}}, "3"},
			{"what took long", filter{ActivityQuery: query{LongerThan: time.Second}}, "1"},
			{"a request", filter{ActivityQuery: query{Request: requests[1].ID.String()}}, "1"},
			{"no request", filter{ActivityQuery: query{Request: "x"}}, ""},
			{"a credential", filter{ActivityQuery: query{Credential: key.String()}}, "0"},
			{"a credential that is not there", filter{ActivityQuery: query{Credential: "okta"}}, ""},
			{"a while", filter{ActivityQuery: query{Since: now.Add(-150 * time.Minute), Until: now.Add(-30 * time.Minute)}}, "2 1"},
			{"several things", filter{Connector: "acme", User: "ada", ActivityQuery: query{Status: 2, Method: "POST", Text: "lovelace"}}, "0"},
		} {
			var got []string
			for l := (directory.Listing{Limit: 2}); ; {
				page, err := d.Requests(t.Context(), c.f, l)
				if err != nil {
					t.Errorf("%s: %v", c.name, err)
					break
				}
				for _, a := range page.Items {
					got = append(got, fmt.Sprint(slices.IndexFunc(requests, func(r tenants.Activity) bool { return r.ID == a.ID })))
				}
				if l.Cursor = page.Next; l.Cursor == "" {
					break
				}
			}
			if strings.Join(got, " ") != c.want {
				t.Errorf("%s finds requests %v, want %s", c.name, got, c.want)
			}
		}
		got, err := d.Request(t.Context(), requests[2].ID)
		if err != nil || got.Detail != requests[2].Detail || !got.Cut || string(got.Body) != string(requests[2].Body) || !got.Time.Equal(requests[2].Time) || got.Took != requests[2].Took {
			t.Errorf("read back is %+v (%v)", got, err)
		}
		if _, err := d.Request(t.Context(), uuid.New()); !errors.Is(err, directory.ErrNotFound) {
			t.Errorf("a request that is not there: %v", err)
		}
		behind, err := s.ActivityBehind(t.Context(), acme.ID, got.Seq-2, 10)
		if err != nil || len(behind) != 2 || behind[0].ID != requests[1].ID || behind[1].ID != requests[2].ID {
			t.Errorf("behind a request are %v (%v)", behind, err)
		}
		limited := tenants.WithOnly(t.Context(), tenants.Only{globex.TenantID})
		if page, err := d.Requests(limited, filter{}, directory.Listing{Limit: 10}); err != nil || len(page.Items) != 1 || page.Items[0].Slug != "globex" {
			t.Errorf("an administrator of one tenant sees %v (%v)", page.Items, err)
		}
		if _, err := d.Request(limited, requests[2].ID); !errors.Is(err, directory.ErrNotFound) {
			t.Errorf("an administrator of one tenant reads a request of another: %v", err)
		}
	})
}

// TestOldRequestsGoByAgeAndBySize drops in small steps, the oldest first, and keeps count.
func TestOldRequestsGoByAgeAndBySize(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, s *Store) {
		c := connected(t, s, "acme")
		now := time.Now()
		for day := range 10 {
			keep(t, s, keptRequest(c, now.AddDate(0, 0, day-9).Add(-time.Minute), func(a *tenants.Activity) { a.Detail = fmt.Sprintf("day%d", day) }),
				keptRequest(c, now.AddDate(0, 0, day-9).Add(-time.Minute), nil))
		}
		drop := func(l tenants.ActivityLimits, most int) int {
			t.Helper()
			n, err := s.DropActivity(t.Context(), l, most)
			if err != nil {
				t.Fatal(err)
			}
			return n
		}
		if n := drop(tenants.ActivityLimits{}, 5); n != 0 {
			t.Errorf("%d go without a limit", n)
		}
		week := tenants.ActivityLimits{Age: 7 * 24 * time.Hour}
		if a, b, c := drop(week, 5), drop(week, 5), drop(week, 5); a != 5 || b != 1 || c != 0 {
			t.Errorf("of the requests of three days too many %d, %d and %d go, want 5, 1 and 0", a, b, c)
		}
		kept, bytes, err := s.ActivitySize(t.Context())
		if err != nil || kept != 14 {
			t.Fatalf("%d requests are kept (%v), want 14", kept, err)
		}
		half := tenants.ActivityLimits{Age: 7 * 24 * time.Hour, Bytes: bytes / 2}
		if n := drop(half, 100); n != 7 {
			t.Errorf("%d of 14 requests go for half of the size, want 7", n)
		}
		if n := drop(half, 100); n != 0 {
			t.Errorf("%d more go", n)
		}
		for day, want := range map[int]int{0: 0, 5: 0, 6: 0, 7: 1, 9: 1} {
			page, err := s.Requests(t.Context(), tenants.ActivityQuery{Text: fmt.Sprintf("day%d", day)}, directory.Listing{Limit: 5})
			if err != nil || len(page.Items) != want {
				t.Errorf("of day %d there are %d (%v), want %d", day, len(page.Items), err, want)
			}
		}
		if n := drop(tenants.ActivityLimits{Bytes: 1}, 100); n != 7 {
			t.Errorf("%d go when nothing fits, want all 7", n)
		}
		if kept, bytes, err := s.ActivitySize(t.Context()); err != nil || kept != 0 || bytes != 0 {
			t.Errorf("%d requests of %d bytes are counted of none (%v)", kept, bytes, err)
		}
	})
}

// TestErasingAPersonReachesItsRequests keeps requests that name somebody in every way, and one of
// somebody else.
func TestErasingAPersonReachesItsRequests(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, s *Store) {
		d := directory.New(s, directory.Options{Now: time.Now})
		c := connected(t, s, "acme")
		from := directory.Source{Connector: c, Request: "r"}
		ada, err := d.CreateUser(t.Context(), from, scim.Document{"userName": "Ada.Lovelace", "active": true, "externalId": "7",
			"emails": []any{map[string]any{"value": "countess@acme.example", "primary": true}}}, nil)
		if err != nil {
			t.Fatal(err)
		}
		var many strings.Builder
		for i := range 600 {
			fmt.Fprintf(&many, `"w%d",`, i)
		}
		naming := []func(*tenants.Activity){
			func(a *tenants.Activity) {
				a.Body = json.RawMessage(`{"userName":"ADA.lovelace","displayName":"Countess"}`)
			},
			func(a *tenants.Activity) { a.Path = "/Users/" + ada.ID.String() },
			func(a *tenants.Activity) {
				a.Path, a.Agent = `/Users?filter=emails.value eq "Countess@Acme.example"`, "Countess"
			},
			func(a *tenants.Activity) { a.Detail = `userName "Ada.Lovelace" is already taken` },
			func(a *tenants.Activity) {
				a.Body, a.Resources = json.RawMessage(`{"displayName":"Countess"}`), []uuid.UUID{ada.ID}
			},
			func(a *tenants.Activity) { // more than can be found
				a.Body = json.RawMessage(`{"list":[` + many.String() + `"Ada.Lovelace"]}`)
			},
		}
		for _, change := range naming {
			keep(t, s, keptRequest(c, time.Now(), change))
		}
		other := keptRequest(c, time.Now(), func(a *tenants.Activity) {
			a.Path, a.Body = "/Users?startIndex=7", json.RawMessage(`{"userName":"bob","displayName":"Ada"}`)
		})
		keep(t, s, other)
		if err := d.DeleteUser(t.Context(), from, ada.ID, nil); err != nil {
			t.Fatal(err)
		}
		user := soleUser(t, d, policy.UserDisabled)
		if _, err := d.EraseUser(t.Context(), directory.Admin{ID: "test"}, "main", user.ID, user.UserName); err != nil {
			t.Fatal(err)
		}
		for _, said := range tablesSaying(t, s, []string{"countess", "ada.lovelace", "lovelace"}) {
			if strings.HasPrefix(said, "activity") {
				t.Errorf("of the erased person there still is %s", said)
			}
		}
		page, err := d.Requests(t.Context(), directory.ActivityFilter{}, directory.Listing{Limit: 50})
		if err != nil || len(page.Items) != len(naming)+1 {
			t.Fatalf("%d requests are left (%v), want all %d, without what they said", len(page.Items), err, len(naming)+1)
		}
		for _, a := range page.Items {
			if a.ID == other.ID && (a.Erased || string(a.Body) != string(other.Body) || a.Path != other.Path) {
				t.Errorf("of somebody else's request is left %+v", a)
			}
		}
		if found, err := d.Requests(t.Context(), directory.ActivityFilter{ActivityQuery: tenants.ActivityQuery{Text: "bob"}}, directory.Listing{Limit: 50}); err != nil || len(found.Items) != 1 {
			t.Errorf("%d requests name somebody else (%v), want 1", len(found.Items), err)
		}
	})
}
