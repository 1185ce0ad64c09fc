package web

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/validation"
	"github.com/gin-gonic/gin"

	"github.com/muster-scim/muster/directory"
	"github.com/muster-scim/muster/policy"
	"github.com/muster-scim/muster/scim"
	"github.com/muster-scim/muster/tenants"
)

// Problem is an RFC 9457 problem document. Programs read Code, people read Detail.
type Problem struct {
	Title       string         `json:"title" doc:"The status in words." example:"Conflict"`
	Status      int            `json:"status" doc:"The HTTP status." example:"409"`
	Code        string         `json:"code" doc:"Stable name of the problem, for programs." example:"notEmpty"`
	Detail      string         `json:"detail" doc:"What is wrong here and what to do next, for people." example:"Connector acme-okta still holds 12 records. Delete them through SCIM first."`
	Errors      []Place        `json:"errors,omitempty" doc:"The places of the request that are wrong."`
	Losses      int            `json:"losses,omitempty" doc:"Of confirmationRequired: what to repeat as confirmLosses."`
	Plan        string         `json:"plan,omitempty" doc:"Of confirmationRequired: the plan that says who would lose what."`
	Changes     []PlanChange   `json:"changes,omitempty" doc:"Of planStale: what some of those whose outcome differs would get now."`
	WouldChange []WhyOtherwise `json:"wouldChange,omitempty" doc:"Of rulesWouldUndo: edits of rules that would let the change stand. Nothing of it is done."`
	Request     string         `json:"request,omitempty" doc:"Id of the request, to find it in the server's log." example:"K7ZBD3QY5M2XW4RT6VHN8PLSFA"`
	Trace       string         `json:"trace,omitempty" doc:"Id of the request's trace, where the server keeps traces." example:"4bf92f3577b34da6a3ce929d0e0e4736"`

	wait time.Duration // until another try may succeed; 0: trying again is no remedy
}

// Place is one thing that is wrong in a request.
type Place struct {
	Location string `json:"location" doc:"Where: a path into the body, or the parameter." example:"body.neverAssign[2]"`
	Message  string `json:"message" doc:"What is wrong there." example:"missing closing )"`
}

// Error, GetStatus and ContentType make a Problem an error that huma writes as it is.
func (p *Problem) Error() string             { return p.Detail }
func (p *Problem) GetStatus() int            { return p.Status }
func (p *Problem) ContentType(string) string { return "application/problem+json" }

// GetHeaders says when to come back, where that is the remedy, and how to come in.
func (p *Problem) GetHeaders() http.Header {
	if p.Status == http.StatusUnauthorized {
		return http.Header{"WWW-Authenticate": {challenge}}
	}
	if p.wait > 0 {
		return http.Header{"Retry-After": {strconv.Itoa(int(p.wait.Seconds()) + 1)}}
	}
	if p.Status != http.StatusServiceUnavailable {
		return nil
	}
	return http.Header{"Retry-After": {"10"}} // seconds; what the IdPs are told
}

// problemOf says an error of the rooms below as a problem. missing is the sentence for a 404.
func (a *API) problemOf(ctx context.Context, err error, missing string) *Problem {
	var (
		problem   *Problem
		tenancy   *tenants.Problem
		refused   *directory.RefusedError
		duplicate *directory.DuplicateError
		limit     *directory.LimitError
		rule      *policy.RuleError
		edit      *scim.Error
		stale     *directory.PlanStaleError
		confirm   *directory.ConfirmationError
	)
	switch {
	case errors.As(err, &problem):
		return problem
	case errors.Is(err, directory.ErrVersion), errors.Is(err, tenants.ErrVersion):
		return newProblem(http.StatusPreconditionFailed, "changedMeanwhile",
			"Somebody changed this since the version in If-Match was read. Read it again, look at what changed, and send your change with the new ETag.")
	case errors.As(err, &tenancy):
		p := tenancyProblem(tenancy)
		if tenancy.Code == tenants.CodeConnectorUnknown && missing != "" {
			p.Detail = missing // which says where the connectors are
		}
		return p
	case errors.Is(err, directory.ErrNotFound), errors.Is(err, tenants.ErrUnknown):
		return newProblem(http.StatusNotFound, "notFound", missing)
	case errors.As(err, &refused):
		status := http.StatusConflict
		if strings.HasPrefix(refused.Code, "invalid") { // the value, not the state, is what forbids it
			status = http.StatusUnprocessableEntity
		}
		p := newProblem(status, refused.Code, ended(refused.Detail)) // may begin with a slug, which has no capitals
		p.WouldChange = sayOtherwises(refused.WouldChange)
		_ = narrow(ctx, &p.WouldChange)
		return p
	case errors.As(err, &stale):
		p := newProblem(http.StatusConflict, "planStale", sentence(stale))
		for _, l := range stale.Lines {
			p.Changes = append(p.Changes, sayLine(l))
		}
		_ = narrow(ctx, &p.Changes) // a list is shorter, never missing
		return p
	case errors.As(err, &confirm):
		p := newProblem(http.StatusConflict, "confirmationRequired", sentence(confirm))
		p.Losses, p.Plan = confirm.Losses.Sum(), confirm.Plan.String()
		return p
	case errors.As(err, &duplicate):
		return newProblem(http.StatusConflict, "uniqueness", fmt.Sprintf("%s %q is already taken in this directory. Choose another, or edit the one that has it.", duplicate.Attribute, duplicate.Value))
	case errors.As(err, &limit):
		return newProblem(http.StatusForbidden, "limit", sentence(err))
	case errors.As(err, &rule):
		return ruleProblem(rule)
	case errors.As(err, &edit):
		return editProblem(edit)
	case errors.Is(err, directory.ErrIndexing):
		return newProblem(http.StatusServiceUnavailable, "indexing", sentence(err))
	case unavailable(err):
		a.log.ErrorContext(ctx, "admin request failed", "request", requestID(ctx), "error", err)
		return newProblem(http.StatusServiceUnavailable, "unavailable", "The database cannot answer just now. Try again in a few seconds; if this was a change, look first whether it was made.")
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return newProblem(http.StatusServiceUnavailable, "timeout", "The answer took too long. Try again; a narrower filter or a smaller limit helps with lists.")
	}
	id := requestID(ctx)
	a.log.ErrorContext(ctx, "admin request failed", "request", id, "error", err)
	return internalProblem(id)
}

// unavailable says whether the database failed, and not the request.
func unavailable(err error) bool {
	var u interface{ Unavailable() bool }
	return errors.As(err, &u) && u.Unavailable()
}

func newProblem(status int, code, detail string) *Problem {
	return &Problem{Title: http.StatusText(status), Status: status, Code: code, Detail: detail}
}

// invalid is a request that was understood and cannot be used.
func invalid(location, message string) *Problem {
	p := newProblem(http.StatusUnprocessableEntity, "invalidRequest", ended(placed(location, message)))
	p.Errors = []Place{{Location: location, Message: message}}
	return p
}

// placed puts what is wrong after where it is: as a sentence, if it reads as the rest of one.
func placed(location, message string) string {
	switch verb, _, _ := strings.Cut(message, " "); verb {
	case "is", "must", "lacks", "cannot":
		return location + " " + message
	}
	return location + ": " + message
}

func internalProblem(id string) *Problem {
	p := newProblem(http.StatusInternalServerError, "internal",
		"Something went wrong on our side. If this was a change, look whether it was made before you try again; the server's log says more under request "+id+".")
	p.Request = id
	return p
}

// tenancyProblem says what tenants refused.
func tenancyProblem(t *tenants.Problem) *Problem {
	status := http.StatusUnprocessableEntity
	switch {
	case errors.Is(t, tenants.ErrUnknown):
		status = http.StatusNotFound
	case errors.Is(t, tenants.ErrTaken), errors.Is(t, tenants.ErrNotEmpty):
		status = http.StatusConflict
	}
	p := newProblem(status, t.Code, sentence(t))
	if t.Field != "" {
		p.Errors = []Place{{Location: "body." + t.Field, Message: t.Detail}}
	}
	return p
}

// ruleProblem names the list and the place of an entry that cannot be used.
func ruleProblem(e *policy.RuleError) *Problem {
	p := newProblem(http.StatusUnprocessableEntity, "invalidRules", sentence(e))
	place := "body." + e.List
	if e.Index >= 0 {
		place += fmt.Sprintf("[%d]", e.Index)
	}
	p.Errors = []Place{{Location: place, Message: e.Problem}}
	return p
}

// editProblem says what scim said about a document or a filter.
func editProblem(e *scim.Error) *Problem {
	code := e.Type
	if code == "" {
		code = "invalidRequest"
	}
	return newProblem(e.Status, code, sentence(errors.New(e.Detail)))
}

// fromHuma turns the errors huma makes itself (validation, body, media type) into problems.
func (a *API) fromHuma(c huma.Context, _ string, v any) (any, error) {
	model, ok := v.(*huma.ErrorModel)
	if !ok {
		if p, ok := v.(*Problem); ok {
			own := *p // p may be every request's
			own.Title, own.Trace = cmp.Or(p.Title, http.StatusText(p.Status)), traceID(c.Context())
			return &own, nil
		}
		return v, nil
	}
	p := newProblem(model.Status, humaCodes[model.Status], humaDetails[model.Status])
	p.Trace = traceID(c.Context())
	if p.Code == "" {
		p.Code = "invalidRequest"
	}
	var said []string
	for _, e := range model.Errors {
		if e == nil {
			continue
		}
		message := inWords(e.Message)
		if e.Message == validation.MsgUnexpectedProperty {
			message = a.unknownField(c.Operation(), e.Location)
		}
		p.Errors = append(p.Errors, Place{Location: e.Location, Message: message})
		if len(said) < 3 {
			said = append(said, ended(upperFirst(placed(e.Location, message))))
		}
	}
	if len(said) > 0 && model.Status != http.StatusUnsupportedMediaType {
		p.Detail = strings.TrimSpace(p.Detail + " " + strings.Join(said, " "))
	}
	if p.Detail == "" {
		p.Detail = ended(upperFirst(model.Detail))
	}
	return p, nil
}

var humaCodes = map[int]string{
	http.StatusBadRequest:            "invalidBody",
	http.StatusRequestTimeout:        "bodyTimeout",
	http.StatusRequestEntityTooLarge: "bodyTooLarge",
	http.StatusUnsupportedMediaType:  "unsupportedMediaType",
	http.StatusNotAcceptable:         "notAcceptable",
	http.StatusInternalServerError:   "internal",
}

var humaDetails = map[int]string{
	http.StatusBadRequest:            "The body cannot be used: send one JSON object.",
	http.StatusRequestTimeout:        "The body did not arrive in time. Send it again.",
	http.StatusRequestEntityTooLarge: "The body is larger than 1 MiB. Send less at once.",
	http.StatusUnsupportedMediaType:  "Send the body as JSON, with the header \"Content-Type: application/json\".",
}

// writeProblem answers a request that never reached an operation.
func writeProblem(c *gin.Context, p *Problem) {
	p.Title, p.Trace = http.StatusText(p.Status), traceID(c.Request.Context())
	body, err := json.Marshal(p)
	if err != nil {
		panic(err) // a Problem is strings and a number
	}
	c.Abort()
	c.Data(p.Status, p.ContentType(""), append(body, '\n'))
}

// sentence makes a whole sentence of an error's text.
func sentence(err error) string { return ended(upperFirst(err.Error())) }

// ended puts the stop behind a sentence that has none.
func ended(text string) string {
	if strings.HasSuffix(text, ".") || strings.HasSuffix(text, "?") {
		return text
	}
	return text + "."
}

// upperFirst starts a sentence. A path such as body.name stays as it is.
func upperFirst(s string) string {
	first, _, _ := strings.Cut(s, " ")
	if s == "" || strings.ContainsAny(first, ".:[") {
		return s
	}
	return strings.ToUpper(s[:1]) + s[1:]
}
