package tenants

import (
	"crypto/rand"
	"errors"
	"math"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestSlugs(t *testing.T) {
	for slug, code := range map[string]string{
		"a": "", "acme-okta": "", "0": "", "a--b": "", strings.Repeat("a", 63): "",
		"": CodeInvalid, "-a": CodeInvalid, "a-": CodeInvalid, "A": CodeInvalid, "a_b": CodeInvalid, "a.b": CodeInvalid, "a/b": CodeInvalid,
		"ä": CodeInvalid, "a\n": CodeInvalid, "a b": CodeInvalid, strings.Repeat("a", 64): CodeInvalid, "a:b": CodeInvalid,
		"v2": CodeSlugReserved, "scim": CodeSlugReserved, "new": CodeSlugReserved,
	} {
		err := CheckSlug(slug)
		var p *Problem
		if errors.As(err, &p); (code == "") != (err == nil) || p != nil && p.Code != code {
			t.Errorf("CheckSlug(%q) = %v, want %q", slug, err, code)
		}
	}
}

// registry is one whose store must not be reached.
func registry() *Registry {
	return NewRegistry(nil, func() time.Time { return testNow }, rand.Reader)
}

func TestWhatCannotBeAConnectorIsRefusedByField(t *testing.T) {
	good := NewConnector{Tenant: "acme", Slug: "a"}
	for field, spoil := range map[string]func(*NewConnector){
		"slug":               func(n *NewConnector) { n.Slug = "Nope" },
		"name":               func(n *NewConnector) { n.Name = "zero\u200bwidth" },
		"kind":               func(n *NewConnector) { n.Kind = "ldap" },
		"mode":               func(n *NewConnector) { n.Mode = "off" },
		"basicAuth.username": func(n *NewConnector) { n.BasicUsername = "a:b" },
		"limits.rate":        func(n *NewConnector) { n.Settings.Limits.Rate = new(math.NaN()) },
		"limits.groups":      func(n *NewConnector) { n.Settings.Limits.Groups = -1 },
		"paths.users":        func(n *NewConnector) { n.Settings.Paths.Users = []string{"a/b"} },
		"paths.groups":       func(n *NewConnector) { n.Settings.Paths = Paths{Users: []string{"Staff"}, Groups: []string{"staff"}} },
	} {
		n := good
		spoil(&n)
		_, _, err := registry().CreateConnector(t.Context(), n)
		var p *Problem
		if !errors.As(err, &p) || !errors.Is(err, ErrInvalid) || p.Field != field || p.Detail == "" {
			t.Errorf("spoiling %s: %#v", field, err)
		}
	}
	if _, err := registry().CreateTenant(t.Context(), " "); !errors.Is(err, ErrInvalid) {
		t.Errorf("a blank tenant: %v", err)
	}
	wrong := Paths{Groups: []string{"Users"}}
	if _, err := registry().UpdateConnector(t.Context(), "a", nil, ConnectorChange{Paths: &wrong}); !errors.Is(err, ErrInvalid) {
		t.Errorf("a path that is served already: %v", err)
	}
}

func TestConnectorsBeginWithDefaults(t *testing.T) {
	n := NewConnector{Tenant: "acme", Slug: "a"}.withDefaults()
	if n.Name != "a" || n.Kind != "generic" || n.Mode != Observe || n.Directory != "main" || len(n.Settings.Paths.Groups) != 0 {
		t.Errorf("defaults: %+v", n)
	}
	n = NewConnector{Slug: "a", Kind: "oneaccess"}.withDefaults()
	if !slices.Equal(n.Settings.Paths.Groups, []string{"Organizations", "Organization"}) {
		t.Errorf("OneAccess begins with the paths %+v", n.Settings.Paths)
	}
	if err := n.Settings.Paths.check(); err != nil {
		t.Error(err)
	}
	n = NewConnector{Slug: "a", Kind: "oneaccess", Settings: Settings{Paths: Paths{Groups: []string{"Orgs"}}}}.withDefaults()
	if !slices.Equal(n.Settings.Paths.Groups, []string{"Orgs"}) {
		t.Errorf("the preset overrode the paths that were given: %+v", n.Settings.Paths)
	}
}
