package web

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
)

func TestALabelIsShortCanBeSeenAndHasAColourThatCanBeRead(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]Environment{
		"":                     {},
		"  ":                   {},
		"Staging":              {Label: "Staging", Colour: "grey"},
		" Production , Red ":   {Label: "Production", Colour: "red"},
		"Üç ağ 東京, amber":      {Label: "Üç ağ 東京", Colour: "amber"},
		"12345678901234567890": {Label: "12345678901234567890", Colour: "grey"},
	} {
		if got, err := ParseEnvironment(text); err != nil || got != want {
			t.Errorf("%q is read as %+v, %v; want %+v", text, got, err, want)
		}
	}
	for _, text := range []string{"123456789012345678901", ", red", "Production,", "Production, pink", "Production, red, blue", "a\u202eb", "a\nb", "a\x00b", "\xff"} {
		if got, err := ParseEnvironment(text); err == nil {
			t.Errorf("%q is read as %+v, and should be refused", text, got)
		}
	}
}

func TestWhoIsSignedInIsToldWhichEnvironmentThisIs(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	if r := d.do(http.MethodGet, Base+"/me", ""); strings.Contains(r.body, "environment") {
		t.Errorf("a deployment without a label tells one: %s", r.body)
	}
	d.api.environment = Environment{Label: "Production", Colour: "red"}
	var me Me
	r := d.do(http.MethodGet, Base+"/me", "")
	if err := json.Unmarshal([]byte(r.body), &me); err != nil || me.Environment == nil || *me.Environment != d.api.environment {
		t.Errorf("told %s, %v", r.body, err)
	}
	if r := d.do(http.MethodGet, Base+"/setup", "", "Authorization: "); strings.Contains(r.body, "Production") {
		t.Errorf("strangers are told: %s", r.body)
	}
}
