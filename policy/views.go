package policy

import "time"

// count says which views count and which contribute.
//
//	                                   counts   contributes
//	deleted, or dropped by the mapping   no         no
//	its mapping failed                   as before  as before
//	without a required group             no*        no       * for requiredGrace it still does
//	inactive                             yes        only if no counting view is active
//	active                               yes        yes
func (d *deciding) count() {
	anyActive := false
	for i := range d.seen {
		v := &d.seen[i]
		p := v.party
		d.countView(v)
		p.hasRecord = p.hasRecord || v.State != Deleted
		p.granted = p.granted || v.DefaultsGranted
		if p.outOfReach != "" {
			// A view that may not reach the user is as if it were not there.
			v.counts, v.because = false, CodeProtectedUser
			continue
		}
		p.counts = p.counts || v.counts
		if v.counts || v.EverCounted {
			p.everCounted = true
			p.wasInactive = p.wasInactive || v.State == Inactive || v.State == Deleted && v.LastInactive
			if left := d.out.LeftAt[v.Record]; left.After(p.leftAt) {
				p.leftAt = left
			}
		}
		anyActive = anyActive || v.counts && v.State == Active
	}
	for i := range d.seen {
		v := &d.seen[i]
		switch {
		case !v.counts:
		case v.State == Active || !anyActive:
			v.contributes, v.party.contributes = true, true
		default:
			v.because = CodeRecordInactive
		}
		// The last record that is not deleted speaks for its connector.
		if !v.contributes && (v.State != Deleted || v.party.absence.Code == CodeNoRecord) {
			v.party.absence = d.absenceOf(v)
		}
		if p := v.party; v.counts && !p.granted && p.grants == "" {
			p.grants = v.Record
		}
	}
}

func (d *deciding) absenceOf(v *seen) Reason {
	r := Reason{Code: v.because, Connector: v.Connector}
	switch v.because {
	case CodeRequiredGroups:
		r.List = ListRequiredGroups
	case CodeProtectedUser:
		r.List, r.Pattern = ListProtectedUsers, v.party.outOfReach
	}
	return r
}

// countView says whether one view counts, and notes since when it does not.
func (d *deciding) countView(v *seen) {
	switch {
	case v.State == Deleted:
		v.because = CodeRecordDeleted
	case v.Failed:
		d.countFailed(v)
		return
	case v.Dropped:
		v.because = CodeRecordDropped
	default:
		d.countRequired(v)
		return
	}
	d.left(v, v.EverCounted)
}

// countFailed is for a view whose mapping could not be carried out, which decides nothing: one that
// never counted does not begin to, and one that stopped counting does not begin again. The rest,
// those whose requiredGrace still runs among them, go on with the attributes that the user holds.
func (d *deciding) countFailed(v *seen) {
	rules := v.party.Rules
	waits := len(rules.required) > 0 && v.party.clock.Before(v.LeftAt.Add(time.Duration(rules.rules.RequiredGrace)))
	if v.EverCounted && (v.LeftAt.IsZero() || waits) {
		d.countRequired(v)
		return
	}
	v.because = CodeMappingFailed
	d.left(v, v.EverCounted)
}

// countRequired judges requiredGroups on the mapped names, before any list.
func (d *deciding) countRequired(v *seen) {
	rules := v.party.Rules
	if len(rules.required) == 0 {
		v.counts = true
		return
	}
	timedOut := false
	for i := range v.Groups {
		switch rules.about(v.Groups[i].Name, v.Groups[i].Key).required.answer {
		case yes:
			v.counts = true
			return
		case undecided:
			timedOut = true
		}
	}
	v.because = CodeRequiredGroups
	if !v.EverCounted {
		return // losing them needs to have had them
	}
	if timedOut && v.LeftAt.IsZero() {
		v.counts = true // a match that ran out of time decides nothing
		return
	}
	since := d.left(v, true)
	until := since.Add(time.Duration(rules.rules.RequiredGrace))
	if v.party.clock.Before(until) {
		v.counts = true
		d.lookAgain(v.party, until)
	}
}

// left notes when the view stopped counting: then, or now.
func (d *deciding) left(v *seen, once bool) time.Time {
	if !once {
		return time.Time{}
	}
	since := v.LeftAt
	if since.IsZero() {
		since = v.party.clock
	}
	if d.out.LeftAt == nil {
		d.out.LeftAt = map[string]time.Time{}
	}
	d.out.LeftAt[v.Record] = since
	return since
}
