package tenants

import (
	"context"

	"github.com/google/uuid"
)

// Only are the tenants that an administrator is limited to. Lists, searches and counts of storage
// hold only what is of one of them: people with a record of it, its groups, jobs and requests, and
// the groups of no tenant. None at all is nobody.
type Only []uuid.UUID

type onlyKey struct{}

// WithOnly returns a context whose lists are limited.
func WithOnly(ctx context.Context, only Only) context.Context {
	return context.WithValue(ctx, onlyKey{}, only)
}

// OnlyOf returns the limit of a context; ok is false where there is none.
func OnlyOf(ctx context.Context) (only Only, ok bool) {
	only, ok = ctx.Value(onlyKey{}).(Only)
	return only, ok
}
