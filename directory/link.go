package directory

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/google/uuid"

	"github.com/muster-scim/muster/policy"
	"github.com/muster-scim/muster/scim/canonical"
)

// Kinds of conflicts that linking finds; those that decisions find are policy's.
const (
	ConflictAmbiguous   = "ambiguousMatch"   // keys find different users
	ConflictForeignUser = "foreignUser"      // the match belongs to another tenant
	ConflictLocalUser   = "localUser"        // the match is local and may not be adopted by itself
	ConflictGuarded     = "guardedUser"      // the match is protected or blocked
	ConflictRecycled    = "recycledUserName" // the match is a former user with other identifiers
	ConflictSecond      = "secondRecord"     // the match has a record of this connector already and the name is taken
)

// Decisions about a conflict. Unlinked is what remains of a link that was taken apart.
const (
	DecisionLink         = "link"
	DecisionKeepSeparate = "keepSeparate"
	DecisionRefuse       = "refuse"
	DecisionUnlinked     = "unlinked"
)

// settleUnlinked settles a record that has no user yet. When its view counts for the first
// time it finds its person or makes one; until then nothing happens. candidates are the users that its keys find.
//
// What this transaction has done to the people whom the record might be is not in the database
// yet. Then the record goes to the queue, and is settled on what is written.
func (w *work) settleUnlinked(r *RecordRow, candidates []CandidateRow) error {
	newcomer := &Person{Records: []*RecordRow{r}}
	in, err := w.input(newcomer)
	if err != nil {
		return err
	}
	d := policy.Decide(in)
	if err := w.settleForeign(newcomer.Records, d); err != nil {
		return err
	}
	if !d.Create {
		newcomer.Open = slices.DeleteFunc(slices.Clone(w.conflicts[r.ID]), func(c ConflictRow) bool { return c.Decision != "" })
		w.settleRecords(newcomer, d)
		w.settleConflicts(newcomer, d, anyKind) // nobody has to decide about a record that does not count
		w.keepLink(r)
		return nil
	}
	for _, c := range w.conflicts[r.ID] {
		if c.Decision == DecisionLink { // it stands, whether or not the keys still find the user
			candidates = append(candidates, CandidateRow{For: r.ID, User: c.DecidedUser, By: "decision"})
		}
	}
	if w.meets(r, candidates) {
		w.keepLink(r)
		w.queue(r.Connector, r.ID)
		return nil
	}
	people, err := w.candidatePeople(candidates)
	if err != nil {
		return err
	}
	m := w.match(r, candidates, people)
	if m.conflict != "" {
		return w.refuseLink(r, m)
	}
	w.meet(r)
	if m.person != nil {
		return w.linkTo(r, m.person)
	}
	return w.createUser(r)
}

// keepLink writes a record's view when this transaction has moved it.
func (w *work) keepLink(r *RecordRow) {
	if w.relinked[r.ID] {
		w.saveLink(r)
	}
}

// meets says whether this transaction has settled somebody whom the record might be.
func (w *work) meets(r *RecordRow, candidates []CandidateRow) bool {
	return slices.ContainsFunc(candidates, func(c CandidateRow) bool { return w.settled[c.User] }) ||
		slices.ContainsFunc(w.matching(r), func(lock string) bool { return w.met[lock] })
}

// meet remembers that the record has found its person or made one.
func (w *work) meet(r *RecordRow) {
	for _, lock := range w.matching(r) {
		w.met[lock] = true
	}
}

// matching are the locks of the record's name and of the keys by which its connector links.
func (w *work) matching(r *RecordRow) []string {
	match := w.settings.Connectors[r.Connector].Policy.Rules.Rules().Linking.Match
	return slices.DeleteFunc(r.keys().locks(), func(lock string) bool {
		kind, _, _ := strings.Cut(lock, ":")
		return kind != "userName" && !slices.Contains(match, kind)
	})
}

// anyKind owns every conflict of a record (see settleConflicts).
func anyKind(string) bool { return true }

// candidatePeople locks and reads the users that the candidates name.
func (w *work) candidatePeople(candidates []CandidateRow) (map[uuid.UUID]*Person, error) {
	if len(candidates) == 0 {
		return nil, nil
	}
	var ids []uuid.UUID
	for _, c := range candidates {
		if !slices.Contains(ids, c.User) {
			ids = append(ids, c.User)
		}
	}
	scene, err := w.load(Request{Users: ids})
	if err != nil {
		return nil, err
	}
	return scene.People, nil
}

// matched is what linking chose: a person, a conflict, or neither: a new user.
type matched struct {
	person     *Person
	conflict   string
	sentence   string
	candidates []Candidate
}

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
				return matched{person: p}
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
	keys := r.keys()
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
	for _, other := range p.Records {
		if other.Connector == r.Connector && other.State != policy.Deleted && other.ID != r.ID {
			return w.ownUser(r, nameHolder, people, conflict(ConflictSecond, "%s sends a second record for %s, and its userName is taken. Rename one of the two at the IdP, or decide here.", c.Slug, name))
		}
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
	return matched{person: p}
}

// ownUser gives the record a user of its own when its name is free, else the conflict.
func (w *work) ownUser(r *RecordRow, nameHolder uuid.UUID, people map[uuid.UUID]*Person, otherwise matched) matched {
	doc := r.document()
	c := w.settings.Connectors[r.Connector]
	if pattern, except := w.settings.Directory.ProtectedUser(protectable(r.view())...); pattern != "" && !slices.Contains(except, c.Slug) {
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
	doc := r.document()
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

// refuseLink leaves the record without a user and shows the conflict, once, as it is now.
func (w *work) refuseLink(r *RecordRow, m matched) error {
	if slices.ContainsFunc(m.candidates, func(c Candidate) bool { return w.awaited[c.User] != nil && !w.settled[c.User] }) {
		w.queue(r.Connector, r.ID) // this transaction may yet take away what is in the way
		return nil
	}
	w.keepLink(r)
	row := ConflictRow{
		Directory: w.scope.Directory, Connector: r.Connector, Record: r.ID, Kind: m.conflict,
		Subject: r.UserNameKey, Detail: ConflictDetail{Sentence: m.sentence, Candidates: m.candidates},
	}
	shown := false
	for _, c := range w.conflicts[r.ID] {
		switch {
		case c.Decision == DecisionRefuse && aboutLinking(c):
			return nil
		case c.Decision != "":
		case c.Kind == row.Kind && c.Subject == row.Subject && sameCandidates(c.Detail.Candidates, row.Detail.Candidates):
			shown = true
		case c.Kind != row.Kind || c.Subject != row.Subject:
			w.changes.Withdraw = append(w.changes.Withdraw, c.ID)
		}
	}
	if !shown {
		w.conflict(row)
	}
	return nil
}

// sameCandidates says whether two conflicts offer the same users.
func sameCandidates(a, b []Candidate) bool {
	return slices.EqualFunc(a, b, func(a, b Candidate) bool { return a.User == b.User })
}

// aboutLinking says whether a conflict is about who a record belongs to: those that decisions
// find are not, unless linking found somebody there.
func aboutLinking(c ConflictRow) bool {
	return !settlingOwns(c.Kind) || len(c.Detail.Candidates) > 0
}

// linkTo links the record to a user that exists and settles it.
func (w *work) linkTo(r *RecordRow, p *Person) error {
	w.wake(&p.User, p.Records)
	r.User, r.Linked = p.User.ID, w.now
	r.Found = w.found(p)
	w.relinked[r.ID] = true
	p.Records = append(p.Records, r)
	w.event("directory.user.linked", EventRow{User: p.User.ID, Record: r.ID, Connector: r.Connector, Changes: map[string]any{"connector": w.slug(r.Connector)}})
	w.closeConflicts(r)
	return w.settle(p)
}

// foundState is what a link finds and unlinking restores: profile, status and memberships.
type foundState struct {
	Profile     json.RawMessage   `json:"profile"`
	Status      policy.Status     `json:"status"`
	Memberships []foundMembership `json:"memberships"`
}

// foundMembership names a group by its id, which stays when the group is renamed.
type foundMembership struct {
	Group    uuid.UUID `json:"group"`
	Name     string    `json:"name"`
	Supports []Support `json:"supports"`
}

func (w *work) found(p *Person) json.RawMessage {
	state := foundState{p.User.JSON, p.User.Status, make([]foundMembership, 0, len(p.Held))}
	for _, m := range p.Held {
		state.Memberships = append(state.Memberships, foundMembership{m.Group.ID, m.Group.Name, m.Supports})
	}
	return mustJSON(state)
}

// createUser makes the record's own user and settles it.
func (w *work) createUser(r *RecordRow) error {
	p := &Person{User: UserRow{ID: newID(), Directory: w.scope.Directory}, Records: []*RecordRow{r}}
	r.User, r.Linked = p.User.ID, w.now
	w.relinked[r.ID] = true
	w.closeConflicts(r)
	return w.settle(p)
}

// closeConflicts withdraws what linking could not do before and has done now.
func (w *work) closeConflicts(r *RecordRow) {
	for _, c := range w.conflicts[r.ID] {
		if c.Decision == "" {
			w.changes.Withdraw = append(w.changes.Withdraw, c.ID)
		}
	}
}

func mustJSON(v any) json.RawMessage {
	data, err := json.Marshal(v)
	if err != nil {
		panic(fmt.Sprintf("encoding %T: %v", v, err)) // only our own types come here
	}
	return data
}
