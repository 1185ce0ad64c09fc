package deploy_test

import (
	"bytes"
	"crypto/tls"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"
)

// proxy runs HAProxy with the files of this directory, before one backend.
func proxy(t *testing.T, backend string, environment ...string) (address, tlsAddress string) {
	t.Helper()
	address, tlsAddress = freeAddress(t), freeAddress(t)
	cmd := exec.Command(haproxy(t), "-db", "-f", "haproxy/haproxy.cfg", "-f", "haproxy/tls.cfg")
	cmd.Env = append(os.Environ(), "LISTEN="+address, "STATUS_LISTEN="+freeAddress(t), "MUSTER_1="+backend, "MUSTER_2="+freeAddress(t),
		"TLS_LISTEN="+tlsAddress, "TLS_CERTIFICATE="+certificate(t))
	cmd.Env = append(cmd.Env, environment...)
	var log bytes.Buffer
	cmd.Stdout, cmd.Stderr = &log, &log
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait() // it was killed
		if t.Failed() {
			t.Log(log.String())
		}
	})
	for deadline := time.Now().Add(10 * time.Second); ; {
		conn, err := net.Dial("tcp", tlsAddress) // bound last
		if err == nil {
			conn.Close()
			return address, tlsAddress
		}
		if time.Now().After(deadline) {
			t.Fatalf("HAProxy does not listen: %v\n%s", err, log.String())
		}
		time.Sleep(5 * time.Millisecond) // another process: there is nothing to wait on
	}
}

func freeAddress(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	return listener.Addr().String()
}

// echo is a backend that is ready, and answers with what it was asked.
func echo(t *testing.T) string {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_ = json.NewEncoder(w).Encode(map[string]any{"target": r.RequestURI, "for": r.Header.Values("X-Forwarded-For"), "forwarded": r.Header.Get("Forwarded"), "authorization": r.Header.Get("Authorization")})
	}))
	t.Cleanup(server.Close)
	return strings.TrimPrefix(server.URL, "http://")
}

// seen is what the backend was asked.
type seen struct {
	Target, Forwarded, Authorization string
	For                              []string
}

func through(t *testing.T, client *http.Client, url string) seen {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("X-Forwarded-For", "203.0.113.7")
	request.Header.Set("Forwarded", "for=203.0.113.8")
	request.Header.Set("Authorization", "Bearer t")
	answer, err := client.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	var s seen
	if err := json.NewDecoder(answer.Body).Decode(&s); err != nil {
		t.Fatalf("%d: %v", answer.StatusCode, err)
	}
	return s
}

// TestTheProxySaysWhoAsksAndNobodyElseDoes: a client's word about its address is worth nothing,
// that of a proxy before this one is taken.
func TestTheProxySaysWhoAsksAndNobodyElseDoes(t *testing.T) {
	t.Parallel()
	backend := echo(t)
	anyone, overTLS := proxy(t, backend)
	known, _ := proxy(t, backend, "UPSTREAM=192.0.2.1 127.0.0.1")
	insecure := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}, ForceAttemptHTTP2: true}}
	for _, c := range []struct {
		what, url, want string
		client          *http.Client
	}{
		{"a client", "http://" + anyone, "127.0.0.1", http.DefaultClient},
		{"a client over TLS", "https://" + overTLS, "127.0.0.1", insecure},
		{"a proxy before this one", "http://" + known, "203.0.113.7", http.DefaultClient},
	} {
		s := through(t, c.client, c.url+"/scim/acme/v2/Users?filter=userName%20eq%20%22a%2Fb%22")
		if len(s.For) != 1 || s.For[0] != c.want || s.Forwarded != "" {
			t.Errorf("%s: X-Forwarded-For is %v and Forwarded %q, want %s alone", c.what, s.For, s.Forwarded, c.want)
		}
		if s.Target != "/scim/acme/v2/Users?filter=userName%20eq%20%22a%2Fb%22" || s.Authorization != "Bearer t" {
			t.Errorf("%s: the request was changed to %+v", c.what, s)
		}
	}
}

func TestTheProxyAnswersInSCIMsWordsWhenNoReplicaIsReady(t *testing.T) {
	t.Parallel()
	address, _ := proxy(t, freeAddress(t))
	answer, err := http.Get("http://" + address + "/scim/acme/v2/Users")
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	var problem struct {
		Schemas []string
		Status  string
	}
	if err := json.Unmarshal(body, &problem); err != nil || answer.StatusCode != http.StatusServiceUnavailable || problem.Status != "503" ||
		answer.Header.Get("Content-Type") != "application/scim+json" || answer.Header.Get("Retry-After") == "" {
		t.Errorf("%d %v %s (%v), want a SCIM error 503 with Retry-After", answer.StatusCode, answer.Header, body, err)
	}
}
