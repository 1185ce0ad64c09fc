package directory

import (
	"time"

	"github.com/google/uuid"

	"github.com/muster-scim/muster/directory/importfile"
	"github.com/muster-scim/muster/scim"
)

// An import brings users, groups and memberships into a directory as local ones. It only adds:
// nobody is disabled, no attribute overwritten, no membership taken away.
//
// Its rows are staged in the database first. Then each is checked, which is the plan; and once an
// administrator has read that, applied. Both go in batches of one transaction, with the place
// that is reached in the same transaction as what was done: killed anywhere, any process goes on
// behind the last batch that is durable, and no row is done twice.
//
//	receiving ─► checking ─► ready ─► running ─► done
//	    └────────────┴─────────┴─────────┴─────► failed, cancelled

// ImportState is how far an import is.
type ImportState string

// The states of an import.
const (
	ImportReceiving ImportState = "receiving" // its rows are still coming in
	ImportChecking  ImportState = "checking"  // what each row would do is being found out
	ImportReady     ImportState = "ready"     // it waits to be applied
	ImportRunning   ImportState = "running"   // it is being applied
	ImportDone      ImportState = "done"
	ImportFailed    ImportState = "failed" // the file could not be read
	ImportCancelled ImportState = "cancelled"
)

// over says whether nothing more happens to the import.
func (s ImportState) over() bool {
	return s == ImportDone || s == ImportFailed || s == ImportCancelled
}

// Import is an import with its statistics.
type Import struct {
	ID, Directory uuid.UUID
	State         ImportState
	Source        string // file, scim
	Name          string // of the file, or the server's address
	Format        string
	Hash          string // names what it would do; empty until it is ready
	Phase         int
	At            int64
	Next          int64
	Rows          int64 // staged
	Done, Total   int64 // rows visited, and to visit, in the present state
	Planned       ImportCounts
	Applied       ImportCounts // rows that have come to their end; while it runs, so far
	Actor         string
	Comment       string
	Problem       string
	Cleared       int64 // 1: rows without a problem are deleted; 2: all are
	Created, Beat time.Time
	Started       time.Time // applying; zero: not yet
	Finished      time.Time
}

func (i *Import) actor() actor { return actor{kind: "admin", id: i.Actor, request: i.ID.String()} }

// ImportResult is what a row does.
type ImportResult string

// The results. The last three are problems: such a row does nothing.
const (
	ImportCreate    ImportResult = "create"    // a user or a group
	ImportFill      ImportResult = "fill"      // a local user gets attributes that it has not
	ImportAdd       ImportResult = "add"       // a membership
	ImportExists    ImportResult = "exists"    // it is there already
	ImportManaged   ImportResult = "managed"   // an IdP manages the user, who stays as he is
	ImportUndone    ImportResult = "undone"    // the rules would take the membership away at once
	ImportAmbiguous ImportResult = "ambiguous" // several users may be meant
	ImportError     ImportResult = "error"
)

// problem says whether a row of this result does nothing that it should.
func (r ImportResult) problem() bool {
	return r == ImportUndone || r == ImportAmbiguous || r == ImportError
}

// ImportCounts are numbers of rows by what they do.
type ImportCounts struct {
	UsersCreated      int64 `json:"usersCreated,omitempty"`
	UsersFilled       int64 `json:"usersFilled,omitempty"`
	UsersThere        int64 `json:"usersThere,omitempty"`
	UsersManaged      int64 `json:"usersManaged,omitempty"`
	GroupsCreated     int64 `json:"groupsCreated,omitempty"`
	GroupsThere       int64 `json:"groupsThere,omitempty"`
	MembershipsAdded  int64 `json:"membershipsAdded,omitempty"`
	MembershipsThere  int64 `json:"membershipsThere,omitempty"`
	MembershipsUndone int64 `json:"membershipsUndone,omitempty"`
	Ambiguous         int64 `json:"ambiguous,omitempty"`
	Errors            int64 `json:"errors,omitempty"`
}

// count counts a row, or takes n off.
func (c *ImportCounts) count(kind importfile.Kind, r ImportResult, n int64) {
	var to *int64
	switch r {
	case ImportAmbiguous:
		to = &c.Ambiguous
	case ImportError:
		to = &c.Errors
	case ImportUndone:
		to = &c.MembershipsUndone
	case ImportFill:
		to = &c.UsersFilled
	case ImportManaged:
		to = &c.UsersManaged
	case ImportAdd:
		to = &c.MembershipsAdded
	case ImportCreate:
		to = &c.UsersCreated
		if kind == importfile.Group {
			to = &c.GroupsCreated
		}
	case ImportExists:
		to = &c.UsersThere
		switch kind {
		case importfile.Group:
			to = &c.GroupsThere
		case importfile.Membership:
			to = &c.MembershipsThere
		}
	default:
		return
	}
	*to += n
}

// Effects is how many rows do something.
func (c ImportCounts) Effects() int64 {
	return c.UsersCreated + c.UsersFilled + c.GroupsCreated + c.MembershipsAdded
}

// ImportRow is a staged row.
type ImportRow struct {
	ID        uuid.UUID
	Seq, Line int64
	Kind      importfile.Kind
	Key       string // of the userName, or of the group's name
	Email     string // key of a user's primary address
	Ref       string // what the source calls a user
	Pair      string // a membership's user and group, once it is checked
	Group     string // displayName
	Member    string // as the file names the user of a membership
	Doc       []byte // of a user
	Text      string // as the file has it; read by lists only

	Planned, Result ImportResult // "": not checked, not applied
	Code            string       // of a problem
	Place           string       // column or attribute
	Value           string       // shortened
	Detail          string       // what to do
	By              string       // what the user was matched by: userName, email
	User            uuid.UUID    // matched or created
}

// fail makes a problem of a row.
func (r *ImportRow) fail(result ImportResult, code, place, value, detail string) {
	r.Planned, r.Code, r.Place, r.Value, r.Detail = result, code, place, importfile.Shortened(value), detail
}

// UserName is what the user of a row is called; empty when the row could not be read.
func (r *ImportRow) UserName() string {
	if len(r.Doc) == 0 {
		return ""
	}
	return r.document().UserName()
}

// document is the user that a row brings.
func (r *ImportRow) document() scim.Document { return scim.ParseDocument(r.Doc) }

// NewImport says what is imported.
type NewImport struct {
	Source string // file, scim
	Name   string
	Format string
}

// ImportFilter narrows the rows of an import; zero fields do not.
type ImportFilter struct {
	Problems bool
	Kind     importfile.Kind
	Result   ImportResult // what came of a row; before it is applied, what would
}
