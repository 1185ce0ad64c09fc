package tenants

import (
	"context"

	"github.com/google/uuid"
)

// Only are the tenants that an administrator is limited to. Lists of people hold only those with a
// record of one of them; none at all is nobody.
type Only []uuid.UUID

type onlyKey struct{}

// WithOnly returns a context whose lists of people are limited.
func WithOnly(ctx context.Context, only Only) context.Context {
	return context.WithValue(ctx, onlyKey{}, only)
}

// OnlyOf returns the limit of a context; ok is false where there is none.
func OnlyOf(ctx context.Context) (only Only, ok bool) {
	only, ok = ctx.Value(onlyKey{}).(Only)
	return only, ok
}
