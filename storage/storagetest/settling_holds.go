package storagetest

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	"pgregory.net/rapid"

	"github.com/muster-scim/muster/directory"
	"github.com/muster-scim/muster/policy"
)

// HoldLaws checks, over random histories under tight limits, what limits promise: the directory
// is what deciding from scratch makes of it, but for the lines that are held; when they are
// applied, nothing is left of the difference; and within a window no more is lost than the limit
// lets through, whatever an IdP sends.
func HoldLaws(t *testing.T, b Backend) {
	t.Run("TheDirectoryIsWhatRecordsSayButForWhatIsHeld", rapid.MakeCheck(func(rt *rapid.T) {
		h := newHistory(rt, b, "held")
		h.limit(policy.Safety{Window: policy.Duration(time.Hour), Losses: 1, MembershipLosses: 2})
		for range rapid.IntRange(5, 25).Draw(rt, "steps") {
			if rapid.IntRange(0, 9).Draw(rt, "decide") == 0 {
				h.applyHolds(rapid.IntRange(0, 2).Draw(rt, "of"))
			}
			h.step()
		}
		h.finish()
		scratch := newHistory(rt, b, "plain")
		scratch.replay(h)
		want := scratch.effective()
		h.differsByHolds(want)
		mark := h.lastEvent()
		h.settleAll()
		if n := h.changesSince(mark); n != 0 {
			rt.Fatalf("settling again made %d changes\nhistory:\n%s", n, strings.Join(h.log, "\n"))
		}
		for i := range h.connectors {
			h.applyHolds(i)
		}
		for name, got := range h.effective() {
			if w := want[name]; (w != nil || strings.HasPrefix(got[0], "active")) && !cmp.Equal(w, got) {
				rt.Fatalf("with every hold applied %s differs (-from scratch +applied):\n%s\nhistory:\n%s", name, cmp.Diff(w, got), strings.Join(h.log, "\n"))
			}
		}
	}))
	t.Run("NoSequenceOfRequestsTakesMoreThanTheLimit", rapid.MakeCheck(func(rt *rapid.T) {
		h := newHistory(rt, b, "limited")
		h.limit(policy.Safety{Window: policy.Duration(time.Hour), Losses: 2, MembershipLosses: 3})
		h.connectors = h.connectors[:1]
		for range rapid.IntRange(10, 50).Draw(rt, "steps") {
			if rapid.IntRange(0, 3).Draw(rt, "waits") == 0 {
				h.now = h.now.Add(time.Duration(rapid.IntRange(1, 40).Draw(rt, "minutes")) * time.Minute)
			}
			h.says()
		}
		must(rt, func() error { return h.d.Drain(context.Background()) })
		h.withinLimits(time.Hour, 2, 3)
		h.withinLimits(24*time.Hour, 6, 9)
	}))
}

// limit gives every connector of the history limits.
func (h *history) limit(s policy.Safety) {
	h.safety = s
	for _, c := range h.connectors {
		must(h.t, func() error {
			_, err := h.d.SetRules(context.Background(), byAdmin, c.Slug, nil, h.linked(c.rules), anyLosses)
			return err
		})
	}
}

// says plays a request of the history's only IdP.
func (h *history) says() {
	a := drawAct(h.t)
	if a.connector = 0; a.what != "mode" { // going live is an administrator's word
		h.own(a)
	}
}

func (h *history) applyHolds(of int) {
	c := h.connectors[of]
	must(h.t, func() error {
		_, err := h.d.DecideHolds(context.Background(), byAdmin, c.Slug, directory.HoldDecision{})
		return err
	})
	h.log = append(h.log, c.Name+": holds are applied")
}

// held are the lines that are held: for each user the groups, and "" for the user itself.
func (h *history) held() map[string][]string {
	out := make(map[string][]string)
	for _, c := range h.connectors {
		page, err := h.d.Holds(context.Background(), c.Slug, directory.HoldFilter{}, directory.Listing{Limit: 500})
		if err != nil {
			h.t.Fatal(err)
		}
		for _, x := range page.Items {
			out[x.UserName] = append(out[x.UserName], strings.ToLower(x.GroupName))
		}
	}
	return out
}

// differsByHolds compares the directory with what deciding from scratch comes to: every line more
// is held, and none is missing.
func (h *history) differsByHolds(want map[string][]string) {
	held := h.held()
	for name, got := range h.shown() {
		w, lines := want[name], held[name]
		kept := slices.Contains(lines, "") // the user itself: a whole cleanup, or its status
		switch {
		case w == nil && strings.HasPrefix(got[0], "active") && !kept:
			h.t.Fatalf("%s is active, nobody provisions it and nothing is held: %v\nhistory:\n%s", name, got, strings.Join(h.log, "\n"))
		case w == nil:
			continue
		case got[0] != w[0] && !kept:
			h.t.Fatalf("%s is %s, from scratch %s, and not held\nhistory:\n%s", name, got[0], w[0], strings.Join(h.log, "\n"))
		}
		got = slices.DeleteFunc(slices.Clone(got[1:]), func(line string) bool {
			group, isHeld := strings.CutSuffix(line, " held")
			if isHeld && !slices.Contains(lines, group) {
				h.t.Fatalf("%s is in %s as held, and no hold says so\nhistory:\n%s", name, group, strings.Join(h.log, "\n"))
			}
			return isHeld
		})
		if diff := cmp.Diff(w[1:], got); diff != "" && len(w[1:])+len(got) > 0 {
			h.t.Fatalf("%s differs (-from scratch +limited):\n%s\nhistory:\n%s", name, diff, strings.Join(h.log, "\n"))
		}
	}
	for name := range want {
		if h.shown()[name] == nil {
			h.t.Fatalf("%s is missing\nhistory:\n%s", name, strings.Join(h.log, "\n"))
		}
	}
}

// shown is effective, with held memberships as "group held".
func (h *history) shown() map[string][]string {
	ctx := context.Background()
	out := h.effective()
	page, err := h.d.Users(ctx, h.name, "", "", directory.Listing{Limit: 500})
	if err != nil {
		h.t.Fatal(err)
	}
	for _, u := range page.Items {
		detail, err := h.d.ReadUserDetail(ctx, h.name, u.ID)
		if err != nil {
			h.t.Fatal(err)
		}
		for _, m := range detail.Memberships {
			if m.Because.Code != policy.CodeHeld {
				continue
			}
			group := strings.ToLower(m.Group.DisplayName)
			lines := slices.DeleteFunc(out[u.UserName], func(line string) bool { return strings.HasPrefix(line, group+" ") })
			out[u.UserName] = append(lines, group+" held")
		}
		slices.Sort(out[u.UserName][1:])
	}
	return out
}

// withinLimits looks at every window of a length that the history's events lie in.
func (h *history) withinLimits(length time.Duration, users, memberships int) {
	type moment struct {
		user uuid.UUID
		at   time.Time
	}
	lost := make(map[string][]moment)
	back := make(map[moment]bool) // who comes back has lost the memberships with the cleanup before
	l := directory.Listing{Limit: 500}
	for {
		page, err := h.d.Events(context.Background(), directory.EventFilter{Action: "directory.", Connector: h.connectors[0].Slug}, l)
		if err != nil {
			h.t.Fatal(err)
		}
		for _, e := range page.Items {
			m := moment{e.User, e.Time}
			switch e.Action {
			case "directory.user.disabled", "directory.user.deleted":
				lost["users"] = append(lost["users"], m)
			case "directory.user.enabled", "directory.user.restored":
				back[m] = true
			case "directory.membership.removed":
				lost["memberships"] = append(lost["memberships"], m)
			}
		}
		if page.Next == "" {
			break
		}
		l.Cursor = page.Next
	}
	for what, most := range map[string]int{"users": users, "memberships": memberships} {
		for _, first := range lost[what] {
			n := 0
			for _, m := range lost[what] {
				if since := m.at.Sub(first.at); since >= 0 && since < length && !(what == "memberships" && back[m]) {
					n++
				}
			}
			if n > most {
				h.t.Fatalf("%d %s are lost within %v, and the limit is %d\nhistory:\n%s", n, what, length, most, strings.Join(h.log, "\n"))
			}
		}
	}
}
