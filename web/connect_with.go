package web

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/muster-scim/muster/tenants"
	"github.com/muster-scim/muster/web/guides"
)

// What whoever holds a set-up link may do without signing in. The link's secret comes in the body,
// so that no log and no history sees it, and it decides about one connector alone: no path here
// names another.

// Failures counts failed attempts of an address. A tenants.Gate is one.
type Failures interface {
	Fail(ctx context.Context, slug, address string) tenants.Allowance
}

// linksFail is what attempts with wrong links are counted under; no connector has such a slug.
const linksFail = "set-up links"

// ShownConnector is what a set-up link shows.
type ShownConnector struct {
	Name      string         `json:"name" doc:"The connector's name." example:"Okta EU"`
	Kind      tenants.Kind   `json:"kind" doc:"The identity provider's product." example:"okta"`
	For       string         `json:"for" doc:"For whom the link is." example:"Contoso IT"`
	SCIM      BaseURLs       `json:"scim" doc:"The base URLs to enter at the identity provider."`
	Guides    []guides.Guide `json:"guides" nullable:"false" doc:"What to do there, with the addresses filled in and without commands of Muster; of some products there are several ways."`
	Made      bool           `json:"made" doc:"The link has made its credential."`
	ExpiresAt time.Time      `json:"expiresAt" doc:"When the link ends."`
}

// ShownContact is what a set-up link shows of how requests come.
type ShownContact struct {
	State    tenants.Contacted `json:"state" enum:"waiting,connected,trouble" doc:"waiting: nothing has come yet; connected: the last that came was well; trouble: something comes that cannot work, see problems."`
	First    *time.Time        `json:"first,omitempty" doc:"When the first good request came."`
	Last     *time.Time        `json:"last,omitempty" doc:"When the last good request came."`
	Agent    string            `json:"agent,omitempty" doc:"What the client calls itself." example:"Okta SCIM Client 1.0.0"`
	Version  string            `json:"version,omitempty" doc:"The SCIM version that it speaks." example:"2.0"`
	Problems []ContactProblem  `json:"problems" nullable:"false" doc:"What is or was wrong with the way requests come, the newest first. Credentials are not named."`
}

// LinkedCredential is a credential that a set-up link asks for.
type LinkedCredential struct {
	LinkToken
	Kind tenants.CredentialKind `json:"kind" enum:"bearer,basic,oauth" doc:"As the guide says."`
}

// ShownCredential is what the identity provider is called with, shown once.
type ShownCredential struct {
	Kind  tenants.CredentialKind `json:"kind" enum:"bearer,basic,oauth" doc:"What was made."`
	Token string                 `json:"token,omitempty" doc:"Of kind bearer: the token. Shown this once." example:"mst_…"`
	Basic *BasicPair             `json:"basic,omitempty" doc:"Of kind basic: the pair. Shown this once."`
	OAuth *Client                `json:"oauth,omitempty" doc:"Of kind oauth: what the client is configured with. Shown this once."`
}

type mintByLink struct{ Body LinkedCredential }

type (
	shownConnectorOut  struct{ Body ShownConnector }
	shownContactOut    struct{ Body ShownContact }
	shownCredentialOut struct{ Body ShownCredential }
)

func (a *API) addConnectWith() {
	const ended = "This link has ended, or never was one. Ask whoever sent it for another."
	tooMany := "Too many attempts from this address with links that are none (`tooManyAttempts`); `Retry-After` says for how long."
	route(a, operation{method: http.MethodPost, path: "/connect-with", id: "openSetupLink", tag: "Set-up links", role: anybody, missing: ended, status: http.StatusOK,
		summary: "Say what a set-up link is for, and how to connect", description: "Does not use it up.",
		errors: map[int]string{http.StatusTooManyRequests: tooMany},
	}, func(ctx context.Context, in *readLink) (*shownConnectorOut, error) {
		link, c, err := a.openLink(ctx, in.Body.Token)
		if err != nil {
			return nil, err
		}
		at := guides.Of(a.public, c.Slug)
		out := ShownConnector{Name: c.Name, Kind: c.Kind, For: link.Name, SCIM: BaseURLs{V2: at.V2, V1: at.V1}, Guides: []guides.Guide{},
			Made: !link.UsedAt.IsZero(), ExpiresAt: link.ExpiresAt.UTC()}
		fitting := guides.Find(string(c.Kind))
		if len(fitting) == 0 {
			fitting = guides.Find("generic")
		}
		for _, g := range fitting {
			out.Guides = append(out.Guides, g.Abroad().Filled(at))
		}
		return &shownConnectorOut{Body: out}, nil
	})
	route(a, operation{method: http.MethodPost, path: "/connect-with/contact", id: "readContactBySetupLink", tag: "Set-up links", role: anybody, missing: ended, status: http.StatusOK,
		summary: "Say whether the identity provider gets through", description: "A new request is there within two seconds.",
		errors: map[int]string{http.StatusTooManyRequests: tooMany},
	}, func(ctx context.Context, in *readLink) (*shownContactOut, error) {
		_, c, err := a.openLink(ctx, in.Body.Token)
		if err != nil {
			return nil, err
		}
		all, err := a.tenants.Contacts(ctx, c.Slug)
		if err != nil {
			return nil, err
		}
		return &shownContactOut{Body: showContact(sayContact(all))}, nil
	})
	route(a, operation{method: http.MethodPost, path: "/connect-with/credential", id: "mintBySetupLink", tag: "Set-up links", role: anybody, missing: ended, status: http.StatusCreated,
		summary: "Make the one credential that a set-up link is for", description: "The answer shows the secret this once.",
		errors: map[int]string{
			http.StatusConflict:        "The link has made its credential (`setupLinkUsed`).",
			http.StatusTooManyRequests: tooMany,
		},
	}, func(ctx context.Context, in *mintByLink) (*shownCredentialOut, error) {
		_, c, err := a.openLink(ctx, in.Body.Token)
		if err != nil {
			return nil, err
		}
		made, secrets, err := a.tenants.MintBySetupLink(acting(ctx), in.Body.Token, in.Body.Kind)
		if err != nil {
			return nil, err
		}
		all := a.sayMinted(c.Slug, made, secrets)
		return &shownCredentialOut{Body: ShownCredential{Kind: all.Kind, Token: all.Token, Basic: all.Basic, OAuth: all.OAuth}}, nil
	})
}

// openLink finds the link of a secret. Secrets that open nothing are counted by address, and too
// many of them are told to wait; one that opens is never.
func (a *API) openLink(ctx context.Context, secret string) (tenants.SetupLink, tenants.Connector, error) {
	link, c, err := a.tenants.OpenSetupLink(ctx, secret)
	if errors.Is(err, tenants.ErrUnknown) && a.failures != nil {
		if failed := a.failures.Fail(ctx, linksFail, from(ctx).Address); failed.Refused {
			p := newProblem(http.StatusTooManyRequests, "tooManyAttempts", "Too many attempts from this address with links that are none. Wait before the next one, or ask for another link.")
			p.wait = failed.Wait
			return link, c, p
		}
	}
	return link, c, err
}

// shownHints are the diagnoses whose hint was said by whoever came, and tells nothing of what there
// is: of the others it could be another connector, or another credential's user name.
var shownHints = map[tenants.Diagnosis]bool{tenants.WrongToken: true, tenants.UnknownUser: true, tenants.UnknownPath: true, tenants.OutsideNetworks: true}

// showContact is a contact without the names of credentials and without what was asked: what comes
// and goes at a connector is its administrators' to see.
func showContact(c Contact) ShownContact {
	out := ShownContact{State: c.State, First: c.First, Last: c.Last, Agent: c.Agent, Version: c.Version, Problems: []ContactProblem{}}
	for _, p := range c.Problems {
		p.Credential = ""
		if !shownHints[p.Diagnosis] {
			p.Hint = ""
		}
		out.Problems = append(out.Problems, p)
	}
	return out
}
