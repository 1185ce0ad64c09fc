// Package canonical holds the one function that says when two names are the same.
//
// User names, group names and e-mail addresses are stored and returned as they were sent;
// they are compared, made unique and matched by patterns in their key form. Nothing else in
// Muster folds case: Go, PostgreSQL, SQLite and regexp2 each fold a few letters differently,
// and every difference is a way into somebody else's group.
//
// The package is the foundation below the leaves: it imports nothing of ours.
package canonical

import (
	"errors"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"
)

// Key returns the key form of s: NFKC, case-folded, without space at its ends. It is
// idempotent, Key(Key(s)) == Key(s), and never fails; what may not be a name at all is
// refused by Check.
func Key(s string) string {
	if key, ok := asciiKey(s); ok {
		return key
	}
	key := s
	// Folding can undo the normal form and the other way round; the pair is stable after
	// two rounds for every code point assigned today, the third is for the next ones.
	for range 3 {
		next := norm.NFKC.String(foldCherokee(cases.Fold().String(norm.NFKC.String(key))))
		if next == key {
			break
		}
		key = next
	}
	return strings.TrimSpace(key)
}

// foldCherokee ends the swapping of Cherokee letters: Unicode folds them to their capitals
// (CaseFolding.txt, U+13A0 to U+13F5), and the folder of x/text turns either into the other.
func foldCherokee(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case 0xab70 <= r && r <= 0xabbf:
			return r - 0xab70 + 0x13a0
		case 0x13f8 <= r && r <= 0x13fd:
			return r - 8
		}
		return r
	}, s)
}

// asciiKey is Key for plain ASCII, which is what nearly every name is.
func asciiKey(s string) (string, bool) {
	upper := false
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c >= utf8.RuneSelf:
			return "", false
		case 'A' <= c && c <= 'Z':
			upper = true
		}
	}
	if upper {
		s = strings.ToLower(s)
	}
	return strings.TrimSpace(s), true
}

// Errors of Check. Their text completes the sentence "userName …".
var (
	ErrEmpty    = errors.New("must not be empty or blank")
	ErrEncoding = errors.New("is not valid UTF-8 text")
)

// Check says whether s may be a name: not blank, valid text, at most max code points, and
// free of control, zero-width, bidirectional and unassigned characters, which make two names
// look alike or break the line of a log. The error names the character and its place.
func Check(s string, max int) error {
	if !utf8.ValidString(s) || strings.ContainsRune(s, utf8.RuneError) {
		return ErrEncoding
	}
	if n := utf8.RuneCountInString(s); n > max {
		return fmt.Errorf("has %d characters, at most %d are allowed", n, max)
	}
	if err := CheckText(s); err != nil {
		return err
	}
	if strings.TrimSpace(s) == "" || Key(s) == "" {
		return ErrEmpty
	}
	return nil
}

// CheckText refuses the characters that no single-line text may hold. Blank text passes.
func CheckText(s string) error {
	for i, r := range s {
		if forbidden(r) {
			return fmt.Errorf("holds the character U+%04X at position %d, which is not allowed in a name", r, i)
		}
	}
	return nil
}

func forbidden(r rune) bool {
	switch {
	case r < 0x20, r == 0x7f:
		return true
	case r < utf8.RuneSelf:
		return false
	case r == utf8.RuneError:
		return true
	}
	return unicode.In(r, unicode.Cc, unicode.Cf, unicode.Co, unicode.Cs, unicode.Zl, unicode.Zp) ||
		unicode.Is(unicode.Other_Default_Ignorable_Code_Point, r) ||
		unicode.Is(unicode.Variation_Selector, r) ||
		!unicode.In(r, unicode.L, unicode.M, unicode.N, unicode.P, unicode.S, unicode.Zs)
}
