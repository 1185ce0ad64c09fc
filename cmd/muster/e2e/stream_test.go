package e2e

import (
	"bufio"
	"context"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"
)

// stream is an open GET /stream.
type stream struct {
	heard chan said
	all   []said        // that were heard before
	ended chan struct{} // closed when the server ended it
}

// said is one message of a stream: its topic, and its data.
type said struct{ topic, data string }

// listen opens a stream as the caller.
func (p caller) listen(t *testing.T, topics ...string) *stream {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	t.Cleanup(cancel)
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, p.URL+"/api/v1/stream?topics="+strings.Join(topics, ","), nil)
	if err != nil {
		t.Fatal(err)
	}
	if p.cookie != "" {
		r.Header.Set("Cookie", p.cookie)
	}
	if p.bearer != "" {
		r.Header.Set("Authorization", "Bearer "+p.bearer)
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	if answer.StatusCode != http.StatusOK {
		answer.Body.Close()
		t.Fatalf("the stream of %v answers %d", topics, answer.StatusCode)
	}
	x := &stream{heard: make(chan said, 1000), ended: make(chan struct{})}
	go func() {
		defer close(x.ended)
		defer answer.Body.Close()
		var topic string
		for lines := bufio.NewScanner(answer.Body); lines.Scan(); {
			name, value, _ := strings.Cut(lines.Text(), ": ")
			switch name {
			case "event":
				topic = value
			case "data":
				x.heard <- said{topic, value}
			}
		}
	}()
	return x
}

// until waits until a message of a topic that holds a text was heard.
func (x *stream) until(t *testing.T, topic, text string) {
	t.Helper()
	fits := func(m said) bool { return m.topic == topic && strings.Contains(m.data, text) }
	for late := time.After(30 * time.Second); !slices.ContainsFunc(x.all, fits); {
		select {
		case m := <-x.heard:
			x.all = append(x.all, m)
		case <-late:
			t.Fatalf("%s with %s is not heard; this is: %v", topic, text, x.all)
		}
	}
}

// hears does something again and again until the stream has a message of a topic.
func (x *stream) hears(t *testing.T, topic string, again func()) {
	t.Helper()
	again()
	tick := time.NewTicker(200 * time.Millisecond)
	defer tick.Stop()
	for late := time.After(30 * time.Second); ; {
		select {
		case m := <-x.heard:
			if x.all = append(x.all, m); m.topic == topic {
				return
			}
		case <-tick.C:
			again()
		case <-late:
			t.Fatalf("nothing of %s is heard", topic)
		}
	}
}

// TestALimitedAdministratorHearsOwnTenantAlone: two tenants provision into one directory. Of a
// stream, too, an administrator of one of them gets no row of the other.
func TestALimitedAdministratorHearsOwnTenantAlone(t *testing.T) {
	t.Parallel()
	onEveryDatabase(t, func(t *testing.T, s *server) {
		directory, mine, theirs := s.directory(t), s.tenant(t), s.tenant(t)
		own, other := s.connector(t, wanted{Tenant: mine, Directory: directory}), s.connector(t, wanted{Tenant: theirs, Directory: directory})
		careful := map[string]any{"safety": map[string]any{"losses": 0, "membershipLosses": 0, "share": 0}} // everything lost is held
		job := func(c connector) string {
			return "job:" + s.applied(t, c.Slug, s.adminOK(t, "POST", "/connectors/"+c.Slug+"/plans", map[string]any{"rules": careful}))
		}
		ownJob, otherJob := job(own), job(other)
		s.settled(t, directory)

		p, everybody := s.administrator(t, "viewer", mine), s.administrator(t, "viewer")
		for _, topics := range []string{"requests:" + other.Slug, "contact:" + other.Slug, otherJob, "holds,requests:" + other.Slug} {
			denied(t, "listening to "+topics, p.as(t, "GET", "/stream?topics="+topics, nil), 404, "notFound")
		}
		denied(t, "listening to the contact", p.as(t, "GET", "/connectors/"+other.Slug+"/contact", nil, "Accept", "text/event-stream"), 404, "notFound")

		limited := p.listen(t, "requests:"+own.Slug, "contact:"+own.Slug, ownJob, "holds", "events")
		whole := everybody.listen(t, "requests:"+other.Slug, "holds", "events")
		limited.until(t, ownJob, own.Slug)
		limited.hears(t, "requests:"+own.Slug, func() { own.scim(t, "GET", "/Users?count=1", nil) })
		whole.hears(t, "requests:"+other.Slug, func() { other.scim(t, "GET", "/Users?count=1", nil) })
		limited.hears(t, "events", func() { own.user(t, "probe-"+unique()+"@own.example") })

		eve := other.user(t, "eve@their.example")
		s.settled(t, directory)
		other.scimOK(t, "DELETE", "/Users/"+eve, nil)
		other.scim(t, "GET", "/Users/nobody", nil)
		whole.until(t, "holds", other.Slug)
		whole.until(t, "requests:"+other.Slug, "/Users/nobody")
		ada := own.user(t, "ada@own.example") // what comes behind eve in every topic
		s.settled(t, directory)
		own.scimOK(t, "DELETE", "/Users/"+ada, nil)
		whole.until(t, "events", ada)
		limited.until(t, "holds", own.Slug)
		limited.until(t, "events", ada)
		for _, m := range limited.all {
			for _, foreign := range []string{other.Slug, theirs, eve, "eve@"} {
				if strings.Contains(m.data, foreign) {
					t.Errorf("%s tells of another tenant's %s: %s", m.topic, foreign, m.data)
				}
			}
		}
	})
}

// TestAStreamEndsWithTheWayIn: who may not come in any more hears nothing more of what is open.
func TestAStreamEndsWithTheWayIn(t *testing.T) {
	t.Parallel()
	onEveryDatabase(t, func(t *testing.T, s *server) {
		withToken := func(p caller) (caller, string) {
			made := p.asOK(t, "POST", "/api-tokens", map[string]any{"name": "stream", "role": "viewer", "expiresAt": time.Now().Add(time.Hour).UTC().Format(time.RFC3339)})
			token := caller{server: s, Email: p.Email, bearer: made.text(t, "$.token")}
			s.remember(token.bearer)
			return token, made.text(t, "$.id")
		}
		signedOut, disabled, demoted, stays := s.administrator(t, "viewer"), s.administrator(t, "ruleEditor"), s.administrator(t, "operator"), s.administrator(t, "viewer")
		revoked, id := withToken(stays)
		ofDisabled, _ := withToken(disabled)
		ofDemoted, _ := withToken(demoted)
		goesOn, deployment := stays.listen(t, "holds"), caller{server: s, bearer: s.token}.listen(t, "holds")
		ending := map[string]*stream{
			"a session that ended": signedOut.listen(t, "holds"), "a session of somebody disabled": disabled.listen(t, "holds"),
			"a token that ended": revoked.listen(t, "holds"), "a token of somebody disabled": ofDisabled.listen(t, "holds"), "a token of somebody demoted": ofDemoted.listen(t, "holds"),
		}
		signedOut.asOK(t, "DELETE", "/session", nil)
		stays.asOK(t, "DELETE", "/api-tokens/"+id, nil)
		s.adminOK(t, "PATCH", "/administrators/"+disabled.ID, map[string]any{"disabled": true})
		s.adminOK(t, "PATCH", "/administrators/"+demoted.ID, map[string]any{"role": "viewer"})
		late := time.After(60 * time.Second) // three seconds, on a machine that has nothing else to do
		for what, x := range ending {
			select {
			case <-x.ended:
			case <-late:
				t.Fatalf("the stream of %s goes on", what)
			}
		}
		for what, x := range map[string]*stream{"a session": goesOn, "the deployment's token": deployment} {
			select {
			case <-x.ended:
				t.Errorf("the stream of %s has ended", what)
			default:
			}
		}
	})
}
