package web

import "net/http"

// The cookies: of a session, and of a sign-in that is under way at an OpenID provider. Over https
// their names begin with __Host-, so that no other host and no plain connection can set them.
const (
	sessionCookie = "sid"
	oidcCookie    = "oidc"
)

func (a *API) cookieName(name string) string {
	if a.https {
		return "__Host-" + name
	}
	return name
}

// cookieOf is the value of a cookie of ours; empty if there is none.
func (a *API) cookieOf(r *http.Request, name string) string {
	c, err := r.Cookie(a.cookieName(name))
	if err != nil {
		return ""
	}
	return c.Value
}

// cookie is a Set-Cookie. Only the one of a sign-in that comes back from elsewhere is sent along
// with what another site began, and only with a plain visit (Lax). seconds < 0 deletes it.
func (a *API) cookie(name, value string, seconds int) string {
	c := &http.Cookie{Name: a.cookieName(name), Value: value, Path: "/", MaxAge: seconds,
		Secure: a.https, HttpOnly: true, SameSite: http.SameSiteStrictMode}
	if name == oidcCookie {
		c.SameSite = http.SameSiteLaxMode
	}
	return c.String()
}
