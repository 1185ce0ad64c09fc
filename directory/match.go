package directory

import (
	"fmt"
	"slices"
	"strings"

	"github.com/google/uuid"

	"github.com/muster-scim/muster/policy"
	"github.com/muster-scim/muster/scim/canonical"
)

// matched is what linking chose: a person, a conflict, or neither: a new user.
type matched struct {
	person     *Person
	conflict   string
	sentence   string
	candidates []Candidate // of a person: the one
}

// onMatch is told whom linking chose for a record, with the people it chose from as they were read.
type onMatch func(w *work, r *RecordRow, m matched, people map[uuid.UUID]*Person) error

// ByDecision stands in the place of a key where an administrator said who a record belongs to.
const ByDecision = "decision"

// by are the keys that found the person.
func (m matched) by() []string { return m.candidates[0].By }

// match chooses the person of a record (docs/design.md 4). It decides nothing by itself that
// could hand a person of one tenant to another.
func (w *work) match(r *RecordRow, rows []CandidateRow, people map[uuid.UUID]*Person) matched {
	c := w.settings.Connectors[r.Connector]
	linking := c.Policy.Rules.Rules().Linking
	refused := make(map[uuid.UUID]bool)
	separate := false
	for _, d := range w.conflicts[r.ID] {
		switch d.Decision {
		case DecisionLink:
			if p := people[d.DecidedUser]; p != nil {
				decided := []Candidate{{User: p.User.ID, UserName: p.User.UserName, By: []string{ByDecision}}}
				if holdsAnother(p, r.Connector, r.ID) { // by now: the decision is older
					return matched{conflict: ConflictSecond, candidates: decided,
						sentence: fmt.Sprintf("%s sends a second record for %s, to whom it was to be linked. Unlink or delete one of the two, or take that decision back.", c.Slug, p.User.UserName)}
				}
				return matched{person: p, candidates: decided}
			}
		case DecisionKeepSeparate:
			separate = true
		case DecisionRefuse:
			if !aboutLinking(d) {
				continue
			}
			return matched{conflict: d.Kind, sentence: d.Detail.Sentence}
		case DecisionUnlinked:
			refused[d.DecidedUser] = true
		}
	}
	found := make(map[uuid.UUID][]string) // what matched, by user
	nameHolder := uuid.Nil
	keys := w.keys(r)
	for _, row := range rows {
		if people[row.User] == nil || !keys.find(people[row.User], row.By) {
			continue
		}
		if row.By == "userName" && (nameHolder == uuid.Nil || people[row.User].User.Status != policy.UserDeleted) {
			nameHolder = row.User
		}
		if slices.Contains(linking.Match, row.By) && !refused[row.User] && !separate {
			found[row.User] = append(found[row.User], row.By)
		}
	}
	var candidates []Candidate
	for id, by := range found {
		slices.Sort(by)
		candidates = append(candidates, Candidate{User: id, UserName: people[id].User.UserName, By: by})
	}
	slices.SortFunc(candidates, func(a, b Candidate) int { return strings.Compare(a.User.String(), b.User.String()) })
	switch len(candidates) {
	case 0:
		return w.ownUser(r, nameHolder, people, matched{})
	case 1:
		p := people[candidates[0].User]
		return w.mayLink(r, p, candidates, nameHolder, people)
	default:
		return matched{conflict: ConflictAmbiguous, candidates: candidates,
			sentence: fmt.Sprintf("%s sends a user whose keys find %d different users. Link it to one of them, keep it separate or refuse it.", c.Slug, len(candidates))}
	}
}

// find says whether the keys still find a person in the way they did before it was locked.
func (k Keys) find(p *Person, by string) bool {
	switch by {
	case "userName":
		return p.User.UserNameKey == k.UserName
	case "email":
		return p.User.EmailKey == k.Email
	}
	return slices.ContainsFunc(p.Records, func(r *RecordRow) bool {
		return r.Tenant == k.Tenant && (by == "externalId" && r.ExternalID == k.ExternalID || by == "employeeNumber" && r.EmployeeNumber == k.EmployeeNumber)
	})
}

// mayLink says whether a record may be linked by itself to the one user that its keys find.
func (w *work) mayLink(r *RecordRow, p *Person, candidates []Candidate, nameHolder uuid.UUID, people map[uuid.UUID]*Person) matched {
	c := w.settings.Connectors[r.Connector]
	linking := c.Policy.Rules.Rules().Linking
	name := p.User.UserName
	conflict := func(kind, format string, args ...any) matched {
		return matched{conflict: kind, candidates: candidates, sentence: fmt.Sprintf(format, args...)}
	}
	if p.User.Block != "" {
		return conflict(ConflictGuarded, "%s sends a user that matches %s, whom an administrator blocked. Decide whether it is the same person.", c.Slug, name)
	}
	if pattern, except := w.settings.Directory.ProtectedUser(protectable(p.User.JSON)...); pattern != "" && !slices.Contains(except, c.Slug) {
		return conflict(ConflictGuarded, "%s sends a user that matches %s, whom protectedUsers (%s) keeps out of the connectors' reach.", c.Slug, name, pattern)
	}
	if holdsAnother(p, r.Connector, r.ID) {
		return w.ownUser(r, nameHolder, people, conflict(ConflictSecond, "%s sends a second record for %s, and its userName is taken. Rename one of the two at the IdP, or decide here.", c.Slug, name))
	}
	inDomains := func() bool { return w.inDomains(r, candidates[0].By, linking.Domains) }
	switch {
	case ofTenant(p, r.Tenant):
	case len(p.Records) == 0: // local
		if len(linking.Domains) > 0 && !inDomains() {
			return conflict(ConflictLocalUser, "%s sends a user that matches the local user %s, whose domain is not in the connector's linking.domains.", c.Slug, name)
		}
		if len(linking.Domains) == 0 && w.settings.Info.Tenants > 1 {
			return conflict(ConflictLocalUser, "%s sends a user that matches the local user %s. Several tenants share this directory: set linking.domains, or decide here.", c.Slug, name)
		}
	case !linking.AcrossTenants || !inDomains():
		return conflict(ConflictForeignUser, "%s sends a user that matches %s, who belongs to another tenant. Linking across tenants needs linking.acrossTenants and linking.domains, or a decision here.", c.Slug, name)
	}
	if former(p) && recycled(r, p) {
		return conflict(ConflictRecycled, "%s sends a user under the name of %s, a former user with another externalId or employeeNumber. Decide whether it is the same person.", c.Slug, name)
	}
	if p.User.Status == policy.UserDeleted && nameHolder != uuid.Nil && nameHolder != p.User.ID {
		return conflict(ConflictAmbiguous, "%s sends a user that matches the deleted user %s, but another user holds the name now.", c.Slug, name)
	}
	return matched{person: p, candidates: candidates}
}

// ownUser gives the record a user of its own when its name is free, else the conflict.
func (w *work) ownUser(r *RecordRow, nameHolder uuid.UUID, people map[uuid.UUID]*Person, otherwise matched) matched {
	doc := w.gives(r, nil)
	c := w.settings.Connectors[r.Connector]
	if pattern, except := w.settings.Directory.ProtectedUser(protectableOf(doc)...); pattern != "" && !slices.Contains(except, c.Slug) {
		return matched{conflict: policy.ConflictProtectedUser,
			sentence: fmt.Sprintf("%s sends %s, whom protectedUsers (%s) keeps out of the connectors' reach. Name the connector as excepted there, or refuse the record.", c.Slug, doc.UserName(), pattern)}
	}
	if holder := people[nameHolder]; holder != nil && holder.User.Status != policy.UserDeleted {
		if otherwise.conflict == "" {
			otherwise = matched{conflict: policy.ConflictUserNameTaken, candidates: []Candidate{{User: holder.User.ID, UserName: holder.User.UserName, By: []string{"userName"}}},
				sentence: fmt.Sprintf("%s sends a user named %s, a name that another user of the directory holds.", c.Slug, doc.UserName())}
		}
		return otherwise
	}
	return matched{}
}

// inDomains says whether a value by which the record matched lies in one of the domains.
func (w *work) inDomains(r *RecordRow, by, domains []string) bool {
	doc := w.gives(r, nil)
	for _, key := range by {
		value := map[string]string{"userName": doc.UserName(), "email": doc.PrimaryEmail()}[key]
		at := strings.LastIndexByte(value, '@')
		if at < 0 {
			continue
		}
		for _, domain := range domains {
			if canonical.Key(value[at+1:]) == canonical.Key(strings.TrimPrefix(domain, "@")) {
				return true
			}
		}
	}
	return false
}

// ofTenant says whether the user has, or had, a record of the tenant.
func ofTenant(p *Person, tenant uuid.UUID) bool {
	return slices.ContainsFunc(p.Records, func(r *RecordRow) bool { return r.Tenant == tenant })
}

// former says whether nobody speaks for the user any more.
func former(p *Person) bool { return len(p.Records) > 0 && speaking(p.Records) == 0 }

// recycled says whether the record's identifiers contradict those of the former user's records.
func recycled(r *RecordRow, p *Person) bool {
	differ := func(a, b string) bool { return a != "" && b != "" && a != b }
	return slices.ContainsFunc(p.Records, func(old *RecordRow) bool {
		return old.Tenant == r.Tenant && (old.Connector == r.Connector && differ(old.ExternalID, r.ExternalID) || differ(old.EmployeeNumber, r.EmployeeNumber))
	})
}
