package idp

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// Client sends an IdP's requests to one connector. It is safe for concurrent use.
type Client struct {
	Base      string // the connector's SCIM base URL, such as https://host/scim/acme-okta/v2
	Token     string
	Connector string // its slug, for the ledger
	HTTP      *http.Client
	Ledger    *Ledger       // nil: none is kept
	Patience  time.Duration // how long a request is tried again when the server does not answer or asks to wait
	header    http.Header   // what this IdP sends with every request
}

// Status is an answer that is not the expected one.
type Status struct {
	Method, Path string
	Code         int
	Detail       string // what the SCIM error says
}

func (s *Status) Error() string {
	return fmt.Sprintf("%s %s answered %d: %s", s.Method, s.Path, s.Code, s.Detail)
}

func isStatus(err error, code int) bool {
	var s *Status
	return errors.As(err, &s) && s.Code == code
}

// answer is what the simulation reads of a resource or a list.
type answer struct {
	ID        string     `json:"id"`
	Total     int        `json:"totalResults"`
	Resources []answer   `json:"Resources"`
	Members   []struct{} `json:"members"`
	Detail    string     `json:"detail"`
}

// get reads. The query is sent exactly as written: IdPs differ in how they escape.
func (c *Client) get(ctx context.Context, path, query string) (answer, error) {
	if query != "" {
		path += "?" + query
	}
	return c.try(ctx, http.MethodGet, path, nil)
}

// change writes, and enters an acknowledged change into the ledger.
func (c *Client) change(ctx context.Context, method, path, id string, body any) (answer, error) {
	var data []byte
	if body != nil {
		var err error
		if data, err = json.Marshal(body); err != nil {
			return answer{}, err
		}
	}
	got, err := c.try(ctx, method, path, data)
	if err != nil || c.Ledger == nil {
		return got, err
	}
	if id == "" {
		id = got.ID
	}
	return got, c.Ledger.Enter(Entry{Connector: c.Connector, Method: method, Path: path, Status: got.Total, ID: id, Body: data})
}

// try sends a request until it is answered, patience ends or the answer cannot get better.
func (c *Client) try(ctx context.Context, method, path string, body []byte) (answer, error) {
	deadline := time.Now().Add(c.Patience)
	for wait := 100 * time.Millisecond; ; wait = min(2*wait, 5*time.Second) {
		got, asked, err := c.send(ctx, method, path, body)
		if err == nil || !worthAnother(err) {
			return got, err
		}
		pause := max(wait, asked)
		if time.Now().Add(pause).After(deadline) {
			return got, err
		}
		select {
		case <-ctx.Done():
			return got, ctx.Err()
		case <-time.After(pause):
		}
	}
}

// worthAnother says whether an IdP would send the same request again soon.
func worthAnother(err error) bool {
	var s *Status
	if !errors.As(err, &s) {
		return !errors.Is(err, context.Canceled) // the server could not be reached
	}
	return s.Code == http.StatusTooManyRequests || s.Code >= 500
}

// send sends a request once. asked is how long the server asks to wait. On success of a change
// the answer's Total is the status.
func (c *Client) send(ctx context.Context, method, path string, body []byte) (got answer, asked time.Duration, err error) {
	request, err := http.NewRequestWithContext(ctx, method, c.Base+path, bytes.NewReader(body))
	if err != nil {
		return got, 0, err
	}
	request.Header = c.header.Clone()
	request.Header.Set("Authorization", "Bearer "+c.Token)
	if method != http.MethodGet {
		request.Header.Set("Content-Type", "application/scim+json; charset=utf-8")
	}
	response, err := c.HTTP.Do(request)
	if err != nil {
		return got, 0, unwrapURL(err)
	}
	defer response.Body.Close()
	data, err := io.ReadAll(response.Body)
	if err != nil {
		return got, 0, err
	}
	if len(data) > 0 {
		_ = json.Unmarshal(data, &got) // an error page is no JSON; the status says it
	}
	if response.StatusCode < 200 || response.StatusCode > 299 {
		seconds, _ := strconv.Atoi(response.Header.Get("Retry-After"))
		without, _, _ := strings.Cut(path, "?")
		return got, time.Duration(seconds) * time.Second, &Status{Method: method, Path: without, Code: response.StatusCode, Detail: got.Detail}
	}
	if method != http.MethodGet {
		got.Total = response.StatusCode
	}
	return got, 0, nil
}

// unwrapURL drops the URL, which holds names in its filter, from a transport error.
func unwrapURL(err error) error {
	var u *url.Error
	if errors.As(err, &u) {
		return u.Err
	}
	return err
}
