package gateway

import (
	"context"
	"net/http"
	"strings"

	"github.com/muster-scim/muster/scim"
)

// bulk serves a Bulk request (RFC 7644 3.7). Operations stand alone: one that fails undoes no
// other. They run in the order of the request, but that one which names a bulkId waits until
// the POST with that bulkId has run:
//
//	order sent      POST group (members: bulkId:u)    POST user u
//	order of work   2                                 1
//
// Operations that wait for each other in a circle are refused, each with 409.
func (g *Gateway) bulk(ctx context.Context, rq *request) error {
	operations, failOnErrors, err := scim.ParseBulk(rq.body)
	if err != nil {
		return err
	}
	b := newBatch(g, rq, operations)
	for _, i := range scim.BulkOrder(operations) {
		if failOnErrors > 0 && b.failures >= failOnErrors {
			break
		}
		b.run(ctx, i)
	}
	tried := b.tried()
	if rq.noted != nil {
		rq.noted.operations, rq.noted.failed = len(tried), b.failures
	}
	rq.writeJSON(rq.wire.bulk(tried))
	return nil
}

// batch is a Bulk request at work.
type batch struct {
	g          *Gateway
	rq         *request
	operations []scim.BulkOperation
	makers     map[string]int    // bulkId to the POST that makes the resource
	made       map[string]string // bulkId to the id of the resource it made
	results    []scim.BulkResult // without a status: not tried
	failures   int
}

func newBatch(g *Gateway, rq *request, operations []scim.BulkOperation) *batch {
	b := &batch{g: g, rq: rq, operations: operations, makers: map[string]int{}, made: map[string]string{}, results: make([]scim.BulkResult, len(operations))}
	for i, op := range operations {
		if _, taken := b.makers[op.BulkID]; !taken && op.Method == http.MethodPost {
			b.makers[op.BulkID] = i
		}
	}
	return b
}

// run carries out operation i and keeps its result.
func (b *batch) run(ctx context.Context, i int) {
	op, result := &b.operations[i], &b.results[i]
	*result = scim.BulkResult{Method: op.Method, BulkID: op.BulkID}
	out, err := b.apply(ctx, op, result)
	if err != nil {
		b.failures++
		answer := answerTo(err, b.rq.trace.id)
		b.g.logFailure(b.rq, answer.Status, err)
		result.Status = answer.Status
		result.Err = answer
		return
	}
	b.rq.noteResource(out.id)
	if op.Method == http.MethodPost {
		b.made[op.BulkID] = out.id.String()
	}
	result.Status = out.status
	result.Location = b.rq.renderer.Location(out.kind, out.id.String())
	if out.version != 0 {
		result.Version = scim.Version(out.version)
	}
}

// apply finds an operation's route, puts ids in the place of bulkIds, and makes the change.
func (b *batch) apply(ctx context.Context, op *scim.BulkOperation, result *scim.BulkResult) (outcome, error) {
	if op.Err != nil {
		return outcome{}, op.Err
	}
	if missing := op.Resolve(b.made); len(missing) > 0 {
		return outcome{}, b.unresolved(missing[0])
	}
	path := strings.TrimSuffix(op.Segment+"/"+op.ID, "/")
	rt, id, err := b.rq.wire.table.find(b.rq.connector().Settings.Paths, op.Method, path)
	if err != nil {
		return outcome{}, err
	}
	if rt.change == nil {
		return outcome{}, scim.InvalidPath("a Bulk request carries changes of users and groups only")
	}
	ch := change{source: b.rq.source(), options: b.rq.options()}
	if rt.named() {
		if ch.id, err = recordID(id); err != nil {
			return outcome{}, err
		}
		result.Location = b.rq.renderer.Location(rt.Kind, id)
	}
	if op.Version != "" {
		ch.match = ifMatch([]string{op.Version})
	}
	if rt.Limit > 0 {
		if ch.body, err = b.rq.wire.plain(rt.Kind, op.Method, op.Data, ch.options); err != nil {
			return outcome{}, err
		}
	}
	return rt.change(b.g, ctx, ch)
}

// unresolved says why a bulkId stands for nothing.
func (b *batch) unresolved(name string) error {
	maker, ok := b.makers[name]
	switch {
	case !ok:
		return scim.InvalidValue("no POST of this request has the bulkId %q", name)
	case b.results[maker].Status == 0:
		return scim.NewError(http.StatusConflict, "this operation and the one with the bulkId %q wait for each other; create one without the other and add the reference afterwards", name)
	}
	return scim.NewError(http.StatusConflict, "the operation with the bulkId %q failed, so there is nothing to refer to", name)
}

// tried returns the results of the operations that were tried, in the order of the request.
func (b *batch) tried() []scim.BulkResult {
	results := make([]scim.BulkResult, 0, len(b.results))
	for _, r := range b.results {
		if r.Status != 0 {
			results = append(results, r)
		}
	}
	return results
}
