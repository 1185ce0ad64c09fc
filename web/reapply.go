package web

import (
	"context"
	"net/http"

	"github.com/muster-scim/muster/directory"
)

// Reapplication is what came of settling one user again, or would.
type Reapplication struct {
	Preview bool         `json:"preview" doc:"Nothing of it was done."`
	Changes []PlanChange `json:"changes" nullable:"false" doc:"What changed, in the order in which it was done; empty when everything was as it should be."`
	Held    []Hold       `json:"held" nullable:"false" doc:"What stays undone of the user until somebody decides: a safety limit holds it."`
}

type reapplyUser struct {
	OfDirectory
	ByID
	Preview bool `query:"preview" doc:"Only say what would come of it."`
}

type reapplicationOut struct{ Body Reapplication }

func (a *API) addReapplication() {
	route(a, operation{method: http.MethodPost, path: "/directories/{d}/users/{id}/reapplication", id: "reapplyUser", tag: "Users", role: helps(theUser), missing: noUser,
		status:  http.StatusOK,
		summary: "Settle one user again",
		description: "By its records and the rules as they are now, without its IdPs. Where everything is as it should be nothing changes, however often it is done. " +
			"What is held stays held, and what would be taken away counts against the safety limits, as when an IdP asks for it. With `preview` nothing is done and the answer is the same.",
	}, func(ctx context.Context, in *reapplyUser) (*reapplicationOut, error) {
		id, err := parseID(in.ID)
		if err != nil {
			return nil, err
		}
		reapply := a.effective.ReapplyUser
		if in.Preview {
			reapply = a.effective.PreviewReapply
		}
		done, err := reapply(ctx, admin(ctx), in.Directory, id)
		if err != nil {
			return nil, err
		}
		return &reapplicationOut{Body: sayReapplied(done, in.Preview)}, nil
	})
}

func sayReapplied(r directory.Reapplied, preview bool) Reapplication {
	out := Reapplication{Preview: preview, Changes: []PlanChange{}, Held: []Hold{}}
	for _, l := range r.Lines {
		out.Changes = append(out.Changes, sayLine(l))
	}
	for _, h := range r.Held {
		out.Held = append(out.Held, sayHold(h))
	}
	return out
}
