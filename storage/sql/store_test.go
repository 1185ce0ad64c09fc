package sql

import (
	"testing"

	"github.com/muster-scim/muster/storage/storagetest"
)

func TestStoreOnSQLite(t *testing.T) {
	storagetest.TestStore(t, func(t *testing.T) storagetest.Backend { return newSQLite(t) })
}

func TestStoreOnPostgres(t *testing.T) {
	storagetest.TestStore(t, func(t *testing.T) storagetest.Backend { return newPostgres(t) })
}
