package gateway_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/muster-scim/muster/gateway"
	"github.com/muster-scim/muster/tenants"
)

// Tokens of the test's connectors; each opens the connector it is named after.
const (
	acme     = "token-of-acme"
	other    = "token-of-other"
	strict   = "token-of-strict"
	disabled = "token-of-disabled"
	readOnly = "token-of-acme-that-reads"
)

var (
	errBroken  = errors.New("pq: relation scim_members at 10.1.2.3 is gone")
	errNoRedis = errors.New("dial tcp 10.1.2.3:6379: connection refused")
)

// doors is an authenticator over a fixed list.
type doors struct {
	open      map[string]tenants.Principal
	allowance tenants.Allowance // of every valid credential
	tooMany   time.Duration     // not 0: failures are refused for so long
	broken    bool
	address   atomic.Value // string: that the last caller had
}

func newDoors() *doors {
	door := func(slug string, change func(*tenants.Principal)) tenants.Principal {
		p := tenants.Principal{
			Connector:  tenants.Connector{ID: uuid.NewSHA1(uuid.NameSpaceURL, []byte(slug)), Slug: slug, Mode: tenants.Live},
			Credential: tenants.Credential{ID: uuid.NewSHA1(uuid.NameSpaceOID, []byte(slug))},
		}
		if change != nil {
			change(&p)
		}
		return p
	}
	return &doors{open: map[string]tenants.Principal{
		acme: door("acme", func(p *tenants.Principal) {
			p.Connector.Settings.Paths = tenants.Paths{Users: []string{"Personen"}, Groups: []string{"Organizations"}}
		}),
		other:    door("other", nil),
		strict:   door("strict", func(p *tenants.Principal) { p.Connector.Settings.Strict = true }),
		disabled: door("disabled", func(p *tenants.Principal) { p.Connector.Mode = tenants.Disabled }),
		readOnly: door("acme", func(p *tenants.Principal) { p.Credential.ReadOnly = true }),
	}}
}

func (d *doors) Authenticate(_ context.Context, c tenants.Caller) (tenants.Principal, error) {
	d.address.Store(c.Address)
	if d.broken {
		return tenants.Principal{}, errNoRedis
	}
	if len(c.Headers) != 1 && d.tooMany > 0 {
		return tenants.Principal{}, &tenants.FailuresError{Retry: d.tooMany}
	}
	if len(c.Headers) != 1 {
		return tenants.Principal{}, tenants.ErrUnauthenticated
	}
	p, ok := d.open[strings.TrimPrefix(c.Headers[0], "Bearer ")]
	if !ok || p.Connector.Slug != c.Slug {
		return tenants.Principal{}, tenants.ErrUnauthenticated
	}
	p.Allowance = d.allowance
	return p, nil
}

// server is a gateway over fakes.
type server struct {
	t       *testing.T
	engine  *gateway.Engine
	records *records
	doors   *doors
	log     *bytes.Buffer
}

func serve(t *testing.T, change ...func(*gateway.Options)) *server {
	t.Helper()
	return serveBehind(t, nil, change...)
}

// serveBehind is serve behind proxies that are trusted.
func serveBehind(t *testing.T, proxies []netip.Prefix, change ...func(*gateway.Options)) *server {
	t.Helper()
	s := &server{t: t, records: newRecords(), doors: newDoors(), log: &bytes.Buffer{}}
	log := slog.New(slog.NewJSONHandler(s.log, nil))
	s.engine = gateway.NewEngine(log, proxies...)
	o := gateway.Options{Records: s.records, Auth: s.doors, PublicURL: "https://scim.example/", Log: log}
	for _, f := range change {
		f(&o)
	}
	gateway.New(o).Mount(s.engine)
	return s
}

// answer is what came back.
type answer struct {
	*http.Response
	text string
	old  bool // it was asked for at an address of SCIM 1.1
}

// do sends a request. The path is below acme's base unless it starts with "/scim" or names no
// base at all; headers are pairs. Without an Authorization among them acme's token is sent; an
// empty value sends none.
func (s *server) do(method, path, body string, headers ...string) answer {
	s.t.Helper()
	if !strings.HasPrefix(path, "//") && !strings.HasPrefix(path, "/scim") && !strings.HasPrefix(path, "/%") && !strings.HasPrefix(path, "/api") {
		path = "/scim/acme/v2" + path
	}
	var reader io.Reader
	if body != "" {
		reader = strings.NewReader(body)
	}
	r := httptest.NewRequest(method, path, reader)
	if body != "" {
		r.Header.Set("Content-Type", "application/scim+json")
	}
	r.Header.Set("Authorization", "Bearer "+acme)
	for i := 0; i+1 < len(headers); i += 2 {
		switch {
		case headers[i] == "Host":
			r.Host = headers[i+1]
		case headers[i+1] == "":
			r.Header.Del(headers[i])
		default:
			r.Header.Set(headers[i], headers[i+1])
		}
	}
	w := httptest.NewRecorder()
	s.engine.ServeHTTP(w, r)
	return answer{w.Result(), w.Body.String(), strings.Contains(path, "/v1")}
}

// as is the Authorization header of a token, "" for none.
func as(token string) []string {
	if token == "" {
		return []string{"Authorization", ""}
	}
	return []string{"Authorization", "Bearer " + token}
}

// object reads the body as JSON.
func (a answer) object(t *testing.T) map[string]any {
	t.Helper()
	var m map[string]any
	if err := json.Unmarshal([]byte(a.text), &m); err != nil {
		t.Fatalf("%d with a body that is no JSON object: %v\n%s", a.StatusCode, err, a.text)
	}
	return m
}

// wantError checks that an answer is a whole SCIM error with one of the statuses.
func (a answer) wantError(t *testing.T, scimType string, statuses ...int) {
	t.Helper()
	ok := false
	for _, status := range statuses {
		ok = ok || a.StatusCode == status
	}
	if !ok {
		t.Fatalf("answered %d, want one of %v\n%s", a.StatusCode, statuses, a.text)
	}
	e := a.object(t)
	if a.old {
		a.wantOldError(t, e)
		return
	}
	if e["status"] != statusText(a.StatusCode) {
		t.Errorf("status in the body is %#v, want the string %q", e["status"], statusText(a.StatusCode))
	}
	if detail, _ := e["detail"].(string); detail == "" {
		t.Errorf("error without a detail: %s", a.text)
	}
	if list, _ := e["schemas"].([]any); len(list) != 1 || list[0] != "urn:ietf:params:scim:api:messages:2.0:Error" {
		t.Errorf("schemas is %v, want the one of errors", e["schemas"])
	}
	if got, _ := e["scimType"].(string); got != scimType {
		t.Errorf("scimType is %q, want %q (%s)", got, scimType, a.text)
	}
}

// wantOldError checks the form of an error of SCIM 1.1.
func (a answer) wantOldError(t *testing.T, e map[string]any) {
	t.Helper()
	list, _ := e["Errors"].([]any)
	if len(e) != 2 || len(list) != 1 {
		t.Fatalf("an error of SCIM 1.1 is %s", a.text)
	}
	first := list[0].(map[string]any)
	if first["code"] != statusText(a.StatusCode) || first["description"] == "" || first["description"] != e["detail"] {
		t.Errorf("an error of SCIM 1.1 is %s", a.text)
	}
	if got := a.Header.Get("Content-Type"); got != "application/json" {
		t.Errorf("an error of SCIM 1.1 is answered as %s", got)
	}
}

func (a answer) wantStatus(t *testing.T, status int) answer {
	t.Helper()
	if a.StatusCode != status {
		t.Fatalf("answered %d, want %d\n%s", a.StatusCode, status, a.text)
	}
	return a
}

func statusText(status int) string { return strconv.Itoa(status) }

const (
	userBody  = `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"userName":"%s","active":true}`
	groupBody = `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:Group"],"displayName":"%s"}`
	patchURN  = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
)

// newUser creates a user on acme and returns its id.
func (s *server) newUser(name string) string {
	s.t.Helper()
	a := s.do("POST", "/Users", strings.Replace(userBody, "%s", name, 1)).wantStatus(s.t, 201)
	return a.object(s.t)["id"].(string)
}

func (s *server) newGroup(name string) string {
	s.t.Helper()
	a := s.do("POST", "/Groups", strings.Replace(groupBody, "%s", name, 1)).wantStatus(s.t, 201)
	return a.object(s.t)["id"].(string)
}
