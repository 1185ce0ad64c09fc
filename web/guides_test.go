package web

import (
	"net/http"
	"strings"
	"testing"
)

func TestAGuideNamesTheConnectorsAddressesAndNoSecret(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	plain := d.do(http.MethodGet, Base+"/guides/onelogin", "").wants(http.StatusOK)
	if !strings.Contains(plain.body, "{baseURL}") {
		t.Errorf("a guide for nobody has no placeholders: %s", plain.body)
	}
	filled := d.do(http.MethodGet, Base+"/guides/onelogin?connector=acme-okta", "").wants(http.StatusOK)
	for _, want := range []string{"https://muster.example.com/scim/acme-okta/v2", "https://muster.example.com/scim/acme-okta/v1", "{token}", `"connector":"acme-okta"`} {
		if !strings.Contains(filled.body, want) {
			t.Errorf("the filled guide lacks %s: %s", want, filled.body)
		}
	}
	if strings.Contains(filled.body, "{baseURL}") || strings.Contains(filled.body, "mst_") {
		t.Errorf("the filled guide has a placeholder left, or a token: %s", filled.body)
	}
	if made, _ := filled.object()["make"].(string); !strings.Contains(made, "acme-okta") || !strings.Contains(made, "bearer token") {
		t.Errorf("it does not say which credential to make: %q", made)
	}
}

func TestAGuideOrConnectorThatIsNotThereIsTold(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	for path, want := range map[string]string{"/guides/nobody": "no guide nobody", "/guides/entra?connector=nowhere": "connectorUnknown"} {
		reply := d.do(http.MethodGet, Base+path, "").wants(http.StatusNotFound)
		if !strings.Contains(reply.body, want) {
			t.Errorf("%s: the answer does not say what is missing: %s", path, reply.body)
		}
	}
}

func TestGuidesAreListedInTheirOrderAndByKind(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	all := d.do(http.MethodGet, Base+"/guides", "").wants(http.StatusOK).object()["items"].([]any)
	okta := d.do(http.MethodGet, Base+"/guides?kind=okta", "").wants(http.StatusOK).object()["items"].([]any)
	if len(all) != 14 || len(okta) != 3 || all[0].(map[string]any)["id"] != "okta-aiw" {
		t.Errorf("%d guides, %d of Okta, the first is %v", len(all), len(okta), all[0])
	}
}
