package directory

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/muster-scim/muster/policy"
	"github.com/muster-scim/muster/scim/canonical"
)

// A deleted user is purged when its directory's retentionDays are over: the user, what hangs on
// it, and the tombstones of its records, of whose keys only keyed hashes are left. With the last
// tombstone ends what its tenants had to do with it; whoever comes under its name is somebody new.
// Any process purges, in batches of one transaction each: killed in the middle, the rest is still
// due.

const purgeBatch = 100

// PurgeStore is what purging needs of a database.
type PurgeStore interface {
	// Key is the deployment's key for a purpose, the same for all its processes.
	Key(ctx context.Context, purpose string) ([]byte, error)
	// DuePurges are deleted users whose time was over at now, at most limit of them, all of one
	// directory that is not removed; none when nobody is due.
	DuePurges(ctx context.Context, now time.Time, limit int) (directory uuid.UUID, users []uuid.UUID, err error)
	// DueRemovals are the removed directories whose time was over at now.
	DueRemovals(ctx context.Context, now time.Time) ([]uuid.UUID, error)
	// PurgeDirectory deletes up to limit rows of each table of a directory whose time was over at
	// now, and at last the directory with its connectors; its events stay. It says whether it is
	// gone: else it is to be called again.
	PurgeDirectory(ctx context.Context, directory uuid.UUID, now time.Time, limit int) (gone bool, err error)
	// FormerKey is when a user with a key was purged last; zero for a key that nobody knew.
	FormerKey(ctx context.Context, directory uuid.UUID, k FormerKey) (time.Time, error)
	// HoldersOfName are the connectors of a directory that hold a record of a userName.
	HoldersOfName(ctx context.Context, directory uuid.UUID, key string) ([]uuid.UUID, error)
	// Traces are what the audit still knows of a user who was purged.
	Traces(ctx context.Context, directory, user uuid.UUID) (Traces, error)
	// RemovalCounts counts what a directory holds.
	RemovalCounts(ctx context.Context, directory uuid.UUID) (RemovalCounts, error)
}

// Purge is a user who goes for good.
type Purge struct {
	User       uuid.UUID
	UserName   string      // as it was; "": somebody else is called so now, and nothing goes by name
	Tombstones []uuid.UUID // of its records: they go with it
	Former     []FormerKey // what is left of them; of a person who is erased not even that
	Erase      *Erasure    // also what the audit and others know of the person; nil: that stays
}

// FormerKey is a key that a purged user's record had: its kind, and a keyed hash of its key form.
type FormerKey struct{ Kind, Hash string }

const (
	purposeFormer = "former"

	formerUserName       = "userName"
	formerEmail          = "email"
	formerExternalID     = "externalId"
	formerEmployeeNumber = "employeeNumber"
)

// formerKey hashes a value of a directory's record. Nobody without the deployment's key can find
// out whether a name is among the hashes, and the same name looks different in each directory.
func formerKey(key []byte, directory uuid.UUID, kind, value string) FormerKey {
	mac := hmac.New(sha256.New, key)
	fmt.Fprintf(mac, "%s\n%s\n%s", directory, kind, value)
	return FormerKey{kind, base64.RawURLEncoding.EncodeToString(mac.Sum(nil))}
}

// Purge purges every user, and every removed directory, whose time is over.
func (d *Directory) Purge(ctx context.Context) error {
	key, err := d.store.Key(ctx, purposeFormer)
	if err != nil {
		return err
	}
	for ctx.Err() == nil {
		directory, users, err := d.store.DuePurges(ctx, d.now(), purgeBatch)
		if err != nil {
			return fmt.Errorf("looking for users to purge: %w", err)
		}
		if len(users) == 0 {
			return errors.Join(d.purgeDirectories(ctx), ctx.Err())
		}
		began := time.Now()
		err = d.change(ctx, Scope{Directory: directory}, worker, func(w *work) error { return w.purge(key, users) })
		if err != nil {
			return fmt.Errorf("purging users of directory %s: %w", directory, err)
		}
		makeRoom(ctx, began, briefRest)
	}
	return ctx.Err()
}

// purge makes the users go who still are deleted, and for long enough.
func (w *work) purge(key []byte, users []uuid.UUID) error {
	scene, err := w.load(Request{Users: users})
	if err != nil {
		return err
	}
	for _, id := range sortedIDs(scene.People) {
		p := scene.People[id]
		if p.User.Status != policy.UserDeleted || p.User.PurgeAfter.IsZero() || p.User.PurgeAfter.After(w.now) {
			continue // somebody was faster
		}
		gone := w.forget(p)
		gone.Former = p.formerKeys(key)
		w.changes.Purge = append(w.changes.Purge, gone)
		w.event("directory.user.purged", EventRow{User: id, Changes: map[string]any{"deleted": p.User.DeletedAt, "records": len(gone.Tombstones)}})
	}
	return nil
}

// forget lets a person go. A record that its IdP still holds belongs to nobody from now on; should
// it count again, it makes a user of its own.
func (w *work) forget(p *Person) Purge {
	w.wake(&p.User, p.Records)
	gone := Purge{User: p.User.ID, UserName: p.User.UserName}
	for _, r := range p.Records {
		if r.State == policy.Deleted && (r.ViewState == NoView || r.ViewState == ViewState(policy.Deleted)) {
			gone.Tombstones = append(gone.Tombstones, r.ID)
			continue
		}
		r.User, r.Linked, r.Found = uuid.Nil, time.Time{}, nil
		r.FirstCounted, r.LeftAt, r.DefaultsGranted = time.Time{}, time.Time{}, false
		w.saveLink(r)
	}
	return gone
}

// formerKeys are what is left of a person's records; of one without any, of its name.
func (p *Person) formerKeys(key []byte) []FormerKey {
	if len(p.Records) == 0 {
		return []FormerKey{formerKey(key, p.User.Directory, formerUserName, p.User.UserNameKey)}
	}
	var keys []FormerKey
	for _, r := range p.Records {
		keys = append(keys, r.formerKeys(key)...)
	}
	return keys
}

// formerKeys are what is left of a record.
func (r *RecordRow) formerKeys(key []byte) []FormerKey {
	var keys []FormerKey
	add := func(kind, value string) {
		if value != "" {
			keys = append(keys, formerKey(key, r.Directory, kind, value))
		}
	}
	add(formerUserName, r.UserNameKey)
	for _, mail := range r.document().Emails() {
		add(formerEmail, canonical.Key(mail))
	}
	add(formerExternalID, r.ExternalID)
	add(formerEmployeeNumber, r.EmployeeNumber)
	return keys
}

// formerName is when somebody of this userName was purged last: a name that was recycled.
func (d *Directory) formerName(ctx context.Context, directory uuid.UUID, userName string) (time.Time, error) {
	key, err := d.store.Key(ctx, purposeFormer)
	if err != nil {
		return time.Time{}, err
	}
	return d.store.FormerKey(ctx, directory, formerKey(key, directory, formerUserName, canonical.Key(userName)))
}

// purgeDirectories deletes what removed directories held, batch by batch.
func (d *Directory) purgeDirectories(ctx context.Context) error {
	due, err := d.store.DueRemovals(ctx, d.now())
	if err != nil {
		return fmt.Errorf("looking for directories to purge: %w", err)
	}
	for _, id := range due {
		for gone := false; !gone; {
			began := time.Now()
			if gone, err = d.store.PurgeDirectory(ctx, id, d.now(), 10*purgeBatch); err != nil {
				return fmt.Errorf("purging directory %s: %w", id, err)
			}
			makeRoom(ctx, began, briefRest)
		}
		d.mu.Lock()
		delete(d.settings, id)
		d.mu.Unlock()
	}
	return nil
}
