package tenants

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"github.com/google/uuid"
)

// Keeping says what is kept of a connector's SCIM requests.
type Keeping string

const (
	KeepAll      Keeping = ""         // every request, with its body redacted
	KeepNoBodies Keeping = "noBodies" // every request without its body, and without what a query asks for
	KeepNothing  Keeping = "off"
)

// keepingAll is KeepAll as it is said outside.
const keepingAll = "on"

// Said is what is kept as it is said outside: on, noBodies or off.
func (k Keeping) Said() string {
	if k == KeepAll {
		return keepingAll
	}
	return string(k)
}

// KeepingSaid reads what Said says.
func KeepingSaid(text string) Keeping {
	if text == keepingAll {
		return KeepAll
	}
	return Keeping(text)
}

// Activity is one SCIM request of a connector, as it is kept: of whom, what it asked, what it was
// answered and what came of it. Nothing secret is in it, nor a value that the connector calls
// sensitive.
type Activity struct {
	Seq  int64     // in the order in which they were written; 0 before
	ID   uuid.UUID // the request's
	Time time.Time // when it came
	Took time.Duration

	Connector, Directory uuid.UUID
	Slug                 string // the connector's, at that time
	Credential           uuid.UUID
	CredentialName       string // at that time
	Address, Agent       string

	Version   string // of SCIM, "1.1" or "2.0"
	Method    string // what it asked for, also where a POST stood for it
	Path      string // below the base URL, with what of the query is SCIM's
	Route     string // the pattern of the path, such as "/Users/{id}"
	Operation string // what it asked in words: "changes a group's members"
	Status    int
	Effect    string // what came of it in words: "3 memberships written, 1 dropped by a rule (neverAssign .*-admins)"
	Detail    string // the sentence of an error's answer

	Resources []uuid.UUID // that the path names or that were made
	Body      json.RawMessage
	Bytes     int64 // of the body, as it came
	Cut       bool  // the body goes on behind what is kept
	Erased    bool  // what could be a person's was taken out, as somebody was erased
}

// ActivityQuery narrows a list of requests; zero fields do not.
type ActivityQuery struct {
	Connector  uuid.UUID
	Credential string     // by name or id
	Method     string     // upper case
	Status     int        // a status, such as 409, or its class: 2, 3, 4, 5
	Failed     bool       // only those with a status from 400 on
	Request    string     // the request's id
	Named      [][]string // only those that name one of each list: ids, userNames, addresses, each whole
	Text       string     // words, each of which is in the request; the last may be the beginning of one
	Since      time.Time
	Until      time.Time
	LongerThan time.Duration
}

// ActivityLimits are how long, and up to what size, requests are kept.
type ActivityLimits struct {
	Age   time.Duration // 0: for ever
	Bytes int64         // of all together, roughly; 0: without a limit
}

// ErrNoActivity says that no request of that id is kept.
var ErrNoActivity = errors.New("no request of that id is kept")

// ActivityStore keeps SCIM requests. None of it is an event, and nothing rests on it.
type ActivityStore interface {
	// KeepActivity adds requests, all in one transaction. One that is kept already, by its id, is
	// passed over.
	KeepActivity(ctx context.Context, requests []Activity) error
	// DropActivity deletes up to most of the oldest requests that are over a limit, and says how
	// many those were.
	DropActivity(ctx context.Context, l ActivityLimits, most int) (dropped int, err error)
	// ActivityByID reads one request; ErrNoActivity.
	ActivityByID(ctx context.Context, id uuid.UUID) (Activity, error)
	// ActivityBehind reads requests whose Seq is above one, in its order, at most so many; of all
	// connectors where connector is zero.
	ActivityBehind(ctx context.Context, connector uuid.UUID, seq int64, most int) ([]Activity, error)
	// ActivitySize says how many requests are kept, and how large they are together, roughly.
	ActivitySize(ctx context.Context) (requests, bytes int64, err error)
}
