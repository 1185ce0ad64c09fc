package directory

import (
	"context"
	"time"

	"github.com/google/uuid"

	"github.com/muster-scim/muster/policy"
)

// SafetyNow is what safety limits mean for a connector at a moment.
type SafetyNow struct {
	Safety   policy.Safety
	Counters []SafetyCounter // users, memberships, keys
	Until    time.Time       // of an announced window, in which nothing counts; zero if there is none
}

// SafetyCounter is one counter: how much was taken away, and how much may be.
type SafetyCounter struct {
	Kind                string // users, memberships or keys
	Supported           int    // the most that the connector supported within the window
	Lost, Limit         int    // within the window
	LostInDay, DayLimit int    // within 24 hours
}

// SafetyNow says what limits let through of a connector now, and how much of it is used up: those
// of the rules in force, or of a draft, whose other parts may be half written. It measures as
// settling does, and keeps and locks nothing.
func (d *Directory) SafetyNow(ctx context.Context, connector string, draft *policy.Rules) (SafetyNow, error) {
	c, err := d.connector(ctx, connector)
	if err != nil {
		return SafetyNow{}, err
	}
	rules := c.Rules
	if draft != nil {
		if _, err := policy.Compile(policy.Rules{Safety: draft.Safety}); err != nil {
			return SafetyNow{}, err
		}
		rules = *draft
	}
	book := &ledger{connector: c, rules: rules.Safety}
	err = d.store.Look(ctx, Scope{Directory: c.DirectoryID, Connector: c.ID}, func(tx Tx) error {
		w := newWork(d, ctx, tx, Scope{Directory: c.DirectoryID}, worker)
		window := time.Duration(rules.Safety.Window)
		read, _, err := tx.Ledgers(ctx, []LedgerRequest{{Connector: c.ID, Window: w.now.Add(-window), Day: w.now.Add(-day), Sized: w.now.Add(-max(window, sizeAge))}}, map[uuid.UUID]int{}, w.now)
		if err != nil {
			return err
		}
		book.Ledger = read[c.ID]
		if book.Measured.IsZero() || max(book.Most.Users, book.Most.Memberships) <= smallSize {
			return w.measure(book)
		}
		return nil
	})
	if err != nil {
		return SafetyNow{}, err
	}
	out := SafetyNow{Safety: rules.Safety}
	if book.Until.After(d.now()) {
		out.Until = book.Until
	}
	for _, kind := range []string{countedUsers, countedMemberships, countedKeys} {
		limit, _ := book.limit(kind)
		n := SafetyCounter{Kind: kind, Supported: book.Most.Users, Lost: *of(&book.Window, kind), Limit: limit, LostInDay: *of(&book.Day, kind), DayLimit: 3 * limit}
		if kind == countedMemberships {
			n.Supported = book.Most.Memberships
		}
		out.Counters = append(out.Counters, n)
	}
	return out, nil
}
