package directory

import (
	"bytes"
	"encoding/json"
	"time"

	"github.com/google/uuid"

	"github.com/muster-scim/muster/policy"
	"github.com/muster-scim/muster/scim"
	"github.com/muster-scim/muster/scim/canonical"
)

// say sets what the IdP says of the record: its document and, unless it is a tombstone, whether
// it is active. A document that does not say so leaves the state as it is.
func (r *RecordRow) say(doc scim.Document) {
	r.JSON = doc.JSON()
	r.Search = doc.SearchJSON()
	r.parsed, r.parsedOf = doc, r.JSON
	r.UserNameKey = canonical.Key(doc.UserName())
	r.ExternalID = doc.ExternalID()
	r.EmployeeNumber = doc.Enterprise("employeeNumber")
	r.ShownName = doc.ShownName()
	r.EmailKeys = make([]string, 0, 1)
	for _, email := range doc.Emails() {
		if key := canonical.Key(email); key != "" {
			r.EmailKeys = append(r.EmailKeys, key)
		}
	}
	if active, said := doc.Active(); said {
		r.State = policy.Inactive
		if active {
			r.State = policy.Active
		}
	}
}

// advance makes the view what the record is now.
func (r *RecordRow) advance() {
	r.Revised = r.Revised || r.ViewJSON != nil && !r.FirstCounted.IsZero()
	r.ViewState = ViewState(r.State)
	r.ViewJSON = nil
}

// standStill keeps the view as it was before the record changes from old.
func (r *RecordRow) standStill(old json.RawMessage) {
	if r.ViewState != NoView && r.ViewJSON == nil {
		r.ViewJSON = old
	}
}

// view is the document that settling last accepted.
func (r *RecordRow) view() json.RawMessage {
	if r.ViewJSON != nil {
		return r.ViewJSON
	}
	return r.JSON
}

// document is view, parsed once. It is not to be changed.
func (r *RecordRow) document() scim.Document {
	view := r.view()
	if r.parsed == nil || !sameSlice(r.parsedOf, view) {
		r.parsed, r.parsedOf = scim.ParseDocument(view), view
	}
	return r.parsed
}

// sameSlice says whether a and b are the same bytes in memory, not just equal ones.
func sameSlice(a, b json.RawMessage) bool {
	return len(a) == len(b) && (len(a) == 0 || &a[0] == &b[0])
}

// viewSearch is view in comparable form, computed only when it is not at hand.
func (r *RecordRow) viewSearch() json.RawMessage {
	if r.ViewJSON == nil && r.Search != nil {
		return r.Search
	}
	return r.document().SearchJSON()
}

func (r *RecordRow) record() UserRecord {
	return UserRecord{ID: r.ID, JSON: r.JSON, Created: r.Created, Modified: r.Modified, Version: r.Version}
}

// keys are the values by which linking looks for the record's person.
func (r *RecordRow) keys() Keys {
	doc := r.document()
	return Keys{
		Record: r.ID, Tenant: r.Tenant, Connector: r.Connector,
		UserName:       canonical.Key(doc.UserName()),
		Email:          canonical.Key(doc.PrimaryEmail()),
		ExternalID:     doc.ExternalID(),
		EmployeeNumber: doc.Enterprise("employeeNumber"),
	}
}

// locks are the names of the keys for Request.Keys.
func (k Keys) locks() []string {
	locks := make([]string, 0, 4)
	add := func(kind, value string) {
		if value != "" {
			locks = append(locks, kind+":"+value)
		}
	}
	add("userName", k.UserName)
	add("email", k.Email)
	add("externalId", k.ExternalID)
	add("employeeNumber", k.EmployeeNumber)
	return locks
}

// say sets what the IdP says of the group.
func (g *GroupRow) say(doc scim.Document) {
	g.DisplayName = doc.DisplayName()
	g.NameKey = canonical.Key(g.DisplayName)
	g.ExternalID = doc.ExternalID()
	g.JSON = doc.JSON()
	g.Search = doc.SearchJSON()
}

func (g *GroupRow) record() GroupRecord {
	return GroupRecord{ID: g.ID, JSON: g.JSON, Created: g.Created, Modified: g.Modified, Version: g.Version}
}

// hold sets the user's attributes from a document and its stored and comparable forms.
func (u *UserRow) hold(d scim.Document, stored, search json.RawMessage) {
	u.JSON, u.Search = stored, search
	u.UserName = d.UserName()
	u.UserNameKey = canonical.Key(u.UserName)
	u.EmailKey = canonical.Key(d.PrimaryEmail())
}

func (u *UserRow) user(local bool) User {
	return User{
		ID: u.ID, UserName: u.UserName, Status: u.Status, Block: u.Block, JSON: u.JSON, Local: local,
		Created: u.Created, Modified: u.Modified, PurgeAfter: u.PurgeAfter, Version: u.Version,
	}
}

// newRecord is a record that its IdP has just sent; no view is taken of it yet.
func newRecord(src Source, doc scim.Document, now time.Time) *RecordRow {
	r := &RecordRow{
		ID: newID(), Connector: src.Connector.ID, Directory: src.Connector.DirectoryID, Tenant: src.Connector.TenantID,
		State: policy.Active, ViewState: NoView, Version: 1, Created: now, Modified: now,
	}
	r.say(doc)
	return r
}

func sameJSON(a, b json.RawMessage) bool { return bytes.Equal(a, b) }

// idOf reads an id; zero when the text is none.
func idOf(text string) uuid.UUID {
	id, err := uuid.Parse(text)
	if err != nil {
		return uuid.Nil
	}
	return id
}
