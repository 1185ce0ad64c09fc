package directory

import (
	"context"
	"iter"
	"time"

	"github.com/google/uuid"

	"github.com/muster-scim/muster/directory/importfile"
)

// ImportStore keeps imports and their rows.
type ImportStore interface {
	// Import reads an import of a directory; ErrNotFound when there is none.
	Import(ctx context.Context, directory, id uuid.UUID) (Import, error)
	// Imports lists the imports of a directory, the newest first.
	Imports(ctx context.Context, directory uuid.UUID, l Listing) (Page[Import], error)
	// OpenImports are those of every directory that is not removed that are received, checked or applied.
	OpenImports(ctx context.Context) ([]Import, error)
	// ImportLines lists rows as they were staged, with their text.
	ImportLines(ctx context.Context, directory, id uuid.UUID, f ImportFilter, l Listing) (Page[ImportRow], error)
	// ClearImports deletes staged rows of imports that came to rest: those without a problem of
	// what rests since before the one time, all of what rests since before the other.
	ClearImports(ctx context.Context, rows, problems time.Time) error
}

// ImportTx is what a transaction of a directory does with imports. What it writes comes with
// Changes: NewImport, Import, AddImportRows and ImportRows.
type ImportTx interface {
	// TakeImport locks an import. Without wait, nil when another transaction holds it.
	TakeImport(ctx context.Context, id uuid.UUID, wait bool) (*Import, error)
	// ImportRows reads rows of a kind in order, without their text: those to check, or those to
	// apply, which would do something and did not.
	ImportRows(ctx context.Context, id uuid.UUID, kind importfile.Kind, apply bool, after int64, limit int) ([]ImportRow, error)
	// StagedUsers are the rows of users that any of these texts names: by ref, by key or by the
	// key of the e-mail. Rows with a key only, so none that could not be read.
	StagedUsers(ctx context.Context, id uuid.UUID, refs, keys []string) ([]ImportRow, error)
	// StagedGroups are the first rows of groups with these keys.
	StagedGroups(ctx context.Context, id uuid.UUID, keys []string) (map[string]int64, error)
	// StagedPairs are the first rows of memberships with these pairs: seq and line.
	StagedPairs(ctx context.Context, id uuid.UUID, pairs []string) (map[string][2]int64, error)
}

// Importing is the administrators' side of imports. *Directory implements it.
type Importing interface {
	// CreateImport stages rows and checks them; for as long as wait it waits until that is done.
	// A file that cannot be read is an *importfile.FileError, and nothing of it is kept.
	CreateImport(ctx context.Context, by Admin, directory string, n NewImport, rows iter.Seq2[importfile.Row, error], wait time.Duration) (Import, error)
	Imports(ctx context.Context, directory string, l Listing) (Page[Import], error)
	ReadImport(ctx context.Context, directory string, id uuid.UUID) (Import, error)
	ImportLines(ctx context.Context, directory string, id uuid.UUID, f ImportFilter, l Listing) (Page[ImportRow], error)
	// ApplyImport begins to apply an import whose hash is the one that was read.
	ApplyImport(ctx context.Context, by Admin, directory string, id uuid.UUID, hash, comment string) (Import, error)
	CancelImport(ctx context.Context, by Admin, directory string, id uuid.UUID, comment string) (Import, error)
}

// StagedRows are rows to stage.
type StagedRows struct {
	Import uuid.UUID
	Rows   []ImportRow
}
