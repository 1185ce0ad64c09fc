package main

import (
	"net/http"
	"strings"
	"testing"
)

func TestAGuideIsPrintedWithoutAServer(t *testing.T) {
	t.Parallel()
	for words, wants := range map[string][]string{
		"":       {"okta-aiw", "entra", "oneaccess", "health"},
		"okta":   {"okta-aiw", "okta-oin", "okta-opp"},
		"entra":  {"Tenant URL", "{baseURL}?aadOptscim062020", "Secret Token", "{token}", "Checked on", "muster connectors create SLUG"},
		"health": {"curl -sS", "Invoke-RestMethod"},
	} {
		out := runs(t, 0, strings.Fields("guide "+words)...)
		for _, want := range wants {
			if !strings.Contains(out, want) {
				t.Errorf("muster guide %s does not say %q:\n%s", words, want, out)
			}
		}
	}
	if out := runs(t, 1, "guide", "nobody"); !strings.Contains(out, "pingfederate") {
		t.Errorf("a guide that is not there: %s", out)
	}
}

func TestAGuideForAConnectorHasItsAddresses(t *testing.T) {
	t.Parallel()
	srv, api := served(t, t.TempDir())
	defer stop(t, srv)
	if _, err := makeConnector(t.Context(), api, "acme", "acme-oneaccess", "oneaccess", "main", "oneaccess", nil); err != nil {
		t.Fatal(err)
	}
	var g filledGuide
	if err := api.call(t.Context(), http.MethodGet, "/guides/oneaccess?connector=acme-oneaccess", nil, &g); err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	if err := g.print(&terminal{out: &out, err: &out}); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{api.base + "/scim/acme-oneaccess/v2", api.base + "/scim/acme-oneaccess/v1", "{password}", "acme-oneaccess has a Basic pair"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("the guide does not say %q:\n%s", want, out.String())
		}
	}
}
