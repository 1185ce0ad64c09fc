package web

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"github.com/muster-scim/muster/directory"
	"github.com/muster-scim/muster/policy"
)

// Why is the answer to "why is this user, or is it not, in that group?".
type Why struct {
	Answer   string      `json:"answer" enum:"member,notMember" doc:"Whether the user is in the group."`
	Code     policy.Code `json:"code" doc:"The reason, for programs." example:"neverAssign"`
	Sentence string      `json:"sentence" doc:"The reason, for people."`
	Steps    []WhyStep   `json:"steps" nullable:"false" doc:"The way there: what was received, linked, counted, decided and settled."`
}

// WhyStep is one step of the way to an answer.
type WhyStep struct {
	Step   string   `json:"step" doc:"received, linked, counted, lists, directory or settled." example:"lists"`
	Detail string   `json:"detail" doc:"What happened there."`
	Reason *Because `json:"reason,omitempty" doc:"The reason behind the step."`
}

type askWhy struct {
	OfDirectory
	User  string `query:"user" required:"true" maxLength:"1024" doc:"The user's userName or id." example:"ada@acme.example"`
	Group string `query:"group" required:"true" maxLength:"1024" doc:"The group's name." example:"jira-admins"`
}

type whyOut struct {
	Body Why
}

func (a *API) addWhy() {
	route(a, operation{method: http.MethodGet, path: "/directories/{d}/why", id: "why", tag: "Questions",
		missing: noDirectory,
		summary: "Ask why a user is, or is not, in a group",
	}, func(ctx context.Context, in *askWhy) (*whyOut, error) {
		answer, err := a.effective.Why(ctx, in.Directory, in.User, in.Group)
		if err != nil {
			return nil, a.noSuchUser(ctx, in, err)
		}
		return &whyOut{Body: sayWhy(answer, in.Group)}, nil
	})
}

// noSuchUser says which of the two was not found: the user, or already the directory.
func (a *API) noSuchUser(ctx context.Context, in *askWhy, err error) error {
	if !errors.Is(err, directory.ErrNotFound) {
		return err
	}
	if _, again := a.effective.ReadDirectory(ctx, in.Directory); again != nil {
		return again
	}
	return newProblem(http.StatusNotFound, "notFound", fmt.Sprintf(
		"There is no user %s in directory %s. GET /api/v1/directories/%s/users?filter=userName sw \"…\" finds users by name.", in.User, in.Directory, in.Directory))
}

func sayWhy(answer directory.Answer, group string) Why {
	out := Why{Answer: "notMember", Code: answer.Code, Sentence: answer.Sentence, Steps: []WhyStep{}}
	if answer.Member {
		out.Answer = "member"
	}
	for _, s := range answer.Steps {
		step := WhyStep{Step: s.Step, Detail: s.Detail}
		if s.Reason != nil {
			because := sayBecause(*s.Reason, group)
			step.Reason = &because
		}
		out.Steps = append(out.Steps, step)
	}
	return out
}
