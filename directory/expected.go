package directory

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/google/uuid"

	"github.com/muster-scim/muster/tenants"
)

// longestExpected is how long an announced window may be.
const longestExpected = 4 * time.Hour

// ExpectChange announces that a connector will take away more than its limits let through: until
// the window ends all of it takes effect, and none of it counts.
func (d *Directory) ExpectChange(ctx context.Context, by Admin, connector string, length time.Duration, reason string) (ExpectedChange, error) {
	switch {
	case length <= 0 || length > longestExpected:
		return ExpectedChange{}, &RefusedError{Code: "invalidWindow", Detail: "a window is at most 4h long, such as 2h; announce the next one when it ends"}
	case strings.TrimSpace(reason) == "":
		return ExpectedChange{}, &RefusedError{Code: "reasonRequired", Detail: "say in reason what is expected, for whoever reads the audit later"}
	}
	c, err := d.store.Connector(ctx, connector)
	if err != nil {
		return ExpectedChange{}, err
	}
	var e ExpectedChange
	err = d.change(ctx, Scope{Directory: c.DirectoryID}, by.actor(), func(w *work) error {
		e = ExpectedChange{Until: w.now.Add(length), Created: w.now, Reason: reason, By: by.ID}
		w.changes.Expected = &ExpectedRow{Connector: c.ID, ExpectedChange: e}
		w.event("connector.change.expected", EventRow{Connector: c.ID, Changes: map[string]any{"until": e.Until, "reason": reason}})
		return nil
	})
	return e, err
}

// ReadExpectedChange reads a connector's announced window; the zero value when there is none.
func (d *Directory) ReadExpectedChange(ctx context.Context, connector string) (ExpectedChange, error) {
	c, err := d.store.Connector(ctx, connector)
	if err != nil {
		return ExpectedChange{}, err
	}
	return d.expected(ctx, c)
}

func (d *Directory) expected(ctx context.Context, c tenants.Connector) (ExpectedChange, error) {
	e, err := d.store.ExpectedChange(ctx, c.DirectoryID, c.ID)
	if err != nil || !e.Until.After(d.now()) {
		return ExpectedChange{}, err
	}
	return e, nil
}

// EndExpectedChange ends a connector's announced window, if there is one.
func (d *Directory) EndExpectedChange(ctx context.Context, by Admin, connector string) error {
	c, err := d.store.Connector(ctx, connector)
	if err != nil {
		return err
	}
	e, err := d.expected(ctx, c)
	if err != nil || e.Until.IsZero() {
		return err
	}
	return d.change(ctx, Scope{Directory: c.DirectoryID}, by.actor(), func(w *work) error {
		w.changes.Expected = &ExpectedRow{Connector: c.ID}
		w.event("connector.change.unexpected", EventRow{Connector: c.ID, Changes: map[string]any{"until": e.Until, "reason": e.Reason}})
		return nil
	})
}

const (
	tendEvery    = 10 * time.Second
	sayEvery     = time.Minute // of each connector
	forgetEvery  = time.Hour
	forgetBefore = 25 * time.Hour
)

// tending is what the workers of one process remember between two looks at the limits.
type tending struct {
	mu       sync.Mutex
	changed  map[uuid.UUID]uuid.UUID // connectors whose requests changed something, with their directory
	measured map[uuid.UUID]time.Time
	said     map[string]time.Time // by connector: when the log told of its holds
	looked   time.Time
	forgot   time.Time
}

// noteChange remembers that a connector's request changed something.
func (d *Directory) noteChange(s Scope) {
	if s.Connector == uuid.Nil {
		return
	}
	t := &d.tending
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.changed == nil {
		t.changed, t.measured = make(map[uuid.UUID]uuid.UUID), make(map[uuid.UUID]time.Time)
	}
	t.changed[s.Connector] = s.Directory
}

// Tend looks after the limits now and then, however often it is called: it measures connectors
// that have changed, says in the log what is held, and deletes what no window looks at any more.
func (d *Directory) Tend(ctx context.Context) error {
	t, now := &d.tending, d.now()
	t.mu.Lock()
	due := now.Sub(t.looked) >= tendEvery
	forget := now.Sub(t.forgot) >= forgetEvery
	if due {
		t.looked = now
		if forget {
			t.forgot = now
		}
	}
	t.mu.Unlock()
	if !due {
		return nil
	}
	err := errors.Join(d.measureChanged(ctx), d.sayHolds(ctx))
	if forget {
		err = errors.Join(err, d.store.ForgetLosses(ctx, now.Add(-forgetBefore)))
	}
	return err
}

// sayHolds warns of what is held, once a minute of each connector.
func (d *Directory) sayHolds(ctx context.Context) error {
	counts, err := d.store.HoldCounts(ctx)
	t, now := &d.tending, d.now()
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, c := range counts {
		if now.Sub(t.said[c.Connector]) < sayEvery {
			continue
		}
		if t.said == nil {
			t.said = make(map[string]time.Time)
		}
		t.said[c.Connector] = now
		d.log.Warn("changes are held; muster holds list "+c.Connector+" shows them",
			"connector", c.Connector, "users", c.Users, "memberships", c.Memberships, "keys", c.Keys, "since", c.Since)
	}
	return err
}

// measureChanged measures connectors that have changed and were not measured for a while, so
// that a request which takes something away seldom has to.
func (d *Directory) measureChanged(ctx context.Context) error {
	t, now := &d.tending, d.now()
	byDirectory := make(map[uuid.UUID][]uuid.UUID)
	t.mu.Lock()
	for connector, directory := range t.changed {
		if now.Sub(t.measured[connector]) >= sizeAge {
			byDirectory[directory] = append(byDirectory[directory], connector)
			t.measured[connector] = now
			delete(t.changed, connector)
		}
	}
	t.mu.Unlock()
	for directory, connectors := range byDirectory {
		if err := d.measure(ctx, directory, connectors); err != nil {
			return fmt.Errorf("measuring what the connectors of directory %s support: %w", directory, err)
		}
	}
	return nil
}

func (d *Directory) measure(ctx context.Context, directory uuid.UUID, connectors []uuid.UUID) error {
	var due []uuid.UUID
	for _, c := range connectors {
		last, err := d.store.Measured(ctx, directory, c)
		if err != nil {
			return err
		}
		if d.now().Sub(last) >= sizeAge {
			due = append(due, c)
		}
	}
	if len(due) == 0 {
		return nil // another replica did
	}
	return d.store.Write(ctx, Scope{Directory: directory}, func(tx Tx) error {
		now := d.now()
		sizes, err := tx.Measure(ctx, due)
		if err != nil {
			return err
		}
		changes := &Changes{TouchedAt: now}
		for _, c := range due {
			changes.Sizes = append(changes.Sizes, SizeRow{Connector: c, At: now, Sizes: sizes[c]})
		}
		tx.Save(changes)
		return nil
	})
}
