package webhook

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/muster-scim/muster/directory/importpull"
	"github.com/muster-scim/muster/tenants"
)

const (
	sendTimeout = 15 * time.Second // of one attempt, from dialling to the end of the answer
	mostAnswer  = 64 << 10         // bytes of an answer that are read, and thrown away
	mostURL     = 2048
)

// Sender makes requests, to nowhere that could not be meant. Private are networks inside that may
// be called too; plain HTTP is for this machine alone, if it is among them.
type Sender struct {
	private       []netip.Prefix
	agent         string
	secure, plain *http.Client
}

// NewSender makes a Sender. Roots are the authorities that vouch for receivers; nil: the system's.
func NewSender(private []netip.Prefix, version string, roots *x509.CertPool) *Sender {
	s := &Sender{private: private, agent: "Muster-Webhooks/" + version}
	s.secure = client(s.allowed, roots)
	s.plain = client(func(a netip.Addr) bool { return a.IsLoopback() && s.allowed(a) }, roots)
	return s
}

// errAddress says that an address may not be called.
var errAddress = errors.New("the name leads to an address that is not a public one; MUSTER_WEBHOOK_PRIVATE_NETWORKS names networks inside that may be called")

// client is an HTTP client that looks at the address which is really dialled, after the name was
// looked up: a name that points inside, or elsewhere the second time, gets nowhere. It follows no
// redirect, and uses no proxy, which would dial for us.
func client(allowed func(netip.Addr) bool, roots *x509.CertPool) *http.Client {
	dialer := &net.Dialer{Timeout: 10 * time.Second, Control: func(network, address string, _ syscall.RawConn) error {
		at, err := netip.ParseAddrPort(address)
		if err != nil || !strings.HasPrefix(network, "tcp") || !allowed(at.Addr().Unmap()) {
			return errAddress
		}
		return nil
	}}
	transport := &http.Transport{
		DialContext:         dialer.DialContext,
		TLSHandshakeTimeout: 10 * time.Second, ResponseHeaderTimeout: sendTimeout, MaxResponseHeaderBytes: 64 << 10,
		ForceAttemptHTTP2: true, MaxIdleConnsPerHost: 8, MaxIdleConns: 100, IdleConnTimeout: time.Minute,
	}
	if roots != nil {
		transport.TLSClientConfig = &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}
	}
	return &http.Client{Transport: transport, Timeout: sendTimeout,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
}

// allowed says whether an address may be called.
func (s *Sender) allowed(a netip.Addr) bool {
	for _, p := range s.private {
		if p.Contains(a) {
			return true
		}
	}
	return importpull.Public(a)
}

// Check refuses an address that would never be called.
func (s *Sender) Check(address string) error {
	bad := func(format string, args ...any) error {
		return &tenants.Problem{Kind: tenants.ErrInvalid, Code: CodeURL, Field: "url", Detail: "url " + fmt.Sprintf(format, args...)}
	}
	u, err := url.Parse(address)
	switch {
	case err != nil || u.Host == "" || u.Hostname() == "" || len(address) > mostURL || strings.ContainsFunc(address, func(r rune) bool { return r <= ' ' || r == 0x7f }):
		return bad("must be an address such as https://receiver.example.com/muster")
	case u.Scheme != "https" && u.Scheme != "http":
		return bad("must begin with https://")
	case u.User != nil || u.Fragment != "":
		return bad("must be without a user and a fragment: messages are signed, and secrets in addresses end up in logs")
	}
	literal, err := netip.ParseAddr(u.Hostname())
	isLiteral := err == nil
	if isLiteral && (literal.Zone() != "" || !s.allowed(literal.Unmap())) {
		return bad("leads to an address that is not a public one; MUSTER_WEBHOOK_PRIVATE_NETWORKS names networks inside that may be called")
	}
	if u.Scheme == "http" {
		here := isLiteral && literal.Unmap().IsLoopback() || strings.EqualFold(u.Hostname(), "localhost") && s.allowed(netip.AddrFrom4([4]byte{127, 0, 0, 1}))
		if !here {
			return bad("must begin with https://: plain http is for receivers on this machine, where MUSTER_WEBHOOK_PRIVATE_NETWORKS allows it")
		}
	}
	return nil
}

// Outcome is what came of one attempt.
type Outcome struct {
	Status     int // of the answer; 0: none came
	Error      string
	Took       time.Duration
	RetryAfter time.Duration // what the answer asks for; 0: nothing
}

// Taken says whether the receiver took the message.
func (o Outcome) Taken() bool { return o.Status >= 200 && o.Status < 300 }

// Send makes one attempt. Whatever goes wrong is in the outcome: of an answer its status alone,
// never its text, which may come from where nobody should read.
func (s *Sender) Send(ctx context.Context, address, id string, body []byte, secrets [][]byte, now func() time.Time) (o Outcome) {
	began := now()
	defer func() { o.Took = now().Sub(began) }()
	if err := s.Check(address); err != nil { // the networks that are allowed may be others than when it was given
		return Outcome{Error: err.Error()}
	}
	ctx, cancel := context.WithTimeout(ctx, sendTimeout)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, address, bytes.NewReader(body))
	if err != nil {
		return Outcome{Error: "the address cannot be used"}
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("User-Agent", s.agent)
	request.Header.Set(HeaderID, id)
	request.Header.Set(HeaderTimestamp, strconv.FormatInt(began.Unix(), 10))
	request.Header.Set(HeaderSignature, sign(id, began, body, secrets...))
	way := s.secure
	if request.URL.Scheme == "http" {
		way = s.plain
	}
	answer, err := way.Do(request)
	if err != nil {
		return Outcome{Error: reasonOf(err)}
	}
	defer answer.Body.Close()
	_, _ = io.Copy(io.Discard, io.LimitReader(answer.Body, mostAnswer)) // so that the connection can be used again
	o = Outcome{Status: answer.StatusCode, RetryAfter: retryAfter(answer.Header, now())}
	switch {
	case o.Taken():
	case answer.StatusCode >= 300 && answer.StatusCode < 400:
		o.Error = "the receiver sends on to another address, which is not followed; give that address if it is right"
	default:
		o.Error = strings.TrimSpace(fmt.Sprintf("the receiver answered %d %s", answer.StatusCode, http.StatusText(answer.StatusCode)))
	}
	return o
}

// reasonOf says why no answer came, without the address, which may hold a secret in its path, and
// without what came instead of an answer.
func reasonOf(err error) string {
	var outer *url.Error
	if errors.As(err, &outer) {
		err = outer.Err
	}
	var name *net.DNSError
	switch {
	case errors.Is(err, errAddress):
		return errAddress.Error()
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, context.Canceled), isTimeout(err):
		return fmt.Sprintf("the receiver did not answer within %v", sendTimeout)
	case errors.As(err, &name):
		return "the name of the receiver cannot be looked up"
	case errors.Is(err, syscall.ECONNREFUSED):
		return "nobody listens at the receiver's address"
	case strings.Contains(err.Error(), "malformed "): // net/http quotes it
		return "what the receiver answers is no HTTP"
	}
	text := err.Error()
	return strings.ToValidUTF8(text[:min(len(text), 200)], "")
}

func isTimeout(err error) bool {
	var t net.Error
	return errors.As(err, &t) && t.Timeout()
}
