package tenants

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/muster-scim/muster/policy"
	"github.com/muster-scim/muster/scim"
)

// Consumer is an application that reads one directory, and nothing else: it sees the directory's
// users and groups, never a connector's records, and changes nothing.
type Consumer struct {
	ID          uuid.UUID
	DirectoryID uuid.UUID
	Directory   string         // the directory's name
	Name        string         // unique in its directory by key form
	Handle      string         // by which caches and limits know it: what the key ids of its tokens begin with
	Attributes  []string       // of users that it may see, in schema case; none: all but what is sensitive
	Groups      []policy.Entry // of the groups that it may see, and of whose members; none: all
	CreatedAt   time.Time
	UpdatedAt   time.Time
	Version     int64

	Tokens []ConsumerToken `json:"-"` // in the order of their making; only where it is listed
}

// ConsumerToken is one way in for a consumer. The token itself is shown once and never kept.
type ConsumerToken struct {
	ID         uuid.UUID
	Hint       string    // its last four characters
	ExpiresAt  time.Time // zero: never
	LastUsedAt time.Time // zero: never; written at most once a minute
	CreatedAt  time.Time
}

// State says what the token's end means now.
func (t ConsumerToken) State(now time.Time) CredentialState {
	return Credential{ExpiresAt: t.ExpiresAt}.State(now)
}

// NewConsumer is a consumer to make, with its first token.
type NewConsumer struct {
	Name       string
	Attributes []string
	Groups     []policy.Entry
	ExpiresAt  time.Time // of the token; zero: never

	Handle string           // made by Registry
	Token  NewConsumerToken // made by Registry
}

// NewConsumerToken is a token with what only storage keeps.
type NewConsumerToken struct {
	ConsumerToken
	LookupKey string
	Hash      [32]byte
}

// ConsumerChange says what of a consumer to change; nil stays.
type ConsumerChange struct {
	Name       *string
	Attributes *[]string
	Groups     *[]policy.Entry
}

// Codes of problems with consumers.
const (
	CodeConsumerUnknown = "consumerUnknown"
	CodeConsumerTaken   = "consumerTaken"
	CodeTokenUnknown    = "tokenUnknown"
)

// ConsumerStore keeps the consumers of directories, each method in one transaction with its
// event. A directory that is not there, or was removed, is ErrUnknown with CodeDirectoryUnknown, a
// consumer of another directory is one that is not there. What Lookup finds by ConsumerKey has
// Entry.Consumer set, and a Connector that is none: it only bears the consumer's place in caches
// and limits.
type ConsumerStore interface {
	// CreateConsumer makes a consumer with its first token; ErrTaken (its name).
	CreateConsumer(ctx context.Context, directory string, n NewConsumer) (Consumer, error)
	// Consumers lists the consumers of a directory by name, with their tokens.
	Consumers(ctx context.Context, directory string) ([]Consumer, error)
	// UpdateConsumer changes a consumer if match accepts its version (nil: any); ErrUnknown,
	// ErrTaken, ErrVersion. A change that changes nothing leaves the version.
	UpdateConsumer(ctx context.Context, directory string, id uuid.UUID, match func(version int64) bool, c ConsumerChange) (Consumer, error)
	// DeleteConsumer deletes a consumer with its tokens; ErrUnknown.
	DeleteConsumer(ctx context.Context, directory string, id uuid.UUID) error
	// AddConsumerToken adds a token; ErrUnknown.
	AddConsumerToken(ctx context.Context, directory string, id uuid.UUID, n NewConsumerToken) (ConsumerToken, error)
	// DeleteConsumerToken ends a token of that very consumer; ErrUnknown.
	DeleteConsumerToken(ctx context.Context, directory string, id, token uuid.UUID) error
	// TouchConsumerTokens writes when tokens were last used; never back in time, and without an event.
	TouchConsumerTokens(ctx context.Context, used map[uuid.UUID]time.Time) error
}

// mostAttributes is how many attributes a consumer may name.
const mostAttributes = 100

func (n NewConsumer) checked(now time.Time) (NewConsumer, error) {
	if !n.ExpiresAt.IsZero() && !n.ExpiresAt.After(now) {
		return n, &Problem{Kind: ErrInvalid, Code: CodeInvalid, Field: "expiresAt", Detail: "expiresAt must lie in the future"}
	}
	change, err := ConsumerChange{Name: &n.Name, Attributes: &n.Attributes, Groups: &n.Groups}.checked()
	if err != nil {
		return n, err
	}
	n.Attributes = *change.Attributes
	return n, nil
}

// checked is the change with attributes in the schemas' case, or what is wrong with it.
func (c ConsumerChange) checked() (ConsumerChange, error) {
	if c.Name != nil {
		if err := CheckName("name", *c.Name); err != nil {
			return c, err
		}
	}
	if c.Attributes != nil {
		if len(*c.Attributes) > mostAttributes {
			return c, &Problem{Kind: ErrInvalid, Code: CodeInvalid, Field: "attributes", Detail: fmt.Sprintf("attributes takes at most %d names", mostAttributes)}
		}
		visible, err := scim.ParseVisible(*c.Attributes)
		var wrong *scim.VisibleError
		if errors.As(err, &wrong) {
			field := fmt.Sprintf("attributes[%d]", wrong.Index)
			return c, &Problem{Kind: ErrInvalid, Code: CodeInvalid, Field: field, Detail: field + ": " + wrong.Problem}
		}
		names := visible.Names()
		c.Attributes = &names
	}
	if c.Groups != nil {
		if _, err := policy.CompileNames("groups", *c.Groups); err != nil {
			return c, err
		}
	}
	return c, nil
}
