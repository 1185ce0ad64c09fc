package directory

import (
	"cmp"
	"encoding/json"
	"slices"

	"github.com/google/uuid"

	"github.com/muster-scim/muster/policy"
	"github.com/muster-scim/muster/scim"
	"github.com/muster-scim/muster/scim/canonical"
)

// input puts what the scene holds of a person into the words of policy.Decide.
func (w *work) input(p *Person) (policy.Input, error) {
	in := policy.Input{
		Directory:  w.settings.Directory,
		Connectors: make(map[string]*policy.Connector, 1),
		Now:        w.now,
		User: policy.User{
			Exists:      p.User.ID != uuid.Nil && p.User.Version > 0,
			Local:       len(p.Records) == 0,
			Status:      p.status(),
			DeletedAt:   p.User.DeletedAt,
			Blocked:     p.User.Block != "",
			CleanedUp:   p.User.CleanedUp,
			UserNameKey: p.User.UserNameKey,
		},
	}
	if len(p.Holds) > 0 {
		in.Exceptions = exceptions(p.Holds)
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
	copied, err := w.copyFor(p, &in)
	if err != nil {
		return in, err
	}
	named = append(named, copied)
	if err := w.know(append(named, viewedKeys(p.Records))...); err != nil {
		return in, err
	}
	claimed := p.claimed()
	in.Groups = make(map[string]policy.GroupFacts, len(claimed))
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
			in.Views = append(in.Views, w.view(r, c, p))
		}
		for _, g := range r.Groups {
			addFact(g.Key)
		}
	}
	if len(claimed) > 0 {
		in.Held = make([]policy.Membership, 0, len(claimed))
	}
	for _, m := range claimed {
		held := policy.Membership{Key: m.Group.Key, Supports: make([]policy.Support, len(m.Supports))}
		for i, s := range m.Supports {
			held.Supports[i] = policy.Support{Origin: s.Origin, Connector: w.supporter(s.Connector)}
			if s.Code == policy.CodeCopied {
				held.CopiedBy, held.CopiedFrom = w.supporter(s.Connector), s.Detail
			}
		}
		in.Held = append(in.Held, held)
		in.Groups[m.Group.Key] = policy.GroupFacts{Name: m.Group.Name, Tenant: w.tenantName(m.Group.Tenant)}
	}
	return in, w.readAttributes(p, &in)
}

// view is one record's view in the words of policy.
func (w *work) view(r *RecordRow, c *Connector, p *Person) policy.View {
	v := policy.View{
		Connector: c.Slug, Record: r.ID.String(), State: policy.State(r.ViewState),
		EverCounted: !r.FirstCounted.IsZero(), FirstCounted: r.FirstCounted, LeftAt: r.LeftAt,
		LastInactive: r.LastInactive, DefaultsGranted: r.DefaultsGranted,
	}
	if m := w.mapped(r, p); m != nil {
		v.Dropped, v.Failed = m.dropped, m.problem != ""
	}
	if len(r.Groups) > 0 {
		v.Groups = make([]policy.SentGroup, len(r.Groups))
	}
	for i, g := range r.Groups {
		v.Groups[i] = policy.SentGroup{Name: g.Name, Key: g.Key, Path: g.Path}
	}
	return v
}

// readAttributes gives Decide the attributes it needs: all of them when several records could be
// merged or protectedUsers looks at them, otherwise the name alone; the document of the one record
// that speaks is then taken as it is. A record without a user shows none: linking, which knows
// the candidates, judges its names.
func (w *work) readAttributes(p *Person, in *policy.Input) error {
	if p.User.ID == uuid.Nil {
		return nil
	}
	whole := w.takesWhole(p)
	if in.User.Exists {
		in.User.Attributes = map[string]any{"userName": p.User.UserName}
		if whole {
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
		if w.mapped(r, p) != nil || !sameJSON(r.view(), p.User.JSON) {
			name = w.gives(r, p).UserName()
		}
		in.Views[i].Attributes = map[string]any{"userName": name}
		if whole {
			in.Views[i].Attributes = w.gives(r, p)
		}
		if key := canonical.Key(name); key != p.User.UserNameKey {
			renamed = append(renamed, Keys{Record: r.ID, Tenant: r.Tenant, Connector: r.Connector, UserName: key})
		}
	}
	w.protect(p, in)
	return w.namesTaken(p, renamed, in)
}

// takesWhole says whether Decide sees a person's attributes whole, and gives them back so.
func (w *work) takesWhole(p *Person) bool {
	return speaking(p.Records) > 1 || len(w.settings.Directory.Settings().ProtectedUsers) > 0 || p.keepsKey() || w.maps(p) || p.copy != nil || p.User.Copied != nil
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
	return protectableOf(scim.ParseDocument(doc))
}

func protectableOf(d scim.Document) []string {
	return append(d.Emails(), d.UserName(), d.DisplayName())
}

// namesTaken finds which of the names that records would give their user are not to be had:
// another user of the directory has them, or they are protected.
func (w *work) namesTaken(p *Person, renamed []Keys, in *policy.Input) error {
	if len(renamed) == 0 || !in.User.Exists {
		return nil // linking has looked already
	}
	taken, err := w.namesHeld(p.User.ID, renamed)
	if err != nil {
		return err
	}
	for _, k := range renamed {
		if pattern, except := w.settings.Directory.ProtectedUser(k.UserName); pattern != "" && !slices.Contains(except, w.slug(k.Connector)) {
			taken[k.UserName] = true
		}
	}
	in.NamesTaken = taken
	return nil
}

// namesHeld finds which of the keys' userNames a user other than self holds. A deleted user
// holds none; a name that this transaction has given away counts.
func (w *work) namesHeld(self uuid.UUID, keys []Keys) (map[string]bool, error) {
	held := make(map[string]bool)
	names := make(map[uuid.UUID]string, len(keys))
	for _, k := range keys {
		names[k.Record] = k.UserName
		if holder, given := w.given[k.UserName]; given && holder != self {
			held[k.UserName] = true
		}
	}
	scene, err := w.tx.Load(w.ctx, Request{Candidates: keys})
	if err != nil {
		return nil, err
	}
	found := make(map[uuid.UUID]string)
	for _, c := range scene.Candidates {
		if c.By == "userName" && c.User != self {
			found[c.User] = names[c.For]
		}
	}
	if len(found) == 0 {
		return held, nil
	}
	if scene, err = w.tx.Load(w.ctx, Request{Users: sortedIDs(found)}); err != nil {
		return nil, err
	}
	for id, name := range found {
		if p := scene.People[id]; p != nil && p.User.UserNameKey == name && p.User.Status != policy.UserDeleted {
			held[name] = true
		}
	}
	return held, nil
}

// nameIn is the userName among attributes, or the one that the user has.
func nameIn(attributes map[string]any, u UserRow) (name, key string) {
	if name, _ = attributes["userName"].(string); name == "" {
		return u.UserName, u.UserNameKey
	}
	return name, canonical.Key(name)
}

// recordByID finds the record that a decision speaks of.
func recordByID(records []*RecordRow, id string) *RecordRow {
	for _, r := range records {
		if r.ID.String() == id {
			return r
		}
	}
	return nil
}

// viewedKeys are the keys of all groups in the views of records.
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

// called is what administrators call a connector: its slug, or the id of one that is deleted.
func (w *work) called(connector uuid.UUID) string {
	return cmp.Or(w.slug(connector), connector.String())
}

// supporter is what decisions call the connector behind a support: one that is deleted still is
// somebody, whose memberships stay until someone takes them away. Nobody is behind what is local.
func (w *work) supporter(connector uuid.UUID) string {
	if connector == uuid.Nil {
		return ""
	}
	return w.called(connector)
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
	return idOf(slug) // of one that is deleted
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
