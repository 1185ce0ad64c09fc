package web

import (
	"context"
	"crypto/rand"
	"net/http"
	"net/url"
	"strings"
	"unicode/utf8"

	"github.com/gin-gonic/gin"
)

// openapiPath answers everybody, as do the few operations that are for anybody: it says how to
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

// newCrossOrigin lets pages of the public URL write, also behind a proxy that changes Host.
func newCrossOrigin(public *url.URL) (*http.CrossOriginProtection, error) {
	p := http.NewCrossOriginProtection()
	return p, p.AddTrustedOrigin(public.Scheme + "://" + public.Host)
}

// sameOrigin refuses what a browser sends on behalf of another site.
func (a *API) sameOrigin(c *gin.Context) {
	if err := a.crossOrigin.Check(c.Request); err != nil {
		writeProblem(c, &Problem{Status: http.StatusForbidden, Code: "crossOrigin",
			Detail: "A page of another site made this request. Call the API from its own origin, or without a browser."})
		return
	}
	c.Next()
}

// readable refuses a query that holds what no text here can: bytes that are no UTF-8, and U+0000,
// both of which PostgreSQL answers with an error of its own. Paths and bodies are refused likewise.
func (a *API) readable(c *gin.Context) {
	query, err := url.ParseQuery(c.Request.URL.RawQuery)
	place := ""
	if err != nil {
		place = "query"
	}
	for name, values := range query {
		for _, text := range append(values, name) {
			if !utf8.ValidString(text) || strings.ContainsRune(text, 0) {
				place = "query." + strings.ToValidUTF8(name, "")
			}
		}
	}
	if place != "" {
		writeProblem(c, invalid(place, "must be percent-encoded UTF-8 text without the character U+0000"))
		return
	}
	c.Next()
}
