package directory

import (
	"slices"

	"github.com/google/uuid"

	"github.com/muster-scim/muster/policy"
)

// Who waits in a conflict waits for somebody: for the user that holds its name, for those that
// its keys find, for the tenant that such a user belongs to. What linking goes by is found again
// by the same keys from the other side: when it changes about a user, every record that waits and
// has a key of that user, as it was or as it is now, is settled again. So the cost is that of
// looking up a handful of keys, however many others wait.

// WaitingFor names the keys whose waiting records are queued: those with an open conflict.
type WaitingFor struct {
	UserNames, Emails            []string // key forms
	ExternalIDs, EmployeeNumbers []string
	Mapped                       []uuid.UUID // connectors whose mapping gives their people other keys than are stored
}

func (k *WaitingFor) add(list *[]string, values ...string) {
	for _, v := range values {
		if v != "" && !slices.Contains(*list, v) {
			*list = append(*list, v)
		}
	}
}

// wake queues the records that wait for a user, by the keys that it has in its row and by those
// that its records bring.
func (w *work) wake(u *UserRow, records []*RecordRow) {
	if u.Version == 0 {
		return // nobody could wait for a user that was not there
	}
	k := w.waitingFor()
	k.add(&k.UserNames, u.UserNameKey)
	k.add(&k.Emails, u.EmailKey)
	for _, r := range records {
		w.wakeIdentifiers(r)
	}
}

// wakeIdentifiers queues the records that wait for a user because of identifiers of its record.
func (w *work) wakeIdentifiers(r *RecordRow) {
	k := w.waitingFor()
	k.add(&k.ExternalIDs, r.ExternalID)
	k.add(&k.EmployeeNumbers, r.EmployeeNumber)
}

// wakeChanged does so when a user became another one for linking.
func (w *work) wakeChanged(before *UserRow, p *Person) {
	u := &p.User
	gone := func(u *UserRow) bool { return u.Status == policy.UserDeleted }
	if before.UserNameKey == u.UserNameKey && before.EmailKey == u.EmailKey && gone(before) == gone(u) && !p.blockChanged {
		return
	}
	w.wake(before, p.Records)
	w.wake(u, p.Records)
}

// wakeEdited does so when the identifiers of a linked record change.
func (w *work) wakeEdited(r, old *RecordRow) {
	if r.User != uuid.Nil && (r.ExternalID != old.ExternalID || r.EmployeeNumber != old.EmployeeNumber) {
		w.wakeIdentifiers(old)
		w.wakeIdentifiers(r)
	}
}

func (w *work) waitingFor() *WaitingFor {
	if w.changes.Wake == nil {
		w.changes.Wake = &WaitingFor{}
		for _, id := range sortedIDs(w.settings.Connectors) {
			if w.settings.Connectors[id].Policy.Rules.Attributes().Names() {
				w.changes.Wake.Mapped = append(w.changes.Wake.Mapped, id)
			}
		}
	}
	return w.changes.Wake
}
