package administrators

import (
	"crypto/rand"
	"crypto/sha256"
	"strings"
)

// TokenPrefix begins every API token, so that a scanner recognises one that leaked.
const TokenPrefix = "msa_"

const hintLength = 4

// newSecret is 260 random bits as text: of a session, a token or a link.
func newSecret() string { return rand.Text() + rand.Text() }

// secretLength is how long newSecret's texts are.
const secretLength = 52

// Hash is what is kept of a secret. Secrets are random, so a plain hash is as good as a slow one.
type Hash [sha256.Size]byte

func hashOf(secret string) Hash { return sha256.Sum256([]byte(secret)) }

// IsToken says whether a text has the form of an API token. What has not is not looked up.
func IsToken(text string) bool {
	secret, ok := strings.CutPrefix(text, TokenPrefix)
	return ok && len(secret) == secretLength
}
