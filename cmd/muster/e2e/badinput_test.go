package e2e

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
)

func TestBadInput(t *testing.T) {
	t.Parallel()
	cases, exceptions := readBadInput(t)
	sendAll(t, "2.0", cases, exceptions)
}

// TestBadInputOverV1 sends what concerns SCIM 1.1, credentials, rules and tolerance with connectors
// of SCIM 1.1, and what concerns 1.1 to the address of 2.0. A case with the operations of a PATCH
// says the same in the words of 1.1.
func TestBadInputOverV1(t *testing.T) {
	t.Parallel()
	all, exceptions := readBadInput(t)
	var cases []badCase
	for _, c := range all {
		if slices.Contains([]string{"scim1", "auth", "tolerate", "policy"}, c.Area) {
			c.Path = strings.Replace(c.Path, "/v2/", "/v1/", 1)
			c.inOldWords(t)
			cases = append(cases, c)
		}
	}
	sendAll(t, "1.1", cases, exceptions)
}

// inOldWords puts a PATCH into the words of SCIM 1.1.
func (c *badCase) inOldWords(t *testing.T) {
	t.Helper()
	if c.Method != http.MethodPatch || c.Body == nil || !strings.Contains(*c.Body, "Operations") {
		return
	}
	body, err := decodeJSON([]byte(*c.Body))
	if err != nil {
		t.Fatalf("%s: %v", c.ID, err)
	}
	text := string(encode(t, inOldWords(t, body)))
	c.Body = &text
}

func sendAll(t *testing.T, version string, cases []badCase, exceptions map[string]exception) {
	t.Helper()
	var servers []*server
	for _, engine := range databases {
		servers = append(servers, startServer(t, engine))
	}
	t.Run("send", func(t *testing.T) {
		for _, c := range cases {
			t.Run(c.ID, func(t *testing.T) {
				t.Parallel()
				e := exceptions[c.ID]
				name := c.ID
				if version != "2.0" {
					name += " over " + version
				}
				reportCase(t, name, func() string { return e.Why })
				if e.Skip {
					t.Skip(e.Why)
				}
				c = c.with(e)
				for _, s := range servers {
					t.Run(s.engine, func(t *testing.T) { c.run(t, newWorld(t, s, version, c.Needs)) })
				}
			})
		}
	})
	for _, s := range servers {
		s.expectNoSecrets(t)
	}
}

// with puts what we answer in place of what the collection asks for.
func (c badCase) with(e exception) badCase {
	if e.Status != nil {
		c.ExpectStatus, c.AltStatus, c.ExpectType = e.Status, nil, e.ScimType
	}
	if e.Count > 0 && c.BodyGen != nil {
		shorter := *c.BodyGen
		shorter.Count = e.Count
		c.BodyGen = &shorter
	}
	return c
}

func (c badCase) run(t *testing.T, w *world) {
	if special, ok := specials[c.ID]; ok {
		special(w, c)
		return
	}
	r, raw := c.build(t, w)
	before := w.dump()
	var answer response
	var err error
	if raw != nil {
		answer, err = w.sendRaw(raw)
	} else {
		answer, err = w.send(r)
	}
	if err != nil {
		t.Fatalf("no answer: %v", err)
	}
	c.check(w, answer, before)
	if t.Failed() {
		t.Logf("%s\n\trequest: %s %s %v\n\t         %s\n\tanswer:  %d %v\n\t         %s\n\tthen:    %s", c.ID,
			c.Method, excerpt([]byte(r.Target)), withoutSecrets(r.Header), excerpt(r.Body), answer.Status, answer.Header, excerpt(answer.Body), c.Then)
	}
}

// withoutSecrets is what a failure may show of a request's headers.
func withoutSecrets(h http.Header) string {
	shown := h.Clone()
	if value := shown.Get("Authorization"); len(value) > 16 {
		shown.Set("Authorization", value[:16]+"…")
	}
	return excerpt([]byte(fmt.Sprint(shown)))
}

// check holds an answer, and what is there after it, against what the case asks for and against
// what holds for every request.
func (c badCase) check(w *world, answer response, before dump) {
	t := w.t
	t.Helper()
	if !slices.Contains(append(slices.Clone(c.ExpectStatus), c.AltStatus...), answer.Status) {
		t.Errorf("status %d, want one of %v %v", answer.Status, c.ExpectStatus, c.AltStatus)
	}
	if answer.Status >= 500 && answer.Status != http.StatusNotImplemented {
		t.Errorf("a request of a client made us fail: %d", answer.Status)
	}
	if answer.Status >= 400 {
		c.checkError(w, answer)
	}
	if answer.Status == http.StatusUnauthorized && answer.Header.Get("WWW-Authenticate") == "" {
		t.Error("a 401 without WWW-Authenticate")
	}

	after := w.dump()
	changes := diff(before, after)
	if answer.Status >= 400 || c.Method == http.MethodGet || c.Then == "nothing changed" && !c.mayChange() {
		for _, change := range changes {
			t.Errorf("this had to change nothing:\n\t%s", change)
		}
	}
	// Whatever one tenant's connector says, the other's space stays as it is.
	other := w.B.Slug
	if strings.HasPrefix(c.Path, "{B}") {
		other = w.A.Slug
	}
	for _, change := range diff(before.of(other), after.of(other)) {
		t.Errorf("the other tenant's connector changed:\n\t%s", change)
	}
	if then, ok := thens[c.ID]; ok && (answer.Status < 400 || !slices.Contains(c.ExpectStatus, http.StatusOK) && !slices.Contains(c.ExpectStatus, http.StatusCreated)) {
		then(w, answer)
	}
}

// mayChange names the cases that say nothing changed and mean nothing else.
func (c badCase) mayChange() bool { return c.ID == "patch-30-urn-path" }

// checkError holds the body of an error against the protocol: SCIM's on SCIM paths, RFC 9457's
// on those of the admin API. What Go's HTTP server refuses before any handler sees it has a
// plain text.
func (c badCase) checkError(w *world, answer response) {
	t := w.t
	t.Helper()
	media := answer.Header.Get("Content-Type")
	if strings.HasPrefix(media, "text/plain") && answer.Header.Get("X-Request-Id") == "" {
		return
	}
	path := c.Path
	switch {
	case c.Method == http.MethodHead, len(answer.Body) == 0 && c.Method == http.MethodTrace:
		return
	case strings.HasPrefix(path, "/api/"):
		if !strings.HasPrefix(media, "application/problem+json") {
			t.Errorf("an error of the admin API has the media type %q", media)
		} else if code, _ := answer.at(t, "$.code").(string); code == "" {
			t.Error("a problem document without a code")
		}
		return
	case !strings.HasPrefix(path, "{") && !strings.HasPrefix(path, "/scim/"):
		return
	}
	if w.speaksOld(path) {
		checkOldError(t, answer)
		return
	}
	if media != "application/scim+json" {
		t.Errorf("a SCIM error has the media type %q", media)
		return
	}
	for path, want := range map[string]any{
		"$.schemas": []any{errorSchema},
		"$.status":  fmt.Sprint(answer.Status),
		"$.detail":  map[string]any{"$regex": "."},
	} {
		got, err := lookup(answer.value(t), path)
		if err == nil {
			err = match(got, want)
		}
		if err != nil {
			t.Errorf("%s of the error: %v", path, err)
		}
	}
	c.checkType(t, answer)
}

// speaksOld says whether a case's path is one of SCIM 1.1.
func (w *world) speaksOld(path string) bool {
	if strings.HasPrefix(path, "{A1}") {
		return w.version != "1.1"
	}
	return w.version == "1.1"
}

// checkOldError holds an error against the form of SCIM 1.1.
func checkOldError(t *testing.T, answer response) {
	t.Helper()
	if media := answer.Header.Get("Content-Type"); media != "application/json" {
		t.Errorf("an error of SCIM 1.1 has the media type %q", media)
		return
	}
	for path, want := range map[string]any{
		"$.Errors[0].code": fmt.Sprint(answer.Status), "$.Errors[0].description": map[string]any{"$regex": "."}, "$.detail": map[string]any{"$regex": "."},
	} {
		got, err := lookup(answer.value(t), path)
		if err == nil {
			err = match(got, want)
		}
		if err != nil {
			t.Errorf("%s of the error: %v", path, err)
		}
	}
}

// checkType compares the scimType with the one, or one of those, that the case asks for. Where
// it asks for none, any will do: the protocol defines them for 400 and 409 as a help.
func (c badCase) checkType(t *testing.T, answer response) {
	t.Helper()
	got := answer.at(t, "$.scimType")
	switch want := c.ExpectType.(type) {
	case string:
		if got != want {
			t.Errorf("scimType %v, want %s", got, want)
		}
	case []any:
		if !slices.Contains(want, got) {
			t.Errorf("scimType %v, want one of %v", got, want)
		}
	}
}

// secretMarker starts every password of the collection.
const secretMarker = "S3cret-marker"

// expectNoSecrets looks for tokens and passwords where they must never be.
func (s *server) expectNoSecrets(t *testing.T) {
	t.Helper()
	secrets.Lock()
	defer secrets.Unlock()
	for _, secret := range append(secrets.all[s], secretMarker, s.token) {
		if s.log.contains(secret) {
			t.Errorf("the log of the server on %s holds a secret that starts with %.4s", s.engine, secret)
		}
	}
	for _, file := range s.files(t) {
		if strings.Contains(file.text, secretMarker) {
			t.Errorf("%s holds a user's password", file.name)
		}
		for _, secret := range secrets.all[s] {
			if strings.Contains(file.text, secret) {
				t.Errorf("%s holds a token that starts with %.4s", file.name, secret)
			}
		}
	}
}
