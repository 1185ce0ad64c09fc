package faults

import (
	"context"
	"fmt"
	"time"

	"github.com/muster-scim/muster/cmd/muster/e2e/cluster"
)

// failover loses the primary for good and promotes the stand-by, to which every commit had to
// come before it was acknowledged.
func failover() Scenario {
	return Scenario{
		Name: "failover", Claim: "losing the primary loses nothing, and its stand-by takes over by itself",
		Options: cluster.Options{Replicas: 2, Standby: true}, Within: 5 * time.Second,
		Break: func(ctx context.Context, a *Arena) error { return a.failOver(ctx) },
	}
}

// failoverAsync is the same with a stand-by that nobody waits for, and that is behind when the
// primary is lost. It is the control: what was acknowledged is gone, and if no check notices, none
// of them is worth anything.
func failoverAsync() Scenario {
	const behind = 500 * time.Millisecond
	return Scenario{
		Name: "failover-async", Claim: "the harness sees what a stand-by that nobody waits for loses",
		Options: cluster.Options{Replicas: 2, Standby: true}, Control: true,
		Prepare: func(ctx context.Context, a *Arena) error {
			return a.configure(ctx, a.DatabaseURL(), "synchronous_standby_names")
		},
		Break: func(ctx context.Context, a *Arena) error {
			// Frozen it would not do: what the primary has sent by then would still arrive.
			if err := a.configure(ctx, a.StandbyURL(), "primary_conninfo"); err != nil {
				return err
			}
			if err := pause(ctx, behind); err != nil {
				return err
			}
			return a.failOver(ctx)
		},
	}
}

// configure empties a setting of a server.
func (a *Arena) configure(ctx context.Context, url, setting string) error {
	for _, statement := range []string{"alter system set " + setting + " = ''", "select pg_reload_conf()"} {
		if _, err := a.Query(ctx, url, statement); err != nil {
			return fmt.Errorf("emptying %s: %w", setting, err)
		}
	}
	return nil
}

// failOver kills the primary and promotes the stand-by.
func (a *Arena) failOver(ctx context.Context) error {
	if err := a.Postgres().Kill(); err != nil {
		return err
	}
	a.Faults++
	a.Healed = time.Now() // the time without a database counts
	if err := a.Promote(ctx); err != nil {
		return err
	}
	a.promoted = true
	a.note("the stand-by was promoted %v after the primary was lost", time.Since(a.Healed).Round(time.Millisecond))
	return nil
}

// freezeStandby stops the stand-by for a while: every commit waits for it.
func freezeStandby() Scenario {
	const frozen = 10 * time.Second
	return Scenario{
		Name: "freeze-standby", Claim: "while the stand-by hangs nothing is acknowledged that it does not have",
		Options: cluster.Options{Replicas: 2, Standby: true}, Within: 3 * time.Second,
		Break: func(ctx context.Context, a *Arena) error {
			if err := a.Standby().Freeze(); err != nil {
				return err
			}
			a.Faults++
			if err := pause(ctx, frozen); err != nil {
				return err
			}
			if err := a.Standby().Thaw(); err != nil {
				return err
			}
			a.Healed = time.Now()
			return nil
		},
	}
}
