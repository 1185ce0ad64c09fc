package sql

import (
	"strings"
	"testing"
	"time"

	"github.com/muster-scim/muster/directory"
	"github.com/muster-scim/muster/directory/importfile"
)

// TestAnImportThatIsAppliedLastMinuteKeepsItsRows lets an administrator apply an import between the
// look for imports that have waited too long and the deletion of their rows.
func TestAnImportThatIsAppliedLastMinuteKeepsItsRows(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, s *Store) {
		ctx, d, by := t.Context(), directory.New(s, directory.Options{Now: time.Now}), directory.Admin{ID: "test"}
		waiting, err := d.CreateImport(ctx, by, "main", directory.NewImport{Source: "file", Format: "csv"},
			importfile.Read(strings.NewReader("userName\nada\n"), importfile.Options{Format: importfile.CSV}), time.Minute)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := d.ApplyImport(ctx, by, "main", waiting.ID, waiting.Hash, ""); err != nil {
			t.Fatal(err)
		}
		if err := s.clearImport(ctx, waiting, clearedGood, " and code = ''"); err != nil {
			t.Fatal(err)
		}
		if err := d.Drain(ctx); err != nil {
			t.Fatal(err)
		}
		done, err := d.ReadImport(ctx, "main", waiting.ID)
		if err != nil || done.State != directory.ImportDone || done.Applied.UsersCreated != 1 {
			t.Errorf("the import is %s and has made %d users (%v), want one", done.State, done.Applied.UsersCreated, err)
		}
	})
}
