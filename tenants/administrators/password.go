package administrators

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"fmt"
	"strings"
	"unicode/utf8"

	"golang.org/x/crypto/argon2"
)

// A password is kept as argon2id in PHC form, with the cost that OWASP names first:
//
//	$argon2id$v=19$m=19456,t=2,p=1$<salt>$<hash>
//
// One takes 19 MiB and some 50 ms, so only a few are worked on at once.
const (
	hashMemory  = 19 * 1024 // KiB
	hashTime    = 2
	hashThreads = 1
	saltLength  = 16
	hashLength  = 32
	hashedAt    = 4 // once

	shortestPassword = 12
	longestPassword  = 256
)

// hasher works on passwords, on a few at once.
type hasher struct {
	places chan struct{}
	nobody string // what an unknown administrator's password is compared with
}

func newHasher() *hasher {
	h := &hasher{places: make(chan struct{}, hashedAt)}
	h.nobody = encode(make([]byte, saltLength), make([]byte, hashLength)) // matches nothing
	return h
}

// check says whether a text may be a password.
func checkPassword(password, email string) error {
	switch n := utf8.RuneCountInString(password); {
	case !utf8.ValidString(password):
		return invalid("password", "the password must be UTF-8 text")
	case n < shortestPassword || len(password) > longestPassword:
		return invalid("password", fmt.Sprintf("the password must have %d to %d characters; a few words in a row are easy to remember", shortestPassword, longestPassword))
	case strings.EqualFold(password, email), strings.Count(password, password[:1]) == len(password):
		return invalid("password", "the password is too easy to guess; a few words in a row are easy to remember")
	}
	return nil
}

// hash makes the PHC form of a password.
func (h *hasher) hash(ctx context.Context, password string) (string, error) {
	salt := make([]byte, saltLength)
	rand.Read(salt)
	sum, err := h.sum(ctx, password, salt)
	if err != nil {
		return "", err
	}
	return encode(salt, sum), nil
}

// matches says whether a password is the one behind phc. Without phc it takes as long and is
// false, so the time tells nobody who has an account.
func (h *hasher) matches(ctx context.Context, phc, password string) (bool, error) {
	known := phc != ""
	if !known {
		phc = h.nobody
	}
	salt, want, err := decode(phc)
	if err != nil {
		return false, err
	}
	if len(password) > longestPassword {
		password, known = "", false
	}
	sum, err := h.sum(ctx, password, salt)
	if err != nil {
		return false, err
	}
	return subtle.ConstantTimeCompare(sum, want) == 1 && known, nil
}

func (h *hasher) sum(ctx context.Context, password string, salt []byte) ([]byte, error) {
	select {
	case h.places <- struct{}{}:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	defer func() { <-h.places }()
	return argon2.IDKey([]byte(password), salt, hashTime, hashMemory, hashThreads, hashLength), nil
}

var phcHead = fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$", argon2.Version, hashMemory, hashTime, hashThreads)

func encode(salt, sum []byte) string {
	b := base64.RawStdEncoding
	return phcHead + b.EncodeToString(salt) + "$" + b.EncodeToString(sum)
}

func decode(phc string) (salt, sum []byte, err error) {
	rest, ok := strings.CutPrefix(phc, phcHead)
	first, second, found := strings.Cut(rest, "$")
	if !ok || !found {
		return nil, nil, fmt.Errorf("a stored password is not in the form %s…", phcHead)
	}
	if salt, err = base64.RawStdEncoding.DecodeString(first); err == nil {
		sum, err = base64.RawStdEncoding.DecodeString(second)
	}
	if err != nil || len(salt) != saltLength || len(sum) != hashLength {
		return nil, nil, fmt.Errorf("a stored password is broken")
	}
	return salt, sum, nil
}
