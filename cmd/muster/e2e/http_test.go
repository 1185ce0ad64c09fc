package e2e

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"
)

// request is one HTTP request exactly as it goes over the wire: target is not cleaned, escaped
// or otherwise improved.
type request struct {
	Method string
	Target string // path and query
	Header http.Header
	Body   []byte // nil: none
}

// response is an answer, read whole.
type response struct {
	Status int
	Header http.Header
	Body   []byte
}

// client keeps no cookies, follows no redirects and decompresses nothing.
var client = &http.Client{
	Timeout:       60 * time.Second,
	CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	Transport:     &http.Transport{MaxIdleConnsPerHost: 64, DisableCompression: true},
}

// send sends a request to the server.
func (s *server) send(r request) (response, error) {
	path, query, asked := strings.Cut(r.Target, "?")
	target := &url.URL{
		Scheme: "http", Host: s.host(),
		Opaque: path, RawQuery: query, ForceQuery: asked && query == "",
	}
	header := r.Header.Clone()
	if header == nil {
		header = http.Header{}
	}
	if _, ok := header["User-Agent"]; !ok {
		header["User-Agent"] = nil // send none rather than Go's
	}
	hr := &http.Request{Method: r.Method, URL: target, Host: header.Get("Host"), Header: header, ProtoMajor: 1, ProtoMinor: 1}
	header.Del("Host")
	if r.Body != nil {
		hr.Body = io.NopCloser(bytes.NewReader(r.Body))
		hr.ContentLength = int64(len(r.Body))
		if len(r.Body) == 0 {
			hr.Body = http.NoBody
		}
	}
	answer, err := client.Do(hr)
	if err != nil {
		return response{}, err
	}
	return readResponse(answer)
}

// sendRaw writes bytes to a connection of its own and reads one answer. It goes on reading when
// the server stops taking what is written, as it may have answered already.
func (s *server) sendRaw(raw []byte) (response, error) {
	conn, err := net.DialTimeout("tcp", s.host(), 5*time.Second)
	if err != nil {
		return response{}, err
	}
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(30 * time.Second))
	written := make(chan error, 1)
	go func() {
		_, err := conn.Write(raw)
		written <- err
	}()
	method, _, _ := bytes.Cut(raw, []byte(" "))
	answer, err := http.ReadResponse(bufio.NewReader(conn), &http.Request{Method: string(method)})
	if err != nil {
		return response{}, err
	}
	return readResponse(answer)
}

func readResponse(answer *http.Response) (response, error) {
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		return response{}, fmt.Errorf("reading the body of a %d: %w", answer.StatusCode, err)
	}
	return response{Status: answer.StatusCode, Header: answer.Header, Body: body}, nil
}

// must sends a request that has to be answered.
func (s *server) must(t testing.TB, r request) response {
	t.Helper()
	answer, err := s.send(r)
	if err != nil {
		t.Fatalf("%s %s: %v", r.Method, r.Target, err)
	}
	return answer
}

// value returns the body as JSON, with numbers kept as written.
func (r response) value(t testing.TB) any {
	t.Helper()
	v, err := decodeJSON(r.Body)
	if err != nil {
		t.Fatalf("the body of this %d is no JSON (%v): %s", r.Status, err, excerpt(r.Body))
	}
	return v
}

// at returns what is at a path of the body.
func (r response) at(t testing.TB, path string) any {
	t.Helper()
	v, err := lookup(r.value(t), path)
	if err != nil {
		t.Fatal(err)
	}
	return v.value
}

// text returns the string at a path of the body.
func (r response) text(t testing.TB, path string) string {
	t.Helper()
	s, ok := r.at(t, path).(string)
	if !ok {
		t.Fatalf("no text at %s of: %s", path, excerpt(r.Body))
	}
	return s
}

func decodeJSON(data []byte) (v any, err error) {
	d := json.NewDecoder(bytes.NewReader(data))
	d.UseNumber()
	if err := d.Decode(&v); err != nil {
		return nil, err
	}
	if d.More() {
		return nil, fmt.Errorf("more than one document")
	}
	return v, nil
}

// excerpt shortens a body for a failure message.
func excerpt(b []byte) string {
	const limit = 1500
	if len(b) > limit {
		return fmt.Sprintf("%s… (%d bytes)", b[:limit], len(b))
	}
	return string(b)
}
