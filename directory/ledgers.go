package directory

import (
	"time"

	"github.com/google/uuid"
)

// readLedgers locks and reads the counters of the connectors behind new losses, and how full the
// groups are that somebody would leave. Connectors that nobody measured within the window are
// measured before anything is lost.
func (w *work) readLedgers(all []*weighed) error {
	s := w.safety
	s.ledgers, s.peaks, s.gone = make(map[uuid.UUID]*ledger), make(map[uuid.UUID]Peak), make(map[uuid.UUID]int)
	var asked []LedgerRequest
	leaving := make(map[uuid.UUID]int)
	since := w.now
	for _, x := range all {
		for _, l := range x.fresh {
			if id := groupHeld(x.Person, l); id != uuid.Nil {
				leaving[id]++
			}
			if s.ledgers[l.Connector] != nil {
				continue
			}
			c := w.settings.Connectors[l.Connector]
			book := &ledger{connector: c, rules: c.Policy.Rules.Rules().Safety}
			s.ledgers[l.Connector] = book
			window := time.Duration(book.rules.Window)
			asked = append(asked, LedgerRequest{Connector: c.ID, Window: w.now.Add(-window), Day: w.now.Add(-day), Sized: w.now.Add(-max(window, sizeAge))})
			if from := w.now.Add(-window); from.Before(since) {
				since = from
			}
		}
	}
	if len(asked) == 0 {
		return nil
	}
	read, peaks, err := w.tx.Ledgers(w.ctx, asked, leaving, since)
	if err != nil {
		return err
	}
	s.peaks = peaks
	var unmeasured []*ledger
	for _, id := range sortedIDs(s.ledgers) {
		book := s.ledgers[id]
		book.Ledger = read[id]
		if book.Measured.IsZero() && !book.Until.After(w.now) {
			unmeasured = append(unmeasured, book)
		}
	}
	return w.measure(unmeasured...)
}

// measure counts what connectors support now. What they lost within the window they supported
// before, so it is a part of the most; what this transaction takes away is still counted.
func (w *work) measure(books ...*ledger) error {
	if len(books) == 0 {
		return nil
	}
	ids := make([]uuid.UUID, len(books))
	for i, b := range books {
		ids[i] = b.connector.ID
	}
	sizes, err := w.tx.Measure(w.ctx, ids)
	if err != nil {
		return err
	}
	for _, b := range books {
		size := sizes[b.connector.ID]
		size.Users += b.Window.Users - b.passed.Users
		size.Memberships += b.Window.Memberships - b.passed.Memberships
		b.Most.Users, b.Most.Memberships = max(b.Most.Users, size.Users), max(b.Most.Memberships, size.Memberships)
		b.Measured, b.sizes = w.now, &SizeRow{Connector: b.connector.ID, At: w.now, Sizes: size}
	}
	return nil
}

// keepLedgers writes what this transaction let through and measured. Times of rows never go
// back, though the clocks of replicas differ: their order is that of their totals.
func (w *work) keepLedgers() {
	for _, id := range sortedIDs(w.safety.ledgers) {
		b := w.safety.ledgers[id]
		if b.sizes != nil {
			w.changes.Sizes = append(w.changes.Sizes, *b.sizes)
		}
		at := w.now
		if b.Last.After(at) {
			at = b.Last
		}
		for _, kind := range []string{countedUsers, countedMemberships, countedKeys} {
			if n := *of(&b.passed, kind); n > 0 {
				w.changes.Losses = append(w.changes.Losses, LossRow{Connector: id, Kind: kind, N: n, Total: *of(&b.Total, kind) + n, At: at})
			}
		}
	}
}
