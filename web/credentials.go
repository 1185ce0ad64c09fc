package web

import (
	"context"
	"net/http"
	"time"

	"github.com/google/uuid"

	"github.com/muster-scim/muster/tenants"
)

// Credential is a token or a Basic pair of a connector, without its secret.
type Credential struct {
	ID        uuid.UUID              `json:"id" format:"uuid" doc:"The credential's id; events name it."`
	Name      string                 `json:"name" doc:"What it is for." example:"Okta, since March"`
	Kind      tenants.CredentialKind `json:"kind" enum:"bearer,basic" doc:"How it is presented."`
	Username  string                 `json:"username,omitempty" doc:"Of a Basic pair."`
	Hint      string                 `json:"hint" doc:"The last four characters of the secret." example:"a71b"`
	ReadOnly  bool                   `json:"readOnly" doc:"May read, never write."`
	ExpiresAt *time.Time             `json:"expiresAt,omitempty" doc:"When it stops working; left out: never."`
	LastUsed  *time.Time             `json:"lastUsedAt,omitempty" doc:"When it was last used, to the minute; left out: never."`
	Created   time.Time              `json:"created" doc:"When it was made."`
}

// MintedToken is a new token, shown this once.
type MintedToken struct {
	Credential
	Token string `json:"token" doc:"The bearer token. Shown this once." example:"mst_…"`
}

func sayCredential(c tenants.Credential) Credential {
	return Credential{ID: c.ID, Name: c.Name, Kind: c.Kind, Username: c.Username, Hint: c.Hint, ReadOnly: c.ReadOnly,
		ExpiresAt: when(c.ExpiresAt), LastUsed: when(c.LastUsedAt), Created: c.CreatedAt.UTC()}
}

// NewCredential is a token to mint.
type NewCredential struct {
	Name      string    `json:"name" minLength:"1" maxLength:"256" doc:"What it is for." example:"Okta, since March"`
	ExpiresAt time.Time `json:"expiresAt,omitzero" doc:"When it stops working; left out: never."`
	ReadOnly  bool      `json:"readOnly,omitempty" doc:"May read, never write."`
}

type mintCredential struct {
	OfConnector
	Body NewCredential
}

type listCredentials struct {
	OfConnector
	Paged
}

type credentialPath struct {
	OfConnector
	ByID
}

type mintedOut struct {
	Body MintedToken
}

func (a *API) addCredentials() {
	route(a, operation{method: http.MethodGet, path: "/connectors/{c}/credentials", id: "listCredentials", tag: "Connectors", missing: noConnector,
		summary: "List a connector's credentials", description: "Never their secrets.",
	}, func(ctx context.Context, in *listCredentials) (*Listed[Credential], error) {
		all, err := a.tenants.Credentials(ctx, in.Connector)
		if err != nil {
			return nil, err
		}
		page, err := paged(all, func(c tenants.Credential) string { return c.ID.String() }, in.Paged)
		if err != nil {
			return nil, err
		}
		return listed(page, sayCredential), nil
	})
	route(a, operation{method: http.MethodPost, path: "/connectors/{c}/credentials", id: "mintCredential", tag: "Connectors", missing: noConnector,
		status: http.StatusCreated, summary: "Mint a token",
		description: "Several tokens are valid at once, so one can be exchanged without an outage. The answer shows the token this once.",
	}, func(ctx context.Context, in *mintCredential) (*mintedOut, error) {
		c, token, err := a.tenants.MintToken(acting(ctx), in.Connector, in.Body.Name, in.Body.ExpiresAt, in.Body.ReadOnly)
		if err != nil {
			return nil, err
		}
		return &mintedOut{Body: MintedToken{Credential: sayCredential(c), Token: token}}, nil
	})
	route(a, operation{method: http.MethodDelete, path: "/connectors/{c}/credentials/{id}", id: "deleteCredential", tag: "Connectors",
		missing: "Connector {c} has no credential {id}. GET /api/v1/connectors/{c}/credentials lists them.",
		summary: "End a credential", description: "Requests with it are refused from now on; on other replicas within 10 s.",
	}, func(ctx context.Context, in *credentialPath) (*struct{}, error) {
		id, err := parseID(in.ID)
		if err != nil {
			return nil, err
		}
		return nil, a.tenants.DeleteCredential(acting(ctx), in.Connector, id)
	})
}
