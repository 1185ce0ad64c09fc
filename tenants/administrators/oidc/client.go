package oidc

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"time"
)

const (
	askTimeout = 10 * time.Second
	mostBytes  = 1 << 20
)

// newClient is for asking the provider: bounded in time and size, and never led elsewhere.
func newClient() *http.Client {
	return &http.Client{
		Timeout:   askTimeout,
		Transport: bounded{http.DefaultTransport},
		CheckRedirect: func(*http.Request, []*http.Request) error {
			return errors.New("the provider redirects; set the issuer to where it leads")
		},
	}
}

// bounded cuts answers that are too long.
type bounded struct{ inner http.RoundTripper }

// RoundTrip implements http.RoundTripper.
func (b bounded) RoundTrip(r *http.Request) (*http.Response, error) {
	answer, err := b.inner.RoundTrip(r)
	if err == nil {
		answer.Body = struct {
			io.Reader
			io.Closer
		}{io.LimitReader(answer.Body, mostBytes), answer.Body}
	}
	return answer, err
}

// CheckIssuer says whether an address may be the issuer: https, or http on this machine.
func CheckIssuer(issuer string) error {
	u, err := url.Parse(issuer)
	if err != nil || u.Host == "" || u.RawQuery != "" || u.Fragment != "" {
		return fmt.Errorf("%q is no issuer; it is an address such as https://acme.okta.com, as the provider's own configuration spells it", issuer)
	}
	if u.Scheme == "https" {
		return nil
	}
	if ip := net.ParseIP(u.Hostname()); u.Scheme == "http" && (u.Hostname() == "localhost" || ip != nil && ip.IsLoopback()) {
		return nil
	}
	return fmt.Errorf("the issuer %s must be https: whoever could read or change what it says could sign in as anybody", issuer)
}
