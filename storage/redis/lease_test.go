package redis

import (
	"fmt"
	"regexp"
	"strconv"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/muster-scim/muster/storage/storagetest/redistest"
	"github.com/muster-scim/muster/tenants"
)

// A connector that is busy and far from its limit takes many turns in one call.
func TestBusyConnectorsMakeFewCalls(t *testing.T) {
	t.Parallel()
	for name, rate := range map[string]tenants.Rate{"a wide rate": {PerSecond: 100_000, Burst: 100_000}, "no rate": {}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := redistest.New(t, redistest.Options{})
			database, all := rowsOf("acme")
			g := newDeployment(t, server.URL).open(Options{Lookup: database, Quota: tenants.Quota{Rate: rate}})
			var wg sync.WaitGroup
			for range 8 {
				wg.Go(func() {
					for range 500 {
						if a := enters(t, g, all[0]); a.Refused || a.Wait != 0 || a.Rate != rate {
							t.Errorf("%+v", a)
						}
					}
				})
			}
			wg.Wait()
			if calls := commands(t, server)["evalsha"]; calls > 1000 {
				t.Errorf("4000 requests made %d calls", calls)
			}
		})
	}
}

// A flood far beyond the rate is refused in this process: Redis is asked when a turn may be free.
func TestAFloodMakesFewCalls(t *testing.T) {
	t.Parallel()
	server := redistest.New(t, redistest.Options{})
	database, all := rowsOf("acme")
	d := newDeployment(t, server.URL)
	g := d.open(Options{Lookup: database, Quota: tenants.Quota{Rate: tenants.Rate{PerSecond: 0.001, Burst: 10}}})
	const flood = 5000
	refused, began := 0, time.Now()
	for range flood {
		if a := enters(t, g, all[0]); a.Refused {
			refused++
		}
	}
	leases := int(time.Since(began)/leaseTime) + 1
	if calls := commands(t, server)["evalsha"]; refused != flood-10 || calls > 20+leases {
		t.Errorf("%d requests in the time of %d leases: %d refused, %d calls", flood, leases, refused, calls)
	}
	d.forward(1000 * time.Second)
	if a := enters(t, g, all[0]); a.Refused {
		t.Errorf("when a turn is free: %+v", a)
	}
}

// A refusal counts as tenants.Rate.Take would have counted it, and ends when a turn is free.
func TestARefusalLastsUntilATurnIsFree(t *testing.T) {
	rate, patience := tenants.Rate{PerSecond: 100, Burst: 1}, 5*time.Millisecond
	synctest.Test(t, func(t *testing.T) {
		f := &finding{rate: rate, patience: patience}
		f.take(time.Now())
		due := time.Now().Add(10 * time.Millisecond) // a turn comes free in 5 ms
		f.renew(time.Now(), turn{due: due, now: time.Now(), taken: true}, 1)
		for range 4 {
			time.Sleep(time.Millisecond)
			got, ask := f.take(time.Now())
			want := turn{due: due, now: time.Now()}.of(rate, patience)
			if a := got.of(rate, patience); ask != (asked{}) || a != want || !a.Refused {
				t.Errorf("got %+v and %+v to ask for, want %+v", a, ask, want)
			}
		}
		time.Sleep(time.Millisecond)
		if _, ask := f.take(time.Now()); ask != (asked{turns: 1}) {
			t.Errorf("when a turn is free: asks for %+v, want 1", ask)
		}
	})
}

// Turns that nobody came for are given back.
func TestFewTurnsAreLostInLeases(t *testing.T) {
	t.Parallel()
	const burst = 10_000
	server := redistest.New(t, redistest.Options{})
	database, all := rowsOf("acme")
	d := newDeployment(t, server.URL)
	gates := make([]*Gate, 4)
	for i := range gates {
		gates[i] = d.open(Options{Lookup: database, Quota: tenants.Quota{Rate: tenants.Rate{PerSecond: 0.001, Burst: burst}}})
	}
	admitted := 0
	for i := range 2 * burst {
		if i%500 == 0 {
			d.forward(time.Second) // whatever is left in leases is lost
		}
		if a := enters(t, gates[i%len(gates)], all[0]); !a.Refused {
			admitted++
		}
	}
	if admitted > burst || admitted < burst*97/100 {
		t.Errorf("of a burst of %d, %d were let in", burst, admitted)
	}
	if a := enters(t, gates[0], all[0]); !a.Refused {
		t.Errorf("and one more: %+v", a)
	}
}

// What is left of a lease counts as tenants.Rate.Take would have counted it.
func TestTurnsOfALeaseCountOneByOne(t *testing.T) {
	rate := tenants.Rate{PerSecond: 10, Burst: 1000}
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		f := &finding{rate: rate}
		if _, ask := f.take(began); ask != (asked{turns: 1}) {
			t.Fatalf("the first asks for %+v, want 1", ask)
		}
		due := began.Add(3 * time.Second) // 30 turns were taken before
		f.renew(began, turn{due: due, now: began, taken: true}, 4)
		for range 3 {
			time.Sleep(time.Millisecond)
			due, _ = rate.Take(due, time.Now(), 0)
			got, ask := f.take(time.Now())
			if ask != (asked{}) || got.of(rate, 0) != (turn{due: due, now: time.Now()}).of(rate, 0) {
				t.Errorf("got %+v and %+v to ask for, want what follows %v", got, ask, due)
			}
		}
		for i, want := range []int{8, 1, 1} { // one asks for more, the others meanwhile for themselves
			if _, ask := f.take(time.Now()); ask != (asked{turns: want}) {
				t.Errorf("%d. of those who find nothing left: asks for %+v, want %d", i+1, ask, want)
			}
		}
		f.renew(time.Now(), turn{due: due, now: time.Now(), taken: true}, 8)
		f.take(time.Now())
		time.Sleep(leaseTime)
		if _, ask := f.take(time.Now()); ask != (asked{turns: 2, back: 6}) {
			t.Errorf("after a lease of which two turns were used: asks for %+v, want 2 and to give back 6", ask)
		}
	})
}

// One pause fails all calls that are under way, and says nothing about what comes after it.
func TestCallsThatFailTogetherAreOneFailure(t *testing.T) {
	t.Parallel()
	var n node
	now := time.Now()
	for range 3 * tolerated {
		if n.fails(now.Add(-callTimeout), now) {
			t.Fatal("calls that were under way together opened the breaker")
		}
	}
	for i := 2; i <= tolerated; i++ {
		now = now.Add(callTimeout)
		if opens := n.fails(now.Add(-callTimeout), now); opens != (i == tolerated) {
			t.Errorf("the %d. failure in a row: opens %v", i, opens)
		}
	}
	n.serves()
	if n.fails(now, now) {
		t.Error("a failure after a success opens the breaker")
	}
}

// commands is how often the server was asked for what since it started.
func commands(t *testing.T, server *redistest.Server) map[string]int {
	t.Helper()
	calls := map[string]int{}
	stats := fmt.Sprint(do(t, server, "info", "commandstats"))
	for _, found := range regexp.MustCompile(`cmdstat_([a-z|]+):calls=(\d+)`).FindAllStringSubmatch(stats, -1) {
		calls[found[1]], _ = strconv.Atoi(found[2])
	}
	return calls
}
