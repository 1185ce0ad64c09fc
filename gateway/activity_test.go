package gateway

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/muster-scim/muster/directory"
	"github.com/muster-scim/muster/policy"
	"github.com/muster-scim/muster/scim"
	"github.com/muster-scim/muster/tenants"
)

// notedRequest is a request of a connector as it is handed over, with a body.
func notedRequest(rt route, rest, query, body string, sensitive ...string) *noted {
	id, _ := uuid.NewV7()
	return &noted{
		trace: &trace{id: id.String(), start: time.Now(), peer: "203.0.113.7", name: "k"}, connector: connected{id: uuid.New(), slug: "acme", sensitive: tenants.Demands{Sensitive: sensitive}},
		version: "2.0", method: rt.Method, rest: rest, query: query, route: rt, status: http.StatusOK, body: []byte(body), bytes: int64(len(body)),
	}
}

func routeOf(t *testing.T, method, pattern string) route {
	t.Helper()
	rt, ok := wires[newest].table.routes[pattern][method]
	if !ok {
		t.Fatalf("there is no route %s %s", method, pattern)
	}
	return rt
}

func shown(t *testing.T, n *noted) tenants.Activity {
	t.Helper()
	a, ok := n.shown()
	if !ok {
		t.Fatal("the request is not kept")
	}
	return a
}

// TestNothingSecretIsKeptOfABody hides every place in which a password, a token or a sensitive
// value may stand: attributes, parts, extensions, paths of patches in any form, filters.
func TestNothingSecretIsKeptOfABody(t *testing.T) {
	t.Parallel()
	const hidden = "h1dd3n"
	enterprise := scim.EnterpriseUser
	for _, c := range []struct{ method, body string }{
		{"POST", `{"userName":"ada","password":"h1dd3n"}`},
		{"POST", `{"userName":"ada","PassWord":"h1dd3n","initialPassword":"h1dd3n","apiToken":{"value":"h1dd3n"}}`},
		{"POST", `{"userName":"ada","phoneNumbers":[{"value":"h1dd3n","type":"work"}],"name":{"familyName":"h1dd3n","givenName":"Ada"}}`},
		{"POST", `{"userName":"ada","` + enterprise + `":{"employeeNumber":"h1dd3n","department":"x"}}`},
		{"POST", `{"userName":"ada","urn:acme:secret-things":{"a":{"b":"h1dd3n"}}}`},
		{"PATCH", `{"Operations":[{"op":"replace","path":"password","value":"h1dd3n"}]}`},
		{"PATCH", `{"Operations":[{"op":"replace","path":"\"password\"","value":"h1dd3n"}]}`},
		{"PATCH", `{"Operations":[{"value":"h1dd3n","path":"phoneNumbers[type eq \"work\"].value","op":"replace"}]}`},
		{"PATCH", `{"Operations":[{"op":"remove","path":"phoneNumbers[value eq \"h1dd3n\"]"}]}`},
		{"PATCH", `{"Operations":[{"op":"add","value":{"name.familyName":"h1dd3n","phoneNumbers[type eq \"work\"].value":"h1dd3n"}}]}`},
		{"PATCH", `{"Operations":[{"op":"add","value":{"phoneNumbers[value eq \"h1dd3n\"].type":"work"}}]}`},
		{"PATCH", `{"Operations":[{"op":"replace","path":"` + enterprise + `:employeeNumber","value":"h1dd3n"}]}`},
		{"PATCH", `{"operations":[{"OP":"Replace","PATH":"name.FAMILYNAME","VALUE":"h1dd3n"}]}`},
		{"PATCH", `{"Operations":[{"op":"replace","path":"name","value":{"familyName":"h1dd3n"}}]}`},
	} {
		pattern := "/Users"
		if c.method == "PATCH" {
			pattern = "/Users/{id}"
		}
		n := notedRequest(routeOf(t, c.method, pattern), "Users", "", c.body, "phoneNumbers", "name.familyName", "employeeNumber", "urn:acme:secret-things")
		for length := range len(c.body) + 1 { // cut anywhere, as long bodies are
			n.body = []byte(c.body[:length])
			a := shown(t, n)
			if strings.Contains(string(a.Body), "h1dd3") {
				t.Errorf("of %s is kept %s", c.body[:length], a.Body)
			}
			if length < len(c.body) && !a.Cut {
				t.Errorf("of %s is kept %s, not said to be cut", c.body[:length], a.Body)
			}
		}
		if a := shown(t, n); !json.Valid(a.Body) || a.Cut || !strings.Contains(string(a.Body), scim.Masked) {
			t.Errorf("of %s is kept %s (cut: %t)", c.body, a.Body, a.Cut)
		}
	}
	list := routeOf(t, "GET", "/Users")
	for _, query := range []string{"filter=phoneNumbers.value+eq+%22" + hidden + "%22", "token=" + hidden, "filter=name.familyName+sw+%22" + hidden + "%22&access_token=" + hidden} {
		if a := shown(t, notedRequest(list, "Users", query, "", "phoneNumbers", "name.familyName")); strings.Contains(a.Path, hidden) {
			t.Errorf("of the query %s is kept %s", query, a.Path)
		}
	}
	n := notedRequest(list, "Users", "", "", "userName")
	n.err, n.status = &directory.DuplicateError{Attribute: "userName", Value: hidden}, http.StatusConflict
	if a := shown(t, n); strings.Contains(a.Detail, hidden) || a.Detail == "" {
		t.Errorf("of the error is kept %q", a.Detail)
	}
	n = notedRequest(route{Method: "GET"}, "mst_"+strings.Repeat("x", 100)+"/"+hidden, "", "")
	if a := shown(t, n); strings.Contains(a.Path, hidden) || len(a.Path) > 80 {
		t.Errorf("of a path that there is nothing at is kept %q", a.Path)
	}
}

func TestWhatARequestAsksIsSaidInWords(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ method, pattern, query, body, want string }{
		{"GET", "/Users", "", "", "lists users"},
		{"GET", "/Users", "filter=userName+eq+%22a%22", "", "looks for users"},
		{"GET", "/Groups/{id}", "", "", "reads a group"},
		{"POST", "/Users", "", `{"userName":"a"}`, "creates a user"},
		{"PUT", "/Users/{id}", "", `{"active":"False"}`, "replaces a user, deactivating it"},
		{"PUT", "/Groups/{id}", "", `{"displayName":"a"}`, "replaces a group"},
		{"DELETE", "/Users/{id}", "", "", "deletes a user"},
		{"PATCH", "/Users/{id}", "", `{"Operations":[{"op":"Replace","path":"active","value":"False"}]}`, "deactivates a user"},
		{"PATCH", "/Users/{id}", "", `{"Operations":[{"op":"replace","value":{"active":true}}]}`, "activates a user"},
		{"PATCH", "/Users/{id}", "", `{"Operations":[{"op":"replace","path":"title","value":"x"}]}`, "changes a user"},
		{"PATCH", "/Groups/{id}", "", `{"Operations":[{"op":"add","path":"members","value":[{"value":"1"},{"value":"2"}]},{"op":"remove","path":"members[value eq \"3\"]"}]}`, "adds 2 members and removes 1 member of a group"},
		{"PATCH", "/Groups/{id}", "", `{"Operations":[{"op":"replace","value":{"displayName":"x"}}]}`, "changes the name of a group"},
		{"PATCH", "/Groups/{id}", "", `{"Operations":[{"op":"remove","path":"members"}]}`, "removes all members of a group"},
		{"PATCH", "/Groups/{id}", "", `{"Operations":[{"op":"replace","path":"members","value":[{"value":"1"}]}]}`, "replaces the members of a group"},
		{"PATCH", "/Groups/{id}", "", `{"members":[{"value":"1","operation":"delete"},{"value":"2"}]}`, "adds 1 member and removes 1 member of a group"},
		{"GET", "/Schemas", "", "", "reads Schemas"},
		{"POST", "/Users/.search", "", `{"filter":"userName eq \"a\""}`, "looks for users"},
	} {
		if got := shown(t, notedRequest(routeOf(t, c.method, c.pattern), "x", c.query, c.body)).Operation; got != c.want {
			t.Errorf("%s %s %s: %q, want %q", c.method, c.pattern, c.body, got, c.want)
		}
	}
}

func TestLongBodiesAreCutAndStayJSON(t *testing.T) {
	t.Parallel()
	members := make([]string, 5000)
	for i := range members {
		members[i] = fmt.Sprintf(`{"value":%q,"display":"%s"}`, uuid.NewString(), strings.Repeat("n", i%600))
	}
	body := `{"Operations":[{"op":"add","path":"members","value":[` + strings.Join(members, ",") + `]}]}`
	n := notedRequest(routeOf(t, "PATCH", "/Groups/{id}"), "Groups/x", "", body)
	n.body = n.body[:readPrefix]
	a := shown(t, n)
	if !a.Cut || !json.Valid(a.Body) || len(a.Body) > longestBody || !strings.Contains(string(a.Body), `"members"`) || a.Bytes != int64(len(body)) {
		t.Errorf("kept is %.200s… of %d bytes (cut: %t)", a.Body, len(a.Body), a.Cut)
	}
	if a.Operation != "changes a group" {
		t.Errorf("it is said to be %q", a.Operation)
	}
}

func TestEffectsAreSaidInWords(t *testing.T) {
	t.Parallel()
	rule := policy.Reason{Code: policy.CodeNeverAssign, List: "neverAssign", Pattern: ".*-admins"}
	for want, e := range map[string]directory.Effect{
		"nothing changed": {},
		"record changed, 4 members added, 3 memberships written, 1 dropped by a rule (neverAssign .*-admins)": {Record: "changed", MembersAdded: 4, Written: 3, Dropped: []directory.Dropped{{Count: 1, Because: rule}}},
		"record created, 1 user created":                                   {Record: "created", Users: map[string]int{"created": 1, "linked": 1}},
		"record changed, 2 changes held":                                   {Record: "changed", Held: 2},
		"record changed, 1 change would follow if the connector were live": {Record: "changed", Observed: true, Would: 1},
		"record deleted, more people are settled in the background":        {Record: "deleted", Queued: true},
		"record changed, 3 members added, 2 of them unknown yet":           {Record: "changed", MembersAdded: 3, Unknown: 2},
	} {
		if got := e.Words(); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

// TestWhatIsTooMuchIsLostAndCounted lets more requests come than are written, and the database fail.
func TestWhatIsTooMuchIsLostAndCounted(t *testing.T) {
	t.Parallel()
	rt := routeOf(t, "GET", "/Users")
	var kept int
	down := errors.New("the database is away")
	err := down
	a := NewActivities(func(_ context.Context, all []tenants.Activity) error {
		if err == nil {
			kept += len(all)
		}
		return err
	})
	loud, quiet := notedRequest(rt, "Users", "", ""), notedRequest(rt, "Users", "", "")
	for range mostNoted {
		a.note(loud)
	}
	a.note(quiet)
	if got, want := a.Lost(), int64(mostNoted-mostOfOne); got != want {
		t.Errorf("%d requests of a loud connector are lost, want %d, and none of another", got, want)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ticks, failures := make(chan time.Time), make(chan error)
	done := make(chan struct{})
	go func() { defer close(done); a.Run(ctx, ticks, func(err error) { failures <- err }) }()
	ticks <- time.Time{}
	if got := <-failures; !errors.Is(got, down) {
		t.Errorf("it failed with %v", got)
	}
	for range mostNoted {
		a.note(loud)
	}
	ticks <- time.Time{}
	<-failures
	lost := a.Lost()
	if want := int64(2*(mostNoted-mostOfOne) + 2*mostOfOne + 1 - mostNoted); lost != want {
		t.Errorf("%d requests are lost while the database is away, want %d: all over the bound", lost, want)
	}
	big := notedRequest(rt, "Users", "", strings.Repeat("x", readWhole))
	cancel()
	for { // the last look takes the rest
		select {
		case <-failures:
			continue
		case <-done:
		}
		break
	}
	if a.Lost() != lost+mostNoted {
		t.Errorf("at the end %d are lost, want those too that could not be written any more: %d", a.Lost(), lost+mostNoted)
	}
	err = nil
	for range 2 * mostNotedBytes / readWhole {
		big.connector.id = uuid.New()
		a.note(big)
	}
	if n := len(a.waiting); n > mostNotedBytes/readWhole {
		t.Errorf("%d large bodies wait", n)
	}
}

func TestABulkOfWhichNothingReachesTheDirectoryIsShown(t *testing.T) {
	t.Parallel()
	n := notedRequest(routeOf(t, http.MethodPost, "/Bulk"), "Bulk", "", `{"Operations":[{"method":"POST","path":"/Nothing"}]}`)
	n.operations, n.failed = 3, 3
	if a := shown(t, n); a.Effect != "0 operations done, 3 operations failed" {
		t.Errorf("what came of it is %q", a.Effect)
	}
}

func TestARequestThatCannotBeShownCostsItselfAlone(t *testing.T) {
	t.Parallel()
	var kept int
	a := NewActivities(func(_ context.Context, all []tenants.Activity) error { kept += len(all); return nil })
	rt := routeOf(t, http.MethodGet, "/Users")
	broken := notedRequest(rt, "Users", "", "")
	broken.err = tellsNothing{}
	for _, n := range []*noted{notedRequest(rt, "Users", "", ""), broken, notedRequest(rt, "Users", "", "")} {
		a.note(n)
	}
	if err := a.write(t.Context()); err == nil || !strings.Contains(err.Error(), broken.trace.id) {
		t.Errorf("writing says %v, want which request cannot be shown", err)
	}
	if kept != 2 || a.Lost() != 1 {
		t.Errorf("%d are kept and %d lost, want 2 and 1", kept, a.Lost())
	}
	if err := a.write(t.Context()); err != nil {
		t.Errorf("it is told again: %v", err)
	}
}

// tellsNothing is an error that cannot be told.
type tellsNothing struct{}

func (tellsNothing) Error() string { panic("there is nothing to tell") }
func (tellsNothing) Is(error) bool { panic("there is nothing to tell") }
