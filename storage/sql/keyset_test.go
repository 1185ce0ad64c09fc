package sql

import (
	"math"
	"testing"

	"github.com/google/uuid"
)

func TestAKeysetGoesOnBehindTheKeyThatItsCursorHolds(t *testing.T) {
	t.Parallel()
	l := listing{space: uuid.New(), table: "users"}
	through := func(p position) position {
		opened, err := l.position(cursorSecret, cursorNow, l.cursor(cursorSecret, cursorNow, p))
		if err != nil {
			t.Fatal(err)
		}
		return opened
	}
	ids := inOrderOfIDs(scope{}, l, uuid.Max, func(id uuid.UUID) uuid.UUID { return id })
	for _, id := range []uuid.UUID{uuid.Nil, uuid.New(), uuid.Max} {
		if got, err := ids.open(through(ids.seal(id))); err != nil || got != id {
			t.Errorf("%s became %s, %v", id, got, err)
		}
	}
	numbers := inOrderOfNumbers(scope{}, l, 7, func(n int64) int64 { return n })
	for _, n := range []int64{math.MinInt64, -1, 0, 1, math.MaxInt64} {
		if got, err := numbers.open(through(numbers.seal(n))); err != nil || got != n {
			t.Errorf("%d became %d, %v", n, got, err)
		}
	}
	if got, err := numbers.open(through(position{ID: uuid.New()})); err != nil || got != 7 {
		t.Errorf("without a number it goes on behind %d, %v, want the start", got, err)
	}
	word := "seven"
	if got, err := numbers.open(through(position{Key: &word})); err == nil {
		t.Errorf("a word is taken for %d", got)
	}
}
