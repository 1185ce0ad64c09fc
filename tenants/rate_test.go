package tenants

import (
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestABurstIsGivenAtOnceAndThenTheRate(t *testing.T) {
	r := Rate{PerSecond: 10, Burst: 3}
	now, due := testNow, time.Time{}
	take := func(patience time.Duration) (a Allowance) {
		due, a = r.Take(due, now, patience)
		return a
	}
	for left := 2; left >= 0; left-- {
		if a := take(0); a.Refused || a.Wait != 0 || a.Remaining != left {
			t.Fatalf("with %d left: %+v", left, a)
		}
	}
	if a := take(0); !a.Refused || a.Wait != 100*time.Millisecond || a.Reset != 300*time.Millisecond {
		t.Errorf("over the burst: %+v, want to wait 100 ms", a)
	}
	if a := take(150 * time.Millisecond); a.Refused || a.Wait != 100*time.Millisecond {
		t.Errorf("with patience: %+v, want a turn in 100 ms", a)
	}
	if a := take(150 * time.Millisecond); !a.Refused || a.Wait != 200*time.Millisecond {
		t.Errorf("beyond it: %+v, want a refusal and 200 ms", a)
	}
	now = now.Add(time.Hour)
	if a := take(0); a.Refused || a.Remaining != 2 {
		t.Errorf("an hour later: %+v, want the whole burst but one", a)
	}
}

func TestImpossibleStateLocksNobodyOut(t *testing.T) {
	r := Rate{PerSecond: 10, Burst: 3}
	if _, a := r.Take(testNow.Add(24*time.Hour), testNow, time.Second); a.Refused || a.Wait != 0 {
		t.Errorf("due tomorrow: %+v", a)
	}
}

// TestNoMoreIsGivenThanTheRate is the law of limits: within any span, the turns that begin in it
// are at most the burst and what the rate gives in that time; and who asks no faster than the
// rate is never refused and never waits.
func TestNoMoreIsGivenThanTheRate(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := Rate{PerSecond: rapid.Float64Range(0.1, 1000).Draw(t, "rate"), Burst: rapid.IntRange(1, 50).Draw(t, "burst")}
		patience := time.Duration(rapid.IntRange(0, 3000).Draw(t, "patience")) * time.Millisecond
		now, due := testNow, time.Time{}
		var begins []time.Time
		for range rapid.IntRange(1, 200).Draw(t, "requests") {
			now = now.Add(time.Duration(rapid.IntRange(0, 200_000).Draw(t, "pause")) * time.Microsecond)
			var a Allowance
			due, a = r.Take(due, now, patience)
			if a.Refused == (a.Wait <= patience) {
				t.Fatalf("refused %v with a wait of %v and patience for %v", a.Refused, a.Wait, patience)
			}
			if !a.Refused {
				begins = append(begins, now.Add(a.Wait))
			}
		}
		for i := range begins {
			for j := i; j < len(begins); j++ {
				span := begins[j].Sub(begins[i])
				if most := r.Burst + int(span/r.Interval()) + 1; j-i+1 > most {
					t.Fatalf("%d turns begin within %v at %v, want at most %d", j-i+1, span, r, most)
				}
			}
		}
	})
	rapid.Check(t, func(t *rapid.T) {
		r := Rate{PerSecond: rapid.Float64Range(0.1, 1000).Draw(t, "rate"), Burst: rapid.IntRange(1, 50).Draw(t, "burst")}
		now, due := testNow, time.Time{}
		for range 50 {
			var a Allowance
			if due, a = r.Take(due, now, 0); a.Refused || a.Wait != 0 {
				t.Fatalf("who keeps to %v: %+v", r, a)
			}
			now = now.Add(r.Interval() + time.Duration(rapid.IntRange(0, 1000).Draw(t, "pause"))*time.Microsecond)
		}
	})
}

func TestRatesAreReadAsTheyAreWritten(t *testing.T) {
	for _, text := range []string{"50/s,200", "0.5/s,1", "0"} {
		if r, err := ParseRate(text); err != nil || r.String() != text {
			t.Errorf("%q: %v, %v", text, r, err)
		}
	}
	for _, text := range []string{"", "50", "50/m,1", "0/s,5", "5/s,0", "-1/s,5", "1e9/s,5"} {
		if r, err := ParseRate(text); err == nil {
			t.Errorf("%q is read as %v", text, r)
		}
	}
}

func TestAConnectorsLimitsGoBeforeTheDeployments(t *testing.T) {
	q := Quota{Rate: Rate{PerSecond: 50, Burst: 200}, Concurrency: 8}
	for name, c := range map[string]struct {
		limits      Limits
		quota       Quota
		rate        Rate
		concurrency int
	}{
		"none of its own":         {Limits{}, q, Rate{50, 200}, 8},
		"a rate":                  {Limits{Rate: new(5.0)}, q, Rate{5, 200}, 8},
		"a burst":                 {Limits{Burst: new(1)}, q, Rate{50, 1}, 8},
		"a rate of 0":             {Limits{Rate: new(0.0)}, q, Rate{}, 8},
		"a concurrency of 0":      {Limits{Concurrency: new(0)}, q, Rate{50, 200}, 0},
		"a rate, none by default": {Limits{Rate: new(5.0)}, Quota{}, Rate{5, 20}, 0},
	} {
		if r, n := c.quota.RateOf(c.limits), c.quota.ConcurrencyOf(c.limits); r != c.rate || n != c.concurrency {
			t.Errorf("%s: %v and %d in flight, want %v and %d", name, r, n, c.rate, c.concurrency)
		}
	}
}

func TestReplicasShareARate(t *testing.T) {
	if got := (Rate{PerSecond: 50, Burst: 3}).Shared(4); got != (Rate{PerSecond: 12.5, Burst: 1}) {
		t.Errorf("a fourth: %v", got)
	}
}
