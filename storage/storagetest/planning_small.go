package storagetest

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	"pgregory.net/rapid"

	"github.com/muster-scim/muster/directory"
	"github.com/muster-scim/muster/policy"
)

// SmallPlanLaws checks, on random directories with random small changes of rules, that a plan
// which looks only at those whom its draft can concern is the plan that looks at everybody, and
// that once it is applied everybody follows the new rules, whatever requests came in between.
func SmallPlanLaws(t *testing.T, b Backend) {
	var looked, whole int64
	t.Run("WhoIsLeftOutWouldNotChange", rapid.MakeCheck(func(rt *rapid.T) {
		h := newHistoryOf(rt, b, "small", "a", "a", rapid.SampledFrom([]string{"a", "b"}).Draw(rt, "third tenant"))
		apart := rapid.Bool().Draw(rt, "apart")
		if apart {
			h.shareNothing()
		}
		c := h.connectors[rapid.IntRange(0, 2).Draw(rt, "planned")]
		remembering := rapid.SampledFrom([]policy.Rules{{}, {NeverRemove: policy.Text(".*")}, {DefaultGroups: policy.Text("Starter", "sales"), NeverRemove: policy.Text("eng.*", "ops")},
			{RequiredGroups: policy.Text("eng", "sales"), Cleanup: policy.Cleanup{StripGroups: true, KeepGroups: policy.Text("sales", "eng.*")}},
			{RequiredGroups: policy.Text("ops"), Linking: policy.Linking{Match: []string{"email"}}}}).Draw(rt, "rules at first")
		must(rt, func() error {
			_, err := h.d.SetRules(context.Background(), byAdmin, c.Slug, nil, h.linked(remembering), anyLosses)
			return err
		})
		h.acts = []string{"user", "active", "delete", "group", "add", "add", "add", "remove", "remove", "replace", "rename", "drop", "nest", "nest", "unnest", "rules", "mode", "drain", "local", "local", "unlocal", "block", "unblock"}
		others := false // were stopped on their way, and are left so
		for range rapid.IntRange(3, 20).Draw(rt, "steps") {
			if stopped := h.stepOrCancel(); stopped != nil && stopped != c {
				others = true
			}
		}
		ctx := context.Background()
		if apart || rapid.Bool().Draw(rt, "drained") { // what waits may bring groups that are foreign to others
			must(rt, func() error { return h.d.Drain(ctx) })
		}
		draft := h.drawSmallDraft(c)
		small, p := h.planned(b, c.Slug, draft)
		all, q := h.planned(everybody{b}, c.Slug, draft)
		if diff := cmp.Diff(all, small); diff != "" {
			rt.Fatalf("the small plan is not the whole one (-whole +small):\n%s\nhistory:\n%s\ndraft: %s", diff, strings.Join(h.log, "\n"), h.say(draft))
		}
		looked, whole = looked+p.Total, whole+q.Total

		h.acts = []string{"user", "active", "delete", "add", "add", "remove", "replace", "rename", "nest", "unnest", "local", "unlocal"}
		for range rapid.IntRange(0, 3).Draw(rt, "in between") {
			h.step()
		}
		h.log = append(h.log, fmt.Sprintf("%s: apply %s", c.Name, h.say(draft)))
		_, err := h.d.ApplyPlan(ctx, byAdmin, c.Slug, p.ID, p.Hash, "a law")
		var stale *directory.PlanStaleError
		if errors.As(err, &stale) {
			return
		} else if err != nil {
			rt.Fatalf("applying: %v\nhistory:\n%s", err, strings.Join(h.log, "\n"))
		}
		h.dieAndGoOn(rapid.IntRange(0, 3).Draw(rt, "writes"))
		mark := h.lastEvent()
		if left, _ := h.planned(everybody{b}, c.Slug, draft); left.Counts.Visited != 0 {
			rt.Fatalf("applied, it would still change %v\nhistory:\n%s", left.Users, strings.Join(h.log, "\n"))
		}
		if others {
			return
		}
		h.settleAll()
		if n := h.changesSince(mark); n != 0 {
			rt.Fatalf("settling everybody made %d changes\nhistory:\n%s", n, strings.Join(h.log, "\n"))
		}
	}))
	if !t.Failed() && looked >= whole {
		t.Errorf("the small plans looked at %d people, and those that look at everybody at %d: nobody was left out", looked, whole)
	}
}

// everybody is a database whose plans look at everybody.
type everybody struct{ Backend }

func (e everybody) Roster(ctx context.Context, id, connector uuid.UUID, _ *directory.Concern, besides map[uuid.UUID]bool) (directory.Roster, error) {
	return e.Backend.Roster(ctx, id, connector, nil, besides)
}

// whatIsPlanned is all that a plan says.
type whatIsPlanned struct {
	Hash   string
	Counts directory.Counts
	Lines  []directory.PlanLine
	Users  []directory.PlanUser
}

// planned makes a plan at a moment that is no later for the next one.
func (h *history) planned(b Backend, connector string, draft directory.Draft) (whatIsPlanned, directory.Plan) {
	ctx := context.Background()
	d := directory.New(b, directory.Options{Now: func() time.Time { return h.now }})
	p, err := d.CreatePlan(ctx, byAdmin, connector, draft, 0)
	if err != nil {
		h.t.Fatalf("planning: %v\nhistory:\n%s", err, strings.Join(h.log, "\n"))
	}
	lines, err := d.PlanLines(ctx, connector, p.ID, directory.LineFilter{}, directory.Listing{Limit: 500})
	if err != nil {
		h.t.Fatal(err)
	}
	users, err := b.PlanUsers(ctx, p.Directory, p.ID, 0, 500)
	if err != nil {
		h.t.Fatal(err)
	}
	return whatIsPlanned{p.Hash, p.Counts, lines.Items, users}, p
}

// drawSmallDraft changes a list or two of the rules that a connector has.
func (h *history) drawSmallDraft(c *party) directory.Draft {
	rules, _, err := h.d.Rules(context.Background(), c.Slug)
	if err != nil {
		h.t.Fatal(err)
	}
	pattern := rapid.SampledFrom([]string{"eng", "eng.*", "sales", "ops", ".*admins", "Starter"})
	for range rapid.IntRange(1, 2).Draw(h.t, "changes") {
		var entries []policy.Entry
		if n := rapid.IntRange(0, 2).Draw(h.t, "entries"); n > 0 {
			entries = policy.Text(rapid.SliceOfNDistinct(pattern, n, n, rapid.ID[string]).Draw(h.t, "patterns")...)
		}
		switch rapid.IntRange(0, 8).Draw(h.t, "list") {
		case 0, 1:
			rules.NeverAssign = entries
		case 2:
			rules.OnlyAssign = entries
		case 3, 4:
			rules.NeverRemove = entries
		case 5:
			rules.RequiredGroups = entries
		case 6:
			rules.Cleanup.KeepGroups = entries
		case 7:
			rules.DefaultGroups = policy.Text(rapid.SampledFrom([]string{"Starter", "Sales", "Fresh"}).Draw(h.t, "default"))
		case 8:
			rules.Linking.Match = rapid.SampledFrom([][]string{{"email"}, {"userName", "email"}}).Draw(h.t, "match")
		}
	}
	return directory.Draft{Rules: &rules}
}

// shareNothing keeps the tenants apart, so that groups are foreign to some connectors.
func (h *history) shareNothing() {
	must(h.t, func() error {
		_, err := h.d.SetDirectory(context.Background(), byAdmin, h.name, nil, policy.DirectorySettings{
			ProtectedGroups: []policy.Entry{{Form: policy.FormIs, Text: "Ops", Except: []string{h.connectors[0].Slug}}}, ActiveWhen: policy.ActiveWhenOwner, RetentionDays: 30})
		return err
	})
}

// stepOrCancel is a step; now and then it is a change of rules that is stopped on its way, and
// whose connector is returned.
func (h *history) stepOrCancel() *party {
	if rapid.IntRange(0, 11).Draw(h.t, "cancel?") > 0 {
		h.step()
		return nil
	}
	ctx := context.Background()
	c := h.connectors[rapid.IntRange(0, 2).Draw(h.t, "cancelled")]
	draft := h.drawSmallDraft(c)
	h.log = append(h.log, fmt.Sprintf("%s: begin %s and cancel it", c.Name, h.say(draft)))
	p, err := h.d.CreatePlan(ctx, byAdmin, c.Slug, draft, 0)
	must(h.t, func() error { return err })
	job, err := h.d.ApplyPlan(ctx, byAdmin, c.Slug, p.ID, p.Hash, "x")
	must(h.t, func() error { return err })
	mortal := directory.New(&dying{Backend: h.b, writes: rapid.IntRange(0, 2).Draw(h.t, "written")}, directory.Options{Now: h.tick})
	if err := mortal.Drain(ctx); err != nil && !errors.Is(err, errDied) {
		h.t.Fatal(err)
	}
	var refused *directory.RefusedError
	if _, err := h.d.CancelJob(ctx, byAdmin, job.ID, "a mistake"); err != nil && !(errors.As(err, &refused) && refused.Code == "jobOver") {
		h.t.Fatal(err)
	}
	return c
}
