package tenants

import (
	"crypto/rand"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestWhatCannotBeACredentialIsRefusedByField(t *testing.T) {
	const tenant = "CBB1A5AC-f33b-45fa-9bf5-f37db0fed422"
	for _, c := range []struct {
		field  string
		wanted Wanted
	}{
		{"name", Wanted{Name: " "}},
		{"kind", Wanted{Name: "x", Kind: "saml"}},
		{"expiresAt", Wanted{Name: "x", ExpiresAt: testNow}},
		{"username", Wanted{Name: "x", Kind: Basic}},
		{"username", Wanted{Name: "x", Kind: Basic, Username: "a:b"}},
		{"username", Wanted{Name: "x", Username: "ada"}},
		{"username", Wanted{Name: "x", Kind: OAuth, Username: "ada"}},
		{"entra", Wanted{Name: "x", Entra: EntraTenant{Tenant: tenant}}},
		{"entra.tenant", Wanted{Name: "x", Kind: Entra}},
		{"entra.tenant", Wanted{Name: "x", Kind: Entra, Entra: EntraTenant{Tenant: "contoso.onmicrosoft.com"}}},
		{"entra.tenant", Wanted{Name: "x", Kind: Entra, Entra: EntraTenant{Tenant: "{" + tenant + "}"}}},
		{"entra.audience", Wanted{Name: "x", Kind: Entra, Entra: EntraTenant{Tenant: tenant, Audience: "api://x"}}},
	} {
		_, _, err := registry().Mint(t.Context(), "a", c.wanted)
		var p *Problem
		if !errors.As(err, &p) || !errors.Is(err, ErrInvalid) || p.Field != c.field || p.Detail == "" {
			t.Errorf("%+v: %v, want a problem with %s", c.wanted, err, c.field)
		}
	}
	w, err := Wanted{Name: "x", Kind: Entra, Entra: EntraTenant{Tenant: tenant}}.checked(testNow)
	if err != nil || w.Entra.Tenant != strings.ToLower(tenant) || w.Entra.Audience != EntraAudience {
		t.Errorf("an Entra tenant becomes %+v, %v", w.Entra, err)
	}
}

func TestOnlyWhatWasMadeIsASecret(t *testing.T) {
	for kind, want := range map[CredentialKind]string{Bearer: "token", Basic: "basic", OAuth: "client", Entra: ""} {
		w := Wanted{Name: "x", Kind: kind}
		var s Secrets
		n, err := w.make("acme", rand.Reader, &s)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for name, there := range map[string]bool{"token": s.Token != "", "basic": s.Basic != nil, "client": s.Client != nil} {
			if there {
				got = append(got, name)
			}
		}
		if strings.Join(got, " ") != want {
			t.Errorf("%s: made %v, want %s", kind, got, want)
		}
		if n.Hash == [32]byte{} || n.LookupKey == "" || (n.Hint == "") != (kind == Entra) {
			t.Errorf("%s: %+v", kind, n)
		}
	}
}

func TestNetworks(t *testing.T) {
	list, err := ParseNetworks("allowedNetworks", []string{"203.0.113.0/24", "2001:db8::/32", "198.51.100.7", "203.0.113.0/24"})
	if err != nil || !slices.Equal(list.Texts(), []string{"203.0.113.0/24", "2001:db8::/32", "198.51.100.7/32"}) {
		t.Fatalf("read as %v, %v", list.Texts(), err)
	}
	for address, want := range map[string]bool{
		"203.0.113.9": true, "::ffff:203.0.113.9": true, "198.51.100.7": true, "2001:db8:1::1": true, "2001:db8:1::1%eth0": true,
		"203.0.114.9": false, "198.51.100.8": false, "2001:db9::1": false, "": false, "nonsense": false, "203.0.113.9:443": false,
	} {
		if list.Accept(address) != want {
			t.Errorf("%q is accepted: %v", address, !want)
		}
	}
	if !(Networks)(nil).Accept("") {
		t.Error("an empty list accepts no address that cannot be read")
	}
	for _, wrong := range []string{"", "x", "203.0.113.0/33", "203.0.113.1/24", "::ffff:203.0.113.0/120", "2001:db8::1/32", "fe80::1%eth0", "203.0.113.0-203.0.113.9"} {
		var p *Problem
		if _, err := ParseNetworks("allowedNetworks", []string{wrong}); !errors.As(err, &p) || p.Field != "allowedNetworks" {
			t.Errorf("%q: %v", wrong, err)
		}
	}
	if _, err := ParseNetworks("allowedNetworks", make([]string, maxNetworks+1)); !errors.Is(err, ErrInvalid) {
		t.Errorf("too many: %v", err)
	}
}

func TestAValidCredentialCountsInItsNetworksOnly(t *testing.T) {
	networks := func(texts ...string) Networks {
		list, err := ParseNetworks("x", texts)
		if err != nil {
			t.Fatal(err)
		}
		return list
	}
	for name, x := range map[string]struct {
		connector, credential Networks
		peer                  string
		accepted              bool
	}{
		"no list":                     {nil, nil, "", true},
		"in the connector's":          {networks("10.0.0.0/8"), nil, "10.1.1.1", true},
		"outside of the connector's":  {networks("10.0.0.0/8"), nil, "11.1.1.1", false},
		"in the credential's":         {nil, networks("10.0.0.0/8"), "10.1.1.1", true},
		"outside of the credential's": {nil, networks("10.0.0.0/8"), "11.1.1.1", false},
		"in one of both":              {networks("10.0.0.0/8"), networks("11.0.0.0/8"), "10.1.1.1", false},
		"in both":                     {networks("10.0.0.0/8"), networks("10.1.0.0/16"), "10.1.1.1", true},
		"from an unknown address":     {networks("10.0.0.0/8"), nil, "", false},
	} {
		c := newCallers(t)
		keyID, _ := parseToken(c.acme, tokenPrefix)
		entry := c.known[TokenKey(keyID)]
		entry.Connector.Settings.Networks, entry.Credential.Settings.Networks = x.connector, x.credential
		c.known[TokenKey(keyID)] = entry
		a := NewAuthenticator(c, func() time.Time { return testNow })
		p, err := a.Authenticate(t.Context(), Caller{Slug: "acme", Peer: x.peer, Headers: []string{c.acme}})
		var refused *NetworkError
		if accepted := err == nil; accepted != x.accepted || !accepted && (!errors.As(err, &refused) || refused.Principal.Credential.ID != entry.Credential.ID || p.Connector.Slug != "") {
			t.Errorf("%s: %+v, %v", name, p, err)
		}
		if len(c.failed) != 0 {
			t.Errorf("%s: counted as a failed authentication", name)
		}
		if _, err := a.Authenticate(t.Context(), Caller{Slug: "acme", Peer: "10.1.1.1", Headers: []string{c.beta}}); !errors.Is(err, ErrUnauthenticated) {
			t.Errorf("%s: another connector's token is told about networks: %v", name, err)
		}
	}
}

func TestCredentialsWarnBeforeTheyEnd(t *testing.T) {
	const day = 24 * time.Hour
	for left, want := range map[time.Duration]struct {
		state  CredentialState
		says   string
		urgent bool
	}{
		31 * day:               {CredentialValid, "", false},
		30 * day:               {CredentialExpiresSoon, "in 30 days", false},
		8*day + time.Hour:      {CredentialExpiresSoon, "in 8 days", false},
		7 * day:                {CredentialExpiresSoon, "within 7 days", true},
		day:                    {CredentialExpiresSoon, "within a day", true},
		time.Second:            {CredentialExpiresSoon, "within a day", true},
		0:                      {CredentialExpired, "has expired", true},
		-1000 * day:            {CredentialExpired, "has expired", true},
		time.Duration(1 << 62): {CredentialValid, "", false},
	} {
		c := Credential{ExpiresAt: testNow.Add(left)}
		if state, says := c.State(testNow), c.Warning(testNow); state != want.state || !strings.Contains(says, want.says) || (says == "") != (want.says == "") || c.Urgent(testNow) != want.urgent {
			t.Errorf("%v before its end: %s, %q, urgent %v", left, state, says, c.Urgent(testNow))
		}
	}
	if never := (Credential{}); never.State(testNow) != CredentialValid || never.Warning(testNow) != "" || never.Urgent(testNow) {
		t.Error("a credential without an end warns of it")
	}
}
