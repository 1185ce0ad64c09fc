package e2e

import (
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"
)

// callsHere lets webhooks call this machine.
const callsHere = "MUSTER_WEBHOOK_PRIVATE_NETWORKS=127.0.0.0/8"

// webhookTook is a message that a receiver took.
type webhookTook struct {
	id, kind, user, group string
	sequence              int64
}

// webhookEnd is a program that receives, verifies with the official library, and can be down.
type webhookEnd struct {
	t       *testing.T
	address string
	secret  string

	mu    sync.Mutex
	took  []webhookTook
	moved chan struct{}
	http  *http.Server
}

func newWebhookEnd(t *testing.T) *webhookEnd {
	e := &webhookEnd{t: t, address: freeAddress(t), moved: make(chan struct{}, 1)}
	t.Cleanup(e.down)
	return e
}

func (e *webhookEnd) up() {
	e.t.Helper()
	listener, err := net.Listen("tcp", e.address)
	if err != nil {
		e.t.Fatal(err)
	}
	e.http = &http.Server{Handler: e, ReadHeaderTimeout: 5 * time.Second}
	go e.http.Serve(listener)
}

func (e *webhookEnd) down() {
	if e.http != nil {
		e.http.Close()
	}
}

func (e *webhookEnd) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	e.mu.Lock()
	defer e.mu.Unlock()
	verifier, broken := standardwebhooks.NewWebhook(e.secret)
	if err != nil || broken != nil || verifier.Verify(body, r.Header) != nil {
		e.t.Errorf("the library does not verify %s", body)
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	var m struct {
		Type string
		Data struct {
			ID          string
			Sequence    int64
			User, Group struct{ UserName, DisplayName string }
		}
	}
	if err := json.Unmarshal(body, &m); err != nil || m.Type != testMessage && m.Data.ID != r.Header.Get(standardwebhooks.HeaderWebhookID) {
		e.t.Errorf("the message is %s", body)
	}
	e.took = append(e.took, webhookTook{m.Data.ID, m.Type, m.Data.User.UserName, m.Data.Group.DisplayName, m.Data.Sequence})
	select {
	case e.moved <- struct{}{}:
	default:
	}
	w.WriteHeader(http.StatusNoContent)
}

const testMessage = "webhook.test"

// await waits until enough is taken, and returns it.
func (e *webhookEnd) await(enough func(took []webhookTook) bool) []webhookTook {
	e.t.Helper()
	late := time.After(time.Minute)
	for {
		e.mu.Lock()
		took := slices.Clone(e.took)
		e.mu.Unlock()
		if enough(took) {
			return took
		}
		select {
		case <-e.moved:
		case <-late:
			e.t.Fatalf("after a minute the receiver has taken %d messages: %v", len(took), took)
		}
	}
}

// kindsOf are the types of what was taken of each user, without what came twice.
func kindsOf(took []webhookTook) map[string][]string {
	kinds, seen := map[string][]string{}, map[string]bool{}
	for _, m := range took {
		if !seen[m.id] {
			seen[m.id] = true
			kinds[m.user] = append(kinds[m.user], m.kind+" "+m.group)
		}
	}
	return kinds
}

func TestAReceiverThatIsDownLosesNothingOverKills(t *testing.T) {
	t.Parallel()
	for _, engine := range databases {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			s := startServer(t, engine, callsHere)
			s.ownOnly(t)
			end, c := newWebhookEnd(t), s.lone(t, wanted{Rules: noLimits})
			directory := c.settings(t)["directory"].(string)
			made := s.adminOK(t, "POST", "/webhooks", map[string]any{"url": "http://" + end.address + "/hook", "directory": directory, "types": []string{"user.*", "membership.*"}})
			end.secret = made.text(t, "$.secret")
			path := "/webhooks/" + made.text(t, "$.id")
			var want []string
			ids := map[string]string{}
			for round := range 3 { // the receiver is down, and the server is killed
				name := fmt.Sprintf("user%d@x.example", round)
				ids[name] = c.user(t, name)
				want = append(want, name)
				c.group(t, fmt.Sprint("group ", round), ids[name])
				off := patch(map[string]any{"op": "replace", "path": "active", "value": false})
				c.scimOK(t, "PATCH", "/Users/"+ids[name], off)
				s.kill()
				s.start(t)
			}
			s.settled(t, directory)
			end.up()
			took := end.await(func(took []webhookTook) bool { return len(kindsOf(took)) == 3 && enough(kindsOf(took), 3) })
			for round, name := range want {
				expect := []string{"user.created ", fmt.Sprint("membership.added group ", round), "user.disabled "}
				if got := kindsOf(took)[name]; !slices.Equal(got, expect) {
					t.Errorf("of %s it was told %v, want %v", name, got, expect)
				}
			}
			// While it takes messages the server is killed, too: nothing is lost, and what came twice has the same id.
			for i := range 10 {
				c.user(t, fmt.Sprintf("late%d@x.example", i))
				if i == 5 {
					s.kill()
					s.start(t)
				}
			}
			end.await(func(took []webhookTook) bool { return len(kindsOf(took)) == 13 })
			s.eventually(t, "nothing waits", func() bool {
				return fmt.Sprint(s.adminOK(t, "GET", path, nil).at(t, "$.backlog.pending")) == "0"
			})
		})
	}
}

func enough(kinds map[string][]string, n int) bool {
	for _, list := range kinds {
		if len(list) < n {
			return false
		}
	}
	return true
}

// eventually asks until something is so.
func (s *server) eventually(t *testing.T, what string, so func() bool) {
	t.Helper()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for end := time.Now().Add(30 * time.Second); !so(); <-tick.C {
		if time.Now().After(end) {
			t.Fatalf("it is never so that %s", what)
		}
	}
}

func TestWebhooksAreRunByAPIAndCommandLine(t *testing.T) {
	t.Parallel()
	for _, engine := range databases {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			s := startServer(t, engine, callsHere)
			s.ownOnly(t)
			end := newWebhookEnd(t)
			end.up()
			address := "http://" + end.address + "/hook"
			run := func(args ...string) string {
				t.Helper()
				out, err := s.muster(t, append([]string{"webhooks"}, args...)...)
				if err != nil {
					t.Fatalf("muster webhooks %v: %v\n%s", args, err, out)
				}
				return out
			}
			created := run("create", address, "--types", "user.*", "--description", "Ticketing")
			end.secret = secretIn(t, created)
			s.remember(end.secret)
			if out := run("test", "ticketing"); !strings.Contains(out, "taken: status 204") {
				t.Errorf("test says %s", out)
			}
			c := s.lone(t, wanted{})
			c.user(t, "ada@x.example")
			end.await(func(took []webhookTook) bool {
				return slices.ContainsFunc(took, func(m webhookTook) bool { return m.kind == "user.created" && m.user == "ada@x.example" })
			})
			var listed string
			s.eventually(t, "the delivery is listed", func() bool {
				listed = run("deliveries", address, "--state", "delivered")
				return strings.Contains(listed, "user.created")
			})
			id := strings.Fields(strings.Split(listed, "\n")[1])[0]
			run("redeliver", address, id)
			took := end.await(func(took []webhookTook) bool { return len(took) >= 3 })
			if took[1].id != took[2].id {
				t.Errorf("sent again it has another id: %v", took)
			}
			rotated := secretIn(t, run("rotate", address, "--overlap", "1h"))
			s.remember(rotated)
			run("test", address) // the receiver still has the old secret
			end.mu.Lock()
			end.secret = rotated
			end.mu.Unlock()
			run("test", address)
			if out := run("set", address, "--disable"); !strings.Contains(out, "disabled") {
				t.Errorf("set says %s", out)
			}
			if out := run("list"); !strings.Contains(out, address) || strings.Contains(out, "whsec_") {
				t.Errorf("list says %s", out)
			}
			run("show", address)
			run("delete", address)
			if out, err := s.muster(t, "webhooks", "show", address); err == nil {
				t.Errorf("when it is deleted, show says %s", out)
			}
			s.expectNoSecrets(t)
		})
	}
}

// secretIn finds the secret that a command printed.
func secretIn(t *testing.T, out string) string {
	t.Helper()
	for _, word := range strings.Fields(out) {
		if strings.HasPrefix(word, "whsec_") {
			return word
		}
	}
	t.Fatalf("no secret in %s", out)
	return ""
}

func TestWebhooksCallNothingInside(t *testing.T) {
	t.Parallel()
	onEveryDatabase(t, func(t *testing.T, s *server) {
		s.ownOnly(t)
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		defer listener.Close()
		connected := make(chan struct{}, 10)
		go func() {
			for {
				conn, err := listener.Accept()
				if err != nil {
					return
				}
				connected <- struct{}{}
				conn.Close()
			}
		}()
		_, port, _ := net.SplitHostPort(listener.Addr().String())
		for _, address := range []string{"http://127.0.0.1:" + port, "https://127.0.0.1:" + port, "https://[::ffff:127.0.0.1]:" + port, "http://localhost:" + port, "https://169.254.169.254/"} {
			if answer := s.admin(t, "POST", "/webhooks", map[string]any{"url": address}); answer.Status != 422 || answer.text(t, "$.code") != "invalidUrl" {
				t.Errorf("%s: %d %s", address, answer.Status, excerpt(answer.Body))
			}
		}
		// A name is looked up when it is called, and where it leads counts then.
		made := s.adminOK(t, "POST", "/webhooks", map[string]any{"url": "https://localhost:" + port})
		tried := s.adminOK(t, "POST", "/webhooks/"+made.text(t, "$.id")+"/test", nil)
		if tried.at(t, "$.taken") != false || !strings.Contains(tried.text(t, "$.error"), "not a public one") {
			t.Errorf("the attempt is %s", tried.Body)
		}
		s.lone(t, wanted{}).user(t, "ada@x.example")
		s.eventually(t, "the delivery failed", func() bool {
			return strings.Contains(string(s.adminOK(t, "GET", "/webhooks/"+made.text(t, "$.id"), nil).Body), "not a public one")
		})
		if len(connected) > 0 {
			t.Error("something inside was connected to")
		}
	})
}

func TestTheFeedTellsEachChangeOnceInOrderAndWaits(t *testing.T) {
	t.Parallel()
	onEveryDatabase(t, func(t *testing.T, s *server) {
		c := s.lone(t, wanted{})
		read := func(query url.Values) response {
			t.Helper()
			query.Set("connector", c.Slug)
			return s.adminOK(t, "GET", "/events?"+query.Encode(), nil)
		}
		next := s.adminOK(t, "GET", "/events?after=now", nil).text(t, "$.next")
		waited := make(chan response)
		go func() { waited <- read(url.Values{"after": {next}, "wait": {"30"}, "action": {"directory.user."}}) }()
		id := c.user(t, "ada@x.example")
		first := <-waited
		if first.text(t, "$.items[0].action") != "directory.user.created" || first.text(t, "$.items[0].userName") != "ada@x.example" {
			t.Errorf("who waited is told %s", excerpt(first.Body))
		}
		for _, active := range []bool{false, true} {
			c.scimOK(t, "PATCH", "/Users/"+id, patch(map[string]any{"op": "replace", "path": "active", "value": active}))
		}
		c.group(t, "staff", id)
		var told []string
		last := ""
		for after := next; len(told) < 4 || last == ""; {
			page := read(url.Values{"after": {after}, "wait": {"10"}, "limit": {"2"}, "action": {"directory."}})
			after = page.text(t, "$.next")
			items, _ := page.at(t, "$.items").([]any)
			if len(items) == 0 {
				t.Fatalf("the feed ends after %v", told)
			}
			for _, item := range items {
				action := item.(map[string]any)["action"].(string)
				told = append(told, strings.TrimPrefix(action, "directory."))
				if action == "directory.membership.added" {
					last = action
				}
			}
		}
		if got := strings.Join(slices.DeleteFunc(told, func(s string) bool { return s == "group.created" }), " "); got != "user.created user.disabled user.enabled membership.added" {
			t.Errorf("the feed told %s", got)
		}
		for query, want := range map[string]int{"after=999999999999": 410, "after=x": 422, "after=1&wait=31": 422} {
			if answer := s.admin(t, "GET", "/events?"+query, nil); answer.Status != want {
				t.Errorf("%s: %d %s, want %d", query, answer.Status, excerpt(answer.Body), want)
			}
		}
	})
}
