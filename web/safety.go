package web

import (
	"context"
	"net/http"
	"time"

	"github.com/muster-scim/muster/policy"
)

// NewSafetyJudgement asks what safety limits mean now.
type NewSafetyJudgement struct {
	Rules *Rules `json:"rules,omitempty" doc:"A draft of rules; left out, those in force."`
}

// SafetyJudgement is what safety limits mean for a connector at this moment.
type SafetyJudgement struct {
	Window   string          `json:"window" doc:"The window." example:"1h"`
	Off      bool            `json:"off,omitempty" doc:"There is no limit."`
	Until    *time.Time      `json:"until,omitempty" doc:"A large change is announced: nothing counts until then."`
	Counters []SafetyCounter `json:"counters" nullable:"false" doc:"Users, memberships and keys."`
}

// SafetyCounter is how much a connector has taken away, and how much it may.
type SafetyCounter struct {
	Kind      string `json:"kind" enum:"users,memberships,keys" doc:"What is counted: users disabled or deleted, memberships that end, userNames and e-mails that are rewritten."`
	Supported int    `json:"supported" doc:"The most that the connector supported within the window; of keys, its users."`
	Lost      int    `json:"lost" doc:"What the connector took away within the window."`
	Limit     int    `json:"limit" doc:"What a window lets through; more is held."`
	LostInDay int    `json:"lostInDay" doc:"What it took away within 24 hours."`
	DayLimit  int    `json:"dayLimit" doc:"What 24 hours let through."`
}

type judgeSafety struct {
	OfConnector
	Body NewSafetyJudgement
}

type safetyOut struct{ Body SafetyJudgement }

func (a *API) addSafety() {
	route(a, operation{method: http.MethodPost, path: "/connectors/{c}/safety/judgement", id: "judgeSafety", tag: "Holds", role: reads(theConnector), missing: noConnector,
		status:      http.StatusOK,
		summary:     "Say what a connector's safety limits let through now",
		description: "And how much of it is used up: by the rules in force, or by a draft. Nothing is kept.",
		errors:      map[int]string{http.StatusUnprocessableEntity: "The draft cannot be used (`invalidRules`); `errors` names the place."},
	}, func(ctx context.Context, in *judgeSafety) (*safetyOut, error) {
		var draft *policy.Rules
		if in.Body.Rules != nil {
			draft = &in.Body.Rules.Rules
		}
		now, err := a.effective.SafetyNow(ctx, in.Connector, draft)
		if err != nil {
			return nil, err
		}
		out := SafetyJudgement{Window: now.Safety.Window.String(), Off: now.Safety.Off, Until: when(now.Until), Counters: []SafetyCounter{}}
		for _, n := range now.Counters {
			out.Counters = append(out.Counters, SafetyCounter(n))
		}
		return &safetyOut{out}, nil
	})
}
