package redis

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	goredis "github.com/redis/go-redis/v9"

	"github.com/muster-scim/muster/storage/storagetest/redistest"
	"github.com/muster-scim/muster/tenants"
)

// TestWhatNobodySealedWasNeverThere puts all kinds of things where values belong. Each of them
// is a miss: nobody is let in by it, nobody is refused, and it costs one look-up.
func TestWhatNobodySealedWasNeverThere(t *testing.T) {
	t.Parallel()
	quota := tenants.Quota{Rate: tenants.Rate{PerSecond: 0.001, Burst: 1000}}
	body := func(value string) string { return value[strings.Index(value, " ")+1:] }
	lines := func(value string) []string { return strings.Fields(value[:strings.Index(value, "\n")]) }
	swap := func(value string, field int, with string) string {
		head, rest, _ := strings.Cut(value, "\n")
		fields := strings.Fields(head)
		fields[field] = with
		return strings.Join(fields, " ") + "\n" + rest
	}
	for name, poison := range map[string]func(w *poisoned, value string) any{
		"empty":                        func(*poisoned, string) any { return "" },
		"garbage":                      func(*poisoned, string) any { return "\x00\xff{}[]\n\n" },
		"a megabyte":                   func(*poisoned, string) any { return strings.Repeat("x ", 1<<19) },
		"cut short":                    func(_ *poisoned, v string) any { return v[:len(v)-1] },
		"made longer":                  func(_ *poisoned, v string) any { return v + " " },
		"one bit changed":              func(_ *poisoned, v string) any { return v[:len(v)-3] + string(v[len(v)-3]^1) + v[len(v)-2:] },
		"another seal":                 func(_ *poisoned, v string) any { return strings.Repeat("A", 43) + " " + body(v) },
		"no seal":                      func(_ *poisoned, v string) any { return body(v) },
		"sealed by another deployment": func(w *poisoned, v string) any { return w.sealedBy([]byte("another"), w.name) },
		"sealed for another credential": func(w *poisoned, v string) any {
			other := w.right
			other.Key = tenants.TokenKey("other")
			entry := w.rows.entries[w.right.Key]
			entry.Hash[3], other.Proof[3] = 3, 3
			w.rows.entries[other.Key] = entry
			enters(w.t, w.gate, other)
			w.rows.lookups()
			return w.client.Get(w.t.Context(), w.gate.keys.value(w.gate.keys.place("acme"), other.Key)).Val()
		},
		"the seal and a claim that it is anybody's": func(w *poisoned, v string) any {
			return swap(v, 1, w.wrongProof)
		},
		"the seal and a rate that refuses all": func(_ *poisoned, v string) any { return swap(v, 3, "999999999999999") },
		"the seal and a rate that is none":     func(_ *poisoned, v string) any { return swap(v, 3, "0") },
		"the seal and numbers beyond numbers":  func(_ *poisoned, v string) any { return swap(v, 4, strings.Repeat("9", 400)) },
		"the seal and a later time": func(_ *poisoned, v string) any {
			return swap(v, 6, strconv.FormatInt(time.Now().Add(time.Hour).UnixMicro(), 10))
		},
		"the seal and another epoch":  func(_ *poisoned, v string) any { return swap(v, 2, lines(v)[2]+"x") },
		"a list":                      func(*poisoned, string) any { return []string{"rpush", "x"} },
		"a hash":                      func(*poisoned, string) any { return []string{"hset", "f", "x"} },
		"a set":                       func(*poisoned, string) any { return []string{"sadd", "x"} },
		"older than ten seconds":      func(w *poisoned, _ string) any { return w.readAt(w.d.now().Add(-10001 * time.Millisecond)) },
		"from the future":             func(w *poisoned, _ string) any { return w.readAt(w.d.now().Add(10 * time.Second)) },
		"true, and says it is unread": func(w *poisoned, _ string) any { return w.readAt(time.Time{}) },
	} {
		for _, known := range []bool{true, false} { // to the gate that meets it
			t.Run(fmt.Sprint(name, ", known ", known), func(t *testing.T) {
				t.Parallel()
				w := newPoisoned(t, quota)
				w.put(w.name, poison(w, w.value))
				g := w.gate
				if !known {
					g = w.d.open(Options{Lookup: w.rows, Quota: quota})
				}
				if entry, _, err := g.Enter(t.Context(), w.wrong); err != nil || entry.Opens(w.wrong) {
					t.Errorf("a wrong secret: opens %v, %v", entry.Opens(w.wrong), err)
				}
				taken, _ := w.client.Get(t.Context(), g.keys.place("acme").turns()).Int64()
				if a := enters(t, g, w.right); a.Refused {
					t.Errorf("a valid credential is refused: %+v", a)
				}
				if now, _ := w.client.Get(t.Context(), g.keys.place("acme").turns()).Int64(); now == taken && !strings.Contains(name, "refuses all") {
					t.Error("it took no turn")
				}
				if n := w.rows.lookups(); n > 1 {
					t.Errorf("%d look-ups, want 1", n)
				}
				enters(t, g, w.right)
				if n := w.rows.lookups(); n != 0 {
					t.Errorf("%d look-ups after it was mended, want none", n)
				}
				if c := g.Counts(); c.Fallbacks != 0 {
					t.Errorf("it counts as a failure of Redis: %+v", c)
				}
			})
		}
	}
}

// poisoned is a deployment whose one credential is known, with a turn taken.
type poisoned struct {
	t            *testing.T
	d            *deployment
	rows         *rows
	gate         *Gate
	right, wrong tenants.Presented
	name, value  string
	wrongProof   string
	client       goredis.UniversalClient
}

func newPoisoned(t *testing.T, q tenants.Quota) *poisoned {
	database, all := rowsOf("acme")
	w := &poisoned{t: t, d: newDeployment(t, redistest.URL(t)), rows: database, right: all[0], wrong: all[0]}
	w.wrong.Proof[9] = 9
	w.gate = w.d.open(Options{Lookup: database, Quota: q})
	w.client = w.gate.client
	enters(t, w.gate, w.right)
	enters(t, w.gate, w.right)
	if n := database.lookups(); n != 1 {
		t.Fatalf("%d look-ups, want 1", n)
	}
	w.name = w.gate.keys.value(w.gate.keys.place("acme"), w.right.Key)
	w.wrongProof = w.gate.keys.proofOf(w.wrong.Proof)
	var err error
	if w.value, err = w.client.Get(t.Context(), w.name).Result(); err != nil {
		t.Fatal(err)
	}
	return w
}

// put writes a text, or does what a command says, for good.
func (w *poisoned) put(key string, what any) {
	w.t.Helper()
	must(w.t, w.client.Del(w.t.Context(), key).Err())
	if text, ok := what.(string); ok {
		must(w.t, w.client.Set(w.t.Context(), key, text, 0).Err())
		return
	}
	words := what.([]string)
	arguments := []any{words[0], key}
	for _, word := range words[1:] {
		arguments = append(arguments, word)
	}
	must(w.t, w.client.Do(w.t.Context(), arguments...).Err())
}

func (w *poisoned) sealedBy(key []byte, name string) string {
	k := newKeyring(key)
	f, ok := w.gate.keys.open(w.name, w.value)
	if !ok {
		w.t.Fatal("the value cannot be read")
	}
	must(w.t, k.close(f, name, strings.Fields(w.value)[2]))
	return f.sealed
}

func (w *poisoned) readAt(read time.Time) string {
	f, _ := w.gate.keys.open(w.name, w.value)
	f.read = read
	must(w.t, w.gate.keys.close(f, w.name, strings.Fields(w.value)[2]))
	return f.sealed
}

// TestWhatIsBeyondItsTimeCountsForNothing: what was sealed once does not outlive its ten seconds,
// whoever puts it back, and no clock makes it younger.
func TestWhatIsBeyondItsTimeCountsForNothing(t *testing.T) {
	t.Parallel()
	for _, age := range []time.Duration{oldest + time.Millisecond, time.Hour, youngest - time.Second, -time.Hour} {
		w := newPoisoned(t, tenants.DefaultQuota())
		delete(w.rows.entries, w.right.Key)
		w.put(w.name, w.readAt(w.d.now().Add(-age)))
		other := w.d.open(Options{Lookup: w.rows, Quota: tenants.DefaultQuota()}) // it has not just looked
		if _, _, err := other.Enter(t.Context(), w.right); !errors.Is(err, tenants.ErrUnknown) {
			t.Errorf("a value that is %v old counts: %v", age, err)
		}
	}
	if oldest-youngest > 10*time.Second {
		t.Errorf("a value may be %v old, with the tolerance for clocks", oldest-youngest)
	}
}

// TestClocksThatDisagreeCostNoTurns: replicas whose clocks are apart do not believe each other,
// and still count as one.
func TestClocksThatDisagreeCostNoTurns(t *testing.T) {
	t.Parallel()
	const burst = 10
	database, all := rowsOf("acme")
	d := newDeployment(t, redistest.URL(t))
	o := Options{Lookup: database, Quota: tenants.Quota{Rate: tenants.Rate{PerSecond: 0.001, Burst: burst}}}
	one := d.open(o)
	o.Now = func() time.Time { return time.Now().Add(time.Hour) }
	other := d.open(o)
	admitted := 0
	for i := range 2 * burst {
		if a := enters(t, []tenants.Gate{one, other}[i%2], all[0]); !a.Refused {
			admitted++
		}
	}
	if admitted != burst {
		t.Errorf("%d requests were let in, want the burst of %d", admitted, burst)
	}
	if one.Counts().Rejected == 0 || other.Counts().Rejected == 0 {
		t.Errorf("%+v and %+v: they believe each other", one.Counts(), other.Counts())
	}
}

// TestOddStateCountsAsNever puts all kinds of things where Redis counts.
func TestOddStateCountsAsNever(t *testing.T) {
	t.Parallel()
	quota := tenants.Quota{Rate: tenants.Rate{PerSecond: 0.001, Burst: 2}, Failures: tenants.Rate{PerSecond: 0.001, Burst: 2}}
	for name, what := range map[string]any{
		"empty": "", "garbage": "\x00{}", "not a number": "nan", "infinite": "inf", "negative": "-5", "beyond numbers": "1e308",
		"hexadecimal": "0xffffffffffffff", "far in the future": strconv.FormatInt(time.Now().Add(1e6*time.Hour).UnixMicro(), 10), "a fraction": "1.5",
		"a list": []string{"rpush", "x"}, "a hash": []string{"hset", "f", "x"}, "a sorted set": []string{"zadd", "1", "x"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newPoisoned(t, quota) // has used up its burst
			at := w.gate.keys.place("acme")
			w.put(at.turns(), what)
			w.put(w.gate.keys.failures(at, "192.0.2.1"), what)
			for i := range 3 {
				if a := enters(t, w.gate, w.right); a.Refused != (i == 2) {
					t.Errorf("request %d: %+v", i, a)
				}
				if a := w.gate.Fail(t.Context(), "acme", "192.0.2.1"); a.Refused != (i == 2) {
					t.Errorf("failure %d: %+v", i, a)
				}
			}
			if c := w.gate.Counts(); c.Fallbacks != 0 {
				t.Errorf("it counts as a failure of Redis: %+v", c)
			}
		})
	}
	t.Run("an epoch of another type", func(t *testing.T) {
		t.Parallel()
		w := newPoisoned(t, quota)
		w.put(w.gate.keys.place("acme").epoch(), []string{"rpush", "x"})
		enters(t, w.gate, w.right)
		enters(t, w.gate, w.right)
		if n := w.rows.lookups(); n != 1 {
			t.Errorf("%d look-ups, want 1", n)
		}
	})
}

// TestEmptyingRedisIsNoEvent: every answer stays right, and what is forgotten with it is one
// look-up and the turns that were taken.
func TestEmptyingRedisIsNoEvent(t *testing.T) {
	t.Parallel()
	server := redistest.New(t, redistest.Options{})
	database, all := rowsOf("acme")
	g := newDeployment(t, server.URL).open(Options{Lookup: database, Quota: tenants.DefaultQuota()})
	for range 3 {
		enters(t, g, all[0])
		enters(t, g, all[0])
		if n := database.lookups(); n != 1 {
			t.Errorf("%d look-ups, want 1", n)
		}
		do(t, server, "flushall")
		do(t, server, "script", "flush")
	}
	delete(database.entries, all[0].Key)
	if _, _, err := g.Enter(t.Context(), all[0]); !errors.Is(err, tenants.ErrUnknown) {
		t.Errorf("a credential that was deleted, after Redis was emptied: %v", err)
	}
	if c := g.Counts(); c.Fallbacks != 0 {
		t.Errorf("it counts as a failure of Redis: %+v", c)
	}
}

// TestEmptyingRedisUndoesNoDeletion: a look-up from before a deletion is not kept, also if Redis
// forgot that there was one.
func TestEmptyingRedisUndoesNoDeletion(t *testing.T) {
	t.Parallel()
	server := redistest.New(t, redistest.Options{})
	database, all := rowsOf("acme")
	p := all[0]
	slow := &stopping{rows: database, arrived: make(chan struct{}), release: make(chan struct{})}
	g := newDeployment(t, server.URL).open(Options{Lookup: slow, Quota: tenants.DefaultQuota()})
	first := make(chan error)
	go func() {
		_, _, err := g.Enter(context.Background(), p)
		first <- err
	}()
	<-slow.arrived
	delete(database.entries, p.Key)
	g.Forget(t.Context(), p.Slug)
	do(t, server, "flushall")
	close(slow.release)
	<-first
	go func() { <-slow.arrived }()
	if _, _, err := g.Enter(t.Context(), p); !errors.Is(err, tenants.ErrUnknown) {
		t.Errorf("after the deletion: %v, want ErrUnknown", err)
	}
}

// stopping is a database that stops between reading and answering.
type stopping struct {
	*rows
	arrived, release chan struct{}
}

func (s *stopping) Find(ctx context.Context, key string) (tenants.Entry, error) {
	entry, err := s.rows.Find(ctx, key)
	s.arrived <- struct{}{}
	<-s.release
	return entry, err
}

// TestRedisIsToldNoSecret looks for tokens, their hashes and their look-up keys in everything
// that Redis holds, and for keys that would stay.
func TestRedisIsToldNoSecret(t *testing.T) {
	t.Parallel()
	d := newDeployment(t, redistest.URL(t))
	database, all := rowsOf("acme", "beta")
	p := all[0]
	p.Key = tenants.TokenKey("0123456789abcdef")
	entry := database.entries[all[0].Key]
	p.Proof = [32]byte([]byte("0123456789ABCDEF0123456789abcdef"))
	entry.Hash = p.Proof
	database.entries[p.Key] = entry
	g := d.open(Options{Lookup: database, Quota: tenants.DefaultQuota()})
	enters(t, g, p)
	enters(t, g, p)
	foreign := p
	foreign.Slug = "beta"
	g.Enter(t.Context(), foreign)
	g.Enter(t.Context(), tenants.Presented{Slug: "acme", Key: tenants.BasicKey("acme", "okta-user"), Proof: p.Proof})
	g.Fail(t.Context(), "acme", "192.0.2.77")
	var all2 strings.Builder
	d.each(func(ctx context.Context, c *goredis.Client, key string) error {
		text, err := c.Get(ctx, key).Result()
		fmt.Fprintln(&all2, key, text)
		if ttl := c.PTTL(ctx, key).Val(); ttl == -1 || ttl > epochTTL { // -2 is that it has gone by itself
			t.Errorf("%s stays for %v", key, ttl)
		}
		return err
	})
	secrets := []string{"0123456789abcdef", "okta-user", "192.0.2.77", string(p.Proof[:]), fmt.Sprintf("%x", p.Proof),
		base64.StdEncoding.EncodeToString(p.Proof[:30]), base64.RawURLEncoding.EncodeToString(p.Proof[:30]), string(d.key),
		strings.Trim(fmt.Sprint(p.Proof[:8]), "[]"), strings.ReplaceAll(strings.Trim(fmt.Sprint(p.Proof[:8]), "[]"), " ", ",")}
	for _, secret := range secrets {
		if strings.Contains(all2.String(), secret) {
			t.Errorf("Redis holds %q:\n%s", secret, all2.String())
		}
	}
	if !strings.Contains(all2.String(), "acme") {
		t.Errorf("Redis holds nothing of the connector:\n%s", all2.String())
	}
}

// TestDeploymentsDoNotMeet: two of them may use one Redis.
func TestDeploymentsDoNotMeet(t *testing.T) {
	t.Parallel()
	quota := tenants.Quota{Rate: tenants.Rate{PerSecond: 0.001, Burst: 1}}
	one, two := newDeployment(t, redistest.URL(t)), newDeployment(t, redistest.URL(t))
	database, all := rowsOf("acme")
	for _, d := range []*deployment{one, two} {
		if a := enters(t, d.open(Options{Lookup: database, Quota: quota}), all[0]); a.Refused {
			t.Error("one deployment uses up the turns of another")
		}
	}
	if n := database.lookups(); n != 2 {
		t.Errorf("%d look-ups, want one for each deployment", n)
	}
	if keys := one.keys(); len(keys) == 0 || slices.ContainsFunc(keys, func(k string) bool { return slices.Contains(two.keys(), k) }) {
		t.Errorf("keys %v and %v", keys, two.keys())
	}
}

// TestTheScriptsCountAsTakeDoes compares what the scripts leave behind with tenants.Rate.Take.
func TestTheScriptsCountAsTakeDoes(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(1, 2))
	for range 30 {
		patience := time.Duration(random.IntN(3)) * time.Second
		rate := tenants.Rate{PerSecond: []float64{0.3, 1, 7, 50, 333.3, 100_000}[random.IntN(6)], Burst: 1 + random.IntN(20)}
		w := newPoisoned(t, tenants.Quota{Rate: rate, Patience: patience, Failures: rate})
		key := w.gate.keys.place("acme").turns()
		for range 30 {
			before, _ := w.client.Get(t.Context(), key).Int64()
			known := w.gate.known.get(w.name)
			s, err := w.gate.enter(t.Context(), w.gate.only, w.gate.keys.place("acme"), w.name, known.proof, known.seal, asked{turns: 1})
			if err != nil || !s.taken {
				t.Fatalf("%+v, %v", s, err)
			}
			after, err := w.client.Get(t.Context(), key).Int64()
			if err != nil && !errors.Is(err, goredis.Nil) {
				t.Fatal(err)
			}
			want, a := rate.Take(time.UnixMicro(before), s.now, patience)
			if a != s.of(rate, patience) {
				t.Fatalf("%v from %d at %v: got %+v, want %+v", rate, before, s.now, s.of(rate, patience), a)
			}
			if after != 0 && after != want.UnixMicro() { // it may have gone by itself, paid for
				t.Fatalf("%v from %d at %v: due is %d, want %d", rate, before, s.now, after, want.UnixMicro())
			}
		}
	}
}

// TestTheFormatIsOfThisShape fails when what is sealed gets another shape. Then format has to
// change, and the shape here.
func TestTheFormatIsOfThisShape(t *testing.T) {
	const shape = "e5 " +
		"{Credential:{ID:UUID ConnectorID:UUID Name:string Kind:CredentialKind Username:string Hint:string ReadOnly:bool Settings:{Networks:Networks Entra:{Tenant:string Audience:string}} ExpiresAt:Time LastUsedAt:Time CreatedAt:Time} " +
		"Connector:{ID:UUID TenantID:UUID DirectoryID:UUID Tenant:string Directory:string Slug:string Name:string Kind:Kind Mode:Mode " +
		"Settings:{Strict:bool Limits:{Rate:*float64 Burst:*int Concurrency:*int Shadow:bool Members:int Groups:int} Paths:{Users:[]string Groups:[]string} Networks:Networks Demands:{Required:[]string Unique:[]string Sensitive:[]string} LastLogin:bool Activity:Keeping RulesFile:string} " +
		"Precedence:int CreatedAt:Time UpdatedAt:Time Version:int64} " +
		"Consumer:*{ID:UUID DirectoryID:UUID Directory:string Name:string Handle:string Attributes:[]string Groups:[]policy.Entry CreatedAt:Time UpdatedAt:Time Version:int64 Tokens:[]tenants.ConsumerToken} " +
		"Rate:{PerSecond:float64 Burst:int}}"
	if got := format + " " + shapeOf(reflect.TypeFor[content]()); got != shape {
		t.Errorf("what is sealed has changed: give it the next format, and this test the new shape\n got %s\nwant %s", got, shape)
	}
	for _, said := range []string{"doc.go", "../../docs/redis.md"} {
		if text, err := os.ReadFile(said); err != nil || !strings.Contains(string(text), ":"+format+":") {
			t.Errorf("%s does not name the format %s: %v", said, format, err)
		}
	}
}

func shapeOf(of reflect.Type) string {
	if of.Kind() == reflect.Pointer && of.Elem().Kind() == reflect.Struct {
		return "*" + shapeOf(of.Elem())
	}
	if of.Kind() != reflect.Struct || of == reflect.TypeFor[time.Time]() {
		if of.Name() == "" {
			return of.String()
		}
		return of.Name()
	}
	var fields []string
	for field := range of.Fields() {
		fields = append(fields, field.Name+":"+shapeOf(field.Type))
	}
	return "{" + strings.Join(fields, " ") + "}"
}
