package gateway

import (
	"context"
	"errors"
	"mime"
	"net/http"
	"strconv"
	"strings"

	"github.com/google/uuid"

	"github.com/muster-scim/muster/scim"
)

// Media types of answers; without a charset, which neither type has.
const (
	scimJSON  = "application/scim+json"
	plainJSON = "application/json"
)

// answerResource answers with one resource; a group's members are streamed, if they are shown.
func (g *Gateway) answerResource(ctx context.Context, rq *request, status int, res scim.Resource, shown scim.Projection) error {
	rq.w.Header().Set("ETag", scim.Version(res.Version))
	if rq.reading() && ifNoneMatch(rq.r.Header.Values("If-None-Match"), res.Version) {
		rq.w.WriteHeader(http.StatusNotModified)
		return nil
	}
	out := rq.begin(status)
	if err := g.writeResource(ctx, rq, out, res, shown); err != nil {
		return g.breakOff(rq, out, err)
	}
	out.finish()
	return nil
}

// answerShort answers a change that is done with 200 and the resource; or with 204 when that would
// be long, or cannot be read just now. It reads no more of a group's members than fit.
func (g *Gateway) answerShort(ctx context.Context, rq *request, res scim.Resource, shown scim.Projection) {
	rq.w.Header().Set("ETag", scim.Version(res.Version))
	out := rq.begin(http.StatusOK)
	out.short = true
	if g.writeResource(ctx, rq, out, res, shown) != nil {
		rq.w.WriteHeader(http.StatusNoContent)
		return
	}
	out.finish()
}

// writeResource writes a resource and says where it is.
func (g *Gateway) writeResource(ctx context.Context, rq *request, out *body, res scim.Resource, shown scim.Projection) error {
	if res.Kind == scim.GroupKind && shown.Wants("members") {
		id, err := uuid.Parse(res.ID)
		if err != nil {
			return err
		}
		res.Members = g.records.Members(ctx, rq.connector(), id)
	}
	rq.w.Header().Set("Location", rq.renderer.Location(res.Kind, res.ID))
	return rq.renderer.Write(out, res, shown)
}

// reading says whether the request only reads one resource.
func (rq *request) reading() bool { return rq.route.Method == http.MethodGet }

// breakOff ends an answer that cannot go on. What has not left yet is replaced by the error;
// otherwise the connection is cut, so that half a group is never taken for a whole one.
func (g *Gateway) breakOff(rq *request, out *body, err error) error {
	if !out.sent {
		for _, name := range []string{"ETag", "Location"} {
			rq.w.Header().Del(name)
		}
		return err
	}
	g.log.WarnContext(rq.r.Context(), "answer broken off", "request", rq.trace.id, "route", rq.trace.route, "error", err)
	panic(http.ErrAbortHandler)
}

// writeError answers with a SCIM error.
func (rq *request) writeError(e *scim.Error) {
	if detail := traced(rq.w.Header(), e.Detail); detail != e.Detail { // the error itself may be everybody's
		own := *e
		own.Detail = detail
		e = &own
	}
	out := rq.begin(e.Status)
	_, _ = out.Write(rq.wire.failure(e)) // it is held back, which cannot fail
	out.finish()
}

// writeJSON answers 200 with a document that is made.
func (rq *request) writeJSON(document []byte) {
	out := rq.begin(http.StatusOK)
	_, _ = out.Write(document) // the peer is gone if this fails; nobody is left to tell
	out.finish()
}

// body is an answer's body. It holds the first bytes back, so that an error which comes early
// can still be answered as one, and a short body has a Content-Length.
type body struct {
	rq     *request
	status int
	held   []byte
	sent   bool
	short  bool // refuses what is too long to be held back
}

// errLong says that an answer which was to be short is not.
var errLong = errors.New("the answer is too long")

const heldMost = 64 << 10

func (rq *request) begin(status int) *body { return &body{rq: rq, status: status} }

func (b *body) Write(p []byte) (int, error) {
	if !b.sent && len(b.held)+len(p) <= heldMost {
		b.held = append(b.held, p...)
		return len(p), nil
	}
	if b.short {
		return 0, errLong
	}
	if err := b.release(); err != nil {
		return 0, err
	}
	return b.rq.w.Write(p)
}

// finish sends what is held back. If it cannot, the peer is gone and nobody is left to tell.
func (b *body) finish() {
	if b.sent {
		return
	}
	b.rq.w.Header().Set("Content-Length", strconv.Itoa(len(b.held)))
	_ = b.release()
}

func (b *body) release() error {
	if b.sent {
		return nil
	}
	b.sent = true
	b.rq.w.Header().Set("Content-Type", b.rq.wire.mediaType(b.rq.r.Header.Values("Accept")))
	b.rq.w.WriteHeader(b.status)
	_, err := b.rq.w.Write(b.held)
	b.held = nil
	return err
}

// mediaType is the media type of the answer to an Accept header: SCIM's own unless only plain
// JSON is acceptable. Somebody who accepts neither gets SCIM's too: an IdP that sends a wrong
// Accept header still reads JSON, and would not read a 406.
func mediaType(accept []string) string {
	ranges := strings.Split(strings.Join(accept, ","), ",")
	if quality(ranges, "application", "scim+json") > 0 {
		return scimJSON
	}
	if quality(ranges, "application", "json") > 0 || quality(ranges, "text", "json") > 0 {
		return plainJSON
	}
	return scimJSON
}

// quality is what the most specific range that covers a type says of it (RFC 9110 12.5.1).
func quality(ranges []string, major, minor string) (q float64) {
	best := 0
	for _, r := range ranges {
		media, params, err := mime.ParseMediaType(r)
		if err != nil && !errors.Is(err, mime.ErrInvalidMediaParameter) {
			continue
		}
		specific := 0
		switch media {
		case major + "/" + minor:
			specific = 3
		case major + "/*":
			specific = 2
		case "*/*":
			specific = 1
		}
		if specific == 0 || specific < best {
			continue
		}
		best, q = specific, 1
		if text, ok := params["q"]; ok {
			q, _ = strconv.ParseFloat(text, 64) // an odd weight counts as none
		}
	}
	return q
}
