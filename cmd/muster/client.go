package main

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"strings"
	"time"
)

// remote says how a command reaches a running server. The token has no flag: a flag's value
// can be read by everybody on the machine.
type remote struct {
	URL string `env:"MUSTER_URL" help:"The server; default MUSTER_PUBLIC_URL, else MUSTER_LISTEN." placeholder:"URL"`
	printing

	limit int // how many items list prints; 0: all
}

// upTo is the same server, of whose lists so many items are printed; 0 is all.
func (r remote) upTo(items int) remote {
	r.limit = max(items, 0)
	return r
}

// cut are the flags of a list that can be long.
type cut struct {
	Limit int `help:"How many at most; 0 is all." placeholder:"N"`
}

// client calls the admin API.
type client struct {
	base  string // without /api/v1
	token string
	http  *http.Client
}

// problem is an answer of the API that is not the expected one.
type problem struct {
	Status int    `json:"status"`
	Code   string `json:"code"`
	Detail string `json:"detail"`

	document []byte // the whole of it
}

func (p *problem) Error() string {
	switch {
	case p.Code == "":
		return fmt.Sprintf("what answers there is no Muster, or not the whole of its address: it said %d. Check MUSTER_URL (or --url, MUSTER_PUBLIC_URL)", p.Status)
	case p.Status == http.StatusUnauthorized:
		return fmt.Sprintf("the server does not know this admin token, which came from %s. Set MUSTER_ADMIN_TOKEN to the server's, or run this where its database is", tokenFrom())
	case p.Detail == "":
		return fmt.Sprintf("the server answered %d (%s)", p.Status, p.Code)
	}
	return asCommands(p.Detail)
}

// isProblem says whether err is an answer of that status.
func isProblem(err error, status int) bool {
	var p *problem
	return errors.As(err, &p) && p.Status == status
}

// connect finds server and token as the environment says.
func (r remote) connect() (*client, error) {
	base := cmp.Or(r.URL, os.Getenv("MUSTER_PUBLIC_URL"), "http://"+reachable(cmp.Or(os.Getenv("MUSTER_LISTEN"), "127.0.0.1:8080")))
	if err := checkBase(base); err != nil {
		return nil, err
	}
	token, err := findToken()
	if err != nil {
		return nil, err
	}
	return newClient(base, token), nil
}

func newClient(base, token string) *client {
	return &client{base: strings.TrimRight(base, "/"), token: token, http: &http.Client{Timeout: time.Minute}}
}

// reachable is the address to call for an address to listen on.
func reachable(listen string) string {
	host, port, err := net.SplitHostPort(listen)
	if err != nil {
		return listen
	}
	switch host {
	case "", "0.0.0.0":
		host = "127.0.0.1"
	case "::":
		host = "::1"
	}
	return net.JoinHostPort(host, port)
}

// findToken looks where the server would take its token from.
func findToken() (string, error) {
	token := secret(os.Getenv("MUSTER_ADMIN_TOKEN"))
	if err := readSecret("MUSTER_ADMIN_TOKEN", os.Getenv("MUSTER_ADMIN_TOKEN_FILE"), &token); err != nil {
		return "", err
	}
	if token != "" {
		return string(token), nil
	}
	file, ok := besideDatabase(cmp.Or(os.Getenv("MUSTER_DATABASE_URL"), defaultDatabase), tokenFile)
	if !ok {
		return "", errors.New("set MUSTER_ADMIN_TOKEN (or MUSTER_ADMIN_TOKEN_FILE) to the server's admin token")
	}
	text, err := os.ReadFile(file)
	if err != nil {
		return "", noToken(file, err)
	}
	return strings.TrimSpace(string(text)), nil
}

// call sends body as JSON to a path below /api/v1 and reads the answer into out, if not nil.
func (c *client) call(ctx context.Context, method, path string, body, out any) error {
	data, err := c.raw(ctx, method, path, body)
	if err != nil || out == nil || len(data) == 0 {
		return err
	}
	if raw, ok := out.(*[]byte); ok {
		*raw = data
		return nil
	}
	if err := json.Unmarshal(data, out); err != nil {
		return fmt.Errorf("the answer of %s to %s %s is not what this version expects: %w", c.base, method, path, err)
	}
	return nil
}

func (c *client) raw(ctx context.Context, method, path string, body any) ([]byte, error) {
	response, err := c.send(ctx, method, path, "application/json", body)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	return io.ReadAll(response.Body)
}

// send returns a successful answer, whose body the caller closes, or an error that says what to
// do next.
func (c *client) send(ctx context.Context, method, path, accept string, body any) (*http.Response, error) {
	var reader io.Reader
	if body != nil {
		data, err := json.Marshal(body)
		if err != nil {
			return nil, err
		}
		reader = bytes.NewReader(data)
	}
	request, err := http.NewRequestWithContext(ctx, method, c.base+"/api/v1"+path, reader)
	if err != nil {
		return nil, err
	}
	request.Header.Set("Authorization", "Bearer "+c.token)
	request.Header.Set("Accept", accept)
	request.Header.Set("User-Agent", "muster/"+version)
	if body != nil {
		request.Header.Set("Content-Type", "application/json")
	}
	response, err := c.http.Do(request)
	switch {
	case ctx.Err() != nil:
		return nil, ctx.Err()
	case err != nil:
		return nil, unreachable(c.base, err)
	case response.StatusCode < 300:
		return response, nil
	}
	defer response.Body.Close()
	p := &problem{}
	data, _ := io.ReadAll(response.Body) // a broken answer says as much as its status
	_ = json.Unmarshal(data, p)
	p.Status, p.document = response.StatusCode, data
	if u, no := url.Parse(c.base); no == nil && p.Status == http.StatusNotFound && strings.Trim(u.Path, "/") != "" {
		p.Code = "" // what is missing is the server, not what was asked for
	}
	return nil, p
}

// each calls do with every item of a list, page after page.
func each[T any](ctx context.Context, c *client, path string, do func(T) error) error {
	query := url.Values{"limit": {"500"}}
	base, given, _ := strings.Cut(path, "?")
	more, err := url.ParseQuery(given)
	if err != nil {
		return err
	}
	for name, values := range more {
		query[name] = values
	}
	for {
		var page struct {
			Items []T     `json:"items"`
			Next  *string `json:"next"`
		}
		if err := c.call(ctx, http.MethodGet, base+"?"+query.Encode(), nil, &page); err != nil {
			return err
		}
		for _, item := range page.Items {
			if err := do(item); err != nil {
				return err
			}
		}
		if page.Next == nil || *page.Next == "" {
			return nil
		}
		query.Set("cursor", *page.Next)
	}
}

// all returns every item of a list.
func all[T any](ctx context.Context, c *client, path string) (items []T, err error) {
	err = each(ctx, c, path, func(item T) error {
		items = append(items, item)
		return nil
	})
	return items, err
}

// list prints the items of a list while they come: as a JSON array, or as a table.
func list[T any](ctx context.Context, t *terminal, r remote, path string, headings []string, row func(T) []string) error {
	c, err := r.connect()
	if err != nil {
		return err
	}
	if r.Output == asJSON {
		out := &arrayWriter{out: t.out}
		if err := upTo(ctx, c, path, r.limit, out.add); err != nil {
			return err
		}
		return out.end()
	}
	out := newTable(t.out, headings)
	var rows [][]string
	err = upTo(ctx, c, path, r.limit, func(item T) error {
		if rows = append(rows, row(item)); len(rows) < rowsAtOnce {
			return nil
		}
		full := rows
		rows = nil
		return out.write(full)
	})
	if err != nil {
		return err
	}
	if len(rows) == 0 && !out.begun {
		_, err := fmt.Fprintln(t.err, "There are none.")
		return err
	}
	return out.write(rows)
}

// rowsAtOnce is how many rows of a table wait for each other, to line up.
const rowsAtOnce = 500

// errEnough ends a walk through a list.
var errEnough = errors.New("there are more")

// upTo calls do with the first items of a list; 0 is all of them.
func upTo[T any](ctx context.Context, c *client, path string, limit int, do func(T) error) error {
	if limit > 0 && limit < 500 {
		separator := "?"
		if strings.Contains(path, "?") {
			separator = "&"
		}
		path += separator + "limit=" + strconv.Itoa(limit)
	}
	n := 0
	err := each(ctx, c, path, func(item T) error {
		if err := do(item); err != nil {
			return err
		}
		if n++; n == limit {
			return errEnough
		}
		return nil
	})
	if errors.Is(err, errEnough) {
		return nil
	}
	return err
}

// show calls the API and prints the answer: whole as JSON, or as say puts it. An answer without
// a body is nothing as JSON.
func show[T any](ctx context.Context, t *terminal, r remote, method, path string, body any, say func(T) error) error {
	c, err := r.connect()
	if err != nil {
		return err
	}
	data, err := c.raw(ctx, method, path, body)
	if err != nil {
		return err
	}
	return printAnswer(t, r, data, say)
}

// printAnswer prints what the API answered.
func printAnswer[T any](t *terminal, r remote, data []byte, say func(T) error) error {
	if r.Output == asJSON {
		if len(data) == 0 {
			return nil
		}
		return printJSON(t.out, data)
	}
	var answer T
	if len(data) > 0 {
		if err := json.Unmarshal(data, &answer); err != nil {
			return fmt.Errorf("the answer is not what this version expects: %w", err)
		}
	}
	return say(answer)
}

var escape = url.PathEscape
