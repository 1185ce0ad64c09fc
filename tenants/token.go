package tenants

import (
	"crypto/sha256"
	"crypto/subtle"
	"fmt"
	"hash/crc32"
	"io"
	"strings"
)

// A token is mst_<key id>_<secret>_<checksum>, all in base 62:
//
//	mst_ 0123456789abcdef _ <43 characters, 256 bits> _ 6 characters, CRC-32 of all before
//
// The key id finds its credential; the hash of the whole token proves it. The checksum lets a
// mistyped or invented token fail without a look-up, and a scanner recognise one that leaked.
//
// The secret of an OAuth client is of the same form, mss_…, and its key id is the client id. It
// opens nothing but the token endpoint.
const (
	tokenPrefix   = "mst_"
	secretPrefix  = "mss_"
	prefixLength  = len(tokenPrefix) // of either
	keyIDLength   = 16
	secretLength  = 43
	checkLength   = 6
	tokenLength   = prefixLength + keyIDLength + 1 + secretLength + 1 + checkLength
	hintLength    = 4
	base62Letters = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
)

// TokenKey is the look-up key of a token's key id.
func TokenKey(keyID string) string { return "t:" + keyID }

// BasicKey is the look-up key of a Basic pair. Neither part can hold a colon.
func BasicKey(slug, username string) string { return "b:" + slug + ":" + username }

// ClientKey is the look-up key of an OAuth client.
func ClientKey(clientID string) string { return "o:" + clientID }

// EntraKey is the look-up key of what a connector takes of an Entra tenant's tokens.
func EntraKey(slug, tenant string) string { return "e:" + slug + ":" + tenant }

// newToken makes a token, or a client's secret, and its key id.
func newToken(random io.Reader, prefix string) (token, keyID string, err error) {
	keyID, err = randomText(random, keyIDLength)
	if err != nil {
		return "", "", err
	}
	secret, err := randomText(random, secretLength)
	if err != nil {
		return "", "", err
	}
	body := prefix + keyID + "_" + secret
	return body + "_" + checksum(body), keyID, nil
}

// parseToken returns the key id of a well-formed token; ok is false for everything else.
func parseToken(token, prefix string) (keyID string, ok bool) {
	if len(token) != tokenLength || !strings.HasPrefix(token, prefix) {
		return "", false
	}
	body, check := token[:tokenLength-checkLength-1], token[tokenLength-checkLength:]
	keyID, secret, found := strings.Cut(body[prefixLength:], "_")
	if !found || len(keyID) != keyIDLength || token[tokenLength-checkLength-1] != '_' {
		return "", false
	}
	if !isBase62(keyID) || !isBase62(secret) || check != checksum(body) {
		return "", false
	}
	return keyID, true
}

// secretHash is what is kept of a secret. Secrets are 256 random bits, so a plain hash is as
// good as a slow one.
func secretHash(secret string) [32]byte { return sha256.Sum256([]byte(secret)) }

// sameHash compares in a time that tells nothing.
func sameHash(a, b [32]byte) bool { return subtle.ConstantTimeCompare(a[:], b[:]) == 1 }

// hint is what may be shown of a secret later.
func hint(secret string) string { return secret[len(secret)-hintLength:] }

// checksum is the CRC-32 of body in base 62.
func checksum(body string) string {
	n := crc32.ChecksumIEEE([]byte(body))
	var out [checkLength]byte
	for i := checkLength - 1; i >= 0; i-- {
		out[i] = base62Letters[n%62]
		n /= 62
	}
	return string(out[:])
}

// randomText is n random base 62 letters, each as likely as the others.
func randomText(random io.Reader, n int) (string, error) {
	const fair = 256 - 256%62 // bytes from here on would favour the first letters
	out := make([]byte, 0, n)
	var buffer [64]byte
	for {
		if _, err := io.ReadFull(random, buffer[:]); err != nil {
			return "", fmt.Errorf("reading random bytes: %w", err)
		}
		for _, b := range buffer {
			if b < fair {
				out = append(out, base62Letters[b%62])
			}
			if len(out) == n {
				return string(out), nil
			}
		}
	}
}

func isBase62(s string) bool {
	for i := range len(s) {
		c := s[i]
		if (c < '0' || c > '9') && (c < 'A' || c > 'Z') && (c < 'a' || c > 'z') {
			return false
		}
	}
	return true
}
