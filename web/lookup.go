package web

import (
	"context"
	"net/http"

	"github.com/google/uuid"

	"github.com/muster-scim/muster/directory"
	"github.com/muster-scim/muster/policy"
)

// Lookup is whom a text names.
type Lookup struct {
	People  []FoundPerson `json:"people" nullable:"false" doc:"Users of the directory."`
	Records []FoundRecord `json:"records" nullable:"false" doc:"Records that have no user: their connector is not live, or they wait in a conflict, or do not count."`
	More    bool          `json:"more" doc:"Whether the text names more than is shown."`
}

// FoundPerson is a user with every id that it has.
type FoundPerson struct {
	ID       uuid.UUID     `json:"id" format:"uuid" doc:"The user's id in the directory."`
	UserName string        `json:"userName" doc:"Unique in the directory." example:"ada@acme.example"`
	Status   policy.Status `json:"status" enum:"active,disabled,deleted" doc:"What the directory makes of the user."`
	Local    bool          `json:"local" doc:"No IdP ever managed the user."`
	Managed  bool          `json:"managed" doc:"An IdP manages the user."`
	Matched  []FoundBy     `json:"matched" nullable:"false" doc:"Where the text stands."`
	Records  []FoundRecord `json:"records" nullable:"false" doc:"Its records, with the ids by which each IdP knows it."`
}

// FoundBy is where a text stands.
type FoundBy struct {
	By        string `json:"by" enum:"id,userName,email,externalId,employeeNumber" doc:"As what."`
	Connector string `json:"connector,omitempty" doc:"In the record of this connector, by slug; left out: in the user itself."`
}

// FoundRecord is a record with its ids.
type FoundRecord struct {
	Connector      string       `json:"connector" doc:"The connector, by slug; by id when it is deleted." example:"acme-okta"`
	Tenant         string       `json:"tenant" doc:"Its tenant; empty when the connector is deleted." example:"acme"`
	ID             uuid.UUID    `json:"id" format:"uuid" doc:"The SCIM id that the IdP stores."`
	State          policy.State `json:"state" enum:"active,inactive,deleted" doc:"What the IdP says."`
	UserName       string       `json:"userName" doc:"The record's userName."`
	Email          string       `json:"email,omitempty" doc:"Its primary e-mail."`
	ExternalID     string       `json:"externalId,omitempty" doc:"The IdP's own id."`
	EmployeeNumber string       `json:"employeeNumber,omitempty" doc:"Its employeeNumber."`
	Matched        []FoundBy    `json:"matched,omitempty" doc:"Of a record without a user: where the text stands."`
}

type lookupAsked struct {
	OfDirectory
	Query string `query:"q" required:"true" minLength:"1" maxLength:"1024" doc:"An e-mail, a userName, an id of the directory or of a connector, an externalId or an employeeNumber, whole." example:"ada@acme.example"`
}

type lookupOut struct{ Body Lookup }

func (a *API) addLookup() {
	route(a, operation{method: http.MethodGet, path: "/directories/{d}/lookup", id: "lookup", tag: "Users", role: reads(theDirectory), missing: noDirectory,
		summary:     "Find people by anything that names them",
		description: "An e-mail, userName or any id leads to every id that the person has, connector by connector. Whole values only, without regard to the case of names.",
	}, func(ctx context.Context, in *lookupAsked) (*lookupOut, error) {
		found, err := a.effective.Lookup(ctx, in.Directory, in.Query)
		if err != nil {
			return nil, err
		}
		out := Lookup{People: []FoundPerson{}, Records: sayFoundRecords(found.Records), More: found.More}
		for _, p := range found.People {
			out.People = append(out.People, FoundPerson{ID: p.User.ID, UserName: p.User.UserName, Status: p.User.Status, Local: p.User.Local, Managed: p.User.Managed,
				Matched: sayFoundBy(p.Matched), Records: sayFoundRecords(p.Records)})
		}
		return &lookupOut{Body: out}, nil
	})
}

func sayFoundBy(all []directory.FoundBy) []FoundBy {
	out := make([]FoundBy, len(all))
	for i, by := range all {
		out[i] = FoundBy(by)
	}
	return out
}

func sayFoundRecords(all []directory.FoundRecord) []FoundRecord {
	out := make([]FoundRecord, len(all))
	for i, r := range all {
		out[i] = FoundRecord{Connector: r.Connector, Tenant: r.Tenant, ID: r.ID, State: r.State, UserName: r.UserName,
			Email: r.Email, ExternalID: r.ExternalID, EmployeeNumber: r.EmployeeNumber, Matched: sayFoundBy(r.Matched)}
	}
	return out
}
