package scim

import (
	"slices"
	"testing"
)

func TestDocumentAnswersWhatOthersAsk(t *testing.T) {
	t.Parallel()
	d := parseUser(t, `{"userName":"U","externalId":"E","active":"False","employeeNumber":"7","manager":"boss",
		"emails":[{"value":"o@x","type":"other"},{"value":"w@x","type":"Work"},{"value":"h@x","type":"home"}]}`)
	value, said := d.Active()
	if d.UserName() != "U" || d.ExternalID() != "E" || value || !said ||
		d.Enterprise("employeeNumber") != "7" || d.Enterprise("manager") != "boss" || d.Enterprise("division") != "" {
		t.Errorf("%s", d.JSON())
	}
	if !slices.Equal(d.Emails(), []string{"o@x", "w@x", "h@x"}) || d.PrimaryEmail() != "w@x" {
		t.Errorf("e-mails %v, primary %s", d.Emails(), d.PrimaryEmail())
	}
	d = Document{}
	if value, said := d.Active(); !value || said || d.PrimaryEmail() != "" || d.Emails() != nil || d.ShownName() != "" {
		t.Error("an empty document says something")
	}
}

func TestPrimaryEmailIsTheMarkedOneThenWorkThenTheFirst(t *testing.T) {
	t.Parallel()
	for emails, want := range map[string]string{
		`[{"value":"a"},{"value":"b","type":"work"},{"value":"c","primary":true}]`: "c",
		`[{"value":"a"},{"value":"b","type":"work"}]`:                              "b",
		`[{"value":"a","type":"home"},{"value":"b","type":"other"}]`:               "a",
	} {
		if got := parseUser(t, `{"userName":"x","emails":`+emails+`}`).PrimaryEmail(); got != want {
			t.Errorf("%s: %s, want %s", emails, got, want)
		}
	}
}

func TestShownNameFallsBack(t *testing.T) {
	t.Parallel()
	for body, want := range map[string]string{
		`{"userName":"x","displayName":"D","name":{"formatted":"F"}}`:                "D",
		`{"userName":"x","name":{"formatted":"F","givenName":"G","familyName":"N"}}`: "F",
		`{"userName":"x","name":{"givenName":"G","familyName":"N"}}`:                 "G N",
		`{"userName":"x","name":{"familyName":"N"}}`:                                 "N",
		`{"userName":"x","name":{"middleName":"M"}}`:                                 "x",
	} {
		if got := parseUser(t, body).ShownName(); got != want {
			t.Errorf("%s: %s, want %s", body, got, want)
		}
	}
}

func TestEqualSeesChangesAndOnlyChanges(t *testing.T) {
	t.Parallel()
	base := parseUser(t, `{"userName":"x","name":{"givenName":"G"},"emails":[{"value":"a"}],"urn:o:c:1.0":{"n":1}}`)
	for body, equal := range map[string]bool{
		`{"emails":[{"value":"a"}],"name":{"givenName":"G"},"userName":"x","urn:o:c:1.0":{"n":1}}`:                                 true,
		`{"userName":"x","name":{"givenName":"G"},"emails":[{"value":"a"}],"urn:o:c:1.0":{"n":1},"active":true,"displayName":"G"}`: true,
		`{"userName":"x","name":{"givenName":"G"},"emails":[{"value":"a"}],"urn:o:c:1.0":{"n":1},"active":false}`:                  false,
		`{"userName":"x","name":{"givenName":"G"},"emails":[{"value":"a"}],"urn:o:c:1.0":{"n":1},"displayName":"Other"}`:           false,
		`{"userName":"X","name":{"givenName":"G"},"emails":[{"value":"a"}],"urn:o:c:1.0":{"n":1}}`:                                 false,
		`{"userName":"x","name":{"givenName":"G"},"emails":[{"value":"a","primary":false}],"urn:o:c:1.0":{"n":1}}`:                 false,
		`{"userName":"x","name":{"givenName":"G"},"emails":[{"value":"a"}],"urn:o:c:1.0":{"n":2}}`:                                 false,
		`{"userName":"x"}`: false,
	} {
		if got := Equal(base, parseUser(t, body)); got != equal {
			t.Errorf("%s: equal %v", body, got)
		}
	}
}

func TestTextThatIsNotStoredJSONIsAnEmptyDocument(t *testing.T) {
	t.Parallel()
	for _, stored := range []string{"", " ", "null", "[]", `{"a"`, `{"a":1`, "\x00"} {
		if d := ParseDocument([]byte(stored)); d == nil || len(d) != 0 {
			t.Errorf("%q: %v", stored, d)
		}
	}
}

func TestSearchFormHasNamesAndTextFolded(t *testing.T) {
	t.Parallel()
	d := parseUser(t, `{"userName":"ÅSA@X","externalId":"ABC","emails":{"value":"A@B","type":"Work","primary":true},"urn:Okta:c:1.0":{"Tag":"T","N":1.50,"b":["X"]},"department":"R&D"}`)
	want := `{"externalid":"ABC","username":"åsa@x","emails":[{"value":"a@b","type":"work","primary":true}],"urn:okta:c:1.0":{"b":["x"],"n":1.50,"tag":"t"},"` + lower(ent) + `":{"department":"r&d"}}`
	if got := string(d.SearchJSON()); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}
