package e2e

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// admin sends a request to the admin API and returns the answer, whatever it is. A nil body
// sends none.
func (s *server) admin(t testing.TB, method, path string, body any) response {
	t.Helper()
	r := request{Method: method, Target: "/api/v1" + path, Header: http.Header{"Authorization": {"Bearer " + s.token}}}
	if body != nil {
		r.Body = encode(t, body)
		r.Header.Set("Content-Type", "application/json")
	}
	return s.must(t, r)
}

// adminOK is admin for what has to succeed.
func (s *server) adminOK(t testing.TB, method, path string, body any) response {
	t.Helper()
	answer := s.admin(t, method, path, body)
	if answer.Status/100 != 2 {
		t.Fatalf("%s /api/v1%s: %d %s\n\tthe body sent was %s", method, path, answer.Status, excerpt(answer.Body), show(body))
	}
	return answer
}

// items reads a whole list of the admin API, page by page.
func (s *server) items(t testing.TB, path string) (all []map[string]any) {
	t.Helper()
	separator := "?"
	if strings.Contains(path, "?") {
		separator = "&"
	}
	for cursor := ""; ; {
		page := path + separator + "limit=500"
		if cursor != "" {
			page += "&cursor=" + url.QueryEscape(cursor)
		}
		answer := s.adminOK(t, "GET", page, nil)
		list, ok := answer.at(t, "$.items").([]any)
		if !ok {
			t.Fatalf("GET /api/v1%s: no items in %s", page, excerpt(answer.Body))
		}
		for _, item := range list {
			all = append(all, item.(map[string]any))
		}
		next, more := answer.at(t, "$.next").(string)
		if !more || next == "" {
			return all
		}
		cursor = next
	}
}

// settled waits until no record of a directory waits to be settled.
func (s *server) settled(t testing.TB, directory string) {
	t.Helper()
	for deadline := time.Now().Add(60 * time.Second); ; time.Sleep(5 * time.Millisecond) { // there is nothing to be notified by
		pending := plainText(s.adminOK(t, "GET", "/directories/"+directory+"/settling", nil).at(t, "$.pending"))
		if pending == "0" {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("after a minute %s records of %s still wait to be settled", pending, directory)
		}
	}
}

// tenant makes a tenant and returns its name.
func (s *server) tenant(t testing.TB) string {
	t.Helper()
	name := "tenant-" + unique()
	s.adminOK(t, "POST", "/tenants", map[string]any{"name": name})
	return name
}

// directory makes a directory and returns its name.
func (s *server) directory(t testing.TB) string {
	t.Helper()
	name := "dir-" + unique()
	s.adminOK(t, "POST", "/directories", map[string]any{"name": name})
	return name
}

// wanted says which connector to make.
type wanted struct {
	Tenant, Directory string
	Kind              string         // "" means generic
	Basic             bool           // a Basic pair instead of a token alone
	Rules             map[string]any // nil: the defaults
	Settings          map[string]any // to PATCH afterwards; nil: none
}

// connector is a connector and what its IdP is given.
type connector struct {
	*server
	Slug  string
	Token string
	Basic string            // username:password in base64
	base  map[string]string // path of the base URL by SCIM version, "2.0" or "1.1"

	version string // that its IdP speaks; "" is 2.0
}

// over is the same connector, spoken to in a version of SCIM.
func (c connector) over(version string) connector {
	c.version = version
	return c
}

// root is the path of the base URL that its IdP uses.
func (c connector) root() string {
	if c.version == "" {
		return c.base["2.0"]
	}
	return c.base[c.version]
}

// connector makes a live connector.
func (s *server) connector(t testing.TB, w wanted) connector {
	t.Helper()
	if w.Kind == "" {
		w.Kind = "generic"
	}
	slug := "c-" + unique()
	body := map[string]any{
		"tenant": w.Tenant, "directory": w.Directory, "name": "Connector " + slug, "slug": slug,
		"kind": w.Kind, "mode": "live",
	}
	if w.Rules != nil {
		body["rules"] = w.Rules
	}
	if w.Basic {
		body["basicAuth"] = map[string]any{"username": "scim-" + slug}
	}
	made := s.adminOK(t, "POST", "/connectors", body)
	c := connector{server: s, Slug: slug, base: map[string]string{}}
	c.Token, _ = made.at(t, "$.token").(string)
	s.remember(c.Token)
	for version, key := range map[string]string{"2.0": "$.scim.v2", "1.1": "$.scim.v1"} {
		full, _ := made.at(t, key).(string)
		if full == "" {
			continue
		}
		path, ok := strings.CutPrefix(full, s.URL)
		if !ok {
			t.Fatalf("%s of a new connector is %s, want it below the public URL %s", key, full, s.URL)
		}
		c.base[version] = strings.TrimSuffix(path, "/")
	}
	if w.Basic {
		pair := made.text(t, "$.basic.username") + ":" + made.text(t, "$.basic.password")
		s.remember(made.text(t, "$.basic.password"))
		c.Basic = base64.StdEncoding.EncodeToString([]byte(pair))
	}
	if w.Settings != nil {
		s.adminOK(t, "PATCH", "/connectors/"+slug, w.Settings)
	}
	return c
}

// lone makes a connector in a tenant and a directory of its own.
func (s *server) lone(t testing.TB, w wanted) connector {
	t.Helper()
	w.Tenant, w.Directory = s.tenant(t), s.directory(t)
	return s.connector(t, w)
}

// scim sends a request to the connector's SCIM endpoint with its token. In SCIM 1.1 the operations
// of a PATCH go as the part of a resource that they mean.
func (c connector) scim(t testing.TB, method, path string, body any) response {
	t.Helper()
	return c.must(t, c.request(t, method, path, body))
}

func (c connector) request(t testing.TB, method, path string, body any) request {
	t.Helper()
	r := request{Method: method, Target: c.root() + path, Header: http.Header{"Authorization": {"Bearer " + c.Token}}}
	if body != nil {
		if c.version == "1.1" {
			body = inOldWords(t, body)
		}
		r.Body = encode(t, body)
		r.Header.Set("Content-Type", "application/scim+json")
	}
	return r
}

// scimOK is scim for what has to succeed.
func (c connector) scimOK(t testing.TB, method, path string, body any) response {
	t.Helper()
	answer := c.scim(t, method, path, body)
	if answer.Status/100 != 2 {
		t.Fatalf("%s %s: %d %s\n\tthe body sent was %s", method, path, answer.Status, excerpt(answer.Body), show(body))
	}
	return answer
}

const (
	userSchema       = "urn:ietf:params:scim:schemas:core:2.0:User"
	groupSchema      = "urn:ietf:params:scim:schemas:core:2.0:Group"
	enterpriseSchema = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
	patchSchema      = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
	errorSchema      = "urn:ietf:params:scim:api:messages:2.0:Error"
)

// user creates a user record and returns its id.
func (c connector) user(t testing.TB, userName string, more ...map[string]any) string {
	t.Helper()
	body := map[string]any{"schemas": []string{userSchema}, "userName": userName, "active": true}
	for _, attributes := range more {
		for name, value := range attributes {
			body[name] = value
		}
	}
	return c.scimOK(t, "POST", "/Users", body).text(t, "$.id")
}

// group creates a group record and returns its id.
func (c connector) group(t testing.TB, displayName string, members ...string) string {
	t.Helper()
	values := []any{}
	for _, id := range members {
		values = append(values, map[string]any{"value": id})
	}
	body := map[string]any{"schemas": []string{groupSchema}, "displayName": displayName, "members": values}
	return c.scimOK(t, "POST", "/Groups", body).text(t, "$.id")
}

// patch is the body of a PATCH.
func patch(operations ...map[string]any) map[string]any {
	return map[string]any{"schemas": []string{patchSchema}, "Operations": operations}
}

func addMembers(ids ...string) map[string]any {
	values := []any{}
	for _, id := range ids {
		values = append(values, map[string]any{"value": id})
	}
	return map[string]any{"op": "add", "path": "members", "value": values}
}

func removeMember(id string) map[string]any {
	return map[string]any{"op": "remove", "path": fmt.Sprintf("members[value eq %q]", id)}
}

func encode(t testing.TB, v any) []byte {
	t.Helper()
	data, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

var counter atomic.Int64

// unique returns a short text that no other call returns, in this process or soon after.
func unique() string {
	return fmt.Sprintf("%x-%d", start, counter.Add(1))
}

var start = time.Now().UnixMilli() & 0xffffff
