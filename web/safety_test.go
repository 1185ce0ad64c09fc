package web

import (
	"context"
	"net/http"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/muster-scim/muster/directory"
	"github.com/muster-scim/muster/policy"
)

// limiting is a directory of which a connector has lost something.
type limiting struct {
	*effective
	draft *policy.Rules
}

func (l *limiting) SafetyNow(_ context.Context, _ string, draft *policy.Rules) (directory.SafetyNow, error) {
	l.draft = draft
	return directory.SafetyNow{Safety: policy.Safety{Window: policy.Duration(2 * time.Hour)}, Counters: []directory.SafetyCounter{
		{Kind: "users", Supported: 40, Lost: 2, Limit: 4, LostInDay: 3, DayLimit: 12}}}, l.err
}

func TestSafetyLimitsAreJudgedByTheRulesInForceOrADraft(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	l := &limiting{effective: d.people}
	d.api.effective = l
	const path = Base + "/connectors/acme-okta/safety/judgement"
	var got SafetyJudgement
	d.do(http.MethodPost, path, `{}`).wants(http.StatusOK).into(&got)
	want := SafetyJudgement{Window: "2h", Counters: []SafetyCounter{{Kind: "users", Supported: 40, Lost: 2, Limit: 4, LostInDay: 3, DayLimit: 12}}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if l.draft != nil {
		t.Errorf("without a draft, %+v was judged", l.draft)
	}
	d.do(http.MethodPost, path, `{"rules":{"safety":{"losses":7}}}`).wants(http.StatusOK)
	if l.draft == nil || l.draft.Safety.Losses != 7 || l.draft.Safety.MembershipLosses != policy.DefaultSafety().MembershipLosses {
		t.Errorf("the draft that was judged is %+v", l.draft)
	}
	d.do(http.MethodPost, path, `{"rules":{"safety":{"nonsense":7}}}`).wants(http.StatusUnprocessableEntity)
}
