package web

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/muster-scim/muster/tenants/administrators"
	"github.com/muster-scim/muster/tenants/administrators/oidc"
)

// OIDC is a sign-in at an OpenID provider: *oidc.Provider.
type OIDC interface {
	// Begin returns where to send the browser, and what it is to remember.
	Begin(ctx context.Context, back string) (address, remembered string, err error)
	// Finish returns whom the provider vouches for; oidc.ErrRefused, oidc.ErrUnreachable.
	Finish(ctx context.Context, remembered, state, code string) (person administrators.Person, back string, err error)
}

// OIDCCallback is the path to which the provider sends the browser back.
const OIDCCallback = Base + "/session/oidc/callback"

type beginOIDC struct {
	Back string `query:"back" maxLength:"1024" doc:"A path of the UI to end at." example:"/ui/holds"`
}

type finishOIDC struct {
	State    string `query:"state" maxLength:"256" doc:"What was sent along."`
	Code     string `query:"code" maxLength:"4096" doc:"The provider's code."`
	Error    string `query:"error" maxLength:"256" doc:"Why the provider refused."`
	Told     string `query:"error_description" maxLength:"4096" doc:"The same in words; not used."`
	ErrorURI string `query:"error_uri" maxLength:"4096" doc:"Not used."`
	Issuer   string `query:"iss" maxLength:"1024" doc:"Not used: there is one provider."`
}

type redirectOut struct {
	Location string   `header:"Location" doc:"Where to go."`
	Cookies  []string `header:"Set-Cookie" doc:"What to remember."`
}

const uiRoot = "/ui/"

func (a *API) addOIDC() {
	route(a, operation{method: http.MethodGet, path: "/session/oidc", id: "beginOIDC", tag: "Sign-in", role: anybody, status: http.StatusFound,
		missing: "Administrators sign in here with a password: MUSTER_OIDC_ISSUER names no provider.",
		summary: "Sign in with the OpenID provider", description: "For browsers: redirects there.",
	}, func(ctx context.Context, in *beginOIDC) (*redirectOut, error) {
		if a.oidc == nil {
			return nil, newProblem(http.StatusNotFound, "notFound", "Administrators sign in here with a password: MUSTER_OIDC_ISSUER names no provider.")
		}
		address, remembered, err := a.oidc.Begin(ctx, pathOfUI(in.Back))
		if err != nil {
			return a.signInAgain(ctx, err), nil
		}
		return &redirectOut{Location: address, Cookies: []string{a.cookie(oidcCookie, remembered, int(oidc.Patience/time.Second))}}, nil
	})
	route(a, operation{method: http.MethodGet, path: "/session/oidc/callback", id: "finishOIDC", tag: "Sign-in", role: anybody, status: http.StatusSeeOther,
		summary: "Come back from the OpenID provider", description: "For browsers: sets the cookie of a session and redirects to the UI, or to its sign-in page with `problem`.",
	}, func(ctx context.Context, in *finishOIDC) (*redirectOut, error) {
		if a.oidc == nil {
			return nil, newProblem(http.StatusNotFound, "notFound", "Administrators sign in here with a password: MUSTER_OIDC_ISSUER names no provider.")
		}
		got, back, err := a.finish(ctx, in)
		if err != nil {
			return a.signInAgain(ctx, err), nil
		}
		return &redirectOut{Location: pathOfUI(back), Cookies: []string{a.sessionCookie(got), a.cookie(oidcCookie, "", -1)}}, nil
	})
}

func (a *API) finish(ctx context.Context, in *finishOIDC) (got administrators.SignedIn, back string, err error) {
	if in.Error != "" {
		return got, "", oidc.ErrRefused
	}
	person, back, err := a.oidc.Finish(ctx, rememberedIn(ctx), in.State, in.Code)
	if err != nil {
		return got, "", err
	}
	got, err = a.administrators.SignInWith(acting(ctx), person, from(ctx))
	return got, back, err
}

type rememberedKey struct{}

// rememberedIn is what the browser remembers of a sign-in that is under way.
func rememberedIn(ctx context.Context) string {
	text, _ := ctx.Value(rememberedKey{}).(string)
	return text
}

// signInAgain leads back to the sign-in page, which says what the problem means.
func (a *API) signInAgain(ctx context.Context, err error) *redirectOut {
	code := "internal"
	switch {
	case errors.Is(err, oidc.ErrUnreachable):
		code = "providerUnreachable"
	case errors.Is(err, oidc.ErrRefused):
		code = "providerRefused"
	case errors.Is(err, administrators.ErrNotInvited):
		code = "notInvited"
	}
	a.log.WarnContext(ctx, "a sign-in with the OpenID provider failed", "problem", code, "request", requestID(ctx), "error", err)
	return &redirectOut{Location: uiRoot + "sign-in?problem=" + url.QueryEscape(code), Cookies: []string{a.cookie(oidcCookie, "", -1)}}
}

// pathOfUI is a path of the UI on this very host; whatever else was asked for is its first page.
func pathOfUI(back string) string {
	u, err := url.Parse(back)
	if err != nil || u.Scheme != "" || u.Host != "" || u.User != nil || !strings.HasPrefix(back, uiRoot) ||
		strings.ContainsAny(back, "\\\r\n\t") || strings.Contains(back, "//") {
		return uiRoot
	}
	return back
}
