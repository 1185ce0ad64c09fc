package gateway

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/muster-scim/muster/tenants"
)

// limitOfFailures is the name of the limit of failed authentications.
const limitOfFailures = "failures"

// Served is what became of one request. Its words come from closed sets, but for Claimed, which
// is a stranger's.
type Served struct {
	Context   context.Context   // of the request
	Method    string            // "other" for one that nobody knows
	Route     string            // the pattern, not the path; empty where none took it
	SCIM      bool              // it came below /scim
	Status    int               // 0: nothing was answered
	Took      time.Duration     // until the answer was written
	Connector string            // slug, if a credential of that connector proved it
	Claimed   string            // what the path names and nothing proved, if it looks like a slug
	Refused   tenants.Diagnosis // why the credential was not accepted; empty if it was
	Limit     string            // that it met: rate, concurrency, failures; empty for none
	Reported  bool              // the limit only reports, and the request went on
}

// tell says what became of a request to whoever asked to be told.
func (e *Engine) tell(r *http.Request, out *writer, t *trace) {
	if e.Told == nil {
		return
	}
	s := Served{Context: r.Context(), Method: knownMethod(r.Method), Route: t.route, SCIM: underSCIM(r.URL), Status: out.status,
		Took: time.Since(t.start), Refused: t.refused, Limit: t.limit, Reported: t.reported}
	if t.credential != "" && t.refused == "" {
		s.Connector = t.connector
	} else {
		s.Claimed = t.connector
	}
	e.Told(s)
}

// noteRefusal keeps, for whoever is told, why a request was let in no further.
func (rq *request) noteRefusal(err error) {
	var foreign *tenants.NetworkError
	var failures *tenants.FailuresError
	switch {
	case errors.As(err, &failures):
		rq.trace.limit = limitOfFailures
	case errors.As(err, &foreign):
		rq.trace.refused = tenants.OutsideNetworks
	}
	if rq.refusal != nil {
		rq.trace.refused = rq.refusal.Diagnosis
	}
}

// ConnectorOf is the slug that the path of a context's request names, if it looks like one. Nothing
// need have proved it. It is empty outside of requests below /scim.
func ConnectorOf(ctx context.Context) string {
	if t, ok := ctx.Value(traceKey{}).(*trace); ok {
		return t.connector
	}
	return ""
}

// TraceIDHeader carries, on every answer of a request that is traced, the trace's id. Whoever traces
// sets it before the Engine serves the request; errors then name it too.
const TraceIDHeader = "X-Trace-Id"

// traced adds the trace's id, if there is one, to the sentence of an error.
func traced(h http.Header, detail string) string {
	if id := h.Get(TraceIDHeader); id != "" {
		return detail + " (trace " + id + ")"
	}
	return detail
}
