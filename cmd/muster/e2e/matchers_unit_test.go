package e2e

import "testing"

const sample = `{
	"id": "7", "n": 2, "active": true, "none": null, "empty": [],
	"emails": [{"type": "home", "value": "h@x"}, {"type": "work", "value": "w@x", "primary": true}],
	"urn:ietf:x:2.0:User": {"manager": {"value": "m"}},
	"name.givenName": "dotted",
	"groups": [{"members": [{"value": 1}, {"value": 2}]}, {"members": [{"value": 3}]}]
}`

func TestPathsLeadToWhatTheyName(t *testing.T) {
	t.Parallel()
	document, err := decodeJSON([]byte(sample))
	if err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{
		"$":                                      "",
		"$.id":                                   `"7"`,
		"$.none":                                 `null`,
		"$.missing":                              "absent",
		"$.id.deeper":                            "absent",
		"$.emails[1].value":                      `"w@x"`,
		"$.emails[2]":                            "absent",
		"$.emails[type=work].value":              `"w@x"`,
		`$.emails[type="work"].value`:            `"w@x"`,
		"$.emails[primary=true].type":            `"work"`,
		"$.emails[type=other].value":             "absent",
		"$.emails[*].type":                       `["home","work"]`,
		"$.emails[*].primary":                    `[true]`,
		"$.missing[*].value":                     "absent",
		"$.empty[*].value":                       "absent",
		"$.groups[*].members[*].value":           `[1,2,3]`,
		"$['urn:ietf:x:2.0:User'].manager.value": `"m"`,
		"$['urn:ietf:x:2.0:User'].manager.value.too": "absent",
		"$['name.givenName']":                        `"dotted"`,
	} {
		got, err := lookup(document, path)
		switch {
		case err != nil:
			t.Errorf("%s: %v", path, err)
		case want == "absent" && got.present:
			t.Errorf("%s: got %s, want nothing", path, show(got.value))
		case want != "absent" && want != "" && show(got.value) != want:
			t.Errorf("%s: got %s, want %s", path, show(got.value), want)
		}
	}
	for _, path := range []string{"id", "$.", "$.a[", "$.a[x]", "$['a", "$x"} {
		if _, err := lookup(document, path); err == nil {
			t.Errorf("%s was taken for a path", path)
		}
	}
}

func TestMatchersAgreeAndDisagree(t *testing.T) {
	t.Parallel()
	document, err := decodeJSON([]byte(sample))
	if err != nil {
		t.Fatal(err)
	}
	cases := []struct {
		path, want string
		agrees     bool
	}{
		{"$.id", `"7"`, true}, {"$.id", `7`, false}, {"$.n", `2.0`, true}, {"$.n", `"2"`, false},
		{"$.missing", `null`, false}, {"$.none", `null`, true}, {"$.active", `"true"`, false},
		{"$.emails[0]", `{"value":"h@x","type":"home"}`, true}, {"$.emails[0]", `{"value":"h@x"}`, false},
		{"$.id", `{"$exists":true}`, true}, {"$.id", `{"$exists":false}`, false},
		{"$.missing", `{"$exists":false}`, true}, {"$.none", `{"$exists":true}`, true},
		{"$.empty[*].x", `{"$exists":true}`, false},
		{"$.n", `{"$type":"number"}`, true}, {"$.id", `{"$type":"number"}`, false}, {"$.missing", `{"$type":"null"}`, false},
		{"$.emails[*].type", `{"$contains":"work"}`, true}, {"$.emails[*].type", `{"$contains":"other"}`, false},
		{"$.emails[0].value", `{"$contains":"@"}`, true},
		{"$.emails", `{"$len":2}`, true}, {"$.emails", `{"$len":1}`, false}, {"$.missing", `{"$len":0}`, false},
		{"$.missing", `{"$lenOrAbsent":0}`, true}, {"$.empty", `{"$lenOrAbsent":0}`, true}, {"$.emails", `{"$lenOrAbsent":0}`, false},
		{"$.emails[*].type", `{"$set":["work","home"]}`, true}, {"$.emails[*].type", `{"$set":["work"]}`, false},
		{"$.emails[*].type", `{"$set":["work","home","other"]}`, false}, {"$.missing[*].x", `{"$set":[]}`, true},
		{"$.missing", `{"$set":[]}`, false},
		{"$.emails[*].type", `{"$superset":["work"]}`, true}, {"$.emails[*].type", `{"$superset":["other"]}`, false},
		{"$.emails[*].type", `{"$disjoint":["other"]}`, true}, {"$.emails[*].type", `{"$disjoint":["work","x"]}`, false},
		{"$.missing[*].x", `{"$disjoint":["x"]}`, true},
		{"$.n", `{"$in":["2",2]}`, true}, {"$.n", `{"$in":["2"]}`, false},
		{"$.n", `{"$notIn":[3]}`, true}, {"$.n", `{"$notIn":[2,3]}`, false},
		{"$.id", `{"$regex":"^[0-9]$"}`, true}, {"$.id", `{"$regex":"^x"}`, false}, {"$.n", `{"$regex":"2"}`, false},
		{"$.id", `{"$ne":"8"}`, true}, {"$.id", `{"$ne":"7"}`, false}, {"$.missing", `{"$ne":"7"}`, true},
		{"$.n", `{"$gte":2}`, true}, {"$.n", `{"$gte":3}`, false}, {"$.n", `{"$lte":2}`, true}, {"$.n", `{"$lte":1}`, false},
		{"$.n", `{"$gte":1,"$lte":1}`, false}, {"$.missing", `{"$gte":0}`, false}, {"$.n", `{"$nonsense":1}`, false},
	}
	for _, c := range cases {
		got, err := lookup(document, c.path)
		if err != nil {
			t.Fatal(err)
		}
		want, err := decodeJSON([]byte(c.want))
		if err != nil {
			t.Fatal(err)
		}
		if err := match(got, want); (err == nil) != c.agrees {
			t.Errorf("%s against %s: agrees %v, want %v (%v)", c.path, c.want, err == nil, c.agrees, err)
		}
	}
}
