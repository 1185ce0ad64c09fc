package directory

import (
	"strings"
	"testing"

	"github.com/google/uuid"

	"github.com/muster-scim/muster/scim"
	"github.com/muster-scim/muster/tenants"
)

// hiding are the settings of a directory with a connector that calls attributes sensitive, and
// another one that calls none so.
func hiding(attributes ...string) (s *Settings, hides, shows uuid.UUID) {
	hides, shows = uuid.New(), uuid.New()
	c := &Connector{}
	c.Settings = tenants.Settings{Demands: tenants.Demands{Sensitive: attributes}}
	return &Settings{Connectors: map[uuid.UUID]*Connector{hides: c, shows: {}}}, hides, shows
}

func TestWhoeverHeldAUserHidesWhatItGave(t *testing.T) {
	t.Parallel()
	s, hides, shows := hiding("nickName")
	u := User{JSON: scim.Document{"userName": "ada", "nickName": "countess"}.JSON()}
	for name, c := range map[string]struct {
		holders []uuid.UUID
		hidden  bool
	}{
		"by one that hides":      {[]uuid.UUID{hides}, true},
		"by both":                {[]uuid.UUID{shows, hides}, true},
		"by one that hides none": {[]uuid.UUID{shows}, false},
		"by nobody any more":     {nil, true},
	} {
		got := string(s.shown(u, c.holders).JSON)
		if hidden := !strings.Contains(got, "countess"); hidden != c.hidden {
			t.Errorf("held %s, it shows %s", name, got)
		}
	}
}

func TestAHeldAddressIsHidden(t *testing.T) {
	t.Parallel()
	s, _, _ := hiding("emails.value")
	rows := []HoldRow{
		{Kind: LossKey, Subject: "emails", Detail: HoldDetail{Before: "a@x", After: "b@x"}},
		{Kind: LossKey, Subject: "userName", Detail: HoldDetail{Before: "a", After: "b"}},
		{Kind: LossDisable, Detail: HoldDetail{Before: "active", After: "disabled"}},
	}
	s.maskedHolds(rows)
	if rows[0].Detail.Before != scim.Masked || rows[0].Detail.After != scim.Masked || rows[1].Detail.After != "b" || rows[2].Detail.After != "disabled" {
		t.Errorf("the lines show %+v", rows)
	}
}

func TestPartsOfHiddenNamesFindNobody(t *testing.T) {
	for attribute, refused := range map[string]bool{"name.familyName": true, "displayName": true, "emails": true, "title": false} {
		s, _, _ := hiding(attribute)
		if err := guessesNames("lov", s.sensitiveAnywhere()); (err != nil) != refused {
			t.Errorf("with %s sensitive, words of names: %v, refused should be %v", attribute, err, refused)
		}
		if err := guessesNames("", s.sensitiveAnywhere()); err != nil {
			t.Errorf("with %s sensitive, a list without words: %v", attribute, err)
		}
	}
}
