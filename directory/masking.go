package directory

import (
	"cmp"
	"context"
	"fmt"
	"iter"

	"github.com/google/uuid"

	"github.com/muster-scim/muster/scim"
	"github.com/muster-scim/muster/scim/filter"
	"github.com/muster-scim/muster/tenants"
)

// maskUsers masks what administrators do not see of users. It asks who holds them only where a
// connector calls something sensitive.
func (d *Directory) maskUsers(ctx context.Context, directory uuid.UUID, settings *Settings, users []User) error {
	if len(users) == 0 || len(settings.sensitiveAnywhere()) == 0 {
		return nil
	}
	ids := make([]uuid.UUID, len(users))
	for i, u := range users {
		ids[i] = u.ID
	}
	holders, err := d.store.Holders(ctx, directory, ids)
	if err != nil {
		return err
	}
	for i, u := range users {
		users[i] = settings.shown(u, holders[u.ID])
	}
	return nil
}

// unmasked refuses a document that was read masked and is sent back so.
func (s *Settings) unmasked(doc scim.Document) error {
	for _, p := range s.sensitiveAnywhere() {
		if p.Masked(doc) {
			return &RefusedError{Code: "invalidValue", Detail: fmt.Sprintf("%s holds %s, which only stands for a value that is not shown; leave it out, and it stays as it is", p.Text(), scim.Masked)}
		}
	}
	return nil
}

// guesses refuses a filter that would find out a hidden value letter by letter: whole values may
// be asked for, parts of them and their order not.
func guesses(e filter.Expr, hidden []scim.Place) error {
	switch e := e.(type) {
	case filter.And:
		return cmp.Or(guesses(e.Left, hidden), guesses(e.Right, hidden))
	case filter.Or:
		return cmp.Or(guesses(e.Left, hidden), guesses(e.Right, hidden))
	case filter.Not:
		return guesses(e.X, hidden)
	case filter.Compare:
		if name := attributeOf(e.Path); e.Op != filter.Eq && e.Op != filter.Ne && covered(hidden, name) {
			return scim.InvalidFilter("%s is sensitive, so %s cannot be asked of it; eq, ne and pr can", e.Path, e.Op)
		}
	case filter.ValuePath:
		if covered(hidden, attributeOf(e.Path)) {
			return scim.InvalidFilter("%s is sensitive, so it takes no filter in brackets; eq, ne and pr can be asked of it", e.Path)
		}
	}
	return nil
}

// wordedAttributes are those whose words find users.
var wordedAttributes = []string{"userName", "displayName", "name", "nickName", "emails"}

// guessesNames refuses a search for beginnings of words where that would find out a hidden value.
func guessesNames(named string, hidden []scim.Place) error {
	if named == "" {
		return nil
	}
	for _, name := range wordedAttributes {
		if covered(hidden, name) {
			return scim.InvalidFilter("%s is sensitive, so users are not found by parts of names; whole userNames, addresses and ids find them", name)
		}
	}
	return nil
}

// Guesses refuses a trial of a patch that would find out letter by letter, by the filters of its
// paths, what the connector calls sensitive. Of members a patch can ask nothing that is hidden: a
// filter of them is answered by their ids and types alone.
func Guesses(c tenants.Connector, p *scim.Patch) error {
	_, _, hidden := c.Settings.Places()
	for path, e := range p.Filters() {
		if !covered(hidden, attributeOf(path.Path())) {
			continue
		}
		if op := asksParts(e); op != "" {
			return scim.InvalidFilter("%s is sensitive, so a trial does not answer a path that asks %s of it; eq, ne and pr can be asked, and the IdP's own request may ask anything", path, op)
		}
	}
	return nil
}

// asksParts is an operator of a filter that asks for less than whole values, "" if there is none.
func asksParts(e filter.Expr) filter.Op {
	switch e := e.(type) {
	case filter.And:
		return cmp.Or(asksParts(e.Left), asksParts(e.Right))
	case filter.Or:
		return cmp.Or(asksParts(e.Left), asksParts(e.Right))
	case filter.Not:
		return asksParts(e.X)
	case filter.Compare:
		if e.Op != filter.Eq && e.Op != filter.Ne {
			return e.Op
		}
	}
	return ""
}

// attributeOf is the name under which a document holds what a path leads to.
func attributeOf(p filter.Path) string {
	if p.URN == "" {
		return p.Attr
	}
	return p.URN + ":" + p.Attr
}

// maskedHolds masks the values in held lines.
func (s *Settings) maskedHolds(rows []HoldRow) {
	hidden := s.sensitiveAnywhere()
	for i := range rows {
		if h := &rows[i]; h.Kind == LossKey && covered(hidden, h.Subject) {
			h.Detail.Before, h.Detail.After = maskText(h.Detail.Before), maskText(h.Detail.After)
		}
	}
}

// covered says whether one of the places holds what a document has under a name.
func covered(places []scim.Place, name string) bool {
	for _, p := range places {
		if p.Covers(name) {
			return true
		}
	}
	return false
}

func maskText(text string) string {
	if text == "" {
		return ""
	}
	return scim.Masked
}

// maskedRecords are Records whose answers an administrator reads: those of a trial.
type maskedRecords struct {
	Records
	d *Directory
}

// hidden are the attributes that the connector calls sensitive.
func (m maskedRecords) hidden(ctx context.Context, c tenants.Connector) ([]scim.Place, error) {
	settings, err := m.d.store.Settings(ctx, c.DirectoryID)
	if err != nil {
		return nil, err
	}
	return settings.sensitive(c.ID), nil
}

func (m maskedRecords) mask(ctx context.Context, c tenants.Connector, u UserRecord, err error) (UserRecord, error) {
	if err != nil {
		return u, err
	}
	hidden, err := m.hidden(ctx, c)
	u.JSON = masked(u.JSON, hidden)
	return u, err
}

func (m maskedRecords) CreateUser(ctx context.Context, src Source, doc scim.Document, notes []scim.Note) (UserRecord, error) {
	u, err := m.Records.CreateUser(ctx, src, doc, notes)
	return m.mask(ctx, src.Connector, u, err)
}

func (m maskedRecords) ReadUser(ctx context.Context, c tenants.Connector, id uuid.UUID) (UserRecord, error) {
	u, err := m.Records.ReadUser(ctx, c, id)
	return m.mask(ctx, c, u, err)
}

func (m maskedRecords) EditUser(ctx context.Context, src Source, id uuid.UUID, match IfMatch, edit UserEdit) (UserRecord, error) {
	u, err := m.Records.EditUser(ctx, src, id, match, edit)
	return m.mask(ctx, src.Connector, u, err)
}

func (m maskedRecords) ListUsers(ctx context.Context, c tenants.Connector, q scim.Query, withGroups bool) (Page[UserRecord], error) {
	hidden, err := m.hidden(ctx, c)
	if err == nil {
		err = guesses(q.Filter, hidden)
	}
	if err == nil && q.SortBy != nil && covered(hidden, attributeOf(q.SortBy.Path())) {
		err = scim.InvalidPath("%s is sensitive, so a list in its order cannot be shown", q.SortBy)
	}
	if err != nil {
		return Page[UserRecord]{}, err
	}
	page, err := m.Records.ListUsers(ctx, c, q, withGroups)
	for i := range page.Items {
		page.Items[i].JSON = masked(page.Items[i].JSON, hidden)
	}
	return page, err
}

func (m maskedRecords) Members(ctx context.Context, c tenants.Connector, group uuid.UUID) iter.Seq2[scim.Member, error] {
	return func(yield func(scim.Member, error) bool) {
		hidden, err := m.hidden(ctx, c)
		if err != nil {
			yield(scim.Member{}, err)
			return
		}
		for member, err := range m.Records.Members(ctx, c, group) {
			if !yield(maskMember(member, hidden), err) {
				return
			}
		}
	}
}

func (m maskedRecords) MembersOf(ctx context.Context, c tenants.Connector, groups []uuid.UUID) (map[uuid.UUID][]scim.Member, error) {
	members, err := m.Records.MembersOf(ctx, c, groups)
	if err != nil {
		return nil, err
	}
	hidden, err := m.hidden(ctx, c)
	for _, list := range members {
		for i := range list {
			list[i] = maskMember(list[i], hidden)
		}
	}
	return members, err
}

// maskMember masks how a member is called, which is made of its display name or its name.
func maskMember(m scim.Member, hidden []scim.Place) scim.Member {
	if m.Kind == scim.UserKind && (covered(hidden, "displayName") || covered(hidden, "name")) {
		m.Display = maskText(m.Display)
	}
	return m
}
