package webhook

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/muster-scim/muster/tenants"
)

// Secrets look as the Standard Webhooks scheme wants them: 24 to 64 random bytes.
const (
	secretPrefix = "whsec_"
	secretBytes  = 32
	leastSecret  = 24
	mostSecret   = 64
)

// Headers of the scheme.
const (
	HeaderID        = "webhook-id"
	HeaderTimestamp = "webhook-timestamp"
	HeaderSignature = "webhook-signature"
)

// newSecret makes a secret.
func newSecret() []byte {
	secret := make([]byte, secretBytes)
	rand.Read(secret)
	return secret
}

// formatSecret is a secret as it is shown, once.
func formatSecret(secret []byte) string {
	return secretPrefix + base64.StdEncoding.EncodeToString(secret)
}

// parseSecret reads a secret that somebody brings along.
func parseSecret(text string) ([]byte, error) {
	secret, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(text, secretPrefix))
	if err != nil || len(secret) < leastSecret || len(secret) > mostSecret {
		return nil, &tenants.Problem{Kind: tenants.ErrInvalid, Code: CodeSecret, Field: "secret",
			Detail: "secret must be whsec_ and 24 to 64 random bytes in base64, or be left out: then one is made"}
	}
	return secret, nil
}

// sign is the value of the header with signatures: one for each secret, so that a receiver may
// know either.
func sign(id string, at time.Time, body []byte, secrets ...[]byte) string {
	said := make([]string, len(secrets))
	for i, secret := range secrets {
		mac := hmac.New(sha256.New, secret)
		mac.Write([]byte(id + "." + strconv.FormatInt(at.Unix(), 10) + "."))
		mac.Write(body)
		said[i] = "v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil))
	}
	return strings.Join(said, " ")
}

// vault encrypts secrets by a key of the deployment, each for one webhook.
type vault struct{ box cipher.AEAD }

func newVault(key []byte) (vault, error) {
	block, err := aes.NewCipher(key)
	if err != nil {
		return vault{}, fmt.Errorf("preparing the secrets of webhooks: %w", err)
	}
	box, err := cipher.NewGCM(block)
	if err != nil {
		return vault{}, fmt.Errorf("preparing the secrets of webhooks: %w", err)
	}
	return vault{box}, nil
}

func (v vault) lock(id uuid.UUID, secret []byte) []byte {
	nonce := make([]byte, v.box.NonceSize())
	rand.Read(nonce)
	return v.box.Seal(nonce, nonce, secret, id[:])
}

// errSecretLost says that a secret was encrypted by another key than the deployment has.
var errSecretLost = errors.New("the webhook's secret cannot be read: MUSTER_SECRET_KEY is another one than when it was made. Make a new secret: muster webhooks rotate")

func (v vault) open(id uuid.UUID, locked []byte) ([]byte, error) {
	if len(locked) < v.box.NonceSize() {
		return nil, errSecretLost
	}
	secret, err := v.box.Open(nil, locked[:v.box.NonceSize()], locked[v.box.NonceSize():], id[:])
	if err != nil {
		return nil, errSecretLost
	}
	return secret, nil
}

// secrets are those that sign now, the newest first.
func (v vault) secrets(w Webhook, now time.Time) ([][]byte, error) {
	secret, err := v.open(w.ID, w.Secret)
	if err != nil {
		return nil, err
	}
	all := [][]byte{secret}
	if len(w.OldSecret) > 0 && now.Before(w.OldUntil) {
		if old, err := v.open(w.ID, w.OldSecret); err == nil {
			all = append(all, old)
		}
	}
	return all, nil
}
