package web

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/muster-scim/muster/tenants"
)

const credentialsPath = Base + "/connectors/acme-okta/credentials"

func TestEveryKindOfCredentialAnswersWhatItIsUsedWith(t *testing.T) {
	t.Parallel()
	const tenant = "cbb1a5ac-f33b-45fa-9bf5-f37db0fed422"
	d := newDesk(t)
	for body, want := range map[string][]string{
		`{"name":"n"}`:                                                    {`"kind":"bearer"`, `"token":"mst_shown_once"`},
		`{"name":"n","kind":"bearer"}`:                                    {`"token":"mst_shown_once"`},
		`{"name":"n","kind":"basic","username":"ada"}`:                    {`"username":"ada"`, `"basic":{"username":"ada","password":"shown once"}`},
		`{"name":"n","kind":"oauth"}`:                                     {`"clientId":"client"`, `"oauth":{"clientId":"client","clientSecret":"mss_shown_once","tokenUrl":"https://muster.example.com/scim/acme-okta/oauth/token"}`},
		`{"name":"n","kind":"entra","entra":{"tenant":"` + tenant + `"}}`: {`"entra":{"tenant":"` + tenant + `","audience":"` + tenants.EntraAudience + `"}`},
		`{"name":"n","allowedNetworks":["10.0.0.0/8","::1"]}`:             {`"allowedNetworks":["10.0.0.0/8","::1/128"]`},
	} {
		answer := d.do(http.MethodPost, credentialsPath, body).wants(http.StatusCreated)
		for _, part := range want {
			if !strings.Contains(answer.body, part) {
				t.Errorf("%s lacks %s: %s", body, part, answer.body)
			}
		}
		for secret, kind := range map[string]string{`"token"`: "bearer", `"basic"`: "basic", `"oauth"`: "oauth"} {
			if strings.Contains(answer.body, secret+":") && !strings.Contains(answer.body, `"kind":"`+kind+`"`) {
				t.Errorf("%s answers %s: %s", body, secret, answer.body)
			}
		}
	}
	for body, place := range map[string]string{
		`{"name":"n","kind":"saml"}`:                             "body.kind",
		`{"name":"n","allowedNetworks":["10.0.0.1/8"]}`:          "body.allowedNetworks",
		`{"name":"n","kind":"entra","entra":{"tenant":"acme"}}`:  "body.entra.tenant",
		`{"name":"n","kind":"entra","entra":{"audience":null}}`:  "body.entra",
		`{"name":"n","kind":"entra","entra":{"issuer":"https"}}`: "body.entra.issuer",
	} {
		answer := d.do(http.MethodPost, credentialsPath, body).wants(http.StatusUnprocessableEntity)
		if !strings.Contains(answer.body, place) {
			t.Errorf("%s: %s, want it to name %s", body, answer.body, place)
		}
	}
}

func TestAListOfCredentialsWarnsOfTheirEnd(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	d.api.now = func() time.Time { return now }
	said := d.api.sayCredential(tenants.Credential{ID: uuid.New(), Name: "n", Kind: tenants.Bearer, ExpiresAt: now.Add(6 * 24 * time.Hour)})
	if said.State != tenants.CredentialExpiresSoon || !strings.Contains(said.Warning, "within 7 days") {
		t.Errorf("six days before its end: %+v", said)
	}
	answer := d.do(http.MethodGet, credentialsPath, "").wants(http.StatusOK)
	if !strings.Contains(answer.body, `"state":"valid"`) || strings.Contains(answer.body, `"warning"`) {
		t.Errorf("without an end: %s", answer.body)
	}
}

func TestTheNetworksOfAConnectorAreReplacedAsAWhole(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	const path = Base + "/connectors/acme-okta"
	for body, want := range map[string]int{`{"allowedNetworks":["10.0.0.0/8","fd00::/8"]}`: 2, `{"allowedNetworks":[]}`: 0} {
		d.do(http.MethodPatch, path, body).wants(http.StatusOK)
		if got := d.houses.change.Networks; got == nil || len(*got) != want {
			t.Errorf("%s changes the networks to %v", body, got)
		}
	}
	d.do(http.MethodPatch, path, `{"strict":true}`).wants(http.StatusOK)
	if d.houses.change.Networks != nil {
		t.Errorf("a change of something else changes the networks to %v", d.houses.change.Networks)
	}
	d.do(http.MethodPatch, path, `{"allowedNetworks":["10.0.0.0/99"]}`).problem(http.StatusUnprocessableEntity, "invalid")
}
