package filter

import (
	"encoding/json"
	"testing"
	"time"
)

func TestAValuePathMatchesOneElement(t *testing.T) {
	t.Parallel()
	element := map[string]any{
		"value": "Ann@X.example", "type": "work", "primary": true, "display": "", "weight": json.Number("10"),
		"when": "2011-05-13T04:42:34.5+02:00", "$ref": "https://x/Users/A",
	}
	caseExact := func(sub string) bool { return sub == "$ref" }
	for _, c := range []struct {
		filter string
		want   bool
	}{
		{`value eq "ann@x.EXAMPLE"`, true},
		{`VALUE eq "ann@x.example"`, true},
		{`$ref eq "https://x/users/a"`, false},
		{`$ref ew "/A"`, true},
		{`type eq "work" and value co "@x"`, true},
		{`type eq "home" or primary eq true`, true},
		{`primary eq "True"`, true},
		{`primary eq "yes"`, false},
		{`primary ne false`, true},
		{`primary gt false`, false},
		{`absent ne "x"`, true},
		{`absent eq "x"`, false},
		{`absent eq null`, true},
		{`value ne null`, true},
		{`not (absent pr)`, true},
		{`display pr`, false},
		{`primary pr`, true},
		{`value sw "ann" and value ew "example"`, true},
		{`value sw "%"`, false},
		{`value co ""`, true},
		{`value gt "a" and value lt "b"`, true},
		{`value ge "b" or value le "a"`, false},
		{`weight gt 9 and weight le 10 and weight eq 10.0`, true},
		{`weight lt 9`, false},
		{`weight eq "10"`, true},
		{`weight eq "ten"`, false},
		{`value gt 5`, true}, // text against text: "ann@…" after "5"
		{`type co 5`, false},
	} {
		e, err := Parse(c.filter)
		if err != nil {
			t.Fatalf("Parse(%s): %v", c.filter, err)
		}
		if got := Matches(e, element, caseExact); got != c.want {
			t.Errorf("%s matches %v: %v, want %v", c.filter, element, got, c.want)
		}
	}
}

func TestATimeInAValuePathComparesByTime(t *testing.T) {
	t.Parallel()
	at := mustTime(t, "2011-05-13T02:42:34.500Z")
	element := map[string]any{"when": "2011-05-13T04:42:34.5000000+02:00"}
	exact := func(string) bool { return true }
	for op, want := range map[Op]bool{Eq: true, Ge: true, Le: true, Gt: false, Lt: false, Ne: false} {
		e := Compare{attr("when"), op, Value{Kind: Time, Time: at}}
		if got := Matches(e, element, exact); got != want {
			t.Errorf("%s: %v, want %v", e, got, want)
		}
	}
}

func mustTime(t *testing.T, s string) time.Time {
	t.Helper()
	at, err := time.Parse(time.RFC3339Nano, s)
	if err != nil {
		t.Fatal(err)
	}
	return at
}
