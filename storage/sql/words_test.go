package sql

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/muster-scim/muster/tenants"
)

func TestTextsAreCutIntoWords(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"Ada LOVELACE":                           "ada lovelace",
		"ada@acme.example wrote":                 "ada acme example ada@acme.example wrote",
		"id 019A0000-0000-7000-8000-0a":          "id 019a0000 0000 7000 8000 0a",
		"(019a0000-0000-7000-8000-000000000042)": "019a0000 0000 7000 8000 000000000042 019a0000-0000-7000-8000-000000000042",
		"O'Brien; DROP TABLE":                    "o brien drop table",
		"Straße ＡＢＣ ﬁn":                          "strasse abc fin",
		"Zoe\u0308 Zoë":                          "zoë",
		"山田 太郎":                                  "山田 太郎",
		"\x00'\\\"*:&|!()<-> -+.":                "",
		"a\xffb":                                 "a b",
		"हिन्दी":                                 "हिन्दी",
	} {
		if got := strings.Join(wordsOf(text), " "); got != want {
			t.Errorf("%q is cut into %q, want %q", text, got, want)
		}
	}
	if n := len(wordsOf(strings.Repeat("x", 1000) + " " + numbersUpTo(10_000))); n != mostWords {
		t.Errorf("%d words of a long text, want %d", n, mostWords)
	}
	if w := wordsOf(strings.Repeat("ä", 1000)); len(w) != 1 || len([]rune(w[0])) != longestWord {
		t.Errorf("an endless word is kept as %d words, the first of %d bytes", len(w), len(w[0]))
	}
}

func TestTextsOfJSONAreItsValues(t *testing.T) {
	t.Parallel()
	for data, want := range map[string][]string{
		`{"displayName":{"before":"Ada","after":"Zo\u00eb"},"n":[1,"two",{"k":true}]}`: {"Ada", "Zoë", "1", "two"},
		`"bare"`:     {"bare"},
		`not { json`: {"not { json"},
		`{}`:         nil,
		``:           nil,
	} {
		if got := textsIn([]byte(data)); !slices.Equal(got, want) {
			t.Errorf("%s holds %q, want %q", data, got, want)
		}
	}
}

func numbersUpTo(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "n%d ", i)
	}
	return b.String()
}

// TestBothDatabasesFindTheSameWords asks for the same among the same texts, hostile ones too: the
// databases find what question.matches does, and nobody leaves the quotes.
func TestBothDatabasesFindTheSameWords(t *testing.T) {
	t.Parallel()
	texts := []string{
		"Ada Lovelace ada@acme.example", "Lovelady, Bob", "ada.lovelace@acme.example", "acme-okta", "Zoë Straße", "ZOE", "山田太郎",
		`' " \ * : & | ! ( ) <-> ' OR 1=1 --`, `{"a":"b"}`, "NEAR(a b) AND OR NOT", "019a0000-0000-7000-8000-000000000042", "x:y words:ada",
		"ſharp ﬁn K", strings.Repeat("long", 100), "a_b a.b a+b", "", "ꮳꮃꮹ", "i̇stanbul İSTANBUL", "1½ ² x²", "\U0001d518nicode",
	}
	questions := append([]string{"ada", "ad", "LOVE", "ada love", "love ada", "ada@acme.example", "ada@acme", "@acme.example", "zo", "zoë", "strasse", "山田", "山",
		`"ada`, `ada"`, "ada' | 'bob", "ada & bob", "ada:*", "ada*", "words : ada", "-ada", "NOT ada", "ada OR bob", "^ada", "{words}: ada", "a b", "or", "and", "near",
		"019a0000", "019a0000-0000-7000-8000-000000000042", "long", "\x00", "", " ", "'", `\`, "1=1", "sharp", "fin", "k", "b.a", "ist", "i", "2", "x2"}, texts...)
	onBoth(t, func(t *testing.T, s *Store) {
		rows := make([]numberedWords, len(texts))
		for i, text := range texts {
			rows[i] = numberedWords{int64(i + 1), append(wordsOf(text), tag('n', fmt.Sprint(i)))}
		}
		mustWrite(t, s, func(x *tx) error {
			x.addWords("event_words", rows)
			return nil
		})
		find := func(q question) (found []int64) {
			t.Helper()
			err := s.read(t.Context(), everyConnector, func(x *tx) error {
				f := x.holding("event_words", x.answers(q))
				x.query(func(r row) error {
					var n int64
					err := r.Scan(&n)
					found = append(found, n)
					return err
				}, f.sql, f.args...)
				return nil
			})
			if err != nil {
				t.Errorf("%q: %v", q, err)
			}
			slices.Sort(found)
			return found
		}
		for _, text := range questions {
			var want []int64
			for _, r := range rows {
				if questionOf(text).matches(r.words) {
					want = append(want, r.seq)
				}
			}
			if got := find(questionOf(text)); !slices.Equal(got, want) {
				t.Errorf("%q finds %v, want %v", text, got, want)
			}
		}
		if got := find(questionOf("ada").tagged(tag('n', "2"))); !slices.Equal(got, []int64{3}) {
			t.Errorf("with a tag %v are found, want 3", got)
		}
		if got := find(questionOf("lovel")); !slices.Equal(got, []int64{1, 2, 3}) {
			t.Errorf("lovel finds %v, want 1, 2 and 3", got)
		}
	})
}

// TestWhatIsKeptOfARequestIsFoundByAllOfItsWords: what could not be found could not be erased.
func TestWhatIsKeptOfARequestIsFoundByAllOfItsWords(t *testing.T) {
	t.Parallel()
	for _, a := range []tenants.Activity{
		{Route: "/Users", Path: "/Users?filter=" + numbersUpTo(1000) + " lovelace"},
		{Route: "/Users", Path: "/Users", Detail: numbersUpTo(1000) + " lovelace"},
		{Route: "/Users", Path: "/Users", Body: []byte(`{"a":"` + numbersUpTo(1000) + ` lovelace"}`)},
		{Route: "/Users", Path: "/Users?filter=lovelace", Body: []byte(`{"a":"` + numbersUpTo(1000) + ` lovelace"}`)},
	} {
		found := activityWordsOf(&a)
		kept := strings.Contains(a.Path+a.Detail+string(a.Body), "lovelace")
		if kept != slices.Contains(found, "lovelace") || len(found) >= mostWords {
			t.Errorf("kept is %.60s %.20s %.20s, and it is found by %d words", a.Path, a.Detail, a.Body, len(found))
		}
	}
}
