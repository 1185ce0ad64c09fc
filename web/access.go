package web

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"github.com/muster-scim/muster/tenants/administrators"
)

// access says who may use an operation: the least role, and how far it reaches for an
// administrator who is limited to tenants. The zero access is nobody's decision, and an operation
// with it is refused when the API starts.
type access struct {
	least administrators.Role
	reach reach
}

// reach is what an operation is about, and so what of it is open to the limited.
type reach string

const (
	everything   reach = "everything" // open without signing in: it says nothing of the deployment
	oneself      reach = "oneself"    // what is the caller's own: sessions, tokens, the password
	theKnown     reach = "known"      // nothing of any tenant: guides
	narrowed     reach = "narrowed"   // the answer holds only what is of own tenants
	theConnector reach = "connector"  // of the connector in the path or the query, which is an own one
	theDirectory reach = "directory"  // of a directory with an own connector; the answer is narrowed
	theUser      reach = "user"       // of a user with a record of an own tenant; changed only if all records are
	theJob       reach = "job"        // of a job of an own connector
	deployment   reach = "deployment" // nothing for the limited
)

// anybody is the access of what is open without signing in.
var anybody = access{reach: everything}

// reads, helps, edits and owns are the access of whoever has at least the role viewer, operator,
// rule editor or owner.
func reads(r reach) access { return access{administrators.Viewer, r} }
func helps(r reach) access { return access{administrators.Operator, r} }
func edits(r reach) access { return access{administrators.RuleEditor, r} }
func owns(r reach) access  { return access{administrators.Owner, r} }

// Extensions of an operation in the OpenAPI document.
const (
	roleExtension  = "x-muster-role"
	reachExtension = "x-muster-reach"
)

// guard puts an operation under its access: in what it does, and in what the document says.
func (a *API) guard(op *huma.Operation, who access) {
	if who.reach == "" || who.least == "" && who.reach != everything {
		panic(fmt.Sprintf("the operation %s says nobody's role: give it one of anybody, reads, helps, edits, owns", op.OperationID))
	}
	op.Extensions = maps.Clone(op.Extensions)
	if op.Extensions == nil {
		op.Extensions = map[string]any{}
	}
	op.Extensions[reachExtension] = string(who.reach)
	if who.reach == everything {
		op.Security = []map[string][]string{}
		a.open[op.Method+" "+openAPIPath(op.Path)] = true
		return
	}
	op.Extensions[roleExtension] = string(who.least)
	op.Security = []map[string][]string{{"adminToken": {}}, {"session": {}}}
	op.Middlewares = append(op.Middlewares, func(c huma.Context, next func(huma.Context)) {
		ctx, problem := a.admit(c, who)
		if problem != nil {
			writeHumaProblem(c, problem)
			return
		}
		next(huma.WithContext(c, ctx))
	})
}

// admit says whether the caller may use an operation on what the path names. The context is that
// of what follows: of a limited caller it says what there is to see.
func (a *API) admit(c huma.Context, who access) (context.Context, *Problem) {
	ctx := c.Context()
	caller := callerOf(ctx)
	if !caller.Role.AtLeast(who.least) {
		return ctx, newProblem(http.StatusForbidden, "roleNeeded", fmt.Sprintf(
			"This takes the role %s, and yours is %s. An owner of the deployment can give it.", who.least, caller.Role))
	}
	if !caller.Limited() {
		return ctx, nil
	}
	v, err := a.viewOf(ctx, caller)
	if err == nil {
		ctx = v.into(ctx)
		err = a.within(ctx, c, v, who)
	}
	if err != nil {
		return ctx, a.problemOf(ctx, err, fill(ctx, missingOf(who.reach)))
	}
	return ctx, nil
}

// missingOf is the 404's sentence for what is not the caller's, the same as for what is not there.
func missingOf(r reach) string {
	switch r {
	case theConnector:
		return noConnector
	case theJob:
		return noJob
	case theUser:
		return noUser
	}
	return noDirectory
}

// openAPIPath is a path as gin writes it.
func openAPIPath(path string) string {
	out := []byte(Base)
	for i := range len(path) {
		switch path[i] {
		case '{':
			out = append(out, ':')
		case '}':
		default:
			out = append(out, path[i])
		}
	}
	return string(out)
}

// everyOperationIsGuarded refuses to start with an operation that nobody gave an access, or whose
// reach it does not name: a limit is kept by what the request says the operation is about.
func (a *API) everyOperationIsGuarded() {
	for path, item := range a.huma.OpenAPI().Paths {
		for method, op := range methodsOf(item) {
			said, ok := op.Extensions[reachExtension].(string)
			if !ok {
				panic(fmt.Sprintf("%s %s (%s) is open to nobody knows whom: register it with route, or guard it", method, path, op.OperationID))
			}
			if !names(path, op, reach(said)) {
				panic(fmt.Sprintf("%s %s (%s) has the reach %s, and does not say of which one it is", method, path, op.OperationID, said))
			}
		}
	}
}

// names says whether an operation's request names what its reach is about.
func names(path string, op *huma.Operation, r reach) bool {
	has := func(part string) bool { return strings.Contains(path, part) }
	switch r {
	case theConnector:
		return has("{c}") || slices.ContainsFunc(op.Parameters, func(p *huma.Param) bool { return p.In == "query" && p.Name == "connector" })
	case theDirectory:
		return has("/directories/{d}")
	case theUser:
		return has("/directories/{d}/users/{id}")
	case theJob:
		return has("/jobs/{id}")
	}
	return true
}

// methodsOf are the operations of a path.
func methodsOf(item *huma.PathItem) map[string]*huma.Operation {
	all := map[string]*huma.Operation{http.MethodGet: item.Get, http.MethodPost: item.Post, http.MethodPut: item.Put,
		http.MethodPatch: item.Patch, http.MethodDelete: item.Delete, http.MethodHead: item.Head, http.MethodOptions: item.Options}
	maps.DeleteFunc(all, func(_ string, op *huma.Operation) bool { return op == nil })
	return all
}

// writeHumaProblem answers a request that an operation's guard stopped.
func writeHumaProblem(c huma.Context, p *Problem) {
	p.Title, p.Trace = http.StatusText(p.Status), traceID(c.Context())
	body, err := json.Marshal(p)
	if err != nil {
		panic(err) // a Problem is strings and numbers
	}
	c.SetHeader("Content-Type", p.ContentType(""))
	c.SetStatus(p.Status)
	_, _ = c.BodyWriter().Write(append(body, '\n')) // the caller has gone
}
