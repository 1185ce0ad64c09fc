package entra

import (
	"context"
	"crypto/rsa"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"sync"
	"time"

	"github.com/go-jose/go-jose/v4"
)

// authority is where Entra answers. It is the only host that is ever asked.
const authority = "https://login.microsoftonline.com"

const (
	fetchTimeout = 5 * time.Second // of both documents together
	maxDocument  = 1 << 20         // bytes; Entra's are below 20 KB
	refetchEvery = time.Minute     // for a key that is not among those known
	retryEvery   = 10 * time.Second
	fresh        = time.Hour      // after which keys are fetched anew
	stale        = 24 * time.Hour // after which they do not count, if they cannot be
	minimumBits  = 2048
)

// keys are the public keys of Entra tenants. A tenant is asked about only after a connector's
// credential has named it, so there are as many as administrators wrote down.
type keys struct {
	client *http.Client
	now    func() time.Time

	mu       sync.Mutex
	byTenant map[string]*tenantKeys
}

// tenantKeys are those of one tenant.
type tenantKeys struct {
	mu      sync.Mutex
	byID    map[string]*rsa.PublicKey // nil: none that count
	fetched time.Time                 // when byID was
	tried   time.Time                 // when the last fetch began
	flight  chan struct{}             // closed at the end of the fetch that is under way; nil: none is
	failure error                     // of the last fetch
}

func newKeys(client *http.Client, now func() time.Time) *keys {
	if client == nil {
		client = &http.Client{Timeout: fetchTimeout}
	}
	asks := *client
	asks.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse } // a redirect is no answer
	return &keys{client: &asks, now: now, byTenant: make(map[string]*tenantKeys)}
}

// unavailableError is a failure to get keys, which a repetition may cure.
type unavailableError struct{ cause error }

func (e *unavailableError) Error() string     { return "Entra's keys cannot be had: " + e.cause.Error() }
func (e *unavailableError) Unwrap() error     { return e.cause }
func (e *unavailableError) Unavailable() bool { return true }

// find returns a key of a tenant by its id; nil if Entra has none of that name. The error says
// that Entra could not be asked, while no keys are known that may still count. Keys that are known
// are never waited for: they are fetched anew behind the caller's back.
func (k *keys) find(ctx context.Context, tenant, id string) (*rsa.PublicKey, error) {
	t := k.of(tenant)
	key, flight := t.look(id, k.now(), func() { k.refresh(t, tenant) })
	if key != nil {
		return key, nil
	}
	if flight != nil {
		select {
		case <-flight:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.byID == nil {
		return nil, &unavailableError{t.failure}
	}
	return t.byID[id], nil
}

// look returns a key that is known, and the fetch that is under way, which it begins when one is
// due.
func (t *tenantKeys) look(id string, now time.Time, refresh func()) (*rsa.PublicKey, chan struct{}) {
	t.mu.Lock()
	defer t.mu.Unlock()
	age := now.Sub(t.fetched)
	if age > stale {
		t.byID = nil
	}
	key, wait := t.byID[id], refetchEvery
	if t.byID == nil {
		wait = retryEvery
	}
	if (key == nil || age > fresh) && t.flight == nil && now.Sub(t.tried) >= wait {
		t.tried, t.flight = now, make(chan struct{})
		go refresh()
	}
	return key, t.flight
}

// refresh fetches a tenant's keys. No caller's leaving ends it: others wait for the same ones.
func (k *keys) refresh(t *tenantKeys, tenant string) {
	ctx, cancel := context.WithTimeout(context.Background(), fetchTimeout)
	defer cancel()
	found, err := k.fetch(ctx, tenant)
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.failure = err; err == nil {
		t.byID, t.fetched = found, t.tried
	}
	close(t.flight)
	t.flight = nil
}

func (k *keys) of(tenant string) *tenantKeys {
	k.mu.Lock()
	defer k.mu.Unlock()
	t, ok := k.byTenant[tenant]
	if !ok {
		t = &tenantKeys{}
		k.byTenant[tenant] = t
	}
	return t
}

// fetch asks Entra for a tenant's keys: first where they are (OpenID Connect Discovery 1.0), then
// for them.
func (k *keys) fetch(ctx context.Context, tenant string) (map[string]*rsa.PublicKey, error) {
	var where struct {
		Issuer string `json:"issuer"`
		Keys   string `json:"jwks_uri"`
	}
	issuer := authority + "/" + tenant + "/v2.0"
	if err := k.get(ctx, issuer+"/.well-known/openid-configuration", &where); err != nil {
		return nil, err
	}
	if where.Issuer != issuer {
		return nil, errors.New("the discovery document is of another issuer")
	}
	at, err := url.Parse(where.Keys)
	if err != nil || at.Scheme+"://"+at.Host != authority || at.User != nil {
		return nil, errors.New("the discovery document names keys of another host")
	}
	var set jose.JSONWebKeySet
	if err := k.get(ctx, at.String(), &set); err != nil {
		return nil, err
	}
	found := make(map[string]*rsa.PublicKey)
	for _, key := range set.Keys {
		public, ok := key.Key.(*rsa.PublicKey)
		if ok && key.KeyID != "" && (key.Use == "" || key.Use == "sig") && public.N.BitLen() >= minimumBits {
			found[key.KeyID] = public
		}
	}
	if len(found) == 0 {
		return nil, errors.New("the tenant has no keys that sign")
	}
	return found, nil
}

// get reads one document.
func (k *keys) get(ctx context.Context, address string, into any) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return err
	}
	request.Header.Set("Accept", "application/json")
	answer, err := k.client.Do(request)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return fmt.Errorf("GET %s: %s", address, answer.Status)
	}
	body, err := io.ReadAll(io.LimitReader(answer.Body, maxDocument+1))
	switch {
	case err != nil:
		return fmt.Errorf("GET %s: %w", address, err)
	case len(body) > maxDocument:
		return fmt.Errorf("GET %s: more than %d bytes", address, maxDocument)
	}
	if err := json.Unmarshal(body, into); err != nil {
		return fmt.Errorf("GET %s: %w", address, err)
	}
	return nil
}
