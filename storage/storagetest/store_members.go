package storagetest

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/muster-scim/muster/directory"
	"github.com/muster-scim/muster/tenants"
)

// edges reads a group's members with their edges, by value.
func (w *storeWorld) edges(t *testing.T, c tenants.Connector, group uuid.UUID) map[string]directory.Edge {
	t.Helper()
	got := make(map[string]directory.Edge)
	w.write(t, scopeOf(c), func(tx directory.Tx) error {
		members, err := tx.Members(t.Context(), group)
		for _, m := range members {
			got[m.Value] = m.Edge
		}
		return err
	})
	return got
}

func edgesMove(t *testing.T, w *storeWorld) {
	a, _ := w.person(t, w.acme, "a")
	b, _ := w.person(t, w.acme, "b")
	g := w.group(t, w.acme, "Jira", a.ID)
	both, said, viewed := directory.Edge{Said: true, Viewed: true}, directory.Edge{Said: true}, directory.Edge{Viewed: true}
	fresh := edge(w.acme, g.ID, b.ID)
	fresh.Edge = said
	key := func(r *directory.RecordRow) []directory.EdgeKey {
		return []directory.EdgeKey{{Group: g.ID, Member: r.ID}}
	}
	for _, step := range []struct {
		what    string
		changes *directory.Changes
		a, b    directory.Edge
	}{
		{"a member that is only said", &directory.Changes{AddEdges: []directory.NewEdge{fresh}}, both, said},
		{"members said no more", &directory.Changes{SayNoMore: append(key(a), key(b)...)}, viewed, directory.Edge{}},
		{"a member said again", &directory.Changes{AddEdges: []directory.NewEdge{{EdgeKey: key(a)[0], Connector: w.acme.ID, Kind: "User", Edge: said}}}, both, directory.Edge{}},
		{"a member added twice", &directory.Changes{AddEdges: []directory.NewEdge{edge(w.acme, g.ID, a.ID)}}, both, directory.Edge{}},
		{"a member dropped", &directory.Changes{DropEdges: key(a)}, directory.Edge{}, directory.Edge{}},
	} {
		w.save(t, w.acme, step.changes)
		want := make(map[string]directory.Edge)
		for id, e := range map[string]directory.Edge{a.ID.String(): step.a, b.ID.String(): step.b} {
			if e != (directory.Edge{}) {
				want[id] = e
			}
		}
		if diff := cmp.Diff(want, w.edges(t, w.acme, g.ID)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", step.what, diff)
		}
	}
}

func allMembersGo(t *testing.T, w *storeWorld) {
	a, _ := w.person(t, w.acme, "a")
	b, _ := w.person(t, w.acme, "b")
	g, other := w.group(t, w.acme, "Jira", a.ID), w.group(t, w.acme, "Other", a.ID)
	fresh := edge(w.acme, g.ID, b.ID)
	fresh.Viewed = false
	w.save(t, w.acme, &directory.Changes{AddEdges: []directory.NewEdge{fresh}, AddUnresolved: []directory.Arrival{{Group: g.ID, Value: "nobody"}}})
	w.save(t, w.acme, &directory.Changes{AllMembers: &directory.AllMembers{Group: g.ID, Viewed: true}})
	if diff := cmp.Diff(map[string]directory.Edge{a.ID.String(): {Viewed: true}}, w.edges(t, w.acme, g.ID)); diff != "" {
		t.Errorf("keeping the view (-want +got):\n%s", diff)
	}
	w.save(t, w.acme, &directory.Changes{AllMembers: &directory.AllMembers{Group: g.ID}})
	if got := w.edges(t, w.acme, g.ID); len(got) != 0 {
		t.Errorf("after dropping all: %v", got)
	}
	if got := w.members(t, w.acme, other.ID); len(got) != 1 {
		t.Errorf("another group's members: %v", got)
	}
}

func membersAreCounted(t *testing.T, w *storeWorld) {
	limits := tenants.Settings{Limits: tenants.Limits{Members: 3}}
	small, err := w.CreateConnector(t.Context(), tenants.NewConnector{Tenant: "acme", Name: "small", Slug: "small", Kind: "okta", Mode: tenants.Live, Directory: "main", Settings: limits})
	if err != nil {
		t.Fatal(err)
	}
	a, _ := w.person(t, small, "a")
	b, _ := w.person(t, small, "b")
	g := w.group(t, small, "Jira", a.ID)
	for range 3 { // the same edge again and again, as concurrent requests may send it
		w.save(t, small, &directory.Changes{AddEdges: []directory.NewEdge{edge(small, g.ID, b.ID)}})
	}
	scene := w.load(t, scopeOf(small), directory.Request{Group: g.ID, Values: []string{"x", "y"}})
	if scene.MemberCount != 2 {
		t.Errorf("%d members, want 2, counted afresh near the limit of 3", scene.MemberCount)
	}
	w.save(t, small, &directory.Changes{DropEdges: []directory.EdgeKey{{Group: g.ID, Member: a.ID}, {Group: g.ID, Member: b.ID}}, AddUnresolved: []directory.Arrival{{Group: g.ID, Value: "x"}}})
	if scene := w.load(t, scopeOf(small), directory.Request{Group: g.ID, Values: []string{"a", "b", "c"}}); scene.MemberCount != 1 {
		t.Errorf("%d members, want the unresolved one", scene.MemberCount)
	}
}

func unresolvedMembersWait(t *testing.T, w *storeWorld) {
	r := w.record(w.acme, "Aki")
	g, h := w.group(t, w.acme, "Jira"), w.group(t, w.acme, "Wiki")
	foreign := w.group(t, w.globex, "Jira")
	w.save(t, w.acme, &directory.Changes{AddUnresolved: []directory.Arrival{
		{Group: g.ID, Value: "AKI"}, {Group: g.ID, Value: "EXT-Aki"}, {Group: g.ID, Value: "someone"}, {Group: h.ID, Value: "ext-Aki"}, {Group: h.ID, Value: r.ID.String()}}})
	w.save(t, w.globex, &directory.Changes{AddUnresolved: []directory.Arrival{{Group: foreign.ID, Value: "aki"}}})
	if got := w.members(t, w.acme, h.ID); len(got) != 2 {
		t.Errorf("unresolved members read back as %v", got)
	}
	keys := &directory.Keys{Record: r.ID, Tenant: r.Tenant, Connector: w.acme.ID, UserName: r.UserNameKey, ExternalID: r.ExternalID}
	scene := w.load(t, scopeOf(w.acme), directory.Request{Arrival: keys})
	want := []directory.Arrival{ // externalId is compared to the letter: EXT-Aki stays
		{Group: g.ID, Value: "AKI", Name: "Jira", Key: "jira"},
		{Group: h.ID, Value: r.ID.String(), Name: "Wiki", Key: "wiki"},
		{Group: h.ID, Value: "ext-Aki", Name: "Wiki", Key: "wiki"},
	}
	if diff := cmp.Diff(want, scene.Arrivals); diff != "" {
		t.Errorf("arrivals (-want +got):\n%s", diff)
	}
	w.save(t, w.acme, &directory.Changes{NewRecord: r, AddEdges: []directory.NewEdge{edge(w.acme, g.ID, r.ID), edge(w.acme, h.ID, r.ID)}, DropUnresolved: scene.Arrivals})
	got := append(w.members(t, w.acme, g.ID), w.members(t, w.acme, h.ID)...)
	if diff := cmp.Diff([]string{r.ID.String(), "EXT-Aki", "someone", r.ID.String()}, got); diff != "" {
		t.Errorf("members after the arrival (-want +got):\n%s", diff)
	}
}

func groupsGoWithMembers(t *testing.T, w *storeWorld) {
	r, _ := w.person(t, w.acme, "aki")
	g := w.group(t, w.acme, "Jira", r.ID)
	parent := w.group(t, w.acme, "Parent", g.ID, r.ID)
	w.save(t, w.acme, &directory.Changes{DropGroup: g.ID})
	if _, err := w.GroupRecord(t.Context(), w.acme.ID, g.ID); !isNotFound(err) {
		t.Errorf("the group is still there: %v", err)
	}
	if got := w.members(t, w.acme, g.ID); len(got) != 0 {
		t.Errorf("its members are still there: %v", got)
	}
	if got := w.members(t, w.acme, parent.ID); !slices.Equal(got, []string{r.ID.String()}) {
		t.Errorf("its parent lists %v", got)
	}
	w.group(t, w.acme, "Jira") // the name is free again
	read, err := w.UserRecord(t.Context(), w.acme.ID, r.ID)
	if err != nil || len(read.Groups) != 1 || read.Groups[0].Value != parent.ID.String() {
		t.Errorf("the member's groups: %+v (%v)", read.Groups, err)
	}
}

func touchMovesOnce(t *testing.T, w *storeWorld) {
	g, h, still := w.group(t, w.acme, "Jira"), w.group(t, w.acme, "Wiki"), w.group(t, w.acme, "Still")
	foreign := w.group(t, w.globex, "Jira")
	later := w.now.Add(time.Hour)
	w.save(t, w.acme, &directory.Changes{Touch: []uuid.UUID{h.ID, g.ID, h.ID, foreign.ID}, TouchedAt: later})
	for id, want := range map[uuid.UUID]int64{g.ID: 2, h.ID: 2, still.ID: 1} {
		read, err := w.GroupRecord(t.Context(), w.acme.ID, id)
		if err != nil || read.Version != want || read.Modified.Equal(later) != (want == 2) {
			t.Errorf("group at version %d of %v (%v), want version %d", read.Version, read.Modified, err, want)
		}
	}
	if read, err := w.GroupRecord(t.Context(), w.globex.ID, foreign.ID); err != nil || read.Version != 1 {
		t.Errorf("another connector's group was touched: %+v %v", read, err)
	}
}

func membersAreStreamed(t *testing.T, w *storeWorld) {
	g := w.group(t, w.acme, "Big")
	changes := &directory.Changes{}
	var want []string
	for range 11_000 {
		id := newID()
		changes.AddEdges = append(changes.AddEdges, edge(w.acme, g.ID, id))
		want = append(want, id.String())
	}
	silent := edge(w.acme, g.ID, newID())
	silent.Said = false
	changes.AddEdges = append(changes.AddEdges, silent)
	for _, v := range numbered("nobody", 20) {
		changes.AddUnresolved = append(changes.AddUnresolved, directory.Arrival{Group: g.ID, Value: v})
		want = append(want, v)
	}
	w.save(t, w.acme, changes)
	if got := w.members(t, w.acme, g.ID); !slices.Equal(got, want) {
		t.Errorf("%d members streamed, want %d, each once and in order", len(got), len(want))
	}
	n := 0
	for _, err := range w.Members(t.Context(), w.acme.ID, g.ID) {
		if n++; n == 10 || err != nil {
			break
		}
	}
	other, empty, half := w.group(t, w.acme, "Other", silent.Member), w.group(t, w.acme, "Empty"), w.group(t, w.acme, "Half")
	changes = &directory.Changes{}
	for _, id := range want[:9_990] {
		changes.AddEdges = append(changes.AddEdges, edge(w.acme, half.ID, uuid.MustParse(id)))
	}
	w.save(t, w.acme, changes)
	pages, err := w.MembersOf(t.Context(), w.acme.ID, []uuid.UUID{g.ID, other.ID, newID(), empty.ID, half.ID})
	_, big := pages[g.ID]
	_, none := pages[empty.ID]
	if err != nil || len(pages) != 3 || big || !none || len(pages[half.ID]) != 9_990 || len(pages[other.ID]) != 1 {
		t.Errorf("members of a page: %d groups, %d and %d members (%v); the largest one is to be streamed", len(pages), len(pages[half.ID]), len(pages[other.ID]), err)
	}
}
