package administrators

import (
	"fmt"
	"testing"
	"time"
)

func TestWhoeverHasToWaitWaitsOnWhateverElseIsTried(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	th := newThrottle(func() time.Time { return now })
	for i := range failuresOfAddress {
		if wait := th.take("192.0.2.1", fmt.Sprint("account ", i)); wait != 0 {
			t.Fatalf("attempt %d waits %s", i, wait)
		}
	}
	for i := range 2 * mostCounted {
		if wait := th.take("192.0.2.1", fmt.Sprint("other ", i)); wait <= 0 {
			t.Fatalf("attempt %d of an address that has to wait gets through", i)
		}
	}
	if wait := th.take("192.0.2.2", "account 1"); wait != 0 {
		t.Errorf("another address waits %s", wait)
	}
	if now = now.Add(failureWindow); th.take("192.0.2.1", "account 1") != 0 {
		t.Error("the window does not end")
	}
}
