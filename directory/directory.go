package directory

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"sync"
	"time"

	"github.com/google/uuid"

	"github.com/muster-scim/muster/policy"
	"github.com/muster-scim/muster/tenants"
)

// Directory serves every directory of the deployment: Records for the gateway, Effective for
// the administrators, and the workers that settle what was queued.
type Directory struct {
	store Store
	now   func() time.Time
	log   *slog.Logger

	watch   func(*Person, *policy.Decision) // sees every person that is settled; nil but in a trial
	matches onMatch                         // sees whom linking chose for records; nil but in a preview

	wake chan struct{} // nudges the workers of this process after a change that queued

	tending tending

	mu       sync.Mutex
	settings map[uuid.UUID]*Settings // the last seen of each directory; valid while its epoch is

	readers readers

	supposing map[uuid.UUID]*supposing // by directory, see observe.go
}

// Options of New. Now must be set; times are kept to the microsecond.
type Options struct {
	Now func() time.Time
	Log *slog.Logger
}

// New makes a Directory on a store.
func New(store Store, o Options) *Directory {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	now := func() time.Time { return o.Now().UTC().Truncate(time.Microsecond) }
	return &Directory{
		store:    store,
		now:      now,
		log:      o.Log,
		wake:     make(chan struct{}, 1),
		settings: make(map[uuid.UUID]*Settings),

		supposing: make(map[uuid.UUID]*supposing),
	}
}

var (
	_ Records   = (*Directory)(nil)
	_ Effective = (*Directory)(nil)
)

// change runs f as one transaction in the space of a connector (or, with none, of a directory)
// and gives it the settings that hold inside. Load must be f's first step: it compares the
// epoch it read under the directory's lock with the settings at hand.
func (d *Directory) change(ctx context.Context, scope Scope, by actor, f func(*work) error) error {
	err := d.changeOnce(ctx, scope, by, false, f)
	if unseen := (*unseenError)(nil); errors.As(err, &unseen) && ctx.Err() == nil {
		d.log.Warn("an observed request is carried out without saying what it would have done", "connector", scope.Connector, "error", err)
		err = d.changeOnce(ctx, scope, by, true, f)
	}
	return err
}

// changeOnce is change; blind, it does not ask what an observed request would have done.
func (d *Directory) changeOnce(ctx context.Context, scope Scope, by actor, blind bool, f func(*work) error) error {
	queued := false
	var w *work // of the try that counted
	err := d.store.Write(ctx, scope, func(tx Tx) error {
		w = newWork(d, ctx, tx, scope, by)
		w.blind = blind
		settings, err := d.cachedSettings(ctx, scope.Directory)
		if err != nil {
			return err
		}
		w.settings, w.safety = settings, &safety{}
		if err := f(w); err != nil {
			return err
		}
		if err := w.settleLast(); err != nil {
			return err
		}
		queued = len(w.changes.Queue)+len(w.changes.Rivals) > 0 || w.changes.QueueAll != nil || w.changes.Wake != nil
		if w.observed != nil {
			return w.saveObserved()
		}
		tx.Save(w.changes)
		return nil
	})
	if err == nil {
		d.noteChange(scope)
		if by.effect != nil {
			by.effect.note(w, queued)
		}
	}
	if err == nil && queued {
		d.nudge()
	}
	return err
}

// nudge wakes the workers of this process; those of others find the queue by themselves.
func (d *Directory) nudge() {
	select {
	case d.wake <- struct{}{}:
	default:
	}
}

// cachedSettings returns the last settings seen of a directory. They may be stale: load
// compares epochs.
func (d *Directory) cachedSettings(ctx context.Context, directory uuid.UUID) (*Settings, error) {
	d.mu.Lock()
	s := d.settings[directory]
	d.mu.Unlock()
	if s != nil {
		return s, nil
	}
	s, err := d.store.Settings(ctx, directory)
	if err != nil {
		return nil, fmt.Errorf("reading the settings of directory %s: %w", directory, err)
	}
	d.keepSettings(s)
	return s, nil
}

// keepSettings keeps settings for the transactions to come, unless newer ones are there already.
func (d *Directory) keepSettings(s *Settings) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if old := d.settings[s.Info.ID]; old == nil || old.Epoch < s.Epoch {
		d.settings[s.Info.ID] = s
	}
}

// scopeOf is the space of a connector's requests.
func scopeOf(c tenants.Connector) Scope {
	return Scope{Directory: c.DirectoryID, Connector: c.ID}
}

// work is one transaction under way: what was read, what will be written, and the settings and
// group facts that hold while it runs.
type work struct {
	d        *Directory
	ctx      context.Context
	tx       Tx
	scope    Scope
	by       actor
	comment  string // the administrator's, on what happens to memberships
	now      time.Time
	settings *Settings
	changes  *Changes

	facts     map[string]*GroupFact       // by key; nil: known not to exist
	foreign   map[Pair]*ForeignRow        // conflicts with groups, as read or made here; nil: known that there is none
	conflicts map[uuid.UUID][]ConflictRow // of records without a user, as read
	relinked  map[uuid.UUID]bool          // records whose view or link this transaction changed

	// What this transaction has decided and not written yet, so that reading cannot show it.
	settled map[uuid.UUID]bool    // people
	met     map[string]bool       // locks of the keys of records that were linked
	given   map[string]uuid.UUID  // userName keys that users have from now on
	awaited map[uuid.UUID]*Person // people whom it still is to settle

	moved int // counts what changed, of settings and groups, since decisions were made by them

	nesting *Nesting // groups in groups, as read; nil: none were met

	alone bool // the directory's lock is held exclusively

	safety    *safety                         // nil: nothing is let through or held, as nothing is written
	watch     func(*Person, *policy.Decision) // sees every person that is settled, as it was read; nil: let go
	confirmed confirmed                       // losses that go through whatever the safety limits say
	retiring  *retiring                       // the connector whose people are being let go
	matches   onMatch                         // sees whom linking chose for a record, before it is carried out; nil: nobody asks

	observed *observed // what a request to an observing connector touches; nil elsewhere
	blind    bool      // what it would have done is not asked
	feeding  feeding   // the group that a request adds people to
}

// newWork starts a try of a transaction: nothing of a former one is in it.
func newWork(d *Directory, ctx context.Context, tx Tx, scope Scope, by actor) *work {
	now := d.now()
	return &work{
		d: d, ctx: ctx, tx: tx, scope: scope, by: by, now: now, watch: d.watch, matches: d.matches, changes: &Changes{TouchedAt: now},
		facts: make(map[string]*GroupFact), foreign: make(map[Pair]*ForeignRow), conflicts: make(map[uuid.UUID][]ConflictRow), relinked: make(map[uuid.UUID]bool),
		settled: make(map[uuid.UUID]bool), met: make(map[string]bool), given: make(map[string]uuid.UUID),
	}
}

// load reads and locks what r asks for and keeps settings and facts in step with it.
func (w *work) load(r Request) (*Scene, error) {
	scene, err := w.tx.Load(w.ctx, r)
	if err != nil {
		return nil, err
	}
	if scene.Epoch != w.settings.Epoch {
		if w.settings, err = w.tx.Settings(w.ctx); err != nil {
			return nil, err
		}
		w.d.keepSettings(w.settings)
		w.moved++
	}
	w.alone = w.alone || r.Exclusive
	w.learn(r, scene)
	return scene, nil
}

// errNotAlone makes a transaction run again with the directory's lock held exclusively.
var errNotAlone = fmt.Errorf("the directory has to be locked: %w", ErrAgain)

// learn remembers which groups exist and which are known not to.
func (w *work) learn(r Request, s *Scene) {
	maps.Copy(w.conflicts, s.Conflicts)
	w.nesting = w.nesting.merge(s.Nesting)
	note := func(key string) {
		if _, known := w.facts[key]; known {
			return
		}
		if fact, there := s.Facts[key]; there {
			w.facts[key] = &fact
		} else {
			w.facts[key] = nil
		}
	}
	for _, key := range r.GroupKeys {
		note(key)
	}
	for key := range s.Facts {
		note(key)
	}
	if s.Group != nil && s.Group.ViewKey != "" {
		note(s.Group.ViewKey)
	}
	for _, p := range s.People {
		for _, rec := range p.Records {
			for _, g := range rec.Groups {
				note(g.Key)
			}
		}
	}
	for _, rec := range s.Records {
		for _, g := range rec.Groups {
			note(g.Key)
		}
	}
}

// know makes sure that the facts of every key are known, with one more read when some are not.
func (w *work) know(keys ...[]string) error {
	var missing []string
	seen := make(map[string]bool)
	for _, list := range keys {
		for _, key := range list {
			if _, known := w.facts[key]; !known && !seen[key] {
				seen[key] = true
				missing = append(missing, key)
			}
		}
	}
	if len(missing) == 0 {
		return nil
	}
	r := Request{GroupKeys: missing}
	scene, err := w.tx.Load(w.ctx, r)
	if err != nil {
		return err
	}
	w.learn(r, scene)
	return nil
}

func newID() uuid.UUID {
	id, err := uuid.NewV7()
	if err != nil {
		panic(fmt.Sprintf("the system's randomness failed: %v", err)) // crypto/rand never fails on a working system
	}
	return id
}
