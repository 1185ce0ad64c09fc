package directory

import (
	"context"
	"time"

	"github.com/google/uuid"

	"github.com/muster-scim/muster/policy"
)

// SafetyStore is what limits and holds need of a database besides settling.
type SafetyStore interface {
	// Holds lists the held lines of a connector, the oldest first.
	Holds(ctx context.Context, directory, connector uuid.UUID, f HoldFilter, l Listing) (Page[HoldRow], error)
	// HoldCounts counts the held lines of every connector that has any, by slug.
	HoldCounts(ctx context.Context) ([]HoldCount, error)
	// HeldOf counts the held lines of a connector that match.
	HeldOf(ctx context.Context, directory, connector uuid.UUID, f HoldFilter) (Sizes, error)
	// ExpectedChange is a connector's announced window; the zero value when there is none.
	ExpectedChange(ctx context.Context, directory, connector uuid.UUID) (ExpectedChange, error)
	// Measured is when a connector was last measured; zero if it never was.
	Measured(ctx context.Context, directory, connector uuid.UUID) (time.Time, error)
	// ForgetLosses deletes what no window looks at any more: rows from before a time.
	ForgetLosses(ctx context.Context, before time.Time) error
}

// SafetyTx is what a transaction needs for limits and holds.
type SafetyTx interface {
	// Ledgers locks the counters of connectors, in the order of their ids, against every other
	// transaction until the end of this one, and reads them. It is the last lock a transaction
	// takes. It also looks at groups that so many members would leave: at those that would be
	// empty then, who left them since.
	Ledgers(ctx context.Context, asked []LedgerRequest, leaving map[uuid.UUID]int, since time.Time) (map[uuid.UUID]Ledger, map[uuid.UUID]Peak, error)
	// Measure counts what connectors support now, as far as it is committed.
	Measure(ctx context.Context, connectors []uuid.UUID) (map[uuid.UUID]Sizes, error)
	// Discarded finds the users of some records, of the scope's connector, for whom the loss of
	// a group of that key was discarded.
	Discarded(ctx context.Context, key string, records []uuid.UUID) ([]DiscardedLine, error)
}

// LedgerRequest asks for the counters of a connector: what was let through after Window and
// after Day, and the most it supported after Sized.
type LedgerRequest struct {
	Connector          uuid.UUID
	Window, Day, Sized time.Time
}

// Ledger is what was counted of a connector.
type Ledger struct {
	Window, Day Sizes     // let through since then
	Total       Sizes     // the running numbers of its rows
	Last        time.Time // of its newest row
	Most        Sizes     // of the measurements since then
	Measured    time.Time // the newest of them; zero if there is none
	Until       time.Time // of an announced window; zero if there is none
}

// Peak is how many members a group has, counted up to one more than would leave it; and, where
// that empties it, how many users left it before.
type Peak struct{ Members, Left int }

// DiscardedLine is a discarded line with the record of its user.
type DiscardedLine struct{ Hold, Record, User uuid.UUID }

// LossRow counts what a transaction lets through of a connector and a kind: users, memberships
// or keys.
type LossRow struct {
	Connector uuid.UUID
	Kind      string
	N, Total  int
	At        time.Time
}

// SizeRow is a measurement of a connector.
type SizeRow struct {
	Connector uuid.UUID
	At        time.Time
	Sizes
}

// HoldState says whether a line waits for a decision or stays undone by one.
type HoldState string

// The states of a hold. One that is applied or withdrawn is no more.
const (
	Held      HoldState = "held"
	Discarded HoldState = "discarded"
)

// HoldRow is a line that stays undone: a loss of one user.
type HoldRow struct {
	ID, Connector, User, Group uuid.UUID
	Kind                       LossKind
	Subject                    string // as in Loss: the key of the group as it is called now
	State                      HoldState
	Detail                     HoldDetail
	Created, Decided           time.Time

	UserName, GroupName string // in lists only
}

// HoldDetail is what is said of a hold.
type HoldDetail struct {
	Why     string        `json:"why"`     // completes "A change is held back: …"
	Because policy.Reason `json:"because"` // why the line would end
	Before  string        `json:"before,omitempty"`
	After   string        `json:"after,omitempty"`
	Basis   string        `json:"basis,omitempty"` // of a discarded line: it stands while this is so
	By      string        `json:"by,omitempty"`
	Comment string        `json:"comment,omitempty"`
}

// ExpectedChange is a window in which a connector's losses are let through.
type ExpectedChange struct {
	Until, Created time.Time
	Reason, By     string
}

// ExpectedRow announces a window; Until zero ends it.
type ExpectedRow struct {
	Connector uuid.UUID
	ExpectedChange
}
