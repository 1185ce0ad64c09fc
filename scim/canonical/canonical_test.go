package canonical

import (
	"errors"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"pgregory.net/rapid"
)

func TestNamesThatReadTheSameHaveOneKey(t *testing.T) {
	t.Parallel()
	for want, spellings := range map[string][]string{
		"admins":           {"admins", "Admins", "ADMINS", " admins ", "ａｄｍｉｎｓ", "adminſ", "admins\u00a0", "\u2003admins"},
		"kelvin@a.example": {"kelvin@a.example", "\u212aelvin@a.example"},
		"rené@a.example":   {"rené@a.example", "rene\u0301@a.example", "RENÉ@A.EXAMPLE"},
		"strasse":          {"straße", "STRASSE", "Strasse"},
		"file":             {"ﬁle", "FILE"},
	} {
		for _, s := range spellings {
			if got := Key(s); got != want {
				t.Errorf("Key(%q) = %q, want %q", s, got, want)
			}
		}
	}
	if Key("Σ") != Key("ς") {
		t.Error("the two small sigmas differ")
	}
}

func TestNamesThatOnlyLookAlikeStayApart(t *testing.T) {
	t.Parallel()
	for _, pair := range [][2]string{
		{"admin", "\u0430dmin"},             // Cyrillic а
		{"jira-admins", "jira\u2011admins"}, // another hyphen
		{"team a", "teama"},                 // a space inside counts
		{"i", "ı"}, {"ADMİN", "admin"},      // the dots of the Turkish i
		{"admins", "admins."}, {"a\tb", "ab"}, // and nothing is dropped
	} {
		if Key(pair[0]) == Key(pair[1]) {
			t.Errorf("%q and %q have one key, %q", pair[0], pair[1], Key(pair[0]))
		}
	}
}

func TestKeyIsIdempotent(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.String().Draw(t, "s")
		key := Key(s)
		if again := Key(key); again != key {
			t.Fatalf("Key(%q) = %q, and the key of that is %q", s, key, again)
		}
	})
}

// TestEveryLetterHasOneKeyInEitherCase goes through all of Unicode: the key of a key is itself,
// and no letter has another key than the letters that fold to it.
func TestEveryLetterHasOneKeyInEitherCase(t *testing.T) {
	t.Parallel()
	for r := rune(1); r <= unicode.MaxRune; r++ {
		if !utf8.ValidRune(r) {
			continue
		}
		key := Key(string(r))
		if again := Key(key); again != key {
			t.Errorf("%U: the key %q has the key %q", r, key, again)
		}
		if other := unicode.SimpleFold(r); Key(string(other)) != key {
			t.Errorf("%U has the key %q, and %U, the same in the other case, %q", r, key, other, Key(string(other)))
		}
	}
}

func TestPlainLettersTakeTheShortWayToTheSameKey(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.StringMatching(`[ -~]{0,40}`).Draw(t, "s")
		if got, want := Key(s), strings.TrimSpace(strings.ToLower(s)); got != want {
			t.Fatalf("Key(%q) = %q, want %q", s, got, want)
		}
	})
}

func TestCheckRefusesWhatMakesNamesLookAlike(t *testing.T) {
	t.Parallel()
	for what, s := range map[string]string{
		"a line break": "a\nb", "a NUL": "a\x00b", "an escape": "a\x1b[2Jb", "a right-to-left override": "ecila\u202e",
		"a zero-width space": "ali\u200bce", "a soft hyphen": "ad\u00admin", "a joiner": "a\u200db", "a variation selector": "a\ufe0f",
		"a private character": "a\ue000", "an unassigned character": "a\u0378", "a line separator": "a\u2028b",
	} {
		if err := Check(s, 256); err == nil {
			t.Errorf("%s passes", what)
		}
	}
	for _, s := range []string{"Åsa", "李", "Team (EU)", "a+b@x.example", "O'Brien #EXT#", "naïve café", "😀 team"} {
		if err := Check(s, 256); err != nil {
			t.Errorf("%q is refused: it %v", s, err)
		}
	}
}

func TestCheckSaysWhatIsWrong(t *testing.T) {
	t.Parallel()
	for _, blank := range []string{"", "   ", "\u00a0"} {
		if err := Check(blank, 10); !errors.Is(err, ErrEmpty) {
			t.Errorf("Check(%q) = %v, want ErrEmpty", blank, err)
		}
	}
	for _, broken := range []string{"a\xffb", "a\ufffdb"} {
		if err := Check(broken, 10); !errors.Is(err, ErrEncoding) {
			t.Errorf("Check(%q) = %v, want ErrEncoding", broken, err)
		}
	}
	if err := Check(strings.Repeat("ä", 11), 10); err == nil || !strings.Contains(err.Error(), "11 characters") {
		t.Errorf("eleven characters of ten: %v", err)
	}
	if err := Check(strings.Repeat("ä", 10), 10); err != nil {
		t.Errorf("characters are counted as bytes: %v", err)
	}
}

func FuzzKey(f *testing.F) {
	for _, s := range []string{"", "Admins", "ﬁ", "İ", "\u1e9e", "ͅ", "\xff"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		key := Key(s)
		if utf8.ValidString(s) && Key(key) != key {
			t.Errorf("Key(%q) = %q is not stable", s, key)
		}
	})
}
