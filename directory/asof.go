package directory

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/muster-scim/muster/policy"
)

// UserAt is what the directory held of a user at a time, as the events tell it.
type UserAt struct {
	ID          uuid.UUID
	UserName    string // as it is now
	At          time.Time
	Status      policy.Status
	Memberships []MembershipAt // by name
	KnownFrom   Event          // the first event of the user: before it there is nothing to tell
	LastChange  Event          // the last one by then
}

// MembershipAt is a membership at a time, with the event that told of it.
type MembershipAt struct {
	Group   Group // id and the name it had then
	Origin  policy.Origin
	Because policy.Reason
	Told    Event
}

// MemberAt is a member of a group at a time.
type MemberAt struct {
	User    User          // as it is now,
	Status  policy.Status // but for the status that it had then
	Origin  policy.Origin
	Because policy.Reason
	Told    Event
}

// NotYetError says that what is asked about did not exist at that time.
type NotYetError struct {
	What  string
	Since time.Time
}

func (e *NotYetError) Error() string {
	return fmt.Sprintf("%s came into being on %s; ask for a later time", e.What, e.Since.Format(timeForPeople))
}

// eventsAtOnce is how many of a user's events are read at once.
const eventsAtOnce = 500

// ReadUserAt says what a user was and held at a time: the events up to then, read from the newest
// backwards, where the first one that tells of something is the last that told. It costs what the
// user's own events cost.
func (d *Directory) ReadUserAt(ctx context.Context, directory string, id uuid.UUID, at time.Time) (UserAt, error) {
	at = at.UTC().Truncate(time.Microsecond)
	if at.After(d.now()) {
		return UserAt{}, errInFuture
	}
	now, err := d.ReadUserDetail(ctx, directory, id)
	if err != nil {
		return UserAt{}, err
	}
	info, err := d.ReadDirectory(ctx, directory)
	if err != nil {
		return UserAt{}, err
	}
	u := UserAt{ID: id, UserName: now.UserName, At: at}
	back := looking{groups: make(map[uuid.UUID]*MembershipAt)}
	q := EventQuery{UserIDs: []uuid.UUID{id}, EventFilter: EventFilter{Action: "directory.", Until: at.Add(time.Microsecond)}}
	for l := (Listing{Limit: eventsAtOnce}); ; {
		page, err := d.store.Events(ctx, q, l)
		if err != nil {
			return UserAt{}, err
		}
		for _, e := range page.Items {
			back.hear(&u, e)
		}
		if page.Next == "" {
			break
		}
		l.Cursor = page.Next
	}
	if u.KnownFrom.ID == uuid.Nil {
		return UserAt{}, &NotYetError{What: "user " + now.UserName, Since: now.Created}
	}
	u.Memberships = back.memberships()
	return u, d.nameAt(ctx, info, at, u.Memberships)
}

var errInFuture = &RefusedError{Code: "invalidTime", Detail: "at is in the future; ask for a time that has been"}

// looking is a reading of events from the newest to the oldest.
type looking struct {
	groups map[uuid.UUID]*MembershipAt // nil: the newest event ended it
}

// hear takes in one event, which is older than those before.
func (l *looking) hear(u *UserAt, e Event) {
	if u.LastChange.ID == uuid.Nil {
		u.LastChange = e
	}
	u.KnownFrom = e
	if status := StatusTold(e); status != "" && u.Status == "" {
		u.Status = status
	}
	ends := e.Action == "directory.membership.removed"
	if !ends && e.Action != "directory.membership.added" && e.Action != "directory.membership.changed" {
		return
	}
	if _, told := l.groups[e.Group]; told {
		return
	}
	if ends {
		l.groups[e.Group] = nil
		return
	}
	m := MembershipAt{Group: Group{ID: e.Group}, Told: e}
	m.Group.DisplayName, m.Origin, m.Because = membershipTold(e)
	l.groups[e.Group] = &m
}

func (l *looking) memberships() []MembershipAt {
	out := make([]MembershipAt, 0, len(l.groups))
	for _, m := range l.groups {
		if m != nil {
			out = append(out, *m)
		}
	}
	return out
}

// nameAt gives the groups the names that they had, and sorts by them.
func (d *Directory) nameAt(ctx context.Context, info Info, at time.Time, memberships []MembershipAt) error {
	ids := make([]uuid.UUID, len(memberships))
	for i, m := range memberships {
		ids[i] = m.Group.ID
	}
	then, err := d.store.GroupNamesAt(ctx, info.ID, ids, at)
	if err != nil {
		return err
	}
	now, err := d.groupNames(ctx, info.Name, ids)
	if err != nil {
		return err
	}
	for i := range memberships {
		g := &memberships[i].Group
		if name := now[g.ID]; name != "" {
			g.DisplayName = name
		}
		if name := then[g.ID]; name != "" {
			g.DisplayName = name
		}
	}
	slices.SortFunc(memberships, func(a, b MembershipAt) int { return strings.Compare(a.Group.DisplayName, b.Group.DisplayName) })
	return nil
}

// groupNames are the names that groups have now.
func (d *Directory) groupNames(ctx context.Context, directory string, ids []uuid.UUID) (map[uuid.UUID]string, error) {
	names := make(map[uuid.UUID]string, len(ids))
	if len(ids) == 0 {
		return names, nil
	}
	err := d.look(ctx, directory, func(w *work) error {
		scene, err := w.load(Request{GroupIDs: ids})
		if err != nil {
			return err
		}
		for _, fact := range scene.Facts {
			names[fact.ID] = fact.Name
		}
		return nil
	})
	return names, err
}

// GroupMembersAt lists who was a member of a group at a time, by the events: those who joined
// last come first. known is the group as it was then.
func (d *Directory) GroupMembersAt(ctx context.Context, directory string, group uuid.UUID, at time.Time, l Listing) (page Page[MemberAt], then Group, err error) {
	at = at.UTC().Truncate(time.Microsecond)
	if at.After(d.now()) {
		return page, then, errInFuture
	}
	if then, err = d.ReadDirectoryGroup(ctx, directory, group); err != nil {
		return page, then, err
	}
	if at.Before(then.Created) {
		return page, then, &NotYetError{What: "group " + then.DisplayName, Since: then.Created}
	}
	info, err := d.ReadDirectory(ctx, directory)
	if err != nil {
		return page, then, err
	}
	names, err := d.store.GroupNamesAt(ctx, info.ID, []uuid.UUID{group}, at)
	if err != nil {
		return page, then, err
	}
	if name := names[group]; name != "" {
		then.DisplayName = name
	}
	rows, err := d.store.MembersAt(ctx, info.ID, group, at, l)
	if err != nil {
		return page, then, err
	}
	page = Page[MemberAt]{Next: rows.Next, Items: make([]MemberAt, 0, len(rows.Items))}
	for _, row := range rows.Items {
		m := MemberAt{User: row.User, Status: StatusTold(row.StatusTold), Told: row.Told}
		_, m.Origin, m.Because = membershipTold(row.Told)
		page.Items = append(page.Items, m)
	}
	return page, then, nil
}

// StatusTold is the status that an event gives its user; "" if it tells of none.
func StatusTold(e Event) policy.Status {
	var changes struct {
		Status json.RawMessage `json:"status"`
	}
	if !strings.HasPrefix(e.Action, "directory.user.") || json.Unmarshal(e.Changes, &changes) != nil || changes.Status == nil {
		return ""
	}
	var status policy.Status
	if json.Unmarshal(changes.Status, &status) == nil {
		return status
	}
	var change struct {
		After policy.Status `json:"after"`
	}
	if json.Unmarshal(changes.Status, &change) != nil {
		return ""
	}
	return change.After
}

// membershipTold is what an event tells of a membership: the group's name, origin and reason.
func membershipTold(e Event) (string, policy.Origin, policy.Reason) {
	var changes struct {
		Group   string        `json:"group"`
		Origin  policy.Origin `json:"origin"`
		Because policy.Reason `json:"because"`
	}
	if json.Unmarshal(e.Changes, &changes) != nil {
		return "", "", policy.Reason{}
	}
	return changes.Group, changes.Origin, changes.Because
}

// ReasonTold is the reason that an event gives; the zero value if it gives none.
func ReasonTold(changes json.RawMessage) policy.Reason {
	_, _, because := membershipTold(Event{Changes: changes})
	return because
}

// NameBefore is the name that a group had before an event renamed it.
func NameBefore(changes json.RawMessage) string {
	var renamed struct {
		DisplayName struct {
			Before string `json:"before"`
		} `json:"displayName"`
	}
	if json.Unmarshal(changes, &renamed) != nil {
		return ""
	}
	return renamed.DisplayName.Before
}
