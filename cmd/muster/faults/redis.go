package faults

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/muster-scim/muster/cmd/muster/e2e/cluster"
)

// withoutRedis is how long Redis is gone, hangs, is slow or lies.
const withoutRedis = 6 * time.Second

// redisDown kills Redis, with all that was in it.
func redisDown() Scenario {
	return withRedis("redis-down", "without Redis nobody is refused, and nobody waits for it", func(ctx context.Context, a *Arena, _ *cable) error {
		if err := a.Redis().Kill(); err != nil {
			return err
		}
		if err := pause(ctx, withoutRedis); err != nil {
			return err
		}
		return a.Redis().Start(ctx)
	})
}

// redisSilent lets nothing through to Redis any more, and tells nobody.
func redisSilent() Scenario {
	return withRedis("redis-silent", "a Redis that does not answer costs the first few requests a moment", disturb(silent))
}

// redisSlow makes every answer of Redis come late.
func redisSlow() Scenario {
	return withRedis("redis-slow", "a slow Redis makes nobody slow", disturb(slow))
}

// disturb changes the cable to Redis for a while.
func disturb(s cableState) func(context.Context, *Arena, *cable) error {
	return func(ctx context.Context, _ *Arena, wire *cable) error {
		wire.set(s)
		defer wire.set(whole)
		return pause(ctx, withoutRedis)
	}
}

// redisPoisoned lets Redis forget and lie: flushed, garbage, the value of another name, the wrong
// type of value, while somebody comes with wrong tokens.
func redisPoisoned() Scenario {
	s := withRedis("redis-poisoned", "what Redis says is never believed for its own sake", func(ctx context.Context, a *Arena, _ *cable) error {
		admin, err := dialRedis(ctx, a.Redis().Address())
		if err != nil {
			return err
		}
		defer admin.close()
		trying, done := context.WithTimeout(ctx, withoutRedis)
		defer done()
		var intruders sync.WaitGroup
		intruders.Go(func() { a.intrude(trying) })
		poisoned := 0
		for n := 0; err == nil && trying.Err() == nil; n++ {
			var names int
			names, err = admin.poison(n)
			poisoned += names
			_ = pause(trying, 100*time.Millisecond) // ends early at the end
		}
		intruders.Wait()
		a.note("%d values were flushed, overwritten, exchanged or made of another type", poisoned)
		if err == nil && poisoned == 0 {
			err = errors.New("there was nothing in Redis to poison")
		}
		if _, flushed := admin.do("FLUSHALL"); err == nil {
			err = flushed
		}
		return err
	})
	s.Prepare = func(ctx context.Context, a *Arena) error {
		list := filepath.Join(a.Dir(), "secrets", "redis_acl")
		text, err := os.ReadFile(list)
		if err != nil {
			return err
		}
		if err := errors.Join(os.Remove(list), os.WriteFile(list, append(text, chaosUser...), 0o444), a.Redis().Stop()); err != nil {
			return err
		}
		return a.Redis().Start(ctx)
	}
	return s
}

// withRedis makes a scenario of replicas that share a Redis behind a cable. The IdPs rest
// between changes, so that a wait for Redis shows.
func withRedis(name, claim string, fault func(context.Context, *Arena, *cable) error) Scenario {
	var wire *cable
	s := Scenario{
		Name: name, Claim: claim, Pace: 25 * time.Millisecond, Within: 2 * time.Second,
		Options: cluster.Options{Replicas: 2, Redis: true, Env: []string{"MUSTER_RATE_LIMIT=5000/s,5000"}},
	}
	s.Options.Via = func(part, address string) (_ string, err error) {
		if part != "redis" {
			return address, nil
		}
		if wire, err = newCable(address); err != nil {
			return "", err
		}
		return wire.address(), nil
	}
	s.Break = func(ctx context.Context, a *Arena) error {
		defer wire.close()
		begin := time.Now()
		before, _ := a.watch.middle(begin.Add(-baseline), begin)
		a.Faults++
		if err := fault(ctx, a, wire); err != nil {
			return err
		}
		a.Healed = time.Now()
		during, longest := a.watch.middle(begin, a.Healed)
		a.note("the median answer took %v before and %v during, the longest %v", before.Round(100*time.Microsecond), during.Round(100*time.Microsecond), longest.Round(time.Millisecond))
		if during > before+redisCosts {
			a.watch.report(found(recovery, Wrong, "the median answer took %v before and %v during the fault", before, during))
		}
		return pause(ctx, 2*time.Second) // on the healed cable
	}
	return s
}

// redisCosts is what a Redis that does not serve may add to the median answer.
const redisCosts = 25 * time.Millisecond

// poison does one of four bad things to everything in Redis, and says to how much.
func (r *redisAdmin) poison(n int) (names int, err error) {
	keys, err := r.do("KEYS", "*")
	if err != nil {
		return 0, err
	}
	if n%4 == 0 {
		_, err := r.do("FLUSHALL")
		return len(keys), err
	}
	for i, key := range keys {
		switch n % 4 {
		case 1:
			_, err = r.do("SET", key, fmt.Sprintf("garbage %d \x00\xff", n))
		case 2: // what is said of somebody else
			err = r.copy(keys[(i+1)%len(keys)], key)
		case 3:
			if _, err = r.do("DEL", key); err == nil {
				_, err = r.do([]string{"LPUSH", "SADD"}[i%2], key, "x")
			}
		}
		if err != nil && !strings.Contains(err.Error(), "WRONGTYPE") { // a replica was faster
			return i, err
		}
	}
	return len(keys), nil
}

// copy puts the value of one name under another, if it has one that can be.
func (r *redisAdmin) copy(from, to string) error {
	if kind, err := r.do("TYPE", from); err != nil || len(kind) == 0 || kind[0] != "string" {
		return err
	}
	value, err := r.do("GET", from)
	if err != nil || len(value) == 0 {
		return err
	}
	_, err = r.do("SET", to, value[0])
	return err
}

// intrude comes with wrong tokens and with right ones of others, until ctx ends: nobody gets in.
func (a *Arena) intrude(ctx context.Context) {
	for n := 0; ctx.Err() == nil; n++ {
		d := a.doors[n%len(a.doors)]
		token := a.doors[(n+1)%len(a.doors)].token
		if n%2 == 0 {
			token = d.token[:len(d.token)-8] + "AAAAAAAA"
		}
		got := call{method: "GET", url: a.ReplicaURL(n%a.Replicas()) + d.path + "/Users?count=1", token: token}.send(ctx)
		if got.status/100 == 2 {
			a.watch.report(found(isolation, Wrong, "a wrong token opens %s: %.200s", d.slug, got.body))
		}
		_ = pause(ctx, 20*time.Millisecond) // ends early at the end
	}
}
