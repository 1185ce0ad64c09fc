package directory

import (
	"fmt"
	"slices"
	"strings"

	"github.com/google/uuid"

	"github.com/muster-scim/muster/directory/importfile"
	"github.com/muster-scim/muster/policy"
	"github.com/muster-scim/muster/scim"
)

// found are the users of the directory that rows name, and the rows of the import itself.
type found struct {
	names, emails map[uuid.UUID][]uuid.UUID // by row: live users that have the userName, the address
	people        map[uuid.UUID]*Person
}

// find looks for the users that rows name. Applying, it locks the people, and the keys of users
// that may be made, so that nobody takes them before the commit.
func (v *importing) find(keys []Keys, more []uuid.UUID, groups []string) (*found, error) {
	r := Request{Candidates: keys, Looks: !v.apply}
	if v.apply && v.kind == importfile.User {
		for _, k := range keys {
			r.Keys = append(r.Keys, k.locks()...)
		}
	}
	scene, err := v.load(r)
	if err != nil {
		return nil, err
	}
	ids := slices.Clone(more)
	for _, c := range scene.Candidates {
		ids = append(ids, c.User)
	}
	slices.SortFunc(ids, func(a, b uuid.UUID) int { return slices.Compare(a[:], b[:]) })
	ids = slices.Compact(ids)
	f := &found{names: make(map[uuid.UUID][]uuid.UUID), emails: make(map[uuid.UUID][]uuid.UUID)}
	people, err := v.load(Request{Users: ids, GroupKeys: append(v.allNames(), groups...), Looks: !v.apply})
	if err != nil {
		return nil, err
	}
	f.people = people.People
	for _, c := range scene.Candidates {
		p := f.people[c.User]
		if p == nil || p.User.Status == policy.UserDeleted {
			continue
		}
		switch c.By {
		case "userName":
			f.names[c.For] = append(f.names[c.For], c.User)
		case "email":
			f.emails[c.For] = append(f.emails[c.For], c.User)
		}
	}
	return f, nil
}

// users finds out what rows of users do and, applying, does it.
func (v *importing) users(rows []ImportRow) error {
	keys := make([]Keys, len(rows))
	texts := make([]string, 0, 2*len(rows))
	for k, r := range rows {
		keys[k] = Keys{Record: r.ID, UserName: r.Key, Email: r.Email}
		texts = append(texts, r.Key)
		if r.Email != "" {
			texts = append(texts, r.Email)
		}
	}
	f, err := v.find(keys, nil, nil)
	if err != nil {
		return err
	}
	var twins map[string]ImportRow
	if !v.apply {
		if twins, err = v.twins(texts); err != nil {
			return err
		}
	}
	for k := range rows {
		r := &rows[k]
		if v.twin(r, twins) {
			continue
		}
		v.user(r, f)
	}
	return nil
}

// twins are the first rows of the file with a key of a userName, "n:…", or of an address, "e:…".
func (v *importing) twins(texts []string) (map[string]ImportRow, error) {
	staged, err := v.tx.StagedUsers(v.ctx, v.i.ID, nil, texts)
	if err != nil {
		return nil, err
	}
	first := make(map[string]ImportRow, 2*len(staged))
	note := func(key string, r ImportRow) {
		if old, there := first[key]; !there || r.Seq < old.Seq {
			first[key] = r
		}
	}
	for _, r := range staged {
		note("n:"+r.Key, r)
		if r.Email != "" {
			note("e:"+r.Email, r)
		}
	}
	return first, nil
}

// twin makes a problem of a row whose userName or address an earlier row has.
func (v *importing) twin(r *ImportRow, twins map[string]ImportRow) bool {
	if first, ok := twins["n:"+r.Key]; ok && first.Seq < r.Seq {
		v.problem(r, ImportError, "duplicateUser", "userName", r.document().UserName(),
			fmt.Sprintf("Line %d has the same userName. Make one row of the two.", first.Line))
		return true
	}
	if first, ok := twins["e:"+r.Email]; ok && first.Seq < r.Seq && r.Email != "" {
		v.problem(r, ImportAmbiguous, "sameEmail", "emails", r.document().PrimaryEmail(),
			fmt.Sprintf("Line %d has the same e-mail address and another userName. Make one row of the two, or leave the address out of one.", first.Line))
		return true
	}
	return false
}

// user finds out what one row does and, applying, does it.
func (v *importing) user(r *ImportRow, f *found) {
	doc := r.document()
	if err := v.settings.unmasked(doc); err != nil {
		v.problem(r, ImportError, "invalid", "", "", err.Error()+".")
		return
	}
	p, ok := v.match(r, doc, f)
	switch {
	case !ok:
	case p == nil:
		v.result(r, ImportCreate)
		if v.apply {
			v.createUser(r, doc)
		}
	case isManaged(p):
		r.User = p.User.ID
		v.result(r, ImportManaged)
	default:
		r.User = p.User.ID
		v.fillUser(r, doc, p)
	}
}

// match is the user that a row means: nil when there is none. ok is false when it cannot be told.
func (v *importing) match(r *ImportRow, doc scim.Document, f *found) (p *Person, ok bool) {
	names, emails := f.names[r.ID], f.emails[r.ID]
	switch {
	case len(names) > 0 && (len(emails) == 0 || slices.Contains(emails, names[0])):
		r.By = "userName"
		return f.people[names[0]], true
	case len(names) > 0:
		v.problem(r, ImportAmbiguous, "ambiguous", "emails", doc.PrimaryEmail(),
			fmt.Sprintf("The userName is that of one user and the e-mail address that of %s. Leave the address out, or mend the userName.", f.called(emails)))
		return nil, false
	case len(emails) > 1:
		v.problem(r, ImportAmbiguous, "ambiguous", "emails", doc.PrimaryEmail(),
			fmt.Sprintf("Several users have this e-mail address: %s. Name one by its userName.", f.called(emails)))
		return nil, false
	case len(emails) == 1:
		r.By = "email"
		return f.people[emails[0]], true
	}
	return nil, true
}

// called names users.
func (f *found) called(ids []uuid.UUID) string {
	names := make([]string, 0, len(ids))
	for _, id := range ids[:min(len(ids), 5)] {
		names = append(names, importfile.Shortened(f.people[id].User.UserName))
	}
	slices.Sort(names)
	return strings.Join(names, ", ")
}

// isManaged says whether an IdP has a record of the user.
func isManaged(p *Person) bool {
	return slices.ContainsFunc(p.Records, func(r *RecordRow) bool { return r.State != policy.Deleted })
}

// createUser makes the user of a row.
func (v *importing) createUser(r *ImportRow, doc scim.Document) {
	u := &UserRow{ID: newID(), Directory: v.scope.Directory, Version: 1, Created: v.now, Modified: v.now}
	u.hold(doc, doc.JSON(), doc.SearchJSON())
	u.Status = statusOf(doc)
	v.changes.NewUsers = append(v.changes.NewUsers, u)
	v.event("directory.user.created", EventRow{User: u.ID, Changes: map[string]any{"status": u.Status, "import": v.i.ID},
		Values: map[string]any{"attributes": masked(u.JSON, v.settings.sensitiveAnywhere())}})
	r.User = u.ID
}

// fillUser gives a local user what it has not and the row has.
func (v *importing) fillUser(r *ImportRow, doc scim.Document, p *Person) {
	after := scim.ParseDocument(p.User.JSON).Clone()
	if !fill(after, doc, "userName", "active") {
		v.result(r, ImportExists)
		return
	}
	v.result(r, ImportFill)
	if !v.apply {
		return
	}
	before := p.User
	p.User.hold(after, after.JSON(), after.SearchJSON())
	v.saveUser(p, before, policy.Reason{})
}

// fill adds to a document what it has not, part by part, and says whether that was anything.
func fill(to, from map[string]any, but ...string) (filled bool) {
	for name, value := range from {
		if slices.Contains(but, name) || value == nil {
			continue
		}
		old, there := to[name]
		inner, isObject := value.(map[string]any)
		outer, wasObject := old.(map[string]any)
		switch {
		case !there || old == nil || old == "":
			to[name], filled = value, true
		case isObject && wasObject:
			filled = fill(outer, inner) || filled
		}
	}
	return filled
}
