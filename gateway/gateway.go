package gateway

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/muster-scim/muster/directory"
	"github.com/muster-scim/muster/scim"
	"github.com/muster-scim/muster/tenants"
)

// Authenticator finds the connector behind a request. *tenants.Authenticator implements it.
type Authenticator interface {
	// Authenticate judges what a request shows and takes one turn of its connector's for it.
	// The error is tenants.ErrUnauthenticated when it proves nothing for that connector,
	// whatever the cause, a *tenants.FailuresError when the address had too many of those; any
	// other error says that it could not be looked up.
	Authenticate(ctx context.Context, c tenants.Caller) (tenants.Principal, error)
}

// Options are what a Gateway works with.
type Options struct {
	// Records answers the requests. Besides the errors that directory names, an error with a
	// method `Unavailable() bool` that says true, and one of the network, become a 503.
	Records   directory.Records
	Trials    Trials // what Try goes by; nil: nothing can be tried
	Auth      Authenticator
	Clients   Clients           // nil: there is no token endpoint
	Consumers Consumers         // nil: no application reads a directory
	Reading   directory.Reading // what they read
	Quota     tenants.Quota
	Heard     func(tenants.Heard) // is told how requests came; quick; nil: nobody
	Activity  *Activities         // keeps requests for administrators; nil: nobody does
	PublicURL string              // such as https://scim.example.com, with or without a trailing slash
	Log       *slog.Logger
}

// Gateway serves SCIM to connectors.
type Gateway struct {
	records   directory.Records
	trials    Trials
	trying    bool // the answers are for an administrator, of a trial
	auth      Authenticator
	clients   Clients
	consumers Consumers
	reading   directory.Reading
	quota     tenants.Quota
	heard     func(tenants.Heard)
	activity  *Activities
	public    string
	log       *slog.Logger
	places    *places
	overLimit *overLimit
}

// New returns a Gateway.
func New(o Options) *Gateway {
	return &Gateway{
		records: o.Records, trials: o.Trials, auth: o.Auth, clients: o.Clients, consumers: o.Consumers, reading: o.Reading, quota: o.Quota, heard: o.Heard, activity: o.Activity, public: strings.TrimRight(o.PublicURL, "/"), log: o.Log,
		places: newPlaces(), overLimit: newOverLimit(o.Log),
	}
}

// Mount puts everything under /scim and /directory onto the engine: what is unknown there is answered here
// too, after the credential was checked.
func (g *Gateway) Mount(e *Engine) {
	serve := func(c *gin.Context) { g.serve(c.Writer, c.Request) }
	e.Any("/scim", serve)
	e.Any("/scim/*path", serve)
	g.mountConsumers(e)
}

// Time that a request has for its work. It ends before the server's write time-out, so that
// there is still an answer.
const (
	patience     = 50 * time.Second
	longPatience = 4 * time.Minute
)

// serve takes one request through the steps of the package comment.
func (g *Gateway) serve(w http.ResponseWriter, r *http.Request) {
	slug, version, rest := splitPath(r.URL.Path)
	wire, served := wires[version]
	if !served {
		wire = wires[newest]
	}
	rq := &request{w: w, r: r, trace: traceOf(r), wire: wire}
	rq.trace.route = ""
	rq.trace.connector = slugLike(slug)
	if version == "oauth" && rest == "token" && g.clients != nil {
		err := g.serveToken(rq, slug)
		rq.noteRefusal(err)
		g.hear(rq, err)
		return
	}
	var err error
	finished := false
	defer func() { g.handOver(rq, rest, err, finished) }()
	if err = g.work(rq, slug, version, rest); err != nil {
		g.fail(rq, err)
	}
	finished = true
	rq.noteRefusal(err)
	g.hear(rq, err)
}

// work does what a request asks below a connector's base URL.
func (g *Gateway) work(rq *request, slug, version, rest string) error {
	leave, err := g.admit(rq, slug)
	if err != nil {
		return err
	}
	defer leave()
	if _, served := wires[version]; !served {
		return errUnknownVersion
	}
	rq.at(g.base(rq.principal.Connector.Slug, version))
	return g.dispatch(rq, rest)
}

// admit checks the credential, waits for the connector's turn and looks at its mode. It looks at
// nothing else. leave must be called when the request is done.
func (g *Gateway) admit(rq *request, slug string) (leave func(), err error) {
	ctx, cancel := context.WithTimeout(rq.r.Context(), patience)
	defer cancel()
	principal, err := g.auth.Authenticate(ctx, tenants.Caller{Slug: slug, Address: network(rq.trace.peer), Peer: rq.trace.peer, Headers: rq.r.Header.Values("Authorization")})
	var failures *tenants.FailuresError
	var foreign *tenants.NetworkError
	errors.As(err, &rq.refusal)
	switch {
	case errors.As(err, &failures):
		rq.trace.limit = limitOfFailures
		return nil, tooManyFailures(failures)
	case errors.Is(err, tenants.ErrUnauthenticated):
		return nil, errUnauthenticated
	case errors.As(err, &foreign):
		rq.trace.by(foreign.Principal.Credential)
		return nil, foreign
	case err != nil:
		return nil, &lookupError{err}
	}
	rq.principal = principal
	rq.trace.by(principal.Credential)
	g.watched(rq)
	if leave, err = g.turn(ctx, rq); err != nil {
		return nil, err
	}
	if principal.Connector.Mode == tenants.Disabled {
		leave()
		return nil, errDisabled
	}
	return leave, nil
}

// dispatch finds the route and serves it.
func (g *Gateway) dispatch(rq *request, path string) error {
	method, err := methodOf(rq.r)
	if err != nil {
		return err
	}
	if path, err = rq.wire.enter(rq.r, path); err != nil {
		return err
	}
	rt, id, err := rq.wire.table.find(rq.principal.Connector.Settings.Paths, method, path)
	rq.trace.route = rt.Pattern
	if err != nil {
		return err
	}
	if rt.Write && rq.principal.Credential.ReadOnly {
		return errReadOnly
	}
	rq.route, rq.name = rt, id
	if rt.Kind != "" && rt.named() {
		if rq.id, err = recordID(id); err != nil {
			return err
		}
	}
	if err := rq.read(); err != nil {
		return err
	}
	limit := patience
	if rt.Long {
		limit = longPatience
	}
	ctx, cancel := context.WithTimeout(rq.r.Context(), limit)
	defer cancel()
	return rt.serve(g, ctx, rq)
}

// methodOf returns the request's method. A POST may stand for another writing method (clients
// behind proxies that know GET and POST only); nothing else can be overridden, so a link that
// reads never writes.
func methodOf(r *http.Request) (string, error) {
	override := strings.ToUpper(strings.TrimSpace(r.Header.Get("X-HTTP-Method-Override")))
	if r.Method != http.MethodPost || override == "" {
		return r.Method, nil
	}
	switch override {
	case http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete:
		return override, nil
	}
	return "", scim.InvalidValue("X-HTTP-Method-Override on a POST takes PUT, PATCH or DELETE")
}

// splitPath takes /scim/{slug}/{version}/{rest} apart. The path is clean.
func splitPath(path string) (slug, version, rest string) {
	path = strings.TrimPrefix(strings.TrimPrefix(path, "/scim"), "/")
	slug, path, _ = strings.Cut(path, "/")
	version, rest, _ = strings.Cut(path, "/")
	return slug, version, rest
}

// base is the address of a connector's space in a version of SCIM.
func (g *Gateway) base(slug, version string) string {
	return g.public + "/scim/" + slug + "/" + version
}
