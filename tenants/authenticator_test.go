package tenants

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
)

// entries is a Gate over a map that counts how often it was asked, and refuses an address after
// two failures.
type entries struct {
	known  map[string]Entry
	asked  int
	fail   error
	failed map[string]int // by slug and address
}

func (e *entries) Enter(_ context.Context, p Presented) (Entry, Allowance, error) {
	e.asked++
	if e.fail != nil {
		return Entry{}, Allowance{}, e.fail
	}
	found, ok := e.known[p.Key]
	if !ok {
		return Entry{}, Allowance{}, ErrUnknown
	}
	return found, Allowance{Remaining: 7}, nil
}

func (e *entries) Fail(_ context.Context, slug, address string) Allowance {
	if e.failed == nil {
		e.failed = map[string]int{}
	}
	e.failed[slug+" "+address]++
	return Allowance{Refused: address != "" && e.failed[slug+" "+address] > 2, Wait: time.Minute}
}

func (e *entries) Forget(context.Context, string) {}

var testNow = time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC)

// callers is a deployment with two connectors: acme has a token and a Basic pair, beta a token.
type callers struct {
	*entries
	acme, beta, password string
}

const testUser = "okta ä"

func newCallers(t *testing.T) *callers {
	t.Helper()
	c := &callers{entries: &entries{known: map[string]Entry{}}}
	c.acme = c.mint(t, "acme", Wanted{Name: "token"}).Token
	c.beta = c.mint(t, "beta", Wanted{Name: "token"}).Token
	c.password = c.mint(t, "acme", Wanted{Name: "pair", Kind: Basic, Username: testUser}).Basic.Password
	return c
}

// mint makes a credential of a connector.
func (c *callers) mint(t *testing.T, slug string, w Wanted) (s Secrets) {
	t.Helper()
	w, err := w.checked(testNow)
	if err != nil {
		t.Fatal(err)
	}
	n, err := w.make(slug, rand.Reader, &s)
	if err != nil {
		t.Fatal(err)
	}
	c.add(slug, n)
	return s
}

func (c *callers) add(slug string, n NewCredential) {
	n.ID = uuid.New()
	c.known[n.LookupKey] = Entry{Credential: n.Credential, Connector: Connector{Slug: slug}, Hash: n.Hash}
}

func (c *callers) authenticate(slug string, headers ...string) (Principal, error) {
	return NewAuthenticator(c, func() time.Time { return testNow }).Authenticate(context.Background(), Caller{Slug: slug, Headers: headers})
}

func basic(user, password string) string {
	return base64.StdEncoding.EncodeToString([]byte(user + ":" + password))
}

func TestEveryWayOfPresentingASecretIsTaken(t *testing.T) {
	c := newCallers(t)
	for name, header := range map[string]string{
		"bearer":                       "Bearer " + c.acme,
		"lower-case scheme":            "bearer " + c.acme,
		"spaces around":                "  Bearer    " + c.acme + "  ",
		"a tab":                        "Bearer \t" + c.acme,
		"another scheme word":          "SSWS " + c.acme,
		"no scheme":                    c.acme,
		"basic":                        "Basic " + basic(testUser, c.password),
		"basic, odd case":              "bASIC  " + basic(testUser, c.password),
		"basic without padding":        "Basic " + strings.TrimRight(basic(testUser, c.password), "="),
		"the token as password":        "Basic " + basic("whoever", c.acme),
		"the token for an unnamed one": "Basic " + basic("", c.acme),
	} {
		p, err := c.authenticate("acme", header)
		if err != nil || p.Connector.Slug != "acme" || p.Credential.ID == uuid.Nil {
			t.Errorf("%s: %+v, %v", name, p, err)
		}
	}
}

func TestWhatProvesNothingIsUnauthenticated(t *testing.T) {
	c := newCallers(t)
	flipped := func(i int) string {
		b := []byte(c.acme)
		if b[i] == 'x' {
			b[i] = 'y'
		} else {
			b[i] = 'x'
		}
		return string(b)
	}
	for _, x := range []struct {
		name    string
		slug    string
		looks   bool // whether it is worth a look-up
		headers []string
	}{
		{"no header", "acme", false, nil},
		{"an empty header", "acme", false, []string{""}},
		{"a scheme alone", "acme", false, []string{"Bearer"}},
		{"a scheme and blanks", "acme", false, []string{"Bearer    "}},
		{"two headers", "acme", false, []string{"Bearer " + c.acme, "Bearer " + c.acme}},
		{"a token of another connector", "acme", true, []string{"Bearer " + c.beta}},
		{"a token on a connector that is not there", "nowhere", true, []string{"Bearer " + c.acme}},
		{"the slug in other letters", "ACME", false, []string{"Bearer " + c.acme}},
		{"the last letter changed", "acme", false, []string{"Bearer " + flipped(len(c.acme)-1)}},
		{"the key id changed", "acme", false, []string{"Bearer " + flipped(6)}},
		{"the secret changed", "acme", false, []string{"Bearer " + flipped(40)}},
		{"a token too many", "acme", false, []string{"Bearer " + c.acme + " " + c.acme}},
		{"two tokens in a list", "acme", false, []string{"Bearer " + c.acme + ", Bearer " + c.acme}},
		{"a control byte", "acme", false, []string{"Bearer a\x00b"}},
		{"64 KiB", "acme", false, []string{"Bearer " + strings.Repeat("A", 65536)}},
		{"a JWT without algorithm", "acme", false, []string{"Bearer eyJhbGciOiJub25lIn0.eyJzdWIiOiJhZG1pbiIsInNjb3BlIjoic2NpbSJ9."}},
		{"Basic on a token's connector", "beta", true, []string{"Basic YTpi"}},
		{"Basic with no base64", "acme", false, []string{"Basic ???"}},
		{"Basic without a colon", "acme", false, []string{"Basic " + base64.StdEncoding.EncodeToString([]byte("x"))}},
		{"Basic with an empty password", "acme", false, []string{"Basic " + basic(testUser, "")}},
		{"Basic with a wrong password", "acme", true, []string{"Basic " + basic(testUser, "wrong")}},
		{"Basic with another user name", "acme", true, []string{"Basic " + basic("other", c.password)}},
		{"Basic with a line break in the name", "acme", false, []string{"Basic " + basic("a\nb", c.password)}},
		{"Basic of another connector", "beta", true, []string{"Basic " + basic(testUser, c.password)}},
		{"a password as a bearer token", "acme", false, []string{"Bearer " + c.password}},
	} {
		c.asked = 0
		p, err := c.authenticate(x.slug, x.headers...)
		if !errors.Is(err, ErrUnauthenticated) || p.Connector.Slug != "" {
			t.Errorf("%s: %+v, %v", x.name, p, err)
		}
		if err != nil && err.Error() != ErrUnauthenticated.Error() {
			t.Errorf("%s: the error tells more than the others: %v", x.name, err)
		}
		if (c.asked > 0) != x.looks {
			t.Errorf("%s: %d look-ups", x.name, c.asked)
		}
	}
}

func TestAKnownKeyWithAnotherSecretIsUnauthenticated(t *testing.T) {
	c := newCallers(t)
	body := c.acme[:len(c.acme)-checkLength-1]
	last := byte('x')
	if body[len(body)-1] == last {
		last = 'y'
	}
	forged := body[:len(body)-1] + string(last)
	forged += "_" + checksum(forged) // well-formed: only the hash can tell
	if _, err := c.authenticate("acme", "Bearer "+forged); !errors.Is(err, ErrUnauthenticated) || c.asked != 1 {
		t.Errorf("a forged secret: %v after %d look-ups", err, c.asked)
	}
}

func TestCredentialsExpireOnTheDot(t *testing.T) {
	c := newCallers(t)
	keyID, _ := parseToken(c.acme, tokenPrefix)
	for after, valid := range map[time.Duration]bool{time.Nanosecond: true, 0: false, -time.Hour: false} {
		entry := c.known[TokenKey(keyID)]
		entry.Credential.ExpiresAt = testNow.Add(after)
		c.known[TokenKey(keyID)] = entry
		_, err := c.authenticate("acme", c.acme)
		if (err == nil) != valid || err != nil && !errors.Is(err, ErrUnauthenticated) {
			t.Errorf("a token with %v to live: %v", after, err)
		}
	}
}

func TestAFailedLookupIsNoRefusal(t *testing.T) {
	c := newCallers(t)
	c.fail = errors.New("database away")
	_, err := c.authenticate("acme", c.acme)
	if err == nil || errors.Is(err, ErrUnauthenticated) || !errors.Is(err, c.fail) {
		t.Errorf("got %v", err)
	}
	if strings.Contains(err.Error(), c.acme) {
		t.Error("the token stands in the error")
	}
}

func TestOnlyAcceptedCredentialsCountAsUsed(t *testing.T) {
	c := newCallers(t)
	a := NewAuthenticator(c, func() time.Time { return testNow })
	var used []uuid.UUID
	a.Used = func(id uuid.UUID) { used = append(used, id) }
	_, _ = a.Authenticate(t.Context(), Caller{Slug: "beta", Headers: []string{c.acme}})
	p, err := a.Authenticate(t.Context(), Caller{Slug: "acme", Headers: []string{c.acme}})
	if err != nil || len(used) != 1 || used[0] != p.Credential.ID {
		t.Errorf("used %v, %v, want only %s", used, err, p.Credential.ID)
	}
}

func TestOnlyFailuresOfAnAddressAreCounted(t *testing.T) {
	c := newCallers(t)
	a := NewAuthenticator(c, func() time.Time { return testNow })
	try := func(address, slug, header string) error {
		_, err := a.Authenticate(t.Context(), Caller{Slug: slug, Address: address, Headers: []string{header}})
		return err
	}
	var tooMany *FailuresError
	for range 2 {
		if err := try("10.0.0.1", "acme", "Bearer wrong"); !errors.Is(err, ErrUnauthenticated) || errors.As(err, &tooMany) {
			t.Fatalf("a failure within the limit: %v", err)
		}
	}
	if err := try("10.0.0.1", "acme", "Bearer "+c.beta); !errors.As(err, &tooMany) || tooMany.Retry != time.Minute || !errors.Is(err, ErrUnauthenticated) {
		t.Errorf("the third failure: %v", err)
	}
	if err := try("10.0.0.1", "acme", "Bearer "+c.acme); err != nil {
		t.Errorf("a valid credential after it: %v", err)
	}
	if err := try("10.0.0.2", "acme", "Bearer wrong"); errors.As(err, &tooMany) {
		t.Errorf("another address: %v", err)
	}
	if err := try("10.0.0.1", "beta", "Bearer wrong"); errors.As(err, &tooMany) {
		t.Errorf("another connector: %v", err)
	}
	for range 3 {
		_ = try("10.0.0.3", "no such/slug", "Bearer wrong")
	}
	if c.failed[" 10.0.0.3"] != 3 {
		t.Errorf("paths that name no connector are counted as %v", c.failed)
	}
}
