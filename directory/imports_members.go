package directory

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/google/uuid"

	"github.com/muster-scim/muster/directory/importfile"
	"github.com/muster-scim/muster/policy"
	"github.com/muster-scim/muster/scim/canonical"
)

// groups finds out which groups are to be made and, applying, makes them.
func (v *importing) groups(rows []ImportRow) error {
	keys, locks := make([]string, len(rows)), make([]string, len(rows))
	for k, r := range rows {
		keys[k], locks[k] = r.Key, "group:"+r.Key
	}
	r := Request{GroupKeys: keys, Looks: !v.apply}
	if v.apply {
		r.Keys = locks
	}
	if _, err := v.load(r); err != nil {
		return err
	}
	first := map[string]int64{}
	if !v.apply {
		var err error
		if first, err = v.tx.StagedGroups(v.ctx, v.i.ID, keys); err != nil {
			return err
		}
	}
	for k := range rows {
		r := &rows[k]
		switch seq, staged := first[r.Key]; {
		case v.facts[r.Key] != nil, staged && seq < r.Seq:
			v.result(r, ImportExists)
		default:
			v.result(r, ImportCreate)
			if v.apply {
				v.createGroup(r)
			}
		}
	}
	return nil
}

// createGroup makes the group of a row.
func (v *importing) createGroup(r *ImportRow) {
	fact := GroupFact{ID: newID(), Name: strings.TrimSpace(r.Group), Key: r.Key, Created: v.now, Version: 1}
	v.facts[r.Key] = &fact
	v.changes.NewGroups = append(v.changes.NewGroups, fact)
	v.meetRivals(fact)
	v.event("directory.group.created", EventRow{Group: fact.ID, Changes: map[string]any{"displayName": fact.Name, "import": v.i.ID}})
}

// memberships finds out what rows of memberships do and, applying, does it: person by person, by
// the decision that settles everybody else too.
func (v *importing) memberships(rows []ImportRow) error {
	who, err := v.whom(rows)
	if err != nil {
		return err
	}
	byUser := make(map[uuid.UUID][]*ImportRow)
	var pairs []string
	for k := range rows {
		r := &rows[k]
		if !who.resolve(v, r) {
			continue
		}
		pairs = append(pairs, r.Pair)
		if r.User != uuid.Nil {
			byUser[r.User] = append(byUser[r.User], r)
		} else {
			v.result(r, ImportAdd) // of a user whom the import makes
		}
	}
	for _, id := range sortedIDs(byUser) {
		if err := v.join(who.people[id], byUser[id]); err != nil {
			return fmt.Errorf("memberships of user %s: %w", id, err)
		}
	}
	if v.apply {
		return nil
	}
	if err := v.oncePerPair(rows, pairs); err != nil {
		return err
	}
	return v.bringGroups(rows)
}

// whom are the users that rows of memberships name, in the directory and in the file.
type whom struct {
	*found
	byRef, byName, byEmail map[string][]ImportRow // rows of the file's users
}

// whom looks for the users that rows name.
func (v *importing) whom(rows []ImportRow) (*whom, error) {
	var refs, keys, groups []string
	var ids []uuid.UUID
	people := make([]Keys, len(rows))
	for k, r := range rows {
		key := canonical.Key(r.Member)
		refs, keys, groups = append(refs, r.Member), append(keys, key), append(groups, r.Key)
		people[k] = Keys{Record: r.ID, UserName: key, Email: key}
		if id := idOf(r.Member); id != uuid.Nil {
			ids = append(ids, id)
		}
	}
	staged, err := v.tx.StagedUsers(v.ctx, v.i.ID, refs, keys)
	if err != nil {
		return nil, err
	}
	w := &whom{byRef: make(map[string][]ImportRow), byName: make(map[string][]ImportRow), byEmail: make(map[string][]ImportRow)}
	slices.SortFunc(staged, func(a, b ImportRow) int { return cmp.Compare(a.Seq, b.Seq) }) // the first counts
	for _, s := range staged {
		if s.User != uuid.Nil {
			ids = append(ids, s.User)
		}
		if s.Ref != "" {
			w.byRef[s.Ref] = append(w.byRef[s.Ref], s)
		}
		w.byName[s.Key] = append(w.byName[s.Key], s)
		if s.Email != "" {
			w.byEmail[s.Email] = append(w.byEmail[s.Email], s)
		}
	}
	slices.Sort(groups)
	w.found, err = v.find(people, ids, slices.Compact(groups))
	return w, err
}

// resolve finds the user of a membership: by the file's own id of it, the userName, the id in the
// directory and the address. A row of the file comes before the directory, so that nobody whose own
// row is a problem gets memberships all the same. It sets the row's user, unless the import is still to make it,
// and its pair; false: the row is a problem.
func (w *whom) resolve(v *importing, r *ImportRow) bool {
	key := canonical.Key(r.Member)
	switch id := idOf(r.Member); {
	case len(w.byRef[r.Member]) > 0:
		return w.fromFile(v, r, w.byRef[r.Member][0])
	case len(w.byName[key]) > 0:
		return w.fromFile(v, r, w.byName[key][0])
	case len(w.names[r.ID]) > 0:
		r.User = w.names[r.ID][0]
	case id != uuid.Nil && w.people[id] != nil:
		r.User = id
	case len(w.emails[r.ID]) > 1:
		v.problem(r, ImportAmbiguous, "ambiguous", "member", r.Member,
			fmt.Sprintf("Several users have this e-mail address: %s. Name one by its userName.", w.called(w.emails[r.ID])))
		return false
	case len(w.emails[r.ID]) == 1:
		r.User = w.emails[r.ID][0]
	case len(w.byEmail[key]) > 0:
		return w.fromFile(v, r, w.byEmail[key][0])
	default:
		v.problem(r, ImportError, "unknownUser", "member", r.Member, "Nobody in the directory or the file has this userName, e-mail address or id. Add a row for the user, or mend the name.")
		return false
	}
	return w.there(v, r)
}

// fromFile takes a user of the file for the user of a membership.
func (w *whom) fromFile(v *importing, r *ImportRow, of ImportRow) bool {
	outcome := of.Planned
	if v.apply && of.Result != "" {
		outcome = of.Result
	}
	switch {
	case outcome.problem():
		v.problem(r, ImportError, "unknownUser", "member", r.Member, fmt.Sprintf("The user's own row, line %d, cannot be taken. Mend that one first.", of.Line))
		return false
	case of.User != uuid.Nil:
		r.User = of.User
		return w.there(v, r)
	case v.apply:
		v.problem(r, ImportError, "unknownUser", "member", r.Member, fmt.Sprintf("The user of line %d was not made. Import the row again.", of.Line))
		return false
	}
	r.Pair = fmt.Sprintf("line:%d/%s", of.Seq, r.Key)
	return true
}

// there sets the pair of a row whose user is in the directory, unless the user is gone.
func (w *whom) there(v *importing, r *ImportRow) bool {
	if p := w.people[r.User]; p == nil || p.User.Status == policy.UserDeleted {
		r.User = uuid.Nil
		v.problem(r, ImportError, "unknownUser", "member", r.Member, "The user is deleted. Restore the user first, or leave the row out.")
		return false
	}
	r.Pair = r.User.String() + "/" + r.Key
	return true
}

// join decides about a person with the memberships of rows as local ones and, applying, settles it.
func (v *importing) join(p *Person, rows []*ImportRow) error {
	p.claims = slices.Clone(p.Held)
	local := Support{Origin: policy.OriginLocal, Code: policy.CodeLocal}
	for _, r := range rows {
		i := slices.IndexFunc(p.claims, func(m MembershipRow) bool { return m.Group.Key == r.Key })
		switch {
		case i < 0:
			p.claims = append(p.claims, MembershipRow{Group: v.groupOf(r), User: p.User.ID, Supports: []Support{local}})
		case !slices.ContainsFunc(p.claims[i].Supports, isLocal):
			p.claims[i].Supports = append(slices.Clone(p.claims[i].Supports), local)
		}
	}
	in, err := v.input(p)
	if err != nil {
		return err
	}
	decision := policy.Decide(in)
	adds := false
	for _, r := range rows {
		adds = v.joined(p, r, decision) || adds
	}
	if !v.apply || !adds {
		return nil
	}
	return v.settle(p)
}

func isLocal(s Support) bool { return s.Origin == policy.OriginLocal }

// groupOf is the group of a membership; while it is only looked at, one that is still to be made.
func (v *importing) groupOf(r *ImportRow) GroupFact {
	if fact := v.facts[r.Key]; fact != nil {
		return *fact
	}
	if v.apply {
		v.createGroup(r) // somebody took it away since its row was applied
		return *v.facts[r.Key]
	}
	return GroupFact{ID: newID(), Name: strings.TrimSpace(r.Group), Key: r.Key, Created: v.now, Version: 1}
}

// joined says what became of one membership, by the decision about its person.
func (v *importing) joined(p *Person, r *ImportRow, decision policy.Decision) (adds bool) {
	held := slices.IndexFunc(p.Held, func(m MembershipRow) bool { return m.Group.Key == r.Key })
	target, kept := targetOf(decision, r.Key)
	stays := kept && slices.ContainsFunc(target.Supports, func(s policy.Support) bool { return s.Origin == policy.OriginLocal })
	switch {
	case held >= 0 && kept && (!stays || slices.ContainsFunc(p.Held[held].Supports, isLocal)):
		v.result(r, ImportExists)
	case stays:
		v.result(r, ImportAdd)
		return true
	default:
		because := refusal(r.Key, decision)
		v.problem(r, ImportUndone, "rulesWouldUndo", "group", r.Group,
			fmt.Sprintf("The rules would take the membership away at once: %s Add the group to neverRemove of that connector to keep local members.", because.Sentence(r.Group)))
	}
	return false
}

// oncePerPair finds memberships that the file has twice: only the first of them adds anything.
func (v *importing) oncePerPair(rows []ImportRow, pairs []string) error {
	earlier, err := v.tx.StagedPairs(v.ctx, v.i.ID, pairs)
	if err != nil {
		return err
	}
	here := make(map[string]int64, len(rows))
	for k := range rows {
		r := &rows[k]
		if r.Planned != ImportAdd {
			continue
		}
		if _, again := here[r.Pair]; again {
			v.result(r, ImportExists)
			continue
		}
		here[r.Pair] = r.Line
		if first, again := earlier[r.Pair]; again && first[0] < r.Seq {
			v.result(r, ImportExists)
		}
	}
	return nil
}

// bringGroups adds rows for the groups that only memberships name.
func (v *importing) bringGroups(rows []ImportRow) error {
	var missing []string
	for _, r := range rows {
		if r.Planned == ImportAdd && v.facts[r.Key] == nil {
			missing = append(missing, r.Key)
		}
	}
	if len(missing) == 0 {
		return nil
	}
	slices.Sort(missing)
	staged, err := v.tx.StagedGroups(v.ctx, v.i.ID, slices.Compact(missing))
	if err != nil {
		return err
	}
	for _, r := range rows {
		if _, there := staged[r.Key]; there || r.Planned != ImportAdd || v.facts[r.Key] != nil {
			continue
		}
		staged[r.Key] = v.i.Next
		v.added = append(v.added, ImportRow{ID: newID(), Seq: v.i.Next, Line: r.Line, Kind: importfile.Group, Key: r.Key, Group: r.Group})
		v.i.Next++
	}
	return nil
}
