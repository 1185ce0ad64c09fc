package e2e

import (
	"fmt"
	"net/http"
	"slices"
	"sync"
	"testing"
)

// TestForcedRetriesAreNeverSeen lets every third transaction of a server fail as if the database
// had asked for another try, and sends requests that race. Clients see what they always see, no
// request is refused for it, and everything is there once.
func TestForcedRetriesAreNeverSeen(t *testing.T) {
	t.Parallel()
	for _, engine := range databases {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			s := startServer(t, engine, "MUSTER_TEST_FORCE_RETRIES=0.3")
			if !s.log.contains("FAIL ON PURPOSE") {
				t.Error("the server does not say that its transactions fail on purpose")
			}
			c := s.lone(t, wanted{Rules: noLimits})
			answers := &statuses{}

			const people = 30
			ids := make([]string, people)
			answers.atOnce(people, func(i int) int {
				answer := c.scim(t, "POST", "/Users", map[string]any{"schemas": []string{userSchema}, "userName": fmt.Sprintf("forced-%d", i), "active": true})
				if answer.Status == http.StatusCreated {
					ids[i] = answer.at(t, "$.id").(string)
				}
				return answer.Status
			})
			answers.want(t, map[int]int{http.StatusCreated: people})

			group := c.group(t, "forced", ids[:people/2]...)
			answers.atOnce(people, func(i int) int {
				if i < people/2 {
					return c.scim(t, "PATCH", "/Groups/"+group, patch(removeMember(ids[i]))).Status
				}
				return c.scim(t, "PATCH", "/Groups/"+group, patch(addMembers(ids[i]))).Status
			})
			answers.want(t, map[int]int{http.StatusNoContent: people})
			members, _ := c.scimOK(t, "GET", "/Groups/"+group, nil).at(t, "$.members[*].value").([]any)
			got, want := texts(members), slices.Clone(ids[people/2:])
			slices.Sort(got)
			slices.Sort(want)
			if !slices.Equal(got, want) {
				t.Errorf("the group has %d members, want exactly the %d that were added", len(got), len(want))
			}

			answers.atOnce(8, func(int) int {
				return c.scim(t, "POST", "/Users", map[string]any{"schemas": []string{userSchema}, "userName": "twin"}).Status
			})
			answers.want(t, map[int]int{http.StatusCreated: 1, http.StatusConflict: 7})

			directory := c.settings(t)["directory"].(string)
			s.settled(t, directory)
			if users := s.items(t, "/directories/"+directory+"/users"); len(users) != people+1 {
				t.Errorf("the directory has %d users, want %d", len(users), people+1)
			}
			for action, want := range map[string]int{"record.user.created": people + 1, "record.group.created": 1} {
				if events := s.items(t, "/events?connector="+c.Slug+"&action="+action); len(events) != want {
					t.Errorf("the audit tells %d times of %s, want %d", len(events), action, want)
				}
			}
		})
	}
}

// statuses counts the answers of requests that are sent at once.
type statuses struct {
	mu    sync.Mutex
	count map[int]int
}

func (s *statuses) atOnce(n int, send func(i int) (status int)) {
	s.count = map[int]int{}
	var all sync.WaitGroup
	for i := range n {
		all.Go(func() {
			status := send(i)
			s.mu.Lock()
			defer s.mu.Unlock()
			s.count[status]++
		})
	}
	all.Wait()
}

func (s *statuses) want(t *testing.T, want map[int]int) {
	t.Helper()
	if fmt.Sprint(s.count) != fmt.Sprint(want) {
		t.Errorf("the answers were %v (status to count), want %v", s.count, want)
	}
}
