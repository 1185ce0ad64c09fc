package sql

import (
	"testing"

	"github.com/muster-scim/muster/storage/storagetest"
)

func TestSettlingLaws(t *testing.T) {
	onBoth(t, func(t *testing.T, s *Store) { storagetest.SettlingLaws(t, s) })
}
