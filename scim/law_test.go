package scim

import (
	"bytes"
	"encoding/json"
	"reflect"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// anyText is text that clients send: short, of all scripts, with what JSON must escape.
func anyText() *rapid.Generator[string] {
	return rapid.OneOf(
		rapid.SampledFrom([]string{"a", "work", "home", "x@y", "Åsa", "李", "q\"q", `b\b`, "n\nn", "<i>", "True", "\u2028"}),
		rapid.StringMatching(`[a-zA-Z0-9 äß"\\/]{1,12}`),
	)
}

// anyUser is a body of a user as clients write them, mostly well formed.
func anyUser() *rapid.Generator[map[string]any] {
	return rapid.Custom(func(t *rapid.T) map[string]any {
		raw := map[string]any{"userName": rapid.StringMatching(`[a-zA-Z@.ä]{1,10}`).Draw(t, "userName")}
		for _, a := range append(slices.Clone(userSchema.Attributes), enterpriseSchema.Attributes...) {
			if a.Name == "userName" || !rapid.Bool().Draw(t, a.Name) {
				continue
			}
			raw[a.Name] = anyValueOf(a).Draw(t, a.Name)
		}
		if rapid.Bool().Draw(t, "foreign") {
			raw["urn:okta:custom:1.0"] = map[string]any{anyText().Draw(t, "key"): rapid.OneOf(
				rapid.Just[any](json.Number("1.50")), rapid.Just[any](nil), rapid.Just[any](true),
				rapid.Map(anyText(), func(s string) any { return []any{s, nil, map[string]any{}} }),
			).Draw(t, "opaque")}
		}
		return raw
	})
}

func anyValueOf(a *Attribute) *rapid.Generator[any] {
	return rapid.Custom(func(t *rapid.T) any {
		if rapid.IntRange(0, 9).Draw(t, "absent") == 0 {
			return rapid.SampledFrom([]any{nil, "", []any{}}).Draw(t, "empty")
		}
		if a.MultiValued {
			list := make([]any, rapid.IntRange(0, 4).Draw(t, "entries"))
			for i := range list {
				list[i] = anyObject(a).Draw(t, "entry")
			}
			return list
		}
		switch a.Type {
		case typeComplex:
			return any(anyObject(a).Draw(t, "object"))
		case typeBoolean:
			return rapid.SampledFrom([]any{true, false, "True", "false"}).Draw(t, "bool")
		}
		return any(anyText().Draw(t, "text"))
	})
}

func anyObject(a *Attribute) *rapid.Generator[map[string]any] {
	return rapid.Custom(func(t *rapid.T) map[string]any {
		m := map[string]any{}
		for _, sub := range a.Sub {
			if rapid.Bool().Draw(t, sub.Name) {
				m[sub.Name] = anyValueOf(sub).Draw(t, sub.Name)
			}
		}
		return m
	})
}

// anyDocument is a parsed user.
func anyDocument() *rapid.Generator[Document] {
	return rapid.Custom(func(t *rapid.T) Document {
		raw := anyUser().Filter(func(raw map[string]any) bool {
			_, _, err := ParseUser(Document(raw).Clone(), Options{})
			return err == nil
		}).Draw(t, "user")
		d, _, err := ParseUser(raw, Options{})
		if err != nil {
			t.Fatal(err)
		}
		return d
	})
}

func TestLawStoredDocumentsReadBack(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		d := anyDocument().Draw(t, "d")
		stored := d.JSON()
		if back := ParseDocument(stored); !reflect.DeepEqual(back, d) || !bytes.Equal(back.JSON(), stored) {
			t.Fatalf("stored %s\nread back %s", stored, back.JSON())
		}
		raw, err := Decode(stored, BodyLimits)
		if err != nil {
			t.Fatal(err)
		}
		again, notes, err := ParseUser(raw, Options{})
		if err != nil || len(notes) > 0 || !bytes.Equal(again.JSON(), stored) {
			t.Fatalf("parsing a normalised document changes it:\n%s\n%s\n%v %v", stored, again.JSON(), notes, err)
		}
	})
}

func TestLawDocumentsHoldNothingAbsent(t *testing.T) {
	t.Parallel()
	var empty func(v any) bool
	empty = func(v any) bool {
		switch v := v.(type) {
		case nil:
			return true
		case []any:
			return len(v) == 0 || slices.ContainsFunc(v, empty)
		case map[string]any:
			for _, e := range v {
				if empty(e) {
					return true
				}
			}
			return len(v) == 0
		}
		return false
	}
	rapid.Check(t, func(t *rapid.T) {
		d := anyDocument().Draw(t, "d")
		for _, hidden := range []string{"id", "schemas", "meta", "groups", "password", "members"} {
			if _, ok := d[hidden]; ok {
				t.Fatalf("%s is kept: %s", hidden, d.JSON())
			}
		}
		if empty(map[string]any(d)) {
			t.Fatalf("something absent is kept: %s", d.JSON())
		}
	})
}

// TestLawWhatIsReadAndSentBackIsNoChange is what Okta does all day: GET, edit nothing, PUT.
func TestLawWhatIsReadAndSentBackIsNoChange(t *testing.T) {
	t.Parallel()
	r := Renderer{Base: "https://h/scim/c/v2"}
	rapid.Check(t, func(t *rapid.T) {
		d := anyDocument().Draw(t, "d")
		body, err := r.Append(nil, Resource{Kind: UserKind, ID: "7", JSON: d.JSON(), Created: time.Unix(1, 0), Modified: time.Unix(2, 0)}, Projection{})
		if err != nil {
			t.Fatal(err)
		}
		raw, err := Decode(body, BodyLimits)
		if err != nil {
			t.Fatalf("%v\n%s", err, body)
		}
		back, notes, err := ParseUser(raw, Options{Strict: true})
		if err != nil || len(notes) > 0 {
			t.Fatalf("%v %v\n%s", err, notes, body)
		}
		if !Equal(d, Replacement(d, back)) {
			t.Fatalf("sent back\n%s\nfor\n%s", back.JSON(), d.JSON())
		}
	})
}

func TestLawSearchFormIsComparable(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		d := anyDocument().Draw(t, "d")
		search := d.Search()
		var same func(v any) bool
		same = func(v any) bool {
			m, ok := v.(map[string]any)
			for k, e := range m {
				if lower(k) != k || !same(e) {
					return false
				}
			}
			return !ok || len(m) > 0
		}
		if !same(search) {
			t.Fatalf("%s", d.SearchJSON())
		}
		if !json.Valid(d.SearchJSON()) || !json.Valid(d.JSON()) {
			t.Fatalf("not JSON: %s %s", d.JSON(), d.SearchJSON())
		}
	})
}

// anyOperation is an operation as clients write them, mostly well formed.
func anyOperation() *rapid.Generator[map[string]any] {
	paths := []string{"title", "active", "name", "name.givenName", "emails", `emails[type eq "work"]`, `emails[type eq "work"].value`,
		`emails[primary eq true].value`, "emails.type", `addresses[type eq "home"].locality`, "roles", ent, ent + ":manager", ent + ":department",
		"manager", "displayName", "userName", "urn:okta:custom:1.0:a", "urn:okta:custom:1.0", "externalId", `roles[value eq "a"]`}
	return rapid.Custom(func(t *rapid.T) map[string]any {
		op := map[string]any{"op": rapid.SampledFrom([]string{"add", "Replace", "remove"}).Draw(t, "op")}
		if rapid.IntRange(0, 4).Draw(t, "whole") == 0 {
			op["value"] = anyUser().Draw(t, "value")
			return op
		}
		op["path"] = rapid.SampledFrom(paths).Draw(t, "path")
		op["value"] = rapid.OneOf(
			rapid.Map(anyText(), func(s string) any { return s }),
			rapid.SampledFrom([]any{nil, "", true, "False", []any{}, map[string]any{}}),
			rapid.Map(anyObject(userSchema.byName["emails"]), func(m map[string]any) any { return m }),
			rapid.Map(anyObject(userSchema.byName["emails"]), func(m map[string]any) any { return []any{m} }),
		).Draw(t, "value")
		return op
	})
}

func TestLawPatchIsPureAndGivesDocuments(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		d := anyDocument().Draw(t, "d")
		before := d.JSON()
		var operations []any
		for _, op := range rapid.SliceOfN(anyOperation(), 1, 4).Draw(t, "operations") {
			operations = append(operations, op)
		}
		p, err := ParsePatch(UserKind, map[string]any{"Operations": operations}, Options{})
		if err != nil {
			return
		}
		after, _, err := p.Apply(d)
		if !bytes.Equal(d.JSON(), before) {
			t.Fatalf("Apply changed its document:\n%s\n%s", before, d.JSON())
		}
		if err != nil {
			return
		}
		checkDocument(t, after)
		again, _, err := p.Apply(d)
		if err != nil || !bytes.Equal(again.JSON(), after.JSON()) {
			t.Fatalf("the second time it gives something else:\n%s\n%s", after.JSON(), again.JSON())
		}
	})
}

// checkDocument fails unless d is as normalised as ParseUser would make it.
func checkDocument(t interface{ Fatalf(string, ...any) }, d Document) {
	stored := d.JSON()
	raw, err := Decode(stored, GroupBodyLimits)
	if err != nil {
		t.Fatalf("%v\n%s", err, stored)
	}
	parsed, notes, err := ParseUser(raw, Options{})
	if err != nil || len(notes) > 0 || !bytes.Equal(parsed.JSON(), stored) {
		t.Fatalf("a patch made a document that is not normalised:\n%s\n%s\n%v %v", stored, parsed.JSON(), notes, err)
	}
}
