package storagetest

import (
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/muster-scim/muster/directory"
	"github.com/muster-scim/muster/policy"
)

// ledger reads the counters of a connector as they are at a time.
func (w *storeWorld) ledger(t *testing.T, tx directory.Tx, at time.Time) (directory.Ledger, error) {
	t.Helper()
	read, _, err := tx.Ledgers(t.Context(), []directory.LedgerRequest{
		{Connector: w.acme.ID, Window: at.Add(-time.Hour), Day: at.Add(-24 * time.Hour), Sized: at.Add(-time.Hour)}}, nil, at)
	return read[w.acme.ID], err
}

// countsAt is ledger in a transaction of its own.
func (w *storeWorld) countsAt(t *testing.T, at time.Time) (l directory.Ledger) {
	t.Helper()
	w.write(t, scopeOf(w.acme), func(tx directory.Tx) (err error) {
		l, err = w.ledger(t, tx, at)
		return err
	})
	return l
}

// countersRoll adds rows and reads windows over them.
func countersRoll(t *testing.T, w *storeWorld) {
	loss := func(after time.Duration, n, total int) directory.LossRow {
		return directory.LossRow{Connector: w.acme.ID, Kind: "users", N: n, Total: total, At: w.now.Add(after)}
	}
	w.save(t, w.acme, &directory.Changes{Losses: []directory.LossRow{loss(0, 2, 2), {Connector: w.acme.ID, Kind: "memberships", N: 7, Total: 7, At: w.now}}})
	w.save(t, w.acme, &directory.Changes{Losses: []directory.LossRow{loss(30*time.Minute, 3, 5), loss(30*time.Minute, 1, 6)}})
	w.save(t, w.acme, &directory.Changes{Losses: []directory.LossRow{loss(80*time.Minute, 4, 10)}})
	for _, c := range []struct {
		at               time.Duration
		window, day, all int
	}{{80 * time.Minute, 8, 10, 10}, {59 * time.Minute, 10, 10, 10}, {89 * time.Minute, 8, 10, 10}, {90 * time.Minute, 4, 10, 10}, {3 * time.Hour, 0, 10, 10}, {24 * time.Hour, 0, 8, 10}} {
		l := w.countsAt(t, w.now.Add(c.at))
		if l.Window.Users != c.window || l.Day.Users != c.day || l.Total.Users != c.all || l.Total.Memberships != 7 || l.Total.Keys != 0 {
			t.Errorf("after %v: %+v, want %d, %d and %d", c.at, l, c.window, c.day, c.all)
		}
		if want := w.now.Add(80 * time.Minute); !l.Last.Equal(want) {
			t.Errorf("the newest row is of %v, want %v", l.Last, want)
		}
	}
	if err := w.ForgetLosses(t.Context(), w.now.Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	if l := w.countsAt(t, w.now.Add(80*time.Minute)); l.Window.Users != 4 || l.Total.Users != 10 || l.Total.Memberships != 0 {
		t.Errorf("with the older rows forgotten: %+v", l)
	}
	if err := w.Write(t.Context(), scopeOf(w.acme), func(tx directory.Tx) error {
		tx.Save(&directory.Changes{Losses: []directory.LossRow{loss(time.Hour, 1, 10)}})
		return nil
	}); err == nil {
		t.Error("two rows have the same total")
	}
}

// countersAreLocked counts in many transactions at once; each sees what the one before it wrote.
func countersAreLocked(t *testing.T, w *storeWorld) {
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for range 5 {
				w.write(t, scopeOf(w.acme), func(tx directory.Tx) error {
					l, err := w.ledger(t, tx, w.now)
					if err != nil {
						return err
					}
					tx.Save(&directory.Changes{Losses: []directory.LossRow{{Connector: w.acme.ID, Kind: "users", N: 1, Total: l.Total.Users + 1, At: w.now}}})
					return nil
				})
			}
		})
	}
	all.Wait()
	if l := w.countsAt(t, w.now); l.Total.Users != 40 {
		t.Errorf("%d were counted, want 40", l.Total.Users)
	}
}

// connectorsAreMeasured counts what a connector supports, and reads measurements back.
func connectorsAreMeasured(t *testing.T, w *storeWorld) {
	counted, u := w.record(w.acme, "aki"), w.user(w.acme, "aki")
	counted.User, counted.Linked, counted.FirstCounted = u.ID, w.now, w.now
	w.save(t, w.acme, &directory.Changes{NewRecord: counted, NewUsers: []*directory.UserRow{u}})
	left := w.record(w.acme, "left")
	left.User, left.Linked, left.FirstCounted, left.LeftAt = newID(), w.now, w.now, w.now
	w.save(t, w.acme, &directory.Changes{NewRecord: left})
	w.person(t, w.acme, "never counted")
	inactive := w.record(w.globex, "aki")
	inactive.User, inactive.Linked, inactive.ViewState = u.ID, w.now, directory.ViewState(policy.Inactive)
	w.save(t, w.globex, &directory.Changes{NewRecord: inactive})
	jira, sales := w.fact(t, w.acme, "Jira"), w.fact(t, w.acme, "Sales")
	w.save(t, w.acme, &directory.Changes{Hold: []directory.MembershipRow{membership(jira, u.ID, w.acme), membership(sales, u.ID, w.globex)}})
	scope := directory.Scope{Directory: w.acme.DirectoryID}
	w.write(t, scope, func(tx directory.Tx) error {
		sizes, err := tx.Measure(t.Context(), []uuid.UUID{w.acme.ID, w.globex.ID})
		if err != nil {
			return err
		}
		if want := (directory.Sizes{Users: 1, Memberships: 1}); sizes[w.acme.ID] != want || sizes[w.globex.ID] != (directory.Sizes{Memberships: 1}) {
			t.Errorf("measured %+v", sizes)
		}
		return err
	})
	var rows []directory.SizeRow
	for i, users := range []int{50, 90, 70} {
		rows = append(rows, directory.SizeRow{Connector: w.acme.ID, At: w.now.Add(time.Duration(i) * 20 * time.Minute), Sizes: directory.Sizes{Users: users, Memberships: 100 - users}})
	}
	w.save(t, w.acme, &directory.Changes{Sizes: rows})
	if l := w.countsAt(t, w.now.Add(50*time.Minute)); l.Most.Users != 90 || l.Most.Memberships != 50 || !l.Measured.Equal(rows[2].At) {
		t.Errorf("the most is %+v of %v", l.Most, l.Measured)
	}
	if l := w.countsAt(t, w.now.Add(80*time.Minute)); l.Most.Users != 70 || l.Most.Memberships != 30 {
		t.Errorf("later the most is %+v", l.Most)
	}
	if at, err := w.Measured(t.Context(), w.acme.DirectoryID, w.acme.ID); err != nil || !at.Equal(rows[2].At) {
		t.Errorf("measured last %v (%v)", at, err)
	}
	if at, err := w.Measured(t.Context(), w.acme.DirectoryID, w.globex.ID); err != nil || !at.IsZero() {
		t.Errorf("never measured: %v (%v)", at, err)
	}
}

// peaksTell how full groups are that somebody would leave.
func peaksTell(t *testing.T, w *storeWorld) {
	jira, sales := w.fact(t, w.acme, "Jira"), w.fact(t, w.acme, "Sales")
	changes := &directory.Changes{}
	for i, g := range []directory.GroupFact{jira, sales, sales, sales} {
		changes.Hold = append(changes.Hold, membership(g, newID(), w.acme))
		gone := w.event("directory.membership.removed")
		gone.Group, gone.User, gone.Time = jira.ID, newID(), w.now.Add(time.Duration(i)*time.Minute)
		changes.Events = append(changes.Events, gone, gone)
		changes.Events[len(changes.Events)-1].ID = newID()
	}
	w.save(t, w.acme, changes)
	w.write(t, scopeOf(w.acme), func(tx directory.Tx) error {
		_, peaks, err := tx.Ledgers(t.Context(), nil, map[uuid.UUID]int{jira.ID: 1, sales.ID: 1}, w.now)
		if err != nil {
			return err
		}
		if peaks[jira.ID] != (directory.Peak{Members: 1, Left: 3}) || peaks[sales.ID] != (directory.Peak{Members: 2}) {
			t.Errorf("peaks: %+v", peaks)
		}
		return err
	})
}

// holdsStay are saved, loaded with their person, listed, and found by what was discarded.
func holdsStay(t *testing.T, w *storeWorld) {
	r, u := w.person(t, w.acme, "aki")
	jira := w.fact(t, w.acme, "Jira")
	group := directory.HoldRow{ID: newID(), Connector: w.acme.ID, User: u.ID, Group: jira.ID, Kind: directory.LossMembership, Subject: jira.Key, State: directory.Held,
		Detail: directory.HoldDetail{Why: "a limit", Before: "x"}, Created: w.now}
	self := directory.HoldRow{ID: newID(), Connector: w.acme.ID, User: u.ID, Kind: directory.LossDisable, State: directory.Held, Created: w.now}
	w.save(t, w.acme, &directory.Changes{Holds: []directory.HoldRow{group, self}})
	held := func() map[uuid.UUID]directory.HoldRow {
		found := map[uuid.UUID]directory.HoldRow{}
		for _, h := range w.load(t, scopeOf(w.acme), directory.Request{Records: []uuid.UUID{r.ID}}).People[u.ID].Holds {
			found[h.ID] = h
		}
		return found
	}
	if got := held(); !cmp.Equal(got, map[uuid.UUID]directory.HoldRow{group.ID: group, self.ID: self}) {
		t.Errorf("loaded %+v", got)
	}
	other := directory.Scope{Directory: newID()}
	w.write(t, other, func(tx directory.Tx) error {
		forged := self
		forged.State = directory.Discarded
		tx.Save(&directory.Changes{Holds: []directory.HoldRow{forged}, HoldsGone: []uuid.UUID{group.ID}})
		return nil
	})
	if got := held(); len(got) != 2 || got[self.ID].State != directory.Held {
		t.Errorf("another directory reached %+v", got)
	}
	w.save(t, w.acme, &directory.Changes{RenameGroup: &directory.GroupFact{ID: jira.ID, Name: "Jira Users", Key: "jira users"}})
	if got := held(); got[group.ID].Subject != "jira users" {
		t.Errorf("with its group renamed: %+v", got[group.ID])
	}
	for f, want := range map[[3]string]int{{}: 2, {"AKI"}: 2, {u.ID.String()}: 2, {"nobody"}: 0, {"", "jira USERS"}: 1, {"", jira.ID.String()}: 1, {"", "", "disable"}: 1, {"", "", "key"}: 0} {
		filter := directory.HoldFilter{User: f[0], Group: f[1], Kind: directory.LossKind(f[2])}
		page, err := w.Holds(t.Context(), w.acme.DirectoryID, w.acme.ID, filter, directory.Listing{Limit: 1})
		if err != nil || page.Total != want || want > 1 && page.Next == "" {
			t.Errorf("%v lists %+v (%v), want %d", f, page, err, want)
		}
		if n, err := w.HeldOf(t.Context(), w.acme.DirectoryID, w.acme.ID, filter); err != nil || n.Sum() != want {
			t.Errorf("%v counts %+v (%v), want %d", f, n, err, want)
		}
	}
	if page, err := w.Holds(t.Context(), w.globex.DirectoryID, w.globex.ID, directory.HoldFilter{}, directory.Listing{Limit: 9}); err != nil || page.Total != 0 {
		t.Errorf("another connector lists %+v (%v)", page, err)
	}
	if counts, err := w.HoldCounts(t.Context()); err != nil || len(counts) != 1 || counts[0].Users != 1 || counts[0].Memberships != 1 || !counts[0].Since.Equal(w.now) {
		t.Errorf("counts: %+v (%v)", counts, err)
	}
	group.State, group.Decided, group.Detail.Basis = directory.Discarded, w.now, "so"
	w.save(t, w.acme, &directory.Changes{Holds: []directory.HoldRow{group}, HoldsGone: []uuid.UUID{self.ID}})
	w.write(t, scopeOf(w.acme), func(tx directory.Tx) error {
		lines, err := tx.Discarded(t.Context(), "jira users", []uuid.UUID{r.ID, newID()})
		if err != nil {
			return err
		}
		if len(lines) != 1 || lines[0] != (directory.DiscardedLine{Hold: group.ID, Record: r.ID, User: u.ID}) {
			t.Errorf("discarded: %+v", lines)
		}
		return err
	})
	w.write(t, scopeOf(w.globex), func(tx directory.Tx) error {
		lines, err := tx.Discarded(t.Context(), "jira users", []uuid.UUID{r.ID})
		if len(lines) != 0 {
			t.Errorf("another connector finds %+v", lines)
		}
		return err
	})
}

// windowsEnd are announced, read with the counters, and ended.
func windowsEnd(t *testing.T, w *storeWorld) {
	row := directory.ExpectedRow{Connector: w.acme.ID, ExpectedChange: directory.ExpectedChange{Until: w.now.Add(time.Hour), Created: w.now, Reason: "they leave", By: "test"}}
	w.save(t, w.acme, &directory.Changes{Expected: &row})
	row.Reason = "more leave"
	w.save(t, w.acme, &directory.Changes{Expected: &row})
	if e, err := w.ExpectedChange(t.Context(), w.acme.DirectoryID, w.acme.ID); err != nil || e != row.ExpectedChange {
		t.Errorf("announced: %+v (%v)", e, err)
	}
	if l := w.countsAt(t, w.now); !l.Until.Equal(row.Until) {
		t.Errorf("the counters know of %v", l.Until)
	}
	if e, err := w.ExpectedChange(t.Context(), w.globex.DirectoryID, w.globex.ID); err != nil || !e.Until.IsZero() {
		t.Errorf("of another connector: %+v (%v)", e, err)
	}
	w.save(t, w.acme, &directory.Changes{Expected: &directory.ExpectedRow{Connector: w.acme.ID}})
	if e, err := w.ExpectedChange(t.Context(), w.acme.DirectoryID, w.acme.ID); err != nil || !e.Until.IsZero() {
		t.Errorf("ended: %+v (%v)", e, err)
	}
}
