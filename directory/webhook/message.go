package webhook

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/muster-scim/muster/directory"
)

// mostBody is what a message's body has at most; the scheme advises less than 20 kB.
const mostBody = 20_000

// Message is what is sent: the body of the Standard Webhooks scheme.
type Message struct {
	Type      string    `json:"type"`
	Timestamp time.Time `json:"timestamp"`
	Data      Data      `json:"data"`
}

// Data says what happened. Names are those of now, ids those of then.
type Data struct {
	ID         uuid.UUID       `json:"id"`                  // of the event, as in webhook-id
	Sequence   int64           `json:"sequence,omitempty"`  // of the event: its place in the feed
	Directory  string          `json:"directory,omitempty"` // by name
	Connector  string          `json:"connector,omitempty"` // behind it, by slug
	User       *Ref            `json:"user,omitempty"`
	Group      *Ref            `json:"group,omitempty"`
	Request    string          `json:"request,omitempty"` // behind it
	Changes    json.RawMessage `json:"changes,omitempty"` // as the audit tells them
	Incomplete bool            `json:"incomplete,omitempty"`
}

// Ref names a user or a group.
type Ref struct {
	ID          uuid.UUID `json:"id"`
	UserName    string    `json:"userName,omitempty"`
	DisplayName string    `json:"displayName,omitempty"`
}

// body is the message about an event. What would be too long for one is left out, and said to be.
func body(kind string, e directory.FeedItem) ([]byte, error) {
	m := Message{Type: kind, Timestamp: e.Time.UTC(), Data: Data{ID: e.ID, Sequence: e.Seq, Directory: e.Directory, Connector: e.Connector,
		Request: e.Request, Changes: e.Changes}}
	if e.User != uuid.Nil {
		m.Data.User = &Ref{ID: e.User, UserName: e.UserName}
	}
	if e.Group != uuid.Nil {
		m.Data.Group = &Ref{ID: e.Group, DisplayName: e.GroupName}
	}
	text, err := json.Marshal(m)
	if err == nil && len(text) > mostBody {
		m.Data.Changes, m.Data.Incomplete = nil, true
		text, err = json.Marshal(m)
	}
	if err != nil {
		return nil, fmt.Errorf("writing the message about event %s: %w", e.ID, err)
	}
	return text, nil
}

// testType is the type of a message that an administrator sends to see whether it is taken.
const testType = "webhook.test"

func testBody(id uuid.UUID, at time.Time) ([]byte, error) {
	return json.Marshal(Message{Type: testType, Timestamp: at.UTC(), Data: Data{ID: id}})
}
