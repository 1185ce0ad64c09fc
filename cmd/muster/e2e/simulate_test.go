package e2e

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

// TestKillInTheMiddleOfASimulation kills the server ten times while `muster simulate` plays an
// IdP against it. The IdP tries again what was not answered and gets through; then its ledger of
// acknowledged changes is held against what the server has.
func TestKillInTheMiddleOfASimulation(t *testing.T) {
	t.Parallel()
	const kills, between = 10, 13
	onEveryDatabase(t, func(t *testing.T, s *server) {
		s.ownOnly(t)
		slug := "sim-" + unique()
		directory := "dir-" + slug
		ledger := filepath.Join(s.dir, "ledger.jsonl")
		ctx, cancel := context.WithTimeout(context.Background(), 3*time.Minute)
		defer cancel()
		simulation := exec.CommandContext(ctx, program(t), "simulate", "--idp", "okta", "--users", "120", "--groups", "6",
			"--connector", slug, "--directory", directory, "--ledger", ledger,
			"--patience", "60s", "--rules", `{"safety":{"off":true}}`)
		simulation.Env = append(cleanEnvironment(), "MUSTER_URL="+s.URL, "MUSTER_ADMIN_TOKEN="+s.token)
		var output bytes.Buffer
		simulation.Stdout, simulation.Stderr = &output, &output
		if err := simulation.Start(); err != nil {
			t.Fatal(err)
		}
		ended := make(chan error, 1)
		go func() { ended <- simulation.Wait() }()
		for i := range kills {
			if !waitForLines(ledger, (i+1)*between, ended) {
				t.Fatalf("the simulation ended after %d kills:\n%s", i, output.String())
			}
			s.kill()
			s.start(t)
		}
		if err := <-ended; err != nil {
			t.Fatalf("the simulation did not get through: %v\n%s", err, output.String())
		}
		entries := readLedger(t, ledger)
		c := s.existing(t, slug)
		expectLedger(t, c, entries)
		s.settled(t, directory)
		expectSettled(t, c, directory)
		expectSameMemberships(t, c, directory)
		t.Logf("%d acknowledged changes outlived %d kills", len(entries), kills)
	})
}

// waitForLines waits until a file has so many lines; it reports false when the writer ended.
func waitForLines(path string, lines int, ended chan error) bool {
	for {
		text, _ := os.ReadFile(path)
		if bytes.Count(text, []byte("\n")) >= lines {
			return true
		}
		select {
		case err := <-ended:
			ended <- err
			return false
		case <-time.After(time.Millisecond): // another process's doing: there is nothing to wait on
		}
	}
}

// entry is a line of the ledger: a change that was answered 2xx.
type entry struct {
	Method string          `json:"method"`
	Path   string          `json:"path"`
	ID     string          `json:"id"`
	Body   json.RawMessage `json:"body"`
}

func readLedger(t *testing.T, path string) (entries []entry) {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(bytes.NewReader(text))
	lines.Buffer(nil, 8<<20)
	for lines.Scan() {
		var e entry
		if err := json.Unmarshal(lines.Bytes(), &e); err != nil {
			t.Fatalf("a line of the ledger is no JSON: %v: %s", err, lines.Text())
		}
		entries = append(entries, e)
	}
	return entries
}

// expectLedger plays the ledger through on paper and compares the outcome with the server. What
// was deleted by a request whose answer a kill swallowed is deleted, and not in the ledger: only
// the group that this IdP deletes can be missed for that reason.
func expectLedger(t *testing.T, c connector, entries []entry) {
	t.Helper()
	members := map[string]map[string]bool{} // group to member
	active := map[string]any{}              // user to the last that was said
	deleted := map[string]bool{}
	for _, e := range entries {
		switch {
		case e.Method == "DELETE":
			deleted[e.ID] = true
		case strings.HasPrefix(e.Path, "/Users"):
			if said, ok := saidActive(e.Body); ok || active[e.ID] == nil {
				active[e.ID] = said
			}
		case members[e.ID] == nil:
			members[e.ID] = map[string]bool{}
			fallthrough
		default:
			changeMembers(t, members[e.ID], e.Body)
		}
	}
	for id, want := range active {
		answer := c.scim(t, "GET", "/Users/"+id, nil)
		if deleted[id] {
			if answer.Status != http.StatusNotFound {
				t.Errorf("the user %s was deleted and is there: %d", id, answer.Status)
			}
			continue
		}
		if answer.Status != http.StatusOK {
			t.Errorf("the user %s was acknowledged and is not there: %d %s", id, answer.Status, answer.Body)
			continue
		}
		if got := answer.at(t, "$.active"); want != nil && got != want {
			t.Errorf("the user %s is active=%v, acknowledged was %v", id, got, want)
		}
	}
	missing := 0
	for id, want := range members {
		answer := c.scim(t, "GET", "/Groups/"+id, nil)
		if answer.Status == http.StatusNotFound && (deleted[id] || missing == 0) {
			missing++
			continue
		}
		list, _ := answer.at(t, "$.members[*].value").([]any)
		got := texts(list)
		slices.Sort(got)
		var acknowledged []string
		for member, in := range want {
			if in {
				acknowledged = append(acknowledged, member)
			}
		}
		slices.Sort(acknowledged)
		if !slices.Equal(got, acknowledged) {
			t.Errorf("the group %s has the members\n\t%v, acknowledged were\n\t%v", id, got, acknowledged)
		}
	}
}

// saidActive is what a body says about active, if it does.
func saidActive(body json.RawMessage) (said any, ok bool) {
	document, err := decodeJSON(body)
	if err != nil {
		return nil, false
	}
	for _, path := range []string{"$.active", "$.Operations[0].value.active"} {
		if got, err := lookup(document, path); err == nil && got.present {
			return got.value, true
		}
	}
	return nil, false
}

var memberPath = regexp.MustCompile(`^members\[value eq "([^"]+)"\]$`)

// changeMembers applies the body of a group's POST, PUT or PATCH.
func changeMembers(t *testing.T, members map[string]bool, body json.RawMessage) {
	t.Helper()
	var b struct {
		Members    []struct{ Value string }
		Operations []struct {
			Op, Path string
			Value    json.RawMessage
		}
	}
	if err := json.Unmarshal(body, &b); err != nil {
		t.Fatalf("a body of the ledger: %v: %s", err, body)
	}
	for _, m := range b.Members {
		members[m.Value] = true
	}
	for _, o := range b.Operations {
		if one := memberPath.FindStringSubmatch(o.Path); one != nil {
			delete(members, one[1])
			continue
		}
		if o.Path != "members" {
			continue
		}
		var values []struct{ Value string }
		if err := json.Unmarshal(o.Value, &values); err != nil {
			t.Fatalf("the members of an operation: %v: %s", err, o.Value)
		}
		if o.Op == "replace" {
			clear(members)
		}
		for _, v := range values {
			if members[v.Value] = o.Op != "remove"; o.Op == "remove" {
				delete(members, v.Value)
			}
		}
	}
}

// expectSameMemberships: without rules in between, the directory's users are in the groups that
// the connector's group records list them in, and are active where their records are.
func expectSameMemberships(t *testing.T, c connector, directory string) {
	t.Helper()
	want := map[string]string{}
	for start := 1; ; {
		page := c.scimOK(t, "GET", "/Users?count=100&startIndex="+plainText(start), nil)
		resources, _ := page.at(t, "$.Resources").([]any)
		if len(resources) == 0 {
			break
		}
		start += len(resources)
		for _, r := range resources {
			names, _ := lookup(r, "$.groups[*].display")
			user := r.(map[string]any)
			list := texts(names.value.([]any))
			slices.Sort(list)
			want[user["userName"].(string)] = plainText(user["active"]) + " in " + strings.Join(list, ", ")
		}
	}
	for _, user := range c.items(t, "/directories/"+directory+"/users") {
		full := c.adminOK(t, "GET", "/directories/"+directory+"/users/"+user["id"].(string), nil).value(t).(map[string]any)
		name := user["userName"].(string)
		if got := plainText(user["active"]) + " in " + strings.Join(groupsOf(full), ", "); got != want[name] {
			t.Errorf("the directory has %s as active=%s; the record says active=%s", name, got, want[name])
		}
		delete(want, name)
	}
	for name := range want {
		t.Errorf("the record of %s has no user", name)
	}
}

// existing is a connector that something else made, with a new token.
func (s *server) existing(t *testing.T, slug string) connector {
	t.Helper()
	token := s.adminOK(t, "POST", "/connectors/"+slug+"/credentials", map[string]any{"name": "e2e"}).text(t, "$.token")
	s.remember(token)
	return connector{server: s, Slug: slug, Token: token, base: map[string]string{"2.0": "/scim/" + slug + "/v2"}}
}
