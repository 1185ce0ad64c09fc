package scim

import (
	"errors"
	"strings"
	"testing"
)

const storedAda = `{"userName":"ada","externalId":"x","name":{"givenName":"Ada","familyName":"L"},"emails":[{"value":"a@x","type":"work"}],"active":true,` +
	`"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User":{"department":"E","employeeNumber":"7"},"urn:example:hr":{"Badge":"b"}}`

func visible(t *testing.T, hidden string, names ...string) Visible {
	t.Helper()
	v, err := ParseVisible(names)
	if err != nil {
		t.Fatal(err)
	}
	var places []Place
	for _, text := range strings.Fields(hidden) {
		p, err := ParsePlace(text)
		if err != nil {
			t.Fatal(err)
		}
		places = append(places, p)
	}
	return v.Without(places)
}

func TestAReaderSeesWhatIsVisibleToIt(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		names, hidden string
		want          string
	}{
		{"", "", `{"userName":"ada","name":{"givenName":"Ada","familyName":"L"},"emails":[{"value":"a@x","type":"work"}],"active":true,"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User":{"department":"E","employeeNumber":"7"},"urn:example:hr":{"Badge":"b"}}`},
		{"userName externalId", "", `{"userName":"ada","externalId":"x"}`},
		{"NAME.familyname emails.value", "", `{"name":{"familyName":"L"},"emails":[{"value":"a@x"}]}`},
		{"employeeNumber urn:example:hr:badge", "", `{"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User":{"employeeNumber":"7"},"urn:example:hr":{"Badge":"b"}}`},
		{"", "emails name.givenName employeeNumber department urn:example:hr:badge", `{"userName":"ada","name":{"familyName":"L"},"active":true}`},
		{"name emails", "name.givenName emails", `{"name":{"familyName":"L"},"emails":[{"value":"a@x","type":"work"}]}`},
		{"name name.givenName emails.value", "name.givenName emails", `{"name":{"givenName":"Ada","familyName":"L"},"emails":[{"value":"a@x"}]}`},
		{"title", "", `{}`},
	} {
		if got := visible(t, c.hidden, strings.Fields(c.names)...).JSON([]byte(storedAda)); string(got) != c.want {
			t.Errorf("%q without %q shows\n\t%s, want\n\t%s", c.names, c.hidden, got, c.want)
		}
	}
}

func TestAReaderAsksNothingOfWhatItDoesNotSee(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		names, hidden string
		query         string
		allowed       bool
	}{
		{"", "", "filter=emails eq \"x\" and name pr", true},
		{"", "", "filter=externalId eq \"x\"", false},
		{"", "", "sortBy=externalId", false},
		{"externalId", "", "filter=externalId eq \"x\"", true},
		{"", "", "filter=meta.lastLogin pr", false},
		{"userName", "", "filter=id eq \"x\" and meta.created gt \"2026-01-01T00:00:00Z\" and userName pr", true},
		{"userName", "", "filter=not (userName pr and title pr)", false},
		{"userName", "", "filter=schemas eq \"urn:ietf:params:scim:schemas:core:2.0:User\"", true},
		{"userName", "", "filter=schemas eq \"urn:example:hr\"", false},
		{"userName", "", "filter=groups.display eq \"x\"", false},
		{"groups", "", "filter=groups[display eq \"x\"]", true},
		{"emails.value", "", "filter=emails eq \"x\"", true},
		{"emails.value", "", "filter=emails[value eq \"x\"]", true},
		{"emails.value", "", "filter=emails[value eq \"x\" and type eq \"work\"]", false},
		{"emails.value", "", "filter=emails pr", true}, // which asks for a value
		{"emails.value", "", "sortBy=emails", true},
		{"", "name.givenName", "filter=name pr", false},
		{"", "name.givenName", "filter=name.familyName pr", true},
		{"", "name.givenName", "sortBy=name.givenName", false},
		{"", "urn:example:hr:badge", "filter=urn:example:hr:badge.x eq \"1\"", false},
		{"", "urn:example:hr:badge", "filter=schemas eq \"urn:example:hr\"", false},
		{"", "urn:example:hr:badge", "filter=urn:example:hr:other eq \"1\"", true},
		{"userName", "", "filter=urn:ietf:params:scim:schemas:core:2.0:User:schemas eq \"urn:example:hr\"", false},
		{"", "urn:example:hr:badge", "filter=schemas ne \"urn:example:hr\"", false},
	} {
		q, err := ParseQuery(UserKind, strings.NewReplacer(" ", "%20", `"`, "%22", "[", "%5B", "]", "%5D").Replace(c.query))
		if err != nil {
			t.Fatalf("%s: %v", c.query, err)
		}
		if err := visible(t, c.hidden, strings.Fields(c.names)...).Check(q); (err == nil) != c.allowed {
			t.Errorf("%q without %q is asked %s: %v", c.names, c.hidden, c.query, err)
		}
	}
}

func TestWhatCannotBeSeenIsRefusedByItsPlace(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"", "nonsense", "password", "meta.lastLogin", "lastLogin", "groups.display", `emails[type eq "work"]`, "urn:ietf:params:scim:schemas:core:2.0:Printer"} {
		_, err := ParseVisible([]string{"userName", name})
		var wrong *VisibleError
		if !errors.As(err, &wrong) || wrong.Index != 1 {
			t.Errorf("%q: %v", name, err)
		}
	}
}
