package gateway_test

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/muster-scim/muster/gateway"
	"github.com/muster-scim/muster/tenants"
)

// clients knows one OAuth client of the connector acme.
type clients struct {
	err   error
	mode  tenants.Mode
	turns tenants.Allowance
	asked tenants.Client
}

const (
	clientID     = "0123456789abcdef"
	clientSecret = "mss_se+cr%t"
)

var clientCredential = uuid.NewSHA1(uuid.NameSpaceOID, []byte("client"))

func (c *clients) Grant(_ context.Context, asked tenants.Client) (tenants.Grant, error) {
	c.asked = asked
	switch {
	case c.err != nil:
		return tenants.Grant{}, c.err
	case asked.Slug != "acme" || asked.ID != clientID || asked.Secret != clientSecret:
		return tenants.Grant{}, tenants.ErrUnauthenticated
	}
	return tenants.Grant{Token: "mso_token", Lives: time.Hour, Principal: tenants.Principal{
		Connector: tenants.Connector{Slug: "acme", Mode: c.mode}, Credential: tenants.Credential{ID: clientCredential, Name: "PingFederate"}, Allowance: c.turns,
	}}, nil
}

// ask sends a form to the token endpoint of acme.
func (s *server) ask(path, form string, headers ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(http.MethodPost, path, strings.NewReader(form))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	s.engine.ServeHTTP(w, r)
	return w
}

func basicOf(id, secret string) string {
	return "Basic " + base64.StdEncoding.EncodeToString([]byte(id+":"+secret))
}

const tokenPath = "/scim/acme/oauth/token"

var inForm = "grant_type=client_credentials&client_id=" + clientID + "&client_secret=" + url.QueryEscape(clientSecret)

func TestAClientAuthenticatesByHeaderOrForm(t *testing.T) {
	t.Parallel()
	for name, x := range map[string]struct {
		form   string
		header []string
	}{
		"in the form":              {inForm, nil},
		"with a charset":           {inForm, []string{"Content-Type", "application/x-www-form-urlencoded; charset=UTF-8"}},
		"with a scope":             {inForm + "&scope=scim", nil},
		"by Basic":                 {"grant_type=client_credentials", []string{"Authorization", basicOf(clientID, url.QueryEscape(clientSecret))}},
		"by Basic, in odd case":    {"grant_type=client_credentials", []string{"Authorization", "bASIC  " + basicOf(clientID, url.QueryEscape(clientSecret))[6:]}},
		"by Basic, the id as well": {"grant_type=client_credentials&client_id=" + clientID, []string{"Authorization", basicOf(clientID, url.QueryEscape(clientSecret))}},
	} {
		c := &clients{}
		s := serve(t, func(o *gateway.Options) { o.Clients = c })
		w := s.ask(tokenPath, x.form, x.header...)
		var got map[string]any
		if err := json.Unmarshal(w.Body.Bytes(), &got); err != nil || w.Code != http.StatusOK || got["access_token"] != "mso_token" || got["token_type"] != "Bearer" || got["expires_in"] != 3600.0 {
			t.Errorf("%s: %d %s", name, w.Code, w.Body)
		}
		h := w.Header()
		if h.Get("Cache-Control") != "no-store" || h.Get("Pragma") != "no-cache" || h.Get("Content-Type") != "application/json" {
			t.Errorf("%s: headers %v", name, h)
		}
		if c.asked.Peer == "" || c.asked.Address == "" {
			t.Errorf("%s: asked by nobody: %+v", name, c.asked)
		}
		if log := s.log.String(); !strings.Contains(log, `"credentialName":"PingFederate"`) || !strings.Contains(log, clientCredential.String()) || !strings.Contains(log, `"route":"/oauth/token"`) || strings.Contains(log, "mso_") || strings.Contains(log, "mss_") {
			t.Errorf("%s: the log says %s", name, log)
		}
	}
}

func TestTokenRequestsAreRefusedInOAuthsWords(t *testing.T) {
	t.Parallel()
	for name, x := range map[string]struct {
		form    string
		header  []string
		clients clients
		status  int
		code    string
	}{
		"no grant type":             {"client_id=x", nil, clients{}, 400, "invalid_request"},
		"another grant type":        {"grant_type=password&username=x", nil, clients{}, 400, "unsupported_grant_type"},
		"JSON":                      {`{"grant_type":"client_credentials"}`, []string{"Content-Type", "application/json"}, clients{}, 400, "invalid_request"},
		"no media type":             {inForm, []string{"Content-Type", ""}, clients{}, 400, "invalid_request"},
		"a field twice":             {inForm + "&client_id=" + clientID, nil, clients{}, 400, "invalid_request"},
		"a form that is none":       {"grant_type=%zz", nil, clients{}, 400, "invalid_request"},
		"a form without end":        {inForm + "&scope=" + strings.Repeat("x", 9000), nil, clients{}, 400, "invalid_request"},
		"both ways":                 {inForm, []string{"Authorization", basicOf(clientID, "x")}, clients{}, 400, "invalid_request"},
		"two clients":               {"grant_type=client_credentials&client_id=other", []string{"Authorization", basicOf(clientID, "x")}, clients{}, 400, "invalid_request"},
		"nobody":                    {"grant_type=client_credentials", nil, clients{}, 401, "invalid_client"},
		"a wrong secret":            {inForm + "x", nil, clients{}, 401, "invalid_client"},
		"a header of another kind":  {inForm, []string{"Authorization", "Bearer " + acme}, clients{}, 401, "invalid_client"},
		"a header that is no pair":  {"grant_type=client_credentials", []string{"Authorization", "Basic ???"}, clients{}, 401, "invalid_client"},
		"too many failures":         {inForm, nil, clients{err: &tenants.FailuresError{Retry: 7 * time.Second}}, 429, "temporarily_unavailable"},
		"a foreign network":         {inForm, nil, clients{err: &tenants.NetworkError{Address: "192.0.2.1"}}, 403, "unauthorized_client"},
		"a disabled connector":      {inForm, nil, clients{mode: tenants.Disabled}, 403, "unauthorized_client"},
		"a connector without turns": {inForm, nil, clients{turns: tenants.Allowance{Refused: true, Wait: 7 * time.Second}}, 429, "temporarily_unavailable"},
		"a database that is away":   {inForm, nil, clients{err: errBroken}, 503, "temporarily_unavailable"},
	} {
		s := serve(t, func(o *gateway.Options) { o.Clients = &x.clients })
		w := s.ask(tokenPath, x.form, x.header...)
		var got struct {
			Error       string
			Description string `json:"error_description"`
		}
		if err := json.Unmarshal(w.Body.Bytes(), &got); err != nil || w.Code != x.status || got.Error != x.code || got.Description == "" {
			t.Errorf("%s: %d %s, want %d %s", name, w.Code, w.Body, x.status, x.code)
		}
		h := w.Header()
		if h.Get("Cache-Control") != "no-store" || (h.Get("WWW-Authenticate") != "") != (x.status == 401) || (h.Get("Retry-After") != "") != (x.status == 429 || x.status == 503) {
			t.Errorf("%s: headers %v", name, h)
		}
		if strings.Contains(w.Body.String(), "10.1.2.3") || strings.Contains(w.Body.String(), "mso_") {
			t.Errorf("%s: tells too much: %s", name, w.Body)
		}
	}
}

func TestTheTokenEndpointIsOneAddress(t *testing.T) {
	t.Parallel()
	s := serve(t, func(o *gateway.Options) { o.Clients = &clients{} })
	for path, want := range map[string]int{
		tokenPath: 200, tokenPath + "/": 200, "/scim/acme//oauth//token": 200,
		"/scim/other/oauth/token": 401, "/scim/nobody/oauth/token": 401,
		"/scim/acme/oauth": 401, "/scim/acme/oauth/token/x": 401, "/scim/acme/oauth/authorize": 401, "/scim/acme/v2/oauth/token": 401,
	} {
		if w := s.ask(path, inForm); w.Code != want {
			t.Errorf("%s: %d, want %d", path, w.Code, want)
		}
	}
	if w := s.ask(tokenPath+"?client_id="+clientID+"&client_secret="+url.QueryEscape(clientSecret), "grant_type=client_credentials"); w.Code != http.StatusUnauthorized {
		t.Errorf("a secret in the address: %d", w.Code)
	}
	r := httptest.NewRequest(http.MethodGet, tokenPath, nil)
	w := httptest.NewRecorder()
	s.engine.ServeHTTP(w, r)
	if w.Code != http.StatusMethodNotAllowed || w.Header().Get("Allow") != "POST" {
		t.Errorf("GET: %d, Allow %q", w.Code, w.Header().Get("Allow"))
	}
}

// foreign is an authenticator that knows every caller, and accepts none from where it is.
type foreign struct{ peer string }

func (f *foreign) Authenticate(_ context.Context, c tenants.Caller) (tenants.Principal, error) {
	f.peer = c.Peer
	return tenants.Principal{}, &tenants.NetworkError{Address: c.Peer, Principal: tenants.Principal{Credential: tenants.Credential{ID: clientCredential, Name: "OneAccess"}}}
}

func TestAValidCredentialFromAForeignNetworkIsToldSo(t *testing.T) {
	t.Parallel()
	f := &foreign{}
	s := serve(t, func(o *gateway.Options) { o.Auth = f })
	r := httptest.NewRequest(http.MethodGet, "/scim/acme/v2/Users", nil)
	r.RemoteAddr = "[2001:db8::1:2]:4711"
	w := httptest.NewRecorder()
	s.engine.ServeHTTP(w, r)
	if w.Code != http.StatusForbidden || f.peer != "2001:db8::1:2" || !strings.Contains(w.Body.String(), f.peer) {
		t.Errorf("%d %s of %s", w.Code, w.Body, f.peer)
	}
	if log := s.log.String(); !strings.Contains(log, `"credentialName":"OneAccess"`) {
		t.Errorf("the log says %s", log)
	}
}
