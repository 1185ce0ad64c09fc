package web

import (
	"context"
	"fmt"
	"net/http"

	"github.com/muster-scim/muster/directory"
	"github.com/muster-scim/muster/tenants"
	"github.com/muster-scim/muster/web/guides"
)

// GuideSummary is a guide in a list.
type GuideSummary struct {
	ID         string            `json:"id" doc:"The guide's id." example:"okta-aiw"`
	Title      string            `json:"title" doc:"What it is for." example:"Okta, an app made with the App Integration Wizard"`
	IDP        string            `json:"idp" doc:"The identity provider's name." example:"Okta"`
	Kind       tenants.Kind      `json:"kind" doc:"The kind of connector to make." example:"okta"`
	SCIM       string            `json:"scim" enum:"2.0,1.1" doc:"The version of SCIM to choose."`
	Credential string            `json:"credential" enum:"bearer,basic,oauth" doc:"The kind of credential to make."`
	Checked    string            `json:"checked" format:"date" doc:"When the guide was checked." example:"2026-11-22"`
	Confidence guides.Confidence `json:"confidence" enum:"documentation,memory" doc:"Where the names of the fields come from."`
}

// FilledGuide is a guide, with a connector's addresses in it if one was named.
type FilledGuide struct {
	guides.Guide
	Connector string `json:"connector,omitempty" doc:"The connector whose addresses were filled in." example:"acme-okta"`
	Make      string `json:"make" doc:"What to make in Muster before the first step." example:"acme-okta needs a bearer token: POST /api/v1/connectors/acme-okta/credentials with kind bearer."`
}

type listGuides struct {
	Kind string `query:"kind" maxLength:"100" doc:"Only guides for connectors of this kind." example:"okta"`
}

type readGuide struct {
	ByID
	Connector string `query:"connector" maxLength:"100" doc:"Fill in this connector's addresses." example:"acme-okta"`
}

type guideOut struct {
	Body FilledGuide
}

func (a *API) addGuides() {
	route(a, operation{method: http.MethodGet, path: "/guides", id: "listGuides", tag: "Guides", role: reads(theKnown), summary: "List the guides",
		description: "One for each way an identity provider is connected, in the order of the documentation."},
		func(_ context.Context, in *listGuides) (*Listed[GuideSummary], error) {
			page := directory.Page[guides.Guide]{Items: guides.All()}
			if in.Kind != "" {
				page.Items = guides.Find(in.Kind)
			}
			return listed(page, summariseGuide), nil
		})
	route(a, operation{method: http.MethodGet, path: "/guides/{id}", id: "readGuide", tag: "Guides", role: reads(theKnown), summary: "Read a guide",
		missing:     "There is no guide {id}, or no connector of the name given. GET /api/v1/guides and /api/v1/connectors list them.",
		description: "Secrets stay placeholders, such as {token}: they were shown once, when they were made."},
		func(ctx context.Context, in *readGuide) (*guideOut, error) {
			g, ok := guides.ByID(in.ID)
			if !ok {
				return nil, directory.ErrNotFound
			}
			out := &guideOut{Body: FilledGuide{Guide: g, Make: fmt.Sprintf("Make a connector of kind %s with %s: POST /api/v1/connectors.", g.Kind, g.CredentialWords())}}
			if in.Connector == "" {
				return out, nil
			}
			return out, a.fillGuide(ctx, &out.Body, in.Connector)
		})
}

func summariseGuide(g guides.Guide) GuideSummary {
	return GuideSummary{ID: g.ID, Title: g.Title, IDP: g.IDP, Kind: tenants.Kind(g.Kind), SCIM: g.SCIM, Credential: g.Credential, Checked: g.Checked, Confidence: g.Confidence}
}

// fillGuide puts a connector's addresses in, and says which credential it still needs.
func (a *API) fillGuide(ctx context.Context, g *FilledGuide, slug string) error {
	c, err := a.tenants.ConnectorBySlug(ctx, slug)
	if err != nil {
		return err
	}
	credentials, err := a.tenants.Credentials(ctx, c.Slug)
	if err != nil {
		return err
	}
	g.Guide, g.Connector = g.Filled(guides.Of(a.public, c.Slug)), c.Slug
	g.Make = fmt.Sprintf("%s needs %s: POST /api/v1/connectors/%s/credentials with kind %s.", c.Slug, g.CredentialWords(), c.Slug, g.Credential)
	for _, one := range credentials {
		if string(one.Kind) == g.Credential {
			g.Make = fmt.Sprintf("Nothing: %s has %s, named %s, that ends in %s. Its secret was shown when it was made; POST /api/v1/connectors/%s/credentials makes another.",
				c.Slug, g.CredentialWords(), one.Name, one.Hint, c.Slug)
		}
	}
	return nil
}
