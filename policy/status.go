package policy

import "time"

// decideStatus says whether the user is active, disabled or deleted.
func (d *deciding) decideStatus() {
	user := &d.in.User
	switch d.mode {
	case untouched:
		d.out.Status, d.out.CleanedUp = user.Status, user.CleanedUp
		d.out.StatusBecause = d.whyUntouched()
	case managed:
		d.out.Status, d.out.StatusBecause = d.managedStatus()
		d.keepActive()
	case cleanup:
		d.cleanUp()
	}
	if user.Blocked && d.out.Status != UserDeleted && (user.Exists || d.mode == managed) {
		d.out.Status, d.out.StatusBecause = UserDisabled, Reason{Code: CodeBlocked}
	}
	if d.out.Status == UserDeleted {
		since := user.DeletedAt
		if since.IsZero() {
			since = d.in.Now
		}
		d.out.PurgeAfter = since.AddDate(0, 0, d.in.Directory.settings.RetentionDays)
	}
}

func (d *deciding) whyUntouched() Reason {
	for _, p := range d.parties {
		if p.outOfReach != "" && p.hasRecord {
			return Reason{Code: CodeProtectedUser, List: ListProtectedUsers, Pattern: p.outOfReach}
		}
	}
	if len(d.seen) == 0 {
		return Reason{Code: CodeLocalUser}
	}
	return Reason{Code: CodeNeverCounted}
}

// managedStatus is the status of a user with counting views: active while one of them is,
// or while the owner says so.
func (d *deciding) managedStatus() (Status, Reason) {
	if d.in.Directory.settings.ActiveWhen == ActiveWhenOwner {
		return d.ownersStatus()
	}
	for i := range d.seen {
		if v := &d.seen[i]; v.counts && v.State == Active {
			return UserActive, Reason{Code: CodeActive, Connector: v.Connector}
		}
	}
	for i := range d.seen {
		if v := &d.seen[i]; v.counts {
			return UserDisabled, Reason{Code: CodeInactive, Connector: v.Connector}
		}
	}
	return d.in.User.Status, Reason{Code: CodeNeverCounted} // not reached: a view counts
}

// ownersStatus asks the first connector by precedence whose view of the user ever counted.
func (d *deciding) ownersStatus() (Status, Reason) {
	owner := d.owner()
	for i := range d.seen {
		if v := &d.seen[i]; v.party == owner && v.counts && v.State == Active {
			return UserActive, Reason{Code: CodeOwnerActive, Connector: owner.Slug}
		}
	}
	return UserDisabled, Reason{Code: CodeOwnerInactive, Connector: owner.Slug}
}

func (d *deciding) owner() *party {
	for _, p := range d.parties {
		if p.everCounted {
			return p
		}
	}
	return nil
}

// keepActive honours the exception that keeps a loss of status from happening.
func (d *deciding) keepActive() {
	why := d.in.Exceptions.KeepActive
	if why != "" && d.in.User.Exists && rank(d.out.Status) < rank(d.in.User.Status) {
		d.out.Status, d.out.StatusBecause = d.in.User.Status, Reason{Code: CodeHeld, Detail: why}
	}
}

// rank orders what a user can lose.
func rank(s Status) int {
	switch s {
	case UserActive:
		return 2
	case UserDisabled:
		return 1
	}
	return 0
}

// cleanUp decides about a user for whom no record counts any more. It lowers the status and
// never raises it: a user that an administrator or an earlier cleanup disabled stays so.
func (d *deciding) cleanUp() {
	user := &d.in.User
	if why := d.in.Exceptions.KeepActive; why != "" {
		d.stays = true
		d.out.Status, d.out.CleanedUp = user.Status, user.CleanedUp
		d.out.StatusBecause = Reason{Code: CodeHeld, Detail: why}
		return
	}
	asked := d.askCleanup()
	d.out.CleanedUp = true
	target, because := UserDisabled, Reason{Code: CodeCleanupDisable, Connector: asked.by}
	switch {
	case asked.differ:
		because.Code = CodeCleanupDiffers
	case asked.action == ActionDelete && asked.waiting:
		because.Code = CodeCleanupWaits
	case asked.action == ActionDelete:
		target, because.Code = UserDeleted, CodeCleanupDelete
	case asked.action == ActionKeep && asked.wasInactive:
		because.Code = CodeWasInactive
	case asked.action == ActionKeep:
		target, because.Code = UserActive, CodeCleanupKeep
	}
	if rank(target) > rank(user.Status) {
		target = user.Status
	}
	d.out.Status, d.out.StatusBecause = target, because
	d.strips = asked.strip && !asked.waiting
}

// asked is what the connectors whose view once counted answer about a cleanup.
type asked struct {
	by          string // the first of them
	action      Action
	differ      bool
	wasInactive bool
	strip       bool // every one of them strips
	waiting     bool // for graceDays
}

// askCleanup asks the connectors. What takes away more needs all of them: when actions differ
// the user is disabled, and stripping and the end of the waiting are everybody's.
func (d *deciding) askCleanup() asked {
	var a asked
	for _, p := range d.parties {
		if !p.everCounted {
			continue
		}
		c := p.Rules.rules.Cleanup
		if a.by == "" {
			a.by, a.action, a.strip = p.Slug, c.Action, true
		}
		a.differ = a.differ || c.Action != a.action
		a.strip = a.strip && c.StripGroups
		a.wasInactive = a.wasInactive || p.wasInactive
	}
	if a.action != ActionDelete && !a.strip || a.differ && !a.strip {
		return a
	}
	for _, p := range d.parties {
		if !p.everCounted {
			continue
		}
		until := d.leftLast().Add(time.Duration(p.Rules.rules.Cleanup.GraceDays) * 24 * time.Hour)
		if p.clock.Before(until) {
			a.waiting = true
			d.lookAgain(p, until)
		}
	}
	return a
}

// leftLast is when the last view stopped counting.
func (d *deciding) leftLast() time.Time {
	var last time.Time
	for _, p := range d.parties {
		if p.everCounted && p.leftAt.After(last) {
			last = p.leftAt
		}
	}
	return last
}
