package tenants

import (
	"bytes"
	"crypto/rand"
	"errors"
	"io"
	"regexp"
	"strings"
	"testing"
)

func TestTokensHaveTheirForm(t *testing.T) {
	form := regexp.MustCompile(`\Amst_[0-9A-Za-z]{16}_[0-9A-Za-z]{43}_[0-9A-Za-z]{6}\z`)
	seen := map[string]bool{}
	for range 200 {
		token, keyID, err := newToken(rand.Reader, tokenPrefix)
		if err != nil || !form.MatchString(token) {
			t.Fatalf("token %.4s…, %v", token, err)
		}
		if got, ok := parseToken(token, tokenPrefix); !ok || got != keyID || seen[keyID] {
			t.Fatalf("it parses as %q, %v, want %q", got, ok, keyID)
		}
		seen[keyID] = true
	}
}

// A fixed token: whoever changes the form or the checksum invalidates every token in the field.
func TestTheFormOfTokensStays(t *testing.T) {
	token, keyID, err := newToken(bytes.NewReader(bytes.Repeat([]byte{1, 10, 36, 61}, 64)), tokenPrefix)
	if err != nil {
		t.Fatal(err)
	}
	const want = "mst_1Aaz1Aaz1Aaz1Aaz_1Aaz1Aaz1Aaz1Aaz1Aaz1Aaz1Aaz1Aaz1Aaz1Aaz1Aa_1SgPhm"
	if token != want || keyID != "1Aaz1Aaz1Aaz1Aaz" {
		t.Errorf("the token is %s, want %s", token, want)
	}
}

func TestEveryWrongLetterFailsTheChecksum(t *testing.T) {
	token, _, err := newToken(rand.Reader, tokenPrefix)
	if err != nil {
		t.Fatal(err)
	}
	for i := range token {
		for _, c := range []byte("x_-é\x00 ") {
			if token[i] == c {
				continue
			}
			wrong := token[:i] + string(c) + token[i+1:]
			if _, ok := parseToken(wrong, tokenPrefix); ok {
				t.Errorf("a token with %q at %d passes", c, i)
			}
		}
	}
	for n := range len(token) {
		if _, ok := parseToken(token[:n], tokenPrefix); ok {
			t.Errorf("the first %d letters pass", n)
		}
	}
}

func TestLettersOfSecretsAreEquallyLikely(t *testing.T) {
	text, err := randomText(rand.Reader, 62_000)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range base62Letters {
		if n := strings.Count(text, string(c)); n < 800 || n > 1200 { // over six standard deviations
			t.Errorf("%c comes %d times, want about 1000", c, n)
		}
	}
}

func TestNoSecretWithoutRandomness(t *testing.T) {
	if _, _, err := newToken(io.LimitReader(rand.Reader, 60), tokenPrefix); !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("a token was made of too few random bytes: %v", err)
	}
}

func FuzzParseToken(f *testing.F) {
	token, _, err := newToken(rand.Reader, tokenPrefix)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(token)
	f.Add("Bearer")
	f.Add("Basic YTpi")
	f.Fuzz(func(t *testing.T, header string) {
		key, _, _, ok := readHeader("acme", header)
		if ok && (len(key) < 3 || key[0] != 't' && !strings.HasPrefix(key, "b:acme:")) {
			t.Errorf("%q gave the key %q", header, key)
		}
	})
}
