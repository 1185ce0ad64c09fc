package storagetest

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/muster-scim/muster/directory"
	"github.com/muster-scim/muster/policy"
	"github.com/muster-scim/muster/tenants"
)

// rostersAreNarrowed asks for everybody of a connector, and for those whom parts of a Concern name.
func rostersAreNarrowed(t *testing.T, w *storeWorld) {
	names := make(map[uuid.UUID]string) // of users, and of records without one
	person := func(c tenants.Connector, name string) (*directory.RecordRow, *directory.UserRow) {
		r, u := w.person(t, c, name)
		names[u.ID] = name
		return r, u
	}
	alone := func(name string) *directory.RecordRow {
		r := w.record(w.acme, name)
		w.save(t, w.acme, &directory.Changes{NewRecord: r})
		names[r.ID] = name
		return r
	}
	sends, _ := person(w.acme, "sends")
	_, holds := person(w.acme, "holds")
	waits, _ := person(w.acme, "waits")
	_, shared := person(w.acme, "shared")
	person(w.acme, "idle")
	elsewhere, stranger := person(w.globex, "stranger")
	comes, stuck := alone("comes"), alone("stuck")
	alone("absent")
	other := w.record(w.globex, "shared-there") // the other connector's record of shared
	other.User, other.Linked = shared.ID, w.now
	w.save(t, w.globex, &directory.Changes{NewRecord: other})

	w.group(t, w.acme, "Eng", sends.ID, comes.ID)
	w.group(t, w.globex, "ENG", other.ID, elsewhere.ID)
	w.group(t, w.acme, "Ops", waits.ID)
	ops, eng := w.fact(t, w.acme, "Ops"), w.fact(t, w.acme, "Eng")
	w.save(t, w.acme, &directory.Changes{Hold: []directory.MembershipRow{membership(ops, holds.ID, w.acme), membership(ops, stranger.ID, w.globex), membership(eng, shared.ID, w.globex)}})
	w.save(t, w.acme, &directory.Changes{
		Queue:     []directory.QueueRow{{Connector: w.acme.ID, Record: waits.ID, Due: w.now.Add(time.Hour)}},
		Conflicts: []directory.ConflictRow{{ID: newID(), Directory: w.acme.DirectoryID, Connector: w.acme.ID, Record: stuck.ID, Kind: "k", Subject: "s", Created: w.now}},
	})

	is := func(want string) func(string) bool { return func(key string) bool { return key == want } }
	sent := func(want string) func(string, string) bool {
		return func(name, key string) bool { return name != key && key == want }
	}
	everyone := []string{"absent", "comes", "holds", "idle", "sends", "shared", "stuck", "waits"}
	for name, c := range map[string]struct {
		whom    *directory.Concern
		besides []uuid.UUID
		want    []string
	}{
		"everybody":                       {nil, nil, everyone},
		"nobody but who waits":            {&directory.Concern{}, nil, []string{"waits"}},
		"who is in a group of a view":     {&directory.Concern{Sent: sent("eng")}, nil, []string{"comes", "sends", "shared", "waits"}},
		"who is a member":                 {&directory.Concern{Members: is("ops")}, nil, []string{"holds", "waits"}},
		"a group that nobody has":         {&directory.Concern{Sent: sent("x"), Members: is("x")}, nil, []string{"waits"}},
		"who has no user":                 {&directory.Concern{People: true}, nil, []string{"absent", "comes", "stuck", "waits"}},
		"both, but for whom a job visits": {&directory.Concern{Sent: sent("eng"), Members: is("ops")}, []uuid.UUID{holds.ID, sends.ID, comes.ID}, []string{"shared", "waits"}},
	} {
		besides := make(map[uuid.UUID]bool)
		for _, id := range c.besides {
			besides[id] = true
		}
		roster, err := w.Roster(t.Context(), w.acme.DirectoryID, w.acme.ID, c.whom, besides)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		got := make(map[string]int)
		for _, id := range append(roster.Newcomers, roster.People...) {
			got[names[id]]++
		}
		want := make(map[string]int)
		for _, n := range c.want {
			want[n] = 1
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: the roster differs (-want +got):\n%s", name, diff)
		}
	}
}

// haltedJobsAreKnown begins jobs, stops them and lets later ones come to their end.
func haltedJobsAreKnown(t *testing.T, w *storeWorld) {
	half := func(besides uuid.UUID) bool {
		t.Helper()
		half, err := w.HalfDone(t.Context(), w.acme.DirectoryID, besides)
		if err != nil {
			t.Fatal(err)
		}
		return half
	}
	rules := directory.Draft{Rules: &policy.Rules{}}
	begin := func(c tenants.Connector, draft directory.Draft, after time.Duration) directory.Job {
		at := w.now.Add(after)
		j := directory.Job{ID: newID(), Directory: c.DirectoryID, Connector: c.ID, Plan: newID(), State: directory.JobRunning, Draft: draft, Created: at, Beat: at}
		w.save(t, c, &directory.Changes{NewJob: &j})
		return j
	}
	end := func(j directory.Job, state directory.JobState) {
		j.State, j.Finished = state, j.Created.Add(time.Minute)
		w.save(t, w.acme, &directory.Changes{Job: &j})
	}
	wants := func(when string, want bool, besides uuid.UUID) {
		t.Helper()
		if got := half(besides); got != want {
			t.Errorf("%s: half done is %v, want %v", when, got, want)
		}
	}
	wants("before any job", false, uuid.Nil)
	j := begin(w.acme, rules, 0)
	wants("while a job runs", true, uuid.Nil)
	wants("while none but that one runs", false, j.ID)
	end(j, directory.JobDone)
	wants("after it", false, uuid.Nil)
	end(begin(w.globex, rules, time.Hour), directory.JobCancelled)
	wants("after one that was cancelled", true, uuid.Nil)
	end(begin(w.acme, rules, 5*time.Hour), directory.JobDone)
	wants("after another connector's", true, uuid.Nil)
	end(begin(w.globex, rules, 65*time.Minute), directory.JobDone)
	wants("after one that may have begun before, by another clock", true, uuid.Nil)
	waiting := begin(w.globex, rules, 6*time.Hour)
	waiting.State, waiting.Finished = directory.JobDone, waiting.Created
	w.save(t, w.globex, &directory.Changes{Job: &waiting})
	wants("after rules that wait for going live", true, uuid.Nil)
	end(begin(w.globex, rules, 7*time.Hour), directory.JobDone)
	wants("after one that settled everybody again", false, uuid.Nil)
	halted := begin(w.acme, rules, 8*time.Hour)
	end(halted, directory.JobCancelled)
	back := begin(w.acme, rules, 8*time.Hour+2*time.Minute)
	end(back, directory.JobDone)
	wants("after another one soon", true, uuid.Nil)
	halted.WayBack = back.Plan
	end(halted, directory.JobCancelled)
	wants("after the way back soon", false, uuid.Nil)
	end(begin(w.globex, directory.Draft{Mode: tenants.Live}, 9*time.Hour), directory.JobCancelled)
	wants("after going live was cancelled", false, uuid.Nil)
}

// supportIsCountedSoFar counts what a connector supports.
func supportIsCountedSoFar(t *testing.T, w *storeWorld) {
	g := w.fact(t, w.acme, "Eng")
	for _, name := range numbered("u", 5) {
		r, u := w.record(w.acme, name), w.user(w.acme, name)
		r.User, r.Linked, r.FirstCounted = u.ID, w.now, w.now
		w.save(t, w.acme, &directory.Changes{NewRecord: r, NewUsers: []*directory.UserRow{u}, Hold: []directory.MembershipRow{membership(g, u.ID, w.acme)}})
	}
	w.person(t, w.acme, "never-counted")
	for most, want := range map[directory.Sizes]directory.Sizes{
		{}: {}, {Users: 3, Memberships: 4}: {Users: 3, Memberships: 4}, {Users: 99}: {Users: 5}, {Users: 99, Memberships: 99}: {Users: 5, Memberships: 5},
	} {
		if got, err := w.Supported(t.Context(), w.acme.DirectoryID, w.acme.ID, most); err != nil || got != want {
			t.Errorf("counted to %+v it supports %+v, want %+v (%v)", most, got, want, err)
		}
	}
	if got, err := w.Supported(t.Context(), w.globex.DirectoryID, w.globex.ID, directory.Sizes{Users: 9, Memberships: 9}); err != nil || got != (directory.Sizes{}) {
		t.Errorf("another connector supports %+v (%v)", got, err)
	}
}
