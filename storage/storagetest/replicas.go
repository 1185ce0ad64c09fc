package storagetest

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
)

// Presence knows how many replicas serve one database. What a replica may do alone, such as
// letting so many requests a second through, it divides by that.
type Presence interface {
	// Present says that the replica with this id is alive, and returns how many are: those that
	// said so within the last 15 seconds by the database's clock, this one included. It is 1 on a
	// database that only one process can open.
	Present(ctx context.Context, id uuid.UUID) (alive int, err error)
}

// TestPresence checks what Presence promises. later moves what was said into the past; it is nil
// for a database that only one process can open.
func TestPresence(t *testing.T, p Presence, later func(time.Duration)) {
	present := func(id uuid.UUID, want int) {
		t.Helper()
		if alive, err := p.Present(t.Context(), id); err != nil || alive != want {
			t.Errorf("Present = %d, %v, want %d", alive, err, want)
		}
	}
	first := uuid.New()
	present(first, 1)
	present(first, 1) // it does not count twice
	if later == nil {
		return
	}
	second, third := uuid.New(), uuid.New()
	present(second, 2)
	present(third, 3)
	later(14 * time.Second)
	present(first, 3)
	later(2 * time.Second) // the others said so 16 s ago
	present(first, 1)
	present(second, 2)
	later(time.Hour) // whoever was forgotten comes back as if new
	present(third, 1)

	later(time.Hour)
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			id := uuid.New()
			for range 10 {
				if _, err := p.Present(t.Context(), id); err != nil {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
	present(first, 9)
}
