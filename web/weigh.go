package web

import (
	"context"
	"net/http"

	"github.com/muster-scim/muster/directory"
)

// WeighedConflict is a conflict about a group with the users on both sides of it. Deleted users are
// on neither.
type WeighedConflict struct {
	Group   GroupRef      `json:"group" doc:"The group."`
	Record  *RecordRef    `json:"record,omitempty" doc:"The connector that may not feed it."`
	Always  bool          `json:"always,omitempty" doc:"The connector's alwaysAssign names the group: everybody whom it provisions counts as sent."`
	Sent    int           `json:"sent" doc:"Users whom the connector sends in a group of this name." example:"95"`
	There   int           `json:"there" doc:"Users who are in the group." example:"812"`
	Both    int           `json:"both" doc:"Users who are both." example:"40"`
	Leaving int           `json:"leaving" doc:"At most so many would leave the group if it were shared: they are in it by hand alone, and the IdP of a tenant that it does not belong to manages them." example:"3"`
	Joining []WeighedUser `json:"joining" nullable:"false" doc:"The first of those who are sent and not in the group, by userName. They would join if it were shared, those whose record counts then."`
	Staying []WeighedUser `json:"staying" nullable:"false" doc:"The first of those who are both, by userName."`
}

// WeighedUser is a user on one side of a conflict.
type WeighedUser struct {
	ID       string `json:"id" format:"uuid" doc:"The user's id in this directory."`
	UserName string `json:"userName" doc:"The user's name in this directory." example:"ada@acme.example"`
}

type weighConflict struct {
	OfDirectory
	ByID
	Shown int `query:"shown" minimum:"0" maximum:"100" default:"10" doc:"How many users of each kind are listed. All are counted."`
}

type weighedOut struct{ Body WeighedConflict }

func (a *API) addWeighing() {
	route(a, operation{method: http.MethodGet, path: "/directories/{d}/conflicts/{id}/members", id: "weighConflict", tag: "Conflicts", role: reads(deployment),
		missing: noConflict, summary: "Lay the members on both sides of a conflict about a group beside each other",
		description: "Whom the connector sends in the group, who is in it, and who would join or leave if it were shared. Given another name, or left as it is, nobody joins it and nobody leaves.",
		errors:      map[int]string{http.StatusConflict: "The conflict is not about a group (`notAGroup`)."},
	}, func(ctx context.Context, in *weighConflict) (*weighedOut, error) {
		id, err := parseID(in.ID)
		if err != nil {
			return nil, err
		}
		w, err := a.effective.WeighConflict(ctx, in.Directory, id, in.Shown)
		if err != nil {
			return nil, err
		}
		said := sayConflict(w.Conflict)
		out := WeighedConflict{Record: said.Record, Always: w.Always, Sent: w.Sent, There: w.There, Both: w.Both, Leaving: w.Leaving, Joining: sayWeighed(w.Joining), Staying: sayWeighed(w.Staying)}
		if said.Group != nil {
			out.Group = *said.Group
		}
		return &weighedOut{out}, nil
	})
}

func sayWeighed(users []directory.UserShort) []WeighedUser {
	out := make([]WeighedUser, len(users))
	for i, u := range users {
		out[i] = WeighedUser{u.ID.String(), u.UserName}
	}
	return out
}
