package v1

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/muster-scim/muster/scim"
)

var when = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// ada is a user with something of everything.
func ada() scim.Resource {
	return scim.Resource{
		Kind: scim.UserKind, ID: "7", Created: when, Modified: when, Version: 3,
		JSON: []byte(`{"userName":"ada","active":true,"displayName":"Ada","emails":[{"value":"a@x","type":"work"}],` +
			`"` + scim.EnterpriseUser + `":{"department":"R","manager":{"value":"m"}},"urn:okta:x:1.0":{"manager":{"value":"v"}}}`),
		Groups: []scim.Reference{{Value: "g", Display: "G", Type: "direct"}},
	}
}

func projected(t *testing.T, k scim.Kind, attributes, excluded []string) scim.Projection {
	t.Helper()
	p, err := scim.ParseProjection(k, attributes, excluded)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func written(t *testing.T, res scim.Resource, p scim.Projection) string {
	t.Helper()
	var b strings.Builder
	if err := NewRenderer("https://h/scim/a/v1").Write(&b, res, p); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestAUserAsSCIM11ShowsIt(t *testing.T) {
	t.Parallel()
	got := written(t, ada(), scim.Projection{})
	want := `{"schemas":["urn:scim:schemas:core:1.0","urn:scim:schemas:extension:enterprise:1.0","urn:okta:x:1.0"],"id":"7",` +
		`"userName":"ada","active":true,"displayName":"Ada","emails":[{"value":"a@x","type":"work"}],` +
		`"urn:scim:schemas:extension:enterprise:1.0":{"department":"R","manager":{"managerId":"m"}},"urn:okta:x:1.0":{"manager":{"value":"v"}},` +
		`"groups":[{"value":"g","display":"G","type":"direct"}],` +
		`"meta":{"created":"2026-03-01T12:00:00.000Z","lastModified":"2026-03-01T12:00:00.000Z","location":"https://h/scim/a/v1/Users/7","version":"W/\"3\""}}`
	if got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestAProjectionSpeaksOf11(t *testing.T) {
	t.Parallel()
	for names, want := range map[string]string{
		"userName":                        `{"schemas":["` + Core + `"],"id":"7","userName":"ada"}`,
		Enterprise:                        `{"schemas":["` + Core + `","` + Enterprise + `"],"id":"7","` + Enterprise + `":{"department":"R","manager":{"managerId":"m"}}}`,
		Enterprise + ":department":        `{"schemas":["` + Core + `","` + Enterprise + `"],"id":"7","` + Enterprise + `":{"department":"R"}}`,
		Enterprise + ":manager.managerId": `{"schemas":["` + Core + `","` + Enterprise + `"],"id":"7","` + Enterprise + `":{"manager":{"managerId":"m"}}}`,
		"meta.resourceType":               `{"schemas":["` + Core + `"],"id":"7"}`,
		"groups.value":                    `{"schemas":["` + Core + `"],"id":"7","groups":[{"value":"g"}]}`,
		"nothing":                         `{"schemas":["` + Core + `"],"id":"7"}`,
	} {
		if got := written(t, ada(), projected(t, scim.UserKind, []string{names}, nil)); got != want {
			t.Errorf("%s\ngot  %s\nwant %s", names, got, want)
		}
	}
	hidden := []string{"meta", "groups", "emails", "displayName", Enterprise, "urn:okta:x:1.0", "active"}
	if got, want := written(t, ada(), projected(t, scim.UserKind, nil, hidden)), `{"schemas":["`+Core+`"],"id":"7","userName":"ada"}`; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

// TestLawWhatIsReadAndSentBackIsNoChange sends a resource back whole, by PUT and by PATCH.
func TestLawWhatIsReadAndSentBackIsNoChange(t *testing.T) {
	t.Parallel()
	shown := written(t, ada(), scim.Projection{})
	before := scim.ParseDocument(ada().JSON)
	raw, err := scim.Decode([]byte(shown), scim.BodyLimits)
	if err != nil {
		t.Fatal(err)
	}
	put, _, err := scim.ParseUser(raw, scim.Options{})
	if err != nil || string(put.JSON()) != string(before.JSON()) {
		t.Errorf("put back it is\n     %s (%v)\nwant %s", put.JSON(), err, before.JSON())
	}
	if got, _, err := patched(t, scim.UserKind, string(ada().JSON), shown); err != nil || got != string(before.JSON()) {
		t.Errorf("patched back it is\n     %s (%v)\nwant %s", got, err, before.JSON())
	}
}

func crowd(n int, end error) func(func(scim.Member, error) bool) {
	return func(yield func(scim.Member, error) bool) {
		for range n {
			if !yield(scim.Member{Value: "0192f5c1-1111-7000-8000-000000000001", Kind: scim.UserKind, Display: "user"}, nil) {
				return
			}
		}
		if end != nil {
			yield(scim.Member{}, end)
		}
	}
}

func TestMembersAreWrittenAsTheyCome(t *testing.T) {
	t.Parallel()
	group := scim.Resource{Kind: scim.GroupKind, ID: "g", JSON: []byte(`{"displayName":"G"}`), Created: when, Modified: when, Members: crowd(2, nil)}
	got := written(t, group, projected(t, scim.GroupKind, nil, []string{"meta", "members.display"}))
	const one = `{"value":"0192f5c1-1111-7000-8000-000000000001","type":"User"}`
	if want := `{"schemas":["` + Core + `"],"id":"g","displayName":"G","members":[` + one + `,` + one + `]}`; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	for _, name := range []string{"displayName", "meta"} {
		if got := written(t, group, projected(t, scim.GroupKind, []string{name}, nil)); strings.Contains(got, "members") {
			t.Errorf("who asks for %s is told of members: %s", name, got)
		}
	}
	group.Members = crowd(100_000, nil)
	var most largest
	if err := NewRenderer("https://h").Write(&most, group, scim.Projection{}); err != nil || most.bytes > 2*flushSize || most.all < 5<<20 {
		t.Errorf("%d bytes came in pieces of up to %d (%v)", most.all, most.bytes, err)
	}
	lost := errors.New("lost")
	group.Members = crowd(3, lost)
	if err := NewRenderer("https://h").WriteList(io.Discard, scim.List{}, []scim.Resource{group}, scim.Projection{}); !errors.Is(err, lost) {
		t.Errorf("a stream that breaks off: %v", err)
	}
}

// largest remembers the largest piece that was written.
type largest struct{ bytes, all int }

func (l *largest) Write(p []byte) (int, error) {
	l.bytes, l.all = max(l.bytes, len(p)), l.all+len(p)
	return len(p), nil
}

func TestAListHasNumbersAndAnArray(t *testing.T) {
	t.Parallel()
	var b bytes.Buffer
	r := NewRenderer("https://h")
	if err := r.WriteList(&b, scim.List{StartIndex: 1}, nil, scim.Projection{}); err != nil {
		t.Fatal(err)
	}
	if want := `{"schemas":["` + Core + `"],"totalResults":0,"itemsPerPage":0,"startIndex":1,"Resources":[]}`; b.String() != want {
		t.Errorf("got  %s\nwant %s", b.String(), want)
	}
	b.Reset()
	if err := r.WriteList(&b, scim.List{Total: 9, NextCursor: "c"}, []scim.Resource{ada(), ada()}, projected(t, scim.UserKind, []string{"id"}, nil)); err != nil {
		t.Fatal(err)
	}
	const one = `{"schemas":["` + Core + `"],"id":"7"}`
	if want := `{"schemas":["` + Core + `"],"totalResults":9,"itemsPerPage":2,"nextCursor":"c","Resources":[` + one + `,` + one + `]}`; b.String() != want {
		t.Errorf("got  %s\nwant %s", b.String(), want)
	}
}

func TestErrorsAndBulk(t *testing.T) {
	t.Parallel()
	if got, want := string(Error(scim.NewError(404, "no <user>"))), `{"Errors":[{"description":"no <user>","code":"404"}],"detail":"no <user>"}`; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	got := string(BulkResponse([]scim.BulkResult{
		{Method: "POST", BulkID: "a", Location: "https://h/Users/7", Version: `W/"1"`, Status: 201},
		{Method: "DELETE", Status: 404, Err: scim.NewError(404, "gone")},
	}))
	want := `{"schemas":["` + Core + `"],"Operations":[{"location":"https://h/Users/7","method":"POST","bulkId":"a","version":"W/\"1\"","status":{"code":"201"}},` +
		`{"method":"DELETE","status":{"code":"404","description":"gone"}}]}`
	if got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

// TestLawNothingNamesASchemaOf20 looks through all that the package writes.
func TestLawNothingNamesASchemaOf20(t *testing.T) {
	t.Parallel()
	all, err := Schemas("https://h", "", scim.Offer{})
	if err != nil {
		t.Fatal(err)
	}
	for what, text := range map[string]string{
		"a user": written(t, ada(), scim.Projection{}), "the schemas": string(all),
		"the configuration": string(ServiceProviderConfigs("https://h", scim.Provider{Bulk: true, Basic: true})),
		"an error":          string(Error(scim.Uniqueness("taken"))),
	} {
		if strings.Contains(text, "urn:ietf:") || !json.Valid([]byte(text)) {
			t.Errorf("%s: %s", what, text)
		}
	}
}
