package idp

import (
	"net/http"
	"strings"
	"testing"
)

func TestChaosIsTheSameForTheSameSeed(t *testing.T) {
	t.Parallel()
	var first []string
	for range 2 {
		s, c := newTarget(t)
		chaos, err := ParseChaos([]string{"lost", "duplicates", "reorder"}, 3)
		if err != nil {
			t.Fatal(err)
		}
		c.Chaos = chaos
		play(t, "jumpcloud", c, 30, 5)
		if first != nil && strings.Join(first, "\n") != strings.Join(s.log, "\n") {
			t.Error("two bad days of one seed differ")
		}
		first = s.log
		if chaos.lost.Load() == 0 || chaos.twice.Load() == 0 || chaos.unsent.Load() != 0 || chaos.overtaken.Load() != 0 {
			t.Errorf("asked for losses and duplicates, got: %v", chaos)
		}
	}
}

func TestWithoutChaosNothingIsSentTwice(t *testing.T) {
	t.Parallel()
	calm, first := newTarget(t)
	play(t, "okta", first, 30, 5)
	bad, second := newTarget(t)
	second.Chaos = &Chaos{Seed: 1, Retries: true, Duplicates: true, Lost: true}
	play(t, "okta", second, 30, 5)
	if len(bad.log) <= len(calm.log) {
		t.Errorf("a bad day has %d requests, a calm one %d", len(bad.log), len(calm.log))
	}
	seen := map[string]bool{}
	for _, line := range calm.log {
		if strings.HasPrefix(line, http.MethodPost) && seen[line] {
			t.Errorf("sent twice on a calm day: %s", line)
		}
		seen[line] = true
	}
}

func TestWhatIsMadeTwiceByADuplicateFails(t *testing.T) {
	t.Parallel()
	s, c := newTarget(t)
	c.Chaos = &Chaos{Seed: 1, Duplicates: true}
	s.odd = func(r *http.Request, times int) int {
		if r.Method == http.MethodPost {
			clear(s.names) // a server that forgets whom it has
		}
		return 0
	}
	n := &nobody{}
	run := &Run{Product: "okta", Client: c, Company: NewCompany("acme.example", 40, 0, 1), Concurrency: 1, Progress: n}
	if err := run.Play(t.Context()); err == nil {
		t.Error("a server that makes a user twice is not noticed")
	}
	for _, err := range n.failed {
		if !strings.Contains(err.Error(), "made something twice") {
			t.Error(err)
		}
	}
}

func TestChaosHasNames(t *testing.T) {
	t.Parallel()
	if c, err := ParseChaos(nil, 1); c != nil || err != nil {
		t.Errorf("%v, %v", c, err)
	}
	if c, err := ParseChaos([]string{"all"}, 1); err != nil || !c.Retries || !c.Duplicates || !c.Reorder || !c.Lost {
		t.Errorf("%v, %v", c, err)
	}
	if _, err := ParseChaos([]string{"weather"}, 1); err == nil || !strings.Contains(err.Error(), "duplicates") {
		t.Errorf("%v", err)
	}
}
