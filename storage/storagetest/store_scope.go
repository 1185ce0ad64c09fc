package storagetest

import (
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/muster-scim/muster/directory"
	"github.com/muster-scim/muster/scim"
)

// connectorsStayApart looks for everything of one connector with every method of another's scope.
func connectorsStayApart(t *testing.T, w *storeWorld) {
	r, _ := w.person(t, w.acme, "aki")
	g := w.group(t, w.acme, "Jira", r.ID)
	w.save(t, w.acme, &directory.Changes{AddUnresolved: []directory.Arrival{{Group: g.ID, Value: "nobody"}}})
	ctx, id := t.Context(), w.globex.ID
	if _, err := w.UserRecord(ctx, id, r.ID); !isNotFound(err) {
		t.Errorf("UserRecord: %v", err)
	}
	if _, err := w.GroupRecord(ctx, id, g.ID); !isNotFound(err) {
		t.Errorf("GroupRecord: %v", err)
	}
	if page, err := w.UserRecords(ctx, id, query(t, scim.UserKind, ""), true); err != nil || page.Total+len(page.Items) != 0 {
		t.Errorf("UserRecords: %+v (%v)", page, err)
	}
	if page, err := w.GroupRecords(ctx, id, query(t, scim.GroupKind, "")); err != nil || page.Total+len(page.Items) != 0 {
		t.Errorf("GroupRecords: %+v (%v)", page, err)
	}
	if got := w.members(t, w.globex, g.ID); len(got) != 0 {
		t.Errorf("Members: %v", got)
	}
	if got, err := w.MembersOf(ctx, id, []uuid.UUID{g.ID}); err != nil || len(got) != 0 {
		t.Errorf("MembersOf: %v (%v)", got, err)
	}
	if got := w.edges(t, w.globex, g.ID); len(got) != 0 {
		t.Errorf("Tx.Members: %v", got)
	}
	scene := w.load(t, scopeOf(w.globex), directory.Request{
		Group: g.ID, GroupLock: directory.GroupExclusive, Record: r.ID, RecordGone: true,
		Records: []uuid.UUID{r.ID}, MemberValues: []string{r.ID.String(), "aki", "ext-aki"},
		Values:  []string{r.ID.String(), "aki", "ext-aki", g.ID.String(), "nobody"},
		Arrival: &directory.Keys{Record: newID(), Connector: id, UserName: "nobody"}, CountGroups: true,
	})
	if scene.Group != nil || scene.Record != nil || len(scene.RecordGroups)+len(scene.People)+len(scene.Records) != 0 {
		t.Errorf("Load finds %+v", scene)
	}
	if len(scene.Resolved)+len(scene.Edges)+len(scene.Unresolved)+len(scene.Arrivals)+scene.MemberCount+scene.GroupCount != 0 {
		t.Errorf("Load finds members %+v", scene)
	}
	forged, forgedGroup := *r, *g
	forged.JSON, forged.Version = []byte(`{}`), 9
	forgedGroup.DisplayName, forgedGroup.Version = "mine", 9
	key := []directory.EdgeKey{{Group: g.ID, Member: r.ID}}
	for name, changes := range map[string]*directory.Changes{
		"Record":         {Record: &forged},
		"GroupRecord":    {GroupRecord: &forgedGroup},
		"DropGroup":      {DropGroup: g.ID},
		"DropEdges":      {DropEdges: key},
		"SayNoMore":      {SayNoMore: key},
		"DropUnresolved": {DropUnresolved: []directory.Arrival{{Group: g.ID, Value: "nobody"}}},
		"AllMembers":     {AllMembers: &directory.AllMembers{Group: g.ID}},
		"Touch":          {Touch: []uuid.UUID{g.ID}, TouchedAt: w.now.Add(time.Hour)},
		"QueueAll":       {QueueAll: &directory.QueueAll{Members: []uuid.UUID{g.ID}}},
	} {
		w.save(t, w.globex, changes)
		read, err := w.UserRecord(ctx, w.acme.ID, r.ID)
		if err != nil || read.Version != 1 || len(read.Groups) != 1 {
			t.Errorf("%s reached another connector's user: %+v (%v)", name, read, err)
		}
		group, err := w.GroupRecord(ctx, w.acme.ID, g.ID)
		if err != nil || group.Version != 1 || len(w.members(t, w.acme, g.ID)) != 2 {
			t.Errorf("%s reached another connector's group: %+v (%v)", name, group, err)
		}
		if n := w.pending(t, w.acme); n != 0 {
			t.Errorf("%s queued %d of another connector's records", name, n)
		}
	}
}

// directoriesStayApart does the same for two directories, from the administrators' side.
func directoriesStayApart(t *testing.T, w *storeWorld) {
	other := directory.Info{ID: newID(), Name: "Other", Created: w.now}
	w.write(t, directory.Scope{Directory: other.ID}, func(tx directory.Tx) error {
		tx.Save(&directory.Changes{NewDirectory: &other})
		return nil
	})
	far := w.connector(t, "acme", "far", "Other")
	r, u := w.person(t, w.acme, "aki")
	fact := w.fact(t, w.acme, "Jira")
	conflict := directory.ConflictRow{ID: newID(), Connector: w.acme.ID, Record: r.ID, Kind: "other", Subject: "x"}
	w.save(t, w.acme, &directory.Changes{Hold: []directory.MembershipRow{membership(fact, u.ID, w.acme)}, Conflicts: []directory.ConflictRow{conflict},
		Queue: []directory.QueueRow{{Connector: w.acme.ID, Record: r.ID, Due: w.now}}})

	ctx := t.Context()
	if all, err := w.Directories(ctx); err != nil || len(all) != 2 || all[1].ID != other.ID || all[1].Tenants != 1 {
		t.Errorf("directories: %+v (%v)", all, err)
	}
	if one, err := w.Directory(ctx, "OTHER "); err != nil || one.ID != other.ID || one.Tenants != 1 {
		t.Errorf("the directory Other: %+v (%v)", one, err)
	}
	if _, err := w.Directory(ctx, "another"); !isNotFound(err) {
		t.Errorf("a directory that is not there: %v", err)
	}
	if due, err := w.DueDirectories(ctx, w.now); err != nil || len(due) != 1 || due[0] != w.acme.DirectoryID {
		t.Errorf("directories with something due: %v (%v)", due, err)
	}
	if due, err := w.DueDirectories(ctx, w.now.Add(-time.Second)); err != nil || len(due) != 0 {
		t.Errorf("directories with something due before anything is: %v (%v)", due, err)
	}
	if s, err := w.Settings(ctx, other.ID); err != nil || len(s.Connectors) != 1 || s.Connectors[far.ID] == nil {
		t.Errorf("settings of the other directory: %+v (%v)", s, err)
	}
	if page, err := w.Users(ctx, other.ID, directory.UserQuery{Listing: directory.Listing{Limit: 9}}); err != nil || page.Total != 0 {
		t.Errorf("Users: %+v (%v)", page, err)
	}
	if found, err := w.FindUsers(ctx, other.ID, u.ID.String()); err != nil || len(found) != 0 {
		t.Errorf("FindUsers: %+v (%v)", found, err)
	}
	if page, err := w.Groups(ctx, other.ID, directory.GroupQuery{Listing: directory.Listing{Limit: 9}}); err != nil || page.Total != 0 {
		t.Errorf("Groups: %+v (%v)", page, err)
	}
	if page, users, err := w.GroupMembers(ctx, other.ID, fact.ID, directory.Listing{Limit: 9}); err != nil || page.Total+len(users) != 0 {
		t.Errorf("GroupMembers: %+v (%v)", page, err)
	}
	if page, err := w.Conflicts(ctx, other.ID, directory.ConflictQuery{}, directory.Listing{Limit: 9}); err != nil || page.Total != 0 {
		t.Errorf("Conflicts: %+v (%v)", page, err)
	}
	if due := w.due(t, far, w.now, 9); len(due) != 0 {
		t.Errorf("DueRecords: %v", due)
	}
	for _, s := range []directory.Scope{{Directory: other.ID}, scopeOf(far)} {
		scene := w.load(t, s, directory.Request{
			Users: []uuid.UUID{u.ID}, Records: []uuid.UUID{r.ID}, GroupKeys: []string{"jira"}, GroupIDs: []uuid.UUID{fact.ID},
			Candidates: []directory.Keys{{Record: newID(), Tenant: w.acme.TenantID, UserName: "aki", ExternalID: "ext-aki"}},
		})
		if len(scene.People)+len(scene.Records)+len(scene.Facts)+len(scene.Candidates) != 0 {
			t.Errorf("Load in %+v finds %+v", s, scene)
		}
	}
	changed := *u
	changed.UserName = "stolen"
	w.save(t, far, &directory.Changes{Users: []*directory.UserRow{&changed}, Drop: []directory.MembershipRow{membership(fact, u.ID, far)}, Withdraw: []uuid.UUID{conflict.ID},
		RenameGroup: &directory.GroupFact{ID: fact.ID, Name: "Stolen", Key: "stolen"}, Links: []*directory.RecordRow{{ID: r.ID}}})
	scene := w.load(t, scopeOf(w.acme), directory.Request{Records: []uuid.UUID{r.ID}})
	if p := scene.People[u.ID]; p == nil || p.User.UserName != "aki" || len(p.Held) != 1 || p.Held[0].Group.Name != "Jira" || len(p.Open) != 1 {
		t.Errorf("another directory reached the person: %+v", p)
	}
}
