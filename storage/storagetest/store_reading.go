package storagetest

import (
	"slices"
	"testing"

	"github.com/google/uuid"

	"github.com/muster-scim/muster/directory"
	"github.com/muster-scim/muster/policy"
	"github.com/muster-scim/muster/scim"
)

// readQuery is a list in the order of ids, with a filter.
func readQuery(t *testing.T, kind scim.Kind, text string) scim.Query {
	t.Helper()
	q := scim.Query{StartIndex: 1, Count: scim.MaxPage, FilterText: text}
	if text != "" {
		var err error
		if q.Filter, err = scim.ParseFilter(kind, text); err != nil {
			t.Fatal(err)
		}
	}
	return q
}

func sightsAreKept(t *testing.T, w *storeWorld) {
	_, ada := w.person(t, w.acme, "ada")
	_, bob := w.person(t, w.acme, "bob")
	_, gone := w.person(t, w.globex, "gone")
	gone.Status = policy.UserDeleted
	jira, secret := w.fact(t, w.acme, "jira"), w.fact(t, w.acme, "secret")
	w.save(t, w.acme, &directory.Changes{Users: []*directory.UserRow{gone}, Hold: []directory.MembershipRow{
		membership(jira, ada.ID, w.acme), membership(jira, gone.ID, w.acme), membership(secret, ada.ID, w.acme), membership(secret, bob.ID, w.acme)}})
	whole := directory.Sight{Directory: w.acme.DirectoryID}
	part := directory.Sight{Directory: w.acme.DirectoryID, Limited: true, Groups: []uuid.UUID{jira.ID}}
	none := directory.Sight{Directory: w.acme.DirectoryID, Limited: true}
	away := directory.Sight{Directory: uuid.New(), Limited: true, Groups: []uuid.UUID{jira.ID}}
	for _, c := range []struct {
		name          string
		sight         directory.Sight
		filter        string
		users, groups []uuid.UUID
		members       int // of jira
	}{
		{"all", whole, "", []uuid.UUID{ada.ID, bob.ID}, []uuid.UUID{jira.ID, secret.ID}, 1},
		{"one group", part, "", []uuid.UUID{ada.ID}, []uuid.UUID{jira.ID}, 1},
		{"no group", none, "", nil, nil, 0},
		{"another directory", away, "", nil, nil, 0},
		{"all by a group", whole, `groups.display eq "secret"`, []uuid.UUID{ada.ID, bob.ID}, nil, 1},
		{"one group by a hidden one", part, `groups.display eq "secret"`, nil, nil, 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			users, err := w.ReadUsers(t.Context(), c.sight, readQuery(t, scim.UserKind, c.filter), true)
			var ids []uuid.UUID
			for _, u := range users.Items {
				ids = append(ids, u.ID)
				if c.sight.Limited && len(u.Groups) != 1 || !u.Active {
					t.Errorf("user %s is %+v", u.ID, u)
				}
			}
			if err != nil || !slices.Equal(ids, c.users) || users.Total != len(c.users) {
				t.Errorf("users %v of %d (%v), want %v", ids, users.Total, err, c.users)
			}
			for _, u := range []uuid.UUID{ada.ID, bob.ID, gone.ID} {
				_, err := w.ReadUserByID(t.Context(), c.sight, u, true)
				if c.filter == "" && isNotFound(err) == slices.Contains(c.users, u) {
					t.Errorf("by id %s: %v", u, err)
				}
			}
			members, err := w.ReadMembers(t.Context(), c.sight, jira.ID, uuid.Nil, 10)
			together, err2 := w.ReadMembersOf(t.Context(), c.sight, []uuid.UUID{jira.ID})
			if err != nil || err2 != nil || len(members) != c.members || !slices.Equal(members, together[jira.ID]) {
				t.Errorf("members %v and %v (%v, %v), want %d", members, together, err, err2, c.members)
			}
			if c.filter != "" {
				return
			}
			groups, err := w.ReadGroups(t.Context(), c.sight, readQuery(t, scim.GroupKind, ""), true)
			ids = nil
			for _, g := range groups.Items {
				ids = append(ids, g.ID)
			}
			if err != nil || !slices.Equal(ids, c.groups) {
				t.Errorf("groups %v (%v), want %v", ids, err, c.groups)
			}
			if _, err := w.ReadGroupByID(t.Context(), c.sight, secret.ID, true); isNotFound(err) == slices.Contains(c.groups, secret.ID) {
				t.Errorf("by id the other group: %v", err)
			}
		})
	}
	counted, err := w.ReadGroups(t.Context(), whole, readQuery(t, scim.GroupKind, `members.value eq "`+gone.ID.String()+`"`), true)
	if err != nil || counted.Total != 0 {
		t.Errorf("a group is found by a deleted member: %+v, %v", counted, err)
	}
}
