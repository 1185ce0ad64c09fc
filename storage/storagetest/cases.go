package storagetest

import (
	"context"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/muster-scim/muster/directory"
	"github.com/muster-scim/muster/policy"
	"github.com/muster-scim/muster/scim"
	"github.com/muster-scim/muster/tenants"
)

// Cases holds what the directory once got wrong, or easily could, each as the smallest history
// that shows it. open returns a fresh, migrated database for each case; the cases run in parallel.
func Cases(t *testing.T, open func(t *testing.T) Backend) {
	all := make(map[string]func(*testing.T, *stage))
	for _, some := range []map[string]func(*testing.T, *stage){membershipCases, modeCases, linkCases, conflictCases, unlinkCases, personCases, queueCases, raceCases, holdCases, waitingCases, pastCases, reasonCases, foreignCases, linkingCases, planCases, jobCases, importCases, observeCases, nestedCases, localCases, leavingCases, copyCases, mappingCases, judgingCases, draftCases, totalCases, reapplyCases, sinceCases, feedersCases, onlyCases} {
		for name, f := range some {
			all[name] = f
		}
	}
	for name, f := range all {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f(t, newStage(t, open(t)))
		})
	}
}

// stage is a database with a Directory on it, whose clock moves a second with every look at it.
// Everything on it happens in the directory main.
type stage struct {
	*testing.T
	Backend
	d   *directory.Directory
	mu  sync.Mutex
	now time.Time
}

// idp is a connector on a stage and speaks for its IdP.
type idp struct {
	tenants.Connector
	*stage
}

var byAdmin = directory.Admin{ID: "test"}

// unlimited are the rules of a case that takes away a lot and is not about that.
var unlimited = policy.Rules{Safety: policy.Safety{Off: true}}

// anyLosses confirms whatever a change takes away.
func anyLosses(int) bool { return true }

func newStage(t *testing.T, b Backend) *stage {
	s := &stage{T: t, Backend: b, now: time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC)}
	s.d = directory.New(b, directory.Options{Now: s.tick})
	return s
}

func (s *stage) tick() time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.now = s.now.Add(time.Second)
	return s.now
}

// ok ends the case when a step fails that is not what the case is about.
func (s *stage) ok(err error) {
	s.Helper()
	if err != nil {
		s.Fatal(err)
	}
}

func (s *stage) connector(tenant, slug string, mode tenants.Mode, rules policy.Rules) idp {
	s.Helper()
	ctx := context.Background()
	known, err := s.Tenants(ctx)
	s.ok(err)
	if !slices.ContainsFunc(known, func(t tenants.Tenant) bool { return t.Name == tenant }) {
		_, err := s.CreateTenant(ctx, tenant)
		s.ok(err)
	}
	c, err := s.CreateConnector(ctx, tenants.NewConnector{Tenant: tenant, Name: slug, Slug: slug, Kind: "generic", Mode: mode, Directory: "main", Rules: rules})
	s.ok(err)
	return idp{c, s}
}

func (s *stage) settings(change func(*policy.DirectorySettings)) {
	s.Helper()
	settings := policy.DefaultDirectorySettings()
	change(&settings)
	_, err := s.d.SetDirectory(context.Background(), byAdmin, "main", nil, settings)
	s.ok(err)
	s.drain()
}

func (s *stage) drain() {
	s.Helper()
	s.ok(s.d.Drain(context.Background()))
}

func (c idp) source() directory.Source { return directory.Source{Connector: c.Connector, Request: "r"} }

// somebody is a document of a user; the e-mail address is the first of more.
func somebody(userName string, more ...string) scim.Document {
	d := scim.Document{"userName": userName, "active": true}
	if len(more) > 0 && more[0] != "" {
		d["emails"] = []any{map[string]any{"value": more[0], "primary": true}}
	}
	return d
}

func (c idp) user(doc scim.Document) uuid.UUID {
	c.Helper()
	r, err := c.d.CreateUser(context.Background(), c.source(), doc, nil)
	c.ok(err)
	return r.ID
}

func (c idp) setUser(id uuid.UUID, name string, value any) error {
	_, err := c.d.EditUser(context.Background(), c.source(), id, nil, func(d scim.Document) (scim.Document, []scim.Note, error) {
		d = d.Clone()
		d[name] = value
		return d, nil, nil
	})
	return err
}

func (c idp) deleteUser(id uuid.UUID) {
	c.Helper()
	c.ok(c.d.DeleteUser(context.Background(), c.source(), id, nil))
}

func (c idp) group(name string, members ...uuid.UUID) uuid.UUID {
	c.Helper()
	r, err := c.d.CreateGroup(context.Background(), c.source(), scim.Document{"displayName": name}, texts(members), nil)
	c.ok(err)
	return r.ID
}

func texts(ids []uuid.UUID) []string {
	out := make([]string, len(ids))
	for i, id := range ids {
		out[i] = id.String()
	}
	return out
}

// patch changes a group in one request: its name unless "", and its members.
func (c idp) patch(group uuid.UUID, name string, members ...scim.MemberEdit) error {
	edit := directory.GroupEdit{Members: members}
	if name != "" {
		edit.Attributes = func(scim.Document) (scim.Document, []scim.Note, error) {
			return scim.Document{"displayName": name}, nil, nil
		}
	}
	_, err := c.d.EditGroup(context.Background(), c.source(), group, nil, edit)
	return err
}

func adding(ids ...uuid.UUID) scim.MemberEdit {
	return scim.MemberEdit{Op: scim.AddMembers, Values: texts(ids)}
}

func removing(ids ...uuid.UUID) scim.MemberEdit {
	return scim.MemberEdit{Op: scim.RemoveMembers, Values: texts(ids)}
}

func (c idp) mode(m tenants.Mode) {
	c.Helper()
	c.ok(c.d.SetMode(context.Background(), byAdmin, c.Slug, m, anyLosses))
	c.drain()
}

func (c idp) rules(r policy.Rules) {
	c.Helper()
	_, err := c.d.SetRules(context.Background(), byAdmin, c.Slug, nil, r, anyLosses)
	c.ok(err)
}

// said are the members that the IdP reads back.
func (c idp) said(group uuid.UUID) []string {
	c.Helper()
	var out []string
	for m, err := range c.d.Members(context.Background(), c.Connector, group) {
		c.ok(err)
		out = append(out, m.Value)
	}
	return out
}

// resolved are the members that the IdP reads back, without those that name nothing.
func (c idp) resolved(group uuid.UUID) []string {
	c.Helper()
	var out []string
	for m, err := range c.d.Members(context.Background(), c.Connector, group) {
		c.ok(err)
		if m.Kind != "" {
			out = append(out, m.Value)
		}
	}
	return out
}

// userID finds the one user of a name that is not deleted, or else the one that is.
func (s *stage) userID(name string) uuid.UUID {
	s.Helper()
	for _, status := range []policy.Status{"", policy.UserDeleted} {
		page, err := s.d.Users(context.Background(), "main", `userName eq "`+name+`"`, status, directory.Listing{Limit: 10})
		s.ok(err)
		if len(page.Items) > 1 {
			s.Fatalf("%d users are named %s", len(page.Items), name)
		}
		if len(page.Items) == 1 {
			return page.Items[0].ID
		}
	}
	s.Fatalf("no user is named %s", name)
	return uuid.Nil
}

// recordOf is the record that a connector holds of the user of a name.
func (s *stage) recordOf(name string, c idp) uuid.UUID {
	s.Helper()
	detail, err := s.d.ReadUserDetail(context.Background(), "main", s.userID(name))
	s.ok(err)
	for _, r := range detail.Records {
		if r.Connector == c.Slug {
			return r.ID
		}
	}
	s.Fatalf("%s holds no record of %s", c.Slug, name)
	return uuid.Nil
}

// shows is what the directory shows of a user: status, then "group origin" sorted by group.
func (s *stage) shows(name string) string {
	s.Helper()
	return s.showsID(s.userID(name))
}

func (s *stage) showsID(id uuid.UUID) string {
	s.Helper()
	detail, err := s.d.ReadUserDetail(context.Background(), "main", id)
	s.ok(err)
	lines := make([]string, len(detail.Memberships))
	for i, m := range detail.Memberships {
		lines[i] = m.Group.DisplayName + " " + string(m.Origin)
	}
	slices.Sort(lines)
	return strings.Join(append([]string{string(detail.Status)}, lines...), ", ")
}

func (s *stage) wants(name, want string) {
	s.Helper()
	if got := s.shows(name); got != want {
		s.Errorf("the directory shows %s as %q, want %q", name, got, want)
	}
}

// conflicts are the kinds of the open conflicts, the oldest first.
func (s *stage) conflicts() []directory.Conflict {
	s.Helper()
	page, err := s.d.Conflicts(context.Background(), "main", directory.ConflictFilter{}, directory.Listing{Limit: 100})
	s.ok(err)
	return page.Items
}

func (s *stage) wantsConflicts(kinds ...string) []directory.Conflict {
	s.Helper()
	open := s.conflicts()
	var got []string
	for _, c := range open {
		got = append(got, c.Kind)
	}
	if !slices.Equal(got, kinds) {
		s.Fatalf("open conflicts are %v, want %v", got, kinds)
	}
	return open
}

func (s *stage) decide(c directory.Conflict, decision string, user uuid.UUID) {
	s.Helper()
	s.ok(s.d.DecideConflict(context.Background(), byAdmin, "main", c.ID, decision, user))
	s.drain()
}

func (s *stage) localUser(doc scim.Document) uuid.UUID {
	s.Helper()
	u, err := s.d.CreateLocalUser(context.Background(), byAdmin, "main", doc)
	s.ok(err)
	return u.ID
}

func (s *stage) localGroup(name string, members ...uuid.UUID) uuid.UUID {
	s.Helper()
	ctx := context.Background()
	g, err := s.d.CreateLocalGroup(ctx, byAdmin, "main", name)
	s.ok(err)
	for _, m := range members {
		_, err := s.d.AddLocalMember(ctx, byAdmin, "main", g.ID, m)
		s.ok(err)
	}
	return g.ID
}

// again settles everybody once more and expects nothing to change.
func (s *stage) again() {
	s.Helper()
	ctx := context.Background()
	newest := func() int64 {
		page, err := s.d.Events(ctx, directory.EventFilter{}, directory.Listing{Limit: 1})
		s.ok(err)
		return page.Items[0].Seq
	}
	before := newest()
	info, err := s.d.ReadDirectory(ctx, "main")
	s.ok(err)
	_, err = s.d.SetDirectory(ctx, byAdmin, "main", nil, info.Settings)
	s.ok(err)
	s.drain()
	page, err := s.d.Events(ctx, directory.EventFilter{}, directory.Listing{Limit: 50})
	s.ok(err)
	for _, e := range page.Items {
		if e.Seq > before && e.Action != "directory.changed" {
			s.Errorf("settling again made an event %s: %s", e.Action, e.Changes)
		}
	}
}
