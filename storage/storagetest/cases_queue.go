package storagetest

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/muster-scim/muster/directory"
	"github.com/muster-scim/muster/policy"
	"github.com/muster-scim/muster/tenants"
)

var queueCases = map[string]func(*testing.T, *stage){
	"one record that cannot be settled keeps nobody else from it": func(_ *testing.T, s *stage) {
		s.settings(func(d *policy.DirectorySettings) { d.ProtectedGroups = policy.Text("everyone") })
		a := s.connector("acme", "a", tenants.Live, policy.Rules{AlwaysAssign: policy.Text("Everyone")})
		bad := a.user(somebody("bad"))
		for _, name := range numbered("user", 30) {
			a.user(somebody(name))
		}
		s.d = directory.New(&spoilt{s.Backend, bad}, directory.Options{Now: s.tick})
		s.settings(func(*policy.DirectorySettings) {})
		for _, name := range numbered("user", 30) {
			s.wants(name, "active, Everyone always")
		}
		s.wants("bad", "active")
		s.d = directory.New(s.Backend, directory.Options{Now: s.tick})
		s.now = s.now.Add(time.Hour)
		s.drain()
		s.wants("bad", "active, Everyone always")
	},
}

// spoilt is a store that fails whenever a record is loaded for settling.
type spoilt struct {
	Backend
	record uuid.UUID
}

type spoiltTx struct {
	directory.Tx
	record uuid.UUID
}

func (s *spoilt) Write(ctx context.Context, sc directory.Scope, f func(directory.Tx) error) error {
	return s.Backend.Write(ctx, sc, func(tx directory.Tx) error { return f(spoiltTx{tx, s.record}) })
}

func (t spoiltTx) Load(ctx context.Context, r directory.Request) (*directory.Scene, error) {
	if slices.Contains(r.Records, t.record) {
		return nil, errors.New("this record is spoilt")
	}
	return t.Tx.Load(ctx, r)
}
