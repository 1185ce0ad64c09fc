package tenants

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/google/uuid"
)

// uses remembers what was written.
type uses struct {
	written []map[uuid.UUID]time.Time
	fail    error
}

func (u *uses) touch(_ context.Context, used map[uuid.UUID]time.Time) error {
	if u.fail == nil {
		u.written = append(u.written, used)
	}
	return u.fail
}

func TestAUseIsWrittenAtMostOnceAMinute(t *testing.T) {
	now, w := testNow, &uses{}
	u := NewUsage(w.touch, func() time.Time { return now })
	id := uuid.New()
	for range 13 { // two minutes, looked at every ten seconds
		u.Seen(id)
		if err := u.Flush(t.Context()); err != nil {
			t.Fatal(err)
		}
		now = now.Add(10 * time.Second)
	}
	if len(w.written) != 3 || !w.written[2][id].Equal(testNow.Add(2*time.Minute)) {
		t.Errorf("written %v, want at the start and after each minute", w.written)
	}
	now = now.Add(time.Hour)
	if err := u.Flush(t.Context()); err != nil || len(w.written) != 3 {
		t.Errorf("a credential that was not used again was written: %v", w.written)
	}
}

func TestAFailedWriteIsTriedAgainUnlessNewerIsKnown(t *testing.T) {
	now, w := testNow, &uses{fail: errors.New("database away")}
	u := NewUsage(w.touch, func() time.Time { return now })
	id := uuid.New()
	u.Seen(id)
	if err := u.Flush(t.Context()); err == nil {
		t.Fatal("the failure was swallowed")
	}
	w.fail = nil
	if err := u.Flush(t.Context()); err != nil || len(w.written) != 1 || !w.written[0][id].Equal(testNow) {
		t.Errorf("written %v, %v", w.written, err)
	}
}

func TestShutdownWritesTheRest(t *testing.T) {
	now, w := testNow, &uses{}
	u := NewUsage(w.touch, func() time.Time { return now })
	id := uuid.New()
	ctx, stop := context.WithCancel(t.Context())
	ticks, done := make(chan time.Time), make(chan struct{})
	go func() {
		defer close(done)
		u.Run(ctx, ticks, func(err error) { t.Error(err) })
	}()
	u.Seen(id)
	ticks <- now
	ticks <- now // the first flush is over
	u.Seen(id)   // within the same minute
	stop()
	<-done
	if len(w.written) != 2 {
		t.Errorf("%d writes, want the first use and the last one at shutdown", len(w.written))
	}
}
