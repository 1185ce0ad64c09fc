package directory

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/google/uuid"

	"github.com/muster-scim/muster/policy"
	"github.com/muster-scim/muster/scim/canonical"
)

// Erasure is what else of a person goes when it is erased: clear values of the audit, and what
// conflicts, plans and lists of members say of it by name.
type Erasure struct {
	Keys    []string // key forms of its names, addresses and identifiers
	Records []uuid.UUID
}

// Erased is what an erasure leaves.
type Erased struct {
	User    uuid.UUID
	Records int // tombstones that went with it

	// StillSaid are the connectors that hold a record of the same userName, which never became
	// this user: what they say stays until their IdP deletes it.
	StillSaid []string
}

// EraseUser erases one person for good: the user, the tombstones of its records, and every clear
// value that the audit, conflicts, holds and plans hold of it. That something happened to the user
// of that id, when and by whom, stays. userName confirms who is meant. A person whom an IdP still
// holds is refused: it would send what was erased again. Of a user who was purged the audit still
// holds clear values, and those are erased by the same id.
func (d *Directory) EraseUser(ctx context.Context, by Admin, directory string, id uuid.UUID, userName string) (Erased, error) {
	var out Erased
	var name string
	key, err := d.store.Key(ctx, purposeFormer)
	if err != nil {
		return Erased{}, err
	}
	err = d.inDirectory(ctx, by, directory, func(w *work) error {
		out = Erased{User: id}
		p, err := w.person(id, Request{})
		if err != nil {
			return err
		}
		if canonical.Key(userName) != p.User.UserNameKey {
			return &RefusedError{Code: "confirmationMismatch", Detail: "userName must be that of the user to erase, as a confirmation; nothing was erased"}
		}
		if err := w.letGoByIDPs(p); err != nil {
			return err
		}
		name = p.User.UserNameKey
		former := p.formerKeys(key)
		gone := w.forget(p)
		gone.Former = append(former, formerKey(key, p.User.Directory, formerUserName, p.User.UserNameKey))
		gone.Erase = &Erasure{Keys: p.keysKnown(), Records: gone.Tombstones}
		w.changes.Purge = append(w.changes.Purge, gone)
		out.Records = len(gone.Tombstones)
		w.event("directory.user.erased", EventRow{User: id, Changes: map[string]any{"records": out.Records}})
		return nil
	})
	if errors.Is(err, ErrNotFound) {
		name = canonical.Key(userName)
		out, err = d.erasePurged(ctx, by, directory, id, name, key)
	}
	if err != nil {
		return Erased{}, err
	}
	out.StillSaid, err = d.stillSaid(ctx, directory, name)
	return out, err
}

// stillSaid are the slugs of the connectors that hold a record of a userName, by its key form.
func (d *Directory) stillSaid(ctx context.Context, directory, key string) ([]string, error) {
	info, err := d.ReadDirectory(ctx, directory)
	if err != nil {
		return nil, err
	}
	settings, err := d.store.Settings(ctx, info.ID)
	if err != nil {
		return nil, err
	}
	ids, err := d.store.HoldersOfName(ctx, info.ID, key)
	if err != nil {
		return nil, fmt.Errorf("looking for records of an erased name: %w", err)
	}
	var slugs []string
	for _, id := range ids {
		if c := settings.Connectors[id]; c != nil {
			slugs = append(slugs, c.Slug)
		}
	}
	slices.Sort(slugs)
	return slugs, nil
}

// letGoByIDPs refuses a person of whom an IdP still holds a record.
func (w *work) letGoByIDPs(p *Person) error {
	var holders []uuid.UUID
	for _, r := range p.Records {
		if r.State != policy.Deleted || r.ViewState != NoView && r.ViewState != ViewState(policy.Deleted) {
			holders = append(holders, r.Connector)
		}
	}
	if len(holders) == 0 {
		return nil
	}
	return w.heldStill(holders)
}

// heldStill refuses to erase whom connectors hold a record of.
func (w *work) heldStill(connectors []uuid.UUID) error {
	holders := make([]string, len(connectors))
	for i, c := range connectors {
		holders[i] = w.called(c)
	}
	slices.Sort(holders)
	return &RefusedError{Code: "stillHeld", Detail: fmt.Sprintf("%s still holds a record of this user and would send it again. Delete the user at the IdP, or clear the connector's records, then erase", strings.Join(slices.Compact(holders), ", "))}
}

// keysKnown are the key forms of everything by which the directory and the records know a person.
func (p *Person) keysKnown() []string {
	keys := []string{p.User.UserNameKey, p.User.EmailKey}
	for _, r := range p.Records {
		keys = append(keys, r.UserNameKey, canonical.Key(r.ExternalID), canonical.Key(r.EmployeeNumber), r.ID.String())
		for _, mail := range r.document().Emails() {
			keys = append(keys, canonical.Key(mail))
		}
	}
	slices.Sort(keys)
	return slices.DeleteFunc(slices.Compact(keys), func(k string) bool { return k == "" })
}
