package directory

import (
	"context"
	"errors"
	"maps"
	"slices"

	"github.com/google/uuid"

	"github.com/muster-scim/muster/policy"
	"github.com/muster-scim/muster/tenants"
)

// What linking would do with a record, in a word.
const (
	WouldLink   = "link"   // to the one candidate
	WouldCreate = "create" // a user of its own
	WouldAsk    = "ask"    // an administrator: Comparison.Conflict says why
	WouldIgnore = "ignore" // the record does not count yet
	IsLinked    = "linked" // the candidate is its user
)

// Comparison is a record beside the users that it might be, as both are now. What it says of a
// record without a user is what settling would do, on a connector that is not live as if it were.
type Comparison struct {
	Outcome            string
	Conflict, Sentence string
	Record             Side
	Candidates         []Compared
}

// Compared is a user in a comparison.
type Compared struct {
	Side
	Changes []AttributeChange // what a link would overwrite
}

// AttributeChange is an attribute before and after a link; nil where there is none.
type AttributeChange struct {
	Name          string
	Before, After any
}

// Compare lays a record beside the users that it might be, and beside others that are named.
func (d *Directory) Compare(ctx context.Context, connector string, record uuid.UUID, users []uuid.UUID) (Comparison, error) {
	c, err := d.connector(ctx, connector)
	if err != nil {
		return Comparison{}, err
	}
	for range planTries {
		found, err := d.compareOnce(ctx, c, record, users)
		if !errors.Is(err, errMoved) {
			return found, err
		}
	}
	return Comparison{}, errMoved
}

func (d *Directory) compareOnce(ctx context.Context, c *Connector, record uuid.UUID, users []uuid.UUID) (found Comparison, err error) {
	settings, err := d.store.Settings(ctx, c.DirectoryID)
	if err != nil {
		return found, err
	}
	draft := Draft{}
	if c.Mode != tenants.Live {
		draft.Mode = tenants.Live
	}
	world, err := imagine(settings, c.ID, draft, true)
	if err != nil {
		return found, err
	}
	scope := Scope{Directory: c.DirectoryID}
	err = d.store.Look(ctx, scope, func(tx Tx) error {
		w := newWork(d, ctx, imaginedTx{tx, world, new(*Scene)}, scope, worker)
		w.settings = world.settings
		found, err = w.compare(c.ID, record, users)
		return err
	})
	return found, err
}

// compare is Compare inside its look at the database.
func (w *work) compare(connector, record uuid.UUID, users []uuid.UUID) (Comparison, error) {
	scene, err := w.load(Request{Records: []uuid.UUID{record}, Users: users, GroupKeys: w.allNames()})
	if err != nil {
		return Comparison{}, err
	}
	people := maps.Clone(scene.People)
	r := scene.Records[record]
	var m matched
	out := Comparison{Outcome: IsLinked}
	if r == nil {
		for _, p := range scene.People {
			if r = recordByID(p.Records, record.String()); r != nil {
				m = matched{person: p, candidates: []Candidate{{User: p.User.ID}}}
				break
			}
		}
	} else if out.Outcome, m, err = w.foresee(r, people); err != nil {
		return out, err
	}
	if r == nil || r.Connector != connector {
		return Comparison{}, ErrNotFound
	}
	for _, id := range users {
		if people[id] != nil && !slices.ContainsFunc(m.candidates, func(c Candidate) bool { return c.User == id }) {
			m.candidates = append(m.candidates, Candidate{User: id})
		}
	}
	out.Conflict, out.Sentence, out.Record = m.conflict, m.sentence, w.recordSide(r)
	for _, c := range m.candidates {
		p := people[c.User]
		if p == nil {
			continue
		}
		x := Compared{Side: w.userSide(p, c.By)}
		if r.User != p.User.ID {
			if err := w.changesBy(r, p, &x); err != nil {
				return out, err
			}
		}
		out.Candidates = append(out.Candidates, x)
	}
	return out, nil
}

// foresee says what settling would do with a record that has no user, as settleUnlinked does it.
// The users that its keys find come into people.
func (w *work) foresee(r *RecordRow, people map[uuid.UUID]*Person) (string, matched, error) {
	in, err := w.input(&Person{Records: []*RecordRow{r}})
	if err != nil {
		return "", matched{}, err
	}
	keys := w.keys(r)
	scene, err := w.load(Request{Candidates: []Keys{keys}})
	if err != nil {
		return "", matched{}, err
	}
	candidates := w.decidedFor(r, scene.Candidates)
	found, err := w.candidatePeople(candidates)
	if err != nil {
		return "", matched{}, err
	}
	maps.Copy(people, found)
	m := w.match(r, candidates, found)
	switch {
	case !policy.Decide(in).Create:
		return WouldIgnore, m, nil
	case m.conflict != "":
		return WouldAsk, m, nil
	case m.person != nil:
		return WouldLink, m, nil
	}
	return WouldCreate, m, nil
}

// changesBy says what a link would overwrite of a user.
func (w *work) changesBy(r *RecordRow, p *Person, x *Compared) error {
	names, values, err := w.overwrites(r, p)
	if err != nil {
		return err
	}
	x.Overwritten = names
	for _, name := range names {
		change := AttributeChange{Name: name}
		if pair, ok := values[name].(map[string]any); ok {
			change.Before, change.After = pair["before"], pair["after"]
		}
		x.Changes = append(x.Changes, change)
	}
	return nil
}

// ReadConflict reads one conflict, and where it is about a record the record and its candidates.
func (d *Directory) ReadConflict(ctx context.Context, directory string, id uuid.UUID) (Conflict, Comparison, error) {
	info, err := d.ReadDirectory(ctx, directory)
	if err != nil {
		return Conflict{}, Comparison{}, err
	}
	row, err := d.store.Conflict(ctx, info.ID, id)
	if err != nil {
		return Conflict{}, Comparison{}, err
	}
	settings, err := d.store.Settings(ctx, info.ID)
	if err != nil {
		return Conflict{}, Comparison{}, err
	}
	c := settings.conflict(row)
	if c.Record == uuid.Nil || c.Connector == "" {
		return c, Comparison{}, nil
	}
	var users []uuid.UUID
	for _, x := range row.Detail.Candidates {
		users = append(users, x.User)
	}
	if row.DecidedUser != uuid.Nil {
		users = append(users, row.DecidedUser)
	}
	beside, err := d.Compare(ctx, c.Connector, c.Record, users)
	if errors.Is(err, ErrNotFound) { // the record is gone; the decision about it is still to be read
		err = nil
	}
	return c, beside, err
}
