package web

import (
	"context"
	"net/http"
	"time"

	"github.com/google/uuid"

	"github.com/muster-scim/muster/tenants"
)

// ConnectorLink is a set-up link of a connector, without its secret.
type ConnectorLink struct {
	ID         uuid.UUID  `json:"id" format:"uuid" doc:"The link's id, which opens nothing."`
	Name       string     `json:"name" doc:"For whom it is." example:"Contoso IT"`
	CreatedBy  string     `json:"createdBy,omitempty" doc:"Who made it."`
	CreatedAt  time.Time  `json:"createdAt" doc:"When it was made."`
	ExpiresAt  time.Time  `json:"expiresAt" doc:"When it ends."`
	UsedAt     *time.Time `json:"usedAt,omitempty" doc:"When it made its credential; left out: not yet."`
	Credential *uuid.UUID `json:"credential,omitempty" format:"uuid" doc:"The credential that it made."`
}

// NewConnectorLink is a set-up link to make.
type NewConnectorLink struct {
	Name      string    `json:"name" minLength:"1" maxLength:"256" doc:"For whom it is. The audit names it, and the credential is called after it." example:"Contoso IT"`
	ExpiresAt time.Time `json:"expiresAt,omitzero" doc:"When it ends, 30 days ahead at most; left out: in three days."`
}

// MadeConnectorLink is a new link with its secret, which is shown once.
type MadeConnectorLink struct {
	ConnectorLink
	URL   string `json:"url" doc:"Where to open it; who has it can use it. Shown this once." example:"https://muster.example.com/ui/connect-with#msl_…"`
	Token string `json:"token" doc:"The same without the address, for POST /connect-with." example:"msl_…"`
}

func sayConnectorLink(l tenants.SetupLink) ConnectorLink {
	return ConnectorLink{ID: l.ID, Name: l.Name, CreatedBy: l.By, CreatedAt: l.CreatedAt.UTC(), ExpiresAt: l.ExpiresAt.UTC(), UsedAt: when(l.UsedAt), Credential: some(l.Credential)}
}

type shareSetup struct {
	OfConnector
	Body NewConnectorLink
}

type listSetupLinks struct {
	OfConnector
	Paged
}

type madeLinkOut struct{ Body MadeConnectorLink }

func (a *API) addSetupLinks() {
	const path = "/connectors/{c}/setup-links"
	route(a, operation{method: http.MethodPost, path: path, id: "shareSetup", tag: "Connectors", role: edits(theConnector), missing: noConnector, status: http.StatusCreated,
		summary: "Make a set-up link for the IdP's administrator",
		description: "Whoever has it connects the IdP without signing in here: sees the guide with this connector's addresses, makes one credential, once, and sees whether requests come. " +
			"It shows nothing of the directory, of other connectors, or of other credentials.",
	}, func(ctx context.Context, in *shareSetup) (*madeLinkOut, error) {
		l, secret, err := a.tenants.ShareSetup(acting(ctx), in.Connector, in.Body.Name, in.Body.ExpiresAt)
		if err != nil {
			return nil, err
		}
		return &madeLinkOut{Body: MadeConnectorLink{ConnectorLink: sayConnectorLink(l), URL: a.public + "/ui/connect-with#" + secret, Token: secret}}, nil
	})
	route(a, operation{method: http.MethodGet, path: path, id: "listSetupLinks", tag: "Connectors", role: reads(theConnector), missing: noConnector,
		summary: "List a connector's set-up links", description: "Those that have not ended; never their secrets.",
	}, func(ctx context.Context, in *listSetupLinks) (*Listed[ConnectorLink], error) {
		all, err := a.tenants.SetupLinks(ctx, in.Connector)
		if err != nil {
			return nil, err
		}
		return paged(ctx, all, sayConnectorLink, func(l ConnectorLink) string { return l.ID.String() }, in.Paged)
	})
	route(a, operation{method: http.MethodDelete, path: path + "/{id}", id: "endSetupLink", tag: "Connectors", role: edits(theConnector),
		missing: "Connector {c} has no set-up link {id}. GET /api/v1/connectors/{c}/setup-links lists them.",
		summary: "End a set-up link", description: "It opens nothing from now on. The credential that it made stays: DELETE /connectors/{c}/credentials/{id} ends that.",
	}, func(ctx context.Context, in *credentialPath) (*struct{}, error) {
		id, err := parseID(in.ID)
		if err != nil {
			return nil, err
		}
		return nil, a.tenants.EndSetupLink(acting(ctx), in.Connector, id)
	})
}
