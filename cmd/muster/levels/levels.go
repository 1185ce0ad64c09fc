// Package levels is the log level of a running server: the one it was started with, and changes of
// it, for everything or for one connector, each of which ends by itself.
//
// A change is kept in the database, where every replica finds it within Every; the replica that took
// it logs by it at once. It knows the log and the store, and nothing of HTTP.
package levels

import (
	"context"
	"log/slog"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/muster-scim/muster/tenants"
)

// Every is how often a replica looks for changes that others took.
const Every = 5 * time.Second

// Store keeps changes for every replica. *sql.Store is one.
type Store interface {
	ChangeLogLevel(ctx context.Context, l tenants.LogLevel) error
	// LogLevels are the changes that hold now, at most one of each connector and one of everything.
	LogLevels(ctx context.Context) ([]tenants.LogLevel, error)
}

// Levels says what is logged. Handlers made by Handler ask it.
type Levels struct {
	started slog.Level
	now     func() time.Time
	// connectorOf is the connector that a context's request names; empty: none.
	connectorOf func(context.Context) string

	store   Store
	changed atomic.Pointer[changes] // nil: nothing is changed
}

// changes are those that hold, or held a moment ago.
type changes struct {
	all        *tenants.LogLevel
	connectors map[string]tenants.LogLevel
	least      slog.Level // of all of them
	firstToEnd time.Time
}

// New returns the levels of a server that was started with one. connectorOf may be nil.
func New(started slog.Level, now func() time.Time, connectorOf func(context.Context) string) *Levels {
	if connectorOf == nil {
		connectorOf = func(context.Context) string { return "" }
	}
	return &Levels{started: started, now: now, connectorOf: connectorOf}
}

// Use tells where changes are kept. It comes before the first request.
func (l *Levels) Use(s Store) { l.store = s }

// Started is the level that the server was started with.
func (l *Levels) Started() string { return strings.ToLower(l.started.String()) }

// Change keeps a change for every replica and takes it over.
func (l *Levels) Change(ctx context.Context, c tenants.LogLevel) error {
	if err := l.store.ChangeLogLevel(ctx, c); err != nil {
		return err
	}
	return l.Look(ctx)
}

// Holding are the changes that hold now.
func (l *Levels) Holding(ctx context.Context) ([]tenants.LogLevel, error) {
	return l.store.LogLevels(ctx)
}

// Look takes over what the store has.
func (l *Levels) Look(ctx context.Context) error {
	all, err := l.store.LogLevels(ctx)
	if err != nil {
		return err
	}
	l.take(all)
	return nil
}

// Run looks at every tick until ctx ends. While the database is away, what was known goes on to hold,
// and to end.
func (l *Levels) Run(ctx context.Context, tick <-chan time.Time, failed func(error)) {
	for {
		looking, cancel := context.WithTimeout(ctx, Every)
		if err := l.Look(looking); err != nil && ctx.Err() == nil {
			failed(err)
		}
		cancel()
		select {
		case <-ctx.Done():
			return
		case <-tick:
		}
	}
}

func (l *Levels) take(all []tenants.LogLevel) {
	if len(all) == 0 {
		l.changed.Store(nil)
		return
	}
	c := &changes{connectors: map[string]tenants.LogLevel{}, least: l.started, firstToEnd: all[0].Until}
	for _, one := range all {
		if one.Connector == "" {
			c.all = &one
		} else {
			c.connectors[one.Connector] = one
		}
		c.least = min(c.least, one.Slog())
		if one.Until.Before(c.firstToEnd) {
			c.firstToEnd = one.Until
		}
	}
	l.changed.Store(c)
}

// current are the changes that hold; nil if there are none. Those that are over leave.
func (l *Levels) current() *changes {
	c := l.changed.Load()
	if c == nil {
		return nil
	}
	now := l.now()
	if now.Before(c.firstToEnd) {
		return c
	}
	var left []tenants.LogLevel
	if c.all != nil {
		left = append(left, *c.all)
	}
	for _, one := range c.connectors {
		left = append(left, one)
	}
	left = slices.DeleteFunc(left, func(one tenants.LogLevel) bool { return !now.Before(one.Until) })
	l.take(left)
	return l.changed.Load()
}

// of is the level that holds for a connector; empty: for what concerns none.
func (l *Levels) of(c *changes, connector string) slog.Level {
	if one, ok := c.connectors[connector]; ok && connector != "" {
		return one.Slog()
	}
	if c.all != nil {
		return c.all.Slog()
	}
	return l.started
}
