package gateway

import (
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"net/netip"
	"net/url"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/google/uuid"

	"github.com/muster-scim/muster/scim"
)

// Engine is gin with what must happen around every request of the product, SCIM or not: the
// path guard before routing, request ids, security headers, the access log and recovery. Serve
// the Engine itself, never the gin.Engine in it.
type Engine struct {
	*gin.Engine
	log *slog.Logger

	// Told, if set before the first request, is told of every request once it is answered. It is quick.
	Told func(Served)
}

// methods are the HTTP methods that anything here may answer. TRACE would echo headers.
var methods = []string{
	http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch,
	http.MethodDelete, http.MethodOptions,
}

// NewEngine returns an engine without routes. Paths that no route takes are answered as problem
// documents; gateway.Mount and the admin API add their own. Only the proxies named, by address
// or network, are believed when they say whom they forward for (X-Forwarded-For).
func NewEngine(log *slog.Logger, proxies ...netip.Prefix) *Engine {
	gin.SetMode(gin.ReleaseMode)
	e := &Engine{Engine: gin.New(), log: log}
	e.RedirectTrailingSlash = false
	e.RedirectFixedPath = false
	e.HandleMethodNotAllowed = true
	trusted := make([]string, len(proxies))
	for i, p := range proxies {
		trusted[i] = p.String()
	}
	_ = e.SetTrustedProxies(trusted) // its only error is a list it cannot parse
	e.RemoteIPHeaders = []string{"X-Forwarded-For"}
	e.Use(func(c *gin.Context) {
		t := traceOf(c.Request)
		t.route = c.FullPath()
		if address := c.ClientIP(); address != "" {
			t.peer = address
		}
		t.plain = strings.EqualFold(c.GetHeader("X-Forwarded-Proto"), "http") && trusts(proxies, c.RemoteIP())
	})
	e.NoRoute(func(c *gin.Context) {
		refuse(c.Writer, c.Request, http.StatusNotFound, "there is nothing at this path")
	})
	e.NoMethod(func(c *gin.Context) {
		refuse(c.Writer, c.Request, http.StatusMethodNotAllowed, "this path does not take "+c.Request.Method+"; see the Allow header")
	})
	return e
}

// trusts says whether an address is one of the proxies that are believed.
func trusts(proxies []netip.Prefix, address string) bool {
	ip, err := netip.ParseAddr(address)
	return err == nil && slices.ContainsFunc(proxies, func(p netip.Prefix) bool { return p.Contains(ip.Unmap()) })
}

// Server returns an http.Server with the time-outs that keep slow and idle peers from holding
// connections. Handlers that need longer extend their own deadlines.
func Server(addr string, handler http.Handler) *http.Server {
	return &http.Server{
		Addr:              addr,
		Handler:           handler,
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       30 * time.Second,
		WriteTimeout:      60 * time.Second,
		IdleTimeout:       120 * time.Second,
		MaxHeaderBytes:    48 << 10, // a filter of a thousand terms is refused as a filter, in SCIM's words
	}
}

// ServeHTTP answers one request.
func (e *Engine) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	t := &trace{id: newRequestID(), start: time.Now(), peer: peer(r)}
	r = r.WithContext(withTrace(r.Context(), t))
	out := &writer{ResponseWriter: w}
	h := out.Header()
	h.Set(RequestIDHeader, t.id)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cache-Control", "no-store")
	defer e.logAccess(r, out, t)
	defer e.tell(r, out, t)
	defer e.recover(r, out, t)

	if !slices.Contains(methods, r.Method) {
		h.Set("Allow", strings.Join(methods, ", "))
		refuse(out, r, http.StatusMethodNotAllowed, "this server does not take this method; see the Allow header")
		return
	}
	path, ok := cleanPath(r.URL)
	if !ok {
		refuse(out, r, http.StatusNotFound, "there is nothing at this path: it has an encoded slash, letter or control character, or a dot segment")
		return
	}
	if path != r.URL.Path || r.URL.RawPath != "" {
		clean := *r.URL
		clean.Path, clean.RawPath = path, ""
		r.URL = &clean
	}
	e.Engine.ServeHTTP(out, r)
}

// recover turns a panic into a 500 that names the request, or, when a part of the answer is
// out, into a broken connection, which no client takes for a whole answer.
func (e *Engine) recover(r *http.Request, out *writer, t *trace) {
	p := recover()
	if p == nil {
		return
	}
	abort, _ := p.(error)
	meant := errors.Is(abort, http.ErrAbortHandler)
	if !meant {
		e.log.ErrorContext(r.Context(), "panic in a handler", "request", t.id, "route", t.route, "panic", p, "stack", string(debug.Stack()))
	}
	t.aborted = out.status != 0
	if meant || t.aborted {
		panic(http.ErrAbortHandler)
	}
	refuse(out, r, http.StatusInternalServerError, internalDetail(t.id))
}

// refuse answers outside of any handler: a SCIM error below /scim, a problem document elsewhere.
func refuse(w http.ResponseWriter, r *http.Request, status int, detail string) {
	detail = traced(w.Header(), detail)
	if underSCIM(r.URL) {
		wire := wireOf(r.URL)
		body := wire.failure(scim.NewError(status, "%s", detail))
		w.Header().Set("Content-Type", wire.mediaType(nil))
		w.WriteHeader(status)
		_, _ = w.Write(body) // the peer is gone if this fails; nobody is left to tell
		return
	}
	body, err := json.Marshal(map[string]any{
		"type": "about:blank", "title": http.StatusText(status), "status": status, "detail": detail, "code": problemCode(status),
	})
	if err != nil {
		body = nil // strings and a number always encode
	}
	w.Header().Set("Content-Type", "application/problem+json")
	w.WriteHeader(status)
	_, _ = w.Write(body)
}

func problemCode(status int) string {
	switch status {
	case http.StatusNotFound:
		return "notFound"
	case http.StatusMethodNotAllowed:
		return "methodNotAllowed"
	}
	return "internal"
}

func internalDetail(request string) string {
	return "something went wrong on our side; it is in the log under request " + request
}

// underSCIM says whether a path belongs to connectors or consumers, however oddly it is written.
func underSCIM(u *url.URL) bool {
	path := strings.TrimLeft(u.Path, "/")
	first, _, _ := strings.Cut(path, "/")
	return first == "scim" || first == "directory"
}

func newRequestID() string {
	id, err := uuid.NewV7()
	if err != nil {
		return "unknown" // no randomness: the request goes on without a name of its own
	}
	return id.String()
}
