package web

import (
	"context"
	"net/http"
	"time"

	"github.com/google/uuid"

	"github.com/muster-scim/muster/tenants"
)

// Credential is one way into a connector, without its secret.
type Credential struct {
	ID        uuid.UUID               `json:"id" format:"uuid" doc:"The credential's id; events and the server's log name it."`
	Name      string                  `json:"name" doc:"What it is for; unique among the connector's credentials without regard to case. Events show it." example:"Okta, since March"`
	Kind      tenants.CredentialKind  `json:"kind" enum:"bearer,basic,oauth,entra" doc:"How it is presented."`
	Username  string                  `json:"username,omitempty" doc:"Of a Basic pair."`
	ClientID  string                  `json:"clientId,omitempty" doc:"Of an OAuth client."`
	Entra     *EntraTenant            `json:"entra,omitempty" doc:"Of kind entra: whose tokens are good."`
	Hint      string                  `json:"hint,omitempty" doc:"The last four characters of the secret; of kind entra there is none." example:"a71b"`
	ReadOnly  bool                    `json:"readOnly" doc:"May read, never write."`
	Networks  []string                `json:"allowedNetworks,omitempty" doc:"From where it is accepted, besides what the connector says; left out: from everywhere." example:"[\"203.0.113.0/24\"]"`
	State     tenants.CredentialState `json:"state" enum:"valid,expiresSoon,expired" doc:"What its end means now; expiresSoon is within 30 days."`
	Warning   string                  `json:"warning,omitempty" doc:"What to do about its end, if there is something to do."`
	ExpiresAt *time.Time              `json:"expiresAt,omitempty" doc:"When it stops working; left out: never."`
	LastUsed  *time.Time              `json:"lastUsedAt,omitempty" doc:"When it was last used, to the minute; left out: never."`
	Created   time.Time               `json:"created" doc:"When it was made."`
}

// EntraTenant says which tokens of Entra's are good.
type EntraTenant struct {
	Tenant   string `json:"tenant" format:"uuid" doc:"The id of the Entra tenant." example:"cbb1a5ac-f33b-45fa-9bf5-f37db0fed422"`
	Audience string `json:"audience,omitempty" format:"uuid" default:"8adf8e6e-67b2-4cf2-a259-e3dc5476c621" doc:"The aud of its tokens; the default is that of applications which are in no gallery."`
}

// MintedCredential is a new credential with what was made for it, shown this once.
type MintedCredential struct {
	Credential
	Token string     `json:"token,omitempty" doc:"Of kind bearer: the token. Shown this once." example:"mst_…"`
	Basic *BasicPair `json:"basic,omitempty" doc:"Of kind basic: the pair. Shown this once."`
	OAuth *Client    `json:"oauth,omitempty" doc:"Of kind oauth: what the client is configured with. Shown this once."`
}

// Client is what an OAuth client is configured with.
type Client struct {
	ID       string `json:"clientId" doc:"The client id."`
	Secret   string `json:"clientSecret" doc:"The client secret. Shown this once." example:"mss_…"`
	TokenURL string `json:"tokenUrl" doc:"Where it gets access tokens, each for an hour: RFC 6749, client credentials." example:"https://muster.example.com/scim/acme-okta/oauth/token"`
}

func (a *API) sayCredential(c tenants.Credential) Credential {
	now := a.now()
	out := Credential{ID: c.ID, Name: c.Name, Kind: c.Kind, Hint: c.Hint, ReadOnly: c.ReadOnly, Networks: c.Settings.Networks.Texts(),
		State: c.State(now), Warning: c.Warning(now), ExpiresAt: when(c.ExpiresAt), LastUsed: when(c.LastUsedAt), Created: c.CreatedAt.UTC()}
	switch c.Kind {
	case tenants.OAuth:
		out.ClientID = c.Username
	case tenants.Entra:
		out.Entra = (*EntraTenant)(&c.Settings.Entra)
	default:
		out.Username = c.Username
	}
	return out
}

func (a *API) sayMinted(connector string, c tenants.Credential, s tenants.Secrets) MintedCredential {
	out := MintedCredential{Credential: a.sayCredential(c), Token: s.Token, Basic: (*BasicPair)(s.Basic)}
	if s.Client != nil {
		out.OAuth = &Client{ID: s.Client.ID, Secret: s.Client.Secret, TokenURL: a.public + "/scim/" + connector + "/oauth/token"}
	}
	return out
}

// NewCredential is a credential to make.
type NewCredential struct {
	Name      string                 `json:"name" minLength:"1" maxLength:"256" doc:"What it is for; unique among the connector's credentials." example:"Okta, since March"`
	Kind      tenants.CredentialKind `json:"kind,omitempty" enum:"bearer,basic,oauth,entra" default:"bearer" doc:"bearer: a token; basic: a user name and a password; oauth: a client that gets short-lived access tokens; entra: what Entra signs when its field for a secret is left empty."`
	Username  string                 `json:"username,omitempty" maxLength:"256" doc:"Of kind basic, and needed there; the password is made." example:"oneaccess"`
	Entra     *EntraTenant           `json:"entra,omitempty" doc:"Of kind entra, and needed there: whose tokens are good."`
	Networks  []string               `json:"allowedNetworks,omitempty" maxItems:"100" doc:"From where it is accepted, in CIDR notation, besides what the connector says; left out: from everywhere." example:"[\"203.0.113.0/24\"]"`
	ExpiresAt time.Time              `json:"expiresAt,omitzero" doc:"When it stops working; left out: never."`
	ReadOnly  bool                   `json:"readOnly,omitempty" doc:"May read, never write."`
}

// wanted is the new credential in tenants' words.
func (n NewCredential) wanted() (tenants.Wanted, error) {
	w := tenants.Wanted{Name: n.Name, Kind: n.Kind, Username: n.Username, ExpiresAt: n.ExpiresAt, ReadOnly: n.ReadOnly}
	if n.Entra != nil {
		w.Entra = tenants.EntraTenant(*n.Entra)
	}
	var err error
	w.Networks, err = tenants.ParseNetworks("allowedNetworks", n.Networks)
	return w, err
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
	Body MintedCredential
}

func (a *API) addCredentials() {
	route(a, operation{method: http.MethodGet, path: "/connectors/{c}/credentials", id: "listCredentials", tag: "Connectors", role: reads(theConnector), missing: noConnector,
		summary: "List a connector's credentials", description: "Never their secrets.",
	}, func(ctx context.Context, in *listCredentials) (*Listed[Credential], error) {
		all, err := a.tenants.Credentials(ctx, in.Connector)
		if err != nil {
			return nil, err
		}
		return paged(ctx, all, a.sayCredential, func(c Credential) string { return c.ID.String() }, in.Paged)
	})
	route(a, operation{method: http.MethodPost, path: "/connectors/{c}/credentials", id: "mintCredential", tag: "Connectors", role: edits(theConnector), missing: noConnector,
		status: http.StatusCreated, summary: "Make a credential",
		description: "Several credentials of every kind are valid at once, so one can be exchanged, or one that two IdPs share be split, without an outage. The answer shows the secret this once.",
		errors:      map[int]string{http.StatusConflict: "The name, the Entra tenant (`credentialTaken`) or the user name (`usernameTaken`) is taken by another credential of the connector."},
	}, func(ctx context.Context, in *mintCredential) (*mintedOut, error) {
		wanted, err := in.Body.wanted()
		if err != nil {
			return nil, err
		}
		c, secrets, err := a.tenants.Mint(acting(ctx), in.Connector, wanted)
		if err != nil {
			return nil, err
		}
		return &mintedOut{Body: a.sayMinted(in.Connector, c, secrets)}, nil
	})
	route(a, operation{method: http.MethodDelete, path: "/connectors/{c}/credentials/{id}", id: "deleteCredential", tag: "Connectors", role: edits(theConnector),
		missing:     "Connector {c} has no credential {id}. GET /api/v1/connectors/{c}/credentials lists them.",
		summary:     "End a credential",
		description: "Requests with it, and with access tokens of an OAuth client, are refused from now on; on other replicas within a second, or within 10 s while they share no Redis. Past events keep its name.",
	}, func(ctx context.Context, in *credentialPath) (*struct{}, error) {
		id, err := parseID(in.ID)
		if err != nil {
			return nil, err
		}
		return nil, a.tenants.DeleteCredential(acting(ctx), in.Connector, id)
	})
}
