package sql

import (
	"crypto/sha256"
	"encoding/binary"
	"slices"

	"github.com/google/uuid"
)

// Locks of a transaction, in the order in which every transaction takes them: the directory
// first, then arrivals (see work.waits), then keys. They end with the transaction. On SQLite they
// are nothing: there is one writer at a time.
//
// They are advisory locks on 64-bit hashes. Two names that share a hash wait for each other
// for no reason, which is rare and harmless.

// Kinds of locks; the kind is part of the hash.
const (
	lockOfDirectory = "directory"
	lockOfKey       = "key"
)

// lockDirectory queues the lock of a directory: shared for everything that settles people,
// exclusive for what changes how they are settled.
func (t *tx) lockDirectory(id uuid.UUID, exclusive bool) {
	if !t.pg() {
		return
	}
	sql := "select pg_advisory_xact_lock_shared(?)"
	if exclusive {
		sql = "select pg_advisory_xact_lock(?)"
	}
	t.exec(nil, sql, lockHash(lockOfDirectory, id.String()))
}

// lockKeys queues the locks of key forms (names, e-mail addresses) inside the transaction's
// directory, in one statement and always in the same order, so that two transactions never
// wait for each other in a circle.
func (t *tx) lockKeys(keys []string) {
	if !t.pg() || len(keys) == 0 {
		return
	}
	hashes := make([]int64, len(keys))
	for i, key := range keys {
		hashes[i] = lockHash(lockOfKey, t.scope.directory.String(), key)
	}
	slices.Sort(hashes)
	// unnest gives the elements in their order, and the lock is taken row by row.
	t.exec(nil, "select pg_advisory_xact_lock(h) from unnest(?::bigint[]) h", slices.Compact(hashes))
}

// lockHash is the number behind a lock.
func lockHash(parts ...string) int64 {
	h := sha256.New()
	for _, part := range parts {
		h.Write([]byte(part))
		h.Write([]byte{0})
	}
	return int64(binary.BigEndian.Uint64(h.Sum(nil)))
}

// changeDirectory locks a directory against all settling and moves its epoch: whoever settles
// next reads rules, modes and connectors anew. Only what it finds after its flush is current.
func (t *tx) changeDirectory(id uuid.UUID) {
	t.lockDirectory(id, true)
	t.exec(nil, "update directories set epoch = epoch + 1 where id = ?", id)
}
