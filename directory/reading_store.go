package directory

import (
	"context"

	"github.com/google/uuid"

	"github.com/muster-scim/muster/scim"
)

// ReadStore is what storage does for applications that read a directory. It sees users, groups
// and memberships of that directory alone, and nothing that a connector said. Deleted users are
// not there: neither as users nor as members.
type ReadStore interface {
	// Epoch is that of the settings of a directory: it moves with them; ErrNotFound.
	Epoch(ctx context.Context, directory uuid.UUID) (int64, error)
	// GroupKeys are the groups of a directory by their keys: all, or those of keys.
	GroupKeys(ctx context.Context, directory uuid.UUID, keys []string) (map[uuid.UUID]string, error)
	// ReadUsers reads a page of users; withGroups adds the groups that s sees, by name.
	ReadUsers(ctx context.Context, s Sight, q scim.Query, withGroups bool) (Page[ReadUser], error)
	// ReadUserByID is ErrNotFound for a user whom s does not see.
	ReadUserByID(ctx context.Context, s Sight, id uuid.UUID, withGroups bool) (ReadUser, error)
	// ReadGroups reads a page of groups without their members. Where members are counted the
	// version moves with them.
	ReadGroups(ctx context.Context, s Sight, q scim.Query, counted bool) (Page[GroupRecord], error)
	ReadGroupByID(ctx context.Context, s Sight, id uuid.UUID, counted bool) (GroupRecord, error)
	// ReadMembers reads up to limit members of a group by id, those behind after; the display of
	// each is its userName.
	ReadMembers(ctx context.Context, s Sight, group, after uuid.UUID, limit int) ([]scim.Member, error)
	// ReadMembersOf reads the members of several groups at once. Groups without members are left out.
	ReadMembersOf(ctx context.Context, s Sight, groups []uuid.UUID) (map[uuid.UUID][]scim.Member, error)
}

// Sight is the part of a directory that somebody sees: all of it, or of the groups only these
// and of the users their members.
type Sight struct {
	Directory uuid.UUID
	Limited   bool
	Groups    []uuid.UUID // if limited; in the order of ids
}

// ReadUser is a user as it is read. What is not visible is still in its JSON.
type ReadUser struct {
	UserRecord
	Active bool
}
