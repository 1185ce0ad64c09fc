package directory

import (
	"context"
	"slices"
	"strings"

	"github.com/google/uuid"

	"github.com/muster-scim/muster/policy"
	"github.com/muster-scim/muster/scim"
	"github.com/muster-scim/muster/scim/canonical"
)

// mostFound is how many ways in which a text names somebody a look-up follows.
const mostFound = 100

// Found is what a look-up found: people of the directory, and records that have no user.
type Found struct {
	People  []FoundPerson
	Records []FoundRecord // without a user: their connector is not live, or they wait in a conflict, or do not count
	More    bool          // the text names more than is shown
}

// FoundPerson is a user with every id that it has.
type FoundPerson struct {
	User    User
	Matched []FoundBy
	Records []FoundRecord
}

// FoundBy is where the text stands.
type FoundBy struct {
	By        string // id, userName, email, externalId, employeeNumber
	Connector string // "": of the user itself
}

// FoundRecord is a record with the ids by which its IdP and other systems know it.
type FoundRecord struct {
	RecordLink
	Matched                           []FoundBy
	Email, ExternalID, EmployeeNumber string
}

// Lookup finds people by anything that names them whole: an e-mail, a userName, an id of the
// directory or of a connector, an externalId or an employeeNumber.
func (d *Directory) Lookup(ctx context.Context, directory, text string) (Found, error) {
	var out Found
	info, err := d.ReadDirectory(ctx, directory)
	if err != nil {
		return out, err
	}
	text = strings.TrimSpace(text)
	if text == "" {
		return out, nil
	}
	rows, err := d.store.FindPeople(ctx, info.ID, text, mostFound+1)
	if err != nil || len(rows) == 0 {
		return out, err
	}
	if len(rows) > mostFound {
		rows, out.More = rows[:mostFound], true
	}
	err = d.look(ctx, directory, func(w *work) error {
		out.People, out.Records = nil, nil
		return w.foundOf(rows, &out)
	})
	return out, err
}

// foundOf reads those whom rows name, in their order.
func (w *work) foundOf(rows []FoundRow, out *Found) error {
	request := Request{}
	for _, row := range rows {
		switch {
		case row.User != uuid.Nil && !slices.Contains(request.Users, row.User):
			request.Users = append(request.Users, row.User)
		case row.User == uuid.Nil && !slices.Contains(request.Records, row.Record):
			request.Records = append(request.Records, row.Record)
		}
	}
	scene, err := w.load(request)
	if err != nil {
		return err
	}
	for _, id := range request.Users {
		p := scene.People[id]
		if p == nil {
			continue
		}
		person := FoundPerson{User: w.settings.shown(p.User.user(len(p.Records) == 0), p.holders())}
		for _, r := range p.Records {
			person.User.Managed = person.User.Managed || r.State != policy.Deleted
			person.Records = append(person.Records, w.foundRecord(r))
		}
		for _, row := range rows {
			if row.User == id {
				person.Matched = append(person.Matched, w.foundBy(row))
			}
		}
		out.People = append(out.People, person)
	}
	for _, id := range request.Records {
		r := scene.Records[id]
		if r == nil {
			continue
		}
		found := w.foundRecord(r)
		for _, row := range rows {
			if row.Record == id {
				found.Matched = append(found.Matched, w.foundBy(row))
			}
		}
		out.Records = append(out.Records, found)
	}
	return nil
}

func (w *work) foundBy(row FoundRow) FoundBy {
	by := FoundBy{By: row.By}
	if row.Connector != uuid.Nil {
		by.Connector = w.called(row.Connector)
	}
	return by
}

// foundRecord is a record as administrators see it.
func (w *work) foundRecord(r *RecordRow) FoundRecord {
	doc := scim.ParseDocument(masked(r.JSON, w.settings.sensitive(r.Connector)))
	return FoundRecord{RecordLink: w.recordLink(r), Email: doc.PrimaryEmail(), ExternalID: doc.ExternalID(), EmployeeNumber: doc.Enterprise("employeeNumber")}
}

// mostDomains is how many domains a report names.
const mostDomains = 500

// RecordDomains says in which domains the records of a connector have userNames and e-mails, how
// many of them are linked, and which of the domains are in its linking.domains.
func (d *Directory) RecordDomains(ctx context.Context, connector string) (DomainCounts, error) {
	c, err := d.connector(ctx, connector)
	if err != nil {
		return DomainCounts{}, err
	}
	counts, err := d.store.RecordDomains(ctx, c.DirectoryID, c.ID, mostDomains)
	if err != nil {
		return counts, err
	}
	for i := range counts.Domains {
		counts.Domains[i].Listed = slices.ContainsFunc(c.Rules.Linking.Domains, func(listed string) bool {
			return canonical.Key(strings.TrimPrefix(listed, "@")) == counts.Domains[i].Domain
		})
	}
	return counts, nil
}

// givers are the connectors that gave a user's attributes, by the attributes' names; those of an
// extension are URN:name. What no connector gives is left out.
func (w *work) givers(p *Person, d policy.Decision) map[string]string {
	if len(d.Contributing) == 0 {
		return nil
	}
	first := w.slug(recordByID(p.Records, d.Contributing[0]).Connector)
	out := make(map[string]string)
	give := func(name string) {
		because, told := d.AttributeBecause[name]
		switch {
		case !told:
			out[name] = first
		case because.Code == policy.CodeGiven:
			out[name] = because.Connector
		}
	}
	for name, value := range scim.ParseDocument(p.User.JSON) {
		extension, ok := value.(map[string]any)
		if !ok || !strings.HasPrefix(name, "urn:") {
			give(name)
			continue
		}
		for sub := range extension {
			give(name + ":" + sub)
		}
	}
	return out
}
