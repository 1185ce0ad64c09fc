package gateway

import (
	"context"
	"net/http"
	"strings"

	"github.com/google/uuid"

	"github.com/muster-scim/muster/directory"
	"github.com/muster-scim/muster/scim"
)

// change is one writing request, or one operation of a Bulk request: all that a handler needs.
type change struct {
	source  directory.Source
	options scim.Options
	id      uuid.UUID // zero for a creation
	match   directory.IfMatch
	body    map[string]any // in plain SCIM; nil for a removal
	asked   bool           // the request names attributes to be answered
}

// outcome is what became of a change.
type outcome struct {
	status  int
	kind    scim.Kind
	id      uuid.UUID
	version int64         // 0: the resource is gone, and there is no body
	body    scim.Resource // not answered with the status 204, but where the version wants it
}

// changer carries out a change of one kind: read, call, answer.
type changer func(*Gateway, context.Context, change) (outcome, error)

// serveChange makes a route of a changer.
func serveChange(apply changer) handler {
	return func(g *Gateway, ctx context.Context, rq *request) error {
		shown, err := rq.projection()
		if err != nil {
			return err
		}
		ch, err := rq.change(shown.Asked())
		if err != nil {
			return err
		}
		out, err := apply(g, ctx, ch)
		if err != nil {
			return err
		}
		if rq.id != out.id {
			rq.noteResource(out.id)
		}
		return g.answerOutcome(ctx, rq, out, shown)
	}
}

// change is what a request asks for; asked says that it names attributes.
func (rq *request) change(asked bool) (ch change, err error) {
	ch = change{source: rq.source(), options: rq.options(), id: rq.id, match: ifMatch(rq.r.Header.Values("If-Match")), asked: asked}
	if rq.body != nil {
		rq.old = rq.wire.version == "2.0" && speaksOld(rq.body)
		ch.body, err = rq.wire.plain(rq.route.Kind, rq.route.Method, rq.body, ch.options)
	}
	return ch, err
}

// otherID refuses a PUT body that carries the id of another resource. An id that cannot be one
// of ours is the IdP's own and, like everything read-only, ignored.
func (ch change) otherID() error {
	for key, value := range ch.body {
		text, ok := value.(string)
		if !ok || !strings.EqualFold(key, "id") || text == ch.id.String() {
			continue
		}
		if _, err := uuid.Parse(text); err == nil || ch.options.Strict {
			return scim.Mutability("id is read-only, and the body's is not the one of the address; leave it out or send the resource to its own address")
		}
	}
	return nil
}

// projection reads attributes and excludedAttributes from the query, on any method (RFC 7644
// 3.9).
func (rq *request) projection() (scim.Projection, error) {
	p, err := scim.ParseReadProjection(rq.route.Kind, rq.r.URL.RawQuery)
	return rq.seen(p), err
}

// answerOutcome answers a change over HTTP.
func (g *Gateway) answerOutcome(ctx context.Context, rq *request, out outcome, shown scim.Projection) error {
	gone := out.version == 0
	switch {
	case out.status != http.StatusNoContent:
		return g.answerResource(ctx, rq, out.status, out.body, shown)
	case rq.wire.echoes && !gone:
		g.answerShort(ctx, rq, out.body, shown)
		return nil
	}
	if !gone {
		rq.w.Header().Set("ETag", scim.Version(out.version))
	}
	rq.w.WriteHeader(http.StatusNoContent)
	return nil
}
