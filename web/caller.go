package web

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"net/http"
	"net/netip"
	"strings"

	"github.com/gin-gonic/gin"

	"github.com/muster-scim/muster/directory"
	"github.com/muster-scim/muster/policy"
	"github.com/muster-scim/muster/tenants/administrators"
)

type callerKey struct{}

// callerOf is who calls; where nobody signed in, somebody who may do nothing.
func callerOf(ctx context.Context) administrators.Caller {
	caller, _ := ctx.Value(callerKey{}).(administrators.Caller)
	return caller
}

// admin is who an event names: the administrator's e-mail, with the name of the API token where it
// was one, or "token" for the deployment's own.
func admin(ctx context.Context) directory.Admin {
	caller := callerOf(ctx)
	if caller.Role == "" {
		return directory.Admin{ID: "anonymous", Request: requestID(ctx)}
	}
	a := directory.Admin{ID: caller.Actor(), Request: requestID(ctx)}
	if viewIn(ctx) != nil {
		a.MayReplace = func(now, next policy.Rules) error { return leftAlone(next, now) }
	}
	return a
}

type fromKey struct{}

// from is where the request comes from, and the session that its browser has.
func from(ctx context.Context) administrators.From {
	f, _ := ctx.Value(fromKey{}).(administrators.From)
	return f
}

// authenticate finds out who calls. Without a way in, only the few paths answer that say nothing
// of the deployment: how to call the API, and how to sign in.
func (a *API) authenticate(c *gin.Context) {
	ctx := context.WithValue(c.Request.Context(), fromKey{}, administrators.From{
		Address: network(c.ClientIP()), Agent: c.Request.UserAgent(), Session: a.cookieOf(c.Request, sessionCookie)})
	ctx = context.WithValue(ctx, rememberedKey{}, a.cookieOf(c.Request, oidcCookie))
	c.Request = c.Request.WithContext(ctx)
	if path := c.FullPath(); path == openapiPath || a.open[c.Request.Method+" "+path] {
		c.Next()
		return
	}
	caller, problem := a.identity(ctx, c.Request)
	if problem != nil {
		if problem.Status == http.StatusUnauthorized {
			c.Header("WWW-Authenticate", challenge)
		}
		writeProblem(c, problem)
		return
	}
	c.Request = c.Request.WithContext(context.WithValue(ctx, callerKey{}, caller))
	c.Next()
}

// challenge says how to come in; browsers ask nobody for a Bearer token.
const challenge = `Bearer realm="muster admin API"`

// network is an address as attempts are counted by: of IPv6 the network of 64 bits, which one
// household or machine has.
func network(address string) string {
	ip, err := netip.ParseAddr(address)
	if err != nil {
		return "unknown"
	}
	if ip = ip.Unmap(); ip.Is6() {
		if p, err := ip.WithZone("").Prefix(64); err == nil {
			return p.String()
		}
	}
	return ip.String()
}

// identity is who the request says it is: by a bearer token, else by the cookie of a session.
func (a *API) identity(ctx context.Context, r *http.Request) (administrators.Caller, *Problem) {
	headers := r.Header.Values("Authorization")
	secret := from(ctx).Session
	if len(headers) == 0 && secret != "" {
		caller, err := a.administrators.BySession(ctx, secret)
		return caller, a.refusal(ctx, err, "The session has ended, or somebody ended it. Sign in again.")
	}
	token, problem := bearer(headers)
	if problem != nil {
		return administrators.Caller{}, problem
	}
	if administrators.IsToken(token) {
		caller, err := a.administrators.ByToken(ctx, token)
		return caller, a.refusal(ctx, err, "This API token is not valid: it has ended, or its administrator is disabled. POST /api/v1/api-tokens makes another one.")
	}
	// The comparison takes as long for a token that is nearly right as for one that is not; a
	// connector's token is compared like any other text and so is never one.
	given := sha256.Sum256([]byte(token))
	if subtle.ConstantTimeCompare(given[:], a.token[:]) != 1 {
		return administrators.Caller{}, unauthenticated("This is not the admin token. It is the value of MUSTER_ADMIN_TOKEN or, where that was not set, in " +
			"the file admin.token beside the database; a connector's token is for SCIM only.")
	}
	return administrators.Deployment(), nil
}

// refusal is the problem of a way in that led nowhere; nil without an error.
func (a *API) refusal(ctx context.Context, err error, detail string) *Problem {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, administrators.ErrWrong):
		return unauthenticated(detail)
	}
	return a.problemOf(ctx, err, "")
}

func unauthenticated(detail string) *Problem {
	return newProblem(http.StatusUnauthorized, "unauthenticated", detail)
}

// bearer is the token of the Authorization header, of which there is one.
func bearer(headers []string) (token string, problem *Problem) {
	if len(headers) == 0 {
		return "", unauthenticated("The admin API needs a session (sign in at /ui/), or the header \"Authorization: Bearer TOKEN\" with an API token or the " +
			"admin token: the value of MUSTER_ADMIN_TOKEN or, where that was not set, in the file admin.token beside the database.")
	}
	scheme, token, _ := strings.Cut(headers[0], " ")
	if len(headers) > 1 || !strings.EqualFold(scheme, "Bearer") {
		return "", unauthenticated("The admin API takes one header \"Authorization: Bearer TOKEN\".")
	}
	return strings.TrimSpace(token), nil
}
