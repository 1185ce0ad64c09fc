package redis

import (
	"context"
	"crypto/rand"
	"errors"
	"log/slog"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	goredis "github.com/redis/go-redis/v9"

	"github.com/muster-scim/muster/storage/local"
	"github.com/muster-scim/muster/storage/storagetest"
	"github.com/muster-scim/muster/storage/storagetest/redistest"
	"github.com/muster-scim/muster/tenants"
)

func TestGate(t *testing.T) {
	for name, url := range servers {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			storagetest.TestGate(t, func(t *testing.T) *storagetest.Gates {
				d := newDeployment(t, url(t))
				return &storagetest.Gates{
					Replicas: true,
					Forward:  d.forward,
					Open: func(lookup tenants.Lookup, q tenants.Quota) tenants.Gate {
						return d.open(Options{Lookup: lookup, Quota: q})
					},
				}
			})
		})
	}
}

// servers are the kinds of Redis that the gate has to work with.
var servers = map[string]func(testing.TB) string{"single": redistest.URL, "cluster": redistest.ClusterURL}

// deployment is some replicas with one key, whose clock a test can move.
type deployment struct {
	t   testing.TB
	url string
	key []byte

	mu    sync.Mutex
	ahead time.Duration
}

func newDeployment(t testing.TB, url string) *deployment {
	return &deployment{t: t, url: url, key: []byte(rand.Text())}
}

// open starts a replica, with patience for a busy machine unless the options say otherwise.
func (d *deployment) open(o Options) *Gate {
	d.t.Helper()
	server, err := ParseURL(d.url)
	if err != nil {
		d.t.Fatal(err)
	}
	o.Server, o.Key = server, d.key
	if o.Now == nil {
		o.Now = d.now
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Timeout == 0 {
		o.Timeout = 10 * time.Second
	}
	if o.Alone == nil {
		o.Alone = local.NewGate(o.Lookup, local.Options{Quota: o.Quota, Now: o.Now})
	}
	g := New(o)
	d.t.Cleanup(func() { g.Close() })
	return g
}

func (d *deployment) now() time.Time {
	d.mu.Lock()
	defer d.mu.Unlock()
	return time.Now().Add(d.ahead)
}

// forward lets time pass: the replicas' clocks go on, and what Redis holds of this deployment
// becomes older.
func (d *deployment) forward(by time.Duration) {
	d.t.Helper()
	d.mu.Lock()
	d.ahead += by
	d.mu.Unlock()
	d.each(func(ctx context.Context, c *goredis.Client, key string) error {
		if strings.HasSuffix(key, ":turns") || strings.Contains(key, ":f:") {
			due, err := c.Get(ctx, key).Int64()
			if err != nil {
				return err
			}
			if err := c.SetArgs(ctx, key, due-by.Microseconds(), goredis.SetArgs{KeepTTL: true}).Err(); err != nil {
				return err
			}
		}
		left, err := c.PTTL(ctx, key).Result()
		if err != nil {
			return err
		}
		return c.PExpire(ctx, key, left-by).Err() // what is over goes
	})
}

// each does something to every key of the deployment, on the node that has it.
func (d *deployment) each(f func(ctx context.Context, c *goredis.Client, key string) error) {
	d.t.Helper()
	g := d.client()
	defer g.Close()
	scan := func(ctx context.Context, c *goredis.Client) error {
		keys := c.Scan(ctx, 0, newKeyring(d.key).prefix+"*", 1000).Iterator()
		for keys.Next(ctx) {
			if err := f(ctx, c, keys.Val()); err != nil && !errors.Is(err, goredis.Nil) { // it may have gone by itself
				return err
			}
		}
		return keys.Err()
	}
	var err error
	switch c := g.(type) {
	case *goredis.ClusterClient:
		err = c.ForEachMaster(d.t.Context(), scan)
	case *goredis.Client:
		err = scan(d.t.Context(), c)
	}
	if err != nil {
		d.t.Fatal(err)
	}
}

// client is a connection of the test's own.
func (d *deployment) client() goredis.UniversalClient {
	server, err := ParseURL(d.url)
	if err != nil {
		d.t.Fatal(err)
	}
	return server.connect(10 * time.Second)
}

// keys returns the deployment's keys in Redis.
func (d *deployment) keys() (all []string) {
	var mu sync.Mutex
	d.each(func(_ context.Context, _ *goredis.Client, key string) error {
		mu.Lock()
		defer mu.Unlock()
		all = append(all, key)
		return nil
	})
	return all
}

// rows is a database of credentials.
type rows struct {
	mu      sync.Mutex
	entries map[string]tenants.Entry
	asked   int
}

func (r *rows) Find(_ context.Context, key string) (tenants.Entry, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.asked++
	entry, ok := r.entries[key]
	if !ok {
		return tenants.Entry{}, tenants.ErrUnknown
	}
	return entry, nil
}

func (r *rows) lookups() (n int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	n, r.asked = r.asked, 0
	return n
}

// rowsOf makes a database with a connector for each slug, and what presents its credential.
func rowsOf(slugs ...string) (*rows, []tenants.Presented) {
	r := &rows{entries: map[string]tenants.Entry{}}
	var all []tenants.Presented
	for i, slug := range slugs {
		p := tenants.Presented{Slug: slug, Key: tenants.TokenKey("key" + strconv.Itoa(i)), Proof: [32]byte{1, byte(i)}}
		r.entries[p.Key] = tenants.Entry{Credential: tenants.Credential{Name: slug}, Connector: tenants.Connector{Slug: slug}, Hash: p.Proof}
		all = append(all, p)
	}
	return r, all
}

// enters expects a request to be let in or refused, and nothing else.
func enters(t testing.TB, g tenants.Gate, p tenants.Presented) tenants.Allowance {
	t.Helper()
	entry, a, err := g.Enter(context.Background(), p)
	if err != nil || !entry.Opens(p) {
		t.Errorf("%s: opens %v, %v", p.Slug, entry.Opens(p), err)
	}
	return a
}

// BenchmarkEnter is one request's part in the gate, with a credential that Redis knows.
func BenchmarkEnter(b *testing.B) {
	for name, url := range servers {
		b.Run(name, func(b *testing.B) {
			d := newDeployment(b, url(b))
			storagetest.BenchmarkGate(b, func(lookup tenants.Lookup, q tenants.Quota) tenants.Gate {
				return d.open(Options{Lookup: lookup, Quota: q})
			})
		})
	}
}
