package faults

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"time"
)

// call is one request.
type call struct {
	method, url string
	token       string
	body        any // encoded as JSON; nil: none
}

// answer is what came of a call.
type answer struct {
	status     int // 0: none came
	header     http.Header
	body       []byte
	err        error // why none came
	neverSent  bool  // there was nobody to send it to
	sent, done time.Time
}

// patience is how long a client waits for an answer, as IdPs do.
const patience = 30 * time.Second

// wire is the HTTP client of all IdPs. It follows no redirects.
var wire = &http.Client{
	Timeout:       patience,
	CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	Transport:     &http.Transport{MaxIdleConnsPerHost: 64, DisableCompression: true},
}

// send sends a call and reads the whole answer.
func (c call) send(ctx context.Context) answer {
	var body io.Reader
	if c.body != nil {
		text, err := json.Marshal(c.body)
		if err != nil {
			return answer{err: fmt.Errorf("encoding a body: %w", err), neverSent: true}
		}
		body = bytes.NewReader(text)
	}
	request, err := http.NewRequestWithContext(ctx, c.method, c.url, body)
	if err != nil {
		return answer{err: err, neverSent: true}
	}
	request.Header.Set("Authorization", "Bearer "+c.token)
	if c.body != nil {
		request.Header.Set("Content-Type", "application/json")
	}
	a := answer{sent: time.Now()}
	response, err := wire.Do(request)
	if err == nil {
		defer response.Body.Close()
		a.status, a.header = response.StatusCode, response.Header
		if a.body, err = io.ReadAll(response.Body); err != nil {
			a.status = 0 // an answer that breaks off is none
		}
	}
	a.done = time.Now()
	if err != nil {
		var network *net.OpError
		a.err, a.neverSent = err, errors.As(err, &network) && network.Op == "dial"
	}
	return a
}

// outcome says what the answer tells of the change that was asked for.
func (a answer) outcome() Outcome {
	switch {
	case a.neverSent, a.status/100 == 4:
		return Refused
	case a.status/100 == 2:
		return Acknowledged
	}
	return Unknown
}

// decode reads the answer's body.
func (a answer) decode(into any) error { return json.Unmarshal(a.body, into) }

// in returns the id, or the resources, that are in the answer's body.
func (a answer) in() (body struct {
	ID           string     `json:"id"`
	TotalResults int        `json:"totalResults"`
	Resources    []resource `json:"Resources"`
}, err error) {
	err = a.decode(&body)
	return body, err
}

// resource is a user or a group as SCIM writes it, as far as the workload uses it.
type resource struct {
	ID          string     `json:"id"`
	UserName    string     `json:"userName"`
	DisplayName string     `json:"displayName"`
	Title       string     `json:"title"`
	Active      bool       `json:"active"`
	Enterprise  enterprise `json:"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"`
	Members     []struct {
		Value string `json:"value"`
	} `json:"members"`
	Meta struct {
		Version string `json:"version"`
	} `json:"meta"`
}

type enterprise struct {
	Department string `json:"department"`
}

// record is the resource as a user.
func (r resource) record() record {
	return record{ID: r.ID, Version: r.Meta.Version, UserName: r.UserName, Title: r.Title, Department: r.Enterprise.Department, Active: r.Active}
}

const (
	userSchema       = "urn:ietf:params:scim:schemas:core:2.0:User"
	groupSchema      = "urn:ietf:params:scim:schemas:core:2.0:Group"
	enterpriseSchema = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
	patchSchema      = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
)
