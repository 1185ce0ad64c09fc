package gateway

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/muster-scim/muster/tenants"
)

// Clients gives access tokens to OAuth clients. *tenants.Authenticator implements it.
type Clients interface {
	// Grant judges what a client shows, takes one turn of its connector's and gives it a token.
	// Its errors are those of Authenticator, and *tenants.NetworkError.
	Grant(ctx context.Context, c tenants.Client) (tenants.Grant, error)
}

// maxForm bounds the one body that is read before its sender is known: a grant type, an id, a
// secret and a scope.
const maxForm = 8 << 10

// tokenError is a refusal in the words of RFC 6749 5.2, and of 4.1.2.1 for what passes.
type tokenError struct {
	status      int
	code        string
	description string
	retry       int // seconds; 0: it says nothing
}

func (e *tokenError) Error() string { return e.code + ": " + e.description }

func invalidRequest(description string) error {
	return &tokenError{status: http.StatusBadRequest, code: "invalid_request", description: description}
}

// serveToken answers a request to the token endpoint of a connector (RFC 6749 4.4), and returns
// what was wrong with it.
func (g *Gateway) serveToken(rq *request, slug string) error {
	rq.trace.route = "/oauth/token"
	grant, err := g.grant(rq, slug)
	if err != nil {
		g.failToken(rq, err)
		return err
	}
	answerToken(rq.w, http.StatusOK, map[string]any{
		"access_token": grant.Token, "token_type": "Bearer", "expires_in": int(grant.Lives.Seconds()),
	})
	return nil
}

func (g *Gateway) grant(rq *request, slug string) (tenants.Grant, error) {
	if rq.r.Method != http.MethodPost {
		return tenants.Grant{}, &methodError{allow: []string{http.MethodPost}}
	}
	client, err := readClient(rq)
	if err != nil {
		return tenants.Grant{}, err
	}
	client.Slug, client.Address, client.Peer = slug, network(rq.trace.peer), rq.trace.peer
	ctx, cancel := context.WithTimeout(rq.r.Context(), patience)
	defer cancel()
	grant, err := g.clients.Grant(ctx, client)
	if err != nil {
		errors.As(err, &rq.refusal)
		return tenants.Grant{}, err
	}
	rq.principal = grant.Principal
	rq.trace.by(grant.Principal.Credential)
	leave, err := g.turn(ctx, rq)
	if err != nil {
		return tenants.Grant{}, err
	}
	leave() // what is left is an answer of a few bytes
	if grant.Principal.Connector.Mode == tenants.Disabled {
		return tenants.Grant{}, errDisabled
	}
	return grant, nil
}

// readClient reads what a client shows of itself: by HTTP Basic, or in the form.
func readClient(rq *request) (tenants.Client, error) {
	form, err := readForm(rq)
	if err != nil {
		return tenants.Client{}, err
	}
	switch form["grant_type"] {
	case "client_credentials":
	case "":
		return tenants.Client{}, invalidRequest("grant_type is missing; it must be client_credentials")
	default:
		return tenants.Client{}, &tokenError{status: http.StatusBadRequest, code: "unsupported_grant_type", description: "grant_type must be client_credentials"}
	}
	client := tenants.Client{ID: form["client_id"], Secret: form["client_secret"]}
	headers := rq.r.Header.Values("Authorization")
	if len(headers) == 0 {
		return client, nil
	}
	id, secret, ok := basicClient(headers)
	switch {
	case !ok:
		return tenants.Client{}, nil // shows nothing that could be right
	case client.Secret != "" || client.ID != "" && client.ID != id:
		return tenants.Client{}, invalidRequest("the client authenticates twice; use the Authorization header or client_id and client_secret in the form, not both")
	}
	return tenants.Client{ID: id, Secret: secret}, nil
}

// basicClient reads the Authorization header of a client, whose two parts are encoded like a form
// before they are joined (RFC 6749 2.3.1).
func basicClient(headers []string) (id, secret string, ok bool) {
	scheme, encoded, _ := strings.Cut(strings.Trim(headers[0], " \t"), " ")
	if len(headers) != 1 || !strings.EqualFold(scheme, "basic") {
		return "", "", false
	}
	pair, err := base64.RawStdEncoding.DecodeString(strings.TrimRight(strings.TrimLeft(encoded, " "), "="))
	if err != nil {
		return "", "", false
	}
	id, secret, ok = strings.Cut(string(pair), ":")
	plainID, err1 := url.QueryUnescape(id)
	plainSecret, err2 := url.QueryUnescape(secret)
	return plainID, plainSecret, ok && err1 == nil && err2 == nil
}

// readForm reads the body, in which no field may come twice. The query is not looked at: secrets
// do not belong into addresses.
func readForm(rq *request) (map[string]string, error) {
	media, _, err := mime.ParseMediaType(rq.r.Header.Get("Content-Type"))
	if err != nil && !errors.Is(err, mime.ErrInvalidMediaParameter) || media != "application/x-www-form-urlencoded" {
		return nil, invalidRequest("the Content-Type must be application/x-www-form-urlencoded")
	}
	data, err := io.ReadAll(http.MaxBytesReader(innermost(rq.w), rq.r.Body, maxForm))
	if err != nil {
		return nil, invalidRequest(fmt.Sprintf("the form could not be read; it may have %d bytes", maxForm))
	}
	values, err := url.ParseQuery(string(data))
	if err != nil {
		return nil, invalidRequest("the body is no form")
	}
	form := make(map[string]string, len(values))
	for name, all := range values {
		if len(all) != 1 {
			return nil, invalidRequest("a field of the form comes more than once")
		}
		form[name] = all[0]
	}
	return form, nil
}

// failToken answers with an error, and logs what only we can act on.
func (g *Gateway) failToken(rq *request, err error) {
	answer := tokenAnswer(err)
	h := rq.w.Header()
	if answer.status == http.StatusUnauthorized {
		h.Set("WWW-Authenticate", `Basic realm="scim", charset="UTF-8"`)
	}
	if answer.status == http.StatusMethodNotAllowed {
		h.Set("Allow", http.MethodPost)
	}
	if answer.retry > 0 {
		h.Set("Retry-After", strconv.Itoa(answer.retry))
	}
	g.logFailure(rq, answer.status, err)
	answerToken(rq.w, answer.status, map[string]any{"error": answer.code, "error_description": answer.description})
}

// tokenAnswer says an error in OAuth's words.
func tokenAnswer(err error) *tokenError {
	var (
		known    *tokenError
		method   *methodError
		failures *tenants.FailuresError
		foreign  *tenants.NetworkError
		early    *limitError
	)
	const passing = "temporarily_unavailable"
	switch {
	case errors.As(err, &known):
		return known
	case errors.As(err, &method):
		return &tokenError{status: http.StatusMethodNotAllowed, code: "invalid_request", description: "this path takes POST"}
	case errors.As(err, &failures):
		return &tokenError{status: http.StatusTooManyRequests, code: passing, retry: seconds(failures.Retry),
			description: tooManyFailures(failures).Error()}
	case errors.Is(err, tenants.ErrUnauthenticated):
		return &tokenError{status: http.StatusUnauthorized, code: "invalid_client",
			description: "the client id or the secret is missing or not valid for this address; use those that were shown when the client was made, at the connector's own token endpoint"}
	case errors.As(err, &foreign):
		return &tokenError{status: http.StatusForbidden, code: "unauthorized_client", description: foreignNetwork(foreign)}
	case errors.Is(err, errDisabled):
		return &tokenError{status: http.StatusForbidden, code: "unauthorized_client", description: errDisabled.Detail}
	case errors.As(err, &early):
		return &tokenError{status: http.StatusTooManyRequests, code: passing, retry: seconds(early.retry), description: early.detail}
	}
	return &tokenError{status: http.StatusServiceUnavailable, code: passing, retry: 10,
		description: "the request could not be finished just now; repeat it after the time in Retry-After"}
}

// answerToken answers with a document that nobody may keep (RFC 6749 5.1).
func answerToken(w http.ResponseWriter, status int, document map[string]any) {
	body, err := json.Marshal(document)
	if err != nil {
		body = nil // texts and numbers always encode
	}
	h := w.Header()
	h.Set("Content-Type", plainJSON)
	h.Set("Cache-Control", "no-store")
	h.Set("Pragma", "no-cache")
	h.Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(status)
	_, _ = w.Write(body) // the peer is gone if this fails; nobody is left to tell
}

// foreignNetwork is what a valid credential is told that comes from outside of its networks.
func foreignNetwork(e *tenants.NetworkError) string {
	return fmt.Sprintf("this credential is valid, and not accepted from the address %s; an administrator can add it to the allowed networks of the connector or the credential, or name the proxies that stand between", e.Address)
}
