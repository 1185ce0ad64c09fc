package storagetest

import (
	"bytes"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/muster-scim/muster/directory"
	"github.com/muster-scim/muster/policy"
	"github.com/muster-scim/muster/scim"
)

func errorsLeaveNothing(t *testing.T, w *storeWorld) {
	r := w.record(w.acme, "aki")
	err := w.Write(t.Context(), scopeOf(w.acme), func(tx directory.Tx) error {
		tx.Save(&directory.Changes{NewRecord: r, Events: []directory.EventRow{w.event("test.record")}})
		if _, err := tx.Load(t.Context(), directory.Request{Record: r.ID}); err != nil { // sends what was saved
			return err
		}
		return errStop
	})
	if !errors.Is(err, errStop) {
		t.Fatalf("Write returned %v, want the function's own error", err)
	}
	if _, err := w.UserRecord(t.Context(), w.acme.ID, r.ID); !isNotFound(err) {
		t.Errorf("the record is there after an error: %v", err)
	}
	if got := w.actions(t, "test."); len(got) != 0 {
		t.Errorf("events after an error: %v", got)
	}
}

func refusedSavesLeaveNothing(t *testing.T, w *storeWorld) {
	w.person(t, w.acme, "aki")
	g := w.group(t, w.acme, "Jira")
	second := w.record(w.acme, "AKI")
	err := w.Write(t.Context(), scopeOf(w.acme), func(tx directory.Tx) error {
		tx.Save(&directory.Changes{
			NewRecord: second, AddEdges: []directory.NewEdge{edge(w.acme, g.ID, second.ID)},
			Events: []directory.EventRow{w.event("test.record")}, Touch: []uuid.UUID{g.ID}, TouchedAt: w.now,
		})
		return nil
	})
	var duplicate *directory.DuplicateError
	if !errors.As(err, &duplicate) {
		t.Fatalf("a second AKI: %v, want a DuplicateError", err)
	}
	if got := w.members(t, w.acme, g.ID); len(got) != 0 {
		t.Errorf("members of a refused transaction: %v", got)
	}
	if got := w.actions(t, "test."); len(got) != 0 {
		t.Errorf("events of a refused transaction: %v", got)
	}
	if read, err := w.GroupRecord(t.Context(), w.acme.ID, g.ID); err != nil || read.Version != 1 {
		t.Errorf("the group is at version %d (%v), want 1", read.Version, err)
	}
}

func againRunsAgain(t *testing.T, w *storeWorld) {
	runs := 0
	first, second := w.record(w.acme, "aki"), w.record(w.acme, "lotte")
	w.write(t, scopeOf(w.acme), func(tx directory.Tx) error {
		if runs++; runs == 1 {
			tx.Save(&directory.Changes{NewRecord: first})
			return fmt.Errorf("the name was taken: %w", directory.ErrAgain)
		}
		tx.Save(&directory.Changes{NewRecord: second})
		return nil
	})
	if runs < 2 { // more, where retries are forced
		t.Errorf("the function ran %d times, want another run after the first", runs)
	}
	if _, err := w.UserRecord(t.Context(), w.acme.ID, first.ID); !isNotFound(err) {
		t.Errorf("what the first run saved is there: %v", err)
	}
	if _, err := w.UserRecord(t.Context(), w.acme.ID, second.ID); err != nil {
		t.Errorf("what the second run saved: %v", err)
	}
}

func trialsRunAgain(t *testing.T, w *storeWorld) {
	before, undone, after := w.record(w.acme, "aki"), w.record(w.acme, "lotte"), w.record(w.acme, "mei")
	err := w.Try(t.Context(), func(in directory.Store) error {
		runs := 0
		for _, records := range [][]*directory.RecordRow{{before}, {undone, after}, {w.record(w.acme, "AKI")}} {
			err := in.Write(t.Context(), scopeOf(w.acme), func(tx directory.Tx) error {
				runs++
				tx.Save(&directory.Changes{NewRecord: records[0]})
				if len(records) > 1 {
					records = records[1:]
					return directory.ErrAgain
				}
				return nil
			})
			var taken *directory.DuplicateError
			if last := records[0].ID != before.ID && records[0].ID != after.ID; last != errors.As(err, &taken) || !last && err != nil {
				t.Errorf("after %d runs: %v", runs, err)
			}
		}
		for _, r := range []*directory.RecordRow{before, after} {
			if _, err := in.UserRecord(t.Context(), w.acme.ID, r.ID); err != nil {
				t.Errorf("what was written in the trial: %v", err)
			}
		}
		if _, err := in.UserRecord(t.Context(), w.acme.ID, undone.ID); !isNotFound(err) {
			t.Errorf("what the run that was taken back saved: %v", err)
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
	for _, r := range []*directory.RecordRow{before, undone, after} {
		if _, err := w.UserRecord(t.Context(), w.acme.ID, r.ID); !isNotFound(err) {
			t.Errorf("what was written in a trial is there behind it: %v", err)
		}
	}
}

func takenNamesAreDuplicates(t *testing.T, w *storeWorld) {
	w.person(t, w.acme, "aki")
	w.group(t, w.acme, "Jira")
	for _, c := range []struct {
		changes          *directory.Changes
		attribute, value string
	}{
		{&directory.Changes{NewRecord: w.record(w.acme, "AKI")}, "userName", "AKI"},
		{&directory.Changes{NewGroup: &directory.GroupRow{ID: newID(), Connector: w.acme.ID, Directory: w.acme.DirectoryID, Tenant: w.acme.TenantID,
			DisplayName: "JIRA", NameKey: "jira", JSON: []byte(`{"displayName":"JIRA"}`), Search: []byte(`{"displayname":"jira"}`), Version: 1}}, "displayName", "JIRA"},
	} {
		err := w.Write(t.Context(), scopeOf(w.acme), func(tx directory.Tx) error {
			tx.Save(c.changes)
			return nil
		})
		var d *directory.DuplicateError
		if !errors.As(err, &d) || d.Attribute != c.attribute || d.Value != c.value {
			t.Errorf("a taken %s: %v, want a DuplicateError of %q", c.attribute, err, c.value)
		}
	}
	w.save(t, w.globex, &directory.Changes{NewRecord: w.record(w.globex, "aki")}) // another connector's space
	w.group(t, w.globex, "Jira")
}

func takenUsersRunAgain(t *testing.T, w *storeWorld) {
	_, taken := w.person(t, w.acme, "aki")
	runs := 0
	w.write(t, scopeOf(w.globex), func(tx directory.Tx) error {
		r := w.record(w.globex, "aki")
		if runs++; runs == 1 {
			u := w.user(w.globex, "AKI")
			r.User = u.ID
			tx.Save(&directory.Changes{NewRecord: r, NewUsers: []*directory.UserRow{u}})
			return nil
		}
		r.User = taken.ID
		tx.Save(&directory.Changes{NewRecord: r})
		return nil
	})
	if runs < 2 { // more, where retries are forced
		t.Errorf("the function ran %d times, want another run: the first user was refused", runs)
	}
	w.fact(t, w.acme, "Jira")
	runs = 0
	w.write(t, scopeOf(w.globex), func(tx directory.Tx) error {
		if runs++; runs == 1 {
			tx.Save(&directory.Changes{NewGroups: []directory.GroupFact{{ID: newID(), Name: "JIRA", Key: "jira", Created: w.now, Version: 1}}})
		}
		return nil
	})
	if runs < 2 { // more, where retries are forced
		t.Errorf("the function ran %d times, want another run: the first group was refused", runs)
	}
}

func documentsAreKept(t *testing.T, w *storeWorld) {
	r := w.record(w.acme, "aki")
	r.JSON = []byte(`{"userName":"aki", "n":1.50, "é":"\u00e9<>&","z":1,"a":[ ]}`)
	w.save(t, w.acme, &directory.Changes{NewRecord: r})
	read, err := w.UserRecord(t.Context(), w.acme.ID, r.ID)
	if err != nil || !bytes.Equal(read.JSON, r.JSON) {
		t.Errorf("read %s (%v), want %s", read.JSON, err, r.JSON)
	}
	if !read.Created.Equal(w.now) || !read.Modified.Equal(w.now) || read.Version != 1 {
		t.Errorf("read created %v, modified %v, version %d", read.Created, read.Modified, read.Version)
	}
}

func updatesAreNarrow(t *testing.T, w *storeWorld) {
	r, u := w.person(t, w.acme, "aki")
	r.FirstCounted, r.Found, r.ViewJSON = w.now, []byte(`{"was":"local"}`), []byte(`{"userName":"old"}`)
	w.save(t, w.acme, &directory.Changes{Links: []*directory.RecordRow{r}})

	said := *r
	said.JSON, said.Search, said.Version, said.Modified = []byte(`{"userName":"aki","title":"x"}`), nil, 2, w.now.Add(time.Minute)
	said.ViewState, said.User, said.Found = directory.NoView, uuid.Nil, nil // not to be written
	w.save(t, w.acme, &directory.Changes{Record: &said})
	got := w.load(t, scopeOf(w.acme), directory.Request{Record: r.ID}).Record
	if got == nil || string(got.JSON) != string(said.JSON) || got.Version != 2 {
		t.Fatalf("after writing what the IdP says: %+v", got)
	}
	if got.User != u.ID || got.ViewState != r.ViewState || string(got.Found) != string(r.Found) || string(got.ViewJSON) != string(r.ViewJSON) || !got.FirstCounted.Equal(w.now) {
		t.Errorf("writing what the IdP says changed the link: %+v", got)
	}

	links := *got
	links.JSON, links.Version, links.LeftAt = []byte(`{}`), 99, w.now
	w.save(t, w.acme, &directory.Changes{Links: []*directory.RecordRow{&links}})
	got = w.load(t, scopeOf(w.acme), directory.Request{Record: r.ID}).Record
	if string(got.JSON) != string(said.JSON) || got.Version != 2 || !got.LeftAt.Equal(w.now) {
		t.Errorf("writing the link changed what the IdP says: %+v", got)
	}
	found, err := scim.ParseQuery(scim.UserKind, "filter=userName+eq+%22aki%22")
	if err != nil {
		t.Fatal(err)
	}
	if page, err := w.UserRecords(t.Context(), w.acme.ID, found, false); err != nil || page.Total != 1 {
		t.Errorf("the comparable form is lost: %d found (%v)", page.Total, err)
	}

	u.Status, u.Search, u.Version = policy.UserDisabled, nil, 2
	_, other := w.person(t, w.acme, "lotte")
	other.Block, other.Version = "left", 2
	w.save(t, w.acme, &directory.Changes{Users: []*directory.UserRow{u, other}})
	people := w.load(t, scopeOf(w.acme), directory.Request{Users: []uuid.UUID{u.ID, other.ID}}).People
	if p := people[u.ID]; p == nil || p.User.Status != policy.UserDisabled || p.User.Version != 2 {
		t.Errorf("after disabling: %+v", p)
	}
	if p := people[other.ID]; p == nil || p.User.Block != "left" || p.User.Status != policy.UserActive {
		t.Errorf("after blocking: %+v", p)
	}
}

func settingsMoveTheEpoch(t *testing.T, w *storeWorld) {
	before, err := w.Settings(t.Context(), w.acme.DirectoryID)
	if err != nil {
		t.Fatal(err)
	}
	c := before.Connectors[w.acme.ID]
	if c == nil || c.Slug != w.acme.Slug || c.Policy.Slug != c.Slug || c.Policy.Tenant != "acme" || c.Policy.Rules == nil || before.Directory == nil || before.Info.Tenants != 2 {
		t.Fatalf("settings: %+v, connector %+v", before.Info, c)
	}
	rules := policy.Rules{NeverAssign: []policy.Entry{{Text: "admins"}}}
	w.write(t, directory.Scope{Directory: w.acme.DirectoryID}, func(tx directory.Tx) error {
		scene, err := tx.Load(t.Context(), directory.Request{Exclusive: true})
		if err != nil {
			return err
		}
		if scene.Epoch != before.Epoch {
			t.Errorf("a load gives epoch %d, want %d", scene.Epoch, before.Epoch)
		}
		tx.Save(&directory.Changes{Connector: &directory.ConnectorChange{ID: w.acme.ID, At: w.now, Rules: &rules, HeldGroups: true},
			Directory: &directory.DirectoryChange{Settings: policy.DirectorySettings{RetentionDays: 7}}})
		return nil
	})
	after, err := w.Settings(t.Context(), w.acme.DirectoryID)
	if err != nil {
		t.Fatal(err)
	}
	c = after.Connectors[w.acme.ID]
	if after.Epoch <= before.Epoch || len(c.Rules.NeverAssign) != 1 || c.RulesVersion != 2 || !c.Policy.HeldGroups || c.Mode != w.acme.Mode {
		t.Errorf("after the change: epoch %d, connector %+v", after.Epoch, c)
	}
	if after.Info.Settings.RetentionDays != 7 || after.Info.Version != before.Info.Version+1 {
		t.Errorf("after the change: %+v", after.Info)
	}
	if other := after.Connectors[w.globex.ID]; other.RulesVersion != 1 || len(other.Rules.NeverAssign) != 0 {
		t.Errorf("the other connector changed too: %+v", other)
	}
	if _, err := w.Settings(t.Context(), newID()); !isNotFound(err) {
		t.Errorf("settings of no directory: %v", err)
	}
	if _, err := w.Connector(t.Context(), "nobody"); !isNotFound(err) {
		t.Errorf("no connector: %v", err)
	}
}

func lookingLocksNothing(t *testing.T, w *storeWorld) {
	r, u := w.person(t, w.acme, "aki")
	err := w.Look(t.Context(), scopeOf(w.acme), func(tx directory.Tx) error {
		request := directory.Request{Record: r.ID, Records: []uuid.UUID{r.ID}, Users: []uuid.UUID{u.ID}, Keys: []string{"userName:aki"}}
		scene, err := tx.Load(t.Context(), request)
		if err != nil || scene.Record == nil || scene.People[u.ID] == nil {
			return fmt.Errorf("looking gives %+v: %w", scene, err)
		}
		changed := *u
		changed.Version = 7 // must not wait for us
		w.save(t, w.acme, &directory.Changes{Users: []*directory.UserRow{&changed}})
		scene, err = tx.Load(t.Context(), request)
		if err == nil && scene.People[u.ID].User.Version != 1 {
			t.Errorf("the reader sees version %d, which came after it began", scene.People[u.ID].User.Version)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}
