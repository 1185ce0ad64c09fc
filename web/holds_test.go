package web

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/muster-scim/muster/directory"
	"github.com/muster-scim/muster/policy"
)

// holding is a directory with two held changes of acme-okta.
type holding struct {
	*effective
	filter  directory.HoldFilter
	decided directory.HoldDecision
	window  directory.ExpectedChange
}

var heldID = uuid.MustParse("0193f2a4-7c1e-7d0a-9b5f-3c2d1e0f9a8b")

func (h *holding) Holds(_ context.Context, _ string, f directory.HoldFilter, _ directory.Listing) (directory.HoldPage, error) {
	h.filter = f
	return directory.HoldPage{Counts: directory.Sizes{Users: 1, Memberships: 1}, Page: directory.Page[directory.HoldRow]{Items: []directory.HoldRow{
		{ID: heldID, User: heldID, UserName: "ada", Group: heldID, GroupName: "jira-users", Kind: directory.LossMembership, Subject: "jira-users",
			Detail: directory.HoldDetail{Why: "a limit", Because: policy.Reason{Code: policy.CodeNotSent, Connector: "acme-okta"}}},
		{ID: heldID, User: heldID, UserName: "ada", Kind: directory.LossDisable, Detail: directory.HoldDetail{Before: "active", After: "disabled"}},
	}}}, h.err
}

func (h *holding) HoldCounts(context.Context) ([]directory.HoldCount, error) {
	return []directory.HoldCount{{Connector: "acme-okta", Sizes: directory.Sizes{Keys: 3}, Since: time.Unix(0, 0)}}, nil
}

func (h *holding) DecideHolds(_ context.Context, _ directory.Admin, _ string, d directory.HoldDecision) (directory.HoldsDecided, error) {
	h.decided = d
	return directory.HoldsDecided{Applied: 2, Left: 1}, nil
}

func (h *holding) ExpectChange(_ context.Context, by directory.Admin, _ string, length time.Duration, reason string) (directory.ExpectedChange, error) {
	h.window = directory.ExpectedChange{Until: time.Unix(0, 0).Add(length), Created: time.Unix(0, 0), Reason: reason, By: by.ID}
	return h.window, nil
}

func (h *holding) ReadExpectedChange(context.Context, string) (directory.ExpectedChange, error) {
	return h.window, nil
}

func (h *holding) EndExpectedChange(context.Context, directory.Admin, string) error {
	h.window = directory.ExpectedChange{}
	return nil
}

func newHolding(t *testing.T) (*desk, *holding) {
	d := newDesk(t)
	h := &holding{effective: d.people}
	d.api.effective = h
	return d, h
}

func TestHeldChangesSayWhatBecauseAndWhy(t *testing.T) {
	t.Parallel()
	d, h := newHolding(t)
	answer := d.do(http.MethodGet, Base+"/connectors/acme-okta/holds?user=ada&group=jira-users&kind=membership", "").wants(http.StatusOK).body
	for _, part := range []string{
		`"op":"removeMembership","user":{"id":"0193f2a4-7c1e-7d0a-9b5f-3c2d1e0f9a8b","userName":"ada"},"group":{"id":"0193f2a4-7c1e-7d0a-9b5f-3c2d1e0f9a8b","displayName":"jira-users"}`,
		`"because":{"code":"notSent","connector":"acme-okta","sentence":"acme-okta does not send this group for this user."},"why":"a limit"`,
		`"op":"disableUser"`, `"before":"active","after":"disabled"`, `"counts":{"users":1,"memberships":1,"keys":0},"next":null`,
	} {
		if !strings.Contains(answer, part) {
			t.Errorf("the answer lacks %s:\n%s", part, answer)
		}
	}
	if h.filter.User != "ada" || h.filter.Group != "jira-users" || h.filter.Kind != directory.LossMembership {
		t.Errorf("asked for %+v", h.filter)
	}
	if answer := d.do(http.MethodGet, Base+"/holds", "").wants(http.StatusOK).body; !strings.Contains(answer, `{"connector":"acme-okta","counts":{"users":0,"memberships":0,"keys":3},"since":"1970-01-01T00:00:00Z"}`) {
		t.Errorf("all connectors: %s", answer)
	}
}

func TestADecisionSaysWhichHeldChangesItMeans(t *testing.T) {
	t.Parallel()
	d, h := newHolding(t)
	const path = Base + "/connectors/acme-okta/holds/decisions"
	for _, body := range []string{`{"decision":"apply"}`, `{"decision":"apply","all":false}`, `{"decision":"apply","filter":{}}`,
		`{"decision":"apply","all":true,"filter":{"user":"ada"}}`, `{"decision":"maybe","all":true}`} {
		d.do(http.MethodPost, path, body).wants(http.StatusUnprocessableEntity)
	}
	if h.decided.Comment != "" || h.decided.Discard {
		t.Errorf("decided %+v", h.decided)
	}
	if got := d.do(http.MethodPost, path, `{"decision":"discard","ids":["`+heldID.String()+`"],"comment":"why"}`).wants(http.StatusOK).body; strings.TrimSpace(got) != `{"applied":2,"discarded":0,"withdrawn":0,"left":1}` {
		t.Errorf("answered %s", got)
	}
	if !h.decided.Discard || h.decided.Comment != "why" || len(h.decided.Filter.IDs) != 1 {
		t.Errorf("decided %+v", h.decided)
	}
	d.do(http.MethodPost, path, `{"decision":"apply","filter":{"group":"jira-users"}}`).wants(http.StatusOK)
	if h.decided.Discard || h.decided.Filter.Group != "jira-users" || h.decided.Filter.IDs != nil {
		t.Errorf("decided %+v", h.decided)
	}
	d.do(http.MethodPost, path, `{"decision":"apply","ids":[]}`).wants(http.StatusOK)
	if h.decided.Filter.IDs == nil {
		t.Error("no ids are taken for all of them")
	}
}

func TestAWindowIsAtMostFourHoursAndHasAReason(t *testing.T) {
	t.Parallel()
	d, _ := newHolding(t)
	const path = Base + "/connectors/acme-okta/expected-change"
	for _, body := range []string{`{"for":"5h","reason":"x"}`, `{"for":"0s","reason":"x"}`, `{"for":"soon","reason":"x"}`, `{"for":"1h","reason":" "}`, `{"for":"1h"}`} {
		d.do(http.MethodPut, path, body).problem(http.StatusUnprocessableEntity, "invalidRequest")
	}
	d.do(http.MethodPut, path, `{"for":"90m","reason":"they leave"}`).wants(http.StatusOK)
	if got := d.do(http.MethodGet, path, "").wants(http.StatusOK).body; !strings.Contains(got, `"until":"1970-01-01T01:30:00Z"`) || !strings.Contains(got, `"reason":"they leave"`) {
		t.Errorf("announced %s", got)
	}
	d.do(http.MethodDelete, path, "").wants(http.StatusNoContent)
	if got := d.do(http.MethodGet, path, "").wants(http.StatusOK).body; !strings.Contains(got, `"until":null`) {
		t.Errorf("ended %s", got)
	}
}
