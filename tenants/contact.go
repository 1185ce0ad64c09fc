package tenants

import (
	"time"

	"github.com/google/uuid"
)

// Heard is one request, as far as it tells how a connector and its IdP get on with each other.
type Heard struct {
	Slug       string    // of the connector that it was for; need not exist
	Diagnosis  Diagnosis // what is wrong with the way it came; "": nothing
	Version    string    // of SCIM, "1.1" or "2.0"; "" before one was found
	Method     string
	Route      string // the pattern of its path, such as "/Users/{id}"; "" before one was found
	Status     int    // of the answer
	Credential uuid.UUID
	Hint       string // what may be shown of what was presented: the end of a secret, a user name
	Agent      string // User-Agent; kept is the last
}

// Contact is what is kept of requests that are alike in all but their time and User-Agent.
type Contact struct {
	Heard
	CredentialName string // while the credential is there
	Count          int64
	First, Last    time.Time
}

// Good says whether the IdP got through: whatever the answer was, it was one to its question.
func (c Contact) Good() bool {
	return c.Credential != uuid.Nil && (c.Diagnosis == OldBody || c.Diagnosis == "" && c.Status < 500)
}

// Diagnosis says what is wrong with the way a request comes to a connector.
type Diagnosis string

const (
	NoCredential      Diagnosis = "noCredential"      // no Authorization header, or an empty one
	BadHeader         Diagnosis = "badHeader"         // several, or one that holds no token and no pair
	WrongToken        Diagnosis = "wrongToken"        // a token that is nobody's: mistyped, cut off, deleted, another product's
	WrongPassword     Diagnosis = "wrongPassword"     // a user name of the connector, with another password
	UnknownUser       Diagnosis = "unknownUser"       // a user name that the connector does not have
	OtherConnector    Diagnosis = "otherConnector"    // a credential of another connector
	UsedElsewhere     Diagnosis = "usedElsewhere"     // the connector's credential, at the address of another one
	Expired           Diagnosis = "expired"           // a credential whose time is over
	OutsideNetworks   Diagnosis = "outsideNetworks"   // a credential that may not be used from there
	ReadOnlyUsed      Diagnosis = "readOnly"          // a change with a credential that may only read
	ConnectorDisabled Diagnosis = "connectorDisabled" // the connector is switched off
	DoubledPath       Diagnosis = "doubledPath"       // the base URL twice, or a part of it
	UnknownPath       Diagnosis = "unknownPath"       // a path that there is nothing at
	PlainHTTP         Diagnosis = "plainHTTP"         // http, where the public URL is https
	OldBody           Diagnosis = "oldBody"           // a SCIM 1.1 body at the base URL of 2.0; it is taken
	TooMany           Diagnosis = "tooMany"           // over a limit
)

// ours are the diagnoses that only somebody with a credential of this deployment can cause: what
// else is wrong may be anybody on the Internet trying doors.
var ours = map[Diagnosis]bool{OtherConnector: true, UsedElsewhere: true, Expired: true, OutsideNetworks: true,
	ReadOnlyUsed: true, ConnectorDisabled: true, DoubledPath: true, TooMany: true}

// Contacted is how far a connector and its IdP have come.
type Contacted string

const (
	Waiting   Contacted = "waiting"   // nothing has come yet
	Connected Contacted = "connected" // the last that came was well
	Trouble   Contacted = "trouble"   // something comes, and it cannot work
)

// State says how far a connector and its IdP have come, by what was kept of the requests. Before
// the first good one whatever is wrong is trouble; after it only what a stranger cannot cause.
func State(contacts []Contact) Contacted {
	var good, bad, known time.Time
	for _, c := range contacts {
		switch {
		case c.Good():
			good = later(good, c.Last)
		case ours[c.Diagnosis]:
			known = later(known, c.Last)
			fallthrough
		case c.Diagnosis != "":
			bad = later(bad, c.Last)
		}
	}
	switch {
	case good.IsZero() && bad.IsZero():
		return Waiting
	case good.IsZero(), known.After(good):
		return Trouble
	}
	return Connected
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}
