package policy

// asks is what one connector says of one group, and what it supported so far.
type asks struct {
	sent, absent, always, granted, named bool   // named: defaultGroups names it
	copied                               bool   // it is given as a copy now
	copiedFrom                           string // the directory from which its default support is, or was, copied
	lives                                bool   // a record that is not deleted is in it
	name                                 string
	path                                 []string
	absence                              Reason
	idp, alwaysHeld, defaultHeld         bool // the supports it holds now
	retained                             bool
	findings                             *findings
}

func (a *asks) holds() bool { return a.idp || a.alwaysHeld || a.defaultHeld }

// read gathers the lines of one connector about one group. They are sorted by kind and name,
// so the first of a kind speaks.
func (d *deciding) read(p *party, g *group, order []int32) asks {
	a := asks{name: d.lines[order[0]].name, absence: p.absence}
	for _, i := range order {
		l := &d.lines[i]
		switch l.kind {
		case sentLine:
			if !a.sent {
				a.sent, a.name, a.path = true, l.name, l.sent.Path
			}
			a.lives = true
			a.findings = stricter(a.findings, p.Rules.about(l.name, g.key))
		case absentLine:
			// A tombstone speaks only where no other record of the connector holds the group.
			if !a.sent && (!a.absent || a.absence.Code == CodeRecordDeleted) {
				a.absence = d.absenceOf(&d.seen[l.view])
			}
			a.absent = true
			a.lives = a.lives || d.seen[l.view].State != Deleted
		case alwaysLine:
			a.always = true
		case defaultLine:
			a.named = true
			a.granted = p.grants != ""
		case copyLine:
			a.copied, a.copiedFrom = true, d.in.Copy.From
		}
	}
	if a.findings == nil {
		a.findings = p.Rules.about(a.name, g.key)
	}
	if g.held != nil {
		if g.held.CopiedBy == p.Slug && !a.copied {
			a.copiedFrom = g.held.CopiedFrom
		}
		for _, s := range g.held.Supports {
			if s.Connector != p.Slug {
				continue
			}
			switch s.Origin {
			case OriginIDP:
				a.idp = true
			case OriginAlways:
				a.alwaysHeld = true
			case OriginDefault:
				a.defaultHeld = true
			case OriginRetained:
				a.retained = true
			}
		}
	}
	return a
}

// stricter is for one group sent in two spellings: the one that is denied counts.
func stricter(a, b *findings) *findings {
	if a == nil || b.never.answer == yes || b.never.answer == undecided && a.never.answer == no {
		return b
	}
	return a
}

// decideFor decides one group for one connector: which of its supports the target has, and
// the one verdict.
func (d *deciding) decideFor(p *party, g *group, order []int32) {
	a := d.read(p, g, order)
	if !g.exists && g.name == "" {
		g.name = a.name
	}
	d.meetForeign(p, g, &a)
	switch {
	case d.mode != managed:
		d.leave(p, g, &a)
	case p.outOfReach != "":
		d.freeze(p, g, &a, Reason{Code: CodeProtectedUser, Connector: p.Slug, List: ListProtectedUsers, Pattern: p.outOfReach})
	default:
		if pattern, ok := d.protected(p, g, a.name); ok {
			d.freeze(p, g, &a, Reason{Code: CodeProtectedGroup, Connector: p.Slug, List: ListProtectedGroups, Pattern: pattern})
			return
		}
		d.admit(p, g, &a)
	}
}

// freeze leaves what is out of a connector's reach as it is: it gives nothing, and it takes
// nothing away.
func (d *deciding) freeze(p *party, g *group, a *asks, because Reason) {
	d.verdict(g, p.Slug, a.name, d.carry(p, g, because), because)
}

// carry takes over the supports that the connector holds, and says whether there are any.
func (d *deciding) carry(p *party, g *group, because Reason) bool {
	carried := false
	if g.held != nil {
		for _, s := range g.held.Supports {
			if s.Connector == p.Slug && s.Connector != "" {
				g.support(s.Origin, s.Connector, because)
				carried = true
			}
		}
	}
	return carried
}

// leave is for a user whose memberships stay as they are, or are stripped by a cleanup.
func (d *deciding) leave(p *party, g *group, a *asks) {
	if !a.holds() && !a.retained {
		d.verdict(g, p.Slug, a.name, false, a.absence)
		return
	}
	because := Reason{Code: CodeStays, Connector: p.Slug}
	switch {
	case d.mode == cleanup && d.stays:
		because = Reason{Code: CodeHeld, Connector: p.Slug, Detail: d.in.Exceptions.KeepActive}
	case d.mode == cleanup && d.strips:
		kept, why := d.survivesStrip(g, p)
		if !kept {
			d.verdict(g, p.Slug, a.name, false, Reason{Code: CodeCleanupStrips, Connector: p.Slug})
			return
		}
		because = why
	case d.mode == cleanup:
		because.Code = CodeCleanupKeeps
	}
	d.verdict(g, p.Slug, a.name, d.carry(p, g, because), because)
}

// survivesStrip says whether a cleanup that strips groups leaves the connector's supports of
// this one, or with no connector what is local.
func (d *deciding) survivesStrip(g *group, own *party) (bool, Reason) {
	reached := false
	for _, p := range d.parties {
		if !p.everCounted {
			continue
		}
		found := p.Rules.about(d.spelling(g.key), g.key)
		if found.keep.answer != no {
			return true, Reason{Code: CodeCleanupKeepsGroup, Connector: p.Slug, List: ListKeepGroups, Pattern: found.keep.pattern}
		}
		if found.remove.answer != no && own == nil {
			return true, Reason{Code: CodeLocalKept, Connector: p.Slug, List: ListNeverRemove, Pattern: found.remove.pattern}
		}
		reached = reached || d.mayTake(p, g)
	}
	if own != nil {
		if found := own.Rules.about(d.spelling(g.key), g.key); found.remove.answer != no {
			return true, Reason{Code: CodeRetained, Connector: own.Slug, List: ListNeverRemove, Pattern: found.remove.pattern}
		}
	}
	return !reached, Reason{Code: CodeOutOfReach}
}

// mayTake says whether the group is within the connector's reach at all: not protected from
// it, and not another tenant's.
func (d *deciding) mayTake(p *party, g *group) bool {
	if p.outOfReach != "" {
		return false
	}
	name := d.spelling(g.key)
	if _, ok := d.protected(p, g, name); ok {
		return false
	}
	return g.owner == "" || g.owner == p.Tenant || d.in.Directory.Shared(name)
}

// protected looks at the name as sent and at the existing group's own spelling.
func (d *deciding) protected(p *party, g *group, name string) (pattern string, ok bool) {
	if pattern, ok = d.in.Directory.ProtectedGroup(name, p.Slug); ok || !g.exists || g.name == name {
		return pattern, ok
	}
	return d.in.Directory.ProtectedGroup(g.name, p.Slug)
}

// mayFeed says whether the connector may feed the group (see Directory.mayFeed). One that is gone
// gives nothing new; what it left is judged by retain.
func (d *deciding) mayFeed(p *party, g *group, name string) bool {
	return !p.known || d.in.Directory.mayFeed(p.Tenant, g.owner, g.exists, name)
}

// admit decides the supports of a connector that may reach both the user and the group.
func (d *deciding) admit(p *party, g *group, a *asks) {
	feeds := d.mayFeed(p, g, a.name)
	before := len(g.supports)
	idp, because := d.admitSent(p, a, feeds)
	why := because // of the verdict: of the strongest support, else of the strongest refusal
	if idp {
		g.support(OriginIDP, p.Slug, because)
	}
	if a.always && p.contributes {
		if feeds {
			because := Reason{Code: CodeAlwaysAssign, Connector: p.Slug, List: ListAlwaysAssign, Pattern: entry(p.Rules.always, g.key)}
			g.support(OriginAlways, p.Slug, because)
			if !idp {
				why = because
			}
		} else if why.Code == "" {
			why = Reason{Code: CodeForeignGroup, Connector: p.Slug}
		}
	}
	switch {
	case !a.copied || why.Code != "":
	case !feeds:
		why = Reason{Code: CodeForeignGroup, Connector: p.Slug}
	case a.findings.never.answer != no:
		why = Reason{Code: CodeNotCopied, Connector: p.Slug, List: ListNeverAssign, Pattern: a.findings.never.pattern, Detail: a.copiedFrom}
	}
	if feeds && (a.granted || a.copies() || a.defaultHeld && p.hasRecord) {
		because := d.defaultReason(p, g, a)
		g.support(OriginDefault, p.Slug, because)
		if len(g.supports) == before+1 {
			why = because
		}
	}
	if len(g.supports) > before {
		if !g.exists && g.owner == "" {
			g.owner = p.Tenant
		}
	} else if why.Code == CodeUndecided {
		d.carry(p, g, why) // what the user holds stays
	} else if feeds {
		if kept, because := d.retain(p, a); kept {
			g.support(OriginRetained, p.Slug, because)
			why = because
		}
	}
	if why.Code == "" {
		why = d.missing(p, a, feeds)
	}
	d.verdict(g, p.Slug, a.name, len(g.supports) > before, why)
}

// copies says whether the group is given as a copy: neverAssign binds copies too, as nobody has
// named their groups.
func (a *asks) copies() bool { return a.copied && a.findings.never.answer == no }

// defaultReason is why a connector gives a default membership: its rules name it, or it is a copy.
func (d *deciding) defaultReason(p *party, g *group, a *asks) Reason {
	if a.copiedFrom != "" && !a.granted && (a.copies() || !a.copied) {
		return Reason{Code: CodeCopied, Connector: p.Slug, Detail: a.copiedFrom}
	}
	return Reason{Code: CodeDefaultGroup, Connector: p.Slug, List: ListDefaultGroups, Pattern: entry(p.Rules.defaults, g.key)}
}

// meetForeign notes that the connector comes upon a group that it may not feed. It looks at what
// concerns connector and group alone, so that every user of the connector shows the same.
func (d *deciding) meetForeign(p *party, g *group, a *asks) {
	asksFor := a.lives && a.findings.never.answer != yes && (len(p.Rules.only) == 0 || a.findings.only.answer != no)
	if !p.known || !asksFor && !(a.always && p.hasRecord) || d.mayFeed(p, g, a.name) {
		return
	}
	if _, protected := d.protected(p, g, a.name); !protected {
		d.conflict(Conflict{Kind: ConflictForeignGroup, Connector: p.Slug, Group: a.name})
	}
}

// admitSent judges a group that the IdP sends by the lists. No reason: it does not send it.
func (d *deciding) admitSent(p *party, a *asks, feeds bool) (bool, Reason) {
	r := Reason{Connector: p.Slug, Path: a.path}
	if !a.sent {
		return false, Reason{}
	}
	only := finding{answer: yes}
	if len(p.Rules.only) > 0 {
		only = a.findings.only
	}
	never := a.findings.never
	switch {
	case never.answer == yes:
		r.Code, r.List, r.Pattern = CodeNeverAssign, ListNeverAssign, never.pattern
		return false, r
	case only.answer == no:
		r.Code, r.List = CodeOnlyAssign, ListOnlyAssign
		return false, r
	case !feeds:
		r.Code = CodeForeignGroup
		return false, r
	case never.answer == undecided:
		r.Code, r.List, r.Pattern = CodeUndecided, ListNeverAssign, never.pattern
		return false, r
	case only.answer == undecided:
		r.Code, r.List, r.Pattern = CodeUndecided, ListOnlyAssign, only.pattern
		return false, r
	}
	r.Code, r.List, r.Pattern = CodeSent, "", only.pattern
	if only.pattern != "" {
		r.List = ListOnlyAssign
	}
	return true, r
}

// retain says whether neverRemove keeps a support that is lost, or was lost before. The
// support turns into a retained one at once, while others still hold the membership: which
// of two supporters leaves first must make no difference.
func (d *deciding) retain(p *party, a *asks) (bool, Reason) {
	if !a.holds() && !a.retained {
		return false, Reason{}
	}
	found := a.findings.remove
	switch {
	case a.retained && !p.known:
		return true, Reason{Code: CodeRetained, Connector: p.Slug}
	case found.answer == no:
		return false, Reason{}
	case found.answer == undecided:
		return true, Reason{Code: CodeUndecided, Connector: p.Slug, List: ListNeverRemove, Pattern: found.pattern}
	}
	return true, Reason{Code: CodeRetained, Connector: p.Slug, List: ListNeverRemove, Pattern: found.pattern}
}

// missing says why a connector that does not send the group does not support it.
func (d *deciding) missing(p *party, a *asks, feeds bool) Reason {
	switch {
	case !feeds && a.holds():
		return Reason{Code: CodeForeignGroup, Connector: p.Slug}
	case a.defaultHeld && !p.hasRecord:
		return Reason{Code: CodeDefaultEnded, Connector: p.Slug, List: ListDefaultGroups}
	case a.absent, !p.contributes:
		return a.absence
	case a.named && !a.granted:
		return Reason{Code: CodeDefaultSpent, Connector: p.Slug, List: ListDefaultGroups}
	}
	return Reason{Code: CodeNotSent, Connector: p.Slug}
}
