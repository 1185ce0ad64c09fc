package directory

import (
	"cmp"
	"encoding/json"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/muster-scim/muster/policy"
	"github.com/muster-scim/muster/scim"
	"github.com/muster-scim/muster/scim/canonical"
)

// settle makes the directory agree with the decision about one person.
func (w *work) settle(p *Person) error {
	in, err := w.input(p)
	if err != nil {
		return err
	}
	decision := policy.Decide(in)
	w.settleRecords(p, decision)
	if p.User.Version > 0 || decision.Create {
		w.settleUser(p, decision)
		w.settleMemberships(p, decision)
	}
	w.settleConflicts(p, decision)
	return nil
}

// input puts what the scene holds of a person into the words of policy.Decide.
func (w *work) input(p *Person) (policy.Input, error) {
	in := policy.Input{
		Directory:  w.settings.Directory,
		Connectors: make(map[string]*policy.Connector, 1),
		Now:        w.now,
		User: policy.User{
			Exists:      p.User.ID != uuid.Nil && p.User.Version > 0,
			Local:       len(p.Records) == 0,
			Status:      p.User.Status,
			DeletedAt:   p.User.DeletedAt,
			Blocked:     p.User.Block != "",
			CleanedUp:   p.User.CleanedUp,
			UserNameKey: p.User.UserNameKey,
		},
	}
	var named [][]string
	involve := func(connector uuid.UUID) {
		if c := w.settings.Connectors[connector]; c != nil && in.Connectors[c.Slug] == nil {
			in.Connectors[c.Slug] = c.Policy
			named = append(named, c.Policy.Rules.Names())
		}
	}
	for _, r := range p.Records {
		if r.ViewState != NoView {
			involve(r.Connector)
		}
	}
	for _, m := range p.claimed() {
		for _, s := range m.Supports {
			involve(s.Connector)
		}
	}
	if err := w.know(append(named, viewedKeys(p.Records))...); err != nil {
		return in, err
	}
	in.Groups = make(map[string]policy.GroupFacts)
	addFact := func(key string) {
		if fact := w.facts[key]; fact != nil {
			in.Groups[key] = policy.GroupFacts{Name: fact.Name, Tenant: w.tenantName(fact.Tenant)}
		}
	}
	for _, keys := range named {
		for _, key := range keys {
			addFact(key)
		}
	}
	for _, r := range p.Records {
		if c := w.settings.Connectors[r.Connector]; c != nil && r.ViewState != NoView {
			in.Views = append(in.Views, w.view(r, c))
		}
		for _, g := range r.Groups {
			addFact(g.Key)
		}
	}
	for _, m := range p.claimed() {
		held := policy.Membership{Key: m.Group.Key}
		for _, s := range m.Supports {
			held.Supports = append(held.Supports, policy.Support{Origin: s.Origin, Connector: w.slug(s.Connector)})
		}
		in.Held = append(in.Held, held)
		in.Groups[m.Group.Key] = policy.GroupFacts{Name: m.Group.Name, Tenant: w.tenantName(m.Group.Tenant)}
	}
	return in, w.readAttributes(p, &in)
}

// view is one record's view in the words of policy.
func (w *work) view(r *RecordRow, c *Connector) policy.View {
	v := policy.View{
		Connector: c.Slug, Record: r.ID.String(), State: policy.State(r.ViewState),
		EverCounted: !r.FirstCounted.IsZero(), FirstCounted: r.FirstCounted, LeftAt: r.LeftAt,
		LastInactive: r.LastInactive, DefaultsGranted: r.DefaultsGranted,
	}
	for _, g := range r.Groups {
		v.Groups = append(v.Groups, policy.SentGroup{Name: g.Name, Key: g.Key})
	}
	return v
}

// readAttributes gives Decide the attributes it needs: all of them when several records could
// be merged, only the name when one record alone speaks, whose document is then taken as it is.
func (w *work) readAttributes(p *Person, in *policy.Input) error {
	merged := speaking(p.Records) > 1
	if in.User.Exists {
		in.User.Attributes = map[string]any{"userName": p.User.UserName}
		if merged {
			in.User.Attributes = scim.ParseDocument(p.User.JSON)
		}
	}
	var renamed []Keys
	for i := range in.Views {
		r := recordByID(p.Records, in.Views[i].Record)
		if in.Views[i].State == policy.Deleted {
			continue
		}
		name := p.User.UserName
		if !sameJSON(r.view(), p.User.JSON) {
			name = r.document().UserName()
		}
		in.Views[i].Attributes = map[string]any{"userName": name}
		if merged {
			in.Views[i].Attributes = r.document()
		}
		if key := canonical.Key(name); key != p.User.UserNameKey {
			renamed = append(renamed, Keys{Record: r.ID, Tenant: r.Tenant, Connector: r.Connector, UserName: key})
		}
	}
	w.protect(p, in)
	return w.namesTaken(p, renamed, in)
}

// speaking counts the records whose view is not a tombstone.
func speaking(records []*RecordRow) int {
	n := 0
	for _, r := range records {
		if r.ViewState != NoView && r.ViewState != ViewState(policy.Deleted) {
			n++
		}
	}
	return n
}

// protect tells Decide when the directory keeps the user out of the connectors' reach.
func (w *work) protect(p *Person, in *policy.Input) {
	if !in.User.Exists || len(w.settings.Directory.Settings().ProtectedUsers) == 0 {
		return
	}
	in.User.Protected, in.User.Excepted = w.settings.Directory.ProtectedUser(protectable(p.User.JSON)...)
}

// protectable are the values of a user that protectedUsers looks at.
func protectable(doc json.RawMessage) []string {
	d := scim.ParseDocument(doc)
	return append(d.Emails(), d.UserName(), d.DisplayName())
}

// namesTaken finds which of the names that records would give their user are not to be had:
// another user of the directory has them, or they are protected.
func (w *work) namesTaken(p *Person, renamed []Keys, in *policy.Input) error {
	if len(renamed) == 0 || !in.User.Exists {
		return nil // linking has looked already
	}
	in.NamesTaken = make(map[string]bool)
	byRecord := make(map[uuid.UUID]string)
	for _, k := range renamed {
		byRecord[k.Record] = k.UserName
		if pattern, except := w.settings.Directory.ProtectedUser(k.UserName); pattern != "" && !slices.Contains(except, w.slug(k.Connector)) {
			in.NamesTaken[k.UserName] = true
		}
	}
	scene, err := w.tx.Load(w.ctx, Request{Candidates: renamed})
	if err != nil {
		return err
	}
	for _, c := range scene.Candidates {
		if c.By == "userName" && c.User != p.User.ID {
			in.NamesTaken[byRecord[c.For]] = true
		}
	}
	return nil
}

// settleRecords writes what the decision says of the records themselves: that they counted,
// left, or had their default groups granted.
func (w *work) settleRecords(p *Person, d policy.Decision) {
	for _, r := range p.Records {
		if r.ViewState == NoView {
			continue
		}
		id := r.ID.String()
		counts := slices.Contains(d.Counting, id)
		changed := w.relinked[r.ID]
		if counts && r.FirstCounted.IsZero() {
			r.FirstCounted, changed = w.now, true
		}
		if left := d.LeftAt[id]; !left.Equal(r.LeftAt) {
			r.LeftAt, changed = left, true
		}
		if slices.Contains(d.Granted, id) && !r.DefaultsGranted {
			r.DefaultsGranted, changed = true, true
		}
		if changed {
			w.saveLink(r)
		}
	}
	if !d.LookAgain.IsZero() && len(p.Records) > 0 {
		r := p.Records[0]
		w.changes.Queue = append(w.changes.Queue, QueueRow{Connector: r.Connector, Record: r.ID, Due: d.LookAgain})
	}
}

// saveLink writes a record's view and link columns, with the record itself when it is written anyway.
func (w *work) saveLink(r *RecordRow) {
	if w.changes.NewRecord == r || slices.Contains(w.changes.Links, r) {
		return
	}
	w.changes.Links = append(w.changes.Links, r)
}

// settleUser writes the user itself: its status and attributes.
func (w *work) settleUser(p *Person, d policy.Decision) {
	before := p.User
	u := &p.User
	w.giveAttributes(p, d)
	u.Status, u.CleanedUp, u.PurgeAfter = d.Status, d.CleanedUp, d.PurgeAfter
	switch {
	case u.Status != policy.UserDeleted:
		u.DeletedAt = time.Time{}
	case before.Status != policy.UserDeleted:
		u.DeletedAt = w.now
	}
	if before.Version == 0 {
		u.Version, u.Created, u.Modified = 1, w.now, w.now
		w.changes.NewUsers = append(w.changes.NewUsers, u)
		w.userCreated(p, d)
		return
	}
	if !p.blockChanged && before.Status == u.Status && before.CleanedUp == u.CleanedUp && before.PurgeAfter.Equal(u.PurgeAfter) && sameJSON(before.JSON, u.JSON) {
		return
	}
	u.Version, u.Modified = before.Version+1, w.now
	w.changes.Users = append(w.changes.Users, u)
	w.userChanged(before, p, d)
}

// giveAttributes puts the decided attributes into the user's row.
func (w *work) giveAttributes(p *Person, d policy.Decision) {
	u := &p.User
	switch len(d.Contributing) {
	case 0: // nobody speaks: the user stays as it is
	case 1:
		r := recordByID(p.Records, d.Contributing[0])
		if sameJSON(r.view(), u.JSON) {
			return
		}
		doc := r.document()
		if name, _ := d.Attributes["userName"].(string); name != "" && name != doc.UserName() {
			doc = doc.Clone()
			doc["userName"] = name
			if kept := doc.JSON(); !sameJSON(kept, u.JSON) {
				u.hold(doc, kept, doc.SearchJSON())
			}
			return
		}
		u.hold(doc, r.view(), r.viewSearch())
	default:
		merged := scim.Document(d.Attributes)
		if doc := merged.JSON(); !sameJSON(doc, u.JSON) {
			u.hold(merged, doc, merged.SearchJSON())
		}
	}
}

func (w *work) userCreated(p *Person, d policy.Decision) {
	e := EventRow{User: p.User.ID, Changes: map[string]any{"status": p.User.Status}}
	if len(p.Records) > 0 {
		e.Record = p.Records[0].ID
		e.Connector = p.Records[0].Connector
	}
	// The record's own event in this transaction holds the values already.
	if w.changes.NewRecord == nil || !sameJSON(w.changes.NewRecord.JSON, p.User.JSON) {
		e.Values = map[string]any{"attributes": p.User.JSON}
	}
	w.event("directory.user.created", e)
}

func (w *work) userChanged(before UserRow, p *Person, d policy.Decision) {
	e := EventRow{User: p.User.ID, Changes: map[string]any{}}
	action := "directory.user.updated"
	if before.Status != p.User.Status {
		e.Changes["status"] = map[string]any{"before": before.Status, "after": p.User.Status}
		e.Changes["because"] = d.StatusBecause
		switch {
		case p.User.Status == policy.UserDeleted:
			action = "directory.user.deleted"
		case before.Status == policy.UserDeleted:
			action = "directory.user.restored"
		case p.User.Status == policy.UserDisabled:
			action = "directory.user.disabled"
		default:
			action = "directory.user.enabled"
		}
	}
	if !sameJSON(before.JSON, p.User.JSON) {
		names, values := difference(before.JSON, p.User.JSON)
		e.Changes["attributes"], e.Values = names, values
	}
	if action == "directory.user.updated" && len(e.Values) == 0 {
		return // only bookkeeping moved
	}
	w.event(action, e)
}

// settleMemberships writes the difference between what the user holds and the target.
func (w *work) settleMemberships(p *Person, d policy.Decision) {
	held := make(map[string]MembershipRow, len(p.Held))
	for _, m := range p.Held {
		held[m.Group.Key] = m
	}
	for _, target := range d.Memberships {
		supports := w.supports(target, d)
		old, has := held[target.Key]
		delete(held, target.Key)
		if has && slices.EqualFunc(old.Supports, supports, sameSupport) {
			continue
		}
		group := w.group(target)
		w.changes.Hold = append(w.changes.Hold, MembershipRow{Group: *group, User: p.User.ID, Supports: supports})
		if !has {
			w.event("directory.membership.added", EventRow{
				User: p.User.ID, Group: group.ID, Connector: supports[0].Connector,
				Changes: map[string]any{"group": group.Name, "origin": supports[0].Origin, "because": target.Because},
			})
		}
	}
	for _, m := range p.Held {
		if _, ends := held[m.Group.Key]; !ends {
			continue
		}
		w.changes.Drop = append(w.changes.Drop, MembershipRow{Group: m.Group, User: p.User.ID})
		w.event("directory.membership.removed", EventRow{
			User: p.User.ID, Group: m.Group.ID, Connector: m.Supports[0].Connector,
			Changes: map[string]any{"group": m.Group.Name, "origin": m.Supports[0].Origin, "because": endOf(m.Group.Key, d)},
		})
	}
	p.Held = nil
}

// supports are a target's supports as they are stored, each with its reason.
func (w *work) supports(t policy.TargetMembership, d policy.Decision) []Support {
	out := make([]Support, len(t.Supports))
	for i, s := range t.Supports {
		because := t.Because
		if i > 0 {
			because = verdictOf(s.Connector, t.Key, d)
		}
		out[i] = Support{Origin: s.Origin, Connector: w.connectorID(s.Connector), Code: because.Code, List: because.List, Pattern: because.Pattern, Path: because.Path}
	}
	return out
}

func sameSupport(a, b Support) bool {
	return a.Origin == b.Origin && a.Connector == b.Connector && a.Code == b.Code && a.List == b.List && a.Pattern == b.Pattern && slices.Equal(a.Path, b.Path)
}

// verdictOf is why a connector's word about a group counts, from the decision's verdicts.
func verdictOf(connector, key string, d policy.Decision) policy.Reason {
	for _, v := range d.Verdicts {
		if v.Connector == connector && v.Key == key {
			return v.Because
		}
	}
	return policy.Reason{}
}

// endOf is why a held membership ends.
func endOf(key string, d policy.Decision) policy.Reason {
	for _, v := range d.Verdicts {
		if v.Key == key && !v.Admitted {
			return v.Because
		}
	}
	return policy.Reason{}
}

// group is the target's group, made when it does not exist yet.
func (w *work) group(t policy.TargetMembership) *GroupFact {
	if fact := w.facts[t.Key]; fact != nil {
		return fact
	}
	fact := &GroupFact{ID: newID(), Name: t.Name, Key: t.Key, Tenant: w.tenantID(t.Creates), Created: w.now, Version: 1}
	w.facts[t.Key] = fact
	w.changes.NewGroups = append(w.changes.NewGroups, *fact)
	w.event("directory.group.created", EventRow{Group: fact.ID, Changes: map[string]any{"displayName": fact.Name, "tenant": t.Creates}})
	return fact
}

// settleConflicts opens the conflicts that the decision found and withdraws those that are no more.
func (w *work) settleConflicts(p *Person, d policy.Decision) {
	open := slices.Clone(p.Open)
	for _, c := range d.Conflicts {
		r := recordByID(p.Records, c.Record)
		if r == nil {
			continue
		}
		subject := cmp.Or(canonical.Key(c.Group), c.Attribute+":"+canonical.Key(c.Value))
		if i := slices.IndexFunc(open, func(o ConflictRow) bool { return o.Record == r.ID && o.Kind == c.Kind && o.Subject == subject }); i >= 0 {
			open = slices.Delete(open, i, i+1)
			continue
		}
		row := ConflictRow{Directory: w.scope.Directory, Connector: r.Connector, Record: r.ID, Kind: c.Kind, Subject: subject, User: p.User.ID, Detail: ConflictDetail{GroupName: c.Group}}
		if fact := w.facts[subject]; c.Group != "" && fact != nil {
			row.Group = fact.ID
		}
		row.Detail.Sentence = w.conflictSentence(c)
		w.conflict(row)
	}
	for _, o := range open {
		if settlingOwns(o.Kind) {
			w.changes.Withdraw = append(w.changes.Withdraw, o.ID)
		}
	}
	p.Open = nil
}

// settlingOwns tells the conflicts that come and go with decisions from those of linking.
func settlingOwns(kind string) bool {
	return kind == policy.ConflictForeignGroup || kind == policy.ConflictUserNameTaken || kind == policy.ConflictProtectedUser
}

func (w *work) conflictSentence(c policy.Conflict) string {
	switch c.Kind {
	case policy.ConflictForeignGroup:
		return "The group " + c.Group + " belongs to another tenant or is local. Add it to the directory's sharedGroups to let " + c.Connector + " feed it."
	case policy.ConflictUserNameTaken:
		return "The userName " + c.Value + " that " + c.Connector + " sends is held by another user or protected; the user keeps the name it has."
	default:
		return c.Connector + " sends a user that protectedUsers keeps out of its reach."
	}
}

// conflict opens a conflict.
func (w *work) conflict(row ConflictRow) {
	row.ID, row.Created = newID(), w.now
	w.changes.Conflicts = append(w.changes.Conflicts, row)
	w.event("directory.conflict.opened", EventRow{Connector: row.Connector, Record: row.Record, User: row.User, Group: row.Group, Changes: map[string]any{"kind": row.Kind}})
}

func recordByID(records []*RecordRow, id string) *RecordRow {
	for _, r := range records {
		if r.ID.String() == id {
			return r
		}
	}
	return nil
}

func viewedKeys(records []*RecordRow) []string {
	var keys []string
	for _, r := range records {
		for _, g := range r.Groups {
			keys = append(keys, g.Key)
		}
	}
	return keys
}

// slug, connectorID, tenantName and tenantID change between the ids of storage and the names of policy.

func (w *work) slug(connector uuid.UUID) string {
	if c := w.settings.Connectors[connector]; c != nil {
		return c.Slug
	}
	return ""
}

func (w *work) connectorID(slug string) uuid.UUID {
	if slug == "" {
		return uuid.Nil
	}
	for id, c := range w.settings.Connectors {
		if c.Slug == slug {
			return id
		}
	}
	return uuid.Nil
}

func (w *work) tenantName(tenant uuid.UUID) string {
	if tenant == uuid.Nil {
		return ""
	}
	for _, c := range w.settings.Connectors {
		if c.TenantID == tenant {
			return c.Tenant
		}
	}
	return tenant.String() // no connector of the tenant is left here, but the group is still its own
}

func (w *work) tenantID(name string) uuid.UUID {
	for _, c := range w.settings.Connectors {
		if c.Tenant == name {
			return c.TenantID
		}
	}
	return uuid.Nil
}
