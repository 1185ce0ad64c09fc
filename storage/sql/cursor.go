package sql

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"strconv"
	"time"

	"github.com/google/uuid"

	"github.com/muster-scim/muster/scim"
)

// A cursor (RFC 9865) is a position in a list, signed:
//
//	base64url( MAC 16 | version 1 | issued, Unix seconds 8 | id 16 | has key 1 | key … )
//
// The MAC covers the list too: a cursor of another connector, kind, filter or order is as
// invalid as a made-up one. It holds no secret: the key it carries is data of the connector it
// was given to.

// cursorLifetime is how long a cursor leads on after it was given out.
const cursorLifetime = time.Hour

const (
	cursorVersion = 1
	cursorMAC     = 16
	cursorFixed   = cursorMAC + 1 + 8 + 16 + 1
	cursorLongest = 16 << 10
)

// listing is what a cursor is bound to.
type listing struct {
	space      uuid.UUID // the connector, or the directory
	table      string    // user_records, group_records, users, groups
	filter     string    // as the client wrote it
	sort       string    // sortBy, resolved; "" for the order of ids
	descending bool
}

var cursorText = base64.RawURLEncoding.Strict() // only unreserved characters of RFC 3986

// cursor seals a position; now is the time of issue.
func (l listing) cursor(secret []byte, now time.Time, p position) string {
	b := make([]byte, cursorMAC, cursorFixed+32)
	b = append(b, cursorVersion)
	b = binary.BigEndian.AppendUint64(b, uint64(now.Unix()))
	b = append(b, p.ID[:]...)
	if p.Key == nil {
		b = append(b, 0)
	} else {
		b = append(append(b, 1), *p.Key...)
	}
	copy(b, l.mac(secret, b[cursorMAC:]))
	return cursorText.EncodeToString(b)
}

// position opens a cursor. The error is a *scim.Error: invalidCursor for what this list never
// gave out, expiredCursor for what it gave out too long before now.
func (l listing) position(secret []byte, now time.Time, cursor string) (position, error) {
	invalid := scim.InvalidCursor("the cursor is not one of this list: begin again without it, or send the filter and the sorting it was given for")
	if len(cursor) > cursorLongest {
		return position{}, invalid
	}
	b, err := cursorText.DecodeString(cursor)
	if err != nil || len(b) < cursorFixed || !hmac.Equal(b[:cursorMAC], l.mac(secret, b[cursorMAC:])) || b[cursorMAC] != cursorVersion {
		return position{}, invalid
	}
	b = b[cursorMAC+1:]
	issued := time.Unix(int64(binary.BigEndian.Uint64(b)), 0)
	if now.Sub(issued) > cursorLifetime {
		return position{}, scim.ExpiredCursor("the cursor is older than %v: begin again without it", cursorLifetime)
	}
	p := position{ID: uuid.UUID(b[8:24])}
	if b[24] == 1 {
		key := string(b[25:])
		p.Key = &key
	}
	return p, nil
}

func (l listing) mac(secret, payload []byte) []byte {
	h := hmac.New(sha256.New, secret)
	for _, part := range []string{"muster cursor", l.space.String(), l.table, l.filter, l.sort, strconv.FormatBool(l.descending)} {
		h.Write(binary.BigEndian.AppendUint32(nil, uint32(len(part))))
		h.Write([]byte(part))
	}
	h.Write(payload)
	return h.Sum(nil)[:cursorMAC]
}
