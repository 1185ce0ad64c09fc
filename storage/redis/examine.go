package redis

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	goredis "github.com/redis/go-redis/v9"
)

// Finding is one thing that Examine looked at.
type Finding struct {
	Name   string // what was looked at
	State  string // ok, warn, fail
	Detail string
	Next   string // what to do about it; empty where it is ok
}

// examineTimeout is for one call: an administrator waits longer than a request.
const examineTimeout = 2 * time.Second

// Examine looks at a Redis as an administrator would who wonders what is wrong with it. Redis is a
// cache: whatever is wrong with it stops nobody, and so is a warning.
func Examine(ctx context.Context, s Server) (found []Finding) {
	add := func(name, state, detail, next string) {
		found = append(found, Finding{Name: name, State: state, Detail: detail, Next: next})
	}
	client := s.connect(examineTimeout)
	defer client.Close()
	began := time.Now()
	if err := client.Ping(ctx).Err(); err != nil {
		add("redis", "warn", "it does not answer: "+err.Error(), "Check MUSTER_REDIS_URL, its password and the network. Until then each replica goes by itself.")
		return found
	}
	took := time.Since(began)
	info, err := client.Info(ctx, "server", "memory", "replication").Result()
	if err != nil {
		add("redis", "ok", fmt.Sprintf("answers in %s; it does not say more: %v", took.Round(100*time.Microsecond), err), "")
	} else {
		judgeInfo(parseInfo(info), took, add)
	}
	if there, err := client.Time(ctx).Result(); err == nil {
		judgeClock(time.Until(there).Abs(), add)
	}
	if err := tryScript(ctx, client); err != nil {
		add("redis rights", "warn", "the user may not do what the gate needs: "+err.Error(), "Give the user the commands and keys that docs/redis.md lists.")
	} else {
		add("redis rights", "ok", "the user may run scripts", "")
	}
	if !s.tls && !s.unix && s.password == "" {
		add("redis access", "warn", "neither a password nor TLS", "Give Redis a user with a password, and use rediss:// beyond this machine.")
	}
	return found
}

// tryScript runs a script that does nothing, as every request runs one.
func tryScript(ctx context.Context, client goredis.UniversalClient) error {
	return client.Eval(ctx, "return 1", nil).Err()
}

// parseInfo reads the answer of INFO.
func parseInfo(text string) map[string]string {
	said := map[string]string{}
	for line := range strings.Lines(text) {
		if name, value, ok := strings.Cut(strings.TrimSpace(line), ":"); ok {
			said[name] = value
		}
	}
	return said
}

func judgeInfo(said map[string]string, took time.Duration, add func(name, state, detail, next string)) {
	detail := fmt.Sprintf("version %s, answers in %s", said["redis_version"], took.Round(100*time.Microsecond))
	major, _, _ := strings.Cut(said["redis_version"], ".")
	number, err := strconv.Atoi(major)
	switch {
	case said["role"] == "slave":
		add("redis", "warn", "this is a replica, which takes no changes", "Name the primary, or the Sentinels, in MUSTER_REDIS_URL.")
	case err == nil && number < 7:
		add("redis", "warn", detail, "Use Redis 7 or newer: older ones are not tested.")
	case took > callTimeout:
		add("redis", "warn", detail, fmt.Sprintf("Requests give it %s: bring it nearer, or find out what slows it down.", callTimeout))
	default:
		add("redis", "ok", detail, "")
	}
	policy, limit := said["maxmemory_policy"], said["maxmemory"]
	switch {
	case policy == "":
	case limit == "" || limit == "0":
		add("redis memory", "warn", "maxmemory is not set: it grows until the machine has no more", "Set maxmemory (64mb is plenty), and maxmemory-policy volatile-lru.")
	case policy == "noeviction":
		add("redis memory", "warn", "maxmemory-policy is noeviction: once it is full it refuses what is new", "Set maxmemory-policy to volatile-lru.")
	default:
		add("redis memory", "ok", "maxmemory "+limit+", "+policy, "")
	}
}

func judgeClock(skew time.Duration, add func(name, state, detail, next string)) {
	detail := fmt.Sprintf("%s apart from this machine's", skew.Round(time.Millisecond))
	if skew > 5*time.Second {
		add("redis clock", "warn", detail, "Let both keep time by NTP: what Redis holds of a credential is believed for ten seconds.")
		return
	}
	add("redis clock", "ok", detail, "")
}
