package scim

import (
	"bytes"
	"encoding/json"
	"errors"
	"reflect"
	"strings"
	"testing"
)

// FuzzDecode: what Decode accepts, encoding/json reads as the same values; what encoding/json
// cannot read, Decode refuses; nothing panics.
func FuzzDecode(f *testing.F) {
	for _, seed := range []string{
		benchUser, `{}`, `{"a":[{"value":"x","display":null},{"value":"y","$ref":"z","type":"User"},7]}`,
		`{"a":"\ud83d\ude00\u00e9\n"}`, `{"a":[1e5,-0.1,true,null,[],{}]}`, `{"a":1,"A":2}`, `{"a":1}x`, "\ufeff{}",
		string(groupBody(3)), `{"u\u017ferName":1}`, `{"a":[{"value":"x",}]}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		for _, l := range []Limits{BodyLimits, GroupBodyLimits} {
			got, err := Decode(data, l)
			var want map[string]any
			d := json.NewDecoder(bytes.NewReader(bytes.TrimPrefix(data, []byte("\ufeff"))))
			d.UseNumber()
			standard := d.Decode(&want)
			if err != nil {
				if e := (*Error)(nil); !errors.As(err, &e) || e.Status != 400 {
					t.Fatalf("%v is no 400", err)
				}
				continue
			}
			if standard != nil {
				t.Fatalf("Decode accepts what encoding/json refuses: %v", standard)
			}
			if l.Members == 0 && !reflect.DeepEqual(got, want) {
				t.Fatalf("Decode %v, encoding/json %v", got, want)
			}
		}
	})
}

// FuzzParseUser: whatever is accepted is a document that reads back.
func FuzzParseUser(f *testing.F) {
	f.Add(benchUser)
	f.Add(`{"userName":"x","emails":{"value":"a"},"manager":"7","urn:a:b":{"c":[{"value":"d"}]},"active":[true]}`)
	f.Fuzz(func(t *testing.T, body string) {
		raw, err := Decode([]byte(body), GroupBodyLimits)
		if err != nil {
			return
		}
		d, _, err := ParseUser(raw, Options{})
		if err != nil {
			return
		}
		if stored := d.JSON(); !reflect.DeepEqual(ParseDocument(stored), d) || !json.Valid(d.SearchJSON()) {
			t.Fatalf("%s does not read back", stored)
		}
		checkDocument(t, d)
	})
}

// FuzzPatch: Apply never panics, never changes its document, and gives normalised documents.
func FuzzPatch(f *testing.F) {
	for _, seed := range []string{
		`{"op":"add","path":"emails[type eq \"work\"].value","value":"x"}`,
		`{"op":"replace","value":{"name":{"givenName":null},"urn:a:b":{"c":1},"emails":[{"value":"x","primary":true}]}}`,
		`{"op":"remove","path":"emails","value":[{"value":"w"}]}`,
		`{"op":"replace","path":"` + EnterpriseUser + `:manager","value":[{"value":""}]}`,
		`{"op":"add","path":"urn:a:b:c.d","value":{"e":[]}}`,
		`{"op":"remove","path":"members[value eq \"a\" or value eq \"b\"]"}`,
		`{"op":"add","path":"members","value":["a",{"value":"b"}]}`,
		`{"op":"replace","value":[{"":""}]}`,
		`{"op":"replace","path":"urn:0:A","value":[{"":""}]}`,
	} {
		f.Add(seed)
	}
	user := ParseDocument([]byte(`{"userName":"x","name":{"givenName":"G"},"emails":[{"value":"w","type":"work","primary":true},{"value":"h","type":"home"}],"urn:a:b":{"c":{"d":[1]}},"` + EnterpriseUser + `":{"manager":{"value":"1","$ref":"u"}}}`))
	group := ParseDocument([]byte(`{"displayName":"G"}`))
	f.Fuzz(func(t *testing.T, operations string) {
		for kind, d := range map[Kind]Document{UserKind: user, GroupKind: group} {
			raw, err := Decode([]byte(`{"Operations":[`+operations+`]}`), GroupBodyLimits)
			if err != nil {
				return
			}
			p, err := ParsePatch(kind, raw, Options{})
			if err != nil {
				continue
			}
			before := d.JSON()
			after, _, err := p.Apply(d)
			if !bytes.Equal(before, d.JSON()) {
				t.Fatalf("Apply changed its document: %s", operations)
			}
			for _, e := range p.Members() {
				if e.Op == RemoveMatching && e.Filter == nil || e.Op != ReplaceMembers && e.Filter == nil && len(e.Values) == 0 {
					t.Fatalf("an edit without meaning: %v", e)
				}
			}
			if err == nil && kind == UserKind {
				checkDocument(t, after)
			}
		}
	})
}

// FuzzQuery: no query string panics or gives numbers out of range.
func FuzzQuery(f *testing.F) {
	f.Add(`filter=userName+eq+%22a%22&startIndex=1&count=2&sortBy=name.familyName`)
	f.Add(`cursor&attributes=emails.type,urn:x:y&excludedAttributes=members`)
	f.Fuzz(func(t *testing.T, raw string) {
		q, err := ParseQuery(UserKind, raw)
		if err != nil {
			if e := (*Error)(nil); !errors.As(err, &e) || e.Status != 400 || strings.Contains(e.Detail, "\n") {
				t.Fatalf("%v", err)
			}
			return
		}
		if q.StartIndex < 1 || q.Count < 0 || q.Count > MaxPage {
			t.Fatalf("%+v", q)
		}
	})
}
