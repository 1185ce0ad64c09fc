package sql

import (
	"bytes"
	"errors"
	"slices"
	"testing"

	"github.com/google/uuid"

	"github.com/muster-scim/muster/tenants"
)

// TestCredentialsThatSharedANameCanBeToldApart migrates a connector whose credentials were named
// before names had to differ.
func TestCredentialsThatSharedANameCanBeToldApart(t *testing.T) {
	t.Parallel()
	const before = 7
	for name, url := range map[string]string{"sqlite": "sqlite://" + t.TempDir() + "/muster.db", "postgres": ordinaryOwner(t)} {
		s := open(t, url)
		if err := s.migrateUp(t.Context(), migrationsUpTo(t, s.migrationFiles(), before)); err != nil {
			t.Fatal(err)
		}
		connector, _ := seedFirst(t, s)
		ids := []uuid.UUID{
			uuid.MustParse("0193f2a4-0000-7000-8000-00000000000a"), uuid.MustParse("0193f2a4-0000-7000-8000-00000000000b"),
			uuid.MustParse("0193f2a4-0000-7000-8000-00000000000c"), uuid.MustParse("0193f2a4-0000-7000-8000-00000000000d"),
		}
		mustWrite(t, s, func(x *tx) error {
			for i, name := range []string{"Okta", "okta", "Okta", "Entra"} {
				x.exec(nil, "insert into credentials (id, connector_id, name, kind, lookup_key, hash, created_at) values (?, ?, ?, 'bearer', ?, ?, 1)",
					ids[i], connector, name, "t:"+ids[i].String(), bytes.Repeat([]byte{7}, 32))
			}
			return nil
		})
		if err := s.Migrate(t.Context()); err != nil {
			t.Fatal(err)
		}
		all, err := s.Credentials(t.Context(), "okta")
		if err != nil {
			t.Fatal(err)
		}
		var names []string
		for _, c := range all {
			names = append(names, c.Name)
		}
		slices.Sort(names)
		if want := []string{"Entra", "Okta", "Okta (000c)", "okta (000b)", "one"}; !slices.Equal(names, want) {
			t.Errorf("%s: they are named %q, want %q", name, names, want)
		}
		_, err = s.AddCredential(t.Context(), "okta", tenants.NewCredential{
			Credential: tenants.Credential{Name: "OKTA (000B)", Kind: tenants.Bearer}, LookupKey: "t:new", Hash: [32]byte{1}})
		if !errors.Is(err, tenants.ErrTaken) {
			t.Errorf("%s: a name that is taken by one of them: %v", name, err)
		}
		if entry, err := s.Find(t.Context(), "t:"+ids[1].String()); err != nil || entry.Credential.Name != "okta (000b)" {
			t.Errorf("%s: one of them is found as %+v, %v", name, entry.Credential, err)
		}
	}
}
