package scim

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
)

func document(t *testing.T, data []byte) map[string]any {
	t.Helper()
	var m map[string]any
	if err := json.Unmarshal(data, &m); err != nil {
		t.Fatal(err)
	}
	noEmptyValues(t, "", m)
	return m
}

// noEmptyValues fails on what strict clients refuse: nulls, empty texts and empty arrays.
func noEmptyValues(t *testing.T, path string, v any) {
	t.Helper()
	switch v := v.(type) {
	case nil:
		t.Errorf("%s is null", path)
	case string:
		if v == "" {
			t.Errorf("%s is empty", path)
		}
	case []any:
		if len(v) == 0 {
			t.Errorf("%s is empty", path)
		}
		for _, e := range v {
			noEmptyValues(t, path+"[]", e)
		}
	case map[string]any:
		for k, e := range v {
			noEmptyValues(t, path+"."+k, e)
		}
	}
}

func keys(m map[string]any) string { return strings.Join(sortedKeys(m), " ") }

func TestServiceProviderConfig(t *testing.T) {
	t.Parallel()
	m := document(t, ServiceProviderConfig("https://h/scim/c/v2", Provider{Bulk: true, Cursor: true, CursorTimeout: 3600, Basic: true}))
	if got, want := keys(m), "authenticationSchemes bulk changePassword etag filter meta pagination patch schemas sort"; got != want {
		t.Errorf("members %s, want %s", got, want)
	}
	if got, want := keys(m["bulk"].(map[string]any)), "maxOperations maxPayloadSize supported"; got != want {
		t.Errorf("bulk has %s, want %s", got, want)
	}
	if got, want := keys(m["pagination"].(map[string]any)), "cursor cursorTimeout defaultPageSize defaultPaginationMethod index maxPageSize"; got != want {
		t.Errorf("pagination has %s, want %s", got, want)
	}
	var types []string
	for _, s := range m["authenticationSchemes"].([]any) {
		types = append(types, s.(map[string]any)["type"].(string))
	}
	if !slices.Equal(types, []string{"oauthbearertoken", "httpbasic"}) {
		t.Errorf("schemes %v", types)
	}
}

func TestResourceTypesNameSchemasThatAreThere(t *testing.T) {
	t.Parallel()
	list := document(t, ResourceTypes("https://h/v2"))
	if got, want := keys(list), "Resources itemsPerPage schemas startIndex totalResults"; got != want {
		t.Errorf("list has %s, want %s", got, want)
	}
	for _, e := range list["Resources"].([]any) {
		rt := e.(map[string]any)
		urns := []string{rt["schema"].(string)}
		if extensions, ok := rt["schemaExtensions"].([]any); ok {
			for _, x := range extensions {
				urns = append(urns, x.(map[string]any)["schema"].(string))
			}
		}
		for _, urn := range urns {
			if _, ok := SchemaByURN("https://h/v2", urn, Offer{}); !ok {
				t.Errorf("%s names %s, which is no schema", rt["id"], urn)
			}
		}
		one, ok := ResourceType("https://h/v2", rt["id"].(string))
		if !ok || document(t, one)["meta"].(map[string]any)["location"] != "https://h/v2/ResourceTypes/"+rt["id"].(string) {
			t.Errorf("%s cannot be read alone: %s", rt["id"], one)
		}
	}
	if _, ok := ResourceType("https://h/v2", "Nope"); ok {
		t.Error("there is a resource type Nope")
	}
	if _, ok := SchemaByURN("https://h/v2", "urn:nope", Offer{}); ok {
		t.Error("there is a schema urn:nope")
	}
}

func TestSchemasStateAllCharacteristics(t *testing.T) {
	t.Parallel()
	list := document(t, Schemas("https://h/v2", Offer{}))
	resources := list["Resources"].([]any)
	if int(list["totalResults"].(float64)) != len(resources) || len(resources) != 3 {
		t.Fatalf("totalResults %v for %d schemas", list["totalResults"], len(resources))
	}
	for _, e := range resources {
		s := e.(map[string]any)
		if got, want := keys(s), "attributes description id meta name schemas"; got != want {
			t.Errorf("%s has %s, want %s", s["id"], got, want)
		}
		checkAttributes(t, s["id"].(string), s["attributes"].([]any), false)
	}
}

func checkAttributes(t *testing.T, path string, attributes []any, inside bool) {
	t.Helper()
	for _, e := range attributes {
		a := e.(map[string]any)
		name := path + " " + a["name"].(string)
		for _, c := range []string{"type", "multiValued", "description", "required", "caseExact", "mutability", "returned", "uniqueness"} {
			if _, ok := a[c]; !ok {
				t.Errorf("%s does not state %s", name, c)
			}
		}
		sub, hasSub := a["subAttributes"].([]any)
		if isComplex := a["type"] == "complex"; isComplex != hasSub || isComplex && inside {
			t.Errorf("%s: type %v, sub-attributes %v", name, a["type"], hasSub)
		}
		if _, ok := a["referenceTypes"]; ok != (a["type"] == "reference") {
			t.Errorf("%s: type %v, referenceTypes %v", name, a["type"], ok)
		}
		checkAttributes(t, name, sub, true)
	}
}

func TestCharacteristicsThatClientsRelyOn(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		kind                             Kind
		name, mutability, returned, uniq string
		required, caseExact              bool
	}{
		{UserKind, "userName", ReadWrite, ReturnedDefault, "server", true, false},
		{UserKind, "password", WriteOnly, ReturnedNever, "none", false, true},
		{UserKind, "groups", ReadOnly, ReturnedDefault, "none", false, false},
		{UserKind, "id", ReadOnly, ReturnedAlways, "server", false, true},
		{UserKind, "externalId", ReadWrite, ReturnedDefault, "none", false, true},
		{GroupKind, "displayName", ReadWrite, ReturnedDefault, "server", true, false},
	} {
		a, _ := c.kind.table().attribute(c.name)
		if a.Mutability != c.mutability || a.Returned != c.returned || a.Uniqueness != c.uniq || a.Required != c.required || a.CaseExact != c.caseExact {
			t.Errorf("%s.%s: %+v", c.kind, c.name, a)
		}
	}
	for _, sub := range membersAttribute.Sub {
		if sub.Name != "display" && sub.Mutability != Immutable {
			t.Errorf("members.%s is %s", sub.Name, sub.Mutability)
		}
	}
}
