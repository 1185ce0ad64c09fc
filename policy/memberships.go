package policy

import (
	"cmp"
	"slices"
	"strings"
)

// kind is what a line says of a group.
type kind int8

const (
	sentLine    kind = iota // a contributing view's IdP sends it
	absentLine              // a view that does not contribute holds it
	alwaysLine              // alwaysAssign names it
	defaultLine             // defaultGroups names it
	copyLine                // the user of the same name in another directory is in it, and the connector gives that
	heldLine                // the user is in it with the connector's support
	localLine               // the user is in it, and no connector has to do with it
)

// line is one thing that a connector, or the directory, says of one group. There are many
// of them, so they are small and are sorted by number.
type line struct {
	key   string
	name  string     // as sent or listed
	sent  *SentGroup // for sentLine and absentLine
	view  int32      // index in deciding.seen
	party int16      // index in deciding.parties, -1 for the directory
	kind  kind
}

// decideMemberships collects what everybody says, group by group, and decides each.
func (d *deciding) decideMemberships() {
	d.collect()
	order := make([]int32, len(d.lines))
	for i := range order {
		order[i] = int32(i)
	}
	slices.SortFunc(order, func(a, b int32) int { return compareLines(&d.lines[a], &d.lines[b]) })
	groups, pairs := 0, 0
	for i := range order {
		switch a, b := d.before(order, i), &d.lines[order[i]]; {
		case a == nil || a.key != b.key:
			groups, pairs = groups+1, pairs+1
		case a.party != b.party:
			pairs++
		}
	}
	d.slab, d.reasons = make([]Support, 0, pairs), make([]Reason, 0, pairs)
	d.out.Verdicts = make([]Verdict, 0, pairs)
	d.out.Memberships = make([]TargetMembership, 0, groups)
	for start := 0; start < len(order); {
		end := start + 1
		for end < len(order) && d.lines[order[end]].key == d.lines[order[start]].key {
			end++
		}
		d.decideGroup(order[start:end])
		start = end
	}
}

func (d *deciding) before(order []int32, i int) *line {
	if i == 0 {
		return nil
	}
	return &d.lines[order[i-1]]
}

// compareLines sorts by group, then by the connectors' precedence. Of what one connector says
// the first counts: a group that comes directly goes before one through nested groups.
func compareLines(a, b *line) int {
	if order := strings.Compare(a.key, b.key); order != 0 {
		return order
	}
	if order := cmp.Or(cmp.Compare(a.party, b.party), cmp.Compare(a.kind, b.kind), strings.Compare(a.name, b.name)); order != 0 {
		return order
	}
	if a.sent == nil || b.sent == nil {
		return 0
	}
	return cmp.Or(cmp.Compare(len(a.sent.Path), len(b.sent.Path)), slices.Compare(a.sent.Path, b.sent.Path), cmp.Compare(a.view, b.view))
}

func (d *deciding) collect() {
	size := len(d.held)
	for i := range d.seen {
		size += len(d.seen[i].Groups)
	}
	for _, p := range d.parties {
		size += len(p.Rules.always) + len(p.Rules.defaults)
	}
	d.lines = make([]line, 0, size)
	at := int16(0)
	for i := range d.seen {
		v := &d.seen[i]
		for d.parties[at] != v.party {
			at++
		}
		k := absentLine
		if v.contributes {
			k = sentLine
		}
		for j := range v.Groups {
			g := &v.Groups[j]
			d.lines = append(d.lines, line{key: g.Key, party: at, kind: k, name: g.Name, sent: g, view: int32(i)})
		}
	}
	for i, p := range d.parties {
		if p.absence.Code == CodeNoRecord && !p.contributes {
			continue // no view: its rules are not asked
		}
		for _, n := range p.Rules.always {
			d.lines = append(d.lines, line{key: n.key, party: int16(i), kind: alwaysLine, name: n.name})
		}
		for _, n := range p.Rules.defaults {
			d.lines = append(d.lines, line{key: n.key, party: int16(i), kind: defaultLine, name: n.name})
		}
	}
	if at := d.copier(); at >= 0 {
		for i := range d.in.Copy.Groups {
			g := &d.in.Copy.Groups[i]
			d.lines = append(d.lines, line{key: g.Key, party: at, kind: copyLine, name: g.Name})
		}
	}
	for i := range d.held {
		d.collectHeld(&d.held[i])
	}
}

func (d *deciding) collectHeld(m *Membership) {
	connected := false
	for _, s := range m.Supports {
		if at := d.partyOf(s.Connector); at >= 0 {
			d.lines = append(d.lines, line{key: m.Key, party: at, kind: heldLine, name: d.spelling(m.Key)})
			connected = true
		}
	}
	if !connected {
		d.lines = append(d.lines, line{key: m.Key, party: -1, kind: localLine, name: d.spelling(m.Key)})
	}
}

func (d *deciding) partyOf(slug string) int16 {
	if slug == "" {
		return -1
	}
	for i, p := range d.parties {
		if p.Slug == slug {
			return int16(i)
		}
	}
	return -1
}

// spelling is the name of an existing group, or its key where nothing better is known.
func (d *deciding) spelling(key string) string {
	if facts, ok := d.in.Groups[key]; ok {
		return facts.Name
	}
	return key
}

func (d *deciding) heldAt(key string) *Membership {
	at, ok := slices.BinarySearchFunc(d.held, key, func(m Membership, key string) int { return strings.Compare(m.Key, key) })
	if !ok {
		return nil
	}
	return &d.held[at]
}

// group is one group on its way to a target membership.
type group struct {
	key      string
	name     string // the existing spelling, else the first that asks
	exists   bool
	owner    string // the tenant it belongs to, "" while it is local or nobody's
	held     *Membership
	supports []Support
	because  []Reason // one for each support
	verdicts int      // index of its first verdict in the decision
}

func (g *group) support(origin Origin, connector string, because Reason) {
	g.supports = append(g.supports, Support{origin, connector})
	g.because = append(g.because, because)
}

// decideGroup decides one group: first every connector for itself, in the order of
// precedence, then what is local, then the exceptions.
func (d *deciding) decideGroup(order []int32) {
	key := d.lines[order[0]].key
	facts, exists := d.in.Groups[key]
	g := group{key: key, name: facts.Name, exists: exists, owner: facts.Tenant,
		held: d.heldAt(key), verdicts: len(d.out.Verdicts),
		supports: d.slab[len(d.slab):], because: d.reasons[len(d.reasons):]}
	for start := 0; start < len(order); {
		at, end := d.lines[order[start]].party, start+1
		for end < len(order) && d.lines[order[end]].party == at {
			end++
		}
		if at >= 0 {
			d.decideFor(d.parties[at], &g, order[start:end])
		}
		start = end
	}
	d.decideLocal(&g)
	d.except(&g)
	if len(g.supports) == 0 {
		return
	}
	d.out.Memberships = append(d.out.Memberships, g.target())
	if used := len(d.slab) + len(g.supports); used <= cap(d.slab) {
		d.slab, d.reasons = d.slab[:used], d.reasons[:used]
	}
}

// target sorts the supports by strength and gives the reason of the strongest.
func (g *group) target() TargetMembership {
	for i := 1; i < len(g.supports); i++ {
		for j := i; j > 0 && stronger(g.supports[j], g.supports[j-1]); j-- {
			g.supports[j], g.supports[j-1] = g.supports[j-1], g.supports[j]
			g.because[j], g.because[j-1] = g.because[j-1], g.because[j]
		}
	}
	t := TargetMembership{Key: g.key, Name: g.name, Supports: slices.Clip(g.supports), Because: g.because[0], Reasons: slices.Clip(g.because)}
	if !g.exists {
		t.Creates = g.owner
	}
	return t
}

func stronger(a, b Support) bool {
	return cmp.Or(cmp.Compare(strength(a.Origin), strength(b.Origin)), strings.Compare(a.Connector, b.Connector)) < 0
}

func strength(o Origin) int {
	switch o {
	case OriginIDP:
		return 0
	case OriginAlways:
		return 1
	case OriginDefault:
		return 2
	case OriginLocal:
		return 3
	}
	return 4
}

// verdict notes what became of the group for a connector. The caller gives one for each.
func (d *deciding) verdict(g *group, connector, name string, admitted bool, because Reason) {
	d.out.Verdicts = append(d.out.Verdicts, Verdict{Connector: connector, Key: g.key, Name: name, Admitted: admitted, Because: because})
}

// except honours the exceptions: a removal that stays undone, an addition that does.
func (d *deciding) except(g *group) {
	if why, ok := d.in.Exceptions.KeepMemberships[g.key]; ok && g.held != nil && len(g.supports) == 0 {
		for _, s := range g.held.Supports {
			g.support(s.Origin, s.Connector, Reason{Code: CodeHeld, Connector: s.Connector, Detail: why})
		}
	}
	if why, ok := d.in.Exceptions.SkipMemberships[g.key]; ok && g.held == nil && len(g.supports) > 0 {
		g.supports, g.because = nil, nil
		for i := g.verdicts; i < len(d.out.Verdicts); i++ {
			if v := &d.out.Verdicts[i]; v.Admitted {
				v.Admitted, v.Because = false, Reason{Code: CodeDiscarded, Connector: v.Connector, Detail: why}
			}
		}
	}
	if len(d.out.Verdicts) == g.verdicts {
		because := Reason{Code: CodeLocal}
		if len(g.because) > 0 {
			because = g.because[0]
		}
		d.verdict(g, "", g.name, len(g.supports) > 0, because)
	}
}
