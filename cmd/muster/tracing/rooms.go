package tracing

import (
	"context"
	"errors"
	"maps"
	"slices"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"

	"github.com/muster-scim/muster/directory"
	"github.com/muster-scim/muster/gateway"
	"github.com/muster-scim/muster/policy"
	"github.com/muster-scim/muster/tenants"
)

// Authenticator makes a span of every look at a credential.
func (t *Tracer) Authenticator(next gateway.Authenticator) gateway.Authenticator {
	if t == nil {
		return next
	}
	return &authenticator{next, t}
}

type authenticator struct {
	gateway.Authenticator
	t *Tracer
}

// Authenticate implements gateway.Authenticator.
func (a *authenticator) Authenticate(ctx context.Context, c tenants.Caller) (tenants.Principal, error) {
	ctx, span := a.t.tracer.Start(ctx, "credential")
	defer span.End()
	p, err := a.Authenticator.Authenticate(ctx, c)
	switch {
	case err == nil:
		span.SetAttributes(attribute.String("muster.connector", p.Connector.Slug))
	case !errors.Is(err, tenants.ErrUnauthenticated):
		span.SetStatus(codes.Error, "")
	}
	return p, err
}

// Store makes a span of every change, with one for each of its parts.
func (t *Tracer) Store(next directory.Store) directory.Store {
	if t == nil {
		return next
	}
	return &store{next, t}
}

type store struct {
	directory.Store
	t *Tracer
}

// Write implements directory.Store. A transaction that runs again has the parts of each try.
func (s *store) Write(ctx context.Context, scope directory.Scope, f func(directory.Tx) error) error {
	ctx, span := s.t.tracer.Start(ctx, "transaction")
	defer span.End()
	var last *tx
	err := s.Store.Write(ctx, scope, func(inner directory.Tx) error {
		last.end(nil)
		last = &tx{Tx: inner, t: s.t, ctx: ctx}
		err := f(last)
		last.over()
		return err
	})
	last.end(err)
	if err != nil {
		span.SetStatus(codes.Error, "") // its text may name a person
	}
	if err == nil && last != nil {
		span.SetAttributes(attribute.Int("muster.events", last.events), attribute.StringSlice("muster.reasons", slices.Sorted(maps.Keys(last.reasons))))
	}
	return err
}

// tx is one try of a transaction.
type tx struct {
	directory.Tx
	t        *Tracer
	ctx      context.Context
	deciding trace.Span
	saving   trace.Span
	events   int
	reasons  map[string]bool
}

// Load implements directory.Tx: the first one ends where deciding begins.
func (t *tx) Load(ctx context.Context, r directory.Request) (*directory.Scene, error) {
	_, span := t.t.tracer.Start(t.ctx, "load")
	scene, err := t.Tx.Load(ctx, r)
	span.End()
	if t.deciding == nil {
		_, t.deciding = t.t.tracer.Start(t.ctx, "decide")
	}
	return scene, err
}

// Save implements directory.Tx. What it queues travels with the commit, which ends the span.
func (t *tx) Save(c *directory.Changes) {
	t.over()
	if t.saving == nil {
		_, t.saving = t.t.tracer.Start(t.ctx, "save")
	}
	for _, e := range c.Events {
		t.events++
		if because, ok := e.Changes["because"].(policy.Reason); ok && because.Code != "" {
			if t.reasons == nil {
				t.reasons = map[string]bool{}
			}
			t.reasons[string(because.Code)] = true
		}
	}
	t.Tx.Save(c)
}

// over ends the deciding.
func (t *tx) over() {
	if t.deciding != nil {
		t.deciding.End()
	}
}

// end ends what is open.
func (t *tx) end(err error) {
	if t == nil {
		return
	}
	t.over()
	if t.saving != nil {
		if err != nil {
			t.saving.SetStatus(codes.Error, "")
		}
		t.saving.End()
	}
}
