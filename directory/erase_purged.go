package directory

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/google/uuid"

	"github.com/muster-scim/muster/policy"
	"github.com/muster-scim/muster/scim"
	"github.com/muster-scim/muster/scim/canonical"
)

// Purging takes the user, and leaves to the audit what it tells of it until retention ends that.
// Whoever wants to be erased meanwhile is known by the id and the clear values alone.

// Traces are what the audit knows of a user who was purged.
type Traces struct {
	Purged  bool        // it was; else nothing else is filled in
	Records []uuid.UUID // that were linked to the user when it was
	Holders []uuid.UUID // connectors that hold one of them still, by id
	Values  []json.RawMessage
}

// erasePurged is EraseUser for a user who is not there any more. name is the key form of the
// userName that confirms it: one that the clear values give the user.
func (d *Directory) erasePurged(ctx context.Context, by Admin, directory string, id uuid.UUID, name string, key []byte) (Erased, error) {
	info, err := d.ReadDirectory(ctx, directory)
	if err != nil {
		return Erased{}, err
	}
	traces, err := d.store.Traces(ctx, info.ID, id)
	if err != nil {
		return Erased{}, err
	}
	if !traces.Purged || len(traces.Values) == 0 {
		return Erased{}, ErrNotFound
	}
	known := traces.known()
	if !slices.Contains(known, knownKey{formerUserName, name}) {
		return Erased{}, &RefusedError{Code: "confirmationMismatch", Detail: "userName must be one that the purged user had, as a confirmation; nothing was erased"}
	}
	same, err := d.Users(ctx, directory, fmt.Sprintf("userName eq %q", name), "", Listing{Limit: 1})
	if err == nil && len(same.Items) == 0 {
		same, err = d.Users(ctx, directory, fmt.Sprintf("userName eq %q", name), policy.UserDeleted, Listing{Limit: 1})
	}
	if err != nil {
		return Erased{}, err
	}
	err = d.change(ctx, Scope{Directory: info.ID}, by.actor(), func(w *work) error {
		if _, err := w.load(Request{}); err != nil {
			return err
		}
		if len(traces.Holders) > 0 {
			return w.heldStill(traces.Holders)
		}
		gone := Purge{User: id, Erase: &Erasure{Records: traces.Records}}
		if len(same.Items) == 0 {
			gone.UserName = name
		}
		for _, k := range known {
			gone.Former = append(gone.Former, formerKey(key, info.ID, k.kind, k.key))
			if gone.UserName != "" {
				gone.Erase.Keys = append(gone.Erase.Keys, k.key)
			}
		}
		for _, r := range traces.Records {
			if gone.UserName != "" {
				gone.Erase.Keys = append(gone.Erase.Keys, r.String())
			}
		}
		slices.Sort(gone.Erase.Keys)
		gone.Erase.Keys = slices.Compact(gone.Erase.Keys)
		w.changes.Purge = append(w.changes.Purge, gone)
		w.event("directory.user.erased", EventRow{User: id, Changes: map[string]any{"records": 0, "purged": true}})
		return nil
	})
	return Erased{User: id}, err
}

// knownKey is something by which a person was known, in its key form.
type knownKey struct{ kind, key string }

// known is everything by which the clear values know the user.
func (t Traces) known() (keys []knownKey) {
	add := func(kind, text string) {
		if k := (knownKey{kind, canonical.Key(text)}); k.key != "" && !slices.Contains(keys, k) {
			keys = append(keys, k)
		}
	}
	for _, values := range t.Values {
		for _, doc := range documentsIn(values) {
			add(formerUserName, doc.UserName())
			for _, mail := range doc.Emails() {
				add(formerEmail, mail)
			}
			external, number := doc.ExternalID(), doc.Enterprise("employeeNumber")
			if !strings.Contains(external, scim.Masked) {
				add(formerExternalID, external)
			}
			if !strings.Contains(number, scim.Masked) {
				add(formerEmployeeNumber, number)
			}
		}
	}
	return keys
}

// documentsIn are the documents of which the clear values of an event tell: the whole one of who
// came, or what a change found and what it left.
func documentsIn(values json.RawMessage) []scim.Document {
	whole := scim.ParseDocument(values)
	if came, ok := whole["attributes"].(map[string]any); ok && len(whole) == 1 {
		return []scim.Document{came}
	}
	before, after := scim.Document{}, scim.Document{}
	for name, value := range whole {
		if change, ok := value.(map[string]any); ok {
			before[name], after[name] = change["before"], change["after"]
		}
	}
	return []scim.Document{before, after}
}
