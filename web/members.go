package web

import (
	"context"
	"net/http"

	"github.com/google/uuid"

	"github.com/muster-scim/muster/directory"
	"github.com/muster-scim/muster/policy"
)

// MembersChange is what an administrator does to the members of a group by hand.
type MembersChange struct {
	Add     []string `json:"add,omitempty" maxItems:"500" doc:"Ids of the users to put in; 500 at most, together with those to take out."`
	Remove  []string `json:"remove,omitempty" maxItems:"500" doc:"Ids of the users to take out."`
	Comment string   `json:"comment,omitempty" maxLength:"1000" doc:"Why, for the audit." example:"on call in December"`
	Preview bool     `json:"preview,omitempty" doc:"Only say what would come of it."`
}

// MemberResults is what came of a change of members.
type MemberResults struct {
	Preview bool           `json:"preview" doc:"Nothing of it was done."`
	Done    int            `json:"done" doc:"How many were put in or taken out, or would be."`
	Results []MemberResult `json:"results" nullable:"false" doc:"One for each user, those to put in first, in the order of the request."`
}

// MemberResult is what came of it for one user.
type MemberResult struct {
	User     uuid.UUID      `json:"user" format:"uuid" doc:"The user's id."`
	UserName string         `json:"userName,omitempty" doc:"Left out where there is no such user." example:"ada@acme.example"`
	Op       string         `json:"op" enum:"add,remove" doc:"What was asked for."`
	Done     bool           `json:"done" doc:"It is done, or, previewed, would be."`
	Origin   policy.Origin  `json:"origin,omitempty" enum:"idp,always,default,local,retained" doc:"Why the user is a member now."`
	Because  *Because       `json:"because,omitempty" doc:"The reason the user is a member, or the rule that would undo the change."`
	Refused  *MemberRefusal `json:"refused,omitempty" doc:"Why it is not done."`
}

// MemberRefusal is why one user's membership stays as it is.
type MemberRefusal struct {
	Code        string         `json:"code" doc:"Stable name of the problem." example:"rulesWouldUndo"`
	Detail      string         `json:"detail" doc:"What is in the way, and what to do next."`
	WouldChange []WhyOtherwise `json:"wouldChange,omitempty" doc:"Edits of rules that would let the change stand. Nothing of it is done."`
}

type changeMembers struct {
	OfDirectory
	ByID
	Body MembersChange
}

type memberResultsOut struct{ Body MemberResults }

// addMemberChanges registers the change of several members at once.
func (a *API) addMemberChanges() {
	route(a, operation{method: http.MethodPost, path: "/directories/{d}/groups/{id}/member-changes", id: "changeMembers", tag: "Groups", role: helps(deployment), missing: noGroup,
		summary: "Add and remove members by hand, or preview that",
		description: "Each user is done, or refused, alone: what the rules would undo at once is refused for that user, with the rule and " +
			"with the edits that would let it stand. With `preview` nothing is done and the answer is the same.",
		errors: map[int]string{http.StatusUnprocessableEntity: "There are no users in the body, or more than 500 (`invalidRequest`)."},
	}, func(ctx context.Context, in *changeMembers) (*memberResultsOut, error) {
		g, err := a.group(ctx, in.Directory, in.ID)
		if err != nil {
			return nil, err
		}
		out := &memberResultsOut{Body: MemberResults{Preview: in.Body.Preview, Results: []MemberResult{}}}
		if n := len(in.Body.Add) + len(in.Body.Remove); n == 0 || n > 500 {
			return nil, invalid("body", "must name 1 to 500 users in add and remove")
		}
		add, err := userIDs(in.Body.Add, "body.add")
		if err != nil {
			return nil, err
		}
		remove, err := userIDs(in.Body.Remove, "body.remove") // before anybody is put in
		if err != nil {
			return nil, err
		}
		for _, part := range []struct {
			op    string
			users []uuid.UUID
			take  bool
		}{{"add", add, false}, {"remove", remove, true}} {
			if len(part.users) == 0 {
				continue
			}
			results, err := a.effective.ChangeMembers(ctx, admin(ctx), in.Directory, g.ID,
				directory.MembersChange{Users: part.users, Remove: part.take, Comment: in.Body.Comment, Preview: in.Body.Preview})
			if err != nil {
				return nil, err
			}
			for _, r := range results {
				out.Body.add(sayResult(r, part.op, g.DisplayName))
			}
		}
		return out, nil
	})
}

// userIDs reads the ids of users.
func userIDs(texts []string, where string) ([]uuid.UUID, error) {
	ids := make([]uuid.UUID, len(texts))
	for i, text := range texts {
		id, err := parseID(text)
		if err != nil {
			return nil, invalid(where, "must hold ids of users; "+text+" is none")
		}
		ids[i] = id
	}
	return ids, nil
}

func (r *MemberResults) add(x MemberResult) {
	if x.Done {
		r.Done++
	}
	r.Results = append(r.Results, x)
}

func sayResult(r directory.MemberResult, op, group string) MemberResult {
	out := MemberResult{User: r.User, UserName: r.UserName, Op: op, Done: r.Refused == nil}
	if r.Member != nil {
		because := sayBecause(r.Member.Because, group)
		out.Origin, out.Because = r.Member.Origin, &because
	}
	if refused := r.Refused; refused != nil {
		if refused.Because.Code != "" {
			because := sayBecause(refused.Because, group)
			out.Because = &because
		}
		out.Refused = &MemberRefusal{Code: refused.Code, Detail: ended(refused.Detail), WouldChange: sayOtherwises(refused.WouldChange)}
	}
	return out
}

func sayOtherwises(changes []directory.WouldChange) (out []WhyOtherwise) {
	for _, c := range changes {
		out = append(out, sayOtherwise(c))
	}
	return out
}
