package web

import (
	"context"
	"net/http"

	"github.com/google/uuid"

	"github.com/muster-scim/muster/directory"
	"github.com/muster-scim/muster/policy"
)

// Side is a record, or a user that it might be, beside the others.
type Side struct {
	ID             *uuid.UUID    `json:"id,omitempty" format:"uuid" doc:"Of the record, its SCIM id; of a user, its id in the directory; left out for a user that the plan itself would make."`
	UserName       string        `json:"userName" doc:"The userName." example:"ada@acme.example"`
	Email          string        `json:"email,omitempty" doc:"The primary e-mail."`
	DisplayName    string        `json:"displayName,omitempty" doc:"The name people see."`
	ExternalID     string        `json:"externalId,omitempty" doc:"The externalId; of a user, that of a record of it."`
	EmployeeNumber string        `json:"employeeNumber,omitempty" doc:"The employeeNumber; of a user, that of a record of it."`
	Status         policy.Status `json:"status" enum:"active,disabled,deleted" doc:"Of a record: whether its IdP says that it is active."`
	By             []string      `json:"by,omitempty" doc:"Of a user: the keys that found it; decision, where an administrator said so." example:"[\"email\"]"`
	Connectors     []string      `json:"connectors,omitempty" doc:"Of a user: the connectors that hold a record of it; none: it is local, or a former one."`
	Former         []string      `json:"former,omitempty" doc:"Of a user: connectors of which tombstones alone are left."`
	Memberships    int           `json:"memberships" doc:"Of a user: how many memberships it holds."`
	Overwritten    []string      `json:"overwritten,omitempty" doc:"Of a user: the attributes that a link would change."`
}

// Linked is how linking came to a plan's line.
type Linked struct {
	Conflict   string `json:"conflict,omitempty" doc:"The kind of conflict that would be opened." example:"ambiguousMatch"`
	Record     Side   `json:"record" doc:"The record."`
	Candidates []Side `json:"candidates" nullable:"false" doc:"The user that it would be linked to, or those in question."`
}

// Comparison is a record beside the users that it might be.
type Comparison struct {
	Outcome    string     `json:"outcome" enum:"link,create,ask,ignore,linked" doc:"What linking does with the record now, on a connector that is not live as if it were: link it to the candidate, create a user, ask an administrator, ignore it because it does not count, or nothing, as it is linked."`
	Conflict   string     `json:"conflict,omitempty" doc:"Of ask: the kind of conflict."`
	Detail     string     `json:"detail,omitempty" doc:"Of ask: why, in a sentence."`
	Record     Side       `json:"record" doc:"The record."`
	Candidates []Compared `json:"candidates" nullable:"false" doc:"The users that it might be, and those that were asked for."`
}

// Compared is a user in a comparison.
type Compared struct {
	Side
	Changes []AttributeChange `json:"changes" nullable:"false" doc:"What a link would overwrite, attribute by attribute."`
}

// AttributeChange is an attribute before and after.
type AttributeChange struct {
	Name   string `json:"name" doc:"The attribute." example:"title"`
	Before any    `json:"before,omitempty" doc:"What the user has; left out when it has none."`
	After  any    `json:"after,omitempty" doc:"What it would have; left out when it would have none."`
}

// ConflictDetail is a conflict with its candidates side by side.
type ConflictDetail struct {
	Conflict
	Comparison *Comparison `json:"comparison,omitempty" doc:"The record beside its candidates as they are now; left out where the conflict is about a group, or the record is gone."`
}

// Preview is what a decision would do.
type Preview struct {
	Changes []PlanChange `json:"changes" nullable:"false" doc:"In the order in which they would be done; empty when nothing of the directory would change."`
}

type conflictOut struct{ Body ConflictDetail }

type previewOut struct{ Body Preview }

type compareRecord struct {
	OfConnector
	Record string   `path:"record" maxLength:"64" doc:"The record's SCIM id in the connector's own space."`
	Users  []string `query:"user" maxItems:"10" doc:"Users to lay beside it besides those that its keys find, by id."`
}

type comparisonOut struct{ Body Comparison }

type domainsOut struct{ Body Domains }

// Domains are a connector's records by domain.
type Domains struct {
	Domains       []Domain `json:"domains" nullable:"false" doc:"The most frequent first, at most 500."`
	Records       int      `json:"records" doc:"The connector's users in all."`
	Linked        int      `json:"linked" doc:"Of them, those that have a user in the directory."`
	WithoutDomain int      `json:"withoutDomain" doc:"Those of which neither userName nor e-mail names a domain: linking.domains lets none of them link to a local user or across tenants."`
	More          bool     `json:"more" doc:"Whether there are more domains."`
}

// Domain is one of a connector's domains.
type Domain struct {
	Domain  string `json:"domain" doc:"The domain of a userName or an e-mail." example:"acme.example"`
	Records int    `json:"records" doc:"Records that have a userName or an e-mail in it."`
	Linked  int    `json:"linked" doc:"Of them, those that have a user in the directory."`
	Listed  bool   `json:"listed" doc:"Whether it is in the connector's linking.domains."`
}

func (a *API) addLinking() {
	route(a, operation{method: http.MethodGet, path: "/connectors/{c}/records/{record}/comparison", id: "compareRecord", tag: "Conflicts", role: reads(deployment),
		missing:     "Connector {c} has no user of that id, or there is no such connector.",
		summary:     "Lay a record beside the users that it might be",
		description: "What linking does with it, and what a link would overwrite of each user.",
	}, func(ctx context.Context, in *compareRecord) (*comparisonOut, error) {
		record, err := parseID(in.Record)
		if err != nil {
			return nil, err
		}
		var users []uuid.UUID
		for _, text := range in.Users {
			user, err := uuid.Parse(text)
			if err != nil {
				return nil, invalid("query.user", "is not the id of a user; GET /api/v1/directories/{d}/lookup?q=… finds one by userName or e-mail")
			}
			users = append(users, user)
		}
		found, err := a.effective.Compare(ctx, in.Connector, record, users)
		if err != nil {
			return nil, err
		}
		return &comparisonOut{Body: *sayComparison(found)}, nil
	})
	route(a, operation{method: http.MethodGet, path: "/connectors/{c}/domains", id: "listDomains", tag: "Connectors", role: reads(theConnector), missing: noConnector,
		summary:     "Count a connector's users by domain",
		description: "To choose `linking.domains` by: the domains of userNames and e-mails of what the connector holds, how many of each are linked, and which are listed there. A user counts in every domain that it names.",
	}, func(ctx context.Context, in *OfConnector) (*domainsOut, error) {
		n, err := a.effective.RecordDomains(ctx, in.Connector)
		if err != nil {
			return nil, err
		}
		out := Domains{Domains: []Domain{}, Records: n.Records, Linked: n.Linked, WithoutDomain: n.WithoutDomain, More: n.More}
		for _, d := range n.Domains {
			out.Domains = append(out.Domains, Domain(d))
		}
		return &domainsOut{Body: out}, nil
	})
	route(a, operation{method: http.MethodGet, path: "/directories/{d}/users/{id}/records/{c}/unlinking", id: "previewUnlink", tag: "Users", role: reads(deployment),
		missing: "User {id} of directory {d} has no record of connector {c}. GET /api/v1/directories/{d}/users/{id} lists its records.",
		summary: "Say what unlinking a connector's record would do",
	}, func(ctx context.Context, in *unlinkUser) (*previewOut, error) {
		id, err := parseID(in.ID)
		if err != nil {
			return nil, err
		}
		return answerPreview(a.effective.PreviewUnlink(ctx, admin(ctx), in.Directory, id, in.Connector))
	})
	a.addLookup()
}

func answerPreview(p directory.Preview, err error) (*previewOut, error) {
	if err != nil {
		return nil, err
	}
	out := &previewOut{Body: Preview{Changes: []PlanChange{}}}
	for _, l := range p.Lines {
		out.Body.Changes = append(out.Body.Changes, sayLine(l))
	}
	return out, nil
}

func saySide(s directory.Side) Side {
	return Side{ID: some(s.ID), UserName: s.UserName, Email: s.Email, DisplayName: s.DisplayName, ExternalID: s.ExternalID, EmployeeNumber: s.EmployeeNumber,
		Status: s.Status, By: s.By, Connectors: s.Connectors, Former: s.Former, Memberships: s.Memberships, Overwritten: s.Overwritten}
}

func sayLinked(l *directory.Linked) *Linked {
	if l == nil {
		return nil
	}
	out := &Linked{Conflict: l.Conflict, Record: saySide(l.Record), Candidates: []Side{}}
	for _, c := range l.Candidates {
		out.Candidates = append(out.Candidates, saySide(c))
	}
	return out
}

// sayComparison is nil for what compares nothing.
func sayComparison(c directory.Comparison) *Comparison {
	if c.Record.ID == uuid.Nil {
		return nil
	}
	out := &Comparison{Outcome: c.Outcome, Conflict: c.Conflict, Detail: c.Sentence, Record: saySide(c.Record), Candidates: []Compared{}}
	for _, x := range c.Candidates {
		shown := Compared{Side: saySide(x.Side), Changes: []AttributeChange{}}
		for _, change := range x.Changes {
			shown.Changes = append(shown.Changes, AttributeChange(change))
		}
		out.Candidates = append(out.Candidates, shown)
	}
	return out
}
