package oidc

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
)

// trip is a sign-in that is under way.
type trip struct {
	State    string `json:"s"`
	Nonce    string `json:"n"`
	Verifier string `json:"v"`
	Back     string `json:"b"`
	Until    int64  `json:"u"`
}

// seal closes trips so that their browser can keep them and neither read nor change them.
type seal struct{ aead cipher.AEAD }

func newSeal(key []byte) (*seal, error) {
	if len(key) == 0 {
		return nil, errors.New("sealing sign-ins needs a key")
	}
	sum := sha256.Sum256(key)
	block, err := aes.NewCipher(sum[:])
	if err != nil {
		return nil, err
	}
	aead, err := cipher.NewGCMWithRandomNonce(block)
	return &seal{aead}, err
}

func (s *seal) close(t trip) (string, error) {
	text, err := json.Marshal(t)
	if err != nil {
		return "", err
	}
	return base64.RawURLEncoding.EncodeToString(s.aead.Seal(nil, nil, text, nil)), nil
}

func (s *seal) open(text string) (t trip, err error) {
	if text == "" {
		return t, errors.New("the browser remembers no sign-in; cookies may be off, or it began elsewhere")
	}
	closed, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil {
		return t, fmt.Errorf("what the browser remembers is broken: %w", err)
	}
	open, err := s.aead.Open(nil, nil, closed, nil)
	if err != nil {
		return t, fmt.Errorf("what the browser remembers was not sealed here: %w", err)
	}
	return t, json.Unmarshal(open, &t)
}
