package seal

import (
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Most is how many events a block holds at most.
const Most = 4096

// Place is where an event stands: events are sealed in the order of their positions, and of their
// numbers within one.
type Place struct {
	Position int64 `json:"position"`
	Seq      int64 `json:"seq"`
}

// After says whether p comes behind q.
func (p Place) After(q Place) bool {
	return p.Position > q.Position || p.Position == q.Position && p.Seq > q.Seq
}

// Block seals a run of events and, by the hash of the block before it, everything earlier.
type Block struct {
	Number    int64     `json:"number"`   // the first is 1
	Previous  string    `json:"previous"` // hash of the block before; of the first, ""
	Events    int       `json:"events"`
	First     Place     `json:"first"`
	Last      Place     `json:"last"`
	From      time.Time `json:"from"` // the earliest time of its events
	To        time.Time `json:"to"`   // the latest
	Root      string    `json:"root"` // hex
	Sealed    time.Time `json:"sealed"`
	Key       string    `json:"key"`       // KeyID of the key that signed it
	Hash      string    `json:"hash"`      // hex, of everything above
	Signature string    `json:"signature"` // base64, of the hash
}

// Head names a block and so everything up to it: what the log tells of a sealed block, and what
// shows a cut tail.
type Head struct {
	Number int64
	Hash   string
}

// Head is the block's own.
func (b *Block) Head() Head { return Head{b.Number, b.Hash} }

// String is the form in which heads are told, and ParseHead reads.
func (h Head) String() string { return strconv.FormatInt(h.Number, 10) + ":" + h.Hash }

// ParseHead reads a head as the log and the API tell it, such as 812:9f86d0….
func ParseHead(text string) (Head, error) {
	number, sum, ok := strings.Cut(text, ":")
	n, err := strconv.ParseInt(number, 10, 64)
	raw, bad := hex.DecodeString(sum)
	if !ok || err != nil || n < 1 || bad != nil || len(raw) != sha256.Size {
		return Head{}, fmt.Errorf("%q is no head of the audit; it looks like 812:9f86d081…, the number and the 64 hexadecimal digits that the log tells as \"head\"", text)
	}
	return Head{n, strings.ToLower(sum)}, nil
}

const blockForm = "muster block 1\n"

// sum is the hash of the block's canonical form.
func (b *Block) sum() hash {
	form := append(make([]byte, 0, 512), blockForm...)
	for _, n := range []int64{b.Number, int64(b.Events), b.First.Position, b.First.Seq, b.Last.Position, b.Last.Seq,
		b.From.UnixMicro(), b.To.UnixMicro(), b.Sealed.UnixMicro()} {
		form = binary.BigEndian.AppendUint64(form, uint64(n))
	}
	for _, text := range []string{b.Previous, b.Root, b.Key} {
		form = binary.AppendUvarint(form, uint64(len(text)))
		form = append(form, text...)
	}
	return sha256.Sum256(form)
}

// Signer signs blocks.
type Signer struct {
	private ed25519.PrivateKey
	id      string
}

// NewSigner derives the signing key from 32 secret bytes.
func NewSigner(seed []byte) (*Signer, error) {
	if len(seed) != ed25519.SeedSize {
		return nil, fmt.Errorf("the key that seals the audit must come from %d bytes, not %d", ed25519.SeedSize, len(seed))
	}
	private := ed25519.NewKeyFromSeed(seed)
	s := &Signer{private: private}
	s.id = KeyID(s.Public())
	return s, nil
}

// Public is the key that verifies what the signer signs.
func (s *Signer) Public() ed25519.PublicKey { return s.private.Public().(ed25519.PublicKey) }

// ID is the KeyID of Public.
func (s *Signer) ID() string { return s.id }

// KeyID is how blocks name the key that signed them.
func KeyID(public ed25519.PublicKey) string {
	sum := sha256.Sum256(public)
	return hex.EncodeToString(sum[:8])
}

// FormatKey is a public key as files and commands show it.
func FormatKey(public ed25519.PublicKey) string { return base64.StdEncoding.EncodeToString(public) }

// ParseKey reads what FormatKey wrote.
func ParseKey(text string) (ed25519.PublicKey, error) {
	raw, err := base64.StdEncoding.DecodeString(strings.TrimSpace(text))
	if err != nil || len(raw) != ed25519.PublicKeySize {
		return nil, fmt.Errorf("%q is no public key of the audit; it is the 44 characters that GET /api/v1/audit/integrity shows as publicKey", text)
	}
	return raw, nil
}

// Make seals events, which stand in the order of their places, behind the block before; nil makes
// the first block. Leaves are those of the events: kept beside the block, they tell later which of
// its rows is not as it was.
func (s *Signer) Make(before *Block, events []Event, first, last Place, at time.Time) (b Block, leaves []byte) {
	b = Block{Number: 1, Events: len(events), First: first, Last: last, Sealed: at.UTC().Truncate(time.Microsecond), Key: s.id}
	if before != nil {
		b.Number, b.Previous = before.Number+1, before.Hash
	}
	hashes := make([]hash, len(events))
	for i := range events {
		hashes[i] = events[i].Leaf()
		leaves = append(leaves, hashes[i][:]...)
		if t := events[i].Time.UTC(); i == 0 {
			b.From, b.To = t, t
		} else if t.Before(b.From) {
			b.From = t
		} else if t.After(b.To) {
			b.To = t
		}
	}
	root := Root(hashes)
	b.Root = hex.EncodeToString(root[:])
	sum := b.sum()
	b.Hash = hex.EncodeToString(sum[:])
	b.Signature = base64.StdEncoding.EncodeToString(ed25519.Sign(s.private, sum[:]))
	return b, leaves
}

// signedBy says whether the block's signature is one of that key.
func (b *Block) signedBy(public ed25519.PublicKey) bool {
	signature, err := base64.StdEncoding.DecodeString(b.Signature)
	sum := b.sum()
	return err == nil && KeyID(public) == b.Key && ed25519.Verify(public, sum[:], signature)
}

// State says how far sealing has come.
type State struct {
	Newest  *Block    // nil: there is none yet
	Dropped int64     // blocks whose events retention took
	Waiting int64     // events that no block seals yet; counted up to 10,000
	Oldest  time.Time // the earliest of those
}
