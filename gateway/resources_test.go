package gateway_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/muster-scim/muster/directory"
	"github.com/muster-scim/muster/gateway"
)

func TestCreatingAnswersWithTheResourceAndItsAddress(t *testing.T) {
	t.Parallel()
	s := serve(t)
	for path, body := range map[string]string{"/Users": userBody, "/Groups": groupBody} {
		a := s.do("POST", path, fmt.Sprintf(body, "kim"), "Host", "evil.example", "X-Forwarded-Host", "evil.example").wantStatus(t, 201)
		created := a.object(t)
		meta := created["meta"].(map[string]any)
		want := "https://scim.example/scim/acme/v2" + path + "/" + created["id"].(string)
		if a.Header.Get("Location") != want || meta["location"] != want {
			t.Errorf("POST %s: Location %s, meta.location %s, want %s for both", path, a.Header.Get("Location"), meta["location"], want)
		}
		if a.Header.Get("ETag") != `W/"1"` || meta["version"] != `W/"1"` {
			t.Errorf("POST %s: ETag %s, meta.version %s", path, a.Header.Get("ETag"), meta["version"])
		}
		if strings.Contains(a.text, "evil") {
			t.Errorf("the Host header reached the answer: %s", a.text)
		}
	}
}

func TestTheSourceOfAChangeIsTheCredentialAndTheRequest(t *testing.T) {
	t.Parallel()
	s := serve(t)
	a := s.do("POST", "/Users", fmt.Sprintf(userBody, "kim"))
	src := s.records.sources[0]
	if src.Connector.Slug != "acme" || src.Credential != s.doors.open[acme].Credential.ID || src.Request != a.Header.Get("X-Request-Id") {
		t.Errorf("source is %+v of request %s", src, a.Header.Get("X-Request-Id"))
	}
}

func TestConditionsOnVersions(t *testing.T) {
	t.Parallel()
	s := serve(t)
	id := s.newUser("kim")
	title := func(text string) string {
		return `{"schemas":["` + patchURN + `"],"Operations":[{"op":"replace","path":"title","value":"` + text + `"}]}`
	}
	s.do("PATCH", "/Users/"+id, title("a"), "If-Match", `W/"1"`).wantStatus(t, 200)
	for i, old := range []string{`W/"1"`, `"1"`, "garbage", `W/"1", nonsense "2"`, `"2`, ``} {
		if old == "" {
			continue
		}
		s.do("PATCH", "/Users/"+id, title(fmt.Sprint("b", i)), "If-Match", old).wantError(t, "", 412)
		s.do("PUT", "/Users/"+id, fmt.Sprintf(userBody, "kim2"), "If-Match", old).wantError(t, "", 412)
		s.do("DELETE", "/Users/"+id, "", "If-Match", old).wantError(t, "", 412)
	}
	s.do("PATCH", "/Users/"+uuid.Must(uuid.NewV7()).String(), title("c"), "If-Match", "garbage").wantError(t, "", 404)

	a := s.do("GET", "/Users/"+id, "").wantStatus(t, 200)
	if got := a.Header.Get("ETag"); got != `W/"2"` {
		t.Fatalf("after one change the ETag is %s", got)
	}
	for _, held := range []string{`W/"2"`, `"2"`, `W/"1", W/"2"`, "*"} {
		if a := s.do("GET", "/Users/"+id, "", "If-None-Match", held).wantStatus(t, 304); a.text != "" {
			t.Errorf("304 with a body: %s", a.text)
		}
	}
	s.do("GET", "/Users/"+id, "", "If-None-Match", `W/"1"`).wantStatus(t, 200)
	s.do("PATCH", "/Users/"+id, title("d"), "If-Match", `W/"7", "2"`).wantStatus(t, 200)
	s.do("PATCH", "/Users/"+id, title("e"), "If-Match", "*").wantStatus(t, 200)
	s.do("DELETE", "/Users/"+id, "", "If-Match", `W/"4"`).wantStatus(t, 204)
}

func TestOfTwoChangesOfOneVersionExactlyOneWins(t *testing.T) {
	t.Parallel()
	s := serve(t)
	id := s.newUser("kim")
	var wg sync.WaitGroup
	statuses := make([]int, 20)
	for i := range statuses {
		wg.Go(func() {
			body := fmt.Sprintf(`{"schemas":["%s"],"Operations":[{"op":"replace","path":"title","value":"t%d"}]}`, patchURN, i)
			statuses[i] = s.do("PATCH", "/Users/"+id, body, "If-Match", `W/"1"`).StatusCode
		})
	}
	wg.Wait()
	won := 0
	for _, status := range statuses {
		switch status {
		case 200:
			won++
		case 412:
		default:
			t.Errorf("answered %d", status)
		}
	}
	if won != 1 {
		t.Errorf("%d of 20 changes of one version won, want exactly one", won)
	}
}

func TestDeletingTwiceFindsNothingTheSecondTime(t *testing.T) {
	t.Parallel()
	s := serve(t)
	for path, id := range map[string]string{"/Users/": s.newUser("kim"), "/Groups/": s.newGroup("staff")} {
		if a := s.do("DELETE", path+id, "").wantStatus(t, 204); a.text != "" || a.Header.Get("Content-Type") != "" {
			t.Errorf("204 with a body or its type: %v %s", a.Header, a.text)
		}
		s.do("DELETE", path+id, "").wantError(t, "", 404)
		s.do("GET", path+id, "").wantError(t, "", 404)
	}
}

func TestAForeignIDIsAnUnknownID(t *testing.T) {
	t.Parallel()
	s := serve(t)
	id := s.newUser("kim")
	unknown := uuid.Must(uuid.NewV7()).String()
	for _, method := range []string{"GET", "PUT", "PATCH", "DELETE"} {
		body := map[string]string{"PUT": fmt.Sprintf(userBody, "x"), "PATCH": `{"schemas":["` + patchURN + `"],"Operations":[]}`}[method]
		foreign := s.do(method, "/scim/other/v2/Users/"+id, body, as(other)...)
		nothing := s.do(method, "/scim/other/v2/Users/"+unknown, body, as(other)...)
		foreign.wantError(t, "", 404)
		if foreign.text != nothing.text {
			t.Errorf("%s of a foreign id and of an unknown one differ:\n%s\n%s", method, foreign.text, nothing.text)
		}
	}
}

func TestAPutWithAnotherResourcesIDIsRefused(t *testing.T) {
	t.Parallel()
	s := serve(t)
	kim, lee := s.newUser("kim"), s.newUser("lee")
	put := func(id string) string {
		return fmt.Sprintf(`{"ID":%q,"userName":"kim3","schemas":["urn:ietf:params:scim:schemas:core:2.0:User"]}`, id)
	}
	s.do("PUT", "/Users/"+kim, put(lee)).wantError(t, "mutability", 400)
	s.do("PUT", "/Users/"+kim, put(kim)).wantStatus(t, 200)
	s.do("PUT", "/Users/"+kim, put("5f1e9a0c77aa4b0012d3c9e1")).wantStatus(t, 200) // the IdP's own
	group := s.newGroup("staff")
	s.do("PUT", "/Groups/"+group, fmt.Sprintf(`{"id":%q,"displayName":"x"}`, kim)).wantError(t, "mutability", 400)
}

func TestAPutWithoutActiveLeavesIt(t *testing.T) {
	t.Parallel()
	s := serve(t)
	id := s.newUser("kim")
	s.do("PATCH", "/Users/"+id, `{"schemas":["`+patchURN+`"],"Operations":[{"op":"replace","value":{"active":false}}]}`).wantStatus(t, 200)
	a := s.do("PUT", "/Users/"+id, `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"userName":"kim"}`).wantStatus(t, 200)
	if a.object(t)["active"] != false {
		t.Errorf("a PUT that does not name active changed it: %s", a.text)
	}
}

func TestAttributesShapeEveryAnswer(t *testing.T) {
	t.Parallel()
	s := serve(t)
	bare := func(a answer, also ...string) {
		t.Helper()
		for name := range a.object(t) {
			if name != "id" && name != "schemas" && !strings.Contains(strings.Join(also, ","), name) {
				t.Errorf("%s shows %s: %s", a.Status, name, a.text)
			}
		}
	}
	a := s.do("POST", "/Users?attributes=userName", fmt.Sprintf(userBody, "kim")).wantStatus(t, 201)
	bare(a, "userName")
	id := a.object(t)["id"].(string)
	bare(s.do("GET", "/Users/"+id+"?attributes=USERNAME", "").wantStatus(t, 200), "userName")
	bare(s.do("PUT", "/Users/"+id+"?attributes=userName", fmt.Sprintf(userBody, "kim")).wantStatus(t, 200), "userName")
	patch := `{"schemas":["` + patchURN + `"],"Operations":[{"op":"replace","path":"title","value":"x"}]}`
	bare(s.do("PATCH", "/Users/"+id+"?attributes=title", patch).wantStatus(t, 200), "title")
	if a := s.do("GET", "/Users/"+id+"?excludedAttributes=userName,id", ""); a.object(t)["userName"] != nil || a.object(t)["id"] == nil {
		t.Errorf("excludedAttributes is not obeyed, or drops the id: %s", a.text)
	}
}

func TestPatchingAGroupIsAnsweredWithoutABodyUnlessAttributesAsk(t *testing.T) {
	t.Parallel()
	s := serve(t)
	id := s.newGroup("staff")
	before := s.records.memberReads
	add := `{"schemas":["` + patchURN + `"],"Operations":[{"op":"add","path":"members","value":[{"value":"a"}]}]}`
	a := s.do("PATCH", "/Groups/"+id, add).wantStatus(t, 204)
	if a.text != "" || a.Header.Get("ETag") != `W/"2"` {
		t.Errorf("204 with ETag %q and body %q", a.Header.Get("ETag"), a.text)
	}
	if s.records.memberReads != before {
		t.Error("a PATCH without a body read members")
	}
	a = s.do("PATCH", "/Groups/"+id+"?attributes=displayName", add).wantStatus(t, 200)
	if got := a.object(t); got["displayName"] != "staff" || got["members"] != nil {
		t.Errorf("asked for displayName: %s", a.text)
	}
	if s.records.memberReads != before {
		t.Error("members were read though they are not shown")
	}
}

func TestMembersAreReadOnlyWhenShown(t *testing.T) {
	t.Parallel()
	s := serve(t)
	first, second := s.newGroup("staff"), s.newGroup("guests")
	s.do("PATCH", "/Groups/"+first, `{"schemas":["`+patchURN+`"],"Operations":[{"op":"add","path":"members","value":[{"value":"a"},{"value":"b"}]}]}`).wantStatus(t, 204)
	s.records.memberReads = 0
	for _, path := range []string{
		"/Groups/" + first + "?excludedAttributes=members", "/Groups/" + first + "?attributes=displayName",
		"/Groups?excludedAttributes=members", "/Groups?attributes=id", "/Groups?attributes=displayName&count=200",
	} {
		s.do("GET", path, "").wantStatus(t, 200)
	}
	s.do("GET", "/Groups/"+second, "", "If-None-Match", `W/"1"`).wantStatus(t, 304)
	if s.records.memberReads != 0 {
		t.Errorf("members were read %d times by requests that do not show them", s.records.memberReads)
	}
	a := s.do("GET", "/Groups", "").wantStatus(t, 200)
	if s.records.memberReads != 1 || strings.Count(a.text, `"value":"a"`) != 1 {
		t.Errorf("a page of groups took %d reads of members, want one\n%s", s.records.memberReads, a.text)
	}
	a = s.do("GET", "/Groups/"+first, "").wantStatus(t, 200)
	if members := a.object(t)["members"].([]any); len(members) != 2 {
		t.Errorf("the group shows %v", members)
	}
}

func TestALargeGroupIsStreamedAndNeverCutShortSilently(t *testing.T) {
	t.Parallel()
	s := serve(t)
	id := s.newGroup("everybody")
	s.records.endless = 20_000
	a := s.do("GET", "/Groups/"+id, "").wantStatus(t, 200)
	if members := a.object(t)["members"].([]any); len(members) != 20_000 {
		t.Errorf("the group shows %d members", len(members))
	}
	if a.Header.Get("Content-Length") != "" {
		t.Error("the group was held in memory as a whole")
	}
	a = s.do("GET", "/Groups", "").wantStatus(t, 200)
	if members := a.object(t)["Resources"].([]any)[0].(map[string]any)["members"].([]any); len(members) != 20_000 || a.Header.Get("Content-Length") != "" {
		t.Errorf("a page that lists the group shows %d members in %s bytes", len(members), a.Header.Get("Content-Length"))
	}

	s.records.breakAt = 3
	s.do("GET", "/Groups/"+id, "").wantError(t, "", 500)

	s.records.breakAt = 15_000
	defer func() {
		p, _ := recover().(error)
		if !errors.Is(p, http.ErrAbortHandler) {
			t.Errorf("a group that broke off in the middle ended with %v, want a cut connection", p)
		}
	}()
	s.do("GET", "/Groups/"+id, "")
}

func TestABodyWithMoreMembersThanAGroupMayHaveIsRefused(t *testing.T) {
	t.Parallel()
	s := serve(t)
	p := s.doors.open[acme]
	p.Connector.Settings.Limits.Members = 3
	s.doors.open[acme] = p
	body := func(members int) string {
		list := strings.TrimSuffix(strings.Repeat(`{"value":"a"},`, members), ",")
		return `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:Group"],"displayName":"x","Members":[` + list + `]}`
	}
	id := s.newGroup("staff")
	for _, a := range []answer{s.do("PUT", "/Groups/"+id, body(4)), s.do("POST", "/Groups", body(4))} {
		a.wantError(t, "", 403)
		if !strings.Contains(a.text, "limit of 3 members") {
			t.Errorf("the detail does not name the limit: %s", a.text)
		}
	}
	s.do("PUT", "/Groups/"+id, body(3)).wantStatus(t, 200)
}

func TestListsAreFramed(t *testing.T) {
	t.Parallel()
	s := serve(t)
	a := s.do("GET", "/Users?startIndex=1&count=2", "").wantStatus(t, 200)
	if !strings.Contains(a.text, `"Resources":[]`) || a.object(t)["totalResults"] != 0.0 || a.object(t)["startIndex"] != 1.0 {
		t.Errorf("an empty list is %s", a.text)
	}
	s.newUser("kim")
	const search = `{"schemas":["urn:ietf:params:scim:api:messages:2.0:SearchRequest"],"attributes":["userName"],"count":5}`
	a = s.do("POST", "/Users/.search", search).wantStatus(t, 200)
	if list := a.object(t); list["totalResults"] != 1.0 || list["itemsPerPage"] != 1.0 {
		t.Errorf("a search answers %s", a.text)
	}
	s.do("POST", "/Groups/.search", search).wantStatus(t, 200)
	s.do("POST", "/Users/.search", strings.Replace(search, "}", `,"filter":"userName eq"}`, 1)).wantError(t, "invalidFilter", 400)
	s.do("GET", "/Users?filter=userName", "").wantError(t, "invalidFilter", 400)
	s.do("GET", "/Users?count=abc", "").wantError(t, "invalidValue", 400)
	if a := s.do("GET", "/Users?cursor", "").wantStatus(t, 200); strings.Contains(a.text, "startIndex") {
		t.Errorf("a page by cursor has a startIndex: %s", a.text)
	}
}

func TestAFilterEncodedTwiceIsTriedDecodedWhenNothingMatches(t *testing.T) {
	t.Parallel()
	s := serve(t)
	s.do("GET", "/Users?filter=userName+eq+%22kim%2540example.com%22", "").wantStatus(t, 200)
	var texts []string
	for _, q := range s.records.seen {
		texts = append(texts, q.FilterText)
	}
	if got, want := fmt.Sprint(texts), `[userName eq "kim%40example.com" userName eq "kim@example.com"]`; got != want {
		t.Errorf("the records were asked for %s, want %s", got, want)
	}
	s.records.seen = nil
	s.newUser("kim")
	s.do("GET", "/Users?filter=userName+eq+%22kim%2540example.com%22", "").wantStatus(t, 200)
	if len(s.records.seen) != 1 {
		t.Errorf("a filter that matches was asked %d times", len(s.records.seen))
	}
}

func TestErrorsOfTheDirectory(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		err      error
		scimType string
		status   int
		detail   string
	}{
		{directory.ErrNotFound, "", 404, "no such resource"},
		{directory.ErrVersion, "", 412, "read it again"},
		{&directory.DuplicateError{Attribute: "userName", Value: "kim"}, "uniqueness", 409, `userName "kim" is already taken`},
		{&directory.LimitError{What: "groups", Limit: 10_000}, "", 403, "10000 groups"},
		{context.DeadlineExceeded, "", 503, "repeat it"},
		{fmt.Errorf("committing: %w", context.Canceled), "", 503, "repeat it"},
		{fmt.Errorf("dialing: %w", unreachable{}), "", 503, "repeat it"},
		{errBroken, "", 500, "request "},
	} {
		s := serve(t)
		s.records.fail = c.err
		a := s.do("POST", "/Users", fmt.Sprintf(userBody, "kim"))
		a.wantError(t, c.scimType, c.status)
		if !strings.Contains(a.object(t)["detail"].(string), c.detail) {
			t.Errorf("%v is answered %s, want a detail with %q", c.err, a.text, c.detail)
		}
		if (c.status == 503) != (a.Header.Get("Retry-After") != "") {
			t.Errorf("%v: Retry-After is %q", c.err, a.Header.Get("Retry-After"))
		}
	}
}

// unreachable is an error of the network.
type unreachable struct{}

func (unreachable) Error() string   { return "dial tcp 10.1.2.3:5432: i/o timeout" }
func (unreachable) Timeout() bool   { return true }
func (unreachable) Temporary() bool { return true }

func TestStrictConnectorsAreReadStrictly(t *testing.T) {
	t.Parallel()
	s := serve(t)
	const unknown = `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"userName":"kim","shoeSize":44}`
	s.do("POST", "/Users", unknown).wantStatus(t, 201)
	if a := s.do("POST", "/scim/strict/v2/Users", unknown, as(strict)...); a.StatusCode != 400 {
		t.Errorf("a strict connector answered %d to an unknown attribute\n%s", a.StatusCode, a.text)
	}
}

func TestRequestsEndBeforeTheConnectionDoes(t *testing.T) {
	t.Parallel()
	s := serve(t)
	s.do("GET", "/Users", "")
	deadline, ok := s.records.ctx.Deadline()
	if !ok {
		t.Fatal("a request has no deadline")
	}
	if left := time.Until(deadline); left > gateway.Server("", nil).WriteTimeout {
		t.Errorf("a request may work for %v, longer than its connection lives", left)
	}
}
