package scim

import (
	"strings"
	"testing"
)

func place(t *testing.T, text string) Place {
	t.Helper()
	p, err := ParsePlace(text)
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return p
}

func TestAPlaceIsShownInTheCaseOfTheSchema(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"EMAILS": "emails", "Name.familyname": "name.familyName", "employeenumber": "employeeNumber", "externalid": "externalId",
		strings.ToUpper(CoreUser) + ":nickname":                              "nickName",
		"urn:scim:schemas:extension:enterprise:1.0:costcenter":               EnterpriseUser + ":costCenter",
		"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager": EnterpriseUser + ":manager",
		EnterpriseUser:             EnterpriseUser,
		"urn:example:hr:2.0:badge": "urn:example:hr:2.0:badge",
	} {
		if got := place(t, text).Text(); got != want {
			t.Errorf("%s is shown as %s, want %s", text, got, want)
		}
	}
	if a, b := place(t, "employeeNumber").String(), place(t, EnterpriseUser+":employeenumber").String(); a != b {
		t.Errorf("%s and %s are not one attribute", a, b)
	}
}

func TestWhatNoIdPGivesIsNoPlace(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"", "shoeSize", "name.shoeSize", "emails[type eq \"work\"]", "emails[type eq \"work\"].value", "id", "meta", "meta.created", "schemas",
		"groups", "password", "manager.displayName", "lastLogin", CoreUser, "urn:ietf:params:scim:schemas:extension:enterprise:2.0:Usr:department"} {
		if p, err := ParsePlace(text); err == nil {
			t.Errorf("%q is taken for %s", text, p)
		}
	}
}

// full is a user with a value in every kind of place.
func full() Document {
	return Document{
		"userName": "ada", "externalId": "A-1", "name": map[string]any{"familyName": "Byron", "givenName": "Ada"}, "active": true,
		"emails":             []any{map[string]any{"value": "Ada@x.example", "type": "work", "primary": true}, map[string]any{"value": "ada@X.example", "type": "home"}},
		EnterpriseUser:       map[string]any{"employeeNumber": "Ｘ7", "manager": map[string]any{"value": "M-1"}},
		"urn:example:hr:2.0": map[string]any{"Badge": "b", "level": true},
	}
}

func TestValuesAreComparedByTheirKeys(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"emails": "ada@x.example", "emails.type": "home,work", "externalId": "A-1", "employeeNumber": "x7", "manager": "M-1", "name.familyName": "byron",
		"name": "", "urn:example:hr:2.0:badge": "b", "nickName": "",
	} {
		var keys []string
		for _, v := range place(t, text).Values(full()) {
			keys = append(keys, v.Key)
		}
		if got := strings.Join(keys, ","); got != want {
			t.Errorf("the keys of %s are %s, want %s", text, got, want)
		}
	}
	long := Document{"nickName": strings.Repeat("n", 5000)}
	if v := place(t, "nickName").Values(long); len(v) != 1 || len(v[0].Key) > 100 {
		t.Errorf("the key of a long value is %v", v)
	}
}

func TestMaskingLeavesNoValueAndTheDocumentAlone(t *testing.T) {
	t.Parallel()
	doc := full()
	before := string(doc.JSON())
	for text, want := range map[string]string{
		"emails":                   `"emails":[{"value":"••••","type":"work","primary":true},{"value":"••••","type":"home"}]`,
		"emails.value":             `"emails":[{"value":"••••","type":"work","primary":true},{"value":"••••","type":"home"}]`,
		"name.familyName":          `"name":{"familyName":"••••","givenName":"Ada"}`,
		"manager":                  `"manager":{"value":"••••"}`,
		EnterpriseUser:             `{"employeeNumber":"••••","manager":{"value":"••••"}}`,
		"urn:example:hr:2.0:level": `"urn:example:hr:2.0":{"Badge":"b","level":"••••"}`,
		"nickName":                 before,
	} {
		if got := string(Mask(doc, []Place{place(t, text)}).JSON()); !strings.Contains(got, want) {
			t.Errorf("%s masked is %s, want in it %s", text, got, want)
		}
	}
	if after := string(doc.JSON()); after != before {
		t.Errorf("the document itself became %s", after)
	}
}

func TestAMaskIsFoundAtAnyDepth(t *testing.T) {
	t.Parallel()
	doc := full()
	doc["urn:example:hr:2.0"] = map[string]any{"Badge": map[string]any{"colours": []any{"red", map[string]any{"dark": "blue"}}}}
	for _, text := range []string{"emails", "emails.value", "name", "name.familyName", "externalId", "manager", EnterpriseUser, "urn:example:hr:2.0:badge"} {
		p := place(t, text)
		if p.Masked(doc) {
			t.Errorf("%s is masked in a document that holds no mask", text)
		}
		if !p.Masked(Mask(doc, []Place{p})) {
			t.Errorf("%s is not found masked in a masked document", text)
		}
		if p.Masked(Mask(doc, []Place{place(t, "name.givenName")})) != (text == "name") {
			t.Errorf("%s: a mask of name.givenName counts in no other place than name", text)
		}
	}
}

func TestALastLoginStandsInTheEnterpriseExtension(t *testing.T) {
	t.Parallel()
	at, _ := parseTime("2026-01-31T08:15:00Z")
	const shown = `"lastLogin":"2026-01-31T08:15:00.000Z"`
	for stored, want := range map[string]string{
		`{}`:                 `{"` + EnterpriseUser + `":{` + shown + `}}`,
		`{"userName":"ada"}`: `{"userName":"ada","` + EnterpriseUser + `":{` + shown + `}}`,
		`{"userName":"ada","` + EnterpriseUser + `":{"division":"x"},"urn:z":{"a":"b"}}`: `{"userName":"ada","` + EnterpriseUser + `":{"division":"x",` + shown + `},"urn:z":{"a":"b"}}`,
	} {
		if got := string(withLastLogin([]byte(stored), at)); got != want {
			t.Errorf("%s becomes %s, want %s", stored, got, want)
		}
	}
}

func TestAnOfferChangesOnlyItsOwnSchemas(t *testing.T) {
	t.Parallel()
	plain := string(Schemas("https://h", Offer{}))
	offered := string(Schemas("https://h", Offer{Required: []Place{place(t, "emails"), place(t, "name.familyName")}, Unique: []Place{place(t, "phoneNumbers")}, LastLogin: true}))
	if strings.Contains(plain, "lastLogin") || strings.Count(offered, `"lastLogin"`) != 1 {
		t.Error("lastLogin is not listed where it is offered, and only there")
	}
	if got := strings.Count(offered, `"required":true`) - strings.Count(plain, `"required":true`); got != 2 {
		t.Errorf("%d attributes more are required, want 2", got)
	}
	if got := strings.Count(offered, `"uniqueness":"server"`) - strings.Count(plain, `"uniqueness":"server"`); got != 1 {
		t.Errorf("%d attributes more are unique, want 1", got)
	}
	if again := string(Schemas("https://h", Offer{})); again != plain {
		t.Error("an offer changed the shared schemas")
	}
}
