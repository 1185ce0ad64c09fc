package gateway

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strings"

	"github.com/gin-gonic/gin"

	"github.com/muster-scim/muster/directory"
	"github.com/muster-scim/muster/scim"
	"github.com/muster-scim/muster/tenants"
)

// Applications read a directory at /directory/{name}/scim/v2/…, SCIM 2.0 and read-only. Who may
// come in and what it sees is a consumer's: docs/consumers.md. Everything behind the credential is
// what connectors have too, over other records (directory.Reading).

// Consumers finds the consumer behind a request. *tenants.Authenticator implements it.
type Consumers interface {
	// AuthenticateConsumer judges what a request to the directory c.Slug shows, as
	// Authenticator.Authenticate does for connectors.
	AuthenticateConsumer(ctx context.Context, c tenants.Caller) (tenants.Principal, error)
}

// What consumers are told where connectors are told something else. The refusal of an unknown
// directory, a wrong token, a connector's and another directory's is the same bytes.
var (
	errNoConsumer      = scim.NewError(http.StatusUnauthorized, "the credential is missing or not valid for this address; use a token of a consumer of this directory")
	errNotSeen         = scim.NewError(http.StatusNotFound, "there is no such resource that this consumer may see")
	errNoConsumerPath  = scim.NewError(http.StatusNotFound, "there is nothing at this path; resources are at /Users and /Groups below the base URL, which ends in /scim/v2")
	errNothingConsumed = scim.NewError(http.StatusNotImplemented, "/Me is not offered: a consumer's token is not a user")
)

// mountConsumers puts what applications read onto the engine.
func (g *Gateway) mountConsumers(e *Engine) {
	if g.consumers == nil || g.reading == nil {
		return
	}
	serve := func(c *gin.Context) { g.serveConsumer(c.Writer, c.Request) }
	e.Any("/directory", serve)
	e.Any("/directory/*path", serve)
}

// serveConsumer takes one request of an application through the steps of the package comment.
func (g *Gateway) serveConsumer(w http.ResponseWriter, r *http.Request) {
	rq := &request{w: w, r: r, trace: traceOf(r), wire: consumerWire}
	rq.trace.route = ""
	if err := g.consume(rq); err != nil {
		g.fail(rq, consumerError(err))
	}
}

// consume does what a request asks of a directory.
func (g *Gateway) consume(rq *request) error {
	name, version, rest := splitConsumerPath(rq.r.URL.Path)
	leave, err := g.admitConsumer(rq, name)
	if err != nil {
		return err
	}
	defer leave()
	if version != newest {
		return errNoConsumerPath
	}
	visible, err := scim.ParseVisible(rq.principal.Consumer.Attributes)
	if err != nil {
		return err
	}
	rq.visible = &visible
	rq.at(g.public + "/directory/" + url.PathEscape(rq.principal.Consumer.Directory) + "/scim/" + newest)
	return g.dispatch(rq, rest)
}

// admitConsumer checks the token and waits for the consumer's turn. It looks at nothing else.
func (g *Gateway) admitConsumer(rq *request, name string) (leave func(), err error) {
	ctx, cancel := context.WithTimeout(rq.r.Context(), patience)
	defer cancel()
	principal, err := g.consumers.AuthenticateConsumer(ctx, tenants.Caller{Slug: name, Address: network(rq.trace.peer), Peer: rq.trace.peer, Headers: rq.r.Header.Values("Authorization")})
	var failures *tenants.FailuresError
	switch {
	case errors.As(err, &failures):
		return nil, tooManyFailures(failures)
	case errors.Is(err, tenants.ErrUnauthenticated):
		return nil, errNoConsumer
	case err != nil:
		return nil, &lookupError{err}
	}
	rq.principal = principal
	rq.trace.by(principal.Credential)
	return g.turn(ctx, rq)
}

// splitConsumerPath takes /directory/{name}/scim/{version}/{rest} apart; version is "" for
// another path.
func splitConsumerPath(path string) (name, version, rest string) {
	path = strings.TrimPrefix(strings.TrimPrefix(path, "/directory"), "/")
	name, path, _ = strings.Cut(path, "/")
	word, path, _ := strings.Cut(path, "/")
	if version, rest, _ = strings.Cut(path, "/"); word != "scim" {
		version = ""
	}
	return name, version, rest
}

// consumerError says to a consumer what is said to connectors in other words.
func consumerError(err error) error {
	switch {
	case errors.Is(err, directory.ErrNotFound), errors.Is(err, errNotFound):
		return errNotSeen
	case errors.Is(err, errUnknownPath):
		return errNoConsumerPath
	}
	return err
}

// consumerWire is SCIM 2.0 with the routes of consumers.
var consumerWire = func() *wire {
	w := *wires[newest]
	w.table = newTable(consumerRoutes(), endpoints)
	return &w
}()

// consumerRoutes is everything that is served below a directory's /scim/v2.
func consumerRoutes() []route {
	routes := []route{
		{Method: http.MethodGet, Pattern: "/ServiceProviderConfig", serve: discovers(func(rq *request, v scim.Visible) ([]byte, bool) {
			return scim.ServiceProviderConfig(rq.base, scim.Reading), true
		})},
		{Method: http.MethodGet, Pattern: "/ResourceTypes", serve: discovers(func(rq *request, v scim.Visible) ([]byte, bool) {
			return scim.VisibleResourceTypes(rq.base, v), true
		})},
		{Method: http.MethodGet, Pattern: "/ResourceTypes/{id}", serve: discovers(func(rq *request, v scim.Visible) ([]byte, bool) {
			return scim.VisibleResourceType(rq.base, rq.name, v)
		})},
		{Method: http.MethodGet, Pattern: "/Schemas", serve: discovers(func(rq *request, v scim.Visible) ([]byte, bool) {
			return scim.VisibleSchemas(rq.base, v), true
		})},
		{Method: http.MethodGet, Pattern: "/Schemas/{id}", serve: discovers(func(rq *request, v scim.Visible) ([]byte, bool) {
			return scim.VisibleSchemaByURN(rq.base, rq.name, v)
		})},
		{Method: http.MethodPost, Pattern: "/.search", serve: unimplemented("searching users and groups at once is not offered; use /Users/.search or /Groups/.search")},
		{Method: http.MethodGet, Pattern: "/Me", serve: func(*Gateway, context.Context, *request) error { return errNothingConsumed }},
		{Method: http.MethodPost, Pattern: "/Bulk", serve: refuseWrite},
	}
	for kind, handlers := range map[scim.Kind]struct{ read, list handler }{
		scim.UserKind:  {(*Gateway).readUser, (*Gateway).listUsers},
		scim.GroupKind: {(*Gateway).readGroup, (*Gateway).listGroups},
	} {
		all, one := kind.Endpoint(), kind.Endpoint()+"/{id}"
		find := search(kind, reads(handlers.list))
		routes = append(routes, find,
			route{Method: http.MethodGet, Pattern: all, Kind: kind, serve: reads(handlers.list)},
			route{Method: http.MethodGet, Pattern: one, Kind: kind, serve: reads(handlers.read)},
			route{Method: http.MethodPost, Pattern: all, serve: refuseWrite})
		for _, pattern := range []string{all, one} {
			for _, method := range []string{http.MethodPut, http.MethodPatch, http.MethodDelete} {
				routes = append(routes, route{Method: method, Pattern: pattern, serve: refuseWrite})
			}
		}
	}
	return routes
}

// refuseWrite says where what was sent belongs.
func refuseWrite(g *Gateway, _ context.Context, _ *request) error {
	return scim.NewError(http.StatusForbidden, "this address only reads: applications see a directory here; what provisions users and groups sends to its connector's own base URL, %s/scim/{connector}/v2", g.public)
}

// reads is a handler over what the consumer reads.
func reads(h handler) handler {
	return func(g *Gateway, ctx context.Context, rq *request) error {
		shown, err := rq.projection()
		if err != nil {
			return err
		}
		in := *g
		in.records = g.reading.ReadAs(*rq.principal.Consumer, directory.Wanted{Groups: shown.Wants("groups"), Members: shown.Wants("members")})
		return h(&in, ctx, rq)
	}
}

// discovers answers with a document about what the consumer sees.
func discovers(document func(*request, scim.Visible) ([]byte, bool)) handler {
	return func(_ *Gateway, _ context.Context, rq *request) error {
		text, found := document(rq, *rq.visible)
		return rq.discover(text, found)
	}
}

// seen limits a projection of users to what the consumer sees.
func (rq *request) seen(p scim.Projection) scim.Projection {
	if rq.visible == nil || rq.route.Kind != scim.UserKind {
		return p
	}
	return p.Within(*rq.visible)
}
