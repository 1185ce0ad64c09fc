package web

import (
	"context"
	"encoding/base64"
	"net/http"

	"github.com/muster-scim/muster/directory"
	"github.com/muster-scim/muster/policy"
	"github.com/muster-scim/muster/tenants"
)

// BasicAuth asks for a Basic pair besides the token.
type BasicAuth struct {
	Username string `json:"username" minLength:"1" maxLength:"256" doc:"The user name; the password is made and shown once." example:"oneaccess"`
}

// NewConnector is a connector to make.
type NewConnector struct {
	Tenant    string       `json:"tenant" minLength:"1" maxLength:"256" doc:"The tenant it belongs to, by name." example:"acme"`
	Name      string       `json:"name,omitempty" maxLength:"256" doc:"A name for people; default the slug." example:"Okta production"`
	Slug      string       `json:"slug" minLength:"1" maxLength:"100" doc:"Unique in the deployment; part of the base URL." example:"acme-okta"`
	Kind      tenants.Kind `json:"kind,omitempty" enum:"okta,entra,onelogin,google,ping,jumpcloud,oneaccess,keycloak,authentik,generic" default:"generic" doc:"The IdP product. It picks guides, hints and presets, never what is tolerated."`
	Mode      tenants.Mode `json:"mode,omitempty" enum:"live,observe,disabled" default:"observe" doc:"live: recorded and settled; observe: recorded, the directory stands still; disabled: refused with 403."`
	Directory string       `json:"directory,omitempty" maxLength:"256" default:"main" doc:"The directory it provisions into, by name."`
	Rules     *Rules       `json:"rules,omitempty" doc:"Its rules; what is left out has the default."`
	BasicAuth *BasicAuth   `json:"basicAuth,omitempty" doc:"Make a Basic pair besides the token."`
	Required  []string     `json:"required,omitempty" maxItems:"50" doc:"Attributes of users, in SCIM's words: a user without one is refused with 400 invalidValue, unless it is inactive." example:"[\"emails\"]"`
	Unique    []string     `json:"unique,omitempty" maxItems:"50" doc:"Attributes of which no two users of the connector share a value: 409 uniqueness." example:"[\"employeeNumber\"]"`
	Sensitive []string     `json:"sensitive,omitempty" maxItems:"50" doc:"Attributes whose values administrators do not see, nor events keep." example:"[\"phoneNumbers\"]"`
	LastLogin bool         `json:"lastLogin,omitempty" doc:"Tell the IdP when users last signed in, as meta.lastLogin and in the enterprise extension."`
}

type createConnector struct {
	Body NewConnector
}

// ConnectorSettings are what PATCH changes; what is left out stays.
type ConnectorSettings struct {
	Name       *string   `json:"name,omitempty" maxLength:"256" doc:"A name for people."`
	Precedence *int      `json:"precedence,omitempty" doc:"Lower goes first where several connectors know a user."`
	Strict     *bool     `json:"strict,omitempty" doc:"Take the RFC's reading where clients disagree."`
	Limits     *Limits   `json:"limits,omitempty" doc:"Limits of this connector; the whole object is replaced."`
	Networks   *[]string `json:"allowedNetworks,omitempty" maxItems:"100" doc:"From where its credentials are accepted, in CIDR notation; an empty list: from everywhere. The whole list is replaced."`
	Paths      *Paths    `json:"paths,omitempty" doc:"Further names under which users and groups are served; the whole object is replaced."`
	Required   *[]string `json:"required,omitempty" maxItems:"50" doc:"Attributes of users, in SCIM's words: a user without one is refused with 400 invalidValue, unless it is inactive or had none before. The whole list is replaced." example:"[\"emails\"]"`
	Unique     *[]string `json:"unique,omitempty" maxItems:"50" doc:"Attributes of which no two users of the connector share a value: 409 uniqueness. What its users share already is refused here. The whole list is replaced." example:"[\"employeeNumber\"]"`
	Sensitive  *[]string `json:"sensitive,omitempty" maxItems:"50" doc:"Attributes whose values administrators do not see, nor events keep from now on. The whole list is replaced." example:"[\"phoneNumbers\"]"`
	Activity   *string   `json:"activity,omitempty" enum:"on,noBodies,off" doc:"What is kept of its SCIM requests: on, each of them with its body, without secrets and sensitive values; noBodies, neither bodies nor what filters ask for; off, nothing."`
	LastLogin  *bool     `json:"lastLogin,omitempty" doc:"Tell the IdP when users last signed in, as meta.lastLogin and in the enterprise extension."`
	RulesFile  *string   `json:"rulesFile,omitempty" maxLength:"256" doc:"The file that its rules are kept in, for people to know: who changes them elsewhere is warned. An empty text: they are kept here. muster apply -f sets it." example:"muster.yaml"`
}

type editConnector struct {
	OfConnector
	Conditional
	Body ConnectorSettings
}

type listConnectors struct {
	Paged
	Tenant    string `query:"tenant" maxLength:"256" doc:"Only connectors of this tenant."`
	Directory string `query:"directory" maxLength:"256" doc:"Only connectors of this directory."`
}

type connectorOut struct {
	ETag string `header:"ETag" doc:"Tag of the connector's version."`
	Body Connector
}

type newConnectorOut struct {
	ETag string `header:"ETag" doc:"Tag of the connector's version."`
	Body CreatedConnector
}

func (a *API) addConnectors() {
	route(a, operation{method: http.MethodGet, path: "/connectors", id: "listConnectors", tag: "Connectors", role: reads(narrowed), summary: "List connectors", description: "In the order of slugs."},
		func(ctx context.Context, in *listConnectors) (*Listed[Connector], error) {
			page, err := a.pageOfConnectors(ctx, in)
			if err != nil {
				return nil, err
			}
			return listed(page, a.sayConnector), nil
		})
	route(a, operation{method: http.MethodPost, path: "/connectors", id: "createConnector", tag: "Connectors", role: edits(deployment),
		missing: "The tenant or the directory does not exist. POST /api/v1/tenants and /api/v1/directories make them.",
		status:  http.StatusCreated, summary: "Make a connector",
		description: "Answers its base URL and its secrets. The secrets are shown this once and kept nowhere.",
		errors: map[int]string{
			http.StatusConflict:            "The slug or the user name is taken (`slugTaken`, `usernameTaken`).",
			http.StatusUnprocessableEntity: "A value cannot be used; `errors` names it. For rules (`invalidRules`) it names list and place.",
		},
	}, func(ctx context.Context, in *createConnector) (*newConnectorOut, error) {
		n := in.Body.plain()
		c, secrets, err := a.tenants.CreateConnector(acting(ctx), n)
		if err != nil {
			return nil, err // nothing may fail after this: the secrets would be lost
		}
		return &newConnectorOut{ETag: etag(c.Version), Body: a.sayCreated(c, secrets, n.Rules)}, nil
	})
	route(a, operation{method: http.MethodGet, path: "/connectors/{c}", id: "readConnector", tag: "Connectors", role: reads(theConnector), missing: noConnector, summary: "Read a connector with its rules"},
		func(ctx context.Context, in *OfConnector) (*connectorOut, error) {
			c, err := a.tenants.ConnectorBySlug(ctx, in.Connector)
			if err != nil {
				return nil, err
			}
			return a.answerConnector(ctx, c)
		})
	route(a, operation{method: http.MethodPatch, path: "/connectors/{c}", id: "editConnector", tag: "Connectors", role: edits(theConnector), missing: noConnector,
		summary: "Change a connector's settings", description: "What is left out stays. Mode and rules have paths of their own.",
		errors: map[int]string{
			http.StatusConflict:           "Users of the connector share a value of an attribute that was to be unique (`notUnique`); the answer names some.",
			http.StatusPreconditionFailed: "The connector was changed since (`changedMeanwhile`).",
		},
	}, func(ctx context.Context, in *editConnector) (*connectorOut, error) {
		if err := mayPlace(ctx, in.Body.Precedence); err != nil {
			return nil, err
		}
		change, err := in.Body.change()
		if err != nil {
			return nil, err
		}
		c, err := a.tenants.UpdateConnector(acting(ctx), in.Connector, in.match(), change)
		if err != nil {
			return nil, err
		}
		return a.answerConnector(ctx, c)
	})
	route(a, operation{method: http.MethodDelete, path: "/connectors/{c}", id: "deleteConnector", tag: "Connectors", role: edits(theConnector), missing: noConnector,
		summary: "Delete a connector that holds no record", errors: map[int]string{http.StatusConflict: "The connector still holds records (`connectorNotEmpty`)."},
	}, func(ctx context.Context, in *OfConnector) (*struct{}, error) {
		return nil, a.tenants.DeleteConnector(acting(ctx), in.Connector)
	})
}

// pageOfConnectors asks for one connector more than the page has, to know whether one follows.
func (a *API) pageOfConnectors(ctx context.Context, in *listConnectors) (page directory.Page[tenants.Connector], err error) {
	after, err := base64.RawURLEncoding.DecodeString(in.Cursor)
	if err != nil {
		return page, invalid("query.cursor", "is not a cursor of this list; start again without one")
	}
	only, _ := tenants.OnlyOf(ctx)
	found, err := a.tenants.Connectors(ctx, tenants.ConnectorFilter{Only: only, Tenant: in.Tenant, Directory: in.Directory, After: string(after), Limit: in.Limit + 1})
	if err != nil {
		return page, err
	}
	if len(found) > in.Limit {
		found = found[:in.Limit]
		page.Next = base64.RawURLEncoding.EncodeToString([]byte(found[in.Limit-1].Slug))
	}
	page.Items = found
	return page, nil
}

// change is the settings in tenants' words.
func (s ConnectorSettings) change() (tenants.ConnectorChange, error) {
	change := tenants.ConnectorChange{Name: s.Name, Precedence: s.Precedence, Strict: s.Strict,
		Limits: (*tenants.Limits)(s.Limits), Paths: (*tenants.Paths)(s.Paths),
		Required: s.Required, Unique: s.Unique, Sensitive: s.Sensitive, LastLogin: s.LastLogin, RulesFile: s.RulesFile}
	if s.Activity != nil {
		keep := tenants.KeepingSaid(*s.Activity)
		change.Activity = &keep
	}
	if s.Networks != nil {
		networks, err := tenants.ParseNetworks("allowedNetworks", *s.Networks)
		if err != nil {
			return change, err
		}
		change.Networks = &networks
	}
	return change, nil
}

// plain is the new connector in tenants' words.
func (n NewConnector) plain() tenants.NewConnector {
	out := tenants.NewConnector{Tenant: n.Tenant, Name: n.Name, Slug: n.Slug, Kind: n.Kind, Mode: n.Mode, Directory: n.Directory, Rules: policy.DefaultRules()}
	if n.Rules != nil {
		out.Rules = n.Rules.Rules
	}
	out.Settings = tenants.Settings{Demands: tenants.Demands{Required: n.Required, Unique: n.Unique, Sensitive: n.Sensitive}, LastLogin: n.LastLogin}
	if n.BasicAuth != nil {
		out.BasicUsername = n.BasicAuth.Username
	}
	return out
}

func (a *API) answerConnector(ctx context.Context, c tenants.Connector) (*connectorOut, error) {
	r, _, err := a.effective.Rules(ctx, c.Slug)
	if err != nil {
		return nil, err
	}
	out := a.sayConnector(c)
	out.Rules = &Rules{r}
	return &connectorOut{ETag: etag(c.Version), Body: out}, nil
}
