package local

import (
	"fmt"
	"testing"
	"time"

	"github.com/muster-scim/muster/tenants"
)

func TestTheMeterForgetsWhatIsPaidFor(t *testing.T) {
	m := newMeter()
	r := tenants.Rate{PerSecond: 1, Burst: 1}
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	for i := range maxMeters + 1000 {
		if a := m.take(fmt.Sprint(i), r, now, 0); a.Refused {
			t.Fatalf("the first turn of key %d is refused", i)
		}
	}
	if len(m.due) > maxMeters {
		t.Errorf("%d keys are kept, want at most %d", len(m.due), maxMeters)
	}
	if a := m.take("fresh", r, now, 0); a.Refused {
		t.Error("a full meter refuses a key that it has not seen")
	}
	if a := m.take("fresh", r, now, 0); !a.Refused {
		t.Error("a full meter does not count a key that it has just taken in")
	}
}

func TestReplicasGiveOutTheirPart(t *testing.T) {
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	replicas := 2
	g := NewGate(nil, Options{
		Quota: tenants.Quota{Rate: tenants.Rate{PerSecond: 10, Burst: 10}},
		Now:   func() time.Time { return now }, Replicas: func() int { return replicas },
	})
	taken := 0
	for !g.Take(tenants.Connector{Slug: "acme"}).Refused {
		taken++
	}
	if taken != 5 {
		t.Errorf("one of two replicas gives out %d turns at once, want half of the 10", taken)
	}
}
