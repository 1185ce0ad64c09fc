package gateway

import (
	"bytes"
	"errors"
	"io"
	"mime"
	"net/http"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/muster-scim/muster/directory"
	"github.com/muster-scim/muster/scim"
	"github.com/muster-scim/muster/tenants"
)

// request is one request on its way. Each step fills in what it finds out.
type request struct {
	w         http.ResponseWriter
	r         *http.Request
	trace     *trace
	principal tenants.Principal
	refusal   *tenants.Refusal // why there is none
	old       bool             // its body is of SCIM 1.1, at an address of 2.0
	wire      *wire
	base      string // the address of the connector's space, in the request's version
	renderer  renderer
	visible   *scim.Visible // what of users a consumer sees; nil for connectors
	route     route
	name      string         // {id} of the path, as sent
	id        uuid.UUID      // of the record it names, on a route of one record
	body      map[string]any // nil if the route reads none
	noted     *noted         // what is kept of it; nil: nothing
}

// source says who is behind the request.
func (rq *request) source() directory.Source {
	return directory.Source{Connector: rq.principal.Connector, Credential: rq.principal.Credential.ID, Request: rq.trace.id, Effect: rq.effectOf()}
}

func (rq *request) connector() tenants.Connector { return rq.principal.Connector }

func (rq *request) options() scim.Options {
	return scim.Options{Strict: rq.principal.Connector.Settings.Strict}
}

// read takes the body in, if the route has one.
func (rq *request) read() error {
	if rq.route.Limit == 0 {
		return nil
	}
	if err := rq.checkMediaType(); err != nil {
		return err
	}
	if rq.r.ContentLength > rq.route.Limit {
		_ = rq.r.Body.Close() // not to be waited for
		return tooLargeError(rq.route.Limit)
	}
	if rq.route.Long {
		rq.extendDeadlines()
	}
	data, err := readAll(http.MaxBytesReader(innermost(rq.w), rq.r.Body, rq.route.Limit), rq.r.ContentLength)
	if errors.Is(err, errNotObject) && rq.r.ContentLength < 0 {
		rq.hangUp()
	}
	if err != nil {
		return bodyError(err)
	}
	rq.noteBody(data)
	rq.body, err = scim.Decode(data, *rq.route.Decode)
	return err
}

// readAll reads a body into a buffer of the announced size, which is believed up to 1 MiB. What
// cannot become an object is not waited for.
func readAll(r io.Reader, announced int64) ([]byte, error) {
	first := make([]byte, 1) // not more: a reader of chunks waits until it can fill what it is given
	if n, err := io.ReadFull(r, first); n == 0 {
		return nil, ended(err)
	}
	if !strings.Contains("{ \t\r\n\ufeff", string(first)) {
		return nil, errNotObject
	}
	var b bytes.Buffer
	b.Grow(int(min(max(announced, 0), 1<<20)) + bytes.MinRead)
	b.Write(first)
	_, err := b.ReadFrom(r)
	return b.Bytes(), err
}

// ended makes nothing of an empty body, which the decoder refuses in its own words.
func ended(err error) error {
	if errors.Is(err, io.EOF) {
		return nil
	}
	return err
}

var errNotObject = scim.InvalidSyntax("the body is not a JSON object")

// hangUp gives up a body of unknown length, whose end the server would wait for before it
// answers.
func (rq *request) hangUp() {
	rq.w.Header().Set("Connection", "close")
	_ = http.NewResponseController(rq.w).SetReadDeadline(time.Now())
}

// innermost is the server's own writer: a MaxBytesReader tells that one, and no wrapper, to
// close the connection in a way that lets the client read the answer.
func innermost(w http.ResponseWriter) http.ResponseWriter {
	for {
		wrapper, ok := w.(interface{ Unwrap() http.ResponseWriter })
		if !ok {
			return w
		}
		w = wrapper.Unwrap()
	}
}

// extendDeadlines gives a large body time to arrive, and its work time to be done. Deadlines
// are the operating system's, so they are counted on the real clock.
func (rq *request) extendDeadlines() {
	control, now := http.NewResponseController(rq.w), time.Now()
	// A writer without a connection under it, such as a test's, has no deadlines to extend.
	_ = control.SetReadDeadline(now.Add(2 * time.Minute))
	_ = control.SetWriteDeadline(now.Add(2*time.Minute + longPatience + 10*time.Second))
}

// checkMediaType takes the JSON types that IdPs send, in UTF-8. A missing Content-Type passes:
// the decoder judges the body anyway.
func (rq *request) checkMediaType() error {
	for _, coding := range rq.r.Header.Values("Content-Encoding") {
		if !strings.EqualFold(strings.TrimSpace(coding), "identity") {
			return scim.NewError(http.StatusUnsupportedMediaType, "Content-Encoding is not taken; send the body as it is")
		}
	}
	for _, value := range rq.r.Header.Values("Content-Type") {
		if !jsonType(value) {
			return scim.NewError(http.StatusUnsupportedMediaType, "the Content-Type must be application/scim+json or application/json, in UTF-8")
		}
	}
	return nil
}

func jsonType(contentType string) bool {
	if strings.TrimSpace(contentType) == "" {
		return true
	}
	media, params, err := mime.ParseMediaType(contentType)
	if err != nil && !errors.Is(err, mime.ErrInvalidMediaParameter) {
		return false
	}
	switch media {
	case "application/scim+json", "application/json", "text/json":
	default:
		return false
	}
	charset := strings.ToLower(params["charset"])
	return charset == "" || charset == "utf-8" || charset == "utf8"
}

// recordID reads an id of a path. Ids are UUIDs in their one spelling; everything else names
// nothing, and never gets further than here.
func recordID(s string) (uuid.UUID, error) {
	id, err := uuid.Parse(s)
	if err != nil || id.String() != s {
		return uuid.UUID{}, errNotFound
	}
	return id, nil
}

// ifMatch reads the If-Match header (RFC 9110 13.1.1). A header that is not a list of entity
// tags matches no version: whoever sends a condition must not have it ignored.
func ifMatch(values []string) directory.IfMatch {
	if len(values) == 0 {
		return nil
	}
	tags, every := entityTags(strings.Join(values, ","))
	if every {
		return nil
	}
	return func(version int64) bool { return matches(tags, version) }
}

// ifNoneMatch says whether the version a client holds is the current one. A header that is not
// a list of entity tags names none.
func ifNoneMatch(values []string, version int64) bool {
	if len(values) == 0 {
		return false
	}
	tags, every := entityTags(strings.Join(values, ","))
	return every || matches(tags, version)
}

// matches compares weakly, as all our tags are weak: the quoted part decides.
func matches(tags []string, version int64) bool {
	current := strings.TrimPrefix(scim.Version(version), "W/")
	for _, tag := range tags {
		if tag == current {
			return true
		}
	}
	return false
}

// entityTags splits a list of entity tags into their quoted parts; every means "*". One that
// cannot be read makes the whole list empty.
func entityTags(list string) (tags []string, every bool) {
	if strings.TrimSpace(list) == "*" {
		return nil, true
	}
	for rest := list; ; {
		rest = strings.TrimLeft(rest, " \t,")
		if rest == "" {
			return tags, false
		}
		rest = strings.TrimPrefix(rest, "W/")
		if rest == "" || rest[0] != '"' {
			return nil, false
		}
		end := strings.IndexByte(rest[1:], '"')
		if end < 0 {
			return nil, false
		}
		tags = append(tags, rest[:end+2])
		rest = strings.TrimLeft(rest[end+2:], " \t")
		if rest != "" && rest[0] != ',' {
			return nil, false
		}
	}
}
