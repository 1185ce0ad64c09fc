package sql

import (
	"context"
	"strings"

	"github.com/muster-scim/muster/tenants"
)

// ofOwnTenant is the condition that a column holds one of the tenants that the context's
// administrator is limited to; always where nothing limits it.
func ofOwnTenant(ctx context.Context, column string) fragment {
	only, limited := tenants.OnlyOf(ctx)
	switch {
	case !limited:
		return always
	case len(only) == 0:
		return never
	}
	f := cat(column + " in (")
	for i, id := range only {
		if i > 0 {
			f = cat(f, ", ")
		}
		f = cat(f, argument{id})
	}
	return cat(f, ")")
}

// ofOwnConnector is ofOwnTenant for a column that holds a connector.
func ofOwnConnector(ctx context.Context, column string) fragment {
	own := ofOwnTenant(ctx, "c.tenant_id")
	if own.isAlways() || own.isNever() {
		return own
	}
	return cat(column+" in (select c.id from connectors c where ", own, ")")
}

// onlyOf is the condition that users r have a record, be it a tombstone, of a tenant that the
// context's administrator is limited to; empty where nothing limits it.
func onlyOf(ctx context.Context) fragment {
	own := ofOwnTenant(ctx, "o.tenant_id")
	if own.isAlways() {
		return cat("")
	}
	return cat(" and exists (select 1 from user_records o where o.user_id = r.id and ", own, ")")
}

// onlyText tells lists of differently limited administrators apart, in their cursors.
func onlyText(ctx context.Context) string {
	only, limited := tenants.OnlyOf(ctx)
	if !limited {
		return ""
	}
	var text strings.Builder
	for _, id := range only {
		text.WriteString("\x00" + id.String())
	}
	return text.String() + "\x00only"
}
