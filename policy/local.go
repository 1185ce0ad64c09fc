package policy

// decideLocal decides what an administrator or an import gave. A managed user keeps it only
// while neverRemove of a connector with a counting view matches, for the identity providers
// are the single source of truth for the people they manage; but a connector that never held
// a group takes none away, and neither does one that may not reach the group.
func (d *deciding) decideLocal(g *group) {
	if g.held == nil || !isLocal(g.held) {
		return
	}
	switch {
	case d.mode == managed:
		d.decideManagedLocal(g)
	case d.mode == cleanup && d.stays:
		g.support(OriginLocal, "", Reason{Code: CodeHeld, Detail: d.in.Exceptions.KeepActive})
	case d.mode == cleanup && d.strips:
		kept, because := d.survivesStrip(g, nil)
		if kept {
			g.support(OriginLocal, "", because)
		} else if len(d.out.Verdicts) == g.verdicts {
			d.verdict(g, "", d.spelling(g.key), false, Reason{Code: CodeCleanupStrips})
		}
	default:
		g.support(OriginLocal, "", Reason{Code: CodeLocal})
	}
}

func isLocal(m *Membership) bool {
	for _, s := range m.Supports {
		if s.Origin == OriginLocal {
			return true
		}
	}
	return false
}

func (d *deciding) decideManagedLocal(g *group) {
	name := d.spelling(g.key)
	for _, p := range d.parties {
		if !p.counts {
			continue
		}
		if found := p.Rules.about(name, g.key).remove; found.answer != no {
			because := Reason{Code: CodeLocalKept, Connector: p.Slug, List: ListNeverRemove, Pattern: found.pattern}
			if found.answer == undecided {
				because.Code = CodeUndecided
			}
			g.support(OriginLocal, "", because)
			d.verdictOnce(g, p.Slug, name, true, because)
			return
		}
	}
	for _, v := range d.out.Verdicts[g.verdicts:] {
		if v.Because.Code == CodeUndecided {
			g.support(OriginLocal, "", v.Because) // a match that ran out of time takes nothing away
			return
		}
	}
	for _, p := range d.parties {
		if p.counts && p.HeldGroups && d.mayTake(p, g) {
			d.verdictOnce(g, p.Slug, name, false, Reason{Code: CodeLocalTaken, Connector: p.Slug, List: ListNeverRemove})
			return
		}
	}
	g.support(OriginLocal, "", Reason{Code: CodeLocal})
}

// verdictOnce gives the connector its verdict for the group, unless it has one already
// because it asks for the group itself.
func (d *deciding) verdictOnce(g *group, connector, name string, admitted bool, because Reason) {
	for i := g.verdicts; i < len(d.out.Verdicts); i++ {
		if v := &d.out.Verdicts[i]; v.Connector == connector {
			return
		}
	}
	d.verdict(g, connector, name, admitted, because)
}
