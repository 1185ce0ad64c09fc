package scim

import (
	"bytes"
	"fmt"
	"io"
	"runtime"
	"strings"
	"testing"
	"time"
)

// benchUser is a full user of 1.3 KB, as Okta and Entra send them at the largest.
const benchUser = `{
 "schemas":["urn:ietf:params:scim:schemas:core:2.0:User","urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"],
 "externalId":"00u1a2b3c4d5e6f7g8h9","userName":"ada.lovelace@example.com",
 "name":{"formatted":"Ada Lovelace","familyName":"Lovelace","givenName":"Ada","middleName":"King"},
 "displayName":"Ada Lovelace","nickName":"Ada","title":"Analyst","userType":"Employee",
 "preferredLanguage":"en-GB","locale":"en-GB","timezone":"Europe/London","active":true,
 "password":"Zq8pX1mvT4","groups":[],
 "emails":[{"value":"ada.lovelace@example.com","type":"work","primary":true},{"value":"ada@home.example","type":"home"}],
 "phoneNumbers":[{"value":"tel:+44-20-7946-0001","type":"work"},{"value":"+44 7700 900123","type":"mobile"}],
 "addresses":[{"type":"work","streetAddress":"12 St James's Square","locality":"London","region":"London","postalCode":"SW1Y 4JH","country":"GB","formatted":"12 St James's Square\nLondon SW1Y 4JH"}],
 "roles":[{"value":"Reader","display":"Reader","type":"WindowsAzureActiveDirectoryRole","primary":false}],
 "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User":{"employeeNumber":"E-1815","costCenter":"4130","organization":"Analytical Engines","division":"Research","department":"Mathematics","manager":{"value":"0192f5c1-1111-7000-8000-000000000001"}}
}`

func BenchmarkDecodeUser(b *testing.B) {
	data := []byte(benchUser)
	b.SetBytes(int64(len(data)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Decode(data, BodyLimits); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkParseUser(b *testing.B) {
	data := []byte(benchUser)
	b.ReportAllocs()
	for b.Loop() {
		raw, _ := Decode(data, BodyLimits)
		if _, _, err := ParseUser(raw, Options{}); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkCreateUser is all a create costs in this package.
func BenchmarkCreateUser(b *testing.B) {
	data := []byte(benchUser)
	b.ReportAllocs()
	for b.Loop() {
		raw, _ := Decode(data, BodyLimits)
		d, _, err := ParseUser(raw, Options{})
		if err != nil {
			b.Fatal(err)
		}
		d.JSON()
		d.SearchJSON()
	}
}

func BenchmarkRenderUser(b *testing.B) {
	raw, _ := Decode([]byte(benchUser), BodyLimits)
	d, _, _ := ParseUser(raw, Options{})
	res := Resource{Kind: UserKind, ID: "0192f5c1-1111-7000-8000-000000000001", JSON: d.JSON(),
		Created: time.Unix(1700000000, 0), Modified: time.Unix(1700000000, 0), Version: 1}
	r := Renderer{Base: "https://muster.example/scim/acme-okta/v2"}
	var out []byte
	b.ReportAllocs()
	for b.Loop() {
		out, _ = r.Append(out[:0], res, Projection{})
	}
}

func BenchmarkPatchActive(b *testing.B) {
	raw, _ := Decode([]byte(benchUser), BodyLimits)
	d, _, _ := ParseUser(raw, Options{})
	body := []byte(`{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[{"op":"Replace","path":"active","value":"False"}]}`)
	b.ReportAllocs()
	for b.Loop() {
		raw, _ := Decode(body, BodyLimits)
		p, err := ParsePatch(UserKind, raw, Options{})
		if err != nil {
			b.Fatal(err)
		}
		if _, _, err := p.Apply(d); err != nil {
			b.Fatal(err)
		}
	}
}

// groupBody is a group with n members, each with value, display and $ref.
func groupBody(n int) []byte {
	var b bytes.Buffer
	b.WriteString(`{"schemas":["` + CoreGroup + `"],"displayName":"Everyone","members":[`)
	for i := range n {
		if i > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, `{"value":"0192f5c1-1111-7000-8000-%012d","display":"user%d","$ref":"../Users/%d"}`, i, i, i)
	}
	b.WriteString(`]}`)
	return b.Bytes()
}

func BenchmarkGroup250kMembers(b *testing.B) {
	data := groupBody(250_000)
	b.SetBytes(int64(len(data)))
	b.ReportAllocs()
	for b.Loop() {
		raw, err := Decode(data, GroupBodyLimits)
		if err != nil {
			b.Fatal(err)
		}
		_, members, _, _, err := ParseGroup(raw, Options{})
		if err != nil || len(members) != 250_000 {
			b.Fatal(len(members), err)
		}
	}
}

func BenchmarkStreamMembers100k(b *testing.B) {
	res := Resource{Kind: GroupKind, ID: "g", JSON: []byte(`{"displayName":"Everyone"}`), Members: func(yield func(Member, error) bool) {
		for range 100_000 {
			if !yield(Member{Value: "0192f5c1-1111-7000-8000-000000000001", Kind: UserKind, Display: "user"}, nil) {
				return
			}
		}
	}}
	r := Renderer{Base: "https://muster.example/scim/acme-okta/v2"}
	b.ReportAllocs()
	for b.Loop() {
		if err := r.Write(io.Discard, res, Projection{}); err != nil {
			b.Fatal(err)
		}
	}
}

func TestGroupOf250kMembersFitsInLittleMemory(t *testing.T) {
	data := groupBody(250_000)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	raw, err := Decode(data, GroupBodyLimits)
	if err != nil {
		t.Fatal(err)
	}
	_, members, given, _, err := ParseGroup(raw, Options{})
	runtime.ReadMemStats(&after)
	if err != nil || !given || len(members) != 250_000 {
		t.Fatalf("%d members, given %v, %v", len(members), given, err)
	}
	if used := after.TotalAlloc - before.TotalAlloc; used > 160<<20 {
		t.Errorf("a body of %d MiB took %d MiB to read; at most 160 are expected", len(data)>>20, used>>20)
	}
	if !strings.HasPrefix(members[0], "0192f5c1") {
		t.Error(members[0])
	}
}
