package scim

import (
	"fmt"
	"strconv"
	"unicode/utf8"
)

// Values of scimType: RFC 7644 table 9 and RFC 9865 section 2.1.
const (
	TypeInvalidFilter = "invalidFilter"
	TypeTooMany       = "tooMany"
	TypeUniqueness    = "uniqueness"
	TypeMutability    = "mutability"
	TypeInvalidSyntax = "invalidSyntax"
	TypeInvalidPath   = "invalidPath"
	TypeNoTarget      = "noTarget"
	TypeInvalidValue  = "invalidValue"
	TypeInvalidVers   = "invalidVers"
	TypeSensitive     = "sensitive"
	TypeInvalidCursor = "invalidCursor"
	TypeExpiredCursor = "expiredCursor"
	TypeInvalidCount  = "invalidCount"
)

// Error is an answer the client can act on. Detail is one sentence that names the attribute
// and the value; it never holds a password, a token or the inside of the server.
type Error struct {
	Status int
	Type   string // scimType; "" when the RFC has none for it
	Detail string

	unknown bool // it is about a name that the attribute table does not have
}

func (e *Error) Error() string {
	if e.Type == "" {
		return strconv.Itoa(e.Status) + ": " + e.Detail
	}
	return strconv.Itoa(e.Status) + " " + e.Type + ": " + e.Detail
}

// JSON is the body of the answer (RFC 7644 3.12): status is a string there.
func (e *Error) JSON() []byte {
	b := make([]byte, 0, 128+len(e.Detail))
	b = append(b, `{"schemas":["urn:ietf:params:scim:api:messages:2.0:Error"],"status":"`...)
	b = strconv.AppendInt(b, int64(e.Status), 10)
	b = append(b, '"')
	if e.Type != "" {
		b = append(b, `,"scimType":`...)
		b = appendString(b, e.Type)
	}
	b = append(b, `,"detail":`...)
	b = appendString(b, e.Detail)
	return append(b, '}')
}

// NewError makes an error without a scimType, such as 404 or 412.
func NewError(status int, format string, args ...any) *Error {
	return &Error{Status: status, Detail: fmt.Sprintf(format, args...)}
}

// The constructors below are named by their scimType.

func InvalidSyntax(format string, args ...any) *Error {
	return &Error{Status: 400, Type: TypeInvalidSyntax, Detail: fmt.Sprintf(format, args...)}
}

func InvalidValue(format string, args ...any) *Error {
	return &Error{Status: 400, Type: TypeInvalidValue, Detail: fmt.Sprintf(format, args...)}
}

func InvalidPath(format string, args ...any) *Error {
	return &Error{Status: 400, Type: TypeInvalidPath, Detail: fmt.Sprintf(format, args...)}
}

func InvalidFilter(format string, args ...any) *Error {
	return &Error{Status: 400, Type: TypeInvalidFilter, Detail: fmt.Sprintf(format, args...)}
}

func NoTarget(format string, args ...any) *Error {
	return &Error{Status: 400, Type: TypeNoTarget, Detail: fmt.Sprintf(format, args...)}
}

func Mutability(format string, args ...any) *Error {
	return &Error{Status: 400, Type: TypeMutability, Detail: fmt.Sprintf(format, args...)}
}

func TooMany(format string, args ...any) *Error {
	return &Error{Status: 400, Type: TypeTooMany, Detail: fmt.Sprintf(format, args...)}
}

func InvalidCursor(format string, args ...any) *Error {
	return &Error{Status: 400, Type: TypeInvalidCursor, Detail: fmt.Sprintf(format, args...)}
}

func ExpiredCursor(format string, args ...any) *Error {
	return &Error{Status: 400, Type: TypeExpiredCursor, Detail: fmt.Sprintf(format, args...)}
}

// Uniqueness is the 409 of a value that another resource of the same space holds.
func Uniqueness(format string, args ...any) *Error {
	return &Error{Status: 409, Type: TypeUniqueness, Detail: fmt.Sprintf(format, args...)}
}

func unknownName(format string, args ...any) *Error {
	e := InvalidFilter(format, args...)
	e.unknown = true
	return e
}

// shown is a client's text fit for a Detail: quoted, and cut when it is long.
func shown(s string) string {
	const most = 80
	if len(s) > most {
		cut := most
		for cut > 0 && !utf8.RuneStart(s[cut]) {
			cut--
		}
		s = s[:cut] + "…"
	}
	return strconv.Quote(s)
}
