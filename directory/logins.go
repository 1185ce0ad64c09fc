package directory

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/muster-scim/muster/tenants"
)

// Applications tell when users of a directory signed in. That is kept beside the users: it changes
// no user, no record and no version, and makes no event.

// Login is a sign-in that an application tells of.
type Login struct {
	User string // a user's id, userName or primary e-mail
	At   time.Time
}

// MostLogins is how many are told at once.
const MostLogins = 10_000

// loginAhead is how much an application's clock may be ahead of ours.
const loginAhead = 5 * time.Minute

// What becomes of a login that is not written.
const (
	LoginUnknown   = "unknown"   // nobody in the directory has that id, name or address
	LoginAmbiguous = "ambiguous" // several users have the address
	LoginFuture    = "future"    // the time is still to come
)

// LoginsTold is what became of logins.
type LoginsTold struct {
	Written  int // users whose last login is a later one now
	Older    int // a login at that time or a later one was known, or is told here too
	Problems []LoginProblem
}

// LoginProblem is a login that was not written: its place in what was told, from 0.
type LoginProblem struct {
	At   int
	User string
	Code string
}

// LoginStore keeps when users last signed in.
type LoginStore interface {
	// SaveLogins writes the last logins of a directory's users, never back in time, and returns
	// what became of them; problems in the order of the logins. A deleted user is found by id only.
	SaveLogins(ctx context.Context, directory uuid.UUID, logins []Login) (LoginsTold, error)
	// LastLogin is a user's; zero when none is known.
	LastLogin(ctx context.Context, directory, user uuid.UUID) (time.Time, error)
	// LastLogins are the last logins of the users of a connector's records; those without one are
	// left out.
	LastLogins(ctx context.Context, directory, connector uuid.UUID, records []uuid.UUID) (map[uuid.UUID]time.Time, error)
}

// TellLogins keeps when users last signed in.
func (d *Directory) TellLogins(ctx context.Context, directory string, logins []Login) (LoginsTold, error) {
	info, err := d.ReadDirectory(ctx, directory)
	if err != nil {
		return LoginsTold{}, err
	}
	if len(logins) > MostLogins {
		return LoginsTold{}, &RefusedError{Code: "invalidLogins", Detail: fmt.Sprintf("%d logins are too many at once; send at most %d in one request", len(logins), MostLogins)}
	}
	latest := d.now().Add(loginAhead)
	var early []LoginProblem
	told := make([]Login, 0, len(logins))
	place := make([]int, 0, len(logins))
	for i, l := range logins {
		if l.At.After(latest) {
			early = append(early, LoginProblem{At: i, User: l.User, Code: LoginFuture})
			continue
		}
		told, place = append(told, l), append(place, i)
	}
	out, err := d.store.SaveLogins(ctx, info.ID, told)
	if err != nil {
		return LoginsTold{}, err
	}
	for i := range out.Problems {
		out.Problems[i].At = place[out.Problems[i].At]
	}
	out.Problems = append(out.Problems, early...)
	return out, nil
}

// addLogins puts the last logins of their users to records, if the connector shows them.
func (d *Directory) addLogins(ctx context.Context, c tenants.Connector, records ...*UserRecord) error {
	if !c.Settings.LastLogin || len(records) == 0 {
		return nil
	}
	ids := make([]uuid.UUID, len(records))
	for i, r := range records {
		ids[i] = r.ID
	}
	at, err := d.store.LastLogins(ctx, c.DirectoryID, c.ID, ids)
	if err != nil {
		return fmt.Errorf("reading last logins: %w", err)
	}
	for _, r := range records {
		r.LastLogin = at[r.ID]
	}
	return nil
}
