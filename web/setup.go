package web

import (
	"context"
	"net/http"
	"time"

	"github.com/google/uuid"

	"github.com/muster-scim/muster/tenants/administrators"
)

// Setup is what somebody who has not signed in needs to know.
type Setup struct {
	Needed bool `json:"needed" doc:"There is no administrator yet: the set-up link makes the first one. It is printed when the server starts, and by muster admin setup-link."`
	OIDC   bool `json:"oidc" doc:"Administrators can sign in with an OpenID provider: GET /api/v1/session/oidc leads there."`
}

type setupOut struct{ Body Setup }

// LinkToken is the secret of a link.
type LinkToken struct {
	Token string `json:"token" minLength:"1" maxLength:"128" doc:"The link's token: what stands behind its #."`
}

type readLink struct{ Body LinkToken }

// LinkPurpose is what a link is for.
type LinkPurpose struct {
	First     bool      `json:"first" doc:"It makes the first administrator; else it sets the password of the one named here."`
	Email     string    `json:"email,omitempty" doc:"Whose password it sets."`
	Name      string    `json:"name,omitempty" doc:"Their name."`
	ExpiresAt time.Time `json:"expiresAt" doc:"When it ends."`
}

type linkPurposeOut struct{ Body LinkPurpose }

// Redemption uses a link up.
type Redemption struct {
	LinkToken
	Email    string `json:"email,omitempty" maxLength:"254" doc:"Of the first administrator." example:"ada@acme.example"`
	Name     string `json:"name,omitempty" maxLength:"256" doc:"Of the first administrator." example:"Ada Lovelace"`
	Password string `json:"password" minLength:"1" maxLength:"1024" doc:"The password to sign in with, 12 characters at least."`
}

type redeemLink struct{ Body Redemption }

// IssuedLink is a link, which is shown once.
type IssuedLink struct {
	URL       string    `json:"url" doc:"Where to open it; who has it can use it, once." example:"https://muster.example.com/ui/setup#K7ZBD3…"`
	Token     string    `json:"token" doc:"The same without the address, for POST /setup."`
	ExpiresAt time.Time `json:"expiresAt" doc:"When it ends."`
}

type issuedLinkOut struct{ Body IssuedLink }

// SetupURL is where a link is opened. Its secret stands behind the #, which browsers send nowhere
// and no log sees.
func SetupURL(public, secret string) string { return public + "/ui/setup#" + secret }

func (a *API) sayLink(l administrators.Issued) IssuedLink {
	return IssuedLink{URL: SetupURL(a.public, l.Secret), Token: l.Secret, ExpiresAt: l.ExpiresAt.UTC()}
}

const noLink = "This link was used already, or has ended. Ask an owner for another one, or run muster admin setup-link on the server."

func (a *API) addSetup() {
	route(a, operation{method: http.MethodGet, path: "/setup", id: "readSetup", tag: "Sign-in", role: anybody, summary: "Say how to sign in, and whether anybody can yet"},
		func(ctx context.Context, _ *struct{}) (*setupOut, error) {
			needed, err := a.administrators.NeedsSetup(ctx)
			return &setupOut{Body: Setup{Needed: needed, OIDC: a.oidc != nil}}, err
		})
	route(a, operation{method: http.MethodPost, path: "/setup/link", id: "readLink", tag: "Sign-in", role: anybody, missing: noLink, status: http.StatusOK,
		summary: "Say what a link is for", description: "Does not use it up.",
	}, func(ctx context.Context, in *readLink) (*linkPurposeOut, error) {
		l, err := a.administrators.Link(ctx, in.Body.Token)
		if err != nil {
			return nil, err
		}
		return &linkPurposeOut{Body: LinkPurpose{First: l.Administrator == uuid.Nil, Email: l.Email, Name: l.Name, ExpiresAt: l.ExpiresAt}}, nil
	})
	route(a, operation{method: http.MethodPost, path: "/setup", id: "redeemLink", tag: "Sign-in", role: anybody, missing: noLink, status: http.StatusOK,
		summary:     "Use a link: make the first owner, or choose a password",
		description: "Signs in, as POST /session does. A link is used once.",
		errors:      map[int]string{http.StatusConflict: "There is an administrator already (`alreadySetUp`)."},
	}, func(ctx context.Context, in *redeemLink) (*signedInOut, error) {
		got, err := a.administrators.Redeem(acting(ctx), in.Body.Token, in.Body.Email, in.Body.Name, in.Body.Password, from(ctx))
		return a.answerSignedIn(ctx, got, err)
	})
	route(a, operation{method: http.MethodPost, path: "/setup/links", id: "createSetupLink", tag: "Administrators", role: owns(deployment), status: http.StatusCreated,
		summary: "Make a link for the first owner", description: "It can be used once, within 30 minutes, and only while there is no administrator.",
		errors: map[int]string{http.StatusConflict: "There is an administrator already (`alreadySetUp`)."},
	}, func(ctx context.Context, _ *struct{}) (*issuedLinkOut, error) {
		l, err := a.administrators.SetupLink(acting(ctx))
		if err != nil {
			return nil, err
		}
		return &issuedLinkOut{Body: a.sayLink(l)}, nil
	})
}
