// Package importpull reads the users and groups of another SCIM 2.0 server, as the rows of an
// import. The server is one that an administrator names, and may be anything: it is reached over
// http or https alone, at no address inside unless that is allowed, for a limited time, and what
// it says is read up to a limit. It gets the credential that was given for it and nobody else does.
package importpull

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/muster-scim/muster/directory/importfile"
	"github.com/muster-scim/muster/scim"
)

// Source is the server that is read.
type Source struct {
	URL                string // its base, above /Users
	Token              string // a bearer token, or
	UserName, Password string
	PageSize           int // resources that are asked for at once; 0 = 100

	Private bool // addresses of this machine and of private networks are allowed
}

const (
	mostPage     = 64 << 20 // bytes of one page: groups come with their members
	pageTimeout  = 2 * time.Minute
	mostPages    = 200_000
	defaultCount = 100
)

// errPrivate says that an address may not be called.
var errPrivate = errors.New("the address is not a public one; the server must be started with MUSTER_IMPORT_PRIVATE=true to import from inside")

// Rows reads all users and then all groups with their members. An error ends them; it is an
// *importfile.FileError when the source is to blame. Check says what is wrong with a source
// before that.
func Rows(ctx context.Context, s Source) iter.Seq2[importfile.Row, error] {
	return func(yield func(importfile.Row, error) bool) {
		p, err := newPuller(s)
		if err != nil {
			yield(importfile.Row{}, err)
			return
		}
		defer p.client.CloseIdleConnections()
		for _, path := range []string{"/Users", "/Groups"} {
			if !p.list(ctx, path, yield) {
				return
			}
		}
	}
}

// Check says what is wrong with a source, without calling it; the error is an *importfile.FileError.
func Check(s Source) error {
	_, err := newPuller(s)
	return err
}

// puller is one reading of a source.
type puller struct {
	Source
	base   *url.URL
	client *http.Client
	n      int64 // resources so far: the rows' lines
}

func newPuller(s Source) (*puller, error) {
	base, err := url.Parse(strings.TrimRight(s.URL, "/"))
	switch {
	case err != nil || base.Host == "":
		return nil, bad("the address must be that of a SCIM server, such as https://scim.example.com/v2")
	case base.Scheme != "https" && base.Scheme != "http":
		return nil, bad("the address must begin with https:// (or http://)")
	case base.User != nil || base.RawQuery != "" || base.Fragment != "":
		return nil, bad("the address must be without a user, a query and a fragment; give the credential apart")
	case base.Scheme == "http" && !s.Private:
		return nil, bad("a credential goes over https only; plain http needs a server that was started with MUSTER_IMPORT_PRIVATE=true")
	}
	if s.PageSize <= 0 {
		s.PageSize = defaultCount
	}
	p := &puller{Source: s, base: base}
	dialer := &net.Dialer{Timeout: 10 * time.Second, Control: p.mayDial}
	p.client = &http.Client{
		Timeout:       pageTimeout,
		CheckRedirect: p.mayFollow,
		Transport: &http.Transport{
			DialContext:         dialer.DialContext, // and no proxy: that would dial for us, wherever it likes
			TLSHandshakeTimeout: 10 * time.Second, ResponseHeaderTimeout: time.Minute, MaxResponseHeaderBytes: 64 << 10,
			ForceAttemptHTTP2: true, MaxIdleConns: 2, IdleConnTimeout: time.Minute,
		},
	}
	return p, nil
}

func bad(format string, args ...any) error {
	return &importfile.FileError{Detail: fmt.Sprintf(format, args...)}
}

// mayDial looks at the address that is really dialled, after the name was looked up: a name that
// points inside, or points elsewhere the second time, gets nowhere.
func (p *puller) mayDial(_, address string, _ syscall.RawConn) error {
	if p.Private {
		return nil
	}
	at, err := netip.ParseAddrPort(address)
	if err != nil || !Public(at.Addr()) {
		return errPrivate
	}
	return nil
}

// inside are networks that are not the public internet, beside those that netip knows.
var inside = []netip.Prefix{
	netip.MustParsePrefix("0.0.0.0/8"), netip.MustParsePrefix("100.64.0.0/10"), netip.MustParsePrefix("192.0.0.0/24"),
	netip.MustParsePrefix("192.0.2.0/24"), netip.MustParsePrefix("198.18.0.0/15"), netip.MustParsePrefix("198.51.100.0/24"),
	netip.MustParsePrefix("203.0.113.0/24"), netip.MustParsePrefix("240.0.0.0/4"), netip.MustParsePrefix("64:ff9b::/96"),
	netip.MustParsePrefix("64:ff9b:1::/48"), netip.MustParsePrefix("2001::/23"), netip.MustParsePrefix("2001:db8::/32"), netip.MustParsePrefix("2002::/16"),
	netip.MustParsePrefix("fec0::/10"), netip.MustParsePrefix("::/96"), netip.MustParsePrefix("::ffff:0:0:0/96"), netip.MustParsePrefix("100::/64"),
}

// Public says whether an address is one of the public internet. Addresses that carry another one
// inside (NAT64, 6to4, Teredo) are none.
func Public(a netip.Addr) bool {
	a = a.Unmap()
	if !a.IsGlobalUnicast() || a.IsPrivate() || a.IsLoopback() || a.IsLinkLocalUnicast() || a.Zone() != "" {
		return false
	}
	for _, prefix := range inside {
		if prefix.Contains(a) {
			return false
		}
	}
	return true
}

// mayFollow follows redirects on the same host alone: the credential is meant for nobody else.
func (p *puller) mayFollow(r *http.Request, via []*http.Request) error {
	if r.URL.Scheme != p.base.Scheme || r.URL.Host != p.base.Host {
		return bad("the server sends on to %s, which is not followed; give that address if it is right", importfile.Shortened(r.URL.Scheme+"://"+r.URL.Host))
	}
	if len(via) >= 3 {
		return bad("the server sends from one address to the next without end")
	}
	return nil
}

// page is a ListResponse.
type page struct {
	Total      int               `json:"totalResults"`
	Resources  []json.RawMessage `json:"Resources"`
	NextCursor string            `json:"nextCursor"`
}

// list reads the pages of one kind of resources: by cursor where the server gives one, else by
// the index of the first one wanted. It is false when no more is wanted, or possible.
func (p *puller) list(ctx context.Context, path string, yield func(importfile.Row, error) bool) bool {
	start, cursor := 1, ""
	for range mostPages {
		got, err := p.page(ctx, path, start, cursor)
		if err != nil {
			yield(importfile.Row{}, err)
			return false
		}
		for _, text := range got.Resources {
			if !p.give(ctx, path, text, yield) {
				return false
			}
		}
		start += len(got.Resources)
		switch {
		case got.NextCursor != "" && got.NextCursor != cursor:
			cursor = got.NextCursor
		case got.NextCursor != "":
			yield(importfile.Row{}, bad("the server gives the same cursor again and again for %s", path))
			return false
		case cursor != "" || len(got.Resources) == 0 || start > got.Total:
			return true
		}
	}
	yield(importfile.Row{}, bad("the server has no end of pages for %s", path))
	return false
}

// give reads one resource. A group of a list may come without its members, which are then asked
// for by its own address.
func (p *puller) give(ctx context.Context, path string, text json.RawMessage, yield func(importfile.Row, error) bool) bool {
	p.n++
	limits := scim.BodyLimits
	if path == "/Groups" {
		limits = scim.GroupBodyLimits
	}
	raw, err := scim.Decode(text, limits)
	if err != nil {
		row := importfile.Row{Line: p.n, Kind: importfile.User, Text: importfile.Shortened(string(text)),
			Problem: &importfile.Problem{Code: "invalid", Detail: fmt.Sprintf("Resource %d of %s cannot be read: %s", p.n, path, err)}}
		return yield(row, nil)
	}
	if id, ok := raw["id"].(string); ok && path == "/Groups" && raw["members"] == nil {
		whole, err := p.get(ctx, path+"/"+url.PathEscape(id), nil)
		if err != nil {
			yield(importfile.Row{}, err)
			return false
		}
		if read, err := scim.Decode(whole, limits); err == nil {
			raw = read
		}
	}
	if path == "/Users" {
		delete(raw, "groups") // its names are the server's; the groups themselves come with their members
		if raw["schemas"] == nil {
			raw["schemas"] = []any{"urn:ietf:params:scim:schemas:core:2.0:User"}
		}
	} else if raw["schemas"] == nil {
		raw["schemas"] = []any{"urn:ietf:params:scim:schemas:core:2.0:Group"}
	}
	shown := string(text)
	if len(shown) > importfile.MaxRow {
		shown = ""
	}
	for _, row := range importfile.Resource(p.n, shown, raw) {
		if !yield(row, nil) {
			return false
		}
	}
	return true
}

func (p *puller) page(ctx context.Context, path string, start int, cursor string) (*page, error) {
	query := url.Values{"count": {strconv.Itoa(p.PageSize)}}
	if cursor != "" {
		query.Set("cursor", cursor)
	} else {
		query.Set("startIndex", strconv.Itoa(start))
	}
	data, err := p.get(ctx, path, query)
	if err != nil {
		return nil, err
	}
	var got page
	if err := json.Unmarshal(data, &got); err != nil {
		return nil, bad("the server's answer to %s is no list of SCIM: %s", path, importfile.Shortened(err.Error()))
	}
	return &got, nil
}

// get reads one answer. A server that is overrun, or away for a moment, is asked again.
func (p *puller) get(ctx context.Context, path string, query url.Values) ([]byte, error) {
	var err error
	for try := range 4 {
		if try > 0 {
			if err := rest(ctx, time.Duration(1<<try)*time.Second/2); err != nil {
				return nil, err
			}
		}
		var data []byte
		var again bool
		if data, again, err = p.getOnce(ctx, path, query); err == nil || !again {
			return data, err
		}
	}
	return nil, err
}

func (p *puller) getOnce(ctx context.Context, path string, query url.Values) (data []byte, again bool, err error) {
	at := *p.base
	at.Path, at.RawPath = at.Path+path, ""
	if decoded, err := url.PathUnescape(path); err == nil && decoded != path {
		at.Path, at.RawPath = p.base.Path+decoded, p.base.EscapedPath()+path
	}
	at.RawQuery = query.Encode()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, at.String(), nil)
	if err != nil {
		return nil, false, bad("the address cannot be called: %s", importfile.Shortened(err.Error()))
	}
	r.Header.Set("Accept", "application/scim+json, application/json")
	r.Header.Set("User-Agent", "muster-import")
	switch {
	case p.Token != "":
		r.Header.Set("Authorization", "Bearer "+p.Token)
	case p.UserName != "":
		r.SetBasicAuth(p.UserName, p.Password)
	}
	answer, err := p.client.Do(r)
	var file *importfile.FileError
	switch {
	case ctx.Err() != nil:
		return nil, false, ctx.Err()
	case errors.As(err, &file):
		return nil, false, file
	case errors.Is(err, errPrivate):
		return nil, false, bad("%s: %s", p.base.Host, errPrivate)
	case err != nil:
		return nil, true, bad("%s cannot be reached: %s", p.base.Host, importfile.Shortened(reason(err)))
	}
	defer answer.Body.Close()
	data, err = io.ReadAll(io.LimitReader(answer.Body, mostPage+1))
	switch {
	case err != nil:
		return nil, true, bad("the answer of %s broke off: %s", p.base.Host, importfile.Shortened(err.Error()))
	case len(data) > mostPage:
		return nil, false, bad("an answer of %s has more than %d MiB; ask for smaller pages", p.base.Host, mostPage>>20)
	case answer.StatusCode == http.StatusUnauthorized || answer.StatusCode == http.StatusForbidden:
		return nil, false, bad("%s refuses the credential (%d); give one that may read users and groups", p.base.Host, answer.StatusCode)
	case answer.StatusCode != http.StatusOK:
		again = answer.StatusCode == http.StatusTooManyRequests || answer.StatusCode >= 500
		return nil, again, bad("%s answered %d to %s; check the address, which is the one above /Users", p.base.Host, answer.StatusCode, path)
	}
	return bytes.TrimPrefix(data, []byte("\xef\xbb\xbf")), false, nil
}

// reason is why a call failed, without the address, which the caller names.
func reason(err error) string {
	var u *url.Error
	if errors.As(err, &u) {
		return u.Err.Error()
	}
	return err.Error()
}

func rest(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
