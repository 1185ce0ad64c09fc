package storagetest

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/muster-scim/muster/directory"
	"github.com/muster-scim/muster/policy"
	"github.com/muster-scim/muster/scim"
)

func peopleComeWhole(t *testing.T, w *storeWorld) {
	r, u := w.person(t, w.acme, "aki")
	other := w.record(w.globex, "aki")
	other.User, other.State, other.DeletedAt, other.ViewState = u.ID, policy.Deleted, w.now, directory.ViewState(policy.Deleted)
	w.save(t, w.globex, &directory.Changes{NewRecord: other})
	g := w.group(t, w.acme, "Jira Users", r.ID)
	w.group(t, w.acme, "Empty")
	fact := w.fact(t, w.acme, "Held")
	conflict := directory.ConflictRow{ID: newID(), Connector: w.acme.ID, Record: r.ID, Kind: "foreignGroup", Subject: "x"}
	decided := directory.ConflictRow{ID: newID(), Connector: w.acme.ID, Record: r.ID, Kind: "foreignUser", Subject: "y", Decision: "refuse"}
	w.save(t, w.acme, &directory.Changes{Hold: []directory.MembershipRow{membership(fact, u.ID, w.acme)}, Conflicts: []directory.ConflictRow{conflict, decided}})

	for name, request := range map[string]directory.Request{
		"by the record to change": {Record: r.ID, Records: []uuid.UUID{r.ID}},
		"by a record":             {Records: []uuid.UUID{r.ID}},
		"by the user":             {Users: []uuid.UUID{u.ID}},
		"by a member value":       {MemberValues: []string{"AKI"}},
		"by everything":           {Users: []uuid.UUID{u.ID}, Records: []uuid.UUID{r.ID}, MemberValues: []string{r.ID.String(), "ext-aki"}},
	} {
		scene := w.load(t, scopeOf(w.acme), request)
		p := scene.People[u.ID]
		if p == nil || len(scene.People) != 1 || len(scene.Records) != 0 {
			t.Errorf("%s: %d people, %d lone records", name, len(scene.People), len(scene.Records))
			continue
		}
		if len(p.Records) != 2 || len(p.Held) != 1 || len(p.Open) != 1 {
			t.Errorf("%s: %d records, %d memberships, %d open conflicts", name, len(p.Records), len(p.Held), len(p.Open))
			continue
		}
		own := p.Records[slices.IndexFunc(p.Records, func(x *directory.RecordRow) bool { return x.ID == r.ID })]
		if diff := cmp.Diff([]directory.ViewedGroup{{Record: g.ID, Name: "Jira Users", Key: "jira users"}}, own.Groups); diff != "" {
			t.Errorf("%s: groups of the view (-want +got):\n%s", name, diff)
		}
		if p.Held[0].Group.ID != fact.ID || p.Held[0].Supports[0].Connector != w.acme.ID {
			t.Errorf("%s: holds %+v", name, p.Held[0])
		}
		if len(scene.Conflicts[r.ID]) != 2 {
			t.Errorf("%s: %d conflicts of the record, want the decided one too", name, len(scene.Conflicts[r.ID]))
		}
		if request.Record != uuid.Nil && scene.Record != own {
			t.Errorf("%s: the record to change is another object than the person's", name)
		}
	}
}

func unlinkedRecordsComeAlone(t *testing.T, w *storeWorld) {
	alone, gone := w.record(w.acme, "aki"), w.record(w.acme, "gone")
	gone.State, gone.DeletedAt = policy.Deleted, w.now
	linked, _ := w.person(t, w.acme, "lotte")
	w.save(t, w.acme, &directory.Changes{NewRecord: alone})
	w.save(t, w.acme, &directory.Changes{NewRecord: gone})
	g := w.group(t, w.acme, "Jira", alone.ID)
	for name, request := range map[string]directory.Request{
		"as the record to change": {Record: alone.ID, Records: []uuid.UUID{alone.ID}},
		"among others":            {Records: []uuid.UUID{alone.ID, linked.ID, gone.ID}},
		"by member value":         {MemberValues: []string{"ext-aki", "gone"}},
	} {
		scene := w.load(t, scopeOf(w.acme), request)
		got := scene.Records[alone.ID]
		if len(scene.Records) != 1 || got == nil || len(got.Groups) != 1 || got.Groups[0].Record != g.ID {
			t.Errorf("%s: %d lone records, %+v", name, len(scene.Records), got)
		}
	}
	if scene := w.load(t, scopeOf(w.acme), directory.Request{Record: gone.ID}); scene.Record != nil {
		t.Errorf("a tombstone is a record to change")
	}
}

func valuesResolve(t *testing.T, w *storeWorld) {
	r, _ := w.person(t, w.acme, "aki")
	double1, double2 := w.record(w.acme, "one"), w.record(w.acme, "two")
	double1.ExternalID, double2.ExternalID = "same", "same"
	named := w.record(w.acme, "same")
	for _, x := range []*directory.RecordRow{double1, double2, named} {
		w.save(t, w.acme, &directory.Changes{NewRecord: x})
	}
	foreign, _ := w.person(t, w.globex, "foreign")
	inner := w.group(t, w.acme, "Inner")
	g := w.group(t, w.acme, "Jira", r.ID)
	w.save(t, w.acme, &directory.Changes{AddUnresolved: []directory.Arrival{{Group: g.ID, Value: "nobody"}}})

	values := []string{r.ID.String(), "ext-aki", "AKI", inner.ID.String(), "same", foreign.ID.String(), "foreign", "nobody", newID().String(), strings.ToUpper(r.ID.String())}
	scene := w.load(t, scopeOf(w.acme), directory.Request{Group: g.ID, Values: values})
	want := map[string]directory.Resolved{
		r.ID.String():                  {ID: r.ID, Kind: scim.UserKind, By: "id"},
		strings.ToUpper(r.ID.String()): {ID: r.ID, Kind: scim.UserKind, By: "id"},
		"ext-aki":                      {ID: r.ID, Kind: scim.UserKind, By: "externalId"},
		"AKI":                          {ID: r.ID, Kind: scim.UserKind, By: "userName"},
		inner.ID.String():              {ID: inner.ID, Kind: scim.GroupKind, By: "id"},
		"same":                         {ID: named.ID, Kind: scim.UserKind, By: "userName"}, // two have it as externalId
	}
	if diff := cmp.Diff(want, scene.Resolved); diff != "" {
		t.Errorf("resolved (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(map[uuid.UUID]directory.Edge{r.ID: {Said: true, Viewed: true}}, scene.Edges); diff != "" {
		t.Errorf("edges (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(map[string]bool{"nobody": true}, scene.Unresolved); diff != "" {
		t.Errorf("unresolved (-want +got):\n%s", diff)
	}
	if scene.MemberCount != 2 {
		t.Errorf("%d members, want 2", scene.MemberCount)
	}
}

func candidatesTell(t *testing.T, w *storeWorld) {
	r, u := w.person(t, w.acme, "aki")
	r.EmployeeNumber = "7"
	u.EmailKey = "aki@acme.example"
	w.save(t, w.acme, &directory.Changes{Record: r, Users: []*directory.UserRow{u}})
	gone := w.user(w.acme, "gone")
	gone.Status, gone.DeletedAt = policy.UserDeleted, w.now
	w.save(t, w.acme, &directory.Changes{NewUsers: []*directory.UserRow{gone}})

	find := func(keys ...directory.Keys) []directory.CandidateRow {
		rows := w.load(t, scopeOf(w.acme), directory.Request{Candidates: keys}).Candidates
		slices.SortFunc(rows, func(a, b directory.CandidateRow) int {
			return strings.Compare(a.By+a.For.String(), b.By+b.For.String())
		})
		return rows
	}
	one, two := newID(), newID()
	all := directory.Keys{Record: one, Tenant: w.acme.TenantID, Connector: w.acme.ID, UserName: "aki", Email: "aki@acme.example", ExternalID: "ext-aki", EmployeeNumber: "7"}
	want := []directory.CandidateRow{{For: one, User: u.ID, By: "email"}, {For: one, User: u.ID, By: "employeeNumber"}, {For: one, User: u.ID, By: "externalId"}, {For: one, User: u.ID, By: "userName"}}
	if diff := cmp.Diff(want, find(all)); diff != "" {
		t.Errorf("candidates (-want +got):\n%s", diff)
	}
	foreign := directory.Keys{Record: two, Tenant: w.globex.TenantID, Connector: w.globex.ID, UserName: "gone", ExternalID: "ext-aki", EmployeeNumber: "7"}
	want = append(want, directory.CandidateRow{For: two, User: gone.ID, By: "userName"})
	if diff := cmp.Diff(want, find(all, foreign)); diff != "" {
		t.Errorf("candidates of two records, one of another tenant (-want +got):\n%s", diff)
	}
	own := all
	own.Record, own.UserName, own.Email = r.ID, "other", ""
	if got := find(own); len(got) != 0 {
		t.Errorf("a record finds itself: %+v", got)
	}
}

func factsAreComplete(t *testing.T, w *storeWorld) {
	r, u := w.person(t, w.acme, "aki")
	viewed, held, asked, byID := w.fact(t, w.acme, "Viewed"), w.fact(t, w.acme, "Held"), w.fact(t, w.acme, "Asked"), w.fact(t, w.acme, "ByID")
	w.fact(t, w.acme, "Other")
	g := w.group(t, w.acme, "VIEWED", r.ID)
	w.group(t, w.acme, "Not there yet", r.ID)
	w.save(t, w.acme, &directory.Changes{Hold: []directory.MembershipRow{membership(held, u.ID, w.acme)}})
	scene := w.load(t, scopeOf(w.acme), directory.Request{Records: []uuid.UUID{r.ID}, GroupKeys: []string{"asked", "missing"}, GroupIDs: []uuid.UUID{byID.ID}})
	want := map[string]directory.GroupFact{"viewed": viewed, "held": held, "asked": asked, "byid": byID}
	if diff := cmp.Diff(want, scene.Facts); diff != "" {
		t.Errorf("facts (-want +got):\n%s", diff)
	}
	if scene := w.load(t, scopeOf(w.acme), directory.Request{Group: g.ID}); scene.Facts["viewed"].ID != viewed.ID {
		t.Errorf("the fact of the group's own view is missing: %+v", scene.Facts)
	}
	scene = w.load(t, scopeOf(w.acme), directory.Request{Group: g.ID, GroupLock: directory.GroupExclusive, Feeders: "viewed", CountGroups: true})
	if scene.Feeders != 0 || scene.GroupCount != 2 {
		t.Errorf("%d other feeders and %d groups, want 0 and 2", scene.Feeders, scene.GroupCount)
	}
	w.save(t, w.acme, &directory.Changes{Hold: []directory.MembershipRow{membership(viewed, u.ID, w.acme)}})
	if scene := w.load(t, scopeOf(w.acme), directory.Request{Group: g.ID, Feeders: "viewed"}); scene.Feeders != 0 {
		t.Errorf("the connector's own support counts as another's")
	}
	local := membership(viewed, u.ID, w.acme)
	local.Supports = append(local.Supports, directory.Support{Origin: policy.OriginLocal, Code: "local", Pattern: `"},{"o":`})
	w.save(t, w.acme, &directory.Changes{Hold: []directory.MembershipRow{local}})
	if scene := w.load(t, scopeOf(w.acme), directory.Request{Group: g.ID, Feeders: "viewed"}); scene.Feeders != 1 {
		t.Errorf("a local support does not count as a feeder")
	}
	w.group(t, w.globex, "viewed")
	if scene := w.load(t, scopeOf(w.acme), directory.Request{Group: g.ID, Feeders: "viewed"}); scene.Feeders != 2 {
		t.Errorf("%d feeders, want the other connector's group record too", scene.Feeders)
	}
}
