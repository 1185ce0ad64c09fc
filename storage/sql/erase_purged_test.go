package sql

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/muster-scim/muster/directory"
	"github.com/muster-scim/muster/policy"
	"github.com/muster-scim/muster/scim"
)

// TestAPurgedPersonIsErasedFromTheAudit purges somebody who left traces wherever one can, and
// erases what the audit still tells, by the id.
func TestAPurgedPersonIsErasedFromTheAudit(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, s *Store) {
		leaveTraces(t, s)
		now := time.Now()
		ctx, d, by := t.Context(), directory.New(s, directory.Options{Now: func() time.Time { return now }}), directory.Admin{ID: "test"}
		user := soleUser(t, d, policy.UserDisabled)
		if err := d.RemoveUser(ctx, by, "main", user.ID, nil); err != nil {
			t.Fatal(err)
		}
		now = now.AddDate(0, 0, 31)
		if err := d.Purge(ctx); err != nil {
			t.Fatal(err)
		}
		names := []string{"ada.lovelace", "countess", "byron-id", "e-1815"}
		if told := tablesSaying(t, s, names); len(told) == 0 {
			t.Fatal("of the purged person nothing is told any more: the test looks in vain")
		}
		if _, err := d.EraseUser(ctx, by, "main", user.ID, "somebody else"); refusal(err) != "confirmationMismatch" {
			t.Errorf("erased under another name: %v", err)
		}
		if _, err := d.EraseUser(ctx, by, "main", uuid.New(), user.UserName); !errors.Is(err, directory.ErrNotFound) {
			t.Errorf("erased somebody who never was: %v", err)
		}
		if _, err := d.EraseUser(ctx, by, "main", user.ID, strings.ToUpper(user.UserName)); err != nil {
			t.Fatal(err)
		}
		if after := tablesSaying(t, s, names); len(after) > 0 {
			t.Errorf("of the erased person there still is\n%s", strings.Join(after, "\n"))
		}
		page, err := d.Events(ctx, directory.EventFilter{User: user.ID.String()}, directory.Listing{Limit: 50})
		if err != nil || len(page.Items) < 4 || page.Items[0].Action != "directory.user.erased" || page.Items[1].Action != "directory.user.purged" {
			t.Errorf("the audit tells %d events of the person (%v), want them to stay", len(page.Items), err)
		}
		if _, err := d.EraseUser(ctx, by, "main", user.ID, user.UserName); !errors.Is(err, directory.ErrNotFound) {
			t.Errorf("erased twice: %v", err)
		}
	})
}

// TestErasingThePurgedLeavesWhoeverHasTheNameNow lets a name be somebody else's by then.
func TestErasingThePurgedLeavesWhoeverHasTheNameNow(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, s *Store) {
		now := time.Now()
		ctx, d, by := t.Context(), directory.New(s, directory.Options{Now: func() time.Time { return now }}), directory.Admin{ID: "test"}
		come := func(title string) directory.User {
			t.Helper()
			u, err := d.CreateLocalUser(ctx, by, "main", scim.Document{"userName": "ada", "title": title})
			if err != nil {
				t.Fatal(err)
			}
			return u
		}
		first := come("countess")
		if err := d.RemoveUser(ctx, by, "main", first.ID, nil); err != nil {
			t.Fatal(err)
		}
		now = now.AddDate(0, 0, 31)
		if err := d.Purge(ctx); err != nil {
			t.Fatal(err)
		}
		come("analyst")
		if _, err := d.EraseUser(ctx, by, "main", first.ID, "ada"); err != nil {
			t.Fatal(err)
		}
		if after := tablesSaying(t, s, []string{"countess"}); len(after) > 0 {
			t.Errorf("of the erased person there still is\n%s", strings.Join(after, "\n"))
		}
		if told := strings.Join(tablesSaying(t, s, []string{"analyst"}), "\n"); !strings.Contains(told, "event_values") || !strings.Contains(told, "users.doc") {
			t.Errorf("of who has the name now only this is left:\n%s", told)
		}
	})
}

// refusal is the code of a refused change.
func refusal(err error) string {
	var refused *directory.RefusedError
	if errors.As(err, &refused) {
		return refused.Code
	}
	return ""
}
