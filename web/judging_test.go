package web

import (
	"context"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/muster-scim/muster/directory"
	"github.com/muster-scim/muster/policy"
)

// judging is a directory that judges one group.
type judging struct {
	*effective
	hold  chan struct{} // what a judgement waits for; nil: nothing
	asked directory.Judging
}

func (j *judging) JudgeRules(_ context.Context, _ string, asked directory.Judging) (directory.Judgement, error) {
	if j.hold != nil {
		<-j.hold
		return directory.Judgement{}, nil
	}
	j.asked = asked
	return directory.Judgement{
		Problems: []*policy.RuleError{{List: "neverAssign", Index: 1, Problem: "is empty"}}, Found: 7, Complete: true,
		Entries: map[string][]directory.JudgedEntry{"neverAssign": {{Matches: 2}, {}}},
		Counts:  directory.JudgedCounts{Sent: 9, Codes: map[policy.Code]int{policy.CodeNeverAssign: 2}},
		Groups: []directory.JudgedGroup{{Sent: "okta-x", Name: "x", Members: 3, Was: true,
			Because: policy.Reason{Code: policy.CodeNeverAssign, Connector: "acme-okta", List: "neverAssign", Pattern: "x"}}},
	}, nil
}

func TestADraftIsJudgedHalfWrittenWithEveryPlaceAndCount(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	j := &judging{effective: d.people}
	d.api.effective = j
	answer := d.do(http.MethodPost, Base+"/connectors/acme-okta/rules/judgement",
		`{"rules":{"neverAssign":["x",{"is":""}]},"names":["y"],"find":"x","only":"dropped"}`).wants(http.StatusOK).body
	for _, part := range []string{
		`"problems":[{"list":"neverAssign","index":1,"message":"is empty"}]`, `"entries":{"neverAssign":[{"matches":2,"assigned":0},{"matches":0,"assigned":0}]}`,
		`"sent":"okta-x","name":"x","members":3,"assigned":false,"because":{"code":"neverAssign","connector":"acme-okta","list":"neverAssign","pattern":"x",`,
		`"was":true`, `"found":7`, `"codes":{"neverAssign":2}`, `"names":[]`,
	} {
		if !strings.Contains(answer, part) {
			t.Errorf("the answer lacks %s:\n%s", part, answer)
		}
	}
	if a := j.asked; a.Limit != 100 || a.Find != "x" || a.Only != "dropped" || len(a.Names) != 1 || len(a.Rules.NeverAssign) != 2 {
		t.Errorf("asked for %+v", a)
	}
	d.do(http.MethodPost, Base+"/connectors/acme-okta/rules/judgement", `{"rules":{"nonsense":1}}`).wants(http.StatusUnprocessableEntity)
}

func TestNamesThatNoGroupCanHaveAreNotJudged(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.api.effective = &judging{effective: d.people}
	for length, want := range map[int]int{256: http.StatusOK, 257: http.StatusUnprocessableEntity} {
		d.do(http.MethodPost, Base+"/connectors/acme-okta/rules/judgement", `{"rules":{},"names":["`+strings.Repeat("a", length)+`"]}`).wants(want)
	}
}

func TestFewDraftsAreJudgedAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDesk(t)
		j := &judging{effective: d.people, hold: make(chan struct{})}
		d.api.effective = j
		judge := func() *reply {
			return d.do(http.MethodPost, Base+"/connectors/acme-okta/rules/judgement", `{"rules":{}}`)
		}
		var all sync.WaitGroup
		for range mostJudges {
			all.Go(func() { judge().wants(http.StatusOK) })
		}
		synctest.Wait()
		began := time.Now()
		refused := judge()
		refused.problem(http.StatusServiceUnavailable, "busy")
		if waited := time.Since(began); waited != judgePatience || refused.header.Get("Retry-After") == "" {
			t.Errorf("refused after %v, with %v", waited, refused.header)
		}
		all.Go(func() { judge().wants(http.StatusOK) }) // finds a place in time
		synctest.Wait()
		close(j.hold)
		all.Wait()
	})
}
