package scim

import (
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"
)

// wantError checks that err is an *Error of a status and scimType.
func wantError(t *testing.T, err error, status int, scimType string) {
	t.Helper()
	var e *Error
	if !errors.As(err, &e) {
		t.Fatalf("got %v, want %d %s", err, status, scimType)
	}
	if e.Status != status || e.Type != scimType {
		t.Errorf("got %v, want %d %s", e, status, scimType)
	}
	if e.Detail == "" {
		t.Errorf("%d %s has no detail", status, scimType)
	}
}

func TestDecodeRefusesWhatTwoReadersReadDifferently(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, body, scimType string }{
		{"empty", ``, TypeInvalidSyntax},
		{"blank", "  \n", TypeInvalidSyntax},
		{"truncated", `{"userName":"x`, TypeInvalidSyntax},
		{"truncated after comma", `{"a":1,`, TypeInvalidSyntax},
		{"truncated after colon", `{"a":`, TypeInvalidSyntax},
		{"trailing garbage", `{"a":1} garbage`, TypeInvalidSyntax},
		{"two documents", `{"a":1}{"b":2}`, TypeInvalidSyntax},
		{"array", `[]`, TypeInvalidSyntax},
		{"string", `"x"`, TypeInvalidSyntax},
		{"null", `null`, TypeInvalidSyntax},
		{"trailing comma in object", `{"a":1,}`, TypeInvalidSyntax},
		{"trailing comma in array", `{"a":[1,]}`, TypeInvalidSyntax},
		{"leading comma", `{,"a":1}`, TypeInvalidSyntax},
		{"comment", `{/*x*/"a":1}`, TypeInvalidSyntax},
		{"NaN", `{"a":NaN}`, TypeInvalidSyntax},
		{"single quotes", `{'a':1}`, TypeInvalidSyntax},
		{"leading zero", `{"a":01}`, TypeInvalidSyntax},
		{"bare point", `{"a":1.}`, TypeInvalidSyntax},
		{"plus", `{"a":+1}`, TypeInvalidSyntax},
		{"raw newline in string", "{\"a\":\"x\ny\"}", TypeInvalidSyntax},
		{"unknown escape", `{"a":"\x41"}`, TypeInvalidSyntax},
		{"short escape", `{"a":"\u12"}`, TypeInvalidSyntax},
		{"invalid UTF-8", "{\"a\":\"\xff\xfe\"}", TypeInvalidSyntax},
		{"duplicate key", `{"value":true,"value":false}`, TypeInvalidSyntax},
		{"duplicate key in another case", `{"active":true,"ACTIVE":false}`, TypeInvalidSyntax},
		{"duplicate key by escape", `{"active":true,"\u0061ctive":false}`, TypeInvalidSyntax},
		{"long s for s", `{"u\u017ferName":"x"}`, TypeInvalidSyntax},
		{"kelvin sign for k", `{"nic\u212aName":"x"}`, TypeInvalidSyntax},
		{"fullwidth letters", `{"ｅｍａｉｌｓ":[]}`, TypeInvalidSyntax},
		{"lone high surrogate", `{"a":"\ud800-x"}`, TypeInvalidValue},
		{"lone low surrogate", `{"a":"\udc00"}`, TypeInvalidValue},
		{"high surrogate twice", `{"a":"\ud800\ud800"}`, TypeInvalidValue},
		{"NUL", `{"a":"a\u0000b"}`, TypeInvalidValue},
		{"long number", `{"a":` + strings.Repeat("9", 33) + `}`, TypeInvalidValue},
		{"huge exponent", `{"a":1e400000}`, TypeInvalidValue},
		{"long string", `{"a":"` + strings.Repeat("q", 8193) + `"}`, TypeInvalidValue},
		{"long string with escapes", `{"a":"` + strings.Repeat(`\n`, 8193) + `"}`, TypeInvalidValue},
		{"33 levels", strings.Repeat(`{"a":`, 33) + "1" + strings.Repeat("}", 33), TypeInvalidSyntax},
		{"many keys", manyKeys(2001), TypeInvalidValue},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			_, err := Decode([]byte(c.body), BodyLimits)
			wantError(t, err, 400, c.scimType)
		})
	}
}

func manyKeys(n int) string {
	var b strings.Builder
	b.WriteByte('{')
	for i := range n {
		if i > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, `"k%d":1`, i)
	}
	return b.String() + "}"
}

func TestDecodeTakesAllOfJSON(t *testing.T) {
	t.Parallel()
	for _, body := range []string{
		`{}`,
		"\ufeff{\"a\":1}",
		" \t\r\n{ \"a\" : [ ] , \"b\" : { } } \n",
		`{"a":"Åsa 李 😀","b":"\u00e9\ud83d\ude00\/\"\\\b\f\n\r\t"}`,
		`{"a":[1,-0,0.5,1e3,-2.5E-7,true,false,null,"x",[],{}]}`,
		`{"a":"` + strings.Repeat("q", 8192) + `"}`,
		strings.Repeat(`{"a":`, 32) + "1" + strings.Repeat("}", 32),
		manyKeys(2000),
	} {
		got, err := Decode([]byte(body), BodyLimits)
		if err != nil {
			t.Errorf("%.60q: %v", body, err)
			continue
		}
		if want := decodeStandard(t, body); !reflect.DeepEqual(got, want) {
			t.Errorf("%.60q: got %v, want %v", body, got, want)
		}
	}
}

func decodeStandard(t *testing.T, body string) map[string]any {
	t.Helper()
	d := json.NewDecoder(strings.NewReader(strings.TrimPrefix(body, "\ufeff")))
	d.UseNumber()
	var m map[string]any
	if err := d.Decode(&m); err != nil {
		t.Fatal(err)
	}
	return m
}

func TestDecodeKeepsMemberObjectsCompact(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ body, want string }{
		{`{"members":[{"value":"a","display":"A","$ref":"../Users/a","type":"User"},{"VALUE":"b","$ref":null}]}`, "compact"},
		{`{"members":[{"value":"a"},{"value":"b","operation":"delete"}]}`, "compact"},
		{`{"members":[{"value":"a"},{"value":"b","role":"owner"}]}`, "mixed"},
		{`{"members":["a",{"value":"b"}]}`, "mixed"},
		{`{"members":[{}]}`, "plain"},
		{`{"members":[{"value":7}]}`, "plain"},
		{`{"members":[{"value":null}]}`, "plain"},
		{`{"members":[]}`, "plain"},
	} {
		raw, err := Decode([]byte(c.body), GroupBodyLimits)
		if err != nil {
			t.Fatalf("%s: %v", c.body, err)
		}
		got := "plain"
		switch list := raw["members"].(type) {
		case []Member:
			got = "compact"
		case []any:
			for _, e := range list {
				if _, ok := e.(Member); ok {
					got = "mixed"
				}
			}
		}
		if got != c.want {
			t.Errorf("%s: %s, want %s", c.body, got, c.want)
		}
	}
	_, err := Decode([]byte(`{"members":[{"value":"a","Value":"b"}]}`), GroupBodyLimits)
	wantError(t, err, 400, TypeInvalidSyntax)
	_, err = Decode([]byte(`{"members":[{"value":"a",}]}`), GroupBodyLimits)
	wantError(t, err, 400, TypeInvalidSyntax)
}

func TestDecodeCountsMembersApart(t *testing.T) {
	t.Parallel()
	small := Limits{Depth: 32, Keys: 10, StringLength: 100, NumberDigits: 32, Members: 9}
	if _, err := Decode(groupBody(3), small); err != nil {
		t.Errorf("3 members of 3 keys are within 9: %v", err)
	}
	_, err := Decode(groupBody(4), small)
	wantError(t, err, 400, TypeInvalidValue)
}

func TestErrorBodyHasStatusAsText(t *testing.T) {
	t.Parallel()
	got := string(Uniqueness("userName %s is taken", shown("a\"b")).JSON())
	want := `{"schemas":["urn:ietf:params:scim:api:messages:2.0:Error"],"status":"409","scimType":"uniqueness","detail":"userName \"a\\\"b\" is taken"}`
	if got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if got := string(NewError(404, "no such user").JSON()); strings.Contains(got, "scimType") {
		t.Errorf("404 has a scimType: %s", got)
	}
}
