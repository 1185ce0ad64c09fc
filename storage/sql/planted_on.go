//go:build planted

package sql

import (
	"context"
	"os"
	"time"

	"github.com/google/uuid"
)

// The bug that MUSTER_PLANTED names; see planted.go. A program that was built so is for the fault
// tests alone.
var (
	plantedNoLock      = planted("noLock")
	plantedEarlyAnswer = planted("earlyAnswer")
	plantedNoEvent     = planted("noEvent")
	plantedNoTenant    = planted("noTenant")
)

func planted(name string) bool { return os.Getenv("MUSTER_PLANTED") == name }

// commitLater runs what is queued, lets the caller believe that it is committed, and commits a
// moment later. Only IdPs are lied to.
func (t *tx) commitLater() error {
	if t.scope.connector == uuid.Nil {
		return t.send(true)
	}
	if err := t.send(false); err != nil || t.session == nil {
		return err
	}
	session := t.session
	t.session = nil // it is not the transaction's any more, which would release it
	go func() {
		time.Sleep(5 * time.Millisecond)
		_ = session.run(context.Background(), t.scope, nil, false, true) // nobody is there to be told
		session.release()
	}()
	return nil
}
