package sql

import (
	"context"
	"time"

	"github.com/google/uuid"

	"github.com/muster-scim/muster/tenants"
	"github.com/muster-scim/muster/tenants/administrators"
)

// AddLink implements administrators.Store. Links that are over are swept away on the way.
func (s *Store) AddLink(ctx context.Context, l administrators.Link, hash administrators.Hash) error {
	err := s.write(ctx, everyConnector, func(t *tx) error {
		now := micros(s.now())
		said := map[string]any{"expiresAt": l.ExpiresAt}
		t.lockAdministrators()
		t.exec(nil, "delete from administrator_links where expires_at <= ?", now)
		if l.Administrator == uuid.Nil {
			if err := t.nobodyYet(); err != nil {
				return err
			}
		} else {
			a, err := t.oneAdministrator("a.id = ?", l.Administrator)
			if err != nil {
				return err
			}
			said["email"] = a.Email
			t.exec(nil, "delete from administrator_links where administrator_id = ?", l.Administrator)
		}
		t.exec(nil, "insert into administrator_links (id, administrator_id, hash, expires_at, created_at) values (?, ?, ?, ?, ?)",
			newID(), nullID(l.Administrator), hash[:], micros(l.ExpiresAt), now)
		t.adminEvent(adminEvent{action: "administrator.link.created", changes: said})
		return nil
	})
	return wrap(err, "making a link for administrators")
}

// nobodyYet refuses when there is an administrator.
func (t *tx) nobodyYet() error {
	count := 0
	t.query(func(r row) error { return r.Scan(&count) }, "select count(*) from administrators")
	if err := t.flush(); err != nil {
		return err
	}
	if count > 0 {
		return &tenants.Problem{Kind: tenants.ErrTaken, Code: administrators.CodeAlreadySetUp,
			Detail: "there are administrators already; an owner makes further ones, and muster admin reset-password lets one choose a new password"}
	}
	return nil
}

// LinkBy implements administrators.Store.
func (s *Store) LinkBy(ctx context.Context, hash administrators.Hash, now time.Time) (l administrators.Link, err error) {
	err = s.read(ctx, everyConnector, func(t *tx) (err error) {
		l, err = t.linkBy(hash, now)
		return err
	})
	return l, wrap(err, "reading a link for administrators")
}

func (t *tx) linkBy(hash administrators.Hash, now time.Time) (l administrators.Link, err error) {
	t.query(func(r row) error {
		var who uuid.NullUUID
		var expires int64
		err := r.Scan(&l.ID, &who, &l.Email, &l.Name, &expires)
		l.Administrator, l.ExpiresAt = who.UUID, fromMicros(expires)
		return err
	}, `select x.id, x.administrator_id, coalesce(a.email, ''), coalesce(a.name, ''), x.expires_at from administrator_links x
		left join administrators a on a.id = x.administrator_id where x.hash = ? and x.expires_at > ? and a.disabled_at is null`, hash[:], micros(now))
	if err := t.flush(); err != nil {
		return l, err
	}
	if l.ID == uuid.Nil {
		return l, &tenants.Problem{Kind: tenants.ErrUnknown, Code: administrators.CodeLinkUnknown,
			Detail: "this link was used already, or has ended; ask an owner for another one, or run muster admin setup-link on the server"}
	}
	return l, nil
}

// Redeem implements administrators.Store. The lock makes one of those that redeem at once the
// first; to the others the link is gone.
func (s *Store) Redeem(ctx context.Context, hash administrators.Hash, now time.Time, n administrators.New) (a administrators.Administrator, err error) {
	err = s.write(ctx, everyConnector, func(t *tx) error {
		t.lockAdministrators()
		l, err := t.linkBy(hash, now)
		if err != nil {
			return err
		}
		if l.Administrator == uuid.Nil {
			if err := t.nobodyYet(); err != nil {
				return err
			}
			t.exec(nil, "delete from administrator_links where administrator_id is null")
			a, err = t.addAdministrator(n)
			return err
		}
		t.exec(nil, "delete from administrator_links where administrator_id = ?", l.Administrator)
		was, err := t.oneAdministrator("a.id = ?", l.Administrator)
		if err != nil {
			return err
		}
		a, err = t.changeAdministrator(was, administrators.Change{Password: &n.Password})
		return err
	})
	return a, wrap(err, "using a link for administrators")
}
