package faults

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/muster-scim/muster/cmd/muster/e2e/cluster"
)

// flood lets one tenant's connector be flooded, far beyond its limits, with lists, large groups and
// wrong tokens. The other tenant has nothing to do with it.
func flood() Scenario {
	const (
		flooding = 8 * time.Second
		rate     = 1000 // requests a second
		senders  = 200
	)
	return Scenario{
		Name: "flood", Claim: "what one tenant sends too much of is refused, and the other tenant gets no error",
		Options: cluster.Options{Replicas: 2}, Pace: 25 * time.Millisecond, Within: time.Second,
		Break: func(ctx context.Context, a *Arena) error {
			target, err := a.floodedDoor(ctx)
			if err != nil {
				return err
			}
			begin := time.Now()
			_, before := a.watch.slowest("south", begin.Add(-baseline), begin)
			ctx, cancel := context.WithTimeout(ctx, flooding)
			defer cancel()
			var sending sync.WaitGroup
			var sent, refused atomic.Int64
			for i := range senders {
				sending.Go(func() {
					tick := time.NewTicker(time.Second * senders / rate)
					defer tick.Stop()
					for n := i; ctx.Err() == nil; n++ {
						if got := a.floodCall(target, n).send(ctx); got.status == 429 {
							refused.Add(1)
						}
						sent.Add(1)
						<-tick.C
					}
				})
			}
			sending.Wait()
			a.Faults++
			_, during := a.watch.slowest("south", begin, time.Now())
			a.note("%d requests in %v, %d of them refused with 429; the other tenant's p99 was %v before and %v during", sent.Load(), flooding,
				refused.Load(), before.Round(time.Millisecond), during.Round(time.Millisecond))
			return nil
		},
	}
}

// floodedDoor makes a connector with the limits that connectors have where nobody says otherwise.
func (a *Arena) floodedDoor(ctx context.Context) (door, error) {
	if err := a.admin(0).do(ctx, "POST", "/directories", map[string]any{"name": "flooded"}, nil); err != nil {
		return door{}, err
	}
	d, err := a.admin(0).open(ctx, seat{slug: "flooded", tenant: "north"}, "flooded")
	if err != nil {
		return door{}, err
	}
	limits := map[string]any{"limits": map[string]any{"rate": 50, "burst": 200}}
	return d, a.admin(0).do(ctx, "PATCH", "/connectors/flooded", limits, nil)
}

// floodCall is one of four kinds of requests.
func (a *Arena) floodCall(d door, n int) call {
	base := a.ReplicaURL(n%a.Replicas()) + d.path
	switch n % 4 {
	case 0:
		return call{"GET", base + "/Users?count=200", d.token, nil}
	case 1:
		return call{"GET", base + "/Users", "mst_nobody", nil}
	case 2:
		ids := make([]string, 500)
		for i := range ids {
			ids[i] = fmt.Sprintf("nobody-%d-%d", n, i)
		}
		body := map[string]any{"schemas": []string{groupSchema}, "displayName": fmt.Sprint("flood ", n), "members": memberValues(ids)}
		return call{"POST", base + "/Groups", d.token, body}
	}
	return call{"POST", base + "/Users", d.token, userBody(account{name: fmt.Sprintf("flood%d@flood.example", n), active: true})}
}
