package web

import (
	"context"
	"net/http"
	"time"

	"github.com/google/uuid"

	"github.com/muster-scim/muster/tenants"
)

// Tenants is what the API needs of tenants: *tenants.Registry. Every change is one transaction,
// in the audit under the context's actor; refusals are *tenants.Problem.
type Tenants interface {
	CreateTenant(ctx context.Context, name string) (tenants.Tenant, error)
	Tenants(ctx context.Context) ([]tenants.Tenant, error)
	DeleteTenant(ctx context.Context, name string) error

	CreateConnector(ctx context.Context, n tenants.NewConnector) (tenants.Connector, tenants.Secrets, error)
	Connectors(ctx context.Context, f tenants.ConnectorFilter) ([]tenants.Connector, error)
	ConnectorBySlug(ctx context.Context, slug string) (tenants.Connector, error)
	UpdateConnector(ctx context.Context, slug string, match func(version int64) bool, c tenants.ConnectorChange) (tenants.Connector, error)
	DeleteConnector(ctx context.Context, slug string) error
	// Forget makes caches forget a connector whose rules or mode changed.
	Forget(slug string)

	Mint(ctx context.Context, slug string, w tenants.Wanted) (tenants.Credential, tenants.Secrets, error)
	Credentials(ctx context.Context, slug string) ([]tenants.Credential, error)
	DeleteCredential(ctx context.Context, slug string, id uuid.UUID) error

	Contacts(ctx context.Context, slug string) ([]tenants.Contact, error)

	ShareSetup(ctx context.Context, slug, name string, expires time.Time) (tenants.SetupLink, string, error)
	SetupLinks(ctx context.Context, slug string) ([]tenants.SetupLink, error)
	EndSetupLink(ctx context.Context, slug string, id uuid.UUID) error
	OpenSetupLink(ctx context.Context, secret string) (tenants.SetupLink, tenants.Connector, error)
	MintBySetupLink(ctx context.Context, secret string, kind tenants.CredentialKind) (tenants.Credential, tenants.Secrets, error)

	ConsumerRegistry
}

// acting is the context of a change in tenants: its events name the administrator.
func acting(ctx context.Context) context.Context {
	by := admin(ctx)
	return tenants.WithActor(ctx, tenants.Actor{ID: by.ID, Request: by.Request})
}

// Tenant is an organisation's IdP tenancy.
type Tenant struct {
	ID      uuid.UUID `json:"id" format:"uuid" doc:"The tenant's id."`
	Name    string    `json:"name" doc:"Unique without regard to case." example:"acme"`
	Created time.Time `json:"created" doc:"When it was made."`
}

func sayTenant(t tenants.Tenant) Tenant {
	return Tenant{ID: t.ID, Name: t.Name, Created: t.CreatedAt.UTC()}
}

// NewTenant is a tenant to make.
type NewTenant struct {
	Name string `json:"name" minLength:"1" maxLength:"256" doc:"Its name." example:"acme"`
}

type createTenant struct {
	Body NewTenant
}

type tenantPath struct {
	Name string `path:"name" doc:"The tenant's name." maxLength:"256"`
}

type tenantOut struct {
	Body Tenant
}

func (a *API) addTenants() {
	route(a, operation{method: http.MethodGet, path: "/tenants", id: "listTenants", tag: "Tenants", role: reads(narrowed), summary: "List tenants"},
		func(ctx context.Context, in *Paged) (*Listed[Tenant], error) {
			all, err := a.tenants.Tenants(ctx)
			if err != nil {
				return nil, err
			}
			return paged(ctx, all, sayTenant, func(t Tenant) string { return t.Name }, *in)
		})
	route(a, operation{method: http.MethodPost, path: "/tenants", id: "createTenant", tag: "Tenants", role: owns(deployment),
		status: http.StatusCreated, summary: "Make a tenant", errors: map[int]string{http.StatusConflict: "The name is taken (`tenantTaken`)."},
	}, func(ctx context.Context, in *createTenant) (*tenantOut, error) {
		t, err := a.tenants.CreateTenant(acting(ctx), in.Body.Name)
		if err != nil {
			return nil, err
		}
		return &tenantOut{Body: sayTenant(t)}, nil
	})
	route(a, operation{method: http.MethodDelete, path: "/tenants/{name}", id: "deleteTenant", tag: "Tenants", role: owns(deployment),
		missing: "There is no tenant {name}. GET /api/v1/tenants lists them.",
		summary: "Delete a tenant without connectors", errors: map[int]string{http.StatusConflict: "The tenant still has connectors (`tenantNotEmpty`)."},
	}, func(ctx context.Context, in *tenantPath) (*struct{}, error) {
		return nil, a.tenants.DeleteTenant(acting(ctx), in.Name)
	})
}
