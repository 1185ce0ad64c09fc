package web

import (
	"context"
	"encoding/json"
	"errors"
	"reflect"
	"strings"
	"testing"

	"github.com/muster-scim/muster/directory"
	"github.com/muster-scim/muster/policy"
)

func TestAnAnswerIsNarrowedWhateverFormItHas(t *testing.T) {
	t.Parallel()
	v := &view{tenants: map[string]bool{"mine": true}, connectors: map[string]bool{"own": true}, directories: map[string]bool{"main": true}}
	ctx := v.into(t.Context())
	detail := func() UserDetail {
		return UserDetail{
			Memberships: []Membership{{Because: Because{Connector: "foreign", Pattern: "hidden"}}, {Because: Because{Connector: "own"}}},
			Dropped:     []Membership{{Group: GroupRef{DisplayName: "hidden"}, Because: Because{Connector: "foreign"}}},
			Records:     []Record{{Connector: "own", Tenant: "mine"}, {Connector: "foreign", Tenant: "hidden"}},
			GivenBy:     map[string]string{"title": "foreign", "name": "own"},
		}
	}
	plain, past := detail(), PastUser{Memberships: []PastMembership{{Because: Because{Connector: "foreign"}}, {Because: Because{Connector: "own"}}}}
	for name, answer := range map[string]any{
		"a body":           &struct{ Body UserDetail }{plain},
		"one of two forms": &userDetailOut{Body: UserAnswer{now: new(detail())}},
		"the other form":   &userDetailOut{Body: UserAnswer{past: &past}},
		"in an interface":  &struct{ Body any }{detail()},
		"in a list":        &Listed[UserDetail]{Body: List[UserDetail]{Items: []UserDetail{detail()}}},
	} {
		err := narrow(ctx, answer)
		text, _ := json.Marshal(answer)
		if err != nil || strings.Contains(string(text), "foreign") || strings.Contains(string(text), "hidden") || !strings.Contains(string(text), anotherTenant) || !strings.Contains(string(text), "own") {
			t.Errorf("%s: %s (%v)", name, text, err)
		}
	}
	if err := narrow(ctx, &struct{ Body UserDetail }{}); !errors.Is(err, directory.ErrNotFound) {
		t.Errorf("a user without an own record: %v", err)
	}
	if err := narrow(t.Context(), &struct{ Body UserDetail }{}); err != nil {
		t.Errorf("without a limit: %v", err)
	}
}

func limitedView() *view {
	return &view{tenants: map[string]bool{"mine": true}, connectors: map[string]bool{"own-okta": true}, directories: map[string]bool{"main": true},
		others: map[string]bool{"foreign-okta": true}}
}

func TestAnAnswerToWhyTellsNothingOfAnotherTenant(t *testing.T) {
	t.Parallel()
	own := Because{Code: "notSent", Connector: "own-okta", Sentence: "own-okta does not send it."}
	why := &Why{Because: own, Sentence: "neither does own-okta or foreign-okta send this group for this user.",
		Steps: []WhyStep{
			{Step: "received", Connector: "own-okta", Detail: "own-okta holds a record."},
			{Step: "received", Connector: "foreign-okta", Detail: "foreign-okta holds hidden."},
			{Step: "settled", Detail: "ada is active. The membership was ended by the credential \"hidden\", in request hidden: hidden rules.", untold: "ada is active.",
				Said: &Said{Credential: "hidden"}, Reason: &Because{Connector: "foreign-okta", Pattern: "hidden"}},
		},
		WouldChange: []WhyOtherwise{
			{By: "idp", Connector: "own-okta", Sentence: "Take the user out at the IdP of own-okta."},
			{By: "idp", Connector: "own-okta", Sentence: "That alone would not do: foreign-okta always assigns hidden."},
		}}
	out := &whyOut{Body: *why}
	err := narrow(limitedView().into(t.Context()), out)
	text, _ := json.Marshal(out)
	if err != nil || strings.Contains(string(text), "foreign-okta") || strings.Contains(string(text), "hidden") {
		t.Errorf("%s (%v)", text, err)
	}
	if len(out.Body.Steps) != 2 || len(out.Body.WouldChange) != 1 || out.Body.Sentence != own.Sentence {
		t.Errorf("what is the caller's own is not whole: %s", text)
	}
}

func TestAnAnswerToWhyTellsNothingOfWhatAnotherTenantHolds(t *testing.T) {
	t.Parallel()
	held := "foreign-okta has disabled 100 users within 1h, more than its limit of hidden."
	out := &whyOut{Body: Why{Code: "held", Sentence: "It is held: " + held, Because: Because{Code: "held", Detail: held, Sentence: "It is held: " + held}}}
	err := narrow(limitedView().into(t.Context()), out)
	text, _ := json.Marshal(out)
	if err != nil || strings.Contains(string(text), "foreign-okta") || strings.Contains(string(text), "hidden") || strings.Contains(string(text), "held") {
		t.Errorf("%s (%v)", text, err)
	}
}

func TestAnEventTellsNoReasonOfAnotherTenant(t *testing.T) {
	t.Parallel()
	e := Event{Connector: "own-okta", Changes: json.RawMessage(`{"group":"g","origin":"idp","because":{"code":"neverAssign","connector":"foreign-okta","pattern":"hidden"},"n":12345678901234567890}`)}
	if !e.conceal(limitedView()) || string(e.Changes) != `{"because":{"code":"anotherTenant"},"group":"g","n":12345678901234567890,"origin":"idp"}` {
		t.Errorf("%s", e.Changes)
	}
	e.Changes = json.RawMessage(`{"because":{"code":"held","detail":"foreign-okta has disabled 100 users within 1h."}}`)
	if !e.conceal(limitedView()) || string(e.Changes) != `{"because":{"code":"anotherTenant"}}` {
		t.Errorf("%s", e.Changes)
	}
	for _, kept := range []string{`{"because":{"code":"notSent","connector":"own-okta"},"z":1,"a":2}`, ""} {
		if e.Changes = json.RawMessage(kept); !e.conceal(limitedView()) || string(e.Changes) != kept {
			t.Errorf("%s became %s", kept, e.Changes)
		}
	}
	if e.Connector = "foreign-okta"; e.conceal(limitedView()) {
		t.Error("another tenant's event is shown")
	}
}

func TestTheLinesOfAStalePlanTellNothingOfAnotherTenant(t *testing.T) {
	t.Parallel()
	stale := &directory.PlanStaleError{Lines: []directory.PlanLine{{UserName: "ada", Because: policy.Reason{Code: policy.CodeNeverAssign, Connector: "foreign-okta", Pattern: "hidden"}}}}
	for limited, ctx := range map[bool]context.Context{false: t.Context(), true: limitedView().into(t.Context())} {
		text, _ := json.Marshal((&API{}).problemOf(ctx, stale, ""))
		if hidden := !strings.Contains(string(text), "hidden"); hidden != limited || !strings.Contains(string(text), "ada") {
			t.Errorf("limited %v: %s", limited, text)
		}
	}
}

func TestTotalsOfAPlanTellNoReasonOfAnotherTenant(t *testing.T) {
	t.Parallel()
	v := &view{connectors: map[string]bool{"own": true}, others: map[string]bool{"foreign": true}}
	totals := &Listed[PlanTotal]{Body: List[PlanTotal]{Items: []PlanTotal{
		{Because: &Because{Code: "neverAssign", Connector: "own", Pattern: "x"}, Losses: 2},
		{Because: &Because{Code: "alwaysAssign", Connector: "foreign", List: "alwaysAssign", Pattern: "secret"}, Losses: 3},
	}}}
	if !v.narrow(reflect.ValueOf(totals)) {
		t.Fatal("nothing is left")
	}
	own, foreign := totals.Body.Items[0], totals.Body.Items[1]
	if own.Because.Pattern != "x" || own.Losses != 2 || foreign.Losses != 3 || foreign.Because.Code != anotherTenant || foreign.Because.Pattern != "" || foreign.Because.Connector != "" {
		t.Errorf("got %+v of %+v and %+v of %+v", own, own.Because, foreign, foreign.Because)
	}
}
