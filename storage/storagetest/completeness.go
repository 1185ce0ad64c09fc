package storagetest

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"pgregory.net/rapid"

	"github.com/muster-scim/muster/directory"
	"github.com/muster-scim/muster/policy"
	"github.com/muster-scim/muster/scim"
	"github.com/muster-scim/muster/tenants"
)

// CompletenessLaws checks that the audit tells everything once, over random histories of requests
// and of what administrators do, while the database fails in every way it has: before, in the
// middle, behind the commit whose answer is lost, and by asking for another try.
//
//	an acknowledged change   has exactly one event of its own, by its request's id
//	what changed nothing     has none, and neither has what was refused or failed
//	a lost answer            is one or the other
//	each effective change    of users, groups, memberships, links and records has exactly one
//	                         event: the events of a step, told one after another to what was
//	                         there before it, change something each and come to what is there now
func CompletenessLaws(t *testing.T, b Backend) {
	t.Run("EveryChangeHasExactlyOneEvent", rapid.MakeCheck(func(rt *rapid.T) {
		h := newAudited(rt, b)
		for range rapid.IntRange(5, 20).Draw(rt, "steps") {
			h.audited()
		}
		h.now = h.now.Add(40 * 24 * time.Hour) // graces are over, and what was deleted is purged
		last := deed{name: "the end", do: h.work}
		h.judge(last, h.try(last, noFault))
		h.now = h.now.Add(400 * 24 * time.Hour) // nothing is left over, which the workers of another history would do
		must(rt, func() error { return errors.Join(h.work(context.Background(), ""), h.d.Drain(context.Background())) })
	}))
}

// audited is a history of which every step is held against its events.
type audited struct {
	*history
	failing *failing
	seen    shownWorld
	mark    int64
	request int
}

// deed is one thing that somebody does.
type deed struct {
	name string
	do   func(ctx context.Context, request string) error
	own  string        // the action of its own event; "": it has none
	many bool          // it is several transactions, and what failed may have done some of them
	of   func() string // what that event is about, as it is now: another answer, one event
	each bool          // of is a number, and it has an event of its own for each by which that falls
}

func newAudited(rt *rapid.T, b Backend) *audited {
	f := &failing{Backend: b}
	h := &audited{history: newHistory(rt, f, "whole"), failing: f}
	for i, c := range h.connectors { // so that there is something to take away
		src := directory.Source{Connector: c.Connector, Request: "r"}
		r, err := h.d.CreateUser(context.Background(), src, scim.Document{"userName": userNames[i], "active": true}, nil)
		if err != nil {
			rt.Fatal(err)
		}
		must(rt, func() error {
			_, err := h.d.CreateGroup(context.Background(), src, scim.Document{"displayName": groupNames[i]}, []string{r.ID.String()}, nil)
			return err
		})
	}
	h.limit(policy.Safety{Window: policy.Duration(time.Hour), Losses: 1, MembershipLosses: 2}) // so that there are holds
	must(rt, func() error { return h.d.Drain(context.Background()) })
	h.seen, h.mark = h.world(), h.lastEvent()
	return h
}

// audited is one step: an act, a fault perhaps, and the judgement.
func (h *audited) audited() {
	a := h.draw()
	if a.do == nil {
		return
	}
	f := rapid.SampledFrom([]fault{noFault, noFault, noFault, cancelledBefore, cancelledMeanwhile, failsBeforeCommit, answerLost, asksAgain}).Draw(h.t, "fault")
	h.judge(a, h.try(a, f))
}

// tried is what came of an act.
type tried struct {
	err     error
	fault   fault
	request string
	before  string // what the act's own event is about
}

func (h *audited) try(a deed, f fault) tried {
	h.request++
	out := tried{fault: f, request: fmt.Sprintf("%s-request-%d", h.name, h.request)}
	if a.of != nil {
		out.before = a.of()
	}
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	if f == cancelledBefore {
		cancel()
	}
	h.failing.next, h.failing.cancel = f, cancel
	ctx = tenants.WithActor(ctx, tenants.Actor{ID: "test", Request: out.request})
	out.err = a.do(ctx, out.request)
	h.failing.next = noFault
	h.log = append(h.log, fmt.Sprintf("%s, %s: %v", a.name, f, out.err))
	return out
}

// judge holds an act against its events.
func (h *audited) judge(a deed, out tried) {
	events := h.eventsSince(h.mark)
	fail := func(format string, args ...any) {
		lines := make([]string, len(events))
		for i, e := range events {
			lines[i] = fmt.Sprintf("%s user=%s group=%s record=%s request=%s %s", e.Action, e.User, e.Group, e.Record, e.Request, e.Changes)
		}
		h.t.Fatalf("%s\nhistory:\n%s\nevents of the last step:\n%s", fmt.Sprintf(format, args...), strings.Join(h.log, "\n"), strings.Join(lines, "\n"))
	}
	own := 0
	for _, e := range events {
		if a.own != "" && e.Action == a.own && e.Request == out.request {
			own++
		}
	}
	now, moved, want := h.world(), false, 0
	if a.of != nil {
		after := a.of()
		moved = after != out.before
		switch {
		case a.each:
			was, _ := strconv.Atoi(out.before)
			is, _ := strconv.Atoi(after)
			want = was - is
		case moved:
			want = 1
		}
	}
	if own != want {
		fail("the act has %d events %s of its own, want %d", own, a.own, want)
	}
	if out.err != nil && !a.many && (out.fault == cancelledBefore || out.fault == failsBeforeCommit || refused(out.err)) && (len(events) > 0 || moved) {
		fail("what failed left something: %v", out.err)
	}
	told := h.seen.clone()
	for _, e := range events {
		if wrong := told.tell(e); wrong != "" {
			fail("event %d (%s) %s", e.Seq, e.Action, wrong)
		}
	}
	if wrong := told.differs(now, h.seen); wrong != "" {
		fail("the events do not tell that %s", wrong)
	}
	h.seen = now
	if len(events) > 0 {
		h.mark = events[len(events)-1].Seq
	}
}

// refused says that somebody was told no, for a reason of the rules.
func refused(err error) bool {
	var refusal *directory.RefusedError
	var duplicate *directory.DuplicateError
	var problem *tenants.Problem
	return errors.As(err, &refusal) || errors.As(err, &duplicate) || errors.As(err, &problem) || errors.Is(err, directory.ErrNotFound)
}

// work is what the workers do.
func (h *audited) work(ctx context.Context, _ string) error {
	return errors.Join(h.d.Drain(ctx), h.d.Purge(ctx))
}

// eventsSince are all events behind a mark, the oldest first.
func (h *audited) eventsSince(mark int64) (events []directory.Event) {
	l := directory.Listing{Limit: 100}
	for {
		page, err := h.d.Events(context.Background(), directory.EventFilter{}, l)
		if err != nil {
			h.t.Fatal(err)
		}
		for _, e := range page.Items {
			if e.Seq <= mark {
				slices.Reverse(events)
				return events
			}
			events = append(events, e)
		}
		if l.Cursor = page.Next; l.Cursor == "" {
			slices.Reverse(events)
			return events
		}
	}
}

// draw picks what happens next.
func (h *audited) draw() deed {
	if rapid.Bool().Draw(h.t, "an IdP's") {
		return h.said()
	}
	return h.administered()
}

// said is a request of an IdP.
func (h *audited) said() deed {
	c := h.connectors[rapid.IntRange(0, 2).Draw(h.t, "connector")]
	src := func(request string) directory.Source {
		return directory.Source{Connector: c.Connector, Request: request}
	}
	user := rapid.SampledFrom(orAll(h.seen.records, c.ID, userNames, rapid.Bool().Draw(h.t, "its own user"))).Draw(h.t, "user")
	group := rapid.SampledFrom(orAll(h.seen.groups, c.ID, groupNames, rapid.Bool().Draw(h.t, "its own group"))).Draw(h.t, "group")
	id, gid := h.seen.recordOf(c.ID, user), h.seen.groupRecordOf(c.ID, group)
	value := user // names nobody yet: the member waits
	if id != uuid.Nil {
		value = id.String()
	}
	userRecords := func() string { return h.userRecords(c) }
	groupRecords := func() string { return h.groupRecords(c) }
	edit := func(f func(scim.Document)) func(context.Context, string) error {
		return func(ctx context.Context, request string) error {
			_, err := h.d.EditUser(ctx, src(request), id, nil, func(d scim.Document) (scim.Document, []scim.Note, error) {
				d = d.Clone()
				f(d)
				return d, nil, nil
			})
			return err
		}
	}
	members := func(op scim.MemberOp) deed {
		return deed{name: fmt.Sprintf("%s: %v members of %s: %s", c.Name, op, group, user), own: "record.group.changed", of: groupRecords,
			do: func(ctx context.Context, request string) error {
				_, err := h.d.EditGroup(ctx, src(request), gid, nil, directory.GroupEdit{Members: []scim.MemberEdit{{Op: op, Values: []string{value}}}})
				return err
			}}
	}
	switch what := rapid.SampledFrom([]string{"create", "create", "active", "title", "same", "delete", "group", "group", "add", "add", "add", "remove", "replace", "rename", "drop"}).Draw(h.t, "act"); what {
	case "create":
		return deed{name: c.Name + ": create " + user, own: "record.user.created", of: userRecords, do: func(ctx context.Context, request string) error {
			_, err := h.d.CreateUser(ctx, src(request), scim.Document{"userName": user, "active": true}, nil)
			return err
		}}
	case "active":
		return deed{name: c.Name + ": toggle " + user, own: "record.user.changed", of: userRecords, do: edit(func(d scim.Document) { d["active"] = d["active"] != true })}
	case "title":
		title := rapid.SampledFrom([]string{"Countess", "Analyst"}).Draw(h.t, "title")
		return deed{name: c.Name + ": title of " + user, own: "record.user.changed", of: userRecords, do: edit(func(d scim.Document) { d["title"] = title })}
	case "same":
		return deed{name: c.Name + ": the same of " + user, own: "record.user.changed", of: userRecords, do: edit(func(scim.Document) {})}
	case "delete":
		return deed{name: c.Name + ": delete " + user, own: "record.user.deleted", of: userRecords, do: func(ctx context.Context, request string) error {
			return h.d.DeleteUser(ctx, src(request), id, nil)
		}}
	case "group":
		return deed{name: c.Name + ": create group " + group + " with " + user, own: "record.group.created", of: groupRecords, do: func(ctx context.Context, request string) error {
			_, err := h.d.CreateGroup(ctx, src(request), scim.Document{"displayName": group}, []string{value}, nil)
			return err
		}}
	case "add":
		return members(scim.AddMembers)
	case "remove":
		return members(scim.RemoveMembers)
	case "replace":
		return members(scim.ReplaceMembers)
	case "rename":
		to := rapid.SampledFrom(append([]string{"Fresh"}, groupNames...)).Draw(h.t, "to")
		return deed{name: c.Name + ": rename " + group + " to " + to, own: "record.group.changed", of: groupRecords, do: func(ctx context.Context, request string) error {
			_, err := h.d.EditGroup(ctx, src(request), gid, nil, directory.GroupEdit{Attributes: func(d scim.Document) (scim.Document, []scim.Note, error) {
				d = d.Clone()
				d["displayName"] = to
				return d, nil, nil
			}})
			return err
		}}
	default:
		return deed{name: c.Name + ": delete group " + group, own: "record.group.deleted", of: groupRecords, do: func(ctx context.Context, request string) error {
			return h.d.DeleteGroup(ctx, src(request), gid, nil)
		}}
	}
}

// orAll are the names of a connector's own records where only those are wanted and there are some:
// most of what may happen concerns what is there.
func orAll(records map[uuid.UUID]shownRecord, connector uuid.UUID, all []string, own bool) (names []string) {
	for _, r := range records {
		if own && r.connector == connector {
			names = append(names, r.name)
		}
	}
	if len(names) == 0 {
		return all
	}
	slices.Sort(names)
	return names
}

// userRecords and groupRecords are what the connector's IdP reads back.
func (h *audited) userRecords(c *party) string {
	page, err := h.d.ListUsers(context.Background(), c.Connector, scim.Query{Count: 500, StartIndex: 1}, false)
	if err != nil {
		h.t.Fatal(err)
	}
	lines := map[string]bool{}
	for _, r := range page.Items {
		lines[fmt.Sprintf("%s %d %s", r.ID, r.Version, r.JSON)] = true
	}
	return strings.Join(slices.Sorted(maps.Keys(lines)), "\n")
}

func (h *audited) groupRecords(c *party) string {
	page, err := h.d.ListGroups(context.Background(), c.Connector, scim.Query{Count: 500, StartIndex: 1})
	if err != nil {
		h.t.Fatal(err)
	}
	lines := map[string]bool{}
	for _, g := range page.Items {
		line := fmt.Sprintf("%s %d %s", g.ID, g.Version, g.JSON)
		var members []string
		for m, err := range h.d.Members(context.Background(), c.Connector, g.ID) {
			if err != nil {
				h.t.Fatal(err)
			}
			members = append(members, m.Value)
		}
		slices.Sort(members)
		lines[line+" "+strings.Join(members, ",")] = true
	}
	return strings.Join(slices.Sorted(maps.Keys(lines)), "\n")
}
