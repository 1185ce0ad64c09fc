package sql

import (
	"strings"
	"sync"
	"testing"

	"github.com/muster-scim/muster/storage/storagetest/pgtest"
)

func TestGrantingIsRepeatableAndTogether(t *testing.T) {
	t.Parallel()
	url := ownedURL(t)
	served := open(t, pgtest.AsRole(t, url, appRole))
	if _, err := served.CreateTenant(t.Context(), "acme"); pgCode(err) != pgInsufficientPrivilege {
		t.Fatalf("before any grant: %v, want it refused", err)
	}
	owner := open(t, url)
	mustWrite(t, owner, func(x *tx) error { x.exec(nil, "grant update, delete on events to "+appRole); return nil })
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			if err := owner.GrantTo(t.Context(), appRole); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if _, err := served.CreateTenant(t.Context(), "acme"); err != nil {
		t.Errorf("after the grants: %v", err)
	}
	err := served.write(t.Context(), everyConnector, func(x *tx) error { x.exec(nil, "delete from events"); return nil })
	if pgCode(err) != pgInsufficientPrivilege {
		t.Errorf("what it had beyond the grants is not taken back: %v", err)
	}
	if err := served.analyzeGrown(t.Context()); err != nil {
		t.Errorf("statistics as the application's role: %v", err)
	}
}

func TestGrantingSaysWhatIsWrongWithARole(t *testing.T) {
	t.Parallel()
	url := ownedURL(t)
	owner := open(t, url)
	for role, want := range map[string]string{
		"nobody_of_that_name": `create role "nobody_of_that_name" login`,
		"postgres":            "superuser",
		ownerRole:             "must be another one",
	} {
		if err := owner.GrantTo(t.Context(), role); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("granting to %s: %v, want an error that says %q", role, err, want)
		}
	}
	if err := newSQLite(t).GrantTo(t.Context(), appRole); err == nil || !strings.Contains(err.Error(), "SQLite has no roles") {
		t.Errorf("on SQLite: %v", err)
	}
}

func TestWarningsNameTheRoleAndTheAddress(t *testing.T) {
	t.Parallel()
	url := ownedURL(t)
	if err := open(t, url).GrantTo(t.Context(), appRole); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		s    *Store
		want string // "" for no warning
	}{
		"a superuser":            {newOwner(t), "superuser"},
		"the tables' owner":      {open(t, url), "owns the tables"},
		"the application's role": {open(t, pgtest.AsRole(t, url, appRole)), ""},
		"SQLite":                 {newSQLite(t), ""},
	} {
		said, err := c.s.Warnings(t.Context())
		text := strings.Join(said, "\n")
		if err != nil || (text == "") != (c.want == "") || !strings.Contains(text, c.want) {
			t.Errorf("%s: %q, %v; want a warning with %q", name, text, err, c.want)
		}
	}
	for url, want := range map[string]string{
		"postgres://u@127.0.0.1/x":                             "",
		"postgres://u@[::1]/x?sslmode=disable":                 "",
		"postgres:///x?host=/run/postgresql":                   "",
		"postgres://u@db/x":                                    "db",
		"postgres://u@db/x?sslmode=disable":                    "db",
		"postgres://u@db/x?sslmode=require":                    "db",
		"postgres://u@db/x?sslmode=verify-full":                "",
		"postgres://u@db/x?sslmode=verify-ca":                  "",
		"postgres://u@localhost:1,db:2/x?sslmode=require":      "db",
		"postgres://u@one:5432,two:5432/x?sslmode=allow":       "one two",
		"postgres://u@one:5432,two:5432/x?sslmode=verify-full": "",
	} {
		config, err := pgConfig(url, Options{})
		if err != nil {
			t.Errorf("%s: %v", url, err)
			continue
		}
		said := strings.Join(plainHosts(config.ConnConfig), "\n")
		if (said == "") != (want == "") {
			t.Errorf("%s: %q", url, said)
		}
		for _, host := range strings.Fields(want) {
			if !strings.Contains(said, " "+host+" ") {
				t.Errorf("%s: %q does not name %s", url, said, host)
			}
		}
	}
}
