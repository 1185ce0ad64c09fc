package seal

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"time"

	"github.com/google/uuid"
)

// Event is one line of the audit as it is sealed: everything that its row says, and of the clear
// values of people, which are kept apart, no more than a keyed hash.
type Event struct {
	Seq        int64
	ID         uuid.UUID
	Time       time.Time // of microseconds
	Directory  uuid.UUID // uuid.Nil: none; so are those below
	Connector  uuid.UUID
	ActorType  string
	Actor      string
	Action     string
	User       uuid.UUID
	Group      uuid.UUID
	Record     uuid.UUID
	Request    string
	Changes    string // JSON, byte for byte as it is stored
	ValuesHash string // HashValues of what is kept apart; "" if there is nothing

	// Values are what is kept apart, if it is at hand: they are no part of the leaf.
	Values *Values
}

// Values are the clear values of an event, and the key under which they were hashed. Erasing a
// person deletes both: without the key nobody can guess what the hash was of.
type Values struct {
	Data string // JSON, byte for byte
	Salt string // base64
}

// leafForm opens the canonical form of an event; another form would be another opening.
const leafForm = "muster event 1\n"

// Leaf is the hash of the event's canonical form: every field with its length before it, so that
// no two events have one form.
func (e *Event) Leaf() [sha256.Size]byte {
	form := make([]byte, 0, 512)
	form = append(form, 0) // a leaf; nodes of the tree begin with 1
	form = append(form, leafForm...)
	form = binary.BigEndian.AppendUint64(form, uint64(e.Seq))
	form = binary.BigEndian.AppendUint64(form, uint64(e.Time.UnixMicro()))
	for _, id := range []uuid.UUID{e.ID, e.Directory, e.Connector, e.User, e.Group, e.Record} {
		form = append(form, id[:]...)
	}
	for _, text := range []string{e.ActorType, e.Actor, e.Action, e.Request, e.Changes, e.ValuesHash} {
		form = binary.AppendUvarint(form, uint64(len(text)))
		form = append(form, text...)
	}
	return sha256.Sum256(form)
}

// NewSalt is a key for the clear values of one event.
func NewSalt() string {
	salt := make([]byte, sha256.Size)
	rand.Read(salt)
	return base64.RawStdEncoding.EncodeToString(salt)
}

// HashValues is the keyed hash of clear values, which stands in the sealed event for them.
func HashValues(v Values) string {
	mac := hmac.New(sha256.New, []byte(v.Salt))
	mac.Write([]byte(v.Data))
	return hex.EncodeToString(mac.Sum(nil))
}

// hash is one node of the tree.
type hash = [sha256.Size]byte

// Root is the root of the tree over leaves, as RFC 6962, section 2.1 builds it.
func Root(leaves []hash) hash {
	switch len(leaves) {
	case 0:
		return sha256.Sum256(nil)
	case 1:
		return leaves[0]
	}
	half := 1 // the largest power of two below the number of leaves
	for 2*half < len(leaves) {
		half *= 2
	}
	left, right := Root(leaves[:half]), Root(leaves[half:])
	var node [1 + 2*sha256.Size]byte
	node[0] = 1
	copy(node[1:], left[:])
	copy(node[1+sha256.Size:], right[:])
	return sha256.Sum256(node[:])
}
