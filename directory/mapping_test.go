package directory

import (
	"encoding/json"
	"slices"
	"testing"

	"github.com/muster-scim/muster/policy/mapping"
	"github.com/muster-scim/muster/scim"
)

// Package mapping lies below package scim and has a table of its own.
func TestMappingKnowsEveryAttributeOfTheSchema(t *testing.T) {
	t.Parallel()
	var schemas struct {
		Resources []struct {
			ID         string
			Attributes []struct{ Name string }
		}
	}
	if err := json.Unmarshal(scim.Schemas("https://muster.example", scim.Offer{}), &schemas); err != nil {
		t.Fatal(err)
	}
	var want []string
	for _, s := range schemas.Resources {
		for _, a := range s.Attributes {
			switch {
			case s.ID == mapping.Enterprise:
				want = append(want, s.ID+":"+a.Name)
			case s.ID == scim.CoreUser && !slices.Contains([]string{"id", "meta", "schemas", "groups", "password"}, a.Name):
				want = append(want, a.Name)
			}
		}
	}
	got := mapping.Attributes()
	slices.Sort(got)
	slices.Sort(want)
	if len(want) == 0 || !slices.Equal(got, want) {
		t.Errorf("mapping knows\n\t%v\nthe schema\n\t%v", got, want)
	}
}
