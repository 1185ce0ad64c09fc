package tenants

import (
	"errors"
	"math"
	"strings"
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

// TestExtremeRatesDoNotOverflow: whatever the numbers, a turn is at least a microsecond and at most
// a year, the window at least a turn and at most a year, and the first turn is given at once.
func TestExtremeRatesDoNotOverflow(t *testing.T) {
	const year = 365 * 24 * time.Hour
	tiny, huge := math.SmallestNonzeroFloat64, math.MaxFloat64
	for _, perSecond := range []float64{tiny, 1e-300, 1e-18, 1e-9, 1e-6, 0.5, 50, 1e6, 1e9, 1e300, huge, math.Inf(1)} {
		for _, burst := range []int{1, 2, 200, 1e9, math.MaxInt32, math.MaxInt} {
			for _, n := range []int{1, 1000} {
				r := (Rate{PerSecond: perSecond, Burst: burst}).Shared(n)
				interval, window := r.Interval(), r.Window()
				if interval < time.Microsecond || interval > year || window < interval || window > year {
					t.Errorf("%v: a turn takes %v, and a burst comes back in %v", r, interval, window)
				}
				due, a := r.Take(time.Time{}, testNow, 2*time.Second)
				if a.Refused || a.Wait != 0 || a.Remaining < 0 || !due.After(testNow) {
					t.Errorf("%v: the first turn is %+v, the next one due at %v", r, a, due)
				}
				for range 3 {
					if due, a = r.Take(due, testNow, 2*time.Second); a.Wait < 0 || a.Reset < 0 || a.Remaining < 0 || due.Before(testNow) {
						t.Errorf("%v: a further turn is %+v, the next one due at %v", r, a, due)
					}
				}
			}
		}
	}
	if !(Rate{PerSecond: math.NaN(), Burst: 1}).None() {
		t.Error("a rate that is no number sets a limit")
	}
	if r := (Quota{}).RateOf(Limits{Rate: new(huge)}); r.Burst < 1 {
		t.Errorf("the greatest rate has a burst of %d", r.Burst)
	}
}

func TestLimitsThatCannotBeKeptAreRefused(t *testing.T) {
	for name, c := range map[string]struct {
		limits Limits
		field  string // "": it can be kept
	}{
		"the slowest":                    {Limits{Rate: new(0.000001)}, ""},
		"the fastest":                    {Limits{Rate: new(1e6), Burst: new(1_000_000_000)}, ""},
		"no limit":                       {Limits{Rate: new(0.0), Burst: new(5)}, ""},
		"a burst that is back in a year": {Limits{Rate: new(0.5), Burst: new(15_768_000)}, ""},
		"slower":                         {Limits{Rate: new(0.0000009)}, "limits.rate"},
		"faster":                         {Limits{Rate: new(1e6 + 1)}, "limits.rate"},
		"below nothing":                  {Limits{Rate: new(-1.0)}, "limits.rate"},
		"no number":                      {Limits{Rate: new(math.NaN())}, "limits.rate"},
		"a burst that takes longer":      {Limits{Rate: new(0.5), Burst: new(15_768_001)}, "limits.burst"},
		"a burst below nothing":          {Limits{Burst: new(-1)}, "limits.burst"},
	} {
		err := c.limits.check()
		var p *Problem
		if errors.As(err, &p) != (c.field != "") || p != nil && (p.Field != c.field || !strings.HasPrefix(p.Detail, c.field+" must be ")) {
			t.Errorf("%s: %v, want a problem of %q", name, err, c.field)
		}
	}
	for text, says := range map[string]string{
		"0.000001/s,200": "the burst must be at most 31 at that rate",
		"2000000/s,5":    "the rate must be 0, for no limit, or from 0.000001 to 1000000 requests a second",
	} {
		if _, err := ParseRate(text); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%s: %v, want that %s", text, err, says)
		}
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
