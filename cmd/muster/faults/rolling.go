package faults

import (
	"context"
	"time"

	"github.com/muster-scim/muster/cmd/muster/e2e/cluster"
)

// rollingUpgrade stops and starts one replica after the other, in good order, behind the proxy.
// Nobody was killed, so the IdPs see no broken connection, and no answer that is not Muster's.
func rollingUpgrade() Scenario {
	return Scenario{
		Name: "rolling-upgrade", Claim: "replicas can be exchanged one by one under load, and no client sees a request fail",
		Options: cluster.Options{Replicas: 2, Proxy: true}, Proxied: true, Within: time.Second,
		Break: func(ctx context.Context, a *Arena) error {
			for i := range a.Replicas() {
				begin := time.Now()
				if err := a.Replica(i).Stop(); err != nil {
					return err
				}
				a.note("replica %d ended %v after SIGTERM", i, time.Since(begin).Round(time.Millisecond))
				a.Faults++
				if err := a.Replica(i).Start(ctx); err != nil {
					return err
				}
				a.Healed = time.Now()
				if err := a.Balanced(ctx); err != nil {
					return err
				}
			}
			return nil
		},
	}
}
