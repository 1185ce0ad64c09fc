package web

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/google/uuid"

	"github.com/muster-scim/muster/tenants"
	"github.com/muster-scim/muster/tenants/administrators"
)

// Me is who is signed in.
type Me struct {
	Administrator *Administrator      `json:"administrator,omitempty" doc:"The administrator; left out for the deployment's admin token."`
	Role          administrators.Role `json:"role" enum:"viewer,operator,ruleEditor,owner" doc:"What this caller may do: of an API token the lesser of its role and its administrator's. Each operation of this document names the least role it takes in x-muster-role."`
	Limited       bool                `json:"limited" doc:"Whether the caller is limited to tenants."`
	Connectors    []string            `json:"connectors,omitempty" doc:"Of a limited one: its connectors, by slug."`
	Session       *uuid.UUID          `json:"session,omitempty" format:"uuid" doc:"The session, if it is one."`
	Token         *uuid.UUID          `json:"token,omitempty" format:"uuid" doc:"The API token, if it is one."`
	Environment   *Environment        `json:"environment,omitempty" doc:"What this deployment is called (MUSTER_ENVIRONMENT_LABEL); left out where it has no label."`
}

type meOut struct{ Body Me }

// signedInOut is the answer to whoever has signed in, with the cookie of the new session.
type signedInOut struct {
	Cookie string `header:"Set-Cookie" doc:"The session."`
	Body   Me
}

// SignIn is an e-mail with its password.
type SignIn struct {
	Email    string `json:"email" minLength:"1" maxLength:"254" doc:"The administrator's e-mail." example:"ada@acme.example"`
	Password string `json:"password" minLength:"1" maxLength:"1024" doc:"The password."`
}

type signIn struct{ Body SignIn }

type signedOutOut struct {
	Cookie string `header:"Set-Cookie" doc:"Takes the session away."`
}

// NewPassword is a password with the one that it replaces.
type NewPassword struct {
	Current  string `json:"current" minLength:"1" maxLength:"1024" doc:"The password that holds."`
	Password string `json:"password" minLength:"1" maxLength:"1024" doc:"The new one, 12 characters at least."`
}

type changePassword struct{ Body NewPassword }

func (a *API) addSession() {
	route(a, operation{method: http.MethodPost, path: "/session", id: "signIn", tag: "Sign-in", role: anybody, status: http.StatusOK,
		summary: "Sign in with a password", description: "Sets the cookie of a new session, which ends after 30 minutes without use and after 12 hours at the latest. A session that the browser had before ends.",
		errors: map[int]string{
			http.StatusUnauthorized:    "E-mail or password is wrong, or the administrator is disabled (`signInFailed`).",
			http.StatusTooManyRequests: "Too many failed attempts from this address (`tooManyAttempts`); `Retry-After` says for how long.",
		},
	}, func(ctx context.Context, in *signIn) (*signedInOut, error) {
		got, err := a.administrators.SignIn(acting(ctx), in.Body.Email, in.Body.Password, from(ctx))
		return a.answerSignedIn(ctx, got, err)
	})
	route(a, operation{method: http.MethodDelete, path: "/session", id: "signOut", tag: "Sign-in", role: reads(oneself), status: http.StatusNoContent,
		summary: "Sign out", description: "Ends the session. An API token has none and goes on.",
	}, func(ctx context.Context, _ *struct{}) (*signedOutOut, error) {
		caller := callerOf(ctx)
		if caller.Session != uuid.Nil {
			if err := a.administrators.EndSession(acting(ctx), caller.Administrator.ID, caller.Session); err != nil && !errors.Is(err, tenants.ErrUnknown) {
				return nil, err
			}
		}
		return &signedOutOut{Cookie: a.cookie(sessionCookie, "", -1)}, nil
	})
	route(a, operation{method: http.MethodGet, path: "/me", id: "readMe", tag: "Sign-in", role: reads(oneself), summary: "Say who is signed in, and what they may do"},
		func(ctx context.Context, _ *struct{}) (*meOut, error) {
			return &meOut{Body: a.sayMe(ctx, callerOf(ctx))}, nil
		})
	route(a, operation{method: http.MethodPut, path: "/me/password", id: "changePassword", tag: "Sign-in", role: reads(oneself),
		summary: "Choose another password", description: "Ends all sessions of the administrator and begins a new one.",
		errors: map[int]string{
			http.StatusForbidden:       "The current password is wrong (`wrongPassword`), or the caller is no session (`sessionNeeded`).",
			http.StatusTooManyRequests: "Too many failed attempts from this address (`tooManyAttempts`).",
		},
	}, func(ctx context.Context, in *changePassword) (*signedInOut, error) {
		caller, err := inSession(ctx)
		if err != nil {
			return nil, err
		}
		got, err := a.administrators.ChangePassword(acting(ctx), caller.Administrator, in.Body.Current, in.Body.Password, from(ctx))
		if errors.Is(err, administrators.ErrWrong) {
			return nil, newProblem(http.StatusForbidden, "wrongPassword", "The current password is wrong. An owner can make a link with which to choose another one.")
		}
		return a.answerSignedIn(ctx, got, err)
	})
}

// inSession is the caller, if it is a person at a browser: what makes ways in that outlive the
// caller's own is not for automation.
func inSession(ctx context.Context) (administrators.Caller, error) {
	caller := callerOf(ctx)
	if caller.Session == uuid.Nil {
		return caller, newProblem(http.StatusForbidden, "sessionNeeded", "This is for an administrator who has signed in, not for a token. Sign in at /ui/ or with POST /api/v1/session.")
	}
	return caller, nil
}

// answerSignedIn answers whoever has signed in, or says why nobody has.
func (a *API) answerSignedIn(ctx context.Context, got administrators.SignedIn, err error) (*signedInOut, error) {
	if err != nil {
		return nil, a.signInProblem(err)
	}
	me := administrators.Caller{Administrator: got.Administrator, Role: got.Administrator.Role, Session: got.Session.ID}
	return &signedInOut{Cookie: a.sessionCookie(got), Body: a.sayMe(ctx, me)}, nil
}

func (a *API) sessionCookie(got administrators.SignedIn) string {
	return a.cookie(sessionCookie, got.Secret, int(administrators.LongestTime/time.Second))
}

// signInProblem says what kept somebody out, as far as strangers may know.
func (a *API) signInProblem(err error) error {
	var throttled *administrators.Throttled
	switch {
	case errors.As(err, &throttled):
		p := newProblem(http.StatusTooManyRequests, "tooManyAttempts",
			"Too many failed attempts from this address. Wait before the next one; an owner can make a link with which to choose a new password.")
		p.wait = throttled.Wait
		return p
	case errors.Is(err, administrators.ErrWrong):
		return newProblem(http.StatusUnauthorized, "signInFailed", "E-mail or password is wrong. Where administrators sign in with an OpenID provider, use that way.")
	case errors.Is(err, administrators.ErrNotInvited):
		return newProblem(http.StatusForbidden, "notInvited", "You are no administrator here. Ask an owner to invite you, with the e-mail that your provider knows.")
	}
	return err
}

func (a *API) sayMe(ctx context.Context, c administrators.Caller) Me {
	me := Me{Role: c.Role, Limited: c.Limited(), Session: some(c.Session), Token: some(c.Token.ID)}
	if c.Administrator.ID != uuid.Nil {
		said := sayAdministrator(c.Administrator)
		me.Administrator = &said
	}
	if v := viewIn(ctx); v != nil {
		me.Connectors = v.owned()
	}
	if a.environment.Label != "" {
		me.Environment = &a.environment
	}
	return me
}
