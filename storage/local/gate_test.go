package local

import (
	"testing"
	"time"

	"github.com/muster-scim/muster/storage/storagetest"
	"github.com/muster-scim/muster/tenants"
)

func TestGate(t *testing.T) {
	storagetest.TestGate(t, func(*testing.T) *storagetest.Gates {
		k := &clock{at: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)}
		return &storagetest.Gates{
			Open: func(lookup tenants.Lookup, q tenants.Quota) tenants.Gate {
				return NewGate(lookup, Options{Quota: q, Now: k.now})
			},
			Forward: k.add,
		}
	})
}

// BenchmarkEnter is one request's part in the gate, with a credential that is known.
func BenchmarkEnter(b *testing.B) {
	storagetest.BenchmarkGate(b, func(lookup tenants.Lookup, q tenants.Quota) tenants.Gate {
		return NewGate(lookup, Options{Quota: q, Now: time.Now})
	})
}
