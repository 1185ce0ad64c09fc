package gateway

import (
	"net/url"
	"strings"
	"testing"
)

func TestPathGuard(t *testing.T) {
	t.Parallel()
	const refused = "refused"
	for _, c := range []struct{ sent, want string }{
		{"/scim/acme/v2/Users", "/scim/acme/v2/Users"},
		{"/scim/acme/v2/Users/", "/scim/acme/v2/Users"},
		{"/scim/acme/v2//Users", "/scim/acme/v2/Users"},
		{"//scim/acme//v2///Users//", "/scim/acme/v2/Users"},
		{"/scim/acme/v2/Users/.search", "/scim/acme/v2/Users/.search"},
		{"/scim/acme/v2/Users/1'%20OR%20'1'='1", "/scim/acme/v2/Users/1' OR '1'='1"},
		{"/scim/acme/v2/Schemas/urn%3Aietf%3Ascim", "/scim/acme/v2/Schemas/urn:ietf:scim"},
		{"/scim/acme/v2/Users/%C3%85sa", "/scim/acme/v2/Users/Åsa"},
		{"/scim", "/scim"},
		{"/scim/", "/scim"},
		{"/", "/"},
		{"//", "/"},
		{"/ui/", "/ui/"},
		{"/api/v1/tenants/", "/api/v1/tenants"},

		{"/scim//v2/Users", refused},
		{"//scim//v2/Users", refused},
		{"/scim/acme/v2/Users%2F42", refused},
		{"/scim/acme/v2/Users%2f42", refused},
		{"/scim/acme%2Fevil/v2/Users", refused},
		{"/scim/acme/v2/Users/..%5C..%5CGroups", refused},
		{`/scim/acme/v2/Users/..\Groups`, refused},
		{"/scim/acme/v2/Users/x%00y", refused},
		{"/scim/acme/v2/Users/x%0Ay", refused},
		{"/scim/acme/v2/Users/x%0d%0ay", refused},
		{"/scim/acme/v2/Users/%7F", refused},
		{"/scim/acme/v2/Users/%25", refused},
		{"/scim/acme/v2/Users/%252F", refused},
		{"/scim/acme/v2/Users/%FF", refused},
		{"/scim/acme/v2/../v2/Users", refused},
		{"/scim/acme/v2/./Users", refused},
		{"/scim/acme/v2/%2e%2e/Users", refused},
		{"/scim/acme/v2/..", refused},
		{"/%73cim/acme/v2/Users", refused},
		{"/scim/acme/v2/User%73", refused},
	} {
		u, err := url.ParseRequestURI(c.sent)
		if err != nil {
			t.Fatalf("%s: %v", c.sent, err)
		}
		got, ok := cleanPath(u)
		if !ok {
			got = refused
		}
		if got != c.want {
			t.Errorf("%s is routed as %q, want %q", c.sent, got, c.want)
		}
	}
}

// FuzzPathGuard holds what every path that passes must keep: it is what was sent, but for its
// slashes, and nobody could read another path in it.
func FuzzPathGuard(f *testing.F) {
	for _, seed := range []string{
		"/scim/acme/v2/Users", "/scim//v2", "//", "/%2e%2e/", "/a%2Fb", "/a%25b", "/%C3%85", "/a/./b", "/api//x/", "/ui//", "/%zz",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, sent string) {
		u, err := url.ParseRequestURI(sent)
		if err != nil || u.Host != "" {
			return
		}
		path, ok := cleanPath(u)
		if !ok {
			return
		}
		if !strings.HasPrefix(path, "/") || strings.Contains(path, "//") {
			t.Errorf("%q is routed as %q, which is not clean", sent, path)
		}
		for _, segment := range strings.Split(path, "/") {
			if segment == "." || segment == ".." {
				t.Errorf("%q is routed as %q, with a dot segment", sent, path)
			}
		}
		if strings.ContainsAny(path, "\\%\x00\r\n") {
			t.Errorf("%q is routed as %q", sent, path)
		}
		if got, want := strings.ReplaceAll(path, "/", ""), strings.ReplaceAll(u.Path, "/", ""); got != want {
			t.Errorf("%q is routed as %q: more than slashes changed", sent, path)
		}
		if strings.Count(strings.ToLower(u.EscapedPath()), "%2f") > 0 {
			t.Errorf("%q passes with an encoded slash", sent)
		}
		again, ok := cleanPath(&url.URL{Path: path})
		if !ok || again != path {
			t.Errorf("%q is routed as %q, and that as %q", sent, path, again)
		}
	})
}

func FuzzEntityTags(f *testing.F) {
	for _, seed := range []string{"*", `W/"7"`, `"7", W/"8"`, `"`, `W/`, `"a"b`, ","} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, list string) {
		tags, every := entityTags(list)
		if every && len(tags) > 0 {
			t.Errorf("%q is every tag and %q", list, tags)
		}
		for _, tag := range tags {
			if len(tag) < 2 || tag[0] != '"' || tag[len(tag)-1] != '"' || strings.Contains(tag[1:len(tag)-1], `"`) {
				t.Errorf("%q has the tag %q, which is not quoted once", list, tag)
			}
		}
	})
}
