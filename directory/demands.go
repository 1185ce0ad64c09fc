package directory

import (
	"cmp"
	"encoding/json"
	"slices"
	"strings"

	"github.com/google/uuid"

	"github.com/muster-scim/muster/policy"
	"github.com/muster-scim/muster/scim"
)

// What a connector demands of its users' attributes (tenants.Demands) is judged inside the
// transaction that changes a record, by the settings that hold there:
//
//	required   judged here, before anything is written
//	unique     claimed and released with the record's row; the index decides who was first
//	sensitive  masked in what is written down about the change, and in what administrators read

// UniqueChange is what a record's change does to the values that its connector says are unique.
type UniqueChange struct {
	Record    uuid.UUID
	Connector uuid.UUID
	Release   []UniqueValue
	Claim     []UniqueValue
	All       bool // every value of the record is released first
}

// UniqueValue is a value that one record of a connector has at most. Storage compares the key.
type UniqueValue struct {
	Attribute string // in schema case, of an extension with its URN
	Key       string
	Text      string // as it was sent
}

// UniqueValuesOf are the values of a document at places, in the order of attribute and key.
func UniqueValuesOf(doc scim.Document, places []scim.Place) []UniqueValue {
	var all []UniqueValue
	for _, p := range places {
		if p.Is("userName") {
			continue // which an index of its own keeps unique
		}
		for _, v := range p.Values(doc) {
			all = append(all, UniqueValue{Attribute: p.String(), Key: v.Key, Text: v.Text})
		}
	}
	slices.SortFunc(all, func(a, b UniqueValue) int {
		return cmp.Or(strings.Compare(a.Attribute, b.Attribute), strings.Compare(a.Key, b.Key))
	})
	return all
}

// demand judges what the record of the transaction's connector says now: r after its change,
// before and was what it said until then and its state (nil for a new one). The error is a
// *scim.Error for the IdP.
func (w *work) demand(r *RecordRow, before scim.Document, was policy.State) error {
	c := w.settings.Connectors[r.Connector]
	if c == nil {
		return nil
	}
	required, unique, _ := c.Settings.Places()
	if len(required)+len(unique) == 0 {
		return nil
	}
	after := r.parsed
	if r.State != policy.Inactive { // whoever leaves is let go
		comes := before == nil || was == policy.Inactive
		for _, p := range required {
			if !p.In(after) && (comes || p.In(before)) {
				return scim.InvalidValue("%s is required by this connector and the user has none; map an attribute to it at the identity provider, and send the user again", p.Text())
			}
		}
	}
	if len(unique) == 0 {
		return nil
	}
	change := UniqueChange{Record: r.ID, Connector: r.Connector, Claim: UniqueValuesOf(after, unique)}
	if before != nil {
		had, has := UniqueValuesOf(before, unique), change.Claim
		change.Release = without(had, has)
		change.Claim = without(has, had)
	}
	if len(change.Release)+len(change.Claim) > 0 {
		w.changes.Unique = &change
	}
	return nil
}

// without are those values of a list that others do not have.
func without(list, others []UniqueValue) []UniqueValue {
	return slices.DeleteFunc(slices.Clone(list), func(v UniqueValue) bool {
		return slices.ContainsFunc(others, func(o UniqueValue) bool { return o.Attribute == v.Attribute && o.Key == v.Key })
	})
}

// releaseUnique gives up what a record that goes has claimed.
func (w *work) releaseUnique(r *RecordRow) {
	if c := w.settings.Connectors[r.Connector]; c != nil && len(c.Settings.Unique) > 0 {
		w.changes.Unique = &UniqueChange{Record: r.ID, Connector: r.Connector, All: true}
	}
}

// sensitive are the attributes that one of the connectors calls so.
func (s *Settings) sensitive(connectors ...uuid.UUID) []scim.Place {
	var all []scim.Place
	for _, id := range connectors {
		if c := s.Connectors[id]; c != nil && len(c.Settings.Sensitive) > 0 {
			_, _, places := c.Settings.Places()
			all = append(all, places...)
		}
	}
	return all
}

// sensitiveAnywhere are the attributes that any connector of the directory calls so.
func (s *Settings) sensitiveAnywhere() []scim.Place {
	var all []uuid.UUID
	for id, c := range s.Connectors {
		if len(c.Settings.Sensitive) > 0 {
			all = append(all, id)
		}
	}
	return s.sensitive(all...)
}

// sensitiveOf are the attributes of a user that administrators do not see: what one of the
// connectors that hold a record of it, or held one, calls so. A user without records may have been
// anybody's, and shows nothing that any connector of the directory calls so.
func (s *Settings) sensitiveOf(holders []uuid.UUID) []scim.Place {
	if len(holders) == 0 {
		return s.sensitiveAnywhere()
	}
	return s.sensitive(holders...)
}

// holders are the connectors that hold a record of the person, or held one.
func (p *Person) holders() []uuid.UUID {
	var ids []uuid.UUID
	for _, r := range p.Records {
		ids = append(ids, r.Connector)
	}
	return ids
}

// shown is a user as administrators see it.
func (s *Settings) shown(u User, holders []uuid.UUID) User {
	u.JSON = masked(u.JSON, s.sensitiveOf(holders))
	return u
}

// masked is a stored document with the values at places masked.
func masked(stored json.RawMessage, places []scim.Place) json.RawMessage {
	if len(places) == 0 || len(stored) == 0 {
		return stored
	}
	return scim.Mask(scim.ParseDocument(stored), places).JSON()
}

// maskedDifference is difference with the values at places masked: what changed is told, and not
// from what to what.
func maskedDifference(before, after json.RawMessage, places []scim.Place) (names []string, values map[string]any) {
	names, values = difference(before, after)
	if len(places) == 0 {
		return names, values
	}
	b, a := scim.Mask(scim.ParseDocument(before), places), scim.Mask(scim.ParseDocument(after), places)
	for name := range values {
		told := make(map[string]any, 2)
		if v, was := b[name]; was {
			told["before"] = v
		}
		if v, is := a[name]; is {
			told["after"] = v
		}
		values[name] = told
	}
	return names, values
}
