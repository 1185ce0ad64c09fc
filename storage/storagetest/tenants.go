package storagetest

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/muster-scim/muster/tenants"
)

// Tenants is a backend that keeps tenants and finds credentials.
type Tenants interface {
	tenants.Store
	tenants.Lookup
}

// TestTenants checks what tenants.Store and tenants.Lookup promise. make returns a fresh, empty
// database for each case; the cases run in parallel.
func TestTenants(t *testing.T, open func(t *testing.T) Tenants) {
	for name, f := range map[string]func(*testing.T, tenantsWorld){
		"a tenant's name is unique by its key form":                tenantNamesAreUnique,
		"only an empty tenant can be deleted":                      onlyEmptyTenantsGo,
		"a connector reads back as it was made":                    connectorsReadBack,
		"of connectors with one slug exactly one is made":          slugsAreUnique,
		"a connector needs its tenant and its directory":           connectorsNeedTheirOwners,
		"precedence follows the order of creation":                 precedenceFollowsCreation,
		"connectors are listed by slug, narrowed and in pages":     connectorsAreListed,
		"a change writes what it names and moves the version":      changesAreNarrow,
		"a deleted connector takes its credentials along":          connectorsGoWithCredentials,
		"a credential is found by its public part until it ends":   credentialsAreFound,
		"a credential belongs to its own connector":                credentialsStayApart,
		"a user name can be used once in a connector":              usernamesAreUnique,
		"a credential's name is unique in its connector":           credentialNamesAreUnique,
		"every kind of credential reads back as it was made":       credentialsReadBack,
		"of an expiring credential one is told once a day":         expiringCredentialsAreClaimedOnce,
		"the last use of a credential never goes back in time":     lastUseOnlyMovesForward,
		"contacts add up, and the newest are kept":                 contactsAddUp,
		"contacts are their own connector's and go with it":        contactsStayApart,
		"a set-up link makes one credential of its connector":      setupLinksMakeOneCredential,
		"a set-up link opens nothing once it has ended":            setupLinksEnd,
		"consumers read back as they were made, and change":        consumersReadBack,
		"a consumer's token enters its own directory alone":        consumersEnterTheirDirectory,
		"a consumer's tokens come and go":                          consumerTokensRotate,
		"a connector is made whole or not at all":                  connectorsAreMadeWhole,
		"a cancelled context is an error and changes nothing":      cancelledChangesNothing,
		"every way of presenting a secret works on stored secrets": secretsAuthenticate,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := open(t)
			f(t, tenantsWorld{Tenants: s, registry: tenants.NewRegistry(s, time.Now, rand.Reader)})
		})
	}
}

// tenantsWorld is a database with a registry over it.
type tenantsWorld struct {
	Tenants
	registry *tenants.Registry
}

func (w tenantsWorld) tenant(t *testing.T, name string) tenants.Tenant {
	t.Helper()
	made, err := w.CreateTenant(t.Context(), name)
	if err != nil {
		t.Fatalf("creating tenant %q: %v", name, err)
	}
	return made
}

func (w tenantsWorld) connector(t *testing.T, tenant, slug string) (tenants.Connector, tenants.Secrets) {
	t.Helper()
	c, secrets, err := w.registry.CreateConnector(t.Context(), tenants.NewConnector{Tenant: tenant, Slug: slug, BasicUsername: "okta"})
	if err != nil {
		t.Fatalf("creating connector %s: %v", slug, err)
	}
	return c, secrets
}

// wants fails unless err is of that kind and says so in a sentence.
func wants(t *testing.T, doing string, err, kind error) {
	t.Helper()
	if !errors.Is(err, kind) {
		t.Errorf("%s: %v, want %v", doing, err, kind)
		return
	}
	var problem *tenants.Problem
	if !errors.As(err, &problem) || problem.Code == "" || problem.Detail == "" {
		t.Errorf("%s: %v is no problem with a code and a detail", doing, err)
	}
}

func tenantNamesAreUnique(t *testing.T, w tenantsWorld) {
	w.tenant(t, "Acme GmbH")
	_, err := w.CreateTenant(t.Context(), " ACME gmbh")
	wants(t, "creating the same tenant in other letters", err, tenants.ErrTaken)
	w.tenant(t, "Beta")
	all, err := w.Store().Tenants(t.Context())
	if err != nil || len(all) != 2 || all[0].Name != "Acme GmbH" || all[1].Name != "Beta" {
		t.Errorf("Tenants = %v, %v", all, err)
	}
}

// Store is the Store side, whose method Tenants the embedded interface's name hides.
func (w tenantsWorld) Store() tenants.Store { return w.Tenants }

func onlyEmptyTenantsGo(t *testing.T, w tenantsWorld) {
	w.tenant(t, "acme")
	w.connector(t, "acme", "acme-okta")
	wants(t, "deleting a tenant with a connector", w.DeleteTenant(t.Context(), "acme"), tenants.ErrNotEmpty)
	if err := w.DeleteConnector(t.Context(), "acme-okta"); err != nil {
		t.Fatal(err)
	}
	if err := w.DeleteTenant(t.Context(), "ACME"); err != nil {
		t.Errorf("deleting an empty tenant: %v", err)
	}
	wants(t, "deleting it again", w.DeleteTenant(t.Context(), "acme"), tenants.ErrUnknown)
}

func connectorsReadBack(t *testing.T, w tenantsWorld) {
	owner := w.tenant(t, "acme")
	precedence := 7
	want := tenants.NewConnector{
		Tenant: "Acme", Name: "Ökta production", Slug: "acme-okta", Kind: "oneaccess", Mode: tenants.Live, Directory: "Main",
		Settings:   tenants.Settings{Strict: true, Limits: tenants.Limits{Rate: new(2.5), Burst: new(0), Members: 10}},
		Precedence: &precedence,
	}
	made, _, err := w.registry.CreateConnector(t.Context(), want)
	if err != nil {
		t.Fatal(err)
	}
	read, err := w.ConnectorBySlug(t.Context(), "acme-okta")
	if err != nil {
		t.Fatal(err)
	}
	if a, b := asText(t, made), asText(t, read); a != b {
		t.Errorf("made %s\nread %s", a, b)
	}
	if read.TenantID != owner.ID || read.Tenant != "acme" || read.Directory != "main" || read.DirectoryID == uuid.Nil || read.ID == uuid.Nil {
		t.Errorf("it belongs to %s %s, %s %s", read.Tenant, read.TenantID, read.Directory, read.DirectoryID)
	}
	if read.Name != want.Name || read.Kind != want.Kind || read.Mode != want.Mode || read.Precedence != 7 || read.Version != 1 || read.CreatedAt.IsZero() {
		t.Errorf("read %+v", read)
	}
	if !read.Settings.Strict || !reflect.DeepEqual(read.Settings.Limits, want.Settings.Limits) || !slices.Contains(read.Settings.Paths.Groups, "Organizations") {
		t.Errorf("settings %+v", read.Settings)
	}
	_, err = w.ConnectorBySlug(t.Context(), "other")
	wants(t, "reading an unknown connector", err, tenants.ErrUnknown)
}

func asText(t *testing.T, c tenants.Connector) string {
	t.Helper()
	text, err := json.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func slugsAreUnique(t *testing.T, w tenantsWorld) {
	w.tenant(t, "acme")
	const racers = 8
	results := make([]error, racers)
	var wg sync.WaitGroup
	for i := range racers {
		wg.Go(func() {
			_, _, results[i] = w.registry.CreateConnector(t.Context(), tenants.NewConnector{Tenant: "acme", Slug: "same"})
		})
	}
	wg.Wait()
	made := 0
	for _, err := range results {
		if err == nil {
			made++
		} else {
			wants(t, "creating a second connector of the slug", err, tenants.ErrTaken)
		}
	}
	if made != 1 {
		t.Errorf("%d connectors were made, want 1", made)
	}
}

func connectorsNeedTheirOwners(t *testing.T, w tenantsWorld) {
	w.tenant(t, "acme")
	for _, n := range []tenants.NewConnector{
		{Tenant: "nobody", Slug: "a"},
		{Tenant: "acme", Slug: "a", Directory: "nowhere"},
	} {
		_, _, err := w.registry.CreateConnector(t.Context(), n)
		wants(t, fmt.Sprintf("creating a connector of %s in %q", n.Tenant, n.Directory), err, tenants.ErrUnknown)
	}
}

func precedenceFollowsCreation(t *testing.T, w tenantsWorld) {
	w.tenant(t, "acme")
	last := 0
	for _, slug := range []string{"z", "a", "m"} {
		c, _ := w.connector(t, "acme", slug)
		if c.Precedence <= last {
			t.Errorf("connector %s has precedence %d after one with %d", slug, c.Precedence, last)
		}
		last = c.Precedence
	}
}

func connectorsAreListed(t *testing.T, w tenantsWorld) {
	acme, beta := w.tenant(t, "acme"), w.tenant(t, "beta")
	for _, slug := range []string{"d", "a", "c"} {
		w.connector(t, "acme", slug)
	}
	w.connector(t, "beta", "b")
	for _, c := range []struct {
		filter tenants.ConnectorFilter
		want   string
	}{
		{tenants.ConnectorFilter{}, "[a b c d]"},
		{tenants.ConnectorFilter{Tenant: "Acme"}, "[a c d]"},
		{tenants.ConnectorFilter{Directory: "main", Limit: 2}, "[a b]"},
		{tenants.ConnectorFilter{After: "b", Limit: 1}, "[c]"},
		{tenants.ConnectorFilter{Tenant: "nobody"}, "[]"},
		{tenants.ConnectorFilter{Only: tenants.Only{acme.ID}, Limit: 2}, "[a c]"},
		{tenants.ConnectorFilter{Only: tenants.Only{acme.ID, beta.ID}, After: "a"}, "[b c d]"},
		{tenants.ConnectorFilter{Only: tenants.Only{acme.ID}, Tenant: "beta"}, "[]"},
		{tenants.ConnectorFilter{Only: tenants.Only{}}, "[]"},
	} {
		all, err := w.Connectors(t.Context(), c.filter)
		slugs := []string{}
		for _, one := range all {
			slugs = append(slugs, one.Slug)
		}
		if got := fmt.Sprint(slugs); err != nil || got != c.want {
			t.Errorf("Connectors(%+v) = %s, %v, want %s", c.filter, got, err, c.want)
		}
	}
}

func changesAreNarrow(t *testing.T, w tenantsWorld) {
	w.tenant(t, "acme")
	before, _, err := w.registry.CreateConnector(t.Context(), tenants.NewConnector{
		Tenant: "acme", Slug: "a", Mode: tenants.Live, Settings: tenants.Settings{Limits: tenants.Limits{Burst: new(5)}}})
	if err != nil {
		t.Fatal(err)
	}
	name, strict := "New name", true
	after, err := w.UpdateConnector(t.Context(), "a", func(v int64) bool { return v == before.Version }, tenants.ConnectorChange{Name: &name, Strict: &strict})
	if err != nil {
		t.Fatal(err)
	}
	if after.Name != name || !after.Settings.Strict || after.Version != before.Version+1 {
		t.Errorf("after the change: %+v", after)
	}
	if *after.Settings.Limits.Burst != 5 || after.Mode != tenants.Live || after.Precedence != before.Precedence || after.TenantID != before.TenantID {
		t.Errorf("the change touched more than it names: %+v", after)
	}
	same, err := w.UpdateConnector(t.Context(), "a", nil, tenants.ConnectorChange{Name: &name})
	if err != nil || same.Version != after.Version || !same.UpdatedAt.Equal(after.UpdatedAt) {
		t.Errorf("a change that changes nothing moved the version: %+v, %v", same, err)
	}
	_, err = w.UpdateConnector(t.Context(), "a", func(v int64) bool { return v == before.Version }, tenants.ConnectorChange{Name: &name})
	wants(t, "changing an older version", err, tenants.ErrVersion)
	_, err = w.UpdateConnector(t.Context(), "b", nil, tenants.ConnectorChange{Name: &name})
	wants(t, "changing an unknown connector", err, tenants.ErrUnknown)
}

func cancelledChangesNothing(t *testing.T, w tenantsWorld) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := w.CreateTenant(ctx, "acme"); !errors.Is(err, context.Canceled) {
		t.Errorf("creating a tenant with a cancelled context: %v", err)
	}
	if all, err := w.Store().Tenants(t.Context()); err != nil || len(all) != 0 {
		t.Errorf("Tenants = %v, %v, want none", all, err)
	}
}
