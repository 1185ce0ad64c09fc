package webhook

import (
	"context"
	"time"

	"github.com/google/uuid"

	"github.com/muster-scim/muster/directory"
)

// Webhook is an address that is told of changes.
type Webhook struct {
	ID          uuid.UUID
	DirectoryID uuid.UUID // zero: of every directory
	Directory   string    // by name
	URL         string
	Description string
	Types       []string // none: all
	State       State
	Reason      Reason // why it is disabled

	Secret    []byte // encrypted
	OldSecret []byte // encrypted; nil: there is none
	OldUntil  time.Time

	Cursor       int64 // events up to this number are among the deliveries, or not wanted
	Failures     int   // in a row
	FailingSince time.Time
	NextAt       time.Time // nothing is sent before then
	LastSuccess  time.Time
	LastError    string

	CreatedAt, UpdatedAt time.Time
	Version              int64
}

// State says whether a webhook is sent to.
type State string

// The states of a webhook.
const (
	Enabled  State = "enabled"
	Disabled State = "disabled"
)

// Reason says why a webhook is disabled.
type Reason string

// The reasons. An administrator's is empty.
const (
	ReasonGone    Reason = "gone"    // the receiver answered 410
	ReasonFailing Reason = "failing" // nothing was taken for disableAfter
)

// Backlog is what a webhook has not taken yet.
type Backlog struct {
	Pending int       // deliveries that wait
	Oldest  time.Time // when the oldest of them was made; zero: there is none
	Behind  int       // events behind the cursor, wanted or not; counted up to 10,000
	Failed  int       // deliveries that were given up, and are still listed
}

// Change says what of a webhook to change; nil stays.
type Change struct {
	URL         *string
	Description *string
	Types       *[]string
	State       *State
}

// Delivery is one event for one webhook.
type Delivery struct {
	ID       uuid.UUID
	Webhook  uuid.UUID
	Seq      int64 // the event's number
	Event    uuid.UUID
	Type     string
	Ordered  uuid.UUID // what has the same is sent one after the other
	State    Progress
	Attempts int
	NextAt   time.Time
	FirstAt  time.Time // the first attempt; zero: there was none
	LastAt   time.Time
	Status   int // of the last answer; 0: none came
	Error    string
	Took     time.Duration // of the last attempt
	Created  time.Time
}

// Progress says how far a delivery has come.
type Progress string

// How far a delivery can have come.
const (
	Pending   Progress = "pending"
	Delivered Progress = "delivered"
	Failed    Progress = "failed"
)

// Codes of problems.
const (
	CodeWebhookUnknown  = "webhookUnknown"
	CodeDeliveryUnknown = "deliveryUnknown"
	CodeTooMany         = "tooManyWebhooks"
	CodeURL             = "invalidUrl"
	CodeSecret          = "invalidSecret"
	CodeSecretLost      = "secretUnreadable"
)

// Store keeps webhooks and what is to be sent to them. Each method is one transaction, durable when
// it returns nil. What an administrator changes is an event of the context's actor. Refusals are
// *tenants.Problem.
type Store interface {
	// CreateWebhook makes a webhook whose Directory, if it has one, is there; ErrUnknown,
	// ErrTaken when there are most of them. A cursor below zero is behind what is there.
	CreateWebhook(ctx context.Context, w Webhook, most int) (Webhook, error)
	// Webhooks lists all webhooks in the order of their making, with what they have not taken of
	// the events up to through.
	Webhooks(ctx context.Context, through int64) ([]Webhook, map[uuid.UUID]Backlog, error)
	// UpdateWebhook changes a webhook if match accepts its version (nil: any); ErrUnknown,
	// ErrVersion. Enabling one that was disabled lets it start afresh with what waits.
	UpdateWebhook(ctx context.Context, id uuid.UUID, match func(version int64) bool, c Change) (Webhook, error)
	// DeleteWebhook deletes a webhook with its deliveries; ErrUnknown.
	DeleteWebhook(ctx context.Context, id uuid.UUID) error
	// ReplaceWebhookSecret makes secret the one that signs; the one before signs too until then.
	ReplaceWebhookSecret(ctx context.Context, id uuid.UUID, secret []byte, until time.Time) (Webhook, error)
	// Deliveries lists those of a webhook, the newest first; a state of "" is any. ErrUnknown.
	Deliveries(ctx context.Context, id uuid.UUID, state Progress, l directory.Listing) (directory.Page[Delivery], error)
	// Redeliver makes a delivery pending again, beside the order of the others; ErrUnknown.
	Redeliver(ctx context.Context, id, delivery uuid.UUID) (Delivery, error)

	Work
}

// Work is what a Worker needs. A lease is a worker's until a time: who works for a webhook holds
// it, so that one process at a time does.
type Work interface {
	// WebhooksDue are the enabled webhooks whose cursor is below through, or for which a delivery
	// is due, and that nobody else holds.
	WebhooksDue(ctx context.Context, worker string, through int64) ([]uuid.UUID, error)
	// LeaseWebhook takes or prolongs the lease of an enabled webhook; false: somebody has it, or
	// there is nothing to send to.
	LeaseWebhook(ctx context.Context, id uuid.UUID, worker string, length time.Duration) (Webhook, bool, error)
	// ReleaseWebhook gives the lease back.
	ReleaseWebhook(ctx context.Context, id uuid.UUID, worker string) error
	// FillWebhook makes deliveries of the wanted events behind the cursor, up to through, until
	// window of them wait, and moves the cursor. It returns the deliveries that wait, the oldest
	// first, and whether events are left.
	FillWebhook(ctx context.Context, w Webhook, worker string, through int64, window int) (waiting []Delivery, more bool, err error)
	// FeedItems reads events by their numbers. Those that are not kept any more are not among them.
	FeedItems(ctx context.Context, seqs []int64) (map[int64]directory.FeedItem, error)
	// KeepRound writes down what came of a round; what a worker that lost its lease found out is
	// not kept, as another one finds it out too. A webhook that is disabled by it gets an event. Of
	// one that an administrator changed since the lease the deliveries alone are written down, and
	// what waits is due at once: a new address does not rest, or end, for what the old one did.
	KeepRound(ctx context.Context, id uuid.UUID, worker string, r Round) error
	// DropDeliveries deletes what is not pending any more and older than before.
	DropDeliveries(ctx context.Context, before time.Time) (int64, error)
}
