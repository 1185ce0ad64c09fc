package gateway_test

import (
	"strings"
	"testing"
)

func TestAnswersAreSCIMUnlessOnlyPlainJSONIsAccepted(t *testing.T) {
	t.Parallel()
	s := serve(t)
	const scimType, plain = "application/scim+json", "application/json"
	for _, c := range []struct{ accept, want string }{
		{"", scimType},
		{"*/*", scimType},
		{"application/*", scimType},
		{"application/scim+json", scimType},
		{"application/scim+json;charset=utf-8", scimType},
		{"application/scim+json, application/json;q=0.5", scimType},
		{"application/json, application/scim+json;q=0.5", scimType},
		{"application/json, text/plain, */*", scimType},
		{"application/json", plain},
		{"APPLICATION/JSON; charset=utf-8", plain},
		{"application/json, text/html", plain},
		{"text/json", plain},
		{"application/json, */*;q=0", plain},
		{"application/json, application/scim+json;q=0, */*", plain},
		{"application/xml", scimType},
		{"nonsense", scimType},
		{", ,;", scimType},
	} {
		for path, status := range map[string]int{"/Users": 200, "/Users/nobody": 404} {
			a := s.do("GET", path, "", "Accept", c.accept).wantStatus(t, status)
			if got := a.Header.Get("Content-Type"); got != c.want {
				t.Errorf("GET %s with Accept %q is answered as %q, want exactly %q", path, c.accept, got, c.want)
			}
		}
	}
}

func TestBodiesAreJSONInUTF8(t *testing.T) {
	t.Parallel()
	s := serve(t)
	for i, c := range []struct {
		name, value string
		status      int
	}{
		{"Content-Type", "application/scim+json", 201},
		{"Content-Type", "application/json", 201},
		{"Content-Type", "text/json", 201},
		{"Content-Type", "application/scim+json; charset=utf-8", 201},
		{"Content-Type", `application/json;charset="UTF-8"`, 201},
		{"Content-Type", "text/json; charset=utf8", 201},
		{"Content-Type", "application/json;", 201},
		{"Content-Type", "", 201}, // none: the decoder judges
		{"Content-Encoding", "identity", 201},
		{"Content-Type", "application/xml", 415},
		{"Content-Type", "text/plain", 415},
		{"Content-Type", "application/json-patch+json", 415},
		{"Content-Type", "application/scim+json; charset=utf-16", 415},
		{"Content-Type", "application/json; charset=iso-8859-1", 415},
		{"Content-Type", "multipart/form-data; boundary=x", 415},
		{"Content-Type", "/", 415},
		{"Content-Encoding", "gzip", 415},
		{"Content-Encoding", "identity, gzip", 415},
	} {
		body := strings.Replace(userBody, "%s", "media"+string(rune('a'+i)), 1)
		a := s.do("POST", "/Users", body, c.name, c.value)
		if c.status == 415 {
			a.wantError(t, "", 415)
			continue
		}
		if a.StatusCode != c.status {
			t.Errorf("POST with %s %q: answered %d, want %d\n%s", c.name, c.value, a.StatusCode, c.status, a.text)
		}
	}
	// What a read says of a body it does not have is nobody's business.
	s.do("GET", "/Users", "", "Content-Type", "application/xml").wantStatus(t, 200)
}

func TestBodiesThatAreNoObjectAreRefused(t *testing.T) {
	t.Parallel()
	s := serve(t)
	for _, body := range []string{"", "[]", `"x"`, "null", "7", `{"userName":"x"`, `{"userName":"x"} more`, `{"userName":"x"}{"userName":"y"}`, "<user/>"} {
		s.do("POST", "/Users", body, "Content-Type", "application/scim+json").wantError(t, "invalidSyntax", 400)
	}
	if len(s.records.sources) > 0 {
		t.Error("a body that is no object reached the records")
	}
}

func TestBodiesOverTheLimitAreRefused(t *testing.T) {
	t.Parallel()
	s := serve(t)
	filler := func(size int) string { return `{"userName":"` + strings.Repeat("a", size) + `"}` }
	s.do("POST", "/Users", filler(1<<20)).wantError(t, "", 413)
	s.do("PUT", "/Users/"+s.newUser("kim"), filler(1<<20)).wantError(t, "", 413)
	s.do("POST", "/Users/.search", filler(1<<20)).wantError(t, "", 413)
	s.do("POST", "/Bulk", filler(8<<20)).wantError(t, "", 413)
	s.do("POST", "/Groups", filler(32<<20)).wantError(t, "", 413)
	// Under the limit of the path the decoder judges, and finds the string too long.
	s.do("POST", "/Groups", filler(9<<20)).wantError(t, "invalidValue", 400)

	// The limit holds for a body that does not say how long it is.
	a := s.send("POST", "/Users", &endless{})
	a.wantError(t, "", 413)
}
