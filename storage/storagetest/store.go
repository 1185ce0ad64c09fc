package storagetest

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/muster-scim/muster/directory"
	"github.com/muster-scim/muster/policy"
	"github.com/muster-scim/muster/scim"
	"github.com/muster-scim/muster/scim/canonical"
	"github.com/muster-scim/muster/tenants"
)

// TestStore checks what directory.Store promises. open returns a fresh, migrated database for
// each case; the cases run in parallel.
func TestStore(t *testing.T, open func(t *testing.T) Backend) {
	for name, f := range map[string]func(*testing.T, *storeWorld){
		"an error leaves nothing behind":                        errorsLeaveNothing,
		"a refused save leaves nothing behind":                  refusedSavesLeaveNothing,
		"ErrAgain runs again on a fresh transaction":            againRunsAgain,
		"a part of a trial runs again and leaves the others":    trialsRunAgain,
		"a taken name inside a connector is a DuplicateError":   takenNamesAreDuplicates,
		"a taken name in the directory runs again":              takenUsersRunAgain,
		"a document is kept byte for byte":                      documentsAreKept,
		"an update writes the columns it means":                 updatesAreNarrow,
		"a load brings a person whole":                          peopleComeWhole,
		"a record without a user comes alone":                   unlinkedRecordsComeAlone,
		"member values resolve by id, externalId, userName":     valuesResolve,
		"candidates tell what matched":                          candidatesTell,
		"facts are known for every name a person's view has":    factsAreComplete,
		"edges are added, said no more and dropped":             edgesMove,
		"all members go in one statement":                       allMembersGo,
		"near the limit members are counted":                    membersAreCounted,
		"an unresolved member waits for its record":             unresolvedMembersWait,
		"a dropped group takes its members along":               groupsGoWithMembers,
		"a touched group moves its version and time once":       touchMovesOnce,
		"due records are taken once, in time":                   dueRecordsAreTakenOnce,
		"a row queued during settling is not lost":              queuedDuringSettling,
		"workers share the queue without taking a row twice":    workersShareTheQueue,
		"a record is taken with all its rows that are due":      recordsAreTakenWhole,
		"a whole connector is advanced and queued":              connectorsAreQueued,
		"members of a group are queued though they are dropped": droppedMembersAreQueued,
		"settings move the epoch":                               settingsMoveTheEpoch,
		"another connector's ids do not exist":                  connectorsStayApart,
		"another directory's rows do not exist":                 directoriesStayApart,
		"index pages count exactly and hold everything once":    indexPages,
		"cursor pages hold everything once":                     cursorPages,
		"a user's groups come with a page":                      groupsComeWithPages,
		"members are streamed, resolved ones first":             membersAreStreamed,
		"users of a directory are listed by status":             usersAreListed,
		"users are found by parts of their names":               usersAreFoundByParts,
		"a look-up by hand finds ids, names and addresses":      usersAreFound,
		"members of a directory group come in pages":            groupMembersArePaged,
		"conflicts are one a subject and end when decided":      conflictsEnd,
		"events are listed newest first and narrowed":           eventsAreNarrowed,
		"counters roll on and are forgotten":                    countersRoll,
		"counters are locked until the commit":                  countersAreLocked,
		"connectors are measured, and the most of them counts":  connectorsAreMeasured,
		"groups that would be empty tell who left them":         peaksTell,
		"what stays undone comes with its person":               holdsStay,
		"an announced window ends":                              windowsEnd,
		"a roster names those whom a change of rules concerns":  rostersAreNarrowed,
		"a job that stopped half-way is known to the next":      haltedJobsAreKnown,
		"what a connector supports is counted so far":           supportIsCountedSoFar,
		"a reader sees one moment and locks nothing":            lookingLocksNothing,
		"fifty members come and go at once":                     membersComeAtOnce,
		"a member and its record may pass each other":           arrivalsDoNotPass,
		"eight creations of one user make one":                  racesHaveOneWinner,
		"a random mix of changes never gives up":                mixesFinish,
		"a unique value is one record's":                        uniqueValuesAreOnes,
		"eight claims of one value have one winner":             oneClaimWins,
		"uniqueness is switched on over what is there":          uniquenessIsSwitched,
		"a connector that retires lets unique values go":        retiringReleasesValues,
		"a required attribute is there, or was not before":      requiredAttributesAreThere,
		"an application reads what is in its sight":             sightsAreKept,
		"a last login moves forward and changes no user":        loginsMoveForward,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f(t, newStoreWorld(t, open(t)))
		})
	}
}

// storeWorld is a database with two tenants, a connector each, bound to the directory main.
type storeWorld struct {
	Backend
	acme, globex tenants.Connector
	now          time.Time
}

func newStoreWorld(t *testing.T, b Backend) *storeWorld {
	t.Helper()
	w := &storeWorld{Backend: b, now: time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC)}
	for slug, c := range map[string]*tenants.Connector{"acme": &w.acme, "globex": &w.globex} {
		if _, err := b.CreateTenant(t.Context(), slug); err != nil {
			t.Fatal(err)
		}
		*c = w.connector(t, slug, slug+"-okta", "main")
	}
	return w
}

func (w *storeWorld) connector(t *testing.T, tenant, slug, bound string) tenants.Connector {
	t.Helper()
	made, err := w.CreateConnector(t.Context(), tenants.NewConnector{Tenant: tenant, Name: slug, Slug: slug, Kind: "okta", Mode: tenants.Live, Directory: bound, Rules: unlimited})
	if err != nil {
		t.Fatalf("creating connector %s: %v", slug, err)
	}
	return made
}

func scopeOf(c tenants.Connector) directory.Scope {
	return directory.Scope{Directory: c.DirectoryID, Connector: c.ID}
}

// write runs one transaction and fails the test when it fails.
func (w *storeWorld) write(t *testing.T, s directory.Scope, f func(directory.Tx) error) {
	t.Helper()
	if err := w.Write(t.Context(), s, f); err != nil {
		t.Fatalf("writing: %v", err)
	}
}

func (w *storeWorld) save(t *testing.T, c tenants.Connector, changes *directory.Changes) {
	t.Helper()
	w.write(t, scopeOf(c), func(tx directory.Tx) error {
		tx.Save(changes)
		return nil
	})
}

// load runs one Load in a transaction of its own.
func (w *storeWorld) load(t *testing.T, s directory.Scope, r directory.Request) *directory.Scene {
	t.Helper()
	var scene *directory.Scene
	w.write(t, s, func(tx directory.Tx) (err error) {
		scene, err = tx.Load(t.Context(), r)
		return err
	})
	return scene
}

func newID() uuid.UUID { return uuid.Must(uuid.NewV7()) }

// record is a record of a user named name, not saved yet.
func (w *storeWorld) record(c tenants.Connector, name string) *directory.RecordRow {
	doc := scim.Document{"userName": name, "externalId": "ext-" + name, "active": true}
	return &directory.RecordRow{
		ID: newID(), Connector: c.ID, Directory: c.DirectoryID, Tenant: c.TenantID, State: policy.Active,
		JSON: doc.JSON(), Search: doc.SearchJSON(), UserNameKey: canonical.Key(name), ExternalID: "ext-" + name,
		Version: 1, Created: w.now, Modified: w.now, ViewState: directory.ViewState(policy.Active),
	}
}

// user is a directory user named name, not saved yet.
func (w *storeWorld) user(c tenants.Connector, name string) *directory.UserRow {
	doc := scim.Document{"userName": name}
	return &directory.UserRow{
		ID: newID(), Directory: c.DirectoryID, UserName: name, UserNameKey: canonical.Key(name), Status: policy.UserActive,
		JSON: doc.JSON(), Search: doc.SearchJSON(), Created: w.now, Modified: w.now, Version: 1,
	}
}

// person saves a record with its user.
func (w *storeWorld) person(t *testing.T, c tenants.Connector, name string) (*directory.RecordRow, *directory.UserRow) {
	t.Helper()
	r, u := w.record(c, name), w.user(c, name)
	r.User, r.Linked = u.ID, w.now
	w.save(t, c, &directory.Changes{NewRecord: r, NewUsers: []*directory.UserRow{u}})
	return r, u
}

// group saves a group record with members, whose edges are said and viewed.
func (w *storeWorld) group(t *testing.T, c tenants.Connector, name string, members ...uuid.UUID) *directory.GroupRow {
	t.Helper()
	doc := scim.Document{"displayName": name}
	g := &directory.GroupRow{
		ID: newID(), Connector: c.ID, Directory: c.DirectoryID, Tenant: c.TenantID, DisplayName: name, NameKey: canonical.Key(name),
		JSON: doc.JSON(), Search: doc.SearchJSON(), Version: 1, Created: w.now, Modified: w.now, ViewName: name, ViewKey: canonical.Key(name),
	}
	changes := &directory.Changes{NewGroup: g}
	for _, m := range members {
		changes.AddEdges = append(changes.AddEdges, edge(c, g.ID, m))
	}
	w.save(t, c, changes)
	return g
}

func edge(c tenants.Connector, group, member uuid.UUID) directory.NewEdge {
	return directory.NewEdge{EdgeKey: directory.EdgeKey{Group: group, Member: member}, Connector: c.ID, Kind: scim.UserKind,
		Edge: directory.Edge{Said: true, Viewed: true}}
}

// fact saves a directory group.
func (w *storeWorld) fact(t *testing.T, c tenants.Connector, name string) directory.GroupFact {
	t.Helper()
	f := directory.GroupFact{ID: newID(), Name: name, Key: canonical.Key(name), Tenant: c.TenantID, Created: w.now, Version: 1}
	w.save(t, c, &directory.Changes{NewGroups: []directory.GroupFact{f}})
	return f
}

func membership(g directory.GroupFact, user uuid.UUID, c tenants.Connector) directory.MembershipRow {
	return directory.MembershipRow{Group: g, User: user, Supports: []directory.Support{{Origin: policy.OriginIDP, Connector: c.ID, Code: "sent"}}}
}

// members are the values that a group's stream gives.
func (w *storeWorld) members(t *testing.T, c tenants.Connector, group uuid.UUID) []string {
	t.Helper()
	var got []string
	for m, err := range w.Members(t.Context(), c.ID, group) {
		if err != nil {
			t.Fatalf("reading members: %v", err)
		}
		got = append(got, m.Value)
	}
	return got
}

// pending is how many records of a directory wait to be settled.
func (w *storeWorld) pending(t *testing.T, c tenants.Connector) int {
	t.Helper()
	n, err := w.Pending(t.Context(), c.DirectoryID, uuid.Nil, w.now)
	if err != nil {
		t.Fatalf("counting what is pending: %v", err)
	}
	return n
}

func (w *storeWorld) event(action string) directory.EventRow {
	return directory.EventRow{ID: newID(), Time: w.now, ActorType: "system", Actor: "test", Action: action}
}

// actions are the actions of all events, the newest first, without those of the administrators.
func (w *storeWorld) actions(t *testing.T, prefix string) []string {
	t.Helper()
	page, err := w.Events(t.Context(), directory.EventQuery{EventFilter: directory.EventFilter{Action: prefix}}, directory.Listing{Limit: 100})
	if err != nil {
		t.Fatalf("reading events: %v", err)
	}
	var got []string
	for _, e := range page.Items {
		got = append(got, e.Action)
	}
	return got
}

var errStop = errors.New("stop here")

func numbered(prefix string, n int) []string {
	names := make([]string, n)
	for i := range names {
		names[i] = fmt.Sprintf("%s%03d", prefix, i)
	}
	return names
}

func isNotFound(err error) bool { return errors.Is(err, directory.ErrNotFound) }
