package webhook

import (
	"fmt"
	"slices"
	"strings"

	"github.com/google/uuid"

	"github.com/muster-scim/muster/directory"
	"github.com/muster-scim/muster/tenants"
)

// Types are what a webhook can ask for by name. A family with a star stands for all of it, also
// for what later versions add.
var Types = []string{
	"user.created", "user.updated", "user.enabled", "user.disabled", "user.deleted", "user.restored", "user.linked", "user.unlinked",
	"user.blocked", "user.unblocked", "user.reapplied", "user.copied", "user.purged", "user.erased",
	"group.created", "group.renamed", "group.deleted",
	"membership.added", "membership.changed", "membership.removed",
	"conflict.opened", "conflict.decided", "conflict.reopened",
	"hold.created", "hold.applied", "hold.discarded", "hold.withdrawn",
	"directory.created", "directory.changed", "directory.removed", "directory.restored",
	"connector.created", "connector.changed", "connector.deleted", "connector.retired", "connector.mode.changed", "connector.rules.changed",
}

// Families are the first words of types.
var Families = []string{"user", "group", "membership", "conflict", "hold", "directory", "connector"}

// short are the families that the audit keeps under directory.
var short = []string{"user", "group", "membership", "conflict", "hold"}

// TypeOf is the type of an event's action; false for what webhooks are not told of.
func TypeOf(action string) (string, bool) {
	family, _, _ := strings.Cut(action, ".")
	if family == "connector" {
		return action, true
	}
	rest, ok := strings.CutPrefix(action, "directory.")
	if !ok {
		return "", false
	}
	if family, _, _ = strings.Cut(rest, "."); slices.Contains(short, family) {
		return rest, true
	}
	return action, true
}

// Wants says whether a webhook is told of a type.
func (w Webhook) Wants(kind string) bool {
	return len(w.Types) == 0 || slices.ContainsFunc(w.Types, func(wanted string) bool {
		family, all := strings.CutSuffix(wanted, "*")
		return wanted == kind || all && strings.HasPrefix(kind, family)
	})
}

// checkTypes refuses what would never match.
func checkTypes(types []string) error {
	for i, given := range types {
		family, all := strings.CutSuffix(given, ".*")
		if given == "*" || all && slices.Contains(Families, family) || slices.Contains(Types, given) {
			continue
		}
		field := fmt.Sprintf("types[%d]", i)
		return &tenants.Problem{Kind: tenants.ErrInvalid, Code: tenants.CodeInvalid, Field: field,
			Detail: fmt.Sprintf("%s: there is no type %q; there are %s, and families such as user.*", field, given, strings.Join(Types, ", "))}
	}
	return nil
}

// orderOf is what an event is kept in order by: the user it is about, else the group, else the
// record, else nothing but itself.
func orderOf(e directory.Event) uuid.UUID {
	for _, id := range []uuid.UUID{e.User, e.Group, e.Record} {
		if id != uuid.Nil {
			return id
		}
	}
	return e.ID
}

// DeliveryOf is the delivery of an event to a webhook; false when the webhook does not want it.
func DeliveryOf(w Webhook, e directory.Event) (Delivery, bool) {
	kind, told := TypeOf(e.Action)
	if !told || !w.Wants(kind) {
		return Delivery{}, false
	}
	return Delivery{Webhook: w.ID, Seq: e.Seq, Event: e.ID, Type: kind, Ordered: orderOf(e), State: Pending}, true
}
