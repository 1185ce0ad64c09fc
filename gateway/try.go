package gateway

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"

	"github.com/muster-scim/muster/directory"
	"github.com/muster-scim/muster/tenants"
)

// Trials carries changes out to the end and takes them back. *directory.Directory implements it.
type Trials interface {
	Try(ctx context.Context, f func(directory.Records) error) (directory.Trial, error)
}

// mostTried is how much of an answer a trial keeps.
const mostTried = 256 << 10

// triedHeaders are the headers that a trial's request may have.
var triedHeaders = []string{"Content-Type", "Accept", "If-Match", "If-None-Match", "X-HTTP-Method-Override"}

// Try answers a request the way a connector's would be answered, and changes nothing. It takes the
// request's own way: route, decoding, dialect, the directory's change in a transaction that is
// rolled back. What comes before that is left out: there is no credential to check, and no turn
// of the connector's is taken. A refusal is an answer like any other; the error says that the
// request could not be tried.
func (g *Gateway) Try(ctx context.Context, c tenants.Connector, t directory.TrialRequest) (directory.Trial, error) {
	if g.trials == nil {
		return directory.Trial{}, errors.New("a gateway without trials was asked to try a request")
	}
	path, err := g.triedPath(c, t.Path)
	if err != nil {
		return directory.Trial{}, err
	}
	r, err := http.NewRequestWithContext(ctx, t.Method, path, io.NopCloser(bytes.NewReader(t.Body)))
	if err != nil {
		return directory.Trial{}, &directory.RefusedError{Code: "invalidRequest", Detail: "the method or the path cannot be sent over HTTP"}
	}
	r.ContentLength = int64(len(t.Body))
	for _, name := range triedHeaders {
		if values := t.Header.Values(name); len(values) > 0 {
			r.Header[http.CanonicalHeaderKey(name)] = values
		}
	}
	answer := &recorder{header: http.Header{}}
	trial, err := g.trials.Try(ctx, func(records directory.Records) error {
		in := *g
		in.records, in.trying = records, true
		return in.answerTrial(r, answer, c, t.ID)
	})
	trial.Response = directory.TrialResponse{Status: answer.status, Header: answer.header, Body: answer.body.Bytes(), Cut: answer.cut}
	return trial, err
}

// answerTrial answers into the recorder. An error is one of ours.
func (g *Gateway) answerTrial(r *http.Request, answer *recorder, c tenants.Connector, id string) (err error) {
	_, version, rest := splitPath(r.URL.Path)
	rq := &request{w: answer, r: r, trace: &trace{id: id, connector: c.Slug}, wire: wires[version]}
	rq.principal.Connector = c
	if path, err := rq.wire.enter(r, rest); err == nil { // an error is for dispatch to answer
		if pattern, _ := rq.wire.table.patternOf(c.Settings.Paths, path); pattern == "/Bulk" {
			return errBulkTrial
		}
	}
	defer func() { // an answer that breaks off
		if p := recover(); p != nil {
			if cause, ok := p.(error); !ok || !errors.Is(cause, http.ErrAbortHandler) {
				panic(p)
			}
			err = errors.New("the answer of a trial broke off")
		}
	}()
	rq.at(g.base(c.Slug, version))
	if c.Mode == tenants.Disabled {
		err = errDisabled
	} else {
		err = g.dispatch(rq, rest)
	}
	if err == nil {
		return nil
	}
	if status := answerTo(err, id).Status; status >= 500 && status != http.StatusNotImplemented {
		return err
	}
	g.fail(rq, err)
	return nil
}

var errBulkTrial = &directory.RefusedError{Code: directory.CodeNotTried, Detail: "a Bulk request cannot be tried in this version; try its operations one by one"}

// triedPath is the whole path of a request below a connector's base URL: SCIM 2.0's, unless the
// path begins with that of 1.1.
func (g *Gateway) triedPath(c tenants.Connector, path string) (string, error) {
	path = strings.TrimPrefix(path, g.public)
	base := "/scim/" + c.Slug + "/" + newest
	for version := range wires {
		if whole := "/scim/" + c.Slug + "/" + version; path == whole || strings.HasPrefix(path, whole+"/") {
			base = whole
		}
	}
	path = strings.TrimPrefix(path, base)
	u, err := url.ParseRequestURI(base + "/" + strings.TrimLeft(path, "/"))
	if err != nil {
		return "", &directory.RefusedError{Code: "invalidPath", Detail: "the path cannot be read; write it as below the connector's base URL, such as /Users or /Groups/{id}"}
	}
	clean, ok := cleanPath(u)
	if !ok || !strings.HasPrefix(clean+"/", base+"/") {
		return "", &directory.RefusedError{Code: "invalidPath", Detail: "there is nothing at this path: it has an encoded slash, letter or control character, or a dot segment"}
	}
	u.Path, u.RawPath = clean, ""
	return u.String(), nil
}

// recorder keeps an answer.
type recorder struct {
	header http.Header
	status int
	body   bytes.Buffer
	cut    bool
}

func (r *recorder) Header() http.Header { return r.header }

func (r *recorder) WriteHeader(status int) {
	if r.status == 0 {
		r.status = status
	}
}

func (r *recorder) Write(p []byte) (int, error) {
	r.WriteHeader(http.StatusOK)
	room := max(0, mostTried-r.body.Len())
	r.cut = r.cut || len(p) > room
	r.body.Write(p[:min(len(p), room)])
	return len(p), nil
}
