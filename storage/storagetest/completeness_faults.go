package storagetest

import (
	"context"
	"errors"

	"github.com/muster-scim/muster/directory"
)

// fault is what goes wrong with the next transaction.
type fault string

const (
	noFault            fault = "nothing fails"
	cancelledBefore    fault = "cancelled before"
	cancelledMeanwhile fault = "cancelled before the commit"
	failsBeforeCommit  fault = "the database fails before the commit"
	answerLost         fault = "the commit's answer is lost"
	asksAgain          fault = "the database asks for another try"
)

var errFault = errors.New("injected: the database is gone")

// failing is a backend whose next writing transaction of the directory meets a fault.
type failing struct {
	Backend
	next   fault
	cancel context.CancelFunc // of the act's context
}

// Write runs f as the database does, but for the fault.
func (b *failing) Write(ctx context.Context, s directory.Scope, f func(directory.Tx) error) error {
	now := b.next
	b.next = noFault
	tries := 0
	err := b.Backend.Write(ctx, s, func(tx directory.Tx) error {
		tries++
		if err := f(tx); err != nil {
			return err
		}
		switch {
		case now == cancelledMeanwhile:
			b.cancel()
		case now == failsBeforeCommit:
			return errFault
		case now == asksAgain && tries == 1:
			return directory.ErrAgain
		}
		return nil
	})
	if err == nil && now == answerLost {
		return errFault
	}
	return err
}
