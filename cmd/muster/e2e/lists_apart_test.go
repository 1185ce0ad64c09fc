package e2e

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
)

// twoTenants are two tenants that provision into one directory, and somebody who is limited to one
// of them.
type twoTenants struct {
	*server
	directory, mine, theirs string
	own, other              connector
	limited                 caller
}

func (s *server) twoTenants(t testing.TB) twoTenants {
	t.Helper()
	two := twoTenants{server: s, directory: s.directory(t), mine: s.tenant(t), theirs: s.tenant(t)}
	two.other = s.connector(t, wanted{Tenant: two.theirs, Directory: two.directory})
	two.own = s.connector(t, wanted{Tenant: two.mine, Directory: two.directory})
	two.limited = s.administrator(t, "viewer", two.mine)
	return two
}

// walked are the pages of a list, an item each, as somebody reads them to the end. Each page has
// its item: where a cursor leads to none, the one before spoke of what is not shown.
func (p caller) walked(t testing.TB, path string, item string) (said []string) {
	t.Helper()
	separator := "?"
	if strings.Contains(path, "?") {
		separator = "&"
	}
	for cursor := ""; ; {
		answer := p.asOK(t, http.MethodGet, path+separator+"limit=1"+cursor, nil)
		items := answer.at(t, "$.items").([]any)
		for _, i := range items {
			said = append(said, i.(map[string]any)[item].(string))
		}
		next, more := answer.at(t, "$.next").(string)
		if len(items) != 1 && (more || cursor != "") {
			t.Errorf("%s: behind %v comes a page of %d items: %s", path, said, len(items), answer.Body)
		}
		if !more {
			return said
		}
		cursor = "&cursor=" + url.QueryEscape(next)
	}
}

// TestListsTellALimitedAdministratorNothingOfOthers: pages are cut among what is the own tenant's,
// so that no cursor and no empty page says that there is something else.
func TestListsTellALimitedAdministratorNothingOfOthers(t *testing.T) {
	t.Parallel()
	onEveryDatabase(t, func(t *testing.T, s *server) {
		two := s.twoTenants(t)
		careful := map[string]any{"safety": map[string]any{"losses": 0, "membershipLosses": 0, "share": 0}} // everything lost is held
		second := s.connector(t, wanted{Tenant: two.mine, Directory: s.directory(t)})
		third := s.connector(t, wanted{Tenant: two.theirs, Directory: two.directory})
		for _, c := range []connector{two.other, two.own, second, third} {
			s.applied(t, c.Slug, s.adminOK(t, "POST", "/connectors/"+c.Slug+"/plans", map[string]any{"rules": careful}))
		}
		for c, group := range map[*connector]string{&two.other: "secret-", &two.own: "kept-", &third: "secret-"} {
			gone := c.user(t, unique()+"@x.example")
			c.group(t, group+unique(), gone)
			s.settled(t, two.directory)
			c.scimOK(t, "DELETE", "/Users/"+gone, nil) // which is held
		}
		s.settled(t, two.directory)

		slugs := slices.Sorted(slices.Values([]string{two.own.Slug, second.Slug}))
		for path, c := range map[string]struct {
			item string
			want []string
		}{
			"/tenants":                                {"name", []string{two.mine}},
			"/connectors":                             {"slug", slugs},
			"/connectors?tenant=" + two.mine:          {"slug", slugs},
			"/connectors?tenant=" + two.theirs:        {"slug", nil},
			"/connectors?directory=" + two.directory:  {"slug", []string{two.own.Slug}},
			"/connectors?directory=" + s.directory(t): {"slug", nil},
			"/jobs":  {"connector", []string{second.Slug, two.own.Slug}},
			"/holds": {"connector", []string{two.own.Slug}},
		} {
			if got := two.limited.walked(t, path, c.item); !slices.Equal(got, c.want) {
				t.Errorf("%s has %v for whoever is limited, want %v", path, got, c.want)
			}
		}
		if got := two.limited.walked(t, "/directories", "name"); len(got) != 2 || !slices.Contains(got, two.directory) {
			t.Errorf("the directories are %v", got)
		}
		groups := "/directories/" + two.directory + "/groups"
		if got := two.limited.walked(t, groups, "displayName"); len(got) != 1 || !strings.HasPrefix(got[0], "kept-") {
			t.Errorf("the groups are %v", got)
		}
		known := string(two.limited.asOK(t, "GET", groups+"?limit=1&filter="+url.QueryEscape(`displayName sw "secret-"`), nil).Body)
		none := string(two.limited.asOK(t, "GET", groups+"?limit=1&filter="+url.QueryEscape(`displayName sw "nowhere-"`), nil).Body)
		if known != none {
			t.Errorf("a filter by the name of another tenant's group answers %s, and one by no group's %s", known, none)
		}
	})
}

// TestALookUpFindsOwnPeopleHoweverManyOthersThereAre: another tenant uses the same employeeNumber
// more often than a look-up follows.
func TestALookUpFindsOwnPeopleHoweverManyOthersThereAre(t *testing.T) {
	t.Parallel()
	onEveryDatabase(t, func(t *testing.T, s *server) {
		two := s.twoTenants(t)
		number := map[string]any{"schemas": []string{userSchema, enterpriseSchema}, enterpriseSchema: map[string]any{"employeeNumber": "1001"}}
		for i := range 101 {
			two.other.user(t, fmt.Sprintf("n%d@their.example", i), number)
		}
		ada := two.own.user(t, "ada@own.example", number)
		s.settled(t, two.directory)
		path := "/directories/" + two.directory + "/lookup?q=1001"
		if whole := s.adminOK(t, "GET", path, nil); whole.at(t, "$.more") != true {
			t.Errorf("the deployment's administrator is not told that there are more: %s", excerpt(whole.Body))
		}
		found := two.limited.asOK(t, "GET", path, nil)
		if text := string(found.Body); !strings.Contains(text, ada) || strings.Contains(text, "their.example") || found.at(t, "$.more") != false {
			t.Errorf("whoever is limited finds %s", text)
		}
	})
}

// TestALimitedAdministratorIsNotToldHowManyOthersWait: only another tenant's people are to be settled.
func TestALimitedAdministratorIsNotToldHowManyOthersWait(t *testing.T) {
	t.Parallel()
	onEveryDatabase(t, func(t *testing.T, s *server) {
		two := s.twoTenants(t)
		for i := range 60 {
			two.other.user(t, fmt.Sprintf("n%d@their.example", i))
		}
		s.settled(t, two.directory)
		path := "/directories/" + two.directory
		waiting := func(answer response) string { return plainText(answer.at(t, "$.pending")) }
		for try := range 100 { // until others wait before and after the limited one has asked
			s.adminOK(t, "PATCH", path, map[string]any{"activeWhen": []string{"owner", "any"}[try%2]})
			before := waiting(s.adminOK(t, "GET", path+"/settling", nil))
			told := waiting(two.limited.asOK(t, "GET", path+"/settling", nil))
			after := waiting(s.adminOK(t, "GET", path+"/settling", nil))
			if told != "0" {
				t.Fatalf("whoever is limited is told that %s wait", told)
			}
			if before != "0" && after != "0" {
				return
			}
		}
		t.Fatal("nobody ever waited long enough to be counted")
	})
}
