package e2e

import (
	"fmt"
	"net/http"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"
)

// TestAMassDeletionIsHeld: an IdP deletes 300 of 1,000 users. It sees every one of them gone, and
// the directory lets 100 go, a tenth; the rest waits, whichever replica was asked and whatever
// was killed in between. Then an administrator decides.
func TestAMassDeletionIsHeld(t *testing.T) {
	t.Parallel()
	onEveryDatabase(t, func(t *testing.T, s *server) {
		s.ownOnly(t)
		replicas := []*server{s}
		if s.engine == "postgres" {
			replicas = append(replicas, s.another(t))
		}
		directory := s.directory(t)
		c := s.connector(t, wanted{Tenant: s.tenant(t), Directory: directory})
		ids := make([]string, 1000)
		inParallel(8, len(ids), func(i int) { ids[i] = c.user(t, fmt.Sprintf("u%d@x.example", i)) })
		if t.Failed() {
			t.FailNow()
		}
		remove := func(from, to int) {
			inParallel(4, to-from, func(i int) {
				on := c
				on.server = replicas[i%len(replicas)]
				id := ids[from+i]
				if answer := on.scim(t, "DELETE", "/Users/"+id, nil); answer.Status != http.StatusNoContent {
					t.Errorf("deleting user %d: %d %s", from+i, answer.Status, excerpt(answer.Body))
				}
				if answer := on.scim(t, "GET", "/Users/"+id, nil); answer.Status != http.StatusNotFound {
					t.Errorf("the IdP still reads user %d: %d", from+i, answer.Status)
				}
			})
		}
		remove(0, 150)
		expectShown(t, s, c, directory, 900, 50)
		s.kill()
		s.start(t)
		remove(150, 300)
		expectShown(t, s, c, directory, 900, 200)
		for i, r := range replicas {
			r.log.waits(t, "changes are held", 30*time.Second)
			if n := strings.Count(r.log.tail(1<<20), "changes are held"); n > 3 {
				t.Errorf("replica %d says it %d times", i, n)
			}
		}

		held := s.items(t, "/connectors/"+c.Slug+"/holds")
		first := held[0]
		if first["op"] != "disableUser" || !strings.Contains(first["why"].(string), "its safety limit is 100") || first["because"].(map[string]any)["code"] != "cleanupDisable" {
			t.Errorf("a held change reads %v", first)
		}
		var some []any
		for _, h := range held[:50] {
			some = append(some, h["id"])
		}
		decide := func(body map[string]any, want string) {
			t.Helper()
			answer := s.adminOK(t, "POST", "/connectors/"+c.Slug+"/holds/decisions", body)
			if got := fmt.Sprint(answer.value(t)); got != want {
				t.Errorf("%v is answered %s, want %s", body, got, want)
			}
		}
		decide(map[string]any{"decision": "discard", "ids": some, "comment": "these stay"}, "map[applied:0 discarded:50 left:0 withdrawn:0]")
		expectShown(t, s, c, directory, 900, 150)
		one := held[60]["user"].(map[string]any)["userName"].(string)
		decide(map[string]any{"decision": "apply", "filter": map[string]any{"user": one}}, "map[applied:1 discarded:0 left:0 withdrawn:0]")
		out, err := s.muster(t, "holds", "apply", c.Slug, "--all", "--comment", "they have left")
		if err != nil || !strings.Contains(out, "149 held changes are applied") {
			t.Errorf("muster holds apply: %v\n%s", err, out)
		}
		expectShown(t, s, c, directory, 750, 0)
		if n := len(s.items(t, "/events?action=directory.hold.discarded&connector="+c.Slug)); n != 50 {
			t.Errorf("the audit tells of %d discarded changes, want 50", n)
		}

		comments := map[any]int{}
		for _, event := range s.items(t, "/events?action=directory.hold.applied&connector="+c.Slug) {
			comments[event["changes"].(map[string]any)["comment"]]++
		}
		if comments["they have left"] != 149 || comments[nil] != 1 {
			t.Errorf("the audit tells of applied changes with the comments %v", comments)
		}

		if out, err := s.muster(t, "connectors", "expect-change", c.Slug, "--for", "1h", "--reason", "the rest leaves"); err != nil {
			t.Errorf("announcing: %v\n%s", err, out)
		}
		remove(300, 420)
		expectShown(t, s, c, directory, 630, 0)
	})
}

// expectShown looks at how many users are active and how many changes are held.
func expectShown(t *testing.T, s *server, c connector, directory string, active, held int) {
	t.Helper()
	n := 0
	for _, user := range s.items(t, "/directories/"+directory+"/users") {
		if user["active"] == true {
			n++
		}
	}
	if n != active {
		t.Errorf("%d users are active, want %d", n, active)
	}
	if users := plainText(s.adminOK(t, "GET", "/connectors/"+c.Slug+"/holds", nil).at(t, "$.counts.users")); users != fmt.Sprint(held) {
		t.Errorf("%s changes are held, want %d", users, held)
	}
}

// inParallel calls f for 0 … n-1, a few at a time.
func inParallel(workers, n int, f func(i int)) {
	next := make(chan int)
	var all sync.WaitGroup
	for range workers {
		all.Go(func() {
			for i := range next {
				f(i)
			}
		})
	}
	for i := range n {
		next <- i
	}
	close(next)
	all.Wait()
}

// muster runs the command line against the server.
func (s *server) muster(t testing.TB, args ...string) (string, error) {
	t.Helper()
	cmd := exec.Command(program(t), args...)
	cmd.Dir = t.TempDir()
	cmd.Env = append(cleanEnvironment(), "MUSTER_URL="+s.URL, "MUSTER_ADMIN_TOKEN="+s.token)
	out, err := cmd.CombinedOutput()
	return string(out), err
}
