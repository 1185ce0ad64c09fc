package webhook

import (
	"context"
	"crypto/x509"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"
)

var loopback = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("::1/128")}

func TestTheOfficialLibraryVerifiesWhatIsSigned(t *testing.T) {
	t.Parallel()
	old, fresh := newSecret(), newSecret()
	received := make(chan error, 4)
	s := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		for _, secret := range [][]byte{old, fresh} {
			hook, broken := standardwebhooks.NewWebhook(formatSecret(secret))
			if err == nil {
				err = broken
			}
			if err == nil {
				err = hook.Verify(body, r.Header)
			}
		}
		stranger, _ := standardwebhooks.NewWebhook(formatSecret(newSecret()))
		if stranger.Verify(body, r.Header) == nil {
			t.Error("another secret verifies it too")
		}
		received <- err
	}))
	defer s.Close()
	roots := x509.NewCertPool()
	roots.AddCert(s.Certificate())
	o := NewSender(loopback, "test", roots).Send(t.Context(), s.URL, "msg_1", []byte(`{"type":"user.created"}`), [][]byte{fresh, old}, time.Now)
	if !o.Taken() || o.Error != "" {
		t.Fatalf("the attempt is %+v", o)
	}
	if err := <-received; err != nil {
		t.Errorf("the library says: %v", err)
	}
}

func TestSecretsAreThoseOfTheScheme(t *testing.T) {
	t.Parallel()
	text := formatSecret(newSecret())
	if !strings.HasPrefix(text, "whsec_") {
		t.Errorf("a secret is %.8s…", text)
	}
	if back, err := parseSecret(text); err != nil || formatSecret(back) != text {
		t.Errorf("reading it: %v", err)
	}
	for _, bad := range []string{"whsec_", "whsec_AAAA", "nonsense!", "whsec_" + strings.Repeat("A", 88)} {
		if _, err := parseSecret(bad); err == nil {
			t.Errorf("%s was taken", bad)
		}
	}
}

func TestAddressesThatNobodyMayCallAreRefused(t *testing.T) {
	t.Parallel()
	s := NewSender(nil, "test", nil)
	for _, address := range []string{
		"http://169.254.169.254/latest/", "https://169.254.169.254/", "http://127.0.0.1:6379/", "https://127.0.0.1/", "http://[::1]/", "https://[::1]/", "https://[::ffff:127.0.0.1]/",
		"https://[64:ff9b::7f00:1]/", "https://[2002:7f00:1::]/", "https://10.0.0.1/", "https://192.168.1.1/", "https://172.16.0.1/", "https://100.64.0.1/", "https://0.0.0.0/", "https://[fd00::1]/",
		"https://[fe80::1%25eth0]/", "file:///etc/passwd", "gopher://127.0.0.1:6379/_FLUSHALL", "http://localtest.me/", "http://metadata.google.internal/", "http://example.com/",
		"https://user:pass@example.com/", "https://example.com/#x", "https://", "example.com", "", "https://example.com/ x", "http://localhost/",
	} {
		if s.Check(address) == nil {
			t.Errorf("%q may be called", address)
		}
	}
	for _, address := range []string{"https://example.com/hook?token=1", "https://example.com:8443/", "https://93.184.216.34/"} {
		if err := s.Check(address); err != nil {
			t.Errorf("%s: %v", address, err)
		}
	}
	here := NewSender(loopback, "test", nil)
	for address, ok := range map[string]bool{"http://127.0.0.1:1/": true, "http://[::1]:1/": true, "http://localhost:1/": true, "https://127.0.0.1/": true, "http://10.0.0.1/": false, "https://10.0.0.1/": false} {
		if err := here.Check(address); (err == nil) != ok {
			t.Errorf("where this machine is allowed, %s: %v", address, err)
		}
	}
}

// A name that is public when it is given and leads inside when it is called gets nowhere: what
// counts is the address that is dialled.
func TestTheAddressThatIsDialledCounts(t *testing.T) {
	t.Parallel()
	var connected atomic.Int64
	inside := httptest.NewUnstartedServer(http.NotFoundHandler())
	inside.Config.ConnState = func(net.Conn, http.ConnState) { connected.Add(1) }
	inside.StartTLS()
	defer inside.Close()
	_, port, _ := strings.Cut(strings.TrimPrefix(inside.URL, "https://"), ":")
	s := NewSender(nil, "test", nil)
	address := "https://localhost:" + port + "/" // a name, which only dialling shows to be of this machine
	if err := s.Check(address); err != nil {
		t.Fatalf("a name was refused before it was looked up: %v", err)
	}
	o := s.Send(t.Context(), address, "msg_1", []byte("{}"), [][]byte{newSecret()}, time.Now)
	if o.Status != 0 || o.Error != errAddress.Error() {
		t.Errorf("the attempt is %+v", o)
	}
	if connected.Load() != 0 {
		t.Error("it was connected to")
	}
}

func TestRedirectsAreNotFollowed(t *testing.T) {
	t.Parallel()
	var called atomic.Int64
	there := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { called.Add(1) }))
	defer there.Close()
	s := httptest.NewServer(http.RedirectHandler(there.URL, http.StatusTemporaryRedirect))
	defer s.Close()
	o := NewSender(loopback, "test", nil).Send(t.Context(), s.URL, "msg_1", []byte("{}"), [][]byte{newSecret()}, time.Now)
	if o.Taken() || o.Status != http.StatusTemporaryRedirect || called.Load() != 0 {
		t.Errorf("the attempt is %+v, and the other address was called %d times", o, called.Load())
	}
}

func TestAnAnswersTextGoesNowhere(t *testing.T) {
	t.Parallel()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Retry-After", "120")
		http.Error(w, "the-secret-of-the-inside", http.StatusServiceUnavailable)
	}))
	defer s.Close()
	o := NewSender(loopback, "test", nil).Send(t.Context(), s.URL, "msg_1", []byte("{}"), [][]byte{newSecret()}, time.Now)
	if o.Status != 503 || o.RetryAfter != 2*time.Minute || strings.Contains(o.Error, "secret") {
		t.Errorf("the attempt is %+v", o)
	}
}

func TestWhoGoesWhileSendingIsToldSo(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if o := NewSender(loopback, "test", nil).Send(ctx, "http://127.0.0.1:1/", "msg_1", nil, nil, time.Now); o.Taken() || o.Error == "" {
		t.Errorf("the attempt is %+v", o)
	}
}

func TestNothingThatAReceiverWritesIsTold(t *testing.T) {
	t.Parallel()
	for name, says := range map[string]string{
		"a reason phrase": "HTTP/1.1 500 internal-banner\r\nContent-Length: 0\r\n\r\n",
		"no HTTP":         "internal-banner SSH-2.0\r\n\r\n",
		"broken headers":  "HTTP/1.1 200 OK\r\ninternal-banner\r\n\r\n",
		"a long status":   "HTTP/1.1 internal-banner\r\n\r\n",
	} {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		go func() {
			c, err := l.Accept()
			if err != nil {
				return
			}
			defer c.Close()
			_, _ = c.Read(make([]byte, 4096))
			_, _ = io.WriteString(c, says)
		}()
		o := NewSender(loopback, "test", nil).Send(t.Context(), "http://"+l.Addr().String(), "msg_1", []byte("{}"), nil, time.Now)
		l.Close()
		if o.Taken() || o.Error == "" || strings.Contains(o.Error, "banner") {
			t.Errorf("%s: %+v", name, o)
		}
	}
}
