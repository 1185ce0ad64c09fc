package web

import (
	"time"

	"github.com/google/uuid"

	"github.com/muster-scim/muster/policy"
	"github.com/muster-scim/muster/tenants"
)

// Connector is a provisioning source of a tenant.
type Connector struct {
	ID         uuid.UUID    `json:"id" format:"uuid" doc:"The connector's id."`
	Slug       string       `json:"slug" doc:"Unique in the deployment; part of the base URL." example:"acme-okta"`
	Name       string       `json:"name" doc:"A name for people." example:"Okta production"`
	Tenant     string       `json:"tenant" doc:"The tenant it belongs to." example:"acme"`
	Kind       tenants.Kind `json:"kind" enum:"okta,entra,onelogin,google,ping,jumpcloud,oneaccess,keycloak,authentik,generic" doc:"The IdP product."`
	Mode       tenants.Mode `json:"mode" enum:"live,observe,disabled" doc:"What its requests do."`
	Directory  string       `json:"directory" doc:"The directory it provisions into." example:"main"`
	SCIM       BaseURLs     `json:"scim" doc:"What the IdP is told."`
	Precedence int          `json:"precedence" doc:"Lower goes first where several connectors know a user."`
	Strict     bool         `json:"strict" doc:"Whether it takes the RFC's reading where clients disagree."`
	Limits     Limits       `json:"limits" doc:"Limits of this connector; what is left out is the deployment's."`
	Paths      Paths        `json:"paths" doc:"Further names under which users and groups are served."`
	Networks   []string     `json:"allowedNetworks,omitempty" doc:"From where its credentials are accepted; left out: from everywhere." example:"[\"203.0.113.0/24\"]"`
	Required   []string     `json:"required" nullable:"false" doc:"Attributes that its users must have." example:"[\"emails\"]"`
	Unique     []string     `json:"unique" nullable:"false" doc:"Attributes of which no two of its users share a value." example:"[\"employeeNumber\"]"`
	Sensitive  []string     `json:"sensitive" nullable:"false" doc:"Attributes whose values administrators do not see." example:"[\"phoneNumbers\"]"`
	LastLogin  bool         `json:"lastLogin" doc:"Whether its answers say when users last signed in."`
	Activity   string       `json:"activity" enum:"on,noBodies,off" doc:"What is kept of its SCIM requests."`
	RulesFile  string       `json:"rulesFile,omitempty" doc:"The file that its rules are kept in; left out: they are kept here." example:"muster.yaml"`
	Created    time.Time    `json:"created" doc:"When it was made."`
	Modified   time.Time    `json:"modified" doc:"When it last changed."`
	Rules      *Rules       `json:"rules,omitempty" doc:"Its rules; left out in lists."`
}

// BaseURLs are a connector's SCIM base URLs. Either may be used, and both at once.
type BaseURLs struct {
	V2 string `json:"v2" doc:"Base URL of SCIM 2.0." example:"https://muster.example.com/scim/acme-okta/v2"`
	V1 string `json:"v1" doc:"Base URL of SCIM 1.1." example:"https://muster.example.com/scim/acme-okta/v1"`
}

// Limits bound a connector.
type Limits struct {
	Rate        *float64 `json:"rate,omitempty" doc:"Requests a second in the long run, over all replicas, from 0.000001 to 1000000; 0 is no limit. Left out: the deployment's, MUSTER_RATE_LIMIT." example:"50"`
	Burst       *int     `json:"burst,omitempty" doc:"Requests at once, before the rate counts; at that rate they have to come back within a year. Left out: the deployment's." example:"200"`
	Concurrency *int     `json:"concurrency,omitempty" doc:"Requests in flight on one replica; more wait a moment. 0 is no limit. Left out: the deployment's, MUSTER_CONCURRENCY." example:"8"`
	Shadow      bool     `json:"shadow,omitempty" doc:"The three above only report, in the server's log, what they would refuse."`
	Members     int      `json:"members,omitempty" doc:"Members of one group; default 250,000." example:"250000"`
	Groups      int      `json:"groups,omitempty" doc:"Groups of the connector; default 10,000." example:"10000"`
}

// Paths are further names under which a connector's resources are served.
type Paths struct {
	Users  []string `json:"users,omitempty" doc:"Names for users, beside Users, User and their lower-case forms." example:"[\"Accounts\"]"`
	Groups []string `json:"groups,omitempty" doc:"Names for groups, beside Groups, Group and their lower-case forms." example:"[\"Organizations\"]"`
}

// CreatedConnector is a connector with its secrets, which nothing shows a second time.
type CreatedConnector struct {
	Connector
	Token string     `json:"token" doc:"The bearer token for the IdP. Shown this once." example:"mst_…"`
	Basic *BasicPair `json:"basic,omitempty" doc:"The Basic pair, if one was asked for. Shown this once."`
}

// BasicPair is a user name with its password.
type BasicPair struct {
	Username string `json:"username" doc:"The user name."`
	Password string `json:"password" doc:"The password. Shown this once."`
}

func (a *API) sayConnector(c tenants.Connector) Connector {
	base := a.public + "/scim/" + c.Slug
	return Connector{ID: c.ID, Slug: c.Slug, Name: c.Name, Tenant: c.Tenant, Kind: c.Kind, Mode: c.Mode, Directory: c.Directory,
		SCIM: BaseURLs{V2: base + "/v2", V1: base + "/v1"}, Precedence: c.Precedence, Strict: c.Settings.Strict,
		Limits: Limits(c.Settings.Limits), Paths: Paths(c.Settings.Paths), Networks: c.Settings.Networks.Texts(),
		Required: list(c.Settings.Required), Unique: list(c.Settings.Unique), Sensitive: list(c.Settings.Sensitive), LastLogin: c.Settings.LastLogin, Activity: c.Settings.Activity.Said(),
		RulesFile: c.Settings.RulesFile,
		Created:   c.CreatedAt.UTC(), Modified: c.UpdatedAt.UTC()}
}

// list is a list that is never null.
func list(names []string) []string { return append([]string{}, names...) }

func (a *API) sayCreated(c tenants.Connector, s tenants.Secrets, r policy.Rules) CreatedConnector {
	out := CreatedConnector{Connector: a.sayConnector(c), Token: s.Token}
	out.Rules = &Rules{r}
	if s.Basic != nil {
		out.Basic = &BasicPair{Username: s.Basic.Username, Password: s.Basic.Password}
	}
	return out
}
