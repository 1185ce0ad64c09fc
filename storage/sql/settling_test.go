package sql

import (
	"context"
	"path/filepath"
	"testing"
	"time"

	"github.com/muster-scim/muster/storage/storagetest"
)

func TestSettlingLaws(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, s *Store) { storagetest.SettlingLaws(t, s) })
}

func TestHoldLaws(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, s *Store) { storagetest.HoldLaws(t, s) })
}

func TestPastLaws(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, s *Store) { storagetest.PastLaws(t, s) })
}

func TestCasesOnSQLite(t *testing.T) {
	t.Parallel()
	storagetest.Cases(t, func(t *testing.T) storagetest.Backend { return newSQLite(t) })
}

func TestCasesOnPostgres(t *testing.T) {
	t.Parallel()
	storagetest.Cases(t, func(t *testing.T) storagetest.Backend { return newPostgres(t) })
}

func TestTenantLaws(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, s *Store) { storagetest.TenantLaws(t, s) })
}

func TestPlanLaws(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, s *Store) { storagetest.PlanLaws(t, s) })
}

func TestSmallPlanLaws(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, s *Store) { storagetest.SmallPlanLaws(t, s) })
}

func TestObserveLaws(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, s *Store) { storagetest.ObserveLaws(t, s) })
}

func TestCompletenessLaws(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, s *Store) { storagetest.CompletenessLaws(t, s) })
}

// TestCompletenessLawsWithForcedRetries has every third transaction fail once or more besides. One
// goroutine tries again, and waits for nobody.
func TestCompletenessLawsWithForcedRetries(t *testing.T) {
	t.Parallel()
	laws := func(t *testing.T, url string) {
		s := openForced(t, url, 0.3)
		s.rest = func(ctx context.Context, _ time.Duration) error { return ctx.Err() }
		storagetest.CompletenessLaws(t, s)
	}
	t.Run("sqlite", func(t *testing.T) {
		t.Parallel()
		laws(t, "sqlite://"+filepath.Join(t.TempDir(), "muster.db"))
	})
	t.Run("postgres", func(t *testing.T) {
		t.Parallel()
		laws(t, servedURL(t))
	})
}
