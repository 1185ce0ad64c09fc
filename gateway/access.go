package gateway

import (
	"context"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/muster-scim/muster/tenants"
)

// RequestIDHeader carries the request's id on every answer. The id is always made here: an id
// of the client's choosing could be another request's.
const RequestIDHeader = "X-Request-Id"

// trace is what the access log tells of a request. Whoever learns something fills it in.
type trace struct {
	id         string
	start      time.Time
	route      string            // the pattern, not the path: a path can hold a name
	peer       string            // the address it comes from, past the proxies that are trusted
	connector  string            // as the path names it, once it looks like a slug
	credential string            // the credential's id
	name       string            // the credential's name
	aborted    bool              // the answer broke off
	plain      bool              // it came to the proxy before us over http
	refused    tenants.Diagnosis // why its credential was not accepted
	limit      string            // that it met: rate, concurrency, failures
	reported   bool              // the limit only reports
}

// by notes whose request it is.
func (t *trace) by(c tenants.Credential) { t.credential, t.name = c.ID.String(), c.Name }

type traceKey struct{}

func withTrace(ctx context.Context, t *trace) context.Context {
	return context.WithValue(ctx, traceKey{}, t)
}

// traceOf returns the request's trace; one of its own for a request that no Engine served.
func traceOf(r *http.Request) *trace {
	if t, ok := r.Context().Value(traceKey{}).(*trace); ok {
		return t
	}
	return &trace{}
}

// logAccess writes one line for the request. Query values, headers, bodies and, above debug,
// paths stay out: filters and paths hold names, and a lost token may be anywhere.
func (e *Engine) logAccess(r *http.Request, out *writer, t *trace) {
	if !e.log.Enabled(r.Context(), slog.LevelInfo) {
		return
	}
	attrs := []slog.Attr{
		slog.String("request", t.id),
		slog.String("method", knownMethod(r.Method)),
		slog.String("route", t.route),
		slog.Int("status", out.status),
		slog.Int64("bytes", out.bytes),
		slog.Duration("took", time.Since(t.start)),
		slog.String("peer", t.peer),
	}
	if t.connector != "" {
		attrs = append(attrs, slog.String("connector", t.connector))
	}
	if t.credential != "" {
		attrs = append(attrs, slog.String("credential", t.credential), slog.String("credentialName", t.name))
	}
	if t.aborted {
		attrs = append(attrs, slog.Bool("aborted", true))
	}
	if e.log.Enabled(r.Context(), slog.LevelDebug) {
		attrs = append(attrs, slog.String("path", r.URL.Path))
	}
	e.log.LogAttrs(r.Context(), slog.LevelInfo, "request", attrs...)
}

// knownMethod keeps a made-up method, which is free text, out of the log.
func knownMethod(method string) string {
	if slices.Contains(methods, method) || method == http.MethodTrace || method == http.MethodConnect {
		return method
	}
	return "other"
}

// peer is the address of the socket's other end. Forwarding headers are anyone's to write.
func peer(r *http.Request) string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr
	}
	return host
}

// network is what counts as one address: an IPv4 address, or an IPv6 network of the size that
// one customer gets, who can use every address in it.
func network(address string) string {
	ip, err := netip.ParseAddr(address)
	if err != nil || ip.Unmap().Is4() {
		return address
	}
	prefix, _ := ip.WithZone("").Prefix(64) // an IPv6 address has as many bits
	return prefix.String()
}

// slugLike returns s if it may be told in the log as a connector's slug, else "": the segment
// is the client's text, and people paste tokens into the wrong field.
func slugLike(s string) string {
	if len(s) > 64 || strings.Trim(s, "abcdefghijklmnopqrstuvwxyz0123456789-") != "" {
		return ""
	}
	return s
}

// writer remembers what was answered.
type writer struct {
	http.ResponseWriter
	status int // 0: nothing yet
	bytes  int64
}

func (w *writer) WriteHeader(status int) {
	if w.status == 0 && status >= 200 {
		w.status = status
	}
	w.ResponseWriter.WriteHeader(status)
}

func (w *writer) Write(b []byte) (int, error) {
	if w.status == 0 {
		w.status = http.StatusOK
	}
	n, err := w.ResponseWriter.Write(b)
	w.bytes += int64(n)
	return n, err
}

// Flush is for gin, which asks the writer itself.
func (w *writer) Flush() {
	if f, ok := w.ResponseWriter.(http.Flusher); ok {
		f.Flush()
	}
}

// Unwrap lets http.ResponseController reach the connection.
func (w *writer) Unwrap() http.ResponseWriter { return w.ResponseWriter }
