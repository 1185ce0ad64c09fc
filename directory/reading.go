package directory

import (
	"context"
	"fmt"
	"hash/fnv"
	"iter"
	"net/http"
	"slices"
	"sync"

	"github.com/google/uuid"

	"github.com/muster-scim/muster/policy"
	"github.com/muster-scim/muster/scim"
	"github.com/muster-scim/muster/tenants"
)

// Reading is what applications read of directories. *Directory implements it.
type Reading interface {
	// ReadAs returns what a consumer reads, in the form in which connectors are answered, so that
	// nothing about answers has to be written twice. The connector that its methods are given
	// counts for nothing, and every change is refused. It is for one request: w says what that
	// asks for of a single resource.
	//
	// What the consumer may not see is not in answers, and a filter or an order by it is a
	// *scim.Error. A user or group outside of its groups is ErrNotFound, as is a deleted user.
	ReadAs(c tenants.Consumer, w Wanted) Records
}

// Wanted is what a request asks for of a single resource: the version of a resource is that of
// what is shown of it.
type Wanted struct {
	Groups  bool // of a user
	Members bool // of a group
}

// ReadAs implements Reading.
func (d *Directory) ReadAs(c tenants.Consumer, w Wanted) Records {
	return &reader{d: d, consumer: c, wanted: w}
}

// reader is one request of a consumer's.
type reader struct {
	readOnly
	d        *Directory
	consumer tenants.Consumer
	wanted   Wanted
}

// view is what the consumer sees at this moment.
type view struct {
	sight    Sight
	visible  scim.Visible // of every user, whoever provisions it
	settings *Settings
	salt     uint64 // of versions: another one when the consumer sees something else
}

// view looks up what the consumer sees now: which groups its patterns name, and what the
// connectors of the directory call sensitive.
func (r *reader) view(ctx context.Context) (*view, error) {
	settings, err := r.d.settingsNow(ctx, r.consumer.DirectoryID)
	if err != nil {
		return nil, err
	}
	visible, err := scim.ParseVisible(r.consumer.Attributes)
	if err != nil {
		return nil, fmt.Errorf("reading the attributes of consumer %s: %w", r.consumer.ID, err)
	}
	v := &view{settings: settings, visible: visible.Without(settings.sensitiveAnywhere())}
	v.sight = Sight{Directory: r.consumer.DirectoryID}
	h := fnv.New64a()
	fmt.Fprintln(h, r.consumer.ID, r.consumer.Version)
	for _, p := range settings.sensitiveAnywhere() {
		fmt.Fprintln(h, p.Text())
	}
	v.salt = h.Sum64()
	return v, r.limit(ctx, v)
}

// limit finds the groups that the consumer's patterns name.
func (r *reader) limit(ctx context.Context, v *view) error {
	if len(r.consumer.Groups) == 0 {
		return nil
	}
	names, err := r.d.readers.of(r.consumer)
	if err != nil {
		return err
	}
	literal, ok := names.Literal()
	if !ok {
		literal = nil
	}
	groups, err := r.d.store.GroupKeys(ctx, r.consumer.DirectoryID, literal)
	if err != nil {
		return err
	}
	v.sight.Limited = true
	for id, key := range groups {
		if names.Match(key) {
			v.sight.Groups = append(v.sight.Groups, id)
		}
	}
	slices.SortFunc(v.sight.Groups, func(a, b uuid.UUID) int { return slices.Compare(a[:], b[:]) })
	return nil
}

// ReadUser reads a user.
func (r *reader) ReadUser(ctx context.Context, _ tenants.Connector, id uuid.UUID) (UserRecord, error) {
	v, err := r.view(ctx)
	if err != nil {
		return UserRecord{}, err
	}
	u, err := r.d.store.ReadUserByID(ctx, v.sight, id, r.wanted.Groups)
	if err != nil {
		return UserRecord{}, err
	}
	shown, err := r.show(ctx, v, []ReadUser{u})
	if err != nil {
		return UserRecord{}, err
	}
	return shown[0], nil
}

// ListUsers lists users.
func (r *reader) ListUsers(ctx context.Context, _ tenants.Connector, q scim.Query, withGroups bool) (Page[UserRecord], error) {
	v, err := r.view(ctx)
	if err == nil {
		err = v.visible.Check(q)
	}
	if err != nil {
		return Page[UserRecord]{}, err
	}
	found, err := r.d.store.ReadUsers(ctx, v.sight, q, withGroups)
	if err != nil {
		return Page[UserRecord]{}, err
	}
	shown, err := r.show(ctx, v, found.Items)
	return Page[UserRecord]{Items: shown, Total: found.Total, Next: found.Next}, err
}

// show leaves out what the consumer does not see of users. It asks who holds them only where a
// connector calls something sensitive: another connector's people show it.
func (r *reader) show(ctx context.Context, v *view, users []ReadUser) ([]UserRecord, error) {
	var holders map[uuid.UUID][]uuid.UUID
	if len(users) > 0 && len(v.settings.sensitiveAnywhere()) > 0 {
		ids := make([]uuid.UUID, len(users))
		for i, u := range users {
			ids[i] = u.ID
		}
		var err error
		if holders, err = r.d.store.Holders(ctx, r.consumer.DirectoryID, ids); err != nil {
			return nil, err
		}
	}
	shown := make([]UserRecord, len(users))
	for i, u := range users {
		visible := v.visible
		if holders != nil {
			visible = visible.Without(v.settings.sensitiveOf(holders[u.ID]))
		}
		u.JSON = visible.JSON(scim.WithActive(u.JSON, u.Active))
		u.Version = v.version(u.Version, u.Groups)
		shown[i] = u.UserRecord
	}
	return shown, nil
}

// version is the version of what is shown: it moves when the resource does, the groups that are
// shown with it do, or the consumer sees something else.
func (v *view) version(of int64, groups []scim.Reference) int64 {
	h := fnv.New64a()
	fmt.Fprintln(h, v.salt, of)
	for _, g := range groups {
		fmt.Fprintf(h, "%s %q\n", g.Value, g.Display)
	}
	return int64(h.Sum64() >> 1) // not negative
}

// ReadGroup reads a group without its members.
func (r *reader) ReadGroup(ctx context.Context, _ tenants.Connector, id uuid.UUID) (GroupRecord, error) {
	v, err := r.view(ctx)
	if err != nil {
		return GroupRecord{}, err
	}
	g, err := r.d.store.ReadGroupByID(ctx, v.sight, id, r.wanted.Members)
	g.Version = v.version(g.Version, nil)
	return g, err
}

// ListGroups lists groups without their members.
func (r *reader) ListGroups(ctx context.Context, _ tenants.Connector, q scim.Query) (Page[GroupRecord], error) {
	v, err := r.view(ctx)
	if err != nil {
		return Page[GroupRecord]{}, err
	}
	page, err := r.d.store.ReadGroups(ctx, v.sight, q, q.Projection.Wants("members"))
	for i := range page.Items {
		page.Items[i].Version = v.version(page.Items[i].Version, nil)
	}
	return page, err
}

// readMembersAtOnce is how many members one read of a stream takes.
const readMembersAtOnce = 5000

// Members streams the members of a group by id. Each page of rows is a read of its own.
func (r *reader) Members(ctx context.Context, _ tenants.Connector, group uuid.UUID) iter.Seq2[scim.Member, error] {
	return func(yield func(scim.Member, error) bool) {
		v, err := r.view(ctx)
		if err != nil {
			yield(scim.Member{}, err)
			return
		}
		for after := uuid.Nil; ; {
			page, err := r.d.store.ReadMembers(ctx, v.sight, group, after, readMembersAtOnce)
			if err != nil {
				yield(scim.Member{}, err)
				return
			}
			for _, m := range page {
				if !yield(v.member(m), nil) {
					return
				}
			}
			if len(page) < readMembersAtOnce {
				return
			}
			after = idOf(page[len(page)-1].Value)
		}
	}
}

// MembersOf is Members for a page of groups.
func (r *reader) MembersOf(ctx context.Context, _ tenants.Connector, groups []uuid.UUID) (map[uuid.UUID][]scim.Member, error) {
	v, err := r.view(ctx)
	if err != nil {
		return nil, err
	}
	members, err := r.d.store.ReadMembersOf(ctx, v.sight, groups)
	for _, list := range members {
		for i := range list {
			list[i] = v.member(list[i])
		}
	}
	return members, err
}

// member leaves out the userName by which a member is called, where the consumer does not see it.
func (v *view) member(m scim.Member) scim.Member {
	if !v.visible.ShowsSome("userName") {
		m.Display = ""
	}
	return m
}

// settingsNow are a directory's settings as they are: those that were seen last, if they are
// still of the directory's epoch.
func (d *Directory) settingsNow(ctx context.Context, directory uuid.UUID) (*Settings, error) {
	d.mu.Lock()
	known := d.settings[directory]
	d.mu.Unlock()
	if known != nil {
		epoch, err := d.store.Epoch(ctx, directory)
		if err != nil || epoch == known.Epoch {
			return known, err
		}
	}
	s, err := d.store.Settings(ctx, directory)
	if err != nil {
		return nil, fmt.Errorf("reading the settings of directory %s: %w", directory, err)
	}
	d.keepSettings(s)
	return s, nil
}

// readers keeps the compiled patterns of consumers, each of its last version.
type readers struct {
	mu  sync.Mutex
	all map[uuid.UUID]compiledNames
}

type compiledNames struct {
	version int64
	names   *policy.Names
}

func (s *readers) of(c tenants.Consumer) (*policy.Names, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if known, ok := s.all[c.ID]; ok && known.version == c.Version {
		return known.names, nil
	}
	names, err := policy.CompileNames("groups", c.Groups)
	if err != nil {
		return nil, fmt.Errorf("compiling the groups of consumer %s: %w", c.ID, err)
	}
	if s.all == nil {
		s.all = make(map[uuid.UUID]compiledNames)
	}
	s.all[c.ID] = compiledNames{c.Version, names}
	return names, nil
}

// readOnly refuses every change.
type readOnly struct{}

var errReadOnly = scim.NewError(http.StatusForbidden, "a consumer reads a directory and changes nothing in it")

func (readOnly) CreateUser(context.Context, Source, scim.Document, []scim.Note) (UserRecord, error) {
	return UserRecord{}, errReadOnly
}
func (readOnly) EditUser(context.Context, Source, uuid.UUID, IfMatch, UserEdit) (UserRecord, error) {
	return UserRecord{}, errReadOnly
}
func (readOnly) DeleteUser(context.Context, Source, uuid.UUID, IfMatch) error { return errReadOnly }
func (readOnly) CreateGroup(context.Context, Source, scim.Document, []string, []scim.Note) (GroupRecord, error) {
	return GroupRecord{}, errReadOnly
}
func (readOnly) EditGroup(context.Context, Source, uuid.UUID, IfMatch, GroupEdit) (GroupRecord, error) {
	return GroupRecord{}, errReadOnly
}
func (readOnly) DeleteGroup(context.Context, Source, uuid.UUID, IfMatch) error { return errReadOnly }
