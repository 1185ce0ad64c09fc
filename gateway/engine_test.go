package gateway_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/muster-scim/muster/gateway"
)

// endless is a body without an end.
type endless struct{ begun bool }

func (e *endless) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = ' '
	}
	if !e.begun && len(p) > 0 {
		e.begun, p[0] = true, '{'
	}
	return len(p), nil
}

// send is do for a body that comes as a stream.
func (s *server) send(method, path string, body io.Reader) answer {
	s.t.Helper()
	r := httptest.NewRequest(method, "/scim/acme/v2"+path, body)
	r.Header.Set("Authorization", "Bearer "+acme)
	w := httptest.NewRecorder()
	s.engine.ServeHTTP(w, r)
	return answer{w.Result(), w.Body.String(), false}
}

func TestEveryAnswerIsSafeToReceive(t *testing.T) {
	t.Parallel()
	s := serve(t)
	seen := map[string]bool{}
	for _, a := range []answer{
		s.do("GET", "/Users", ""), s.do("GET", "/Users", "", as("")...), s.do("GET", "/Users%2F1", ""),
		s.do("TRACE", "/Users", ""), s.do("GET", "/api/v1/nothing", ""),
	} {
		for name, want := range map[string]string{"X-Content-Type-Options": "nosniff", "Cache-Control": "no-store"} {
			if got := a.Header.Get(name); got != want {
				t.Errorf("%d: %s is %q, want %q", a.StatusCode, name, got, want)
			}
		}
		id := a.Header.Get(gateway.RequestIDHeader)
		if id == "" || seen[id] {
			t.Errorf("%d: request id %q is missing or not new", a.StatusCode, id)
		}
		seen[id] = true
	}
	a := s.do("GET", "/api/v1/nothing", "").wantStatus(t, 404)
	if got := a.Header.Get("Content-Type"); got != "application/problem+json" {
		t.Errorf("outside of SCIM a 404 is %s, want a problem document", got)
	}
}

func TestAPanicIsA500ThatTellsNothing(t *testing.T) {
	t.Parallel()
	s := serve(t)
	s.engine.GET("/api/panic", func(*gin.Context) { panic("the secret is 42") })
	a := s.do("GET", "/api/panic", "").wantStatus(t, 500)
	if strings.Contains(a.text, "secret") || strings.Contains(a.text, ".go") {
		t.Errorf("the answer tells of the inside: %s", a.text)
	}
	if id := a.Header.Get(gateway.RequestIDHeader); !strings.Contains(a.text, id) || !strings.Contains(s.log.String(), id) {
		t.Errorf("the request id is missing from the answer or from the log: %s", a.text)
	}

	s.records.fail = fmt.Errorf("settling: %w", errBroken)
	a = s.do("POST", "/Users", strings.Replace(userBody, "%s", "kim", 1))
	a.wantError(t, "", 500)
	if strings.Contains(a.text, "10.1.2.3") || strings.Contains(a.text, "scim_members") {
		t.Errorf("the answer tells of the inside: %s", a.text)
	}
	if !strings.Contains(s.log.String(), "scim_members") {
		t.Error("the log does not tell what failed")
	}
}

func TestAPanicInTheMiddleOfAnAnswerCutsTheConnection(t *testing.T) {
	t.Parallel()
	s := serve(t)
	s.engine.GET("/api/panic", func(c *gin.Context) {
		c.String(200, "half an ans")
		panic("too late for a 500")
	})
	defer func() {
		p, _ := recover().(error)
		if !errors.Is(p, http.ErrAbortHandler) {
			t.Errorf("the handler ended with %v, want a cut connection", p)
		}
		if log := s.log.String(); !strings.Contains(log, "too late") || !strings.Contains(log, `"aborted":true`) {
			t.Errorf("the log does not tell of it: %s", log)
		}
	}()
	s.do("GET", "/api/panic", "")
}

func TestTheAccessLogHoldsNoNamesAndNoSecrets(t *testing.T) {
	t.Parallel()
	s := serve(t)
	s.do("GET", "/Users?filter=userName+eq+%22kim%40example.com%22&access_token=hidden-token", "")
	s.do("GET", "/Users/kim@example.com", "")
	s.do("GET", "/scim/kim@example.com/v2/Users", "")
	s.do("GET", "/kim@example.com", "")
	s.do("BREW-kim", "/Users", "")
	s.do("POST", "/Users", strings.Replace(userBody, "%s", "kim@example.com", 1))
	log := s.log.String()
	for _, private := range []string{"kim", "hidden-token", acme} {
		if strings.Contains(log, private) {
			t.Errorf("the log at info tells %q:\n%s", private, log)
		}
	}
	first := map[string]any{}
	if err := json.Unmarshal(bytes.SplitN(s.log.Bytes(), []byte("\n"), 2)[0], &first); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]any{"method": "GET", "route": "/Users", "connector": "acme", "status": 200.0, "peer": "192.0.2.1"} {
		if first[name] != want {
			t.Errorf("%s in the log is %v, want %v", name, first[name], want)
		}
	}
	for _, name := range []string{"request", "took", "bytes", "credential"} {
		if first[name] == nil {
			t.Errorf("the log does not tell %s: %v", name, first)
		}
	}
}

func TestForwardingHeadersAreNotBelieved(t *testing.T) {
	t.Parallel()
	s := serve(t)
	s.do("GET", "/Users", "", "X-Forwarded-For", "127.0.0.1", "X-Real-IP", "127.0.0.1", "Forwarded", "for=127.0.0.1", "X-Tenant-Id", "other").wantStatus(t, 200)
	if strings.Contains(s.log.String(), "127.0.0.1") {
		t.Errorf("the log believes a header: %s", s.log)
	}
}

func TestServerGivesUpOnSlowPeers(t *testing.T) {
	t.Parallel()
	srv := gateway.Server("127.0.0.1:0", http.NotFoundHandler())
	if srv.ReadHeaderTimeout != 5*time.Second || srv.ReadTimeout != 30*time.Second || srv.WriteTimeout != time.Minute ||
		srv.IdleTimeout != 2*time.Minute || srv.MaxHeaderBytes != 48<<10 {
		t.Errorf("time-outs or header limit are not the documented ones: %+v", srv)
	}
}

// TestOverTheWire holds what only a real connection shows.
func TestOverTheWire(t *testing.T) {
	t.Parallel()
	s := serve(t)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	srv := gateway.Server("", s.engine)
	srv.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)
	go func() { _ = srv.Serve(listener) }()
	t.Cleanup(func() { _ = srv.Shutdown(context.Background()) })

	const head = "Host: evil.example\r\nAuthorization: Bearer " + acme + "\r\n"
	for _, c := range []struct {
		name, request string
		statuses      []int
	}{
		{"length and chunks", "POST /scim/acme/v2/Users HTTP/1.1\r\n" + head + "Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n5c\r\nGPOST / HTTP/1.1\r\n\r\n0\r\n\r\n", []int{400}},
		{"two lengths", "POST /scim/acme/v2/Users HTTP/1.1\r\n" + head + "Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}", []int{400}},
		{"two credentials", "GET /scim/acme/v2/Users HTTP/1.1\r\n" + head + "Authorization: Bearer " + other + "\r\n\r\n", []int{401}},
		{"control byte in the credential", "GET /scim/acme/v2/Users HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer a\x00b\r\n\r\n", []int{400}},
		{"a header of a megabyte", "GET /scim/acme/v2/Users HTTP/1.1\r\n" + head + "X-Fill: " + strings.Repeat("a", 1<<20) + "\r\n\r\n", []int{431}},
		{"an address of 100 kB", "GET /scim/acme/v2/Users?filter=" + strings.Repeat("a", 100_000) + " HTTP/1.1\r\n" + head + "\r\n", []int{431}},
		{"a body announced too large", "POST /scim/acme/v2/Users HTTP/1.1\r\n" + head + "Content-Length: 1048577\r\n\r\n", []int{413}},
		{"a large body that is no object", "POST /scim/acme/v2/Groups HTTP/1.1\r\n" + head + "Content-Length: 30000000\r\n\r\n[", []int{400}},
		{"the whole server", "OPTIONS * HTTP/1.1\r\n" + head + "\r\n", []int{200, 404, 405}},
	} {
		t.Run(c.name, func(t *testing.T) {
			conn, err := net.Dial("tcp", listener.Addr().String())
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close()
			if err := conn.SetDeadline(time.Now().Add(4 * time.Second)); err != nil { // below every time-out of the server
				t.Fatal(err)
			}
			go func() { _, _ = io.WriteString(conn, c.request) }() // refused before it is read whole
			response, err := http.ReadResponse(bufio.NewReader(conn), nil)
			if err != nil {
				t.Fatalf("no answer in time: %v", err)
			}
			text, _ := io.ReadAll(response.Body)
			for _, status := range c.statuses {
				if response.StatusCode == status {
					return
				}
			}
			t.Errorf("answered %d, want one of %v\n%s", response.StatusCode, c.statuses, text)
		})
	}
}

// TestATooLargeBodyIsStillAnswered is about clients that send all before they read: the
// connection must not be reset under their hands.
func TestATooLargeBodyIsStillAnswered(t *testing.T) {
	t.Parallel()
	s := serve(t)
	srv := httptest.NewServer(s.engine)
	t.Cleanup(srv.Close)
	for _, chunked := range []bool{false, true} {
		var body io.Reader = strings.NewReader(`{"userName":"` + strings.Repeat("a", 4<<20) + `"}`)
		if chunked {
			body = io.MultiReader(body) // hides the length
		}
		r, err := http.NewRequest(http.MethodPost, srv.URL+"/scim/acme/v2/Users", body)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Authorization", "Bearer "+acme)
		response, err := srv.Client().Do(r)
		if err != nil {
			t.Fatalf("chunked %v: %v", chunked, err)
		}
		response.Body.Close()
		if response.StatusCode != http.StatusRequestEntityTooLarge {
			t.Errorf("chunked %v: answered %d, want 413", chunked, response.StatusCode)
		}
	}
}
