package v1

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/muster-scim/muster/scim"
)

func TestTheConfigurationSaysWhatClientsLookFor(t *testing.T) {
	t.Parallel()
	var c providerConfig
	text := ServiceProviderConfigs("https://h/scim/a/v1", scim.Provider{Bulk: true, Basic: true})
	if err := json.Unmarshal(text, &c); err != nil {
		t.Fatal(err)
	}
	if !c.Patch.Supported || !c.Filter.Supported || c.Filter.MaxResults != scim.MaxPage || c.Bulk.MaxOperations != scim.MaxBulkOperations || c.XMLDataFormat.Supported {
		t.Errorf("%s", text)
	}
	if !slices.Contains(c.Okta.Names, "GROUP_PUSH") || slices.Contains(c.Okta.Names, "PUSH_PASSWORD_UPDATES") {
		t.Errorf("Okta is told of %v", c.Okta.Names)
	}
	if c.Meta.Location != "https://h/scim/a/v1/ServiceProviderConfigs" {
		t.Errorf("the location is %s", c.Meta.Location)
	}
	if len(c.AuthenticationSchemes) != 2 || !c.AuthenticationSchemes[0].Primary || c.AuthenticationSchemes[1].Primary {
		t.Errorf("the schemes are %v", c.AuthenticationSchemes)
	}
}

func TestSchemasUseTheWordsOf11(t *testing.T) {
	t.Parallel()
	text, ok := Schema("https://h", "URN:scim:schemas:core:1.0:user", scim.Offer{})
	if !ok {
		t.Fatal("the schema of users is not found")
	}
	for _, word := range []string{"mutability", "returned", "uniqueness", "referenceTypes", `"type":"reference"`, `"name":"value","type":"complex"`} {
		if strings.Contains(string(text), word) {
			t.Errorf("a schema says %s", word)
		}
	}
	var s schema
	if err := json.Unmarshal(text, &s); err != nil {
		t.Fatal(err)
	}
	seen := map[string]attribute{}
	for _, a := range s.Attributes {
		seen[a.Name] = a
		if a.Description == "" || a.MultiValued != (a.ChildName != "") {
			t.Errorf("%s is described as %+v", a.Name, a)
		}
	}
	if a := seen["userName"]; !a.Required || a.ReadOnly || a.Schema != Core || a.Type != "string" {
		t.Errorf("userName is %+v", a)
	}
	if a := seen["manager"]; a.Schema != Enterprise || a.Type != "complex" || a.Sub[0].Name != "managerId" {
		t.Errorf("manager is %+v", a)
	}
	if a := seen["groups"]; !a.ReadOnly || !a.MultiValued {
		t.Errorf("groups is %+v", a)
	}
	for _, name := range []string{"Group", "urn:scim:schemas:core:1.0:Group"} {
		if _, ok := Schema("https://h", name, scim.Offer{}); !ok {
			t.Errorf("%s is not found", name)
		}
	}
	if _, ok := Schema("https://h", scim.CoreUser, scim.Offer{}); ok {
		t.Error("a schema of 2.0 is found")
	}
}

func TestSchemasAreFiltered(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]int{
		"": 2, `name eq "User"`: 1, `name eq "user" and schema eq "urn:scim:schemas:core:1.0"`: 1, `endpoint eq "/Groups"`: 1, `name eq "Device"`: 0,
	} {
		var l schemaList
		list, err := Schemas("https://h", text, scim.Offer{})
		if err == nil {
			err = json.Unmarshal(list, &l)
		}
		if err != nil || l.TotalResults != want || len(l.Resources) != want || l.ItemsPerPage != want {
			t.Errorf("%s: %d (%v)", text, l.TotalResults, err)
		}
	}
	_, err := Schemas("https://h", "nonsense", scim.Offer{})
	var refused *scim.Error
	if !errors.As(err, &refused) || refused.Type != scim.TypeInvalidFilter {
		t.Errorf("nonsense: %v", err)
	}
}
