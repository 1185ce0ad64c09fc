package idp

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/muster-scim/muster/tenants"
)

// TestEveryProductSpeaksAsItDoes holds what each product says against the forms that it is known
// for.
func TestEveryProductSpeaksAsItDoes(t *testing.T) {
	t.Parallel()
	for product, says := range map[string][]string{
		"okta-aiw": {"GET /Groups/id-", `PUT /Groups/id-`, `"members":[{"display":"`, `PUT /Users/id-`},
		"okta11": {
			"GET /ServiceProviderConfigs", `"schemas":["urn:scim:schemas:core:1.0","urn:okta:custom:group:1.0"]`, `"active":false,"id":"id-`,
			`"operation":"delete"`, `"locale":"en_US"`,
		},
		"entra-flag": {
			"GET /Users?aadOptscim062020&filter=userName+eq+%22", `"name.familyName":"`, `:User:department":"`, `{"op":"replace","path":"active","value":false}`,
			`{"op":"add","path":"members","value":[{"value":"id-`, `{"op":"remove","path":"members[value eq \"id-`,
		},
		"onelogin": {
			"%22&\n", "/Users?filter=userName+eq+", `"emails":{"primary":true`, `"locale":null`, `"urn:scim:schemas:core:2.0"`, "? {",
			`{"op":"add","path":"members","value":[{"value":"id-`,
		},
		"onelogin11":   {`"operation":"add"`, `"operation":"delete"`, `"schemas":["urn:scim:schemas:core:1.0"]`},
		"google":       {`{"op":"replace","path":"active","value":false}`, "DELETE /Users/id-"},
		"pingone":      {"emails.value%20Eq%20%22", `"emails":[{"primary":true,"value":"`},
		"pingfederate": {"CN=00u", `"members":[{"value":"id-`, `"operation":"delete"`},
		"jumpcloud":    {`"schemas":["urn:ietf:params:scim:schemas:extension:enterprise:2.0:User","urn:ietf:params:scim:schemas:core:2.0:User"]`, `"addresses":[]`, `"tel:+1`, `{"op":"remove","path":"members","value":[{"value":"id-`},
		"oneaccess":    {"POST /Organizations", "PUT /Organizations/id-", `"created":1735526400000`, `"active":"true"`, `"active":"false"`},
		"keycloak":     {"POST //Users", "PUT //Groups/id-", `"value":"false"`, `"emails":[{"value":"`},
		"authentik":    {"GET /ServiceProviderConfig", "/Users?filter=userName+eq+a", `{"op":"add","path":"members","value":[{"value":"id-`, `{"op":"remove","path":"members","value":[{"value":"id-`},
		"rauthy":       {"filter=externalId%20eq%20%2200u", "PUT /Users/id-"},
		"pocket-id":    {"GET /Users?startIndex=1&count=1000", "PUT /Groups/id-"},
		"sailpoint":    {"GET /Schemas", `{"op":"replace","value":{"name":{"givenName":"`, `{"op":"add","value":{"members":[`},
		"rippling":     {"emails%5Bprimary%20eq%20true%5D.value%20eq%20%22", `{"op":"replace","value":{"active":false}}`},
		"miniorange":   {`"groups":[]`, `{"op":"Replace","path":"displayName"`, `{"op":"Add","path":"members"`, `{"op":"add","path":"members"`},
	} {
		t.Run(product, func(t *testing.T) {
			t.Parallel()
			s, c := newTarget(t)
			play(t, product, c, 100, 5)
			said := strings.Join(s.log, "\n")
			for _, want := range says {
				if !strings.Contains(said, want) {
					t.Errorf("never said %s", want)
				}
			}
			if p := ProductNamed(product); p.UsersOnly && strings.Contains(said, "/Groups") || p.NoMembers && strings.Contains(said, "members") {
				t.Error("it speaks of groups or members, which it does not do")
			}
		})
	}
}

func TestPingFederateTunnelsItsMethods(t *testing.T) {
	t.Parallel()
	s, c := newTarget(t)
	c.Token, c.Username, c.Password = "", "scim", "secret"
	overridden := 0
	s.odd = func(r *http.Request, _ int) int {
		if user, password, ok := r.BasicAuth(); !ok || user != "scim" || password != "secret" {
			t.Errorf("%s %s came without the pair", r.Method, r.URL.Path)
		}
		if r.Header.Get("X-HTTP-Method-Override") == http.MethodPut && r.Method == http.MethodPost {
			overridden++
		}
		return 0
	}
	play(t, "pingfederate", c, 40, 4)
	if overridden == 0 {
		t.Error("no PUT came as a POST that names it")
	}
}

func TestEveryProductHasAKindOfConnectorAndAWord(t *testing.T) {
	t.Parallel()
	for _, p := range Products {
		if !slices.Contains(tenants.Kinds, tenants.Kind(p.Kind)) || p.Title == "" || ProductNamed(p.Name) != p {
			t.Errorf("%+v", p)
		}
	}
	if ProductNamed("nobody") != nil {
		t.Error("nobody is a product")
	}
}
