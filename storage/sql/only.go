package sql

import (
	"context"
	"strings"

	"github.com/muster-scim/muster/tenants"
)

// onlyOf is the condition that users r have a record, be it a tombstone, of a tenant that the
// context's administrator is limited to; empty where nothing limits it.
func onlyOf(ctx context.Context) fragment {
	only, limited := tenants.OnlyOf(ctx)
	switch {
	case !limited:
		return cat("")
	case len(only) == 0:
		return cat(" and 1 = 0")
	}
	f := cat(" and exists (select 1 from user_records o where o.user_id = r.id and o.tenant_id in (")
	for i, id := range only {
		if i > 0 {
			f = cat(f, ", ")
		}
		f = cat(f, argument{id})
	}
	return cat(f, "))")
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
