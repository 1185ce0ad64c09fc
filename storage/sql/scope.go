package sql

import (
	"errors"

	"github.com/google/uuid"
)

// scope says in whose space a transaction works. Statements name it themselves; on PostgreSQL the
// row policies (migrations/postgres/00003_row_policies.sql) hold them to it. The zero scope is
// refused: whoever forgets to name one finds out at once, on either database.
type scope struct {
	directory uuid.UUID
	connector uuid.UUID
	reach     reach
}

// reach is how far beyond its connector's own records a scope goes.
type reach int

const (
	ownSpace       reach = iota // only the connector's own records; users and groups of the directory
	wholeDirectory              // the records of every connector that is bound to the directory
	everything                  // all connectors and directories
	nothing                     // neither connectors nor directories
)

// everythingText is everything as the row policies know it.
const everythingText = "everything"

// everyConnector is the scope of what goes through the whole deployment: looking up who calls,
// lists over all directories, tenants.
var everyConnector = scope{reach: everything}

// noConnector is the scope of what belongs to the deployment itself: its keys, its replicas, the
// planner's statistics.
var noConnector = scope{reach: nothing}

var errNoScope = errors.New("a transaction without a scope: name the connector, the directory, everyConnector or noConnector")

// ofConnector is the scope of a connector's reads: it knows nothing of the directory.
func ofConnector(id uuid.UUID) scope { return scope{connector: id} }

// ofDirectory is the scope of a directory's administrators and of its workers.
func ofDirectory(id uuid.UUID) scope { return scope{directory: id, reach: wholeDirectory} }

// inDirectory is the scope of a connector's changes: its own records, and the people and groups
// of its directory. Without a connector it is the whole directory's.
func inDirectory(directory, connector uuid.UUID) scope {
	if connector == uuid.Nil {
		return ofDirectory(directory)
	}
	return scope{directory: directory, connector: connector}
}

// settling queues what f queues with the whole directory in reach. Settling a person takes the
// records that other connectors hold of it; everything else a connector's transaction does stays
// with its own.
func (t *tx) settling(f func()) {
	if !t.pg() || t.scope.reach != ownSpace || t.scope.directory == uuid.Nil {
		f()
		return
	}
	t.exec(nil, "select set_config('app.reach', ?, true)", scopeText(t.scope.directory))
	f()
	t.exec(nil, "select set_config('app.reach', ?, true)", t.scope.reachText())
}

// owned is the condition that a row belongs to the transaction's scope: to its connector, or,
// for administrators and workers, to its directory. prefix is an alias with its dot.
func (t *tx) owned(prefix string) (condition string, arg any) {
	if t.scope.connector != uuid.Nil {
		return prefix + "connector_id = ?", t.scope.connector
	}
	return prefix + "directory_id = ?", t.scope.directory
}

// ownedEdge is owned for member rows, which know their connector only.
func (t *tx) ownedEdge(prefix string) (condition string, arg any) {
	if t.scope.connector != uuid.Nil {
		return prefix + "connector_id = ?", t.scope.connector
	}
	return prefix + "connector_id in (select id from connectors where directory_id = ?)", t.scope.directory
}

// reachText is the reach as the row policies compare it.
func (sc scope) reachText() string {
	switch sc.reach {
	case ownSpace:
		return scopeText(sc.connector)
	case wholeDirectory:
		return scopeText(sc.directory)
	case everything:
		return everythingText
	}
	return ""
}

// scopeText is the id as the row policies compare it; empty for none.
func scopeText(id uuid.UUID) string {
	if id == uuid.Nil {
		return ""
	}
	return id.String()
}
