package sql

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"fmt"
)

// cursorKey is the key that seals cursors: a page may be asked for at another replica than the
// one before.
func (s *Store) cursorKey(ctx context.Context) ([]byte, error) { return s.Key(ctx, "cursor") }

// Key returns the deployment's key for a purpose, the same for all its processes. It comes from
// the secret key or, without one, is made by the first process that needs it and kept in the
// database.
func (s *Store) Key(ctx context.Context, purpose string) ([]byte, error) {
	if len(s.secret) > 0 {
		mac := hmac.New(sha256.New, s.secret)
		mac.Write([]byte(purpose))
		return mac.Sum(nil), nil
	}
	if key, ok := s.keys.Load(purpose); ok {
		return key.([]byte), nil
	}
	fresh := make([]byte, 32)
	rand.Read(fresh)
	var key []byte
	err := s.write(ctx, noConnector, func(t *tx) error {
		t.exec(nil, "insert into deployment (name, value) values (?, ?) on conflict (name) do nothing", purpose, fresh)
		t.query(func(r row) error { return r.Scan(&key) }, "select value from deployment where name = ?", purpose)
		return t.flush()
	})
	if err != nil {
		return nil, fmt.Errorf("reading the key for %s: %w", purpose, err)
	}
	s.keys.Store(purpose, key)
	return key, nil
}
