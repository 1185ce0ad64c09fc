package gateway

import (
	"errors"
	"net/http"
	"slices"
	"strings"

	"github.com/google/uuid"

	"github.com/muster-scim/muster/scim"
	"github.com/muster-scim/muster/scim/canonical"
	"github.com/muster-scim/muster/tenants"
)

// hear tells how a request came, once it is answered. err is what was wrong with it.
func (g *Gateway) hear(rq *request, err error) {
	if g.heard == nil || rq.trace.connector == "" || stranger(rq, err) {
		return
	}
	h := tenants.Heard{
		Slug: rq.trace.connector, Method: knownMethod(rq.r.Method), Route: rq.trace.route, Version: rq.wire.version,
		Credential: rq.principal.Credential.ID, Agent: rq.r.UserAgent(),
	}
	if answered, ok := rq.w.(interface{ Status() int }); ok {
		h.Status = answered.Status()
	}
	h.Diagnosis = g.diagnose(rq, &h, err)
	g.heard(h)
	if rq.refusal != nil && rq.refusal.Owner != "" {
		h.Slug, h.Diagnosis, h.Hint, h.Credential = rq.refusal.Owner, tenants.UsedElsewhere, rq.trace.connector, rq.refusal.Credential
		g.heard(h)
	}
}

// stranger says whether nobody is known to have sent a request, and nothing is known of why: a form
// that holds no client, a look-up that failed, an access token whose client asks for the next one.
func stranger(rq *request, err error) bool {
	var foreign *tenants.NetworkError
	return err != nil && rq.principal.Credential.ID == uuid.Nil && rq.refusal == nil && !errors.As(err, &foreign)
}

// diagnose says what is wrong with the way a request came, and adds to what was heard what may be
// shown of it.
func (g *Gateway) diagnose(rq *request, h *tenants.Heard, err error) tenants.Diagnosis {
	var foreign *tenants.NetworkError
	var limit *limitError
	switch {
	case rq.refusal != nil:
		h.Hint = rq.refusal.Hint
		if rq.refusal.Owner == "" {
			h.Credential = rq.refusal.Credential
		}
		return rq.refusal.Diagnosis
	case errors.As(err, &foreign):
		h.Hint, h.Credential = foreign.Address, foreign.Principal.Credential.ID
		return tenants.OutsideNetworks
	case errors.Is(err, errDisabled):
		return tenants.ConnectorDisabled
	case errors.Is(err, errReadOnly):
		return tenants.ReadOnlyUsed
	case errors.As(err, &limit):
		return tenants.TooMany
	case h.Status == http.StatusNotFound && doubled(rq.r.URL.Path):
		return tenants.DoubledPath
	case errors.Is(err, errUnknownPath), errors.Is(err, errUnknownVersion):
		h.Hint = beginning(rq.r.URL.Path)
		return tenants.UnknownPath
	case rq.trace.plain && strings.HasPrefix(g.public, "https:"):
		return tenants.PlainHTTP
	case rq.old:
		return tenants.OldBody
	}
	return ""
}

// doubled says whether a clean path below /scim has a part of a base URL twice: /scim/a/v2/scim/…,
// /scim/a/v2/v2/Users, /scim/a/v2/Users/Users.
func doubled(path string) bool {
	segments := strings.Split(strings.TrimPrefix(path, "/"), "/")
	if len(segments) < 4 {
		return false
	}
	version, below := segments[2], segments[3:]
	return slices.Contains(below, "scim") || slices.Contains(below, version) ||
		slices.ContainsFunc(below[1:], func(s string) bool { return endpoints[canonical.Key(s)] != "" && !strings.HasPrefix(s, ".") })
}

// beginning is where a path goes that nothing is at: version and name, without what could be an
// id or a person behind them.
func beginning(path string) string {
	segments := strings.Split(strings.TrimPrefix(path, "/scim/"), "/")
	return "/" + strings.Join(segments[1:min(len(segments), 3)], "/")
}

// speaksOld says whether a body names the schemas of SCIM 1.1.
func speaksOld(body map[string]any) bool {
	list, _ := body["schemas"].([]any)
	return slices.ContainsFunc(list, func(v any) bool {
		urn, _ := v.(string)
		return strings.HasPrefix(strings.ToLower(urn), "urn:scim:schemas:") && strings.Contains(urn, ":1.0")
	})
}

var errUnknownVersion = scim.NewError(http.StatusNotFound, "there is nothing at this path; the base URL of this connector ends in /v2, or for SCIM 1.1 in /v1")
