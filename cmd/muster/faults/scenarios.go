package faults

import (
	"context"
	"time"

	"github.com/muster-scim/muster/cmd/muster/e2e/cluster"
)

// Scenarios are all ways to break it, in the order of the table.
func Scenarios() []Scenario {
	return []Scenario{
		calm(),
		killReplica("kill-replica", 20),
		crashPostgres(),
		freezePostgres(),
		failover(),
		failoverAsync(),
		freezeStandby(),
		redisDown(),
		redisSilent(),
		redisSlow(),
		redisPoisoned(),
		diskFull(),
		logFull(),
		races(),
		flood(),
		rollingUpgrade(),
		migrationKilled(),
	}
}

// calm breaks nothing. What is found here is wrong without any fault.
func calm() Scenario {
	return Scenario{
		Name: "calm", Claim: "nothing is found where nothing is broken",
		Options: cluster.Options{Replicas: 2},
		Break:   func(ctx context.Context, _ *Arena) error { return pause(ctx, 3*time.Second) },
	}
}

// Short is a little of everything, one after the other on one cluster, for every run of the tests:
// one kill of a replica, one crash of PostgreSQL, a while without Redis, and races, all with
// transactions that are made to fail and run again.
func Short() Scenario {
	return Scenario{
		Name: "short", Claim: "what make faults shows at length, in half a minute",
		Options: cluster.Options{Replicas: 2, Redis: true, Env: []string{forcedRetries, "MUSTER_RATE_LIMIT=5000/s,5000"}},
		Kills:   true, Pace: 10 * time.Millisecond, Within: 5 * time.Second,
		Break: func(ctx context.Context, a *Arena) error {
			for _, part := range []*cluster.Part{a.Replica(a.Random.IntN(a.Replicas())), a.Postgres(), a.Redis()} {
				if err := part.Kill(); err != nil {
					return err
				}
				a.Faults++
				if err := a.wait(ctx, 200*time.Millisecond, 800*time.Millisecond); err != nil {
					return err
				}
				if err := part.Start(ctx); err != nil {
					return err
				}
				a.Healed = time.Now()
				if err := a.wait(ctx, 500*time.Millisecond, time.Second); err != nil {
					return err
				}
			}
			racing, cancel := context.WithTimeout(ctx, 4*time.Second)
			defer cancel()
			return a.race(racing)
		},
	}
}

// killReplica kills one replica after the other at random moments of an initial sync, and starts
// each again while the other one serves.
func killReplica(name string, kills int) Scenario {
	return Scenario{
		Name: name, Claim: "kill -9 of a replica in an initial sync loses nothing that was acknowledged",
		Options: cluster.Options{Replicas: 2}, Kills: true, Target: 1000, Within: 2 * time.Second,
		Break: func(ctx context.Context, a *Arena) error {
			for range kills {
				victim := a.Replica(a.Random.IntN(a.Replicas()))
				if err := victim.Kill(); err != nil {
					return err
				}
				a.Faults++
				if err := a.wait(ctx, 0, 400*time.Millisecond); err != nil {
					return err
				}
				if err := victim.Start(ctx); err != nil {
					return err
				}
				a.Healed = time.Now()
				if err := a.wait(ctx, 300*time.Millisecond, 1500*time.Millisecond); err != nil {
					return err
				}
			}
			return nil
		},
	}
}

// crashPostgres kills the postmaster and all its children under load, and starts it again.
func crashPostgres() Scenario {
	return Scenario{
		Name: "crash-postgres", Claim: "a crash of PostgreSQL loses nothing, and the pools heal by themselves",
		Options: cluster.Options{Replicas: 2, Durable: true}, Within: 3 * time.Second,
		Break: func(ctx context.Context, a *Arena) error {
			for range 2 {
				if err := a.Postgres().Kill(); err != nil {
					return err
				}
				a.Faults++
				if err := a.wait(ctx, 300*time.Millisecond, 1500*time.Millisecond); err != nil {
					return err
				}
				if err := a.Postgres().Start(ctx); err != nil {
					return err
				}
				a.Healed = time.Now()
				if err := a.wait(ctx, 2*time.Second, 4*time.Second); err != nil {
					return err
				}
			}
			return nil
		},
	}
}

// freezePostgres stops PostgreSQL where it is for a while: connections stay, nothing answers.
func freezePostgres() Scenario {
	const frozen = 20 * time.Second
	return Scenario{
		Name: "freeze-postgres", Claim: "while PostgreSQL hangs requests wait or are told to come back, and soon after all is well",
		Options: cluster.Options{Replicas: 2}, Within: 3 * time.Second,
		Break: func(ctx context.Context, a *Arena) error {
			if err := a.Postgres().Freeze(); err != nil {
				return err
			}
			a.Faults++
			if err := pause(ctx, frozen); err != nil {
				return err
			}
			if err := a.Postgres().Thaw(); err != nil {
				return err
			}
			a.Healed = time.Now()
			return nil
		},
	}
}

// wait waits for a random time.
func (a *Arena) wait(ctx context.Context, least, most time.Duration) error {
	return pause(ctx, least+time.Duration(a.Random.Int64N(int64(most-least))))
}
