package sql

import (
	"errors"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/muster-scim/muster/storage/storagetest"
	"github.com/muster-scim/muster/tenants"
	"github.com/muster-scim/muster/tenants/administrators"
)

func TestAdministratorsOnSQLite(t *testing.T) {
	storagetest.TestAdministrators(t, func(t *testing.T) storagetest.Administrators { return newSQLite(t) })
}

func TestAdministratorsOnPostgres(t *testing.T) {
	storagetest.TestAdministrators(t, func(t *testing.T) storagetest.Administrators { return newPostgres(t) })
}

// TestNoConnectorSeesAdministrators reads without a clause what no connector's or directory's
// transaction has any business with.
func TestNoConnectorSeesAdministrators(t *testing.T) {
	t.Parallel()
	tables := []string{"administrators", "administrator_tenants", "administrator_sessions", "administrator_tokens", "administrator_links"}
	for role, s := range boundRoles(t) {
		w := newSpaces(t, s)
		mustWrite(t, s, func(x *tx) error {
			id := uuid.New()
			x.exec(nil, "insert into administrators (id, email, email_key, name, role, limited, created_at) values (?, 'a@x', 'a@x', 'a', 'owner', false, 1)", id)
			x.exec(nil, "insert into administrator_tenants (administrator_id, tenant_id) select ?, id from tenants", id)
			x.exec(nil, "insert into administrator_sessions (id, administrator_id, hash, method, address, agent, created_at, seen_at, ends_at) values (?, ?, 'h', '', '', '', 1, 1, 1)", uuid.New(), id)
			x.exec(nil, "insert into administrator_tokens (id, administrator_id, name, name_key, hash, hint, role, expires_at, created_at) values (?, ?, '', '', 'h', '', '', 1, 1)", uuid.New(), id)
			x.exec(nil, "insert into administrator_links (id, administrator_id, hash, expires_at, created_at) values (?, ?, 'h', 1, 1)", uuid.New(), id)
			return nil
		})
		for name, c := range map[string]struct {
			scope scope
			want  int64
		}{
			"a connector's reads": {ofConnector(w.a), 0}, "a connector's changes": {inDirectory(w.here, w.a), 0},
			"a directory's workers": {ofDirectory(w.here), 0}, "the deployment itself": {noConnector, 0}, "everything": {everyConnector, 1},
		} {
			for table, n := range seen(t, s, c.scope, tables) {
				if n != c.want {
					t.Errorf("as %s, %s: %d rows of %s, want %d", role, name, n, table, c.want)
				}
			}
		}
	}
}

// TestAnOldPasswordBeginsNoSession: a password may be changed, and somebody locked out, while a
// sign-in is between its proof and its session.
func TestAnOldPasswordBeginsNoSession(t *testing.T) {
	onBoth(t, func(t *testing.T, s *Store) {
		ctx, now, next := t.Context(), time.Now(), "another"
		a, err := s.CreateAdministrator(ctx, administrators.New{Email: "ada@acme.example", Name: "Ada", Role: administrators.Owner, Password: "one"})
		if err != nil {
			t.Fatal(err)
		}
		begin := func(a administrators.Administrator, hash byte) error {
			_, err := s.BeginSession(ctx, a, administrators.Session{Administrator: a.ID, Email: a.Email, Method: administrators.ByPassword,
				CreatedAt: now, SeenAt: now, EndsAt: now.Add(time.Hour)}, administrators.Hash{hash}, nil)
			return err
		}
		changed, err := s.UpdateAdministrator(ctx, a.ID, nil, administrators.Change{Password: &next})
		if err != nil {
			t.Fatal(err)
		}
		if err := begin(a, 1); !errors.Is(err, administrators.ErrWrong) {
			t.Errorf("by the old password: %v", err)
		}
		if err := begin(changed, 2); err != nil {
			t.Errorf("by the new one: %v", err)
		}
		if _, _, err := s.SessionBy(ctx, administrators.Hash{1}, now); !errors.Is(err, tenants.ErrUnknown) {
			t.Errorf("a session of the old password: %v", err)
		}
	})
}

// TestWhatIsRestoredLetsNobodyIn: a session or a link of a copy may have been ended or used since.
func TestWhatIsRestoredLetsNobodyIn(t *testing.T) {
	t.Parallel()
	s, ctx, now := newSQLite(t), t.Context(), time.Now()
	a, err := s.CreateAdministrator(ctx, administrators.New{Email: "ada@acme.example", Name: "Ada", Role: administrators.Owner})
	if err != nil {
		t.Fatal(err)
	}
	session, link := administrators.Hash{1}, administrators.Hash{2}
	_, err = s.BeginSession(ctx, a, administrators.Session{Administrator: a.ID, Email: a.Email, Method: administrators.ByPassword,
		CreatedAt: now, SeenAt: now, EndsAt: now.Add(time.Hour)}, session, nil)
	if err := errors.Join(err, s.AddLink(ctx, administrators.Link{Administrator: a.ID, ExpiresAt: now.Add(time.Hour)}, link)); err != nil {
		t.Fatal(err)
	}
	c, share := newConnector(t, s, "acme", "acme-okta"), [32]byte{3}
	if _, err := s.AddSetupLink(ctx, tenants.NewSetupLink{SetupLink: tenants.SetupLink{Connector: c.Slug, Name: "Acme IT", ExpiresAt: now.Add(time.Hour)}, Hash: share}); err != nil {
		t.Fatal(err)
	}
	if _, _, err := s.SessionBy(ctx, session, now); err != nil {
		t.Fatal(err)
	}
	if err := s.EndWaysIn(ctx); err != nil {
		t.Fatal(err)
	}
	_, _, bySession := s.SessionBy(ctx, session, now)
	_, byLink := s.LinkBy(ctx, link, now)
	_, byShare := s.SetupLink(ctx, share, now)
	if !errors.Is(bySession, tenants.ErrUnknown) || !errors.Is(byLink, tenants.ErrUnknown) || !errors.Is(byShare, tenants.ErrUnknown) {
		t.Errorf("the session: %v; the link: %v; the set-up link: %v", bySession, byLink, byShare)
	}
}
