package sql

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/google/uuid"

	"github.com/muster-scim/muster/scim/canonical"
	"github.com/muster-scim/muster/tenants"
	"github.com/muster-scim/muster/tenants/administrators"
)

var _ administrators.Store = (*Store)(nil)

const administratorColumns = `a.id, a.email, a.name, a.role, a.limited, a.password, a.issuer, a.subject, a.created_at,
	coalesce(a.last_sign_in_at, 0), coalesce(a.disabled_at, 0), a.version`

// scanAdministrator reads administratorColumns behind other columns, whose places come first.
func scanAdministrator(r row, before ...any) (administrators.Administrator, error) {
	var a administrators.Administrator
	var created, signedIn, disabled int64
	err := r.Scan(append(before, &a.ID, &a.Email, &a.Name, &a.Role, &a.Limited, &a.Password, &a.Issuer, &a.Subject,
		&created, &signedIn, &disabled, &a.Version)...)
	a.CreatedAt, a.LastSignIn, a.DisabledAt = fromMicros(created), orNever(signedIn), orNever(disabled)
	return a, err
}

// administratorsWhere reads administrators with their tenants, by e-mail.
func (t *tx) administratorsWhere(condition string, args ...any) ([]administrators.Administrator, error) {
	var all []administrators.Administrator
	place := map[uuid.UUID]int{}
	t.query(func(r row) error {
		a, err := scanAdministrator(r)
		place[a.ID] = len(all)
		all = append(all, a)
		return err
	}, "select "+administratorColumns+" from administrators a where "+condition+" order by a.email_key", args...)
	t.query(func(r row) error {
		var administrator uuid.UUID
		var of administrators.Tenant
		err := r.Scan(&administrator, &of.ID, &of.Name)
		if i, ok := place[administrator]; ok {
			all[i].Tenants = append(all[i].Tenants, of)
		}
		return err
	}, `select x.administrator_id, n.id, n.name from administrator_tenants x join administrators a on a.id = x.administrator_id
		join tenants n on n.id = x.tenant_id where `+condition+" order by n.name_key", args...)
	return all, t.flush()
}

// oneAdministrator is administratorsWhere for one that must be there.
func (t *tx) oneAdministrator(condition string, args ...any) (administrators.Administrator, error) {
	all, err := t.administratorsWhere(condition, args...)
	if err != nil {
		return administrators.Administrator{}, err
	}
	if len(all) == 0 {
		return administrators.Administrator{}, &tenants.Problem{Kind: tenants.ErrUnknown, Code: administrators.CodeUnknown, Detail: "there is no such administrator"}
	}
	return all[0], nil
}

func (s *Store) readAdministrator(ctx context.Context, condition string, args ...any) (a administrators.Administrator, err error) {
	err = s.read(ctx, everyConnector, func(t *tx) (err error) {
		a, err = t.oneAdministrator(condition, args...)
		return err
	})
	return a, wrap(err, "reading an administrator")
}

// Administrators implements administrators.Store.
func (s *Store) Administrators(ctx context.Context) (all []administrators.Administrator, err error) {
	err = s.read(ctx, everyConnector, func(t *tx) (err error) {
		all, err = t.administratorsWhere("1 = 1")
		return err
	})
	return all, wrap(err, "listing administrators")
}

// Administrator implements administrators.Store.
func (s *Store) Administrator(ctx context.Context, id uuid.UUID) (administrators.Administrator, error) {
	return s.readAdministrator(ctx, "a.id = ?", id)
}

// AdministratorCalled implements administrators.Store.
func (s *Store) AdministratorCalled(ctx context.Context, emailKey string) (administrators.Administrator, error) {
	return s.readAdministrator(ctx, "a.email_key = ?", emailKey)
}

// AdministratorOf implements administrators.Store.
func (s *Store) AdministratorOf(ctx context.Context, issuer, subject string) (administrators.Administrator, error) {
	return s.readAdministrator(ctx, "a.issuer = ? and a.subject = ? and a.subject <> ''", issuer, subject)
}

// CreateAdministrator implements administrators.Store.
func (s *Store) CreateAdministrator(ctx context.Context, n administrators.New) (made administrators.Administrator, err error) {
	err = s.write(ctx, everyConnector, func(t *tx) (err error) {
		made, err = t.addAdministrator(n)
		return err
	})
	return made, wrap(administratorTaken(err, n.Email), "making an administrator")
}

func (t *tx) addAdministrator(n administrators.New) (administrators.Administrator, error) {
	now := micros(t.store.now())
	id := newID()
	t.exec(nil, `insert into administrators (id, email, email_key, name, role, limited, password, issuer, subject, created_at)
		values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		id, n.Email, canonical.Key(n.Email), n.Name, string(n.Role), len(n.Tenants) > 0, n.Password, n.Issuer, n.Subject, now)
	if err := t.limitTo(id, n.Tenants); err != nil {
		return administrators.Administrator{}, err
	}
	t.adminEvent(adminEvent{action: "administrator.created", changes: map[string]any{"id": id, "email": n.Email, "role": n.Role, "tenants": append([]string{}, n.Tenants...)}})
	return t.oneAdministrator("a.id = ?", id)
}

// limitTo limits an administrator to the tenants of these names and no other.
func (t *tx) limitTo(id uuid.UUID, names []string) error {
	t.exec(nil, "delete from administrator_tenants where administrator_id = ?", id)
	for _, name := range names {
		var n int64
		t.exec(&n, `insert into administrator_tenants (administrator_id, tenant_id) select ?, id from tenants where name_key = ?
			on conflict (administrator_id, tenant_id) do update set tenant_id = excluded.tenant_id`, id, canonical.Key(name))
		if err := t.flush(); err != nil {
			return err
		}
		if n == 0 {
			p := unknownTenant(name)
			return &tenants.Problem{Kind: tenants.ErrInvalid, Code: p.Code, Field: "tenants", Detail: p.Detail}
		}
	}
	return nil
}

func administratorTaken(err error, email string) error {
	switch {
	case isDuplicate(err, "administrators_email"):
		return &tenants.Problem{Kind: tenants.ErrTaken, Code: administrators.CodeTaken, Field: "email",
			Detail: fmt.Sprintf("there is an administrator with the e-mail %s already; change that one", email)}
	case isDuplicate(err, "administrators_subject"):
		return &tenants.Problem{Kind: tenants.ErrTaken, Code: administrators.CodeTaken, Field: "email",
			Detail: "the OpenID provider's person is another administrator already"}
	}
	return err
}

// UpdateAdministrator implements administrators.Store.
func (s *Store) UpdateAdministrator(ctx context.Context, id uuid.UUID, match func(version int64) bool, c administrators.Change) (changed administrators.Administrator, err error) {
	err = s.write(ctx, everyConnector, func(t *tx) error {
		was, err := t.lockAdministrator(id)
		if err != nil {
			return err
		}
		if match != nil && !match(was.Version) {
			return tenants.ErrVersion
		}
		if changed, err = t.changeAdministrator(was, c); err != nil {
			return err
		}
		if was.Governs() && !changed.Governs() && !c.Claimed {
			return t.anotherGoverns(changed)
		}
		return nil
	})
	return changed, wrap(administratorTaken(err, changed.Email), "changing an administrator")
}

func (t *tx) changeAdministrator(was administrators.Administrator, c administrators.Change) (administrators.Administrator, error) {
	said := map[string]any{"id": was.ID, "email": was.Email}
	now := was
	if c.Name != nil && *c.Name != was.Name {
		now.Name, said["name"] = *c.Name, *c.Name
	}
	named := len(said) > 2
	if c.Role != nil && *c.Role != was.Role {
		now.Role, said["role"], said["oldRole"] = *c.Role, *c.Role, was.Role
	}
	if c.Disabled != nil && *c.Disabled != was.Disabled() {
		now.DisabledAt, said["disabled"] = orNever(0), *c.Disabled
		if *c.Disabled {
			now.DisabledAt = t.store.now()
		}
	}
	if c.Password != nil {
		now.Password, said["password"] = *c.Password, true
	}
	if c.Subject != nil && c.Issuer != nil {
		now.Issuer, now.Subject, said["issuer"] = *c.Issuer, *c.Subject, *c.Issuer
	}
	if c.Tenants != nil && !sameTenants(was, *c.Tenants) {
		now.Limited, said["tenants"] = len(*c.Tenants) > 0, append([]string{}, *c.Tenants...)
		if err := t.limitTo(was.ID, *c.Tenants); err != nil {
			return was, err
		}
	}
	if len(said) == 2 {
		return was, nil
	}
	t.exec(nil, `update administrators set name = ?, role = ?, limited = ?, password = ?, issuer = ?, subject = ?, disabled_at = ?, version = version + 1
		where id = ?`, now.Name, string(now.Role), now.Limited, now.Password, now.Issuer, now.Subject, nullTime(now.DisabledAt), was.ID)
	if !named || len(said) > 3 {
		t.exec(nil, "delete from administrator_sessions where administrator_id = ?", was.ID)
	}
	t.adminEvent(adminEvent{action: "administrator.changed", changes: said})
	return t.oneAdministrator("a.id = ?", was.ID)
}

// sameTenants says whether the names are those that the administrator is limited to.
func sameTenants(a administrators.Administrator, names []string) bool {
	if a.Limited != (len(names) > 0) {
		return false
	}
	var is, wanted []string
	for _, t := range a.Tenants {
		is = append(is, canonical.Key(t.Name))
	}
	for _, n := range names {
		wanted = append(wanted, canonical.Key(n))
	}
	slices.Sort(is)
	slices.Sort(wanted)
	return slices.Equal(is, slices.Compact(wanted))
}

// DeleteAdministrator implements administrators.Store.
func (s *Store) DeleteAdministrator(ctx context.Context, id uuid.UUID) error {
	err := s.write(ctx, everyConnector, func(t *tx) error {
		a, err := t.lockAdministrator(id)
		if err != nil {
			return err
		}
		if a.Governs() {
			if err := t.anotherGoverns(a); err != nil {
				return err
			}
		}
		t.exec(nil, "delete from administrators where id = ?", id)
		t.adminEvent(adminEvent{action: "administrator.deleted", changes: map[string]any{"id": id, "email": a.Email}})
		return nil
	})
	return wrap(err, "deleting an administrator")
}

const lockOfAdministrators = "administrators"

// lockAdministrator reads one, and keeps every other change of administrators waiting: which of
// them is the last owner is known to one at a time.
func (t *tx) lockAdministrator(id uuid.UUID) (administrators.Administrator, error) {
	t.lockAdministrators()
	return t.oneAdministrator("a.id = ?", id)
}

func (t *tx) lockAdministrators() {
	if t.pg() {
		t.exec(nil, "select pg_advisory_xact_lock(?)", lockHash(lockOfAdministrators))
	}
}

// anotherGoverns refuses when nobody but a governs the deployment.
func (t *tx) anotherGoverns(a administrators.Administrator) error {
	all, err := t.administratorsWhere("a.id <> ? and a.role = ?", a.ID, string(administrators.Owner))
	if err != nil {
		return err
	}
	if !slices.ContainsFunc(all, administrators.Administrator.Governs) {
		return administrators.LastOwner(a.Email)
	}
	return nil
}

// SignInFailed implements administrators.Store.
func (s *Store) SignInFailed(ctx context.Context, email, address, why string) error {
	err := s.write(ctx, everyConnector, func(t *tx) error {
		said := map[string]any{"address": address, "why": why}
		if email = strings.TrimSpace(email); email != "" {
			said["email"] = email
		}
		t.adminEvent(adminEvent{action: "administrator.signIn.failed", changes: said})
		return nil
	})
	return wrap(err, "writing that a sign-in failed")
}
