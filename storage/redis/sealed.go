package redis

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"hash"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/muster-scim/muster/tenants"
)

const (
	// format is part of the name of every value. It must change with the shape of what is
	// sealed, so that replicas of two versions do not read each other's: what one of them has
	// never heard of must not count as absent. A test compares the shape.
	format = "e5"

	valueTTL = 5 * time.Second // of what the database said

	// A value counts between these ages by this process's clock. Whoever wrote it may have a
	// clock that is ahead by as much as the first says; so ten seconds are the most.
	youngest = -2 * time.Second
	oldest   = 8 * time.Second
)

// keyring derives the names and seals of one deployment from its key.
type keyring struct {
	prefix string
	name   mac // of credentials and addresses
	proof  mac // of the hashes of secrets
	seal   mac // of values
}

func newKeyring(key []byte) *keyring {
	derived := func(purpose string) []byte {
		m := hmac.New(sha256.New, key)
		m.Write([]byte("redis " + purpose))
		return m.Sum(nil)
	}
	k := &keyring{prefix: "muster:" + hex.EncodeToString(derived("deployment")[:8]) + ":"}
	k.name.init(derived("names"))
	k.proof.init(derived("proofs"))
	k.seal.init(derived("seals"))
	return k
}

// place is where the keys of one connector lie: on one node of a cluster, as the slug in braces
// alone decides about it.
type place string

// place returns the place of a connector. The empty slug, for requests that name no connector
// there could be, has one too.
func (k *keyring) place(slug string) place {
	if slug == "" {
		slug = "-" // no slug is like that
	}
	return place(k.prefix + "{" + slug + "}:")
}

func (p place) epoch() string { return string(p) + "epoch" }
func (p place) turns() string { return string(p) + "turns" }

// value is the name of what is known under a credential's look-up key.
func (k *keyring) value(p place, lookupKey string) string {
	return string(p) + format + ":" + short(k.name.of("credential", lookupKey))
}

// failures is the name of an address's failed authentications.
func (k *keyring) failures(p place, address string) string {
	return string(p) + "f:" + short(k.name.of("address", address))
}

// proofOf is what scripts compare instead of the hash of a secret.
func (k *keyring) proofOf(hash [32]byte) string {
	sum := k.proof.of(string(hash[:]))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

// short is 128 bits of a hash, as letters.
func short(sum [32]byte) string { return base64.RawURLEncoding.EncodeToString(sum[:16]) }

// noProof is the proof of what no secret opens.
const noProof = "-"

// finding is what a look-up found for a connector: an entry, or that there is none.
type finding struct {
	unknown  bool
	entry    tenants.Entry // without the hash of its secret, which stays where it was presented
	proof    string        // of the secret that opens it, at this connector
	rate     tenants.Rate
	patience time.Duration
	read     time.Time // when the database was asked
	seal     string    // tells it from every other one
	sealed   string    // all of it, as Redis gets it; only of what was looked up here

	lease lease // since Redis was last asked for it
}

// content is what of a finding only this program reads.
type content struct {
	Credential tenants.Credential
	Connector  tenants.Connector
	Consumer   *tenants.Consumer
	Rate       tenants.Rate
}

// A value is one line for the scripts, and then the content as JSON, or nothing if there is no
// entry:
//
//	<seal> <proof> <epoch> <interval> <window> <patience> <read>⏎
//
// with times in microseconds. The seal is of the value's name and all that follows it.

// close seals the finding under a name, for an epoch.
func (k *keyring) close(f *finding, name, epoch string) error {
	var text []byte
	var interval, window time.Duration
	if !f.unknown {
		var err error
		if text, err = json.Marshal(content{f.entry.Credential, f.entry.Connector, f.entry.Consumer, f.rate}); err != nil {
			return fmt.Errorf("writing an entry for Redis: %w", err)
		}
		if !f.rate.None() {
			interval, window = f.rate.Interval(), f.rate.Window()
		}
	}
	line := fmt.Sprintf("%s %s %d %d %d %d\n", f.proof, epoch,
		interval.Microseconds(), window.Microseconds(), f.patience.Microseconds(), f.read.UnixMicro())
	body := line + string(text)
	f.seal = k.sealOf(name, body)
	f.sealed = f.seal + " " + body
	return nil
}

// open reads a value. It is false for what this deployment has not sealed under that name.
func (k *keyring) open(name, value string) (*finding, bool) {
	seal, body, _ := strings.Cut(value, " ")
	if !hmac.Equal([]byte(seal), []byte(k.sealOf(name, body))) {
		return nil, false
	}
	line, text, _ := strings.Cut(body, "\n")
	fields := strings.Fields(line)
	if len(fields) != 6 {
		return nil, false
	}
	patience, err1 := strconv.ParseInt(fields[4], 10, 64)
	read, err2 := strconv.ParseInt(fields[5], 10, 64)
	if err1 != nil || err2 != nil {
		return nil, false
	}
	f := &finding{
		unknown: text == "", proof: strings.Clone(fields[0]), seal: strings.Clone(seal), // and not the whole value with them
		patience: time.Duration(patience) * time.Microsecond, read: time.UnixMicro(read),
	}
	if f.unknown {
		return f, true
	}
	var c content
	if json.Unmarshal([]byte(text), &c) != nil {
		return nil, false
	}
	f.entry.Credential, f.entry.Connector, f.entry.Consumer, f.rate = c.Credential, c.Connector, c.Consumer, c.Rate
	return f, true
}

func (k *keyring) sealOf(name, body string) string {
	sum := k.seal.of(name, body)
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

// current says whether the finding is young enough.
func (f *finding) current(now time.Time) bool {
	age := now.Sub(f.read)
	return age >= youngest && age <= oldest
}

// mac makes HMAC-SHA-256 with one key. It may be used by several goroutines.
type mac struct{ pool sync.Pool }

func (m *mac) init(key []byte) {
	m.pool.New = func() any { return hmac.New(sha256.New, key) }
}

// of is the code of several texts, which cannot be mistaken for that of other ones.
func (m *mac) of(parts ...string) (sum [32]byte) {
	h := m.pool.Get().(hash.Hash)
	defer m.pool.Put(h)
	h.Reset()
	var length [8]byte
	for _, part := range parts {
		binary.BigEndian.PutUint64(length[:], uint64(len(part)))
		h.Write(length[:])
		h.Write([]byte(part))
	}
	h.Sum(sum[:0])
	return sum
}
