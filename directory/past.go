package directory

import (
	"context"
	"time"

	"github.com/google/uuid"
)

// Past is what explaining and looking back need of a database. It only reads.
type Past interface {
	// Said finds, for each query, the newest event that fits; a Said without an event where none
	// does. It looks at the newest events of what a query names, some thousands of them.
	Said(ctx context.Context, directory uuid.UUID, queries []SaidQuery) ([]Said, error)

	// GroupNames are names of groups that are in the directory, or that a connector (zero: any of
	// the directory's) sends: at most limit of each, each once.
	GroupNames(ctx context.Context, directory, connector uuid.UUID, limit int) ([]string, error)
	// Affected are users who hold a membership of a group with one of the keys, or have a record
	// of the connector (zero: of any) that sends one; without keys, all that have a record of the
	// connector. They come in the order of their ids, at most limit of them.
	Affected(ctx context.Context, directory, connector uuid.UUID, keys []string, limit int) ([]uuid.UUID, error)

	// RecordNames are the userNames of user records as their IdPs last said them, tombstones'
	// too; those that are not there are left out.
	RecordNames(ctx context.Context, records []uuid.UUID) (map[uuid.UUID]string, error)

	// MembersAt lists who was a member of a group at a time, the newest first, by the events: the
	// last one of each membership, and the last one before that time that tells of the user's status.
	MembersAt(ctx context.Context, directory, group uuid.UUID, at time.Time, l Listing) (Page[PastMember], error)
	// GroupNamesAt are the names that groups had at a time, for those that have been renamed since.
	GroupNamesAt(ctx context.Context, directory uuid.UUID, groups []uuid.UUID, at time.Time) (map[uuid.UUID]string, error)
}

// SaidQuery names the events among which the newest is meant; one of its forms is filled in.
type SaidQuery struct {
	Record    uuid.UUID // of a record: its creation, its deletion, and what mentions Mention
	Connector uuid.UUID // of the connector's group record that goes by GroupKey, mentioning Mention
	GroupKey  string
	Mention   string
	User      uuid.UUID // of a user: with Group of that membership, else of its status
	Group     uuid.UUID
}

// PastMember is a membership as an event told of it.
type PastMember struct {
	User       User // as it is now
	Told       Event
	StatusTold Event // the event that last told of the user's status by then; zero if none
}
