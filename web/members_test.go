package web

import (
	"context"
	"net/http"
	"testing"

	"github.com/google/uuid"

	"github.com/muster-scim/muster/directory"
)

// membered is a directory with one group; it counts the changes of its members.
type membered struct {
	*effective
	changes int
}

func (m *membered) ReadDirectoryGroup(context.Context, string, uuid.UUID) (directory.Group, error) {
	return directory.Group{DisplayName: "vpn"}, nil
}

func (m *membered) ChangeMembers(_ context.Context, _ directory.Admin, _ string, _ uuid.UUID, c directory.MembersChange) ([]directory.MemberResult, error) {
	m.changes++
	return make([]directory.MemberResult, len(c.Users)), nil
}

func TestAMemberChangeWithAnIdThatIsNoneChangesNobody(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	m := &membered{effective: d.people}
	d.api.effective = m
	const path = Base + "/directories/main/groups/0193f2a4-7c1e-7d0a-9b5f-3c2d1e0f9a8b/member-changes"
	const id = `"0193f2a4-7c1e-7d0a-9b5f-3c2d1e0f9a8b"`
	for _, body := range []string{`{"add":[` + id + `],"remove":["ada"]}`, `{"add":["ada"],"remove":[` + id + `]}`, `{}`} {
		d.do(http.MethodPost, path, body).wants(http.StatusUnprocessableEntity)
		if m.changes != 0 {
			t.Fatalf("%s is refused, and somebody was changed", body)
		}
	}
	d.do(http.MethodPost, path, `{"add":[`+id+`],"remove":[`+id+`]}`).wants(http.StatusOK)
	if m.changes != 2 {
		t.Errorf("%d changes, want one that adds and one that removes", m.changes)
	}
}
