package storagetest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	"pgregory.net/rapid"

	"github.com/muster-scim/muster/directory"
	"github.com/muster-scim/muster/policy"
	"github.com/muster-scim/muster/tenants"
)

// PlanLaws checks, on random directories with random drafts, that a plan is what happens: what
// the directory shows before and after applying it differs by the plan's lines and by nothing
// else, although the process dies on the way; planning the same again finds nothing to do, and
// settling everybody changes nothing.
func PlanLaws(t *testing.T, b Backend) {
	t.Run("WhatIsAppliedIsWhatWasPlanned", rapid.MakeCheck(func(rt *rapid.T) {
		h := newHistory(rt, b, "plan")
		for range rapid.IntRange(3, 20).Draw(rt, "steps") {
			h.step()
		}
		ctx := context.Background()
		must(rt, func() error { return h.d.Drain(ctx) })
		c := h.connectors[rapid.IntRange(0, 2).Draw(rt, "planned")]
		draft := h.drawDraft()
		before := h.people()
		p, err := h.d.CreatePlan(ctx, byAdmin, c.Slug, draft, 0)
		if err != nil {
			rt.Fatalf("planning: %v", err)
		}
		if diff := cmp.Diff(before, h.people()); diff != "" {
			rt.Fatalf("planning changed something:\n%s", diff)
		}
		planned := h.lines(c.Slug, p)
		h.log = append(h.log, fmt.Sprintf("%s: apply %s", c.Name, h.say(draft)))
		if _, err := h.d.ApplyPlan(ctx, byAdmin, c.Slug, p.ID, p.Hash, "a law"); err != nil {
			rt.Fatalf("applying: %v\nhistory:\n%s", err, strings.Join(h.log, "\n"))
		}
		h.dieAndGoOn(rapid.IntRange(0, 3).Draw(rt, "writes"))
		if diff := cmp.Diff(planned, changes(before, h.people())); diff != "" {
			rt.Fatalf("what was applied is not what was planned (-planned +applied):\n%s\nhistory:\n%s", diff, strings.Join(h.log, "\n"))
		}
		if draft.Retire == "" {
			again, err := h.d.CreatePlan(ctx, byAdmin, c.Slug, draft, 0)
			if err != nil || again.Counts.Visited != 0 {
				rt.Fatalf("planned again it visits %d people: %v %v\nhistory:\n%s", again.Counts.Visited, h.lines(c.Slug, again), err, strings.Join(h.log, "\n"))
			}
		}
		mark := h.lastEvent()
		h.settleAll()
		if n := h.changesSince(mark); n != 0 {
			rt.Fatalf("settling again made %d changes\nhistory:\n%s", n, strings.Join(h.log, "\n"))
		}
	}))
}

func (h *history) drawDraft() directory.Draft {
	switch rapid.SampledFrom([]string{"rules", "rules", "rules", "live", "retire"}).Draw(h.t, "draft") {
	case "live":
		return directory.Draft{Mode: tenants.Live}
	case "retire":
		return directory.Draft{Retire: rapid.SampledFrom([]policy.Action{policy.ActionKeep, policy.ActionDisable, policy.ActionDelete}).Draw(h.t, "retire")}
	}
	rules := h.linked(ruleSets[rapid.IntRange(0, len(ruleSets)-1).Draw(h.t, "drafted")])
	return directory.Draft{Rules: &rules}
}

func (h *history) say(d directory.Draft) string {
	if d.Rules != nil {
		text, _ := d.Rules.MarshalJSON()
		return string(text)
	}
	return string(d.Mode) + string(d.Retire)
}

// dieAndGoOn carries jobs on in a process that dies after some writes, and then in another one.
func (h *history) dieAndGoOn(writes int) {
	ctx := context.Background()
	mortal := directory.New(&dying{Backend: h.b, writes: writes}, directory.Options{Now: h.tick})
	if err := mortal.Drain(ctx); err != nil && !errors.Is(err, errDied) {
		h.t.Fatalf("carrying the job on: %v", err)
	}
	must(h.t, func() error { return h.d.Drain(ctx) })
}

// shownUser is what a directory shows of a user.
type shownUser struct {
	Name, Status string
	Groups       []string
}

// people is everybody of the directory, deleted users included.
func (h *history) people() map[uuid.UUID]shownUser {
	ctx := context.Background()
	all := make(map[uuid.UUID]shownUser)
	for _, status := range []policy.Status{"", policy.UserDeleted} {
		page, err := h.d.Users(ctx, h.name, "", status, directory.Listing{Limit: 500})
		if err != nil {
			h.t.Fatal(err)
		}
		for _, u := range page.Items {
			detail, err := h.d.ReadUserDetail(ctx, h.name, u.ID)
			if err != nil {
				h.t.Fatal(err)
			}
			p := shownUser{Name: u.UserName, Status: string(u.Status)}
			for _, m := range detail.Memberships {
				p.Groups = append(p.Groups, strings.ToLower(m.Group.DisplayName))
			}
			slices.Sort(p.Groups)
			all[u.ID] = p
		}
	}
	return all
}

// changes is what happened between two moments, in the words of a plan's lines.
func changes(before, after map[uuid.UUID]shownUser) []string {
	lines := []string{}
	for id, now := range after {
		was, there := before[id]
		switch {
		case !there:
			lines = append(lines, "createUser "+now.Name)
		case was.Status == now.Status:
		case now.Status == "deleted":
			lines = append(lines, "deleteUser "+now.Name)
		case was.Status == "deleted":
			lines = append(lines, "restoreUser "+now.Name)
		case now.Status == "disabled":
			lines = append(lines, "disableUser "+now.Name)
		default:
			lines = append(lines, "enableUser "+now.Name)
		}
		for _, g := range now.Groups {
			if !slices.Contains(was.Groups, g) {
				lines = append(lines, "addMembership "+now.Name+" "+g)
			}
		}
		for _, g := range was.Groups {
			if !slices.Contains(now.Groups, g) {
				lines = append(lines, "removeMembership "+now.Name+" "+g)
			}
		}
	}
	slices.Sort(lines)
	return lines
}

// lines is what a plan says of users' being, status and groups.
func (h *history) lines(connector string, p directory.Plan) []string {
	page, err := h.d.PlanLines(context.Background(), connector, p.ID, directory.LineFilter{}, directory.Listing{Limit: 500})
	if err != nil {
		h.t.Fatal(err)
	}
	lines := []string{}
	for _, l := range page.Items {
		switch l.Op {
		case directory.OpLinkUser, directory.OpUpdateUser, directory.OpAmbiguous, directory.OpBlocked: // none of them is seen on people
		case directory.OpAddMembership, directory.OpRemoveMembership:
			lines = append(lines, fmt.Sprintf("%s %s %s", l.Op, l.UserName, strings.ToLower(l.GroupName)))
		default:
			lines = append(lines, fmt.Sprintf("%s %s", l.Op, l.UserName))
		}
	}
	slices.Sort(lines)
	return lines
}
