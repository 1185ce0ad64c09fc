package e2e

import (
	"fmt"
	"net/http"
	"slices"
	"sync"
	"testing"
)

// TestRacesOnOneGroupLoseNothing adds fifty people to a group while fifty others are removed
// from it, all at once. Reading the list, changing it and writing it back would lose some.
func TestRacesOnOneGroupLoseNothing(t *testing.T) {
	t.Parallel()
	onEveryDatabase(t, func(t *testing.T, s *server) {
		c := s.lone(t, wanted{Rules: noLimits})
		var leaving, joining []string
		for i := range 50 {
			leaving = append(leaving, c.user(t, fmt.Sprintf("leaving-%d", i)))
			joining = append(joining, c.user(t, fmt.Sprintf("joining-%d", i)))
		}
		group := c.group(t, "crossing", leaving...)
		var senders sync.WaitGroup
		for i := range 50 {
			senders.Go(func() { persist(t, c, "PATCH", "/Groups/"+group, patch(addMembers(joining[i]))) })
			senders.Go(func() { persist(t, c, "PATCH", "/Groups/"+group, patch(removeMember(leaving[i]))) })
		}
		senders.Wait()

		members, _ := c.scimOK(t, "GET", "/Groups/"+group, nil).at(t, "$.members[*].value").([]any)
		got := texts(members)
		slices.Sort(got)
		slices.Sort(joining)
		if !slices.Equal(got, joining) {
			t.Errorf("the IdP reads back %d members, want the 50 that joined\n\tgot  %v\n\twant %v", len(got), got, joining)
		}
		directory := c.settings(t)["directory"].(string)
		groups := s.items(t, "/directories/"+directory+"/groups")
		if len(groups) != 1 {
			t.Fatalf("the directory has %d groups, want 1", len(groups))
		}
		effective := s.items(t, "/directories/"+directory+"/groups/"+groups[0]["id"].(string)+"/members")
		if len(effective) != 50 {
			t.Errorf("the directory's group has %d members, want 50", len(effective))
		}
	})
}

// TestRacesOfEqualPostsMakeOneUser sends the same new user eight times at once.
func TestRacesOfEqualPostsMakeOneUser(t *testing.T) {
	t.Parallel()
	onEveryDatabase(t, func(t *testing.T, s *server) {
		c := s.lone(t, wanted{})
		for round := range 10 {
			body := map[string]any{"schemas": []string{userSchema}, "userName": fmt.Sprintf("twin-%d@x.example", round)}
			var mu sync.Mutex
			answered := map[int]int{}
			var senders sync.WaitGroup
			for range 8 {
				senders.Go(func() {
					answer, err := c.send(c.request(t, "POST", "/Users", body))
					if err != nil {
						t.Error(err)
					}
					mu.Lock()
					defer mu.Unlock()
					answered[answer.Status]++
				})
			}
			senders.Wait()
			if answered[http.StatusCreated] != 1 || answered[http.StatusConflict] != 7 {
				t.Errorf("round %d: eight equal POSTs were answered %v (status to count), want one 201 and seven 409", round, answered)
			}
		}
	})
}

// TestRacesOfConnectorsMakeOnePerson lets two connectors of a tenant say the same twenty people
// at the same time: the directory has each of them once, linked to both.
func TestRacesOfConnectorsMakeOnePerson(t *testing.T) {
	t.Parallel()
	onEveryDatabase(t, func(t *testing.T, s *server) {
		w := wanted{Tenant: s.tenant(t), Directory: s.directory(t)}
		connectors := []connector{s.connector(t, w), s.connector(t, w)}
		const people = 20
		var senders sync.WaitGroup
		for i := range people {
			for _, c := range connectors {
				senders.Go(func() {
					body := map[string]any{
						"schemas": []string{userSchema}, "userName": fmt.Sprintf("both-%d@x.example", i), "active": true,
						"emails": []any{map[string]any{"value": fmt.Sprintf("both-%d@x.example", i), "primary": true}},
					}
					if answer, err := c.send(c.request(t, "POST", "/Users", body)); err != nil || answer.Status != http.StatusCreated {
						t.Errorf("%s: %d %s %v", c.Slug, answer.Status, answer.Body, err)
					}
				})
			}
		}
		senders.Wait()
		if users := s.items(t, "/directories/"+w.Directory+"/users"); len(users) != people {
			t.Errorf("the directory has %d users, want %d", len(users), people)
		}
		for i := range people {
			user := findUser(t, s, w.Directory, fmt.Sprintf("both-%d@x.example", i))
			if records, _ := user["records"].([]any); len(records) != 2 {
				t.Errorf("user %d has %d records, want one of each connector: %s", i, len(records), canonical(user))
			}
		}
	})
}

// noLimits turns the safety limits off, for tests that take away a lot.
var noLimits = map[string]any{"safety": map[string]any{"off": true}}

// settings reads a connector's own row.
func (c connector) settings(t testing.TB) map[string]any {
	t.Helper()
	return c.adminOK(t, "GET", "/connectors/"+c.Slug, nil).value(t).(map[string]any)
}
