package web

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/danielgtaylor/huma/v2"
)

// The table of routes is the OpenAPI document itself, so a route cannot be forgotten here.
func TestEveryRouteRefusesWhoHasNoAdminToken(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	routes := 0
	for path, item := range d.api.Document().Paths {
		path = Base + strings.NewReplacer("{c}", "acme-okta", "{d}", "main", "{id}", "x", "{userId}", "y", "{name}", "acme").Replace(path)
		for method, op := range map[string]*huma.Operation{
			http.MethodGet: item.Get, http.MethodPost: item.Post, http.MethodPut: item.Put, http.MethodPatch: item.Patch, http.MethodDelete: item.Delete,
		} {
			if op == nil || op.Extensions[reachExtension] == string(everything) {
				continue
			}
			routes++
			for name, authorization := range map[string]string{
				"none":                 "",
				"wrong":                "Bearer wrong",
				"nearly right":         "Bearer " + adminToken + "x",
				"empty":                "Bearer ",
				"right as Basic":       "Basic " + adminToken,
				"right without scheme": adminToken,
				"a SCIM token":         "Bearer mst_0123456789abcdef_0123456789abcdef0123456789abcdef0123456789a_abcdef",
			} {
				p := d.do(method, path, "", "Authorization: "+authorization)
				p.problem(http.StatusUnauthorized, "unauthenticated")
				if p.header.Get("WWW-Authenticate") == "" {
					t.Errorf("%s %s with token %s: no WWW-Authenticate", method, path, name)
				}
			}
		}
	}
	if routes < 40 {
		t.Errorf("only %d routes in the document: is something not registered?", routes)
	}
}

func TestTwoAuthorizationHeadersAreRefused(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	r := httptest.NewRequest(http.MethodGet, Base+"/tenants", nil)
	r.Header.Add("Authorization", "Bearer "+adminToken)
	r.Header.Add("Authorization", "Bearer "+adminToken)
	w := httptest.NewRecorder()
	d.engine.ServeHTTP(w, r)
	if w.Code != http.StatusUnauthorized {
		t.Errorf("answered %d", w.Code)
	}
}

func TestAQueryThatIsNoTextIsRefused(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	for _, query := range []string{"connector=%00", "connector=a%00b", "connector=%FF", "connector=%", "a;b=c", "%00=a", "%FF=a", "q=a&q=%C3"} {
		d.do(http.MethodGet, Base+"/overview/activity?"+query, "").problem(http.StatusUnprocessableEntity, "invalidRequest")
	}
	d.do(http.MethodGet, Base+"/overview/activity?connector=%C3%A9%20%27", "").problem(http.StatusNotFound, "connectorUnknown")
}

func TestEveryAnswerCarriesTheSecurityHeaders(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	for _, path := range []string{"/", "/ui", "/ui/page.css", openapiPath, Base + "/tenants", Base + "/connectors/none"} {
		r := d.do(http.MethodGet, path, "")
		for name, value := range securityHeaders {
			if got, ok := r.header[http.CanonicalHeaderKey(name)]; !ok && value != "" || value != "" && got[0] != value {
				t.Errorf("%s: %s is %q", path, name, got)
			}
		}
		if r.header.Get("Strict-Transport-Security") == "" {
			t.Errorf("%s: no HSTS under an https public URL", path)
		}
		if r.header.Get("X-Request-Id") == "" {
			t.Errorf("%s: no request id", path)
		}
	}
}

func TestAnotherSitesPageCannotWrite(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.do(http.MethodPost, Base+"/tenants", `{"name":"acme"}`, "Sec-Fetch-Site: cross-site").problem(http.StatusForbidden, "crossOrigin")
}

func TestAnEmptyAdminTokenIsNoToken(t *testing.T) {
	t.Parallel()
	if _, err := New(Options{PublicURL: "http://127.0.0.1:8080"}); err == nil {
		t.Error("an API with an empty admin token was made: everybody would be an administrator")
	}
}
