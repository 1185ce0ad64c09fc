package storagetest

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/muster-scim/muster/tenants"
)

// Gates is a place where gates share what they know: a process for a local one, a Redis for
// those of several replicas. It belongs to one test.
type Gates struct {
	// Open returns the gate of one more replica, or of the only one there can be.
	Open func(lookup tenants.Lookup, q tenants.Quota) tenants.Gate
	// Forward lets time pass for everything that the gates know.
	Forward func(d time.Duration)
	// Replicas says that there may be several, which learn from each other at once.
	Replicas bool
}

// TestGate checks what tenants.Gate promises. open returns a fresh place for each case; the
// cases run in parallel.
func TestGate(t *testing.T, open func(t *testing.T) *Gates) {
	for name, f := range map[string]func(*testing.T, *gateWorld){
		"what is there is found, and is found again without a look-up":   entriesAreFound,
		"what is not there is unknown, again without a look-up":          absenceIsRemembered,
		"callers at the same time share one look-up":                     lookupsAreShared,
		"a look-up that failed is an error and is not remembered":        failuresAreErrors,
		"who leaves does not take the look-up along":                     leavingIsAlone,
		"a wrong secret opens nothing and takes no turn":                 wrongSecretsTakeNothing,
		"a secret of another connector opens nothing and takes no turn":  foreignSecretsTakeNothing,
		"what is forgotten is looked up again at once":                   forgettingIsAtOnce,
		"a deletion wins over a look-up that began before it":            deletionsWinOverLookups,
		"forgetting one connector leaves the others":                     forgettingLeavesOthers,
		"nobody is told, and still nothing is older than ten seconds":    nothingIsOld,
		"a burst passes at once, and then it is said how long to wait":   burstsPass,
		"with patience, what comes soon is let in with a wait":           queueIsShort,
		"in the long run the rate is kept, neither more nor less":        longRunIsKept,
		"of turns asked for at the same time no more are given":          turnsAreAtomic,
		"a connector's own limits count, and 0 sets none":                ownLimitsCount,
		"connectors do not use up each other's turns":                    ratesStayApart,
		"forgetting a connector does not give back its turns":            forgettingKeepsTurns,
		"failures are counted for one address at one connector":          failuresStayApart,
		"a connector that there cannot be has failures too":              impossibleSlugsCount,
		"a limit that was lifted or made slower locks nobody out":        changedLimitsLockNobodyOut,
		"replicas find what another one looked up, and count as one":     replicasShare,
		"what one replica forgets all of them look up again":             replicasForget,
		"a deletion on one replica wins over a look-up on another":       replicasDelete,
		"what became of a connector is seen in full, settings and times": entriesAreWhole,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f(t, newGateWorld(t, open(t)))
		})
	}
}

// gateWorld is a place with a database of credentials behind it.
type gateWorld struct {
	*Gates
	rows  *credentialRows
	quota tenants.Quota
	gate  tenants.Gate
}

// newGateWorld makes a world of one replica, with a rate that no case reaches unless it asks.
func newGateWorld(t *testing.T, g *Gates) *gateWorld {
	w := &gateWorld{Gates: g, rows: &credentialRows{entries: map[string]tenants.Entry{}}}
	w.limit(tenants.Quota{Rate: tenants.Rate{PerSecond: 1, Burst: 1000}, Failures: tenants.Rate{PerSecond: 1, Burst: 3}})
	return w
}

// limit starts again with other limits.
func (w *gateWorld) limit(q tenants.Quota) {
	w.quota = q
	w.gate = w.Open(w.rows, q)
}

// replica opens one more gate, or skips the case.
func (w *gateWorld) replica(t *testing.T) tenants.Gate {
	t.Helper()
	if !w.Replicas {
		t.Skip("this gate is of one process and shares nothing")
	}
	return w.Open(w.rows, w.quota)
}

// add makes a connector with one credential and returns what presents it.
func (w *gateWorld) add(slug string, limits tenants.Limits) tenants.Presented {
	p := tenants.Presented{Slug: slug, Key: tenants.TokenKey("key-of-" + slug), Proof: [32]byte{1, byte(len(slug))}}
	copy(p.Proof[2:], slug)
	w.rows.set(p.Key, tenants.Entry{
		Credential: tenants.Credential{ID: uuid.New(), Name: "of " + slug, Kind: tenants.Bearer},
		Connector:  tenants.Connector{ID: uuid.New(), Slug: slug, Mode: tenants.Live, Settings: tenants.Settings{Limits: limits}},
		Hash:       p.Proof,
	})
	return p
}

// enter expects to be let in to the credential's connector.
func (w *gateWorld) enter(t *testing.T, g tenants.Gate, p tenants.Presented) tenants.Allowance {
	t.Helper()
	entry, a, err := g.Enter(t.Context(), p)
	if err != nil {
		t.Fatalf("%s: %v", p.Slug, err)
	}
	if !entry.Opens(p) {
		t.Fatalf("%s: its own secret does not open it: %+v", p.Slug, entry.Credential)
	}
	return a
}

// unknown expects that there is nothing.
func (w *gateWorld) unknown(t *testing.T, g tenants.Gate, p tenants.Presented, when string) {
	t.Helper()
	if entry, a, err := g.Enter(t.Context(), p); !errors.Is(err, tenants.ErrUnknown) {
		t.Errorf("%s: got %q, %+v, %v, want ErrUnknown", when, entry.Credential.Name, a, err)
	}
}

// credentialRows is a tenants.Lookup that counts and, if it is told to, waits between reading
// and answering.
type credentialRows struct {
	mu      sync.Mutex
	entries map[string]tenants.Entry
	fail    error
	asked   int
	arrived chan struct{} // if set, says that a look-up has read
	release chan struct{} // and lets it answer
}

// Find implements tenants.Lookup.
func (r *credentialRows) Find(ctx context.Context, key string) (tenants.Entry, error) {
	r.mu.Lock()
	r.asked++
	entry, ok := r.entries[key]
	err, arrived, release := r.fail, r.arrived, r.release
	r.mu.Unlock()
	if arrived != nil {
		arrived <- struct{}{}
		select {
		case <-release:
		case <-ctx.Done():
			return tenants.Entry{}, ctx.Err()
		}
	}
	if err == nil && !ok {
		err = fmt.Errorf("%s: %w", key, tenants.ErrUnknown)
	}
	return entry, err
}

func (r *credentialRows) set(key string, e tenants.Entry) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.entries[key] = e
}

func (r *credentialRows) delete(key string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.entries, key)
}

func (r *credentialRows) failWith(err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.fail = err
}

// hold makes look-ups wait once they have read.
func (r *credentialRows) hold() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.arrived, r.release = make(chan struct{}), make(chan struct{})
}

// letGo ends hold for the look-ups to come and for the one that waits.
func (r *credentialRows) letGo() {
	r.mu.Lock()
	defer r.mu.Unlock()
	close(r.release)
	r.arrived, r.release = nil, nil
}

// lookups is how many there were since the last call.
func (r *credentialRows) lookups() (n int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	n, r.asked = r.asked, 0
	return n
}

// BenchmarkGate measures how long a request with a known credential takes to enter, one after
// the other and eight at a time.
func BenchmarkGate(b *testing.B, open func(lookup tenants.Lookup, q tenants.Quota) tenants.Gate) {
	w := &gateWorld{Gates: &Gates{Open: open}, rows: &credentialRows{entries: map[string]tenants.Entry{}}}
	w.limit(tenants.DefaultQuota())
	fast, burst := 1e6, 1_000_000
	p := w.add("acme", tenants.Limits{Rate: &fast, Burst: &burst})
	enter := func(b *testing.B) {
		if entry, a, err := w.gate.Enter(b.Context(), p); err != nil || !entry.Opens(p) || a.Refused {
			b.Errorf("opens %v, %+v, %v", entry.Opens(p), a, err)
		}
	}
	b.Run("single", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			enter(b)
		}
	})
	b.Run("parallel", func(b *testing.B) {
		b.ReportAllocs()
		b.SetParallelism(max(1, 8/runtime.GOMAXPROCS(0)))
		b.RunParallel(func(pb *testing.PB) {
			for pb.Next() {
				enter(b)
			}
		})
	})
}
