package storagetest

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	"pgregory.net/rapid"

	"github.com/muster-scim/muster/directory"
	"github.com/muster-scim/muster/policy"
	"github.com/muster-scim/muster/scim"
	"github.com/muster-scim/muster/tenants"
)

// ObserveLaws checks, on random directories of which one connector observes while everything else
// stands still, that what its requests say they would have done, carried out one after another on
// the directory, comes to what the plan of going live does.
//
// Everything else has to stand still because each request says its own difference: what another
// connector does meanwhile, and what a change of rules makes of earlier requests, is the plan's to
// say. So is what the first group record of a connector does to everybody (Would.Everybody): here
// the connector has sent one before. And no two records of a connector without a user share a key
// here: a request does not look at what it would mean for the records that come behind its own.
func ObserveLaws(t *testing.T, b Backend) {
	t.Run("WhatRequestsWouldHaveDoneIsThePlanOfGoingLive", rapid.MakeCheck(func(rt *rapid.T) {
		ctx := context.Background()
		h := newHistory(rt, b, "observe")
		for range rapid.IntRange(0, 15).Draw(rt, "steps before") {
			h.step()
		}
		c := h.connectors[rapid.IntRange(0, 2).Draw(rt, "observing")]
		c.rules = ruleSets[rapid.IntRange(0, len(ruleSets)-1).Draw(rt, "its rules")]
		must(rt, func() error {
			_, err := h.d.SetRules(ctx, byAdmin, c.Slug, nil, h.linked(c.rules), anyLosses)
			return err
		})
		must(rt, func() error { return h.d.SetMode(ctx, byAdmin, c.Slug, tenants.Live, anyLosses) })
		must(rt, func() error { return h.d.Drain(ctx) })
		must(rt, func() error {
			_, err := h.d.CreateGroup(ctx, directory.Source{Connector: c.Connector, Request: "r"}, scim.Document{"displayName": "Seed"}, nil, nil)
			return err
		})
		must(rt, func() error { return h.d.Drain(ctx) })
		must(rt, func() error { return h.d.SetMode(ctx, byAdmin, c.Slug, tenants.Observe, anyLosses) })
		must(rt, func() error { return h.d.Drain(ctx) })
		before, mark := h.people(), h.lastEvent()
		h.log = append(h.log, c.Name+" observes")

		all := h.connectors
		h.connectors = []*party{c, c, c}
		h.acts = []string{"user", "user", "active", "delete", "group", "add", "add", "add", "remove", "replace", "rename", "renameadd", "drop", "nest", "nest", "unnest"}
		for range rapid.IntRange(1, 20).Draw(rt, "steps observed") {
			h.step()
		}
		h.connectors = all
		if diff := cmp.Diff(before, h.people()); diff != "" {
			rt.Fatalf("observing changed something:\n%s\nhistory:\n%s", diff, strings.Join(h.log, "\n"))
		}
		p, err := h.d.CreatePlan(ctx, byAdmin, c.Slug, directory.Draft{Mode: tenants.Live}, 0)
		if err != nil {
			rt.Fatalf("planning: %v", err)
		}
		after, told := h.carryOut(before, mark)
		if diff := cmp.Diff(h.lines(c.Slug, p), changes(before, after)); diff != "" {
			rt.Fatalf("what the requests would have done is not the plan (-plan +requests):\n%s\nrules: %+v\nhistory:\n%s\nrequests:\n%s",
				diff, c.rules, strings.Join(h.log, "\n"), strings.Join(told, "\n"))
		}
	}))
}

// carryOut does to people what the requests since an event would have done, and says it.
func (h *history) carryOut(people map[uuid.UUID]shownUser, since int64) (after map[uuid.UUID]shownUser, told []string) {
	after = maps.Clone(people)
	page, err := h.d.Events(context.Background(), directory.EventFilter{Action: "record."}, directory.Listing{Limit: 500})
	if err != nil {
		h.t.Fatal(err)
	}
	for _, e := range slices.Backward(page.Items) {
		if e.Seq <= since {
			continue
		}
		told = append(told, fmt.Sprintf("%s %s", e.Action, e.Changes))
		for _, l := range wouldOf(h.t, e).Lines {
			key := l.User
			if key == uuid.Nil {
				key = l.Record
			}
			p := after[key]
			group := strings.ToLower(l.Group)
			switch l.Op {
			case directory.OpCreateUser:
				p = shownUser{Name: l.UserName, Status: string(l.Status)}
			case directory.OpForgetUser:
				delete(after, key)
				continue
			case directory.OpEnableUser:
				p.Status = string(policy.UserActive)
			case directory.OpRestoreUser:
				p.Status = string(l.Status)
			case directory.OpDisableUser:
				p.Status = string(policy.UserDisabled)
			case directory.OpDeleteUser:
				p.Status = string(policy.UserDeleted)
			case directory.OpAddMembership:
				p.Groups = append(slices.Clone(p.Groups), group)
			case directory.OpRemoveMembership:
				p.Groups = slices.DeleteFunc(slices.Clone(p.Groups), func(g string) bool { return g == group })
			default:
				continue
			}
			after[key] = p
		}
	}
	return after, told
}
