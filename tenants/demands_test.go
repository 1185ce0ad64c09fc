package tenants

import (
	"errors"
	"reflect"
	"strings"
	"testing"
)

func TestDemandsAreKeptInSchemaCaseAndOnce(t *testing.T) {
	t.Parallel()
	got, err := Demands{Required: []string{"EMAILS", "emails", "employeenumber"}, Unique: []string{"externalid"}, Sensitive: []string{"NAME"}}.InSchemaCase()
	want := Demands{Required: []string{"emails", "employeeNumber"}, Unique: []string{"externalId"}, Sensitive: []string{"name"}}
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("kept are %+v (%v), want %+v", got, err, want)
	}
}

func TestADemandThatCannotBeMetNamesItsPlace(t *testing.T) {
	t.Parallel()
	for field, d := range map[string]Demands{
		"required[1]":  {Required: []string{"emails", "shoeSize"}},
		"unique[0]":    {Unique: []string{"name"}},
		"sensitive[0]": {Sensitive: []string{"userName"}},
	} {
		_, err := d.InSchemaCase()
		var p *Problem
		if !errors.As(err, &p) || p.Field != field || !errors.Is(err, ErrInvalid) || !strings.HasPrefix(p.Detail, field) {
			t.Errorf("%+v: %v, want it to name %s", d, err, field)
		}
	}
}
