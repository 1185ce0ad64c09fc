package sql

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/muster-scim/muster/directory"
	"github.com/muster-scim/muster/directory/importfile"
	"github.com/muster-scim/muster/policy"
	"github.com/muster-scim/muster/scim"
	"github.com/muster-scim/muster/tenants"
)

// TestNothingOfAnErasedPersonIsLeft lets a person leave traces wherever one can, erases it, and
// reads every table of the database for what it was called.
func TestNothingOfAnErasedPersonIsLeft(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, s *Store) {
		names := []string{"ada.lovelace", "countess", "byron-id", "e-1815"} // of the userName, addresses, names and identifiers
		leaveTraces(t, s)
		before := tablesSaying(t, s, names)
		if len(before) < 6 {
			t.Errorf("before, only %v say anything of the person: the test looks in vain", before)
		}
		d := directory.New(s, directory.Options{Now: time.Now})
		user := soleUser(t, d, policy.UserDisabled)
		if _, err := d.EraseUser(t.Context(), directory.Admin{ID: "test"}, "main", user.ID, user.UserName); err != nil {
			t.Fatal(err)
		}
		if after := tablesSaying(t, s, names); len(after) > 0 {
			t.Errorf("of the erased person there still is\n%s", strings.Join(after, "\n"))
		}
		page, err := d.Events(t.Context(), directory.EventFilter{User: user.ID.String()}, directory.Listing{Limit: 50})
		if err != nil || len(page.Items) < 4 || page.Items[0].Action != "directory.user.erased" {
			t.Errorf("the audit tells %d events of the person (%v)", len(page.Items), err)
		}
	})
}

// leaveTraces lets ada come, be linked, be in groups, be ambiguous to others, be planned, be
// named by members that resolve to nothing, and leave.
func leaveTraces(t *testing.T, s *Store) {
	t.Helper()
	ctx, d, by := t.Context(), directory.New(s, directory.Options{Now: time.Now}), directory.Admin{ID: "test"}
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	connect := func(tenant string, mode tenants.Mode) directory.Source {
		t.Helper()
		_, err := s.CreateTenant(ctx, tenant)
		must(err)
		c, err := s.CreateConnector(ctx, tenants.NewConnector{Tenant: tenant, Name: tenant, Slug: tenant, Kind: "generic", Mode: mode, Directory: "main", Rules: policy.Rules{Safety: policy.Safety{Off: true}}})
		must(err)
		return directory.Source{Connector: c, Request: "r"}
	}
	acme, globex := connect("acme", tenants.Live), connect("globex", tenants.Live)
	ada := scim.Document{"userName": "Ada.Lovelace@acme.example", "active": true, "externalId": "byron-ID", "displayName": "Countess Ada",
		"name":   map[string]any{"familyName": "Lovelace", "formatted": "Ada.Lovelace"},
		"emails": []any{map[string]any{"value": "countess@acme.example", "primary": true}}, scim.EnterpriseUser: map[string]any{"employeeNumber": "E-1815"}}
	record, err := d.CreateUser(ctx, acme, ada, nil)
	must(err)
	_, err = d.CreateGroup(ctx, acme, scim.Document{"displayName": "Eng"}, []string{record.ID.String()}, nil)
	must(err)
	_, err = d.CreateGroup(ctx, globex, scim.Document{"displayName": "Ops"}, []string{"ada.lovelace@acme.example"}, nil) // unresolved
	must(err)
	other, err := d.CreateUser(ctx, globex, scim.Document{"userName": "ada.lovelace@ACME.example", "active": true, "displayName": "Countess"}, nil)
	must(err) // a conflict that offers ada
	_, err = d.EditUser(ctx, acme, record.ID, nil, func(doc scim.Document) (scim.Document, []scim.Note, error) {
		doc = doc.Clone()
		doc["nickName"] = "Countess"
		return doc, nil, nil
	})
	must(err)
	_, err = d.CreatePlan(ctx, by, "acme", directory.Draft{Rules: &policy.Rules{NeverAssign: policy.Text("Eng")}}, time.Minute)
	must(err)
	umbrella := connect("umbrella", tenants.Observe)
	variant, err := d.CreateUser(ctx, umbrella, scim.Document{"userName": "ADA.lovelace@acme.Example", "active": true}, nil)
	must(err)
	_, err = d.CreatePlan(ctx, by, "umbrella", directory.Draft{Mode: tenants.Live}, time.Minute) // a newcomer, in other letters
	must(err)
	must(d.DeleteUser(ctx, umbrella, variant.ID, nil))
	must(d.DeleteUser(ctx, acme, record.ID, nil))
	must(d.DeleteUser(ctx, globex, other.ID, nil))
	must(d.Drain(ctx))
}

// soleUser is the one user of the directory that has a status.
func soleUser(t *testing.T, d *directory.Directory, status policy.Status) directory.User {
	t.Helper()
	page, err := d.Users(t.Context(), "main", "", status, directory.Listing{Limit: 2})
	if err != nil || len(page.Items) != 1 {
		t.Fatalf("there are %d users (%v), want one", len(page.Items), err)
	}
	return page.Items[0]
}

// tablesSaying are the tables of which a row holds one of the texts, each with the first such row.
func tablesSaying(t *testing.T, s *Store, texts []string) (found []string) {
	t.Helper()
	list, name := "select name from sqlite_schema where type = 'table' and name not like 'sqlite_%'", ""
	if s.isPostgres() {
		list = "select c.relname::text from pg_class c where c.relnamespace = current_schema()::regnamespace and c.relkind in ('r', 'p')"
	}
	var tables []string
	read := func(each func(row) error, sql string) {
		t.Helper()
		if err := s.read(t.Context(), everyConnector, func(x *tx) error { x.query(each, sql); return nil }); err != nil {
			t.Fatal(err)
		}
	}
	read(func(r row) error {
		err := r.Scan(&name)
		tables = append(tables, name)
		return err
	}, list)
	for _, table := range tables {
		for _, column := range columnsOf(t, s, table) {
			said := ""
			read(func(r row) error { return r.Scan(&said) }, "select coalesce(lower(string_agg(cast("+column+" as text), ' ')), '') from "+table)
			for _, text := range texts {
				if at := strings.Index(said, text); at >= 0 {
					found = append(found, fmt.Sprintf("%s.%s: %.120s", table, column, said[max(0, at-40):]))
					break
				}
			}
		}
	}
	return found
}

func columnsOf(t *testing.T, s *Store, table string) (columns []string) {
	t.Helper()
	sql := "select name from pragma_table_info('" + table + "')"
	if s.isPostgres() {
		sql = "select a.attname::text from pg_attribute a where a.attrelid = '" + table + "'::regclass and a.attnum > 0 and not a.attisdropped"
	}
	err := s.read(t.Context(), everyConnector, func(x *tx) error {
		x.query(func(r row) error {
			var name string
			err := r.Scan(&name)
			columns = append(columns, name)
			return err
		}, sql)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return columns
}

// TestErasingTakesOfImportsWhatIsAboutThePersonAlone stages rows that are about somebody, that
// name her in passing, and that only look like it.
func TestErasingTakesOfImportsWhatIsAboutThePersonAlone(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, s *Store) {
		ctx, d, by := t.Context(), directory.New(s, directory.Options{Now: time.Now}), directory.Admin{ID: "test"}
		al, err := d.CreateLocalUser(ctx, by, "main", scim.Document{"userName": "al", "emails": []any{map[string]any{"value": "al@acme.example", "primary": true}}})
		if err != nil {
			t.Fatal(err)
		}
		const file = "dn: cn=Albert,dc=x\nobjectClass: person\nuid: AL\n\n" +
			"dn: cn=Sally,dc=x\nobjectClass: person\nuid: sally\n\n" +
			"dn: cn=al,dc=x\nobjectClass: groupOfNames\ncn: al\nmember: cn=Albert,dc=x\nmember: cn=Sally,dc=x\n\n"
		if _, err := d.CreateImport(ctx, by, "main", directory.NewImport{Source: "file", Format: "ldif"},
			importfile.Read(strings.NewReader(file), importfile.Options{Format: importfile.LDIF}), time.Minute); err != nil {
			t.Fatal(err)
		}
		if _, err := d.EraseUser(ctx, by, "main", al.ID, "al"); err != nil {
			t.Fatal(err)
		}
		var left []string
		if err := s.read(ctx, everyConnector, func(x *tx) error {
			x.query(func(r row) error {
				var kind, key, member, said string
				err := r.Scan(&kind, &key, &member, &said)
				if strings.Contains(said, "Albert") {
					said = "of Albert"
				} else {
					said = ""
				}
				left = append(left, strings.Join(strings.Fields(kind+" "+key+" "+member+" "+said), " "))
				return err
			}, "select kind, key, member, said from import_rows order by kind desc, key, member")
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		if got, want := strings.Join(left, "; "), "user sally; membership al cn=sally,dc=x; group al"; got != want {
			t.Errorf("the import has left\n\t%s, want\n\t%s", got, want)
		}
	})
}

// TestErasingTakesTheHashesOfAnEarlierPurgeToo purges somebody who comes again, and is erased then.
func TestErasingTakesTheHashesOfAnEarlierPurgeToo(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, s *Store) {
		now := time.Now()
		ctx, d, by := t.Context(), directory.New(s, directory.Options{Now: func() time.Time { return now }}), directory.Admin{ID: "test"}
		come := func(name string) directory.User {
			t.Helper()
			u, err := d.CreateLocalUser(ctx, by, "main", scim.Document{"userName": name})
			if err != nil {
				t.Fatal(err)
			}
			return u
		}
		for _, name := range []string{"ada", "bob"} {
			if err := d.RemoveUser(ctx, by, "main", come(name).ID, nil); err != nil {
				t.Fatal(err)
			}
		}
		now = now.AddDate(0, 0, 31)
		if err := d.Purge(ctx); err != nil {
			t.Fatal(err)
		}
		if _, err := d.EraseUser(ctx, by, "main", come("Ada").ID, "ada"); err != nil {
			t.Fatal(err)
		}
		n := 0
		if err := s.read(ctx, everyConnector, func(x *tx) error {
			x.query(func(r row) error { return r.Scan(&n) }, "select count(*) from former_keys")
			return nil
		}); err != nil || n != 1 {
			t.Errorf("%d hashes are left (%v), want bob's alone", n, err)
		}
	})
}

// TestADecidedConflictForgetsWhomItOffered lets another person's record, which stays, be kept
// separate from somebody who is erased later.
func TestADecidedConflictForgetsWhomItOffered(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, s *Store) {
		ctx, d, by := t.Context(), directory.New(s, directory.Options{Now: time.Now}), directory.Admin{ID: "test"}
		come := func(tenant, name string) (directory.Source, directory.UserRecord) {
			t.Helper()
			_, err := s.CreateTenant(ctx, tenant)
			if err != nil {
				t.Fatal(err)
			}
			c, err := s.CreateConnector(ctx, tenants.NewConnector{Tenant: tenant, Name: tenant, Slug: tenant, Kind: "generic", Mode: tenants.Live, Directory: "main", Rules: policy.Rules{Safety: policy.Safety{Off: true}}})
			if err != nil {
				t.Fatal(err)
			}
			from := directory.Source{Connector: c, Request: "r"}
			r, err := d.CreateUser(ctx, from, scim.Document{"userName": name, "active": true, "emails": []any{map[string]any{"value": "desk@acme.example", "primary": true}}}, nil)
			if err != nil {
				t.Fatal(err)
			}
			return from, r
		}
		acme, ada := come("acme", "ada.lovelace")
		_, _ = come("globex", "bob")
		page, err := d.Conflicts(ctx, "main", directory.ConflictFilter{}, directory.Listing{Limit: 2})
		if err != nil || len(page.Items) != 1 {
			t.Fatalf("there are %d conflicts (%v), want one", len(page.Items), err)
		}
		if err := d.DecideConflict(ctx, by, "main", page.Items[0].ID, directory.DecisionKeepSeparate, uuid.Nil); err != nil {
			t.Fatal(err)
		}
		if err := d.DeleteUser(ctx, acme, ada.ID, nil); err != nil {
			t.Fatal(err)
		}
		user := soleUser(t, d, policy.UserDisabled)
		if _, err := d.EraseUser(ctx, by, "main", user.ID, user.UserName); err != nil {
			t.Fatal(err)
		}
		if after := tablesSaying(t, s, []string{"ada.lovelace"}); len(after) > 0 {
			t.Errorf("of the erased person there still is\n%s", strings.Join(after, "\n"))
		}
	})
}
