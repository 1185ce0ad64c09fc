package e2e

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// specials are the cases that are more than one request, or one that takes its time.
var specials = map[string]func(w *world, c badCase){
	"http-04-slow-headers":     slowHeaders,
	"http-05-slow-body":        slowBody,
	"http-06-slow-read":        slowRead,
	"pol-15-100k-groups-flood": groupFlood,
	"pol-14-redos-name":        slowPattern,
	"bulk-06-delete-all":       bulkDelete,
	"guard-01-mass-delete": func(w *world, c badCase) {
		massLoss(w, func(id string) response { return w.A.scim(w.t, "DELETE", "/Users/"+id, nil) })
	},
	"guard-02-mass-disable": func(w *world, c badCase) {
		off := patch(map[string]any{"op": "replace", "path": "active", "value": false})
		massLoss(w, func(id string) response { return w.A.scim(w.t, "PATCH", "/Users/"+id, off) })
	},
	"guard-04-slow-drip":         slowDrip,
	"rate-02-connector-flood":    rateFlood,
	"rate-03-limiter-down":       limiterDown,
	"seq-04-parallel-member-add": parallelAdds,
	"adm-29-only-and-never-all":  bigLossByRules,
	"adm-30-stale-preview":       stalePlan,
	"adm-65-headers":             pageHeaders,
	"adm-66-token-shown-once":    tokenShownOnce,
}

// slowHeaders sends a byte a second and expects to be cut off well before a minute.
func slowHeaders(w *world, c badCase) {
	conn := dial(w)
	defer conn.Close()
	closed := make(chan struct{})
	go func() {
		defer close(closed)
		io.Copy(io.Discard, conn)
	}()
	began := time.Now()
	for _, b := range []byte("GET " + w.value("A") + "/Users HTTP/1.1\r\nHost: x\r\nX-Slow: aaaaaaaaaaaa") {
		conn.Write([]byte{b})
		select {
		case <-closed:
			return
		case <-time.After(time.Second):
		}
		if time.Since(began) > 15*time.Second {
			w.t.Errorf("still reading headers after %v", time.Since(began).Round(time.Second))
			return
		}
	}
}

// slowBody sends ten bytes a second of a long body.
func slowBody(w *world, c badCase) {
	conn := dial(w)
	defer conn.Close()
	fmt.Fprintf(conn, "POST %s/Users HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\nContent-Type: application/scim+json\r\nContent-Length: 100000\r\n\r\n",
		w.value("A"), w.A.Token)
	closed := make(chan []byte, 1)
	go func() {
		answer, _ := io.ReadAll(conn)
		closed <- answer
	}()
	for range 45 {
		conn.Write([]byte("          "))
		select {
		case answer := <-closed:
			if len(answer) > 0 && !bytes.Contains(answer[:min(len(answer), 32)], []byte(" 40")) {
				w.t.Errorf("the slow body was answered %s", excerpt(answer))
			}
			return
		case <-time.After(time.Second):
		}
	}
	w.t.Error("still reading the body after 45 s")
}

// slowRead asks for a page on many connections and reads none of them; others are served.
func slowRead(w *world, c badCase) {
	for range 30 {
		conn := dial(w)
		defer conn.Close()
		fmt.Fprintf(conn, "GET %s/Users?count=1000 HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\n\r\n", w.value("A"), w.A.Token)
	}
	began := time.Now()
	expectStatus(w, w.A.scim(w.t, "GET", "/Users", nil), http.StatusOK)
	if took := time.Since(began); took > 5*time.Second {
		w.t.Errorf("beside thirty clients that do not read, a request took %v", took)
	}
}

func dial(w *world) net.Conn {
	conn, err := net.Dial("tcp", strings.TrimPrefix(w.URL, "http://"))
	if err != nil {
		w.t.Fatal(err)
	}
	conn.SetDeadline(time.Now().Add(90 * time.Second))
	return conn
}

// groupFlood runs into a connector's limit of groups, set low.
func groupFlood(w *world, c badCase) {
	const limit = 20
	w.adminOK(w.t, "PATCH", "/connectors/"+w.A.Slug, map[string]any{"limits": map[string]any{"groups": limit}})
	refused := 0
	for i := range limit + 10 {
		answer := w.A.scim(w.t, "POST", "/Groups", map[string]any{"schemas": []string{groupSchema}, "displayName": fmt.Sprint("flood-", i)})
		switch answer.Status {
		case http.StatusCreated:
		case http.StatusForbidden:
			refused++
			if !strings.Contains(answer.text(w.t, "$.detail"), strconv.Itoa(limit)) {
				w.t.Errorf("the refusal does not name the limit: %s", answer.Body)
			}
		default:
			w.t.Fatalf("group %d: %d %s", i, answer.Status, answer.Body)
		}
	}
	if refused != 11 { // gA1 is there already
		w.t.Errorf("%d of %d groups over a limit of %d were refused, want 11", refused, limit+10, limit)
	}
}

// slowPattern names a group so that a backtracking pattern has to work hard.
func slowPattern(w *world, c badCase) {
	r, _ := c.build(w.t, w)
	began := time.Now()
	answer := w.must(w.t, r)
	if took := time.Since(began); took > 2*time.Second {
		w.t.Errorf("the answer took %v", took)
	}
	expectStatus(w, answer, http.StatusCreated)
}

// bulkDelete deletes sixty users in one request; the safety limit counts them one by one.
func bulkDelete(w *world, c badCase) {
	const n = 60
	w.crowd(n)
	shorter := *c.BodyGen
	shorter.Count = n - 1
	shorter.Suffix = strings.ReplaceAll(shorter.Suffix, "{uA[900]}", w.numbered(n-1))
	c.BodyGen = &shorter
	r, _ := c.build(w.t, w)
	answer := w.must(w.t, r)
	if answer.Status == http.StatusNotImplemented {
		return
	}
	expectStatus(w, answer, http.StatusOK)
	expectInner(w, answer, "204")
	expectHeld(w, n, 20)
}

// massLoss removes people one by one; the first few take effect, the rest is held, and the IdP
// sees each of them succeed.
func massLoss(w *world, lose func(id string) response) {
	const n = 60
	w.crowd(n)
	for _, id := range w.numbers[:50] {
		if answer := lose(id); answer.Status/100 != 2 {
			w.t.Fatalf("status %d: %s", answer.Status, answer.Body)
		}
	}
	expectHeld(w, 50, 20)
}

// slowDrip takes people away so slowly that each has a window to itself; three windows' worth go
// within a day.
func slowDrip(w *world, c badCase) {
	w.adminOK(w.t, "PUT", "/connectors/"+w.A.Slug+"/rules", map[string]any{"safety": map[string]any{"window": "1ms"}})
	w.crowd(90)
	for _, id := range w.numbers[:70] {
		if answer := w.A.scim(w.t, "DELETE", "/Users/"+id, nil); answer.Status != http.StatusNoContent {
			w.t.Fatalf("status %d: %s", answer.Status, answer.Body)
		}
	}
	expectHeld(w, 70, 60)
}

// expectHeld: of so many people the IdP took away, the directory let some go (20 in one window by
// default, as the connector has fewer than 200) and holds the rest.
func expectHeld(w *world, lost, let int) {
	w.t.Helper()
	gone := 0
	active := map[string]bool{}
	for _, user := range w.items(w.t, "/directories/"+w.Directory+"/users") {
		active[user["userName"].(string)] = user["active"] == true
	}
	crowd := 0
	for name, is := range active {
		if strings.HasPrefix(name, "crowd-") {
			crowd++
			if !is {
				gone++
			}
		}
	}
	gone += len(w.numbers) - crowd // deleted ones are not in the list
	if gone != let {
		w.t.Errorf("of %d people taken away %d are gone from the directory, want %d", lost, gone, let)
	}
	held := w.items(w.t, "/connectors/"+w.A.Slug+"/holds")
	if len(held) != lost-let {
		w.t.Errorf("%d changes are held, want %d", len(held), lost-let)
	}
}

// rateFlood sends more than a connector may; another connector does not notice.
func rateFlood(w *world, c badCase) {
	w.adminOK(w.t, "PATCH", "/connectors/"+w.A.Slug, map[string]any{"limits": map[string]any{"rate": 5, "burst": 5}})
	answers := make(chan response, 100)
	var senders sync.WaitGroup
	for range cap(answers) {
		senders.Go(func() {
			answer, err := w.send(w.A.request(w.t, "GET", "/Users", nil))
			if err != nil {
				w.t.Error(err)
				return
			}
			answers <- answer
		})
	}
	for range 20 {
		expectStatus(w, w.B.scim(w.t, "GET", "/Users", nil), http.StatusOK)
	}
	senders.Wait()
	close(answers)
	refused := 0
	for answer := range answers {
		switch answer.Status {
		case http.StatusOK:
		case http.StatusTooManyRequests:
			refused++
			if after, err := strconv.Atoi(answer.Header.Get("Retry-After")); err != nil || after < 1 {
				w.t.Errorf("Retry-After is %q", answer.Header.Get("Retry-After"))
			}
			badCase{Path: "{A}"}.checkError(w, answer)
		default:
			w.t.Errorf("status %d: %s", answer.Status, answer.Body)
		}
	}
	if refused == 0 {
		w.t.Error("none of a hundred requests at once was refused, with a rate of 5/s")
	}
}

// parallelAdds adds fifty people to a group at once.
func parallelAdds(w *world, c badCase) {
	w.crowd(50)
	var senders sync.WaitGroup
	for _, id := range w.numbers {
		senders.Go(func() { persist(w.t, w.A, "PATCH", "/Groups/"+w.value("gA1"), patch(addMembers(id))) })
	}
	senders.Wait()
	expectMembers(w, "gA1", append(slices.Clone(w.numbers), w.value("uA1"))...)
}

// bigLossByRules saves rules that would empty a big group: that has to be confirmed.
func bigLossByRules(w *world, c badCase) {
	w.crowd(12, "crowd")
	r, _ := c.build(w.t, w)
	before := w.dump()
	answer := w.must(w.t, r)
	expectStatus(w, answer, http.StatusConflict)
	if code := answer.text(w.t, "$.code"); code != "confirmationRequired" {
		w.t.Errorf("the code is %s", code)
	}
	losses := plainText(answer.at(w.t, "$.losses"))
	if losses != "13" { // the crowd's memberships and uA1's
		w.t.Errorf("losses is %s, want 13", losses)
	}
	for _, change := range diff(before, w.dump()) {
		w.t.Errorf("what was refused changed something:\n\t%s", change)
	}
	r.Target += "?confirmLosses=" + losses
	expectStatus(w, w.must(w.t, r), http.StatusOK)
	expectNotIn("uA1", w.groupName)(w, answer)
}

// stalePlan applies a plan after the one who was to lose the group has left it and another one has
// come: the plan is refused, changes nothing, and says when made anew who would lose it by now.
func stalePlan(w *world, c badCase) {
	plans := "/connectors/" + w.A.Slug + "/plans"
	made := w.adminOK(w.t, "POST", plans, map[string]any{"rules": map[string]any{"neverAssign": []string{w.groupName}}})
	plan := plans + "/" + made.text(w.t, "$.id")
	w.A.scimOK(w.t, "PATCH", "/Groups/"+w.value("gA1"), patch(removeMember(w.value("uA1")), addMembers(w.value("uA2"))))

	answer := w.admin(w.t, "POST", plan+"/application", map[string]any{"hash": made.text(w.t, "$.hash"), "comment": "as discussed"})
	expectStatus(w, answer, http.StatusConflict)
	if code := answer.text(w.t, "$.code"); code != "planStale" {
		w.t.Errorf("the code is %s", code)
	}
	expectIn("uA2", w.groupName)(w, answer)

	anew := w.adminOK(w.t, "GET", plan, nil)
	for deadline := time.Now().Add(20 * time.Second); anew.text(w.t, "$.state") == "running" && time.Now().Before(deadline); {
		anew = w.adminOK(w.t, "GET", plan, nil)
	}
	if anew.text(w.t, "$.hash") == made.text(w.t, "$.hash") {
		w.t.Errorf("the plan has the hash that was refused: %s", anew.Body)
	}
	changes := w.items(w.t, plan+"/changes")
	if len(changes) != 1 || changes[0]["user"].(map[string]any)["userName"] != w.value("uA2name") {
		w.t.Errorf("made anew the plan changes %v, want that uA2 loses the group", changes)
	}
}

// pageHeaders reads the page that a browser gets; here it lies at /ui/.
func pageHeaders(w *world, c badCase) {
	answer := w.must(w.t, request{Method: "GET", Target: "/ui/"})
	expectStatus(w, answer, http.StatusOK)
	for name, want := range map[string]string{
		"Content-Security-Policy": "default-src 'none'", "X-Content-Type-Options": "nosniff",
		"Referrer-Policy": "no-referrer", "Cross-Origin-Opener-Policy": "same-origin", "Cache-Control": "no-store",
	} {
		if got := answer.Header.Get(name); !strings.Contains(got, want) {
			w.t.Errorf("the header %s is %q, want %q in it", name, got, want)
		}
	}
	if !strings.Contains(answer.Header.Get("Content-Security-Policy"), "frame-ancestors 'none'") {
		w.t.Error("the page can be framed")
	}
}

// tokenShownOnce lists the credentials: the secret is not among what is shown.
func tokenShownOnce(w *world, c badCase) {
	list := w.adminOK(w.t, "GET", "/connectors/"+w.A.Slug+"/credentials", nil)
	if bytes.Contains(list.Body, []byte(w.A.Token)) || bytes.Contains(list.Body, []byte(w.A.Token[len(w.A.Token)/2:])) {
		w.t.Errorf("the list of credentials shows the token")
	}
}

// persist sends a request until it is done: a client's retries on 409, 412, 429 and 503.
func persist(t testing.TB, c connector, method, path string, body any) response {
	for attempt := 0; ; attempt++ {
		answer, err := c.send(c.request(t, method, path, body))
		if err != nil && !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("%s %s: %v", method, path, err)
			return answer
		}
		retry := slices.Contains([]int{409, 412, 429, 503}, answer.Status)
		if !retry || attempt == 20 {
			if answer.Status/100 != 2 {
				t.Errorf("%s %s, attempt %d: %d %s", method, path, attempt+1, answer.Status, excerpt(answer.Body))
			}
			return answer
		}
		time.Sleep(time.Duration(attempt+1) * 20 * time.Millisecond) // what a client does
	}
}
