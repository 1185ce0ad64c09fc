package directory

import (
	"context"

	"github.com/google/uuid"

	"github.com/muster-scim/muster/policy"
	"github.com/muster-scim/muster/policy/mapping"
	"github.com/muster-scim/muster/scim"
)

// MappingStore is what the test bench and the coverage of mappings need of a database.
type MappingStore interface {
	// MappedRecords reads a page of a connector's records that are not deleted, in the order of
	// their ids, those after one.
	MappedRecords(ctx context.Context, directory, connector, after uuid.UUID, limit int) ([]MappedRecord, error)
	// MappedRecord reads one of them; ErrNotFound when there is none.
	MappedRecord(ctx context.Context, directory, connector, id uuid.UUID) (MappedRecord, error)
}

// MappedRecord is a record as a mapping sees it.
type MappedRecord struct {
	ID       uuid.UUID
	State    policy.State
	Document []byte // what settling last accepted; of a record without a view, what the IdP says
	Held     []byte // what its user holds; empty when it has none
	Counted  bool   // it counted at some time
	Revised  bool
}

// given is the record in the words of package mapping.
func (m MappedRecord) given(connector string) mapping.Record {
	r := mapping.Record{Document: scim.ParseDocument(m.Document), Connector: connector, New: !m.Counted, Revised: m.Revised}
	if len(m.Held) > 0 {
		r.Current = scim.ParseDocument(m.Held)
	}
	return r
}

// MappingTrial asks what a mapping makes of one record.
type MappingTrial struct {
	Mapping  *policy.Mapping // nil: the connector's own
	Record   uuid.UUID       // a stored record, or
	Payload  map[string]any  // what an IdP would send of a user
	Existing bool            // as if it had counted and been changed since: steps with when "update" take effect
	Groups   []string        // names that an IdP sends, to see what renames make of them
}

// MappingTried is what a mapping makes of one record. Nothing of it is kept.
type MappingTried struct {
	Before  map[string]any
	After   map[string]any // what its user would be given; with a problem, what the steps without one make
	Steps   []mapping.StepResult
	Dropped bool
	Problem *mapping.Problem // production decides nothing then: the user keeps what it holds
	New     bool             // the record has not counted before
	Masked  bool             // sensitive attributes are hidden, from the expressions too
	Groups  []MappedName
}

// MappedName is a group's name and what renames make of it.
type MappedName struct{ Before, After string }

// TryMapping runs a mapping over a stored record or a payload, by the program that settling uses.
func (d *Directory) TryMapping(ctx context.Context, connector string, t MappingTrial) (MappingTried, error) {
	c, err := d.connector(ctx, connector)
	if err != nil {
		return MappingTried{}, err
	}
	rules := c.Rules
	if t.Mapping != nil {
		rules.Mapping = *t.Mapping
	}
	compiled, err := policy.Compile(policy.Rules{Mapping: rules.Mapping})
	if err != nil {
		return MappingTried{}, err
	}
	out := MappingTried{}
	for _, name := range t.Groups {
		out.Groups = append(out.Groups, MappedName{name, compiled.GroupName(name)})
	}
	if t.Record == uuid.Nil && t.Payload == nil {
		return out, nil
	}
	given, err := d.givenFor(ctx, c, t)
	if err != nil {
		return MappingTried{}, err
	}
	out.Before, out.New = given.Document, given.New
	if t.Record != uuid.Nil {
		settings, err := d.store.Settings(ctx, c.DirectoryID)
		if err != nil {
			return MappingTried{}, err
		}
		shown, held := scim.Mask(given.Document, settings.sensitive(c.ID)), scim.Mask(given.Current, settings.sensitiveAnywhere()) // others may have given that
		out.Masked = !scim.Equal(shown, given.Document) || !scim.Equal(held, given.Current)
		given.Document, given.Current, out.Before = shown, held, shown
	}
	result := compiled.Attributes().Trace(given)
	out.After, out.Steps, out.Dropped, out.Problem = result.Document, result.Steps, result.Dropped, result.Problem
	return out, nil
}

// givenFor is the record that a trial is about.
func (d *Directory) givenFor(ctx context.Context, c *Connector, t MappingTrial) (mapping.Record, error) {
	given := mapping.Record{Connector: c.Slug, New: true}
	if t.Record != uuid.Nil {
		stored, err := d.store.MappedRecord(ctx, c.DirectoryID, c.ID, t.Record)
		if err != nil {
			return given, err
		}
		given = stored.given(c.Slug)
	} else {
		doc, _, err := scim.ParseUser(t.Payload, scim.Options{})
		if err != nil {
			return given, err
		}
		given.Document = doc
	}
	if t.Existing {
		given.New, given.Revised = false, true
		if given.Current == nil {
			given.Current = given.Document
		}
	}
	return given, nil
}
