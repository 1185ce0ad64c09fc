package gateway

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"strconv"
	"strings"

	"github.com/muster-scim/muster/directory"
	"github.com/muster-scim/muster/scim"
	"github.com/muster-scim/muster/tenants"
)

// Refusals of the first steps. They say the same to everybody.
var (
	errUnauthenticated = scim.NewError(http.StatusUnauthorized, "the credential is missing or not valid for this address; use the connector's own base URL with its token or its user name and password")
	errDisabled        = scim.NewError(http.StatusForbidden, "this connector is disabled; an administrator can enable it")
	errReadOnly        = scim.NewError(http.StatusForbidden, "this credential may only read; use one that may write")
	errNotFound        = scim.NewError(http.StatusNotFound, "there is no such resource on this connector")
	errUnknownPath     = scim.NewError(http.StatusNotFound, "there is nothing at this path; resources are at /Users and /Groups below the connector's base URL")
)

// lookupError says that the credential could not be checked, which is nobody's fault outside.
type lookupError struct{ err error }

func (e *lookupError) Error() string { return "checking a credential: " + e.err.Error() }
func (e *lookupError) Unwrap() error { return e.err }

// methodError is a path that exists and does not take the method.
type methodError struct{ allow []string }

func (e *methodError) Error() string { return "allowed are " + strings.Join(e.allow, ", ") }

// retryAfter is how long, in seconds, a client should wait when the other side of us is away.
const retryAfter = "10"

// fail answers with an error. It is the one place that logs what only we can act on.
func (g *Gateway) fail(rq *request, err error) {
	answer := answerTo(err, rq.trace.id)
	h := rq.w.Header()
	switch answer.Status {
	case http.StatusUnauthorized:
		// The same for every connector, so that the header tells nothing about one.
		h.Add("WWW-Authenticate", `Bearer realm="scim"`)
		if rq.wire != consumerWire { // whose tokens are no passwords
			h.Add("WWW-Authenticate", `Basic realm="scim", charset="UTF-8"`)
		}
	case http.StatusServiceUnavailable:
		h.Set("Retry-After", retryAfter)
	}
	var limit *limitError
	if errors.As(err, &limit) {
		h.Set("Retry-After", strconv.Itoa(seconds(limit.retry)))
	}
	var method *methodError
	if errors.As(err, &method) {
		h.Set("Allow", strings.Join(method.allow, ", "))
	}
	g.logFailure(rq, answer.Status, err)
	rq.writeError(answer)
}

// logFailure logs an error that only we can act on, unless the client hung up.
func (g *Gateway) logFailure(rq *request, status int, err error) {
	if status < 500 || status == http.StatusNotImplemented || errors.Is(rq.r.Context().Err(), context.Canceled) {
		return
	}
	g.log.ErrorContext(rq.r.Context(), "request failed", "request", rq.trace.id, "route", rq.trace.route,
		"connector", rq.trace.connector, "status", status, "error", err)
}

// answerTo says what the client is told about an error.
func answerTo(err error, request string) *scim.Error {
	var (
		known     *scim.Error
		method    *methodError
		duplicate *directory.DuplicateError
		tooMany   *directory.LimitError
		early     *limitError
		tooLarge  *http.MaxBytesError
		lookup    *lookupError
		foreign   *tenants.NetworkError
	)
	switch {
	case errors.As(err, &known):
		return known
	case errors.As(err, &foreign):
		return scim.NewError(http.StatusForbidden, "%s", foreignNetwork(foreign))
	case errors.As(err, &method):
		return scim.NewError(http.StatusMethodNotAllowed, "this path takes %s", strings.Join(method.allow, ", "))
	case errors.Is(err, directory.ErrNotFound):
		return errNotFound
	case errors.Is(err, directory.ErrVersion):
		return scim.NewError(http.StatusPreconditionFailed, "the resource was changed since the version in If-Match was read; read it again and repeat the change")
	case errors.As(err, &duplicate):
		return scim.Uniqueness("%s", duplicate.Error())
	case errors.As(err, &tooMany):
		return scim.NewError(http.StatusForbidden, "%s", tooMany.Error())
	case errors.As(err, &early):
		return early.answer()
	case errors.As(err, &tooLarge):
		return tooLargeError(tooLarge.Limit)
	case errors.As(err, &lookup), unavailable(err):
		return scim.NewError(http.StatusServiceUnavailable, "the request could not be finished just now; repeat it after the time in Retry-After")
	}
	return scim.NewError(http.StatusInternalServerError, "%s", internalDetail(request))
}

// unavailable says whether an error is one of time or connection, which a repetition may cure.
func unavailable(err error) bool {
	if errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled) {
		return true
	}
	var network net.Error
	if errors.As(err, &network) {
		return true
	}
	var u interface{ Unavailable() bool }
	return errors.As(err, &u) && u.Unavailable()
}

// bodyError is what the client is told when its body could not be read to the end.
func bodyError(err error) error {
	var tooLarge *http.MaxBytesError
	var known *scim.Error
	switch {
	case errors.As(err, &tooLarge), errors.As(err, &known):
		return err
	case errors.Is(err, os.ErrDeadlineExceeded):
		return scim.NewError(http.StatusRequestTimeout, "the body did not arrive in time")
	case errors.Is(err, io.ErrUnexpectedEOF):
		return scim.InvalidSyntax("the body ended before its announced length")
	}
	return scim.InvalidSyntax("the body could not be read")
}

func tooLargeError(limit int64) *scim.Error {
	return scim.NewError(http.StatusRequestEntityTooLarge, "the body is over the limit of %d bytes for this path; send less in one request", limit)
}
