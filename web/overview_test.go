package web

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/muster-scim/muster/tenants"
)

// tallies are sums that a test gives.
type tallies struct {
	asked struct {
		since time.Time
		step  time.Duration
	}
	found []tenants.TrafficAt
}

func (s *tallies) Traffic(_ context.Context, _ uuid.UUID, since time.Time, step time.Duration) ([]tenants.TrafficAt, error) {
	s.asked.since, s.asked.step = since, step
	return s.found, nil
}

func (s *tallies) Standings(context.Context) (map[string]tenants.Standing, error) { return nil, nil }

func TestOnlyWhoComesByItselfIsQuiet(t *testing.T) {
	t.Parallel()
	now := time.Now()
	for _, c := range []struct {
		kind   tenants.Kind
		silent time.Duration
		quiet  bool
	}{
		{"okta", 90 * 24 * time.Hour, false},
		{"entra", 2 * time.Hour, false}, {"entra", 4 * time.Hour, true},
		{"google", 20 * time.Hour, false}, {"google", 30 * time.Hour, true},
	} {
		if got := quiet(c.kind, now.Add(-c.silent), now); (got != "") != c.quiet {
			t.Errorf("%s after %v of silence: %q", c.kind, c.silent, got)
		}
	}
	if got := quiet("entra", time.Time{}, now); got != "" {
		t.Errorf("who was never heard is not quiet, but waited for: %q", got)
	}
}

func TestTrafficHasEveryStepOfItsRange(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	now := time.Date(2026, 5, 4, 10, 7, 30, 0, time.UTC)
	sums := &tallies{found: []tenants.TrafficAt{{Start: now.Truncate(15 * time.Minute), Traffic: tenants.Traffic{Reads: 2, Losses: 1}}}}
	d.api.sums, d.api.now = sums, func() time.Time { return now }
	answer := d.do(http.MethodGet, "/api/v1/overview/activity", "")
	if answer.status != http.StatusOK {
		t.Fatal(answer.status, answer.body)
	}
	if got := strings.Count(answer.body, `"at":`); got != 96 || sums.asked.step != 15*time.Minute || !sums.asked.since.Equal(time.Date(2026, 5, 3, 10, 15, 0, 0, time.UTC)) {
		t.Errorf("%d steps of %v since %v", got, sums.asked.step, sums.asked.since)
	}
	if want := `"reads":2`; strings.Count(answer.body, want) != 2 {
		t.Errorf("it stands in its step and in the total once each: %s", answer.body)
	}
	if got := d.do(http.MethodGet, "/api/v1/overview/activity?range=2h", "").status; got != http.StatusUnprocessableEntity {
		t.Errorf("a range that there is none of is %d", got)
	}
	if got := d.do(http.MethodGet, "/api/v1/overview/activity?connector=nobody", "").status; got != http.StatusNotFound {
		t.Errorf("a connector that there is none of is %d", got)
	}
}

func TestWhatTheServerLacksIsToldToThoseOfTheWholeDeployment(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.api.sums = &tallies{}
	d.api.degraded = func() []Degraded { return []Degraded{{Name: "Redis", Detail: "does not answer", Next: "Look."}} }
	whole, err := d.api.overview(t.Context(), nil)
	if err != nil || len(whole.Body.Degraded) != 1 {
		t.Errorf("%+v %v", whole, err)
	}
	limited, err := d.api.overview((&view{}).into(t.Context()), nil)
	if err != nil || len(limited.Body.Degraded) != 0 {
		t.Errorf("%+v %v", limited, err)
	}
}
