package scim

import "unicode/utf8"

// Names of attributes and URNs are ASCII (RFC 7643 2.1) and compare without case; here only
// ASCII letters fold, so that no other letter can stand for one of them. Values never come
// here: canonical.Key compares those.

func foldByte(c byte) byte {
	if 'A' <= c && c <= 'Z' {
		return c + 'a' - 'A'
	}
	return c
}

func equalFold(a, b string) bool {
	if len(a) != len(b) {
		return false
	}
	if a == b {
		return true
	}
	for i := 0; i < len(a); i++ {
		if a[i] != b[i] && foldByte(a[i]) != foldByte(b[i]) {
			return false
		}
	}
	return true
}

func lower(s string) string {
	for i := 0; i < len(s); i++ {
		if 'A' <= s[i] && s[i] <= 'Z' {
			b := []byte(s)
			for ; i < len(b); i++ {
				b[i] = foldByte(b[i])
			}
			return string(b)
		}
	}
	return s
}

func isASCII(s string) bool {
	for i := 0; i < len(s); i++ {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

func hasPrefixFold(s, prefix string) bool {
	return len(s) >= len(prefix) && equalFold(s[:len(prefix)], prefix)
}

// field finds a key of a raw object without case. The decoder made sure there is only one.
func field(raw map[string]any, name string) (any, bool) {
	if v, ok := raw[name]; ok {
		return v, true
	}
	for k, v := range raw {
		if equalFold(k, name) {
			return v, true
		}
	}
	return nil, false
}

// isURN says whether key names something by a URN and not by an attribute's plain name.
func isURN(key string) bool { return len(key) > 4 && hasPrefixFold(key, "urn:") }
