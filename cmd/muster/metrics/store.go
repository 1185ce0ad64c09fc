package metrics

import (
	"context"
	"time"

	"github.com/muster-scim/muster/directory"
	"github.com/muster-scim/muster/policy"
)

// Store counts what goes through a store: changes with their parts, and the events that they write.
func (m *Metrics) Store(next directory.Store) directory.Store { return &store{Store: next, m: m} }

type store struct {
	directory.Store
	m *Metrics
}

// Write implements directory.Store.
func (s *store) Write(ctx context.Context, scope directory.Scope, f func(directory.Tx) error) error {
	began := time.Now()
	var last *tx
	err := s.Store.Write(ctx, scope, func(inner directory.Tx) error {
		last = &tx{Tx: inner, began: time.Now()} // a former try, if there was one, wrote nothing
		return f(last)
	})
	outcome := "done"
	if err != nil {
		outcome = "failed"
	}
	s.m.transactions.WithLabelValues(outcome).Observe(time.Since(began).Seconds())
	if err != nil || last == nil || last.saved.IsZero() {
		return err
	}
	s.m.parts.WithLabelValues("load").Observe(last.load.Seconds())
	s.m.parts.WithLabelValues("decide").Observe((last.saved.Sub(last.began) - last.load).Seconds())
	s.m.parts.WithLabelValues("save").Observe(time.Since(last.saved).Seconds())
	for _, e := range last.events {
		s.m.events.WithLabelValues(s.m.labels.of(e.Connector), e.Action, codeOf(e)).Inc()
	}
	return nil
}

// tx notes when things happen in one try of a transaction.
type tx struct {
	directory.Tx
	began, saved time.Time
	load         time.Duration
	events       []directory.EventRow
}

// Load implements directory.Tx.
func (t *tx) Load(ctx context.Context, r directory.Request) (*directory.Scene, error) {
	began := time.Now()
	scene, err := t.Tx.Load(ctx, r)
	t.load += time.Since(began)
	return scene, err
}

// Save implements directory.Tx. A transaction may save more than once.
func (t *tx) Save(c *directory.Changes) {
	t.Tx.Save(c)
	t.saved = time.Now()
	t.events = append(t.events, c.Events...)
}

// codeOf is the code of the reason that an event gives, which is from a closed set; empty without one.
func codeOf(e directory.EventRow) string {
	switch because := e.Changes["because"].(type) {
	case policy.Reason:
		return string(because.Code)
	case *policy.Reason:
		if because != nil {
			return string(because.Code)
		}
	}
	return ""
}
