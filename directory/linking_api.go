package directory

import (
	"context"

	"github.com/google/uuid"

	"github.com/muster-scim/muster/policy"
)

// Linking is the administrators' side of who belongs to whom: what linking would do, the conflicts
// that wait for a decision, the way back from one, and who is who on which connector.
type Linking interface {
	// Conflicts lists those that match, the oldest first; ConflictCounts counts them by kind.
	Conflicts(ctx context.Context, directory string, f ConflictFilter, l Listing) (Page[Conflict], error)
	ConflictCounts(ctx context.Context, directory string, f ConflictFilter) ([]ConflictCount, error)
	// ReadConflict is one conflict, open or decided, with the record and its candidates side by
	// side as they are now.
	ReadConflict(ctx context.Context, directory string, id uuid.UUID) (Conflict, Comparison, error)
	// Compare lays a record beside the users that it might be, and others if they are named.
	Compare(ctx context.Context, connector string, record uuid.UUID, users []uuid.UUID) (Comparison, error)

	// DecideConflict carries out a decision; PreviewDecision says what it would do.
	DecideConflict(ctx context.Context, by Admin, directory string, id uuid.UUID, decision string, user uuid.UUID) error
	PreviewDecision(ctx context.Context, by Admin, directory string, id uuid.UUID, decision string, user uuid.UUID) (Preview, error)
	// DecideConflicts decides all that match, for up to 20 s.
	DecideConflicts(ctx context.Context, by Admin, directory string, all ConflictsDecision) (ConflictsDecided, error)
	// UndoDecision takes a decision back, be it to link, to keep apart, to refuse, or to unlink: the
	// record is asked about again, as if nothing had been decided.
	UndoDecision(ctx context.Context, by Admin, directory string, id uuid.UUID) error
	PreviewUndo(ctx context.Context, by Admin, directory string, id uuid.UUID) (Preview, error)
	PreviewUnlink(ctx context.Context, by Admin, directory string, user uuid.UUID, connector string) (Preview, error)

	// UsersOf is Users, narrowed by who manages them.
	UsersOf(ctx context.Context, directory, filter, named string, status policy.Status, of Management, l Listing) (Page[User], error)
	// Lookup finds people by anything that names them, with every id that they have.
	Lookup(ctx context.Context, directory, text string) (Found, error)
	// RecordDomains says in which domains the records of a connector have names and addresses.
	RecordDomains(ctx context.Context, connector string) (DomainCounts, error)
}

// Management tells users by who manages them.
type Management string

// Who manages a user.
const (
	Managed      Management = "managed" // a connector holds a record of it
	Unmanaged    Management = "unmanaged"
	NeverManaged Management = "local"  // no connector ever held a record of it
	OnceManaged  Management = "former" // tombstones alone are left
)

// UsersOf lists users by words of their names and addresses, each at least begun, and by who
// manages them; "" leaves either open. Those of a name are not counted.
func (d *Directory) UsersOf(ctx context.Context, directory, filterText, named string, status policy.Status, of Management, l Listing) (Page[User], error) {
	return d.users(ctx, directory, filterText, UserQuery{Status: status, Of: of, Named: named, Listing: l})
}
