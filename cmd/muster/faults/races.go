package faults

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/muster-scim/muster/cmd/muster/e2e/cluster"
)

// races lets both replicas work on the same users, groups and rules at the same time, while a
// share of all transactions is made to fail and run again.
func races() Scenario {
	const racing = 15 * time.Second
	return Scenario{
		Name: "races", Claim: "what two replicas do at once happens in some order, each change whole",
		Options: cluster.Options{Replicas: 2, Env: []string{forcedRetries}}, Pace: 50 * time.Millisecond,
		Break: func(ctx context.Context, a *Arena) error {
			ctx, cancel := context.WithTimeout(ctx, racing)
			defer cancel()
			return a.race(ctx)
		},
	}
}

// forcedRetries makes nearly a third of all transactions fail at their first tries.
const forcedRetries = "MUSTER_TEST_FORCE_RETRIES=0.3"

// race runs rounds of races on several tracks until ctx ends, and changes rules meanwhile.
func (a *Arena) race(ctx context.Context) error {
	tracks, err := a.tracks(3)
	if err != nil {
		return err
	}
	var racing sync.WaitGroup
	var failed error
	racing.Go(func() { failed = a.changeRules(ctx) })
	for _, t := range tracks {
		racing.Go(func() { t.run(ctx) })
	}
	racing.Wait()
	rounds, undecided := 0, 0
	for _, t := range tracks {
		rounds += t.round
		undecided += t.undecided
	}
	a.Faults += rounds
	a.note("%d races, %d of them undecided, as a request in them was answered 503 or not at all", rounds, undecided)
	if undecided > rounds/5 {
		a.watch.report(found(honesty, Wrong, "%d of %d races were undecided", undecided, rounds))
	}
	return failed
}

// changeRules changes the rules of a connector back and forth while its IdP works, and leaves
// them as they were.
func (a *Arena) changeRules(ctx context.Context) error {
	s := seats[1]
	other := s.rules
	other.never = append(slices.Clone(other.never), "ops")
	other.always = []string{"task-force"}
	set := func(r rules, through int) error {
		return a.admin(through).do(context.WithoutCancel(ctx), "PUT", "/connectors/"+s.slug+"/rules", r.body(), nil)
	}
	for ctx.Err() == nil {
		if err := set(other, 0); err != nil {
			return err
		}
		_ = pause(ctx, 300*time.Millisecond) // ends early at the end
		if err := set(s.rules, 1); err != nil {
			return err
		}
		_ = pause(ctx, 300*time.Millisecond)
	}
	return nil
}

// track is where races are run: users and groups of its own, on a connector that has a directory
// of its own.
type track struct {
	door
	arena     *Arena
	number    int
	round     int
	undecided int
}

// tracks makes the connector of the races.
func (a *Arena) tracks(n int) (tracks []*track, err error) {
	ctx := context.Background()
	if err := a.admin(0).do(ctx, "POST", "/directories", map[string]any{"name": "track"}, nil); err != nil {
		return nil, err
	}
	d, err := a.admin(0).open(ctx, seat{slug: "racing", tenant: "north"}, "track")
	for i := range n {
		tracks = append(tracks, &track{door: d, arena: a, number: i})
	}
	return tracks, err
}

// run runs races until ctx ends.
func (t *track) run(ctx context.Context) {
	for {
		for _, race := range []func(){t.equalUsers, t.equalGroups, t.crossing, t.rename, t.patchAndPut, t.leave, t.dissolve} {
			if ctx.Err() != nil {
				return
			}
			race()
		}
	}
}

// at sends calls at once, by turns to each replica, and returns the answers in their order. It
// reports false when an outcome is unknown, so that nothing follows.
func (t *track) at(calls ...call) (answers []answer, decided bool) {
	answers = make([]answer, len(calls))
	var sending sync.WaitGroup
	for i, c := range calls {
		c.url = t.arena.ReplicaURL((i+t.round)%t.arena.Replicas()) + t.path + c.url
		c.token = t.token
		sending.Go(func() { answers[i] = c.send(context.Background()) })
	}
	sending.Wait()
	decided = true
	for i, a := range answers {
		may := circumstance{absent: true, creation: calls[i].method == "POST", repeated: true, killed: t.arena.load.killed.Load()}
		t.arena.watch.saw(t.door, calls[i].method+" in a race", a, may)
		decided = decided && a.outcome() != Unknown && a.status != 429 && !a.neverSent
	}
	if !decided {
		t.undecided++
	}
	return answers, decided
}

// one sends one call that must succeed and returns the id in its answer.
func (t *track) one(c call) (id string, ok bool) {
	answers, decided := t.at(c)
	if !decided {
		return "", false
	}
	body, _ := answers[0].in() // no body, no id
	return body.ID, answers[0].status/100 == 2
}

func (t *track) wrong(i Invariant, format string, arguments ...any) {
	t.arena.watch.report(found(i, Wrong, format, arguments...))
}

// next begins a round and returns a name for it.
func (t *track) next(what string) string {
	t.round++
	return fmt.Sprintf("%s-%d-%d", what, t.number, t.round)
}

// users makes users and returns their ids.
func (t *track) users(round string, n int) (ids []string, ok bool) {
	var calls []call
	for i := range n {
		calls = append(calls, call{method: "POST", url: "/Users", body: userBody(account{name: fmt.Sprintf("%s-%d@race.example", round, i), title: "T", active: true})})
	}
	answers, decided := t.at(calls...)
	for _, a := range answers {
		body, _ := a.in()
		ids = append(ids, body.ID)
		decided = decided && body.ID != ""
	}
	return ids, decided
}

// group makes a group and returns its id.
func (t *track) group(name string, members []string) (id string, ok bool) {
	return t.one(call{method: "POST", url: "/Groups", body: map[string]any{"schemas": []string{groupSchema}, "displayName": name, "members": memberValues(members)}})
}

// members reads a group's name and members.
func (t *track) members(id string) (name string, members []string, ok bool) {
	answers, decided := t.at(call{method: "GET", url: "/Groups/" + id})
	var got resource
	if !decided || answers[0].status != 200 || answers[0].decode(&got) != nil {
		return "", nil, false
	}
	for _, m := range got.Members {
		members = append(members, m.Value)
	}
	slices.Sort(members)
	return got.DisplayName, members, true
}
