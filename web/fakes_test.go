package web

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/google/uuid"

	"github.com/muster-scim/muster/directory"
	"github.com/muster-scim/muster/policy"
	"github.com/muster-scim/muster/scim"
	"github.com/muster-scim/muster/tenants"
	"github.com/muster-scim/muster/tenants/administrators"
)

const adminToken = "a-token-for-administrators-only"

// effective is a directory that answers what a test gives it. What a test does not give panics,
// which the test sees as a failure.
type effective struct {
	directory.Effective
	users  directory.Page[directory.User]
	detail directory.UserDetail
	events []directory.Event
	rules  policy.Rules
	info   directory.Info
	err    error

	asked struct {
		filter  string
		listing directory.Listing
		by      directory.Admin
		rules   policy.Rules
		setting policy.DirectorySettings
		edited  scim.Document
	}
}

func (e *effective) Users(_ context.Context, _, filter string, _ policy.Status, l directory.Listing) (directory.Page[directory.User], error) {
	e.asked.filter, e.asked.listing = filter, l
	return e.users, e.err
}

func (e *effective) UsersOf(ctx context.Context, name, filter, _ string, status policy.Status, _ directory.Management, l directory.Listing) (directory.Page[directory.User], error) {
	return e.Users(ctx, name, filter, status, l)
}

func (e *effective) ReadUserDetail(context.Context, string, uuid.UUID) (directory.UserDetail, error) {
	return e.detail, e.err
}

func (e *effective) EditLocalUser(_ context.Context, _ directory.Admin, _ string, _ uuid.UUID, match directory.IfMatch, edit directory.UserEdit) (directory.User, error) {
	if match != nil && !match(e.detail.Version) {
		return directory.User{}, directory.ErrVersion
	}
	doc, _, err := edit(scim.ParseDocument(e.detail.JSON))
	e.asked.edited = doc
	return e.detail.User, err
}

func (e *effective) CreateLocalUser(_ context.Context, by directory.Admin, _ string, doc scim.Document) (directory.User, error) {
	e.asked.by, e.asked.edited = by, doc
	return directory.User{UserName: doc.UserName(), Status: policy.UserActive, JSON: doc.JSON(), Version: 1}, e.err
}

// Why knows nobody.
func (e *effective) Why(context.Context, string, directory.Question) (directory.Answer, error) {
	return directory.Answer{}, directory.ErrNotFound
}

func (e *effective) Rules(context.Context, string) (policy.Rules, int64, error) {
	return e.rules, 3, e.err
}

func (e *effective) SetRules(_ context.Context, by directory.Admin, _ string, match directory.IfMatch, r policy.Rules, _ directory.Confirm) (int64, error) {
	if match != nil && !match(3) {
		return 0, directory.ErrVersion
	}
	if _, err := policy.Compile(r); err != nil {
		return 0, err
	}
	e.asked.by, e.asked.rules, e.rules = by, r, r
	return 4, e.err
}

func (e *effective) ReadDirectory(context.Context, string) (directory.Info, error) {
	return e.info, e.err
}

func (e *effective) FindDirectory(ctx context.Context, name string) (directory.Info, error) {
	return e.ReadDirectory(ctx, name)
}

func (e *effective) SetDirectory(_ context.Context, _ directory.Admin, _ string, match directory.IfMatch, s policy.DirectorySettings) (directory.Info, error) {
	if match != nil && !match(e.info.Version) {
		return directory.Info{}, directory.ErrVersion
	}
	e.asked.setting = s
	e.info.Settings = s
	return e.info, nil
}

func (e *effective) Events(_ context.Context, _ directory.EventFilter, l directory.Listing) (directory.Page[directory.Event], error) {
	if e.err != nil {
		return directory.Page[directory.Event]{}, e.err
	}
	start := len(l.Cursor) // a page's cursor is as many letters as events were before it
	end := min(start+2, len(e.events))
	page := directory.Page[directory.Event]{Items: e.events[start:end]}
	if end < len(e.events) {
		page.Next = strings.Repeat("x", end)
	}
	return page, nil
}

// nobody is a store without administrators.
type nobody struct{ administrators.Store }

func (nobody) Administrators(context.Context) ([]administrators.Administrator, error) {
	return nil, nil
}

// unasked is what no test asks of tenancy; embedded under a name that is no method's.
type unasked = Tenants

// tenancy knows one connector, acme-okta.
type tenancy struct {
	unasked
	connector tenants.Connector
	created   tenants.NewConnector
	wanted    tenants.Wanted
	change    tenants.ConnectorChange
	forgotten []string
}

func (s *tenancy) ConnectorBySlug(_ context.Context, slug string) (tenants.Connector, error) {
	if slug != s.connector.Slug {
		return tenants.Connector{}, &tenants.Problem{Kind: tenants.ErrUnknown, Code: tenants.CodeConnectorUnknown, Detail: "there is no connector " + slug}
	}
	return s.connector, nil
}

func (s *tenancy) Connectors(context.Context, tenants.ConnectorFilter) ([]tenants.Connector, error) {
	return []tenants.Connector{s.connector}, nil
}

func (s *tenancy) CreateConnector(_ context.Context, n tenants.NewConnector) (tenants.Connector, tenants.Secrets, error) {
	s.created = n
	c := tenants.Connector{ID: uuid.New(), Slug: n.Slug, Name: n.Name, Tenant: n.Tenant, Kind: n.Kind, Mode: n.Mode, Directory: n.Directory, Version: 1}
	return c, tenants.Secrets{Token: "mst_shown_once"}, nil
}

func (s *tenancy) Mint(_ context.Context, _ string, w tenants.Wanted) (tenants.Credential, tenants.Secrets, error) {
	s.wanted = w
	c := tenants.Credential{ID: uuid.New(), Name: w.Name, Kind: w.Kind, Username: w.Username, Settings: tenants.CredentialSettings{Networks: w.Networks, Entra: w.Entra}}
	switch w.Kind {
	case tenants.Basic:
		return c, tenants.Secrets{Basic: &tenants.BasicPair{Username: w.Username, Password: "shown once"}}, nil
	case tenants.OAuth:
		c.Username = "client"
		return c, tenants.Secrets{Client: &tenants.ClientPair{ID: "client", Secret: "mss_shown_once"}}, nil
	case tenants.Entra:
		return c, tenants.Secrets{}, nil
	}
	return c, tenants.Secrets{Token: "mst_shown_once"}, nil
}

func (s *tenancy) Credentials(context.Context, string) ([]tenants.Credential, error) {
	return []tenants.Credential{{ID: uuid.New(), Name: "first token", Kind: tenants.Bearer, Hint: "a71b"}}, nil
}

func (s *tenancy) UpdateConnector(_ context.Context, _ string, match func(int64) bool, c tenants.ConnectorChange) (tenants.Connector, error) {
	if match != nil && !match(s.connector.Version) {
		return tenants.Connector{}, tenants.ErrVersion
	}
	s.change = c
	return s.connector, nil
}

func (s *tenancy) Tenants(context.Context) (all []tenants.Tenant, _ error) {
	for _, name := range []string{"cyan", "acme", "beta"} {
		all = append(all, tenants.Tenant{ID: uuid.New(), Name: name})
	}
	return all, nil
}

func (s *tenancy) DeleteConnector(context.Context, string) error {
	return &tenants.Problem{Kind: tenants.ErrNotEmpty, Code: tenants.CodeConnectorNotEmpty, Detail: "connector acme-okta still holds 12 records"}
}

func (s *tenancy) Forget(slug string) { s.forgotten = append(s.forgotten, slug) }

// desk is an API with its fakes.
type desk struct {
	t      *testing.T
	api    *API
	engine *gin.Engine
	people *effective
	houses *tenancy
	audit  ledger
}

func newDesk(t *testing.T) *desk {
	t.Helper()
	d := &desk{t: t, people: &effective{}, houses: &tenancy{connector: tenants.Connector{Slug: "acme-okta", Tenant: "acme", Mode: tenants.Live, Version: 7}}}
	var err error
	d.api, err = New(Options{Effective: d.people, Tenants: d.houses, AdminToken: adminToken, PublicURL: "https://muster.example.com/", Version: "test", Audit: &d.audit, Refused: d.audit.hear,
		Administrators: administrators.NewRegistry(nobody{}, time.Now)})
	if err != nil {
		t.Fatal(err)
	}
	gin.SetMode(gin.ReleaseMode)
	d.engine = gin.New()
	d.engine.RedirectTrailingSlash = false
	d.api.Mount(d.engine)
	return d
}

// do sends a request with the admin token and headers given as "Name: value".
func (d *desk) do(method, path, body string, headers ...string) *reply {
	d.t.Helper()
	r := httptest.NewRequest(method, path, strings.NewReader(body))
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	r.Header.Set("Authorization", "Bearer "+adminToken)
	for _, h := range headers {
		name, value, _ := strings.Cut(h, ": ")
		r.Header.Set(name, value)
		if value == "" {
			r.Header.Del(name)
		}
	}
	w := httptest.NewRecorder()
	d.engine.ServeHTTP(w, r)
	data, err := io.ReadAll(w.Result().Body)
	if err != nil {
		d.t.Fatal(err)
	}
	return &reply{t: d.t, status: w.Code, header: w.Header(), body: string(data)}
}

type reply struct {
	t      *testing.T
	status int
	header http.Header
	body   string
}

func (r *reply) wants(status int) *reply {
	r.t.Helper()
	if r.status != status {
		r.t.Fatalf("answered %d, not %d: %s", r.status, status, r.body)
	}
	return r
}

// problem reads a problem document and checks what every one has.
func (r *reply) problem(status int, code string) Problem {
	r.t.Helper()
	r.wants(status)
	if ct := r.header.Get("Content-Type"); ct != "application/problem+json" {
		r.t.Errorf("a problem came as %q", ct)
	}
	var p Problem
	r.into(&p)
	if p.Code != code || p.Status != status || p.Title == "" || len(p.Detail) < 20 {
		r.t.Errorf("want a problem %d %s with a title and a sentence, got %s", status, code, r.body)
	}
	return p
}

func (r *reply) into(v any) {
	r.t.Helper()
	if err := json.Unmarshal([]byte(r.body), v); err != nil {
		r.t.Fatalf("%v in %s", err, r.body)
	}
}

func (r *reply) object() map[string]any {
	r.t.Helper()
	m := map[string]any{}
	r.into(&m)
	return m
}
