package storagetest

import (
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/muster-scim/muster/tenants"
)

// allowed expects a turn, with so many left.
func allowed(t *testing.T, a tenants.Allowance, remaining int) {
	t.Helper()
	if a.Refused || a.Wait != 0 || a.Remaining != remaining {
		t.Errorf("got %+v, want a turn at once and %d more", a, remaining)
	}
}

// near expects a time, or a little less: some of it passed since the case began, where time
// passes by itself.
func near(t *testing.T, what string, got, want time.Duration, began time.Time) {
	t.Helper()
	if got > want || got < want-time.Since(began)-time.Millisecond {
		t.Errorf("%s %v, want %v", what, got, want)
	}
}

func wrongSecretsTakeNothing(t *testing.T, w *gateWorld) {
	w.limit(tenants.Quota{Rate: tenants.Rate{PerSecond: 0.01, Burst: 3}})
	p := w.add("acme", tenants.Limits{})
	wrong := p
	wrong.Proof[31] ^= 1
	for _, when := range []string{"looked up", "remembered", "after the right one"} {
		for range 5 {
			entry, a, err := w.gate.Enter(t.Context(), wrong)
			if err != nil || entry.Opens(wrong) {
				t.Fatalf("%s: a wrong secret opens %q, %v", when, entry.Credential.Name, err)
			}
			if a != (tenants.Allowance{}) {
				t.Errorf("%s: a wrong secret is told %+v", when, a)
			}
		}
		if when == "remembered" {
			allowed(t, w.enter(t, w.gate, p), 2)
		}
	}
	allowed(t, w.enter(t, w.gate, p), 1)
}

func foreignSecretsTakeNothing(t *testing.T, w *gateWorld) {
	w.limit(tenants.Quota{Rate: tenants.Rate{PerSecond: 0.01, Burst: 2}})
	acme, beta := w.add("acme", tenants.Limits{}), w.add("beta", tenants.Limits{})
	foreign := acme
	foreign.Slug = "beta"
	for range 5 {
		entry, a, err := w.gate.Enter(t.Context(), foreign)
		if err != nil || entry.Opens(foreign) || a != (tenants.Allowance{}) {
			t.Fatalf("a secret of acme at beta: opens %v, %+v, %v", entry.Opens(foreign), a, err)
		}
	}
	allowed(t, w.enter(t, w.gate, acme), 1)
	allowed(t, w.enter(t, w.gate, beta), 1)
}

func burstsPass(t *testing.T, w *gateWorld) {
	w.limit(tenants.Quota{Rate: tenants.Rate{PerSecond: 0.1, Burst: 3}})
	p := w.add("acme", tenants.Limits{})
	began := time.Now()
	for i := range 3 {
		a := w.enter(t, w.gate, p)
		allowed(t, a, 2-i)
		near(t, "until the burst is whole again", a.Reset, time.Duration(i+1)*10*time.Second, began)
		if a.Rate != w.quota.Rate {
			t.Errorf("the rate is said to be %v, want %v", a.Rate, w.quota.Rate)
		}
	}
	for range 2 { // a refusal costs nothing
		a := w.enter(t, w.gate, p)
		if !a.Refused || a.Remaining != 0 {
			t.Errorf("the fourth of a burst of three: %+v", a)
		}
		near(t, "a refused one is to wait", a.Wait, 10*time.Second, began)
	}
	w.Forward(10 * time.Second)
	if a := w.enter(t, w.gate, p); a.Refused {
		t.Errorf("after the wait: %+v", a)
	}
	if a := w.enter(t, w.gate, p); !a.Refused {
		t.Errorf("and one more: %+v", a)
	}
}

func queueIsShort(t *testing.T, w *gateWorld) {
	w.limit(tenants.Quota{Rate: tenants.Rate{PerSecond: 0.1, Burst: 1}, Patience: 25 * time.Second})
	p := w.add("acme", tenants.Limits{})
	began := time.Now()
	allowed(t, w.enter(t, w.gate, p), 0)
	for i := range 2 {
		a := w.enter(t, w.gate, p)
		if a.Refused {
			t.Fatalf("the %d. in the queue is refused: %+v", i+1, a)
		}
		near(t, "in the queue one waits", a.Wait, time.Duration(i+1)*10*time.Second, began)
	}
	a := w.enter(t, w.gate, p)
	if !a.Refused {
		t.Fatalf("one who would wait longer than the patience: %+v", a)
	}
	near(t, "who is refused is to wait", a.Wait, 30*time.Second, began)
}

func longRunIsKept(t *testing.T, w *gateWorld) {
	rate, patience := tenants.Rate{PerSecond: 3, Burst: 5}, 2*time.Second
	w.limit(tenants.Quota{Rate: rate, Patience: patience})
	p := w.add("acme", tenants.Limits{})
	const steps, step = 200, 130 * time.Millisecond
	began, admitted := time.Now(), 0
	for range steps {
		for range 2 { // more than the rate allows
			if a := w.enter(t, w.gate, p); !a.Refused {
				admitted++
				if a.Wait > patience {
					t.Fatalf("let in, to wait for %v", a.Wait)
				}
			}
		}
		w.Forward(step)
	}
	least := float64(rate.Burst) + rate.PerSecond*(steps*step).Seconds()
	most := least + rate.PerSecond*(patience+time.Since(began)).Seconds()
	if float64(admitted) < least-1 || float64(admitted) > most+1 {
		t.Errorf("%d were let in, want %.0f to %.0f", admitted, least, most)
	}
}

func turnsAreAtomic(t *testing.T, w *gateWorld) {
	const burst = 50
	w.limit(tenants.Quota{Rate: tenants.Rate{PerSecond: 0.01, Burst: burst}})
	p := w.add("acme", tenants.Limits{})
	var admitted atomic.Int32
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 20 {
				_, a, err := w.gate.Enter(t.Context(), p)
				if err != nil {
					t.Error(err)
				}
				if !a.Refused {
					admitted.Add(1)
				}
			}
		})
	}
	wg.Wait()
	if n := admitted.Load(); n != burst {
		t.Errorf("%d of 160 were let in at once, want the burst of %d", n, burst)
	}
}

func ownLimitsCount(t *testing.T, w *gateWorld) {
	w.limit(tenants.Quota{Rate: tenants.Rate{PerSecond: 0.01, Burst: 2}})
	zero, slow, burst := 0.0, 0.001, 1
	free := w.add("free", tenants.Limits{Rate: &zero})
	strict := w.add("strict", tenants.Limits{Rate: &slow, Burst: &burst})
	for range 50 {
		if a := w.enter(t, w.gate, free); a != (tenants.Allowance{}) {
			t.Fatalf("without a limit: %+v", a)
		}
	}
	a := w.enter(t, w.gate, strict)
	allowed(t, a, 0)
	if want := (tenants.Rate{PerSecond: slow, Burst: burst}); a.Rate != want {
		t.Errorf("its rate is said to be %v, want %v", a.Rate, want)
	}
	if a := w.enter(t, w.gate, strict); !a.Refused {
		t.Errorf("beyond its own burst: %+v", a)
	}
}

func changedLimitsLockNobodyOut(t *testing.T, w *gateWorld) {
	slow, fast, burst := 0.001, 1.0, 10
	p := w.add("acme", tenants.Limits{Rate: &slow, Burst: &burst})
	for range burst {
		w.enter(t, w.gate, p)
	}
	if a := w.enter(t, w.gate, p); !a.Refused || a.Wait < 15*time.Minute {
		t.Fatalf("beyond the burst: %+v", a)
	}
	p = w.add("acme", tenants.Limits{Rate: &fast, Burst: &burst})
	w.gate.Forget(t.Context(), p.Slug)
	if a := w.enter(t, w.gate, p); a.Refused {
		t.Errorf("after the limit was made wider: %+v", a)
	}
}

func ratesStayApart(t *testing.T, w *gateWorld) {
	w.limit(tenants.Quota{Rate: tenants.Rate{PerSecond: 0.01, Burst: 1}})
	acme, beta := w.add("acme", tenants.Limits{}), w.add("beta", tenants.Limits{})
	allowed(t, w.enter(t, w.gate, acme), 0)
	if a := w.enter(t, w.gate, acme); !a.Refused {
		t.Errorf("beyond the burst: %+v", a)
	}
	allowed(t, w.enter(t, w.gate, beta), 0)
}

func forgettingKeepsTurns(t *testing.T, w *gateWorld) {
	w.limit(tenants.Quota{Rate: tenants.Rate{PerSecond: 0.01, Burst: 2}})
	p := w.add("acme", tenants.Limits{})
	allowed(t, w.enter(t, w.gate, p), 1)
	w.gate.Forget(t.Context(), p.Slug)
	allowed(t, w.enter(t, w.gate, p), 0)
	w.gate.Forget(t.Context(), p.Slug)
	if a := w.enter(t, w.gate, p); !a.Refused {
		t.Errorf("beyond the burst: %+v", a)
	}
}

func failuresStayApart(t *testing.T, w *gateWorld) {
	w.limit(tenants.Quota{Failures: tenants.Rate{PerSecond: 0.1, Burst: 3}})
	p := w.add("acme", tenants.Limits{})
	began := time.Now()
	for range 3 {
		if a := w.gate.Fail(t.Context(), "acme", "192.0.2.1"); a.Refused {
			t.Errorf("within the burst: %+v", a)
		}
	}
	a := w.gate.Fail(t.Context(), "acme", "192.0.2.1")
	if !a.Refused {
		t.Fatalf("beyond the burst: %+v", a)
	}
	near(t, "it is to wait", a.Wait, 10*time.Second, began)
	for _, other := range [][2]string{{"acme", "192.0.2.2"}, {"beta", "192.0.2.1"}, {"acme", "2001:db8::/64"}} {
		if a := w.gate.Fail(t.Context(), other[0], other[1]); a.Refused {
			t.Errorf("%v pays for another address or connector: %+v", other, a)
		}
	}
	if a := w.enter(t, w.gate, p); a.Refused {
		t.Errorf("a valid credential pays for failures: %+v", a)
	}
	w.limit(tenants.Quota{})
	for range 100 {
		if a := w.gate.Fail(t.Context(), "acme", "192.0.2.9"); a != (tenants.Allowance{}) {
			t.Fatalf("without a limit on failures: %+v", a)
		}
	}
}

func impossibleSlugsCount(t *testing.T, w *gateWorld) {
	for range w.quota.Failures.Burst {
		w.gate.Fail(t.Context(), "", "192.0.2.1")
	}
	if a := w.gate.Fail(t.Context(), "", "192.0.2.1"); !a.Refused {
		t.Errorf("beyond the burst: %+v", a)
	}
}
