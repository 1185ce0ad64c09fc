package sql

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"fmt"
)

// cursorKey is the key that seals cursors. It comes from the deployment's secret key or, without
// one, is made by the first process that needs it and kept in the database. It is the same for
// all processes: a page may be asked for at another replica than the one before.
func (s *Store) cursorKey(ctx context.Context) ([]byte, error) {
	if len(s.secret) > 0 {
		mac := hmac.New(sha256.New, s.secret)
		mac.Write([]byte(nameOfCursorKey))
		return mac.Sum(nil), nil
	}
	if key, ok := s.keys.Load(nameOfCursorKey); ok {
		return key.([]byte), nil
	}
	fresh := make([]byte, 32)
	rand.Read(fresh)
	var key []byte
	err := s.write(ctx, scope{}, func(t *tx) error {
		t.exec(nil, "insert into deployment (name, value) values (?, ?) on conflict (name) do nothing", nameOfCursorKey, fresh)
		t.query(func(r row) error { return r.Scan(&key) }, "select value from deployment where name = ?", nameOfCursorKey)
		return t.flush()
	})
	if err != nil {
		return nil, fmt.Errorf("reading the key of cursors: %w", err)
	}
	s.keys.Store(nameOfCursorKey, key)
	return key, nil
}

const nameOfCursorKey = "cursor"
