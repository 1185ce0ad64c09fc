package redis

import (
	"errors"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/muster-scim/muster/storage/storagetest/redistest"
	"github.com/muster-scim/muster/tenants"
)

// TestRedisIsNeverTheTruth breaks Redis in many ways under a running gate. Whatever it is, the
// answers stay right, nobody waits for long, after a few failures nobody waits at all, the log
// has one line, and when Redis is well again it is used again within five seconds, with one more.
func TestRedisIsNeverTheTruth(t *testing.T) {
	for name, fault := range map[string]struct {
		cluster    bool
		arguments  []string
		hurt, mend func(t *testing.T, r *broken)
	}{
		"refused": {
			hurt: func(_ *testing.T, r *broken) { r.server.Stop() },
			mend: func(t *testing.T, r *broken) { must(t, r.server.Revive()) },
		},
		"frozen": {
			hurt: func(t *testing.T, r *broken) { must(t, r.server.Freeze()) },
			mend: func(t *testing.T, r *broken) { must(t, r.server.Thaw()) },
		},
		"a black hole": {
			hurt: func(_ *testing.T, r *broken) { r.proxy.set(proxyMode{hole: true}) },
			mend: func(_ *testing.T, r *broken) { r.proxy.set(proxyMode{}) },
		},
		"slow": {
			hurt: func(_ *testing.T, r *broken) { r.proxy.set(proxyMode{delay: 300 * time.Millisecond}) },
			mend: func(_ *testing.T, r *broken) { r.proxy.set(proxyMode{}) },
		},
		"cut off in the middle": {
			hurt: func(_ *testing.T, r *broken) { r.proxy.set(proxyMode{reset: true}) },
			mend: func(_ *testing.T, r *broken) { r.proxy.set(proxyMode{}) },
		},
		"something else": {
			hurt: func(_ *testing.T, r *broken) { r.proxy.set(proxyMode{answer: "HTTP/1.1 400 Bad Request\r\n\r\n"}) },
			mend: func(_ *testing.T, r *broken) { r.proxy.set(proxyMode{}) },
		},
		"paused": {
			hurt: func(t *testing.T, r *broken) { do(t, r.server, "client", "pause", 60_000, "write") },
			mend: func(t *testing.T, r *broken) { do(t, r.server, "client", "unpause") },
		},
		"a replica that only reads": {
			hurt: func(t *testing.T, r *broken) { do(t, r.server, "replicaof", "127.0.0.1", "1") },
			mend: func(t *testing.T, r *broken) { do(t, r.server, "replicaof", "no", "one") },
		},
		"out of memory": {
			hurt: func(t *testing.T, r *broken) { do(t, r.server, "config", "set", "maxmemory", "1") },
			mend: func(t *testing.T, r *broken) { do(t, r.server, "config", "set", "maxmemory", "0") },
		},
		"asking for another password": {
			hurt: func(t *testing.T, r *broken) {
				do(t, r.server, "config", "set", "requirepass", "another")
				r.proxy.set(proxyMode{reset: true}) // those who are in stay in
				r.proxy.set(proxyMode{})
			},
			mend: func(t *testing.T, r *broken) {
				do(t, r.server, "auth", "another")
				do(t, r.server, "config", "set", "requirepass", "")
			},
		},
		"a cluster that froze": {
			cluster: true,
			hurt: func(t *testing.T, r *broken) {
				for _, node := range r.nodes {
					must(t, node.Freeze())
				}
			},
			mend: func(t *testing.T, r *broken) {
				for _, node := range r.nodes {
					must(t, node.Thaw())
				}
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := &broken{}
			url := ""
			if fault.cluster {
				cluster := redistest.NewCluster(t)
				r.nodes, url = cluster.Nodes, cluster.URL
			} else {
				r.server = redistest.New(t, redistest.Options{TCP: true, Arguments: fault.arguments})
				r.proxy = newProxy(t, r.server.Address)
				url = "redis://" + r.proxy.address
			}
			survives(t, url, func() { fault.hurt(t, r) }, func() { fault.mend(t, r) })
		})
	}
}

// broken is what a fault happens to.
type broken struct {
	server *redistest.Server
	proxy  *proxy
	nodes  []*redistest.Server
}

func survives(t *testing.T, url string, hurt, mend func()) {
	log := newRecorder()
	d := newDeployment(t, url)
	database, all := rowsOf("acme")
	p, wrong, nobody := all[0], all[0], tenants.Presented{Slug: "acme", Key: tenants.TokenKey("nobody")}
	wrong.Proof[5] = 1
	g := d.open(Options{Lookup: database, Timeout: callTimeout, Log: slog.New(log), ProbeEvery: 200 * time.Millisecond,
		Quota: tenants.Quota{Rate: tenants.Rate{PerSecond: 1000, Burst: 1000}, Failures: tenants.Rate{PerSecond: 1000, Burst: 1000}}})
	enters(t, g, p)
	enters(t, g, p)
	if c := g.Counts(); c.Hits == 0 && !c.Open {
		t.Logf("no hit before the fault: %+v", c) // a very busy machine
	}
	hurt()

	var slow []time.Duration
	for i := range 100 {
		began := time.Now()
		a := enters(t, g, p)
		if a.Refused {
			t.Fatalf("request %d is refused: %+v", i, a)
		}
		if entry, _, err := g.Enter(t.Context(), wrong); err != nil || entry.Opens(wrong) {
			t.Fatalf("request %d: a wrong secret: opens %v, %v", i, entry.Opens(wrong), err)
		}
		if _, _, err := g.Enter(t.Context(), nobody); !errors.Is(err, tenants.ErrUnknown) {
			t.Fatalf("request %d: an unknown credential: %v", i, err)
		}
		if a := g.Fail(t.Context(), "acme", "192.0.2.1"); a.Refused {
			t.Fatalf("request %d: a failure is refused: %+v", i, a)
		}
		if took := time.Since(began); took > callTimeout {
			slow = append(slow, took)
		}
	}
	if !g.Counts().Open {
		t.Errorf("the breaker is not open after 400 requests: %+v", g.Counts())
	}
	if len(slow) > tolerated+5 { // a few may be this machine's doing
		t.Errorf("%d of 100 rounds of four requests took longer than one call may: %v", len(slow), slow)
	}
	if n := database.lookups(); n > 5 {
		t.Errorf("%d look-ups for two keys", n)
	}
	began := time.Now()
	mend()
	log.wait(t, "serves again")
	if took := time.Since(began); took > 5*time.Second {
		t.Errorf("Redis is used again %v after it was well", took)
	}
	before := g.Counts()
	for range 10 {
		enters(t, g, p)
	}
	if after := g.Counts(); after.Open || after.Hits == before.Hits {
		t.Errorf("Redis is well and not used: %+v, then %+v", before, after)
	}
	if lines := log.lines(); len(lines) != 2 && g.Counts().Opened == 1 {
		t.Errorf("the log has these lines, want one for the beginning and one for the end:\n%s", strings.Join(lines, "\n"))
	}
}

// TestNobodyWaitsWhileTheBreakerIsOpen looks at what arrives at a server that never answers.
func TestNobodyWaitsWhileTheBreakerIsOpen(t *testing.T) {
	t.Parallel()
	hole := newProxy(t, "")
	hole.set(proxyMode{hole: true})
	database, all := rowsOf("acme")
	log := newRecorder()
	g := newDeployment(t, "redis://"+hole.address).open(Options{Lookup: database, Timeout: callTimeout, ProbeEvery: time.Hour, Log: slog.New(log),
		Quota: tenants.DefaultQuota()})
	if !g.Counts().Open {
		t.Fatal("a start without an answer leaves the breaker closed")
	}
	came := hole.bytes()
	for range 1000 {
		enters(t, g, all[0])
		g.Fail(t.Context(), "acme", "192.0.2.1")
	}
	if hole.bytes() != came {
		t.Error("something was sent to Redis while the breaker was open")
	}
	if c := g.Counts(); c.Fallbacks != 2000 || c.Opened != 1 {
		t.Errorf("counted %+v, want 2000 requests without Redis", c)
	}
	if len(log.lines()) != 1 {
		t.Errorf("the log has these lines, want one:\n%s", strings.Join(log.lines(), "\n"))
	}
}

// TestAnOpenBreakerKeepsTheLimit compares what is let in without Redis with the setting.
func TestAnOpenBreakerKeepsTheLimit(t *testing.T) {
	t.Parallel()
	hole := newProxy(t, "")
	hole.set(proxyMode{hole: true})
	database, all := rowsOf("acme")
	d := newDeployment(t, "redis://"+hole.address)
	rate, patience := tenants.Rate{PerSecond: 50, Burst: 200}, 2*time.Second
	clock := time.Now()
	g := d.open(Options{Lookup: database, Timeout: callTimeout, ProbeEvery: time.Hour, Now: func() time.Time { return clock },
		Quota: tenants.Quota{Rate: rate, Patience: patience}})
	admitted, seconds := 0, 60
	for range seconds * 100 { // 100 a second
		if !enters(t, g, all[0]).Refused {
			admitted++
		}
		clock = clock.Add(10 * time.Millisecond)
	}
	want := float64(seconds)*rate.PerSecond + float64(rate.Burst)
	if got := float64(admitted); got < 0.8*want || got > 1.2*want {
		t.Errorf("%d were let in within %d s, want about %.0f", admitted, seconds, want)
	}
}

// TestAStartDoesNotNeedRedis: it is only a cache, and used once it is there.
func TestAStartDoesNotNeedRedis(t *testing.T) {
	t.Parallel()
	cluster := redistest.NewCluster(t)
	single := redistest.New(t, redistest.Options{TCP: true})
	for name, c := range map[string]struct {
		url   string
		nodes []*redistest.Server
	}{"single": {single.URL, []*redistest.Server{single}}, "cluster": {cluster.URL, cluster.Nodes}} {
		t.Run(name, func(t *testing.T) {
			for _, node := range c.nodes {
				must(t, node.Freeze())
			}
			database, all := rowsOf("acme")
			log := newRecorder()
			g := newDeployment(t, c.url).open(Options{Lookup: database, Log: slog.New(log), Timeout: callTimeout, ProbeEvery: 100 * time.Millisecond,
				Quota: tenants.DefaultQuota()})
			if lines := log.lines(); len(lines) != 1 {
				t.Errorf("the start says %q, want one warning", lines)
			}
			enters(t, g, all[0])
			for _, node := range c.nodes {
				must(t, node.Thaw())
			}
			log.wait(t, "serves again")
			enters(t, g, all[0])
			enters(t, g, all[0])
			if c := g.Counts(); c.Misses == 0 {
				t.Errorf("Redis is there and not asked: %+v", c)
			}
		})
	}
}

// TestOneNodeOfAClusterFailsAlone: the connectors of the others keep their shared limits, and
// those of the lost one do not wait for it.
func TestOneNodeOfAClusterFailsAlone(t *testing.T) {
	t.Parallel()
	cluster := redistest.NewCluster(t)
	var slugs []string
	for i := range 12 { // some on each node
		slugs = append(slugs, "acme-"+string(rune('a'+i)))
	}
	database, all := rowsOf(slugs...)
	log := newRecorder()
	g := newDeployment(t, cluster.URL).open(Options{Lookup: database, Log: slog.New(log), Timeout: callTimeout, ProbeEvery: 100 * time.Millisecond,
		Quota: tenants.Quota{Rate: tenants.Rate{PerSecond: 1000, Burst: 10_000}}})
	for _, p := range all {
		enters(t, g, p)
	}
	must(t, cluster.Nodes[1].Freeze())
	for range 50 {
		for _, p := range all {
			if a := enters(t, g, p); a.Refused {
				t.Fatalf("%s is refused: %+v", p.Slug, a)
			}
		}
	}
	log.wait(t, "does not serve")
	began, before := time.Now(), g.Counts()
	for range 20 {
		for _, p := range all {
			enters(t, g, p)
		}
	}
	after := g.Counts()
	if shared := after.Hits + after.Leased - before.Hits - before.Leased; shared == 0 {
		t.Errorf("no request was shared any more: %+v, then %+v", before, after)
	}
	if alone := after.Fallbacks - before.Fallbacks; alone == 0 {
		t.Errorf("no request was answered without the lost node: %+v, then %+v", before, after)
	}
	if took := time.Since(began); took > 240*callTimeout/4 {
		t.Errorf("240 requests took %v", took)
	}
	must(t, cluster.Nodes[1].Thaw())
	log.wait(t, "serves again")
}

// TestARevocationIsToldLater: a replica that is cut off from Redis believes nothing old itself,
// and tells the others as soon as it can.
func TestARevocationIsToldLater(t *testing.T) {
	t.Parallel()
	server := redistest.New(t, redistest.Options{TCP: true})
	cut := newProxy(t, server.Address)
	database, all := rowsOf("acme")
	p := all[0]
	here, there := newDeployment(t, "redis://"+cut.address), newDeployment(t, server.URL)
	there.key = here.key
	o := Options{Lookup: database, Quota: tenants.DefaultQuota(), Timeout: callTimeout, ProbeEvery: 50 * time.Millisecond}
	one, other := here.open(o), there.open(o)
	enters(t, one, p)
	enters(t, other, p)
	epoch := do(t, server, "get", one.keys.place("acme").epoch())

	cut.set(proxyMode{hole: true})
	delete(database.entries, p.Key)
	one.Forget(t.Context(), "acme")
	if _, _, err := one.Enter(t.Context(), p); !errors.Is(err, tenants.ErrUnknown) {
		t.Errorf("where it was revoked: %v, want ErrUnknown", err)
	}
	cut.set(proxyMode{})
	for deadline := time.Now().Add(5 * time.Second); do(t, server, "get", one.keys.place("acme").epoch()) == epoch; {
		if time.Now().After(deadline) {
			t.Fatal("Redis was not told")
		}
		time.Sleep(5 * time.Millisecond) // the gate's own doing in the background
	}
	if _, _, err := other.Enter(t.Context(), p); !errors.Is(err, tenants.ErrUnknown) {
		t.Errorf("on the other replica: %v, want ErrUnknown", err)
	}
}

// TestARevocationCountsHereBeforeItIsTold: Redis answers, but takes nothing in any more.
func TestARevocationCountsHereBeforeItIsTold(t *testing.T) {
	t.Parallel()
	server := redistest.New(t, redistest.Options{})
	database, all := rowsOf("acme")
	g := newDeployment(t, server.URL).open(Options{Lookup: database}) // without limits, a request writes nothing
	enters(t, g, all[0])
	do(t, server, "replicaof", "127.0.0.1", "1")
	enters(t, g, all[0])
	if n := database.lookups(); n != 1 {
		t.Fatalf("%d look-ups, want 1: the second request was to be answered by Redis", n)
	}
	delete(database.entries, all[0].Key)
	g.Forget(t.Context(), "acme")
	if _, _, err := g.Enter(t.Context(), all[0]); !errors.Is(err, tenants.ErrUnknown) {
		t.Errorf("after the deletion: %v, want ErrUnknown", err)
	}
}

// TestNoCallTakesLongerThanItsTime: not even one that has to connect, to greet the server and to
// send it the script, each of which is quick enough by itself.
func TestNoCallTakesLongerThanItsTime(t *testing.T) {
	t.Parallel()
	const timeout, delay = 200 * time.Millisecond, 180 * time.Millisecond
	server := redistest.New(t, redistest.Options{TCP: true})
	network := newProxy(t, server.Address)
	database, all := rowsOf("acme")
	d := newDeployment(t, "redis://"+network.address)
	var took []time.Duration
	for range 5 {
		network.set(proxyMode{})
		g := d.open(Options{Lookup: database, Timeout: timeout, ProbeEvery: time.Hour})
		do(t, server, "script", "flush")
		network.set(proxyMode{reset: true}) // the connection from the start is lost
		network.set(proxyMode{delay: delay})
		began := time.Now()
		enters(t, g, all[0])
		took = append(took, time.Since(began))
	}
	slices.Sort(took) // a busy machine makes some slower; a loss that is noticed late makes some quicker
	if took[2] > (timeout+2*delay)/2 {
		t.Errorf("requests took %v, want none to wait longer than %v", took, timeout)
	}
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func do(t testing.TB, s *redistest.Server, arguments ...any) any {
	t.Helper()
	answer, err := s.Do(arguments...)
	must(t, err)
	return answer
}

// One call that fails, while Redis serves, is no reason to go by what was so seconds ago.
func TestACallThatFailsIsNotAnsweredByWhatWasSo(t *testing.T) {
	t.Parallel()
	server := redistest.New(t, redistest.Options{TCP: true})
	proxy := newProxy(t, server.Address)
	d := newDeployment(t, "redis://"+proxy.address)
	database, all := rowsOf("acme")
	g := d.open(Options{Lookup: database, Timeout: callTimeout})
	fails := func() tenants.Entry {
		t.Helper()
		proxy.set(proxyMode{hole: true})
		entry, _, err := g.Enter(t.Context(), all[0])
		must(t, err)
		proxy.set(proxyMode{})
		return entry
	}
	enters(t, g, all[0])
	fails()
	strict := database.entries[all[0].Key]
	strict.Connector.Settings.Strict = true
	database.mu.Lock()
	database.entries[all[0].Key] = strict
	database.mu.Unlock()
	d.forward(2 * time.Second)
	if entry := fails(); !entry.Connector.Settings.Strict || !entry.Opens(all[0]) {
		t.Errorf("after two seconds a failing call is answered %+v", entry.Connector.Settings)
	}
	if g.Counts().Open {
		t.Error("the breaker opened, so this test shows nothing")
	}
}
