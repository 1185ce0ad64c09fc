package tenants

import (
	"crypto/aes"
	"crypto/cipher"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"strings"
	"time"
)

// An access token is mso_<sealed>: the deployment's key seals what a request has to show for it.
//
//	moment of its end, in seconds (8 bytes) | hash of the client's secret (32) | client id (16)
//
// So it is judged like every other credential, by the client's row, and is worth nothing once
// that is gone; it needs no row of its own, and every replica can read it. Whoever holds it
// learns nothing of what is inside.
const (
	accessPrefix = "mso_"
	accessLength = 8 + 32 + keyIDLength

	// AccessLifetime is how long an access token lasts.
	AccessLifetime = time.Hour
)

// Access makes and reads the access tokens of a deployment.
type Access struct{ aead cipher.AEAD }

// NewAccess returns the Access of a deployment's key of 32 bytes, which is for nothing else.
func NewAccess(key []byte) (*Access, error) {
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, fmt.Errorf("preparing access tokens: %w", err)
	}
	aead, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		return nil, fmt.Errorf("preparing access tokens: %w", err)
	}
	return &Access{aead: aead}, nil
}

// seal makes a token for a client that has proved itself.
func (a *Access) seal(clientID string, proof [32]byte, expires time.Time) string {
	plain := binary.BigEndian.AppendUint64(nil, uint64(expires.Unix()))
	plain = append(append(plain, proof[:]...), clientID...)
	return accessPrefix + base64.RawURLEncoding.EncodeToString(a.aead.Seal(nil, nil, plain, nil))
}

// open reads a token of this deployment; ok is false for everything else.
func (a *Access) open(token string) (clientID string, proof [32]byte, expires time.Time, ok bool) {
	text, ours := strings.CutPrefix(token, accessPrefix)
	sealed, err := base64.RawURLEncoding.Strict().DecodeString(text)
	if a == nil || !ours || err != nil {
		return "", proof, expires, false
	}
	plain, err := a.aead.Open(nil, nil, sealed, nil)
	if err != nil || len(plain) != accessLength {
		return "", proof, expires, false
	}
	copy(proof[:], plain[8:40])
	return string(plain[40:]), proof, time.Unix(int64(binary.BigEndian.Uint64(plain)), 0), true
}
