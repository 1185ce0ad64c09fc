package web

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"net/http"
	"strings"

	"github.com/gin-gonic/gin"

	"github.com/muster-scim/muster/directory"
)

// openapiPath is the only path of the API that answers without the admin token: it says how to
// call the API and holds nothing of the deployment.
const openapiPath = Base + "/openapi.json"

type requestKey struct{}

// identify remembers the id that the engine gave the request, for events and problems. A
// request that came without one gets one here.
func (a *API) identify(c *gin.Context) {
	id := c.Writer.Header().Get("X-Request-Id")
	if id == "" {
		id = rand.Text()
		c.Header("X-Request-Id", id)
	}
	ctx := context.WithValue(c.Request.Context(), requestKey{}, id)
	if trace := c.Writer.Header().Get("X-Trace-Id"); trace != "" { // set by whoever keeps traces
		ctx = context.WithValue(ctx, traceKey{}, trace)
	}
	c.Request = c.Request.WithContext(ctx)
	c.Next()
}

type traceKey struct{}

// traceID returns the id of the request's trace; empty where none is kept.
func traceID(ctx context.Context) string {
	id, _ := ctx.Value(traceKey{}).(string)
	return id
}

// requestID returns the id that identify remembered.
func requestID(ctx context.Context) string {
	id, _ := ctx.Value(requestKey{}).(string)
	return id
}

// admin is who an event names. There is one admin token: whoever holds it is "token".
func admin(ctx context.Context) directory.Admin {
	return directory.Admin{ID: "token", Request: requestID(ctx)}
}

// secure sets the headers that every answer carries.
func (a *API) secure(c *gin.Context) {
	for name, value := range securityHeaders {
		c.Header(name, value)
	}
	if a.https {
		c.Header("Strict-Transport-Security", "max-age=31536000; includeSubDomains")
	}
	c.Next()
}

var securityHeaders = map[string]string{
	"Cache-Control": "no-store",
	"Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; " +
		"connect-src 'self'; font-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; " +
		"require-trusted-types-for 'script'",
	"Cross-Origin-Opener-Policy":   "same-origin",
	"Cross-Origin-Resource-Policy": "same-origin",
	"Permissions-Policy":           "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
	"Referrer-Policy":              "no-referrer",
	"X-Content-Type-Options":       "nosniff",
}

var crossOrigin = http.NewCrossOriginProtection()

// sameOrigin refuses what a browser sends on behalf of another site.
func (a *API) sameOrigin(c *gin.Context) {
	if err := crossOrigin.Check(c.Request); err != nil {
		writeProblem(c, &Problem{Status: http.StatusForbidden, Code: "crossOrigin",
			Detail: "A page of another site made this request. Call the API from its own origin, or without a browser."})
		return
	}
	c.Next()
}

// authenticate lets only the admin token into the API. The comparison takes as long for a token
// that is nearly right as for one that is not; a connector's token is compared like any other
// text and so is never one.
func (a *API) authenticate(c *gin.Context) {
	if c.FullPath() == openapiPath {
		c.Next()
		return
	}
	if problem := a.checkToken(c.Request.Header.Values("Authorization")); problem != nil {
		c.Header("WWW-Authenticate", `Bearer realm="muster admin API"`)
		writeProblem(c, problem)
		return
	}
	c.Next()
}

func (a *API) checkToken(headers []string) *Problem {
	problem := func(detail string) *Problem {
		return &Problem{Status: http.StatusUnauthorized, Code: "unauthenticated", Detail: detail}
	}
	if len(headers) == 0 {
		return problem("The admin API needs the header \"Authorization: Bearer TOKEN\". The token is the value of " +
			"MUSTER_ADMIN_TOKEN or, where that was not set, in the file admin.token beside the database.")
	}
	scheme, token, _ := strings.Cut(headers[0], " ")
	given := sha256.Sum256([]byte(strings.TrimSpace(token)))
	same := subtle.ConstantTimeCompare(given[:], a.token[:]) == 1
	if len(headers) > 1 || !strings.EqualFold(scheme, "Bearer") || !same {
		return problem("This is not the admin token. It is the value of MUSTER_ADMIN_TOKEN or, where that was not set, in " +
			"the file admin.token beside the database; a connector's token is for SCIM only.")
	}
	return nil
}
