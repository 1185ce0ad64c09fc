package web

import (
	"context"
	"net/http"
	"time"

	"github.com/google/uuid"

	"github.com/muster-scim/muster/tenants/administrators"
)

// Administrator is a person who may use the admin API.
type Administrator struct {
	ID         uuid.UUID           `json:"id" format:"uuid" doc:"The administrator's id."`
	Email      string              `json:"email" doc:"What they sign in with; the audit names them by it." example:"ada@acme.example"`
	Name       string              `json:"name" doc:"Their name." example:"Ada Lovelace"`
	Role       administrators.Role `json:"role" enum:"viewer,operator,ruleEditor,owner" doc:"What they may do; each may do what those before it may."`
	Limited    bool                `json:"limited" doc:"They are limited to tenants, though there be none left; else they see the whole deployment."`
	Tenants    []string            `json:"tenants" nullable:"false" doc:"The tenants they are limited to."`
	Password   bool                `json:"password" doc:"Whether they have a password."`
	Issuer     string              `json:"issuer,omitempty" doc:"The OpenID provider with which they have signed in." example:"https://acme.okta.com"`
	Created    time.Time           `json:"created" doc:"When they were invited."`
	LastSignIn *time.Time          `json:"lastSignIn,omitempty" doc:"When they last signed in."`
	Disabled   *time.Time          `json:"disabled,omitempty" doc:"Since when they are locked out; left out when they are not."`
	Version    int64               `json:"-"`
}

func sayAdministrator(a administrators.Administrator) Administrator {
	out := Administrator{ID: a.ID, Email: a.Email, Name: a.Name, Role: a.Role, Limited: a.Limited, Tenants: []string{}, Password: a.Password != "",
		Issuer: a.Issuer, Created: a.CreatedAt.UTC(), LastSignIn: when(a.LastSignIn), Disabled: when(a.DisabledAt), Version: a.Version}
	for _, t := range a.Tenants {
		out.Tenants = append(out.Tenants, t.Name)
	}
	return out
}

// NewAdministrator is an administrator to invite.
type NewAdministrator struct {
	Email   string              `json:"email" minLength:"3" maxLength:"254" doc:"What they sign in with." example:"ada@acme.example"`
	Name    string              `json:"name,omitempty" maxLength:"256" doc:"Their name; left out, their e-mail." example:"Ada Lovelace"`
	Role    administrators.Role `json:"role" enum:"viewer,operator,ruleEditor,owner" doc:"What they may do."`
	Tenants []string            `json:"tenants,omitempty" maxItems:"1000" doc:"Tenants that they are limited to; left out or empty: the whole deployment."`
}

// AdministratorPatch says what of an administrator to change; what is left out stays.
type AdministratorPatch struct {
	Name     *string              `json:"name,omitempty" maxLength:"256" doc:"Their name."`
	Role     *administrators.Role `json:"role,omitempty" enum:"viewer,operator,ruleEditor,owner" doc:"What they may do."`
	Tenants  *[]string            `json:"tenants,omitempty" maxItems:"1000" doc:"Tenants that they are limited to; an empty list: the whole deployment."`
	Disabled *bool                `json:"disabled,omitempty" doc:"Whether they are locked out."`
}

// InvitedAdministrator is one who was invited, with the link to choose a password.
type InvitedAdministrator struct {
	Administrator
	Link IssuedLink `json:"link" doc:"With it they choose a password; shown this once, valid for a day. Who signs in with the OpenID provider does not need it."`
}

type createAdministrator struct{ Body NewAdministrator }

type editAdministrator struct {
	ByID
	Conditional
	Body AdministratorPatch
}

type administratorOut struct {
	ETag string `header:"ETag" doc:"Tag of the administrator's version."`
	Body Administrator
}

type invitedOut struct {
	ETag string `header:"ETag" doc:"Tag of the administrator's version."`
	Body InvitedAdministrator
}

const noAdministrator = "There is no administrator {id}. GET /api/v1/administrators lists them."

func (a *API) addAdministrators() {
	route(a, operation{method: http.MethodGet, path: "/administrators", id: "listAdministrators", tag: "Administrators", role: owns(deployment), summary: "List administrators"},
		func(ctx context.Context, in *Paged) (*Listed[Administrator], error) {
			all, err := a.administrators.Administrators(ctx)
			if err != nil {
				return nil, err
			}
			return paged(ctx, all, sayAdministrator, func(x Administrator) string { return x.Email }, *in)
		})
	route(a, operation{method: http.MethodPost, path: "/administrators", id: "createAdministrator", tag: "Administrators", role: owns(deployment), status: http.StatusCreated,
		summary: "Invite an administrator", description: "The answer's link lets them choose a password; pass it on by a way that you trust.",
		errors: map[int]string{
			http.StatusConflict:            "There is an administrator of this e-mail (`administratorTaken`).",
			http.StatusUnprocessableEntity: "A value cannot be used, or a tenant does not exist (`tenantUnknown`); `errors` names it.",
		},
	}, func(ctx context.Context, in *createAdministrator) (*invitedOut, error) {
		made, link, err := a.administrators.Create(acting(ctx), administrators.New{Email: in.Body.Email, Name: in.Body.Name, Role: in.Body.Role, Tenants: in.Body.Tenants})
		if err != nil {
			return nil, err
		}
		return &invitedOut{ETag: etag(made.Version), Body: InvitedAdministrator{Administrator: sayAdministrator(made), Link: a.sayLink(link)}}, nil
	})
	route(a, operation{method: http.MethodGet, path: "/administrators/{id}", id: "readAdministrator", tag: "Administrators", role: owns(deployment), missing: noAdministrator, summary: "Read an administrator"},
		func(ctx context.Context, in *ByID) (*administratorOut, error) {
			id, err := parseID(in.ID)
			if err != nil {
				return nil, err
			}
			return answerAdministrator(a.administrators.Administrator(ctx, id))
		})
	route(a, operation{method: http.MethodPatch, path: "/administrators/{id}", id: "editAdministrator", tag: "Administrators", role: owns(deployment), missing: noAdministrator,
		summary: "Change an administrator's name, role or tenants, or lock them out", description: "What is left out stays. Everything but a change of the name ends their sessions; it holds from their next request on.",
		errors: map[int]string{
			http.StatusConflict:           "This is the only owner of the deployment (`lastOwner`).",
			http.StatusPreconditionFailed: "The administrator was changed since (`changedMeanwhile`).",
		},
	}, func(ctx context.Context, in *editAdministrator) (*administratorOut, error) {
		id, err := parseID(in.ID)
		if err != nil {
			return nil, err
		}
		return answerAdministrator(a.administrators.Update(acting(ctx), id, in.match(),
			administrators.Change{Name: in.Body.Name, Role: in.Body.Role, Tenants: in.Body.Tenants, Disabled: in.Body.Disabled}))
	})
	route(a, operation{method: http.MethodDelete, path: "/administrators/{id}", id: "deleteAdministrator", tag: "Administrators", role: owns(deployment), missing: noAdministrator,
		summary: "Remove an administrator", description: "Their sessions and API tokens end at once. Their events stay.",
		errors: map[int]string{http.StatusConflict: "This is the only owner of the deployment (`lastOwner`)."},
	}, func(ctx context.Context, in *ByID) (*struct{}, error) {
		id, err := parseID(in.ID)
		if err != nil {
			return nil, err
		}
		return nil, a.administrators.Delete(acting(ctx), id)
	})
	route(a, operation{method: http.MethodPost, path: "/administrators/{id}/links", id: "createPasswordLink", tag: "Administrators", role: owns(deployment), missing: noAdministrator, status: http.StatusCreated,
		summary: "Make a link with which an administrator chooses a new password", description: "It can be used once, within a day, and voids those before it. The old password holds until then.",
	}, func(ctx context.Context, in *ByID) (*issuedLinkOut, error) {
		id, err := parseID(in.ID)
		if err != nil {
			return nil, err
		}
		l, err := a.administrators.PasswordLink(acting(ctx), id)
		if err != nil {
			return nil, err
		}
		return &issuedLinkOut{Body: a.sayLink(l)}, nil
	})
}

func answerAdministrator(x administrators.Administrator, err error) (*administratorOut, error) {
	if err != nil {
		return nil, err
	}
	return &administratorOut{ETag: etag(x.Version), Body: sayAdministrator(x)}, nil
}
