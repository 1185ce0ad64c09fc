package gateway

import (
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/muster-scim/muster/directory"
	"github.com/muster-scim/muster/scim"
	"github.com/muster-scim/muster/tenants"
)

// Activity is what administrators read of a connector's requests (docs/activity.md). A request
// fills in a noted, hands it to Activities once it is answered, and knows nothing of what happens
// then: words, redaction and the database are its keeper's.

const (
	readWhole  = 64 << 10 // bytes of a body up to which all of it is looked at
	readPrefix = 16 << 10 // of a longer one
)

// noted is a request as it is handed over: nothing is copied that need not be, and nothing worked out.
type noted struct {
	trace     *trace
	took      time.Duration
	connector connected
	principal uuid.UUID // the credential
	version   string
	method    string
	query     string
	agent     string
	rest      string // the path below the base URL
	route     route
	status    int
	err       error
	effect    *directory.Effect // nil: nothing was to change
	resources []uuid.UUID
	body      []byte
	bytes     int64

	operations, failed int // of a Bulk request
	found              *int
}

// connected is what of a connector is told with its requests, or decides what is.
type connected struct {
	id, directory uuid.UUID
	slug          string
	keep          tenants.Keeping
	sensitive     tenants.Demands
}

// noteBody remembers what was sent, as far as it is looked at later.
func (rq *request) noteBody(data []byte) {
	if rq.noted == nil {
		return
	}
	rq.noted.bytes = int64(len(data))
	switch {
	case rq.noted.connector.keep != tenants.KeepAll:
	case len(data) <= readWhole:
		rq.noted.body = data
	default:
		rq.noted.body = append([]byte(nil), data[:readPrefix]...)
	}
}

// noteResource remembers which resource a request made or changed.
func (rq *request) noteResource(id uuid.UUID) {
	if rq.noted != nil && id != uuid.Nil && len(rq.noted.resources) < mostResources {
		rq.noted.resources = append(rq.noted.resources, id)
	}
}

const mostResources = 20

// watched begins to note what a request does, once its credential has proved a connector that is
// to be kept.
func (g *Gateway) watched(rq *request) {
	c := rq.principal.Connector
	if g.activity == nil || c.Settings.Activity == tenants.KeepNothing {
		return
	}
	rq.noted = &noted{trace: rq.trace, principal: rq.principal.Credential.ID,
		connector: connected{id: c.ID, directory: c.DirectoryID, slug: c.Slug, keep: c.Settings.Activity, sensitive: c.Settings.Demands}}
}

// handOver hands a request to the keeper, once it is answered. finished is false when it panicked.
func (g *Gateway) handOver(rq *request, rest string, err error, finished bool) {
	n := rq.noted
	if n == nil {
		return
	}
	n.took, n.version, n.method, n.agent, n.err = time.Since(rq.trace.start), rq.wire.version, rq.r.Method, rq.r.UserAgent(), err
	n.rest, n.query, n.route = rest, rq.r.URL.RawQuery, rq.route
	if rq.route.Method != "" {
		n.method = rq.route.Method
	}
	if answered, ok := rq.w.(interface{ Status() int }); ok && finished {
		n.status = answered.Status()
	}
	if n.status == 0 {
		n.status = http.StatusInternalServerError
	}
	if rq.route.named() {
		rq.noteResource(rq.id)
	}
	g.activity.note(n)
}

// shown is the request as it is kept.
func (n *noted) shown() (tenants.Activity, bool) {
	id, err := uuid.Parse(n.trace.id)
	if err != nil {
		return tenants.Activity{}, false // without randomness it has no name to be found by
	}
	hidden := newHiding(n.connector.sensitive)
	a := tenants.Activity{
		ID: id, Time: n.trace.start, Took: n.took, Connector: n.connector.id, Directory: n.connector.directory, Slug: n.connector.slug,
		Credential: n.principal, CredentialName: n.trace.name, Address: n.trace.peer, Agent: clean(n.agent, 200),
		Version: n.version, Method: knownMethod(n.method), Route: n.route.Pattern, Status: n.status, Resources: n.resources, Bytes: n.bytes,
	}
	a.Path = n.path(hidden)
	if n.err != nil {
		a.Detail = clean(hidden.text(answerTo(n.err, n.trace.id).Detail), 1000)
	}
	body := hidden.read(n.body, int64(len(n.body)) < n.bytes)
	a.Operation = n.operation(body)
	a.Body, a.Cut = body.json(), body.cut || len(n.body) == 0 && n.bytes > 0
	if n.status < 400 {
		a.Effect = n.came()
	}
	return a, true
}

// came is what came of a request that was no failure.
func (n *noted) came() string {
	switch {
	case n.operations > 0:
		said := counted(n.operations-n.failed, "operation", "operations") + " done"
		if n.failed > 0 {
			said += ", " + counted(n.failed, "operation", "operations") + " failed"
		}
		if n.effect == nil { // none of them came as far as the directory
			return said
		}
		return said + ": " + n.effect.Words()
	case n.found != nil:
		return counted(*n.found, "resource", "resources") + " found"
	case n.route.change != nil && n.effect != nil:
		return n.effect.Words()
	}
	return ""
}

// toldParameters are those of a query that may be told: SCIM's own. What else is in a query may be
// anything, also a token.
var toldParameters = []string{"filter", "attributes", "excludedAttributes", "sortBy", "sortOrder", "startIndex", "count", "cursor"}

// mostTold is how often one of them is told: twice is a mistake that one wants to see, and a
// thousand times is more than can be found again.
const mostTold = 2

// path is the request's path below the base URL. Of a path that there is nothing at only the
// beginning is told: what stands behind it may be anything.
func (n *noted) path(hidden hiding) string {
	path := "/" + n.rest
	if n.route.Pattern == "" {
		first, _, more := strings.Cut(n.rest, "/")
		if path = "/" + clean(first, 64); more {
			path += "/…"
		}
		return path
	}
	path = clean(path, 300)
	asked, err := url.ParseQuery(n.query)
	if err != nil || len(asked) == 0 {
		return path
	}
	var told []string
	for _, name := range toldParameters {
		for _, value := range asked[name][:min(len(asked[name]), mostTold)] {
			if name == "filter" && n.connector.keep == tenants.KeepNoBodies {
				value = "…"
			}
			told = append(told, name+"="+clean(hidden.text(value), 1000))
		}
	}
	if len(told) == 0 {
		return path
	}
	return path + "?" + strings.Join(told, "&")
}

// effectOf is where the directory tells what came of the request; nil if nobody keeps it.
func (rq *request) effectOf() *directory.Effect {
	if rq.noted == nil {
		return nil
	}
	if rq.noted.effect == nil {
		rq.noted.effect = new(directory.Effect)
	}
	return rq.noted.effect
}

// kindWord is a kind of resource in a sentence.
func kindWord(k scim.Kind, several bool) string {
	word := "user"
	if k == scim.GroupKind {
		word = "group"
	}
	if several {
		return word + "s"
	}
	return "a " + word
}
