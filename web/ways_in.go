package web

import (
	"context"
	"net/http"
	"time"

	"github.com/google/uuid"

	"github.com/muster-scim/muster/tenants/administrators"
)

// Session is one signed-in browser.
type Session struct {
	ID      uuid.UUID             `json:"id" format:"uuid" doc:"The session's id, which opens nothing."`
	Email   string                `json:"email" doc:"Whose it is." example:"ada@acme.example"`
	Current bool                  `json:"current" doc:"It is the one that asks."`
	Method  administrators.Method `json:"method" enum:"password,oidc,link" doc:"How it began."`
	Address string                `json:"address" doc:"From where it began." example:"192.0.2.7"`
	Agent   string                `json:"agent" doc:"The browser, as it called itself."`
	Created time.Time             `json:"created" doc:"When it began."`
	Seen    time.Time             `json:"seen" doc:"When it was last used, to the minute."`
	Ends    time.Time             `json:"ends" doc:"When it ends at the latest."`
}

// APIToken is an administrator's token for automation.
type APIToken struct {
	ID       uuid.UUID           `json:"id" format:"uuid" doc:"The token's id, which opens nothing."`
	Email    string              `json:"email" doc:"Whose it is." example:"ada@acme.example"`
	Name     string              `json:"name" doc:"What it is for; events name it behind the e-mail." example:"terraform"`
	Hint     string              `json:"hint" doc:"Its last four characters."`
	Role     administrators.Role `json:"role" enum:"viewer,operator,ruleEditor,owner" doc:"What it may do, and never more than its administrator may then."`
	Expires  time.Time           `json:"expiresAt" doc:"When it ends."`
	LastUsed *time.Time          `json:"lastUsedAt,omitempty" doc:"When it was last used, to the minute."`
	Created  time.Time           `json:"created" doc:"When it was made."`
}

// NewAPIToken is a token to make.
type NewAPIToken struct {
	Name    string              `json:"name" minLength:"1" maxLength:"256" doc:"What it is for." example:"terraform"`
	Role    administrators.Role `json:"role" enum:"viewer,operator,ruleEditor,owner" doc:"What it may do; not more than you may."`
	Expires time.Time           `json:"expiresAt" doc:"When it ends, a year ahead at most." example:"2027-01-31T00:00:00Z"`
}

// MintedAPIToken is a token with its secret, which is shown once.
type MintedAPIToken struct {
	APIToken
	Token string `json:"token" doc:"For the header Authorization: Bearer. Shown this once." example:"msa_…"`
}

type listWays struct {
	Paged
	All bool `query:"all" doc:"Those of all administrators, not only one's own; for owners of the deployment."`
}

type createAPIToken struct{ Body NewAPIToken }

type mintedAPITokenOut struct{ Body MintedAPIToken }

func sayAPIToken(t administrators.Token) APIToken {
	return APIToken{ID: t.ID, Email: t.Email, Name: t.Name, Hint: t.Hint, Role: t.Role, Expires: t.ExpiresAt.UTC(), LastUsed: when(t.LastUsedAt), Created: t.CreatedAt.UTC()}
}

// whose is the administrator whose sessions and tokens the caller may see and end; Nil is all of
// them, for owners of the deployment who ask for that.
func whose(ctx context.Context, all bool) (uuid.UUID, error) {
	caller := callerOf(ctx)
	governs := caller.Role == administrators.Owner && !caller.Limited()
	switch {
	case all && !governs:
		return uuid.Nil, newProblem(http.StatusForbidden, "roleNeeded", "Only owners of the deployment see those of others. Leave out all.")
	case all, caller.Administrator.ID == uuid.Nil: // the deployment's token has none of its own
		return uuid.Nil, nil
	}
	return caller.Administrator.ID, nil
}

// mayEnd is whose for ending one: an owner of the deployment may end everybody's. Automation that
// may do less than its owner ends nothing of the owner's.
func mayEnd(ctx context.Context) (uuid.UUID, error) {
	caller := callerOf(ctx)
	if all := caller.Role == administrators.Owner && !caller.Limited(); all || caller.Token.ID == uuid.Nil {
		return whose(ctx, all)
	}
	_, err := inSession(ctx)
	return uuid.Nil, err
}

func (a *API) addWaysIn() {
	a.addSessions()
	a.addAPITokens()
}

func (a *API) addSessions() {
	route(a, operation{method: http.MethodGet, path: "/sessions", id: "listSessions", tag: "Sign-in", role: reads(oneself), summary: "List one's own sessions, or everybody's"},
		func(ctx context.Context, in *listWays) (*Listed[Session], error) {
			who, err := whose(ctx, in.All)
			if err != nil {
				return nil, err
			}
			all, err := a.administrators.Sessions(ctx, who)
			if err != nil {
				return nil, err
			}
			mine := callerOf(ctx).Session
			return paged(ctx, all, func(s administrators.Session) Session {
				return Session{ID: s.ID, Email: s.Email, Current: s.ID == mine, Method: s.Method, Address: s.Address, Agent: s.Agent,
					Created: s.CreatedAt.UTC(), Seen: s.SeenAt.UTC(), Ends: s.EndsAt.UTC()}
			}, func(s Session) string { return s.ID.String() }, in.Paged)
		})
	route(a, operation{method: http.MethodDelete, path: "/sessions/{id}", id: "endSession", tag: "Sign-in", role: reads(oneself),
		missing: "There is no session {id} of yours. GET /api/v1/sessions lists them.",
		summary: "End a session", description: "One's own, or, for owners of the deployment, anybody's. Its next request is 401.",
		errors: map[int]string{http.StatusForbidden: "A token of a lesser role ends nothing: sign in (`sessionNeeded`)."},
	}, func(ctx context.Context, in *ByID) (*struct{}, error) {
		id, err := parseID(in.ID)
		if err != nil {
			return nil, err
		}
		who, err := mayEnd(ctx)
		if err != nil {
			return nil, err
		}
		return nil, a.administrators.EndSession(acting(ctx), who, id)
	})
}

func (a *API) addAPITokens() {
	route(a, operation{method: http.MethodGet, path: "/api-tokens", id: "listAPITokens", tag: "Sign-in", role: reads(oneself), summary: "List one's own API tokens, or everybody's", description: "Never the secrets."},
		func(ctx context.Context, in *listWays) (*Listed[APIToken], error) {
			who, err := whose(ctx, in.All)
			if err != nil {
				return nil, err
			}
			all, err := a.administrators.Tokens(ctx, who)
			if err != nil {
				return nil, err
			}
			return paged(ctx, all, sayAPIToken, func(t APIToken) string { return t.ID.String() }, in.Paged)
		})
	route(a, operation{method: http.MethodPost, path: "/api-tokens", id: "createAPIToken", tag: "Sign-in", role: reads(oneself), status: http.StatusCreated,
		summary:     "Make an API token for automation",
		description: "It can do what its role says, within one's own role and tenants as they are when it is used, until it ends.",
		errors: map[int]string{
			http.StatusConflict:  "There is a token of this name (`apiTokenTaken`).",
			http.StatusForbidden: "A token cannot make tokens: sign in (`sessionNeeded`).",
		},
	}, func(ctx context.Context, in *createAPIToken) (*mintedAPITokenOut, error) {
		caller, err := inSession(ctx)
		if err != nil {
			return nil, err
		}
		t, secret, err := a.administrators.AddToken(acting(ctx), caller.Administrator, in.Body.Name, in.Body.Role, in.Body.Expires)
		if err != nil {
			return nil, err
		}
		return &mintedAPITokenOut{Body: MintedAPIToken{APIToken: sayAPIToken(t), Token: secret}}, nil
	})
	route(a, operation{method: http.MethodDelete, path: "/api-tokens/{id}", id: "deleteAPIToken", tag: "Sign-in", role: reads(oneself),
		missing: "There is no API token {id} of yours. GET /api/v1/api-tokens lists them.",
		summary: "End an API token", description: "One's own, or, for owners of the deployment, anybody's. Its next request is 401.",
		errors: map[int]string{http.StatusForbidden: "A token of a lesser role ends nothing: sign in (`sessionNeeded`)."},
	}, func(ctx context.Context, in *ByID) (*struct{}, error) {
		id, err := parseID(in.ID)
		if err != nil {
			return nil, err
		}
		who, err := mayEnd(ctx)
		if err != nil {
			return nil, err
		}
		return nil, a.administrators.DeleteToken(acting(ctx), who, id)
	})
}
