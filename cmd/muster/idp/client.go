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
	Token     string // the bearer token; "" with a Username
	Username  string // of a Basic pair
	Password  string
	Connector string // its slug, for the ledger
	HTTP      *http.Client
	Ledger    *Ledger       // nil: none is kept
	Patience  time.Duration // how long a request is tried again when the server does not answer or asks to wait
	Chaos     *Chaos        // nil: everything arrives once, in order, and is answered

	book    *book       // what this IdP has said, to compare with what the server answers
	header  http.Header // what this IdP sends with every request
	media   string      // the Content-Type of what it writes; "": application/scim+json with a charset
	tunnels bool        // writes are POSTs with X-HTTP-Method-Override
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
	External  string     `json:"externalId"`
	Detail    string     `json:"detail"`

	status int
	text   []byte
}

// document is the whole answer, for IdPs that send back what they have read.
func (a answer) document() (whole map[string]any, err error) {
	err = json.Unmarshal(a.text, &whole)
	return whole, err
}

// get reads. The query is sent exactly as written: IdPs differ in how they escape.
func (c *Client) get(ctx context.Context, path, query string) (answer, error) {
	if query != "" {
		path += "?" + query
	}
	return c.try(ctx, http.MethodGet, path, nil)
}

// change writes. An acknowledged change is entered into the ledger, and what it means into the
// book; a change whose outcome is unknown makes the book doubt the resource.
func (c *Client) change(ctx context.Context, method, path, id string, body any, means said) (answer, error) {
	var data []byte
	if body != nil {
		var err error
		if data, err = json.Marshal(body); err != nil {
			return answer{}, err
		}
	}
	got, err := c.try(ctx, method, path, data)
	if err != nil {
		if worthAnother(err) {
			c.book.doubt(id, means.group)
		}
		return got, err
	}
	if id == "" {
		id = got.ID
	}
	c.book.enter(id, means)
	if c.Ledger == nil {
		return got, nil
	}
	path, _, _ = strings.Cut(path, "?")
	return got, c.Ledger.Enter(Entry{Connector: c.Connector, Method: method, Path: path, Status: got.status, ID: id, Body: data})
}

// try sends a request until it is answered, patience ends or the answer cannot get better.
func (c *Client) try(ctx context.Context, method, path string, body []byte) (answer, error) {
	deadline := time.Now().Add(c.Patience)
	for wait := 100 * time.Millisecond; ; {
		got, asked, err := c.carry(ctx, method, path, body)
		switch {
		case err == nil || !worthAnother(err):
			return got, err
		case errors.Is(err, errLost): // the made-up failures are over at once
			continue
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
		wait = min(2*wait, 5*time.Second)
	}
}

// worthAnother says whether an IdP would send the same request again soon.
func worthAnother(err error) bool {
	if errors.Is(err, errTwice) {
		return false
	}
	var s *Status
	if !errors.As(err, &s) {
		return !errors.Is(err, context.Canceled) // the server could not be reached
	}
	return s.Code == http.StatusTooManyRequests || s.Code >= 500
}

// send sends a request once. asked is how long the server asks to wait.
func (c *Client) send(ctx context.Context, method, path string, body []byte) (got answer, asked time.Duration, err error) {
	request, err := c.request(ctx, method, path, body)
	if err != nil {
		return got, 0, err
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
	got.status, got.text = response.StatusCode, data
	if response.StatusCode < 200 || response.StatusCode > 299 {
		seconds, _ := strconv.Atoi(response.Header.Get("Retry-After"))
		without, _, _ := strings.Cut(path, "?")
		return got, time.Duration(seconds) * time.Second, &Status{Method: method, Path: without, Code: response.StatusCode, Detail: got.Detail}
	}
	return got, 0, nil
}

// request makes a request with this IdP's headers and the connector's credential.
func (c *Client) request(ctx context.Context, method, path string, body []byte) (*http.Request, error) {
	wire := method
	if c.tunnels && method != http.MethodGet {
		wire = http.MethodPost
	}
	request, err := http.NewRequestWithContext(ctx, wire, c.Base+path, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	request.Header = c.header.Clone()
	if request.Header == nil {
		request.Header = http.Header{}
	}
	if wire != method {
		request.Header.Set("X-HTTP-Method-Override", method)
	}
	if c.Username != "" {
		request.SetBasicAuth(c.Username, c.Password)
	} else {
		request.Header.Set("Authorization", "Bearer "+c.Token)
	}
	if method != http.MethodGet {
		media := c.media
		if media == "" {
			media = "application/scim+json; charset=utf-8"
		}
		request.Header.Set("Content-Type", media)
	}
	return request, nil
}

// unwrapURL drops the URL, which holds names in its filter, from a transport error.
func unwrapURL(err error) error {
	var u *url.Error
	if errors.As(err, &u) {
		return u.Err
	}
	return err
}
