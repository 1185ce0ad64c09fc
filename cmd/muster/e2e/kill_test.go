package e2e

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
)

// TestKillLosesNothingAcknowledged kills the server ten times in the middle of work, with
// kill -9. After each restart everything that was answered 2xx is there; what was under way is
// there whole or not at all; and the directory agrees with the records.
func TestKillLosesNothingAcknowledged(t *testing.T) {
	t.Parallel()
	const kills, workers = 10, 4
	onEveryDatabase(t, func(t *testing.T, s *server) {
		s.ownOnly(t)
		tenant, directory := s.tenant(t), s.directory(t)
		c := s.connector(t, wanted{Tenant: tenant, Directory: directory, Rules: noLimits})
		idps := make([]*idp, workers)
		for i := range idps {
			seed := uint64(1000*len(s.engine) + i)
			idps[i] = &idp{connector: c, number: i, random: rand.New(rand.NewPCG(seed, seed)), users: map[string]*person{}}
		}
		for round := range kills {
			killInTheMiddle(t, s, idps, 30+round*17)
			for _, p := range idps {
				p.settleDoubt(t)
				p.expectRecords(t)
			}
			s.settled(t, directory)
			expectDirectoryAgrees(t, c, directory, idps)
			expectSettled(t, c, directory)
			if t.Failed() {
				t.Fatalf("stopped after kill %d", round+1)
			}
		}
		total := 0
		for _, p := range idps {
			total += p.acknowledged
		}
		t.Logf("%d acknowledged changes outlived %d kills", total, kills)
	})
}

// killInTheMiddle lets the IdPs work until so many changes were acknowledged, kills the server
// and starts it again.
func killInTheMiddle(t *testing.T, s *server, idps []*idp, after int) {
	t.Helper()
	var acknowledged atomic.Int64
	var once sync.Once
	var working sync.WaitGroup
	for _, p := range idps {
		working.Go(func() {
			for p.work(t) {
				if acknowledged.Add(1) >= int64(after) {
					once.Do(s.kill)
				}
			}
		})
	}
	working.Wait()
	if t.Failed() {
		t.FailNow()
	}
	s.start(t)
}

// idp is one client that makes one change after the other, and remembers what was acknowledged.
type idp struct {
	connector
	number       int
	random       *rand.Rand
	users        map[string]*person // by userName
	made         int
	group        string // id; "" before it was made
	doubt        *change
	acknowledged int
}

// person is what the IdP knows of a user it made.
type person struct {
	id, title string
	active    bool
	member    bool // of the IdP's group
}

// change is a request whose answer never came: it happened or it did not.
type change struct {
	userName string
	after    *person // nil: deleted; for the making of the group, see below
	group    bool    // the group itself was being made
}

// work makes one random change. It reports false when the server is gone, and leaves the change
// that was under way in doubt.
func (p *idp) work(t *testing.T) bool {
	if p.group == "" {
		body := map[string]any{"schemas": []string{groupSchema}, "displayName": p.groupName()}
		answer, ok := p.try(t, "POST", "/Groups", body, change{group: true})
		if ok {
			p.group = answer.text(t, "$.id")
		}
		return ok
	}
	names := p.names()
	if len(names) < 5 || p.random.IntN(4) == 0 {
		return p.create(t)
	}
	name := names[p.random.IntN(len(names))]
	user, after := p.users[name], *p.users[name]
	method, path := "PATCH", "/Users/"+user.id
	var body any
	next := &after
	switch choice := p.random.IntN(10); {
	case choice < 3:
		after.title = fmt.Sprint("Title ", p.random.IntN(1000))
		body = patch(map[string]any{"op": "replace", "path": "title", "value": after.title})
	case choice < 5:
		after.active = !after.active
		body = patch(map[string]any{"op": "replace", "path": "active", "value": after.active})
	case choice < 9 || user.member:
		path = "/Groups/" + p.group
		after.member = !after.member
		body = patch(removeMember(user.id))
		if after.member {
			body = patch(addMembers(user.id))
		}
	default:
		method, next = "DELETE", nil
	}
	_, ok := p.try(t, method, path, body, change{userName: name, after: next})
	if ok {
		p.accept(name, next)
	}
	return ok
}

func (p *idp) create(t *testing.T) bool {
	p.made++
	name := fmt.Sprintf("idp%d-user%d@x.example", p.number, p.made)
	body := map[string]any{"schemas": []string{userSchema}, "userName": name, "title": "New", "active": true}
	answer, ok := p.try(t, "POST", "/Users", body, change{userName: name, after: &person{title: "New", active: true}})
	if ok {
		p.accept(name, &person{id: answer.text(t, "$.id"), title: "New", active: true})
	}
	return ok
}

// try sends a change. Any answer but a success fails the test; no answer leaves it in doubt.
func (p *idp) try(t *testing.T, method, path string, body any, c change) (response, bool) {
	answer, err := p.send(p.request(t, method, path, body))
	if err != nil {
		p.doubt = &c
		return response{}, false
	}
	if answer.Status/100 != 2 {
		t.Errorf("%s %s: %d %s", method, path, answer.Status, excerpt(answer.Body))
		return response{}, false
	}
	p.acknowledged++
	return answer, true
}

func (p *idp) accept(name string, after *person) {
	if after == nil {
		delete(p.users, name)
		return
	}
	p.users[name] = after
}

// settleDoubt finds out whether the change in doubt happened. It must have happened whole, or
// not at all.
func (p *idp) settleDoubt(t *testing.T) {
	t.Helper()
	if p.doubt == nil {
		return
	}
	doubt := *p.doubt
	p.doubt = nil
	if doubt.group {
		if id, ok := p.find(t, "/Groups", "displayName", p.groupName()); ok {
			p.group = id
		}
		return
	}
	before := p.users[doubt.userName]
	id, there := p.find(t, "/Users", "userName", doubt.userName)
	if !there {
		if before != nil && doubt.after != nil {
			t.Errorf("%s is gone, and nobody deleted it", doubt.userName)
		}
		delete(p.users, doubt.userName)
		return
	}
	now := p.read(t, id)
	if before != nil && now == *before {
		return
	}
	if doubt.after != nil {
		after := *doubt.after
		after.id = id
		if now == after {
			p.users[doubt.userName] = &after
			return
		}
	}
	t.Errorf("%s is half changed: %+v, want %+v or %+v", doubt.userName, now, before, doubt.after)
}

// expectRecords reads every user and the group and compares them with what was acknowledged.
func (p *idp) expectRecords(t *testing.T) {
	t.Helper()
	var members []string
	for name, want := range p.users {
		if now := p.read(t, want.id); now != *want {
			t.Errorf("%s is %+v after the restart, acknowledged was %+v", name, now, *want)
		}
		if want.member {
			members = append(members, want.id)
		}
	}
	if p.group == "" {
		return
	}
	list, _ := p.scimOK(t, "GET", "/Groups/"+p.group, nil).at(t, "$.members[*].value").([]any)
	got := texts(list)
	slices.Sort(got)
	slices.Sort(members)
	if !slices.Equal(got, members) {
		t.Errorf("%s has the members %v, acknowledged were %v", p.groupName(), got, members)
	}
}

// read returns the server's idea of a user.
func (p *idp) read(t *testing.T, id string) person {
	t.Helper()
	answer := p.scim(t, "GET", "/Users/"+id, nil)
	if answer.Status == http.StatusNotFound {
		return person{}
	}
	title, _ := answer.at(t, "$.title").(string)
	groups, _ := answer.at(t, "$.groups[*].value").([]any)
	return person{id: answer.text(t, "$.id"), title: title, active: answer.at(t, "$.active") == true,
		member: slices.Contains(texts(groups), p.group) && p.group != ""}
}

func (p *idp) find(t *testing.T, list, attribute, value string) (id string, ok bool) {
	t.Helper()
	filter := url.QueryEscape(fmt.Sprintf("%s eq %q", attribute, value))
	answer := p.scimOK(t, "GET", list+"?filter="+filter, nil)
	id, ok = answer.at(t, "$.Resources[0].id").(string)
	return id, ok
}

func (p *idp) names() []string {
	names := make([]string, 0, len(p.users))
	for name := range p.users {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

func (p *idp) groupName() string { return fmt.Sprintf("team of idp %d", p.number) }

// expectDirectoryAgrees compares the directory with what was acknowledged.
func expectDirectoryAgrees(t *testing.T, c connector, directory string, idps []*idp) {
	t.Helper()
	listed := map[string]map[string]any{}
	for _, user := range c.items(t, "/directories/"+directory+"/users") {
		listed[user["userName"].(string)] = user
	}
	for _, p := range idps {
		for name, want := range p.users {
			user := listed[name]
			if user == nil {
				t.Errorf("the record of %s has no user", name)
				continue
			}
			full := c.adminOK(t, "GET", "/directories/"+directory+"/users/"+user["id"].(string), nil).value(t).(map[string]any)
			groups := strings.Join(groupsOf(full), ", ")
			if member := groups == p.groupName(); full["active"] != want.active || member != want.member || !member && groups != "" {
				t.Errorf("the directory has %s as active=%v in [%s], the record says active=%v, member=%v",
					name, full["active"], groups, want.active, want.member)
			}
		}
	}
}

// expectSettled settles everybody of a connector again, by saving its rules with one more entry
// that no group's name fits: nothing may change.
func expectSettled(t *testing.T, c connector, directory string) {
	t.Helper()
	before := c.dumpDirectory(t, directory)
	rules := c.adminOK(t, "GET", "/connectors/"+c.Slug+"/rules", nil).value(t).(map[string]any)
	rules["neverAssign"] = []string{"nobody's group " + unique()}
	c.adminOK(t, "PUT", "/connectors/"+c.Slug+"/rules", rules)
	c.settled(t, directory)
	for _, change := range diff(before, c.dumpDirectory(t, directory)) {
		t.Errorf("settling again changed something:\n\t%s", change)
	}
}
