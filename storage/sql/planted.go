//go:build !planted

package sql

// Bugs that can be planted to see whether the fault tests find them (make faults; planted_on.go).
// In a program that anybody uses there are none: these are constants, and the compiler drops what
// depends on them.
const (
	plantedNoLock      = false // groups are changed whole without a lock on them
	plantedEarlyAnswer = false // a change is answered before it is committed
	plantedNoEvent     = false // the audit is not told of members that were removed
	plantedNoTenant    = false // a user record is read whosever it is
)

// commitLater is planted with plantedEarlyAnswer.
func (t *tx) commitLater() error { return t.send(true) }
