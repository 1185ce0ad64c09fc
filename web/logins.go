package web

import (
	"context"
	"net/http"
	"time"

	"github.com/muster-scim/muster/directory"
)

// Login is a sign-in that an application tells of.
type Login struct {
	User string    `json:"user" minLength:"1" maxLength:"1024" doc:"The user's id in the directory, userName or primary e-mail." example:"ada@acme.example"`
	At   time.Time `json:"at" doc:"When the user signed in." example:"2026-01-31T08:15:00Z"`
}

// NewLogins are sign-ins of users of one directory.
type NewLogins struct {
	Logins []Login `json:"logins" minItems:"1" maxItems:"10000" nullable:"false" doc:"One or many; the latest of each user counts."`
}

// LoginsTold is what became of logins.
type LoginsTold struct {
	Written   int            `json:"written" doc:"Users whose last login is a later one now."`
	Older     int            `json:"older" doc:"Logins before, or at, one that is known."`
	Unknown   int            `json:"unknown" doc:"Logins of nobody in the directory."`
	Ambiguous int            `json:"ambiguous" doc:"Logins of an e-mail address that several users have."`
	Future    int            `json:"future" doc:"Logins that were refused because their time is still to come."`
	Problems  []LoginProblem `json:"problems" nullable:"false" doc:"Those that were not written, and why."`
}

// LoginProblem is a login that was not written.
type LoginProblem struct {
	Line int    `json:"line" doc:"Its place in logins, from 1." example:"3"`
	User string `json:"user" doc:"The user as it was named." example:"ada@acme.example"`
	Code string `json:"code" enum:"unknown,ambiguous,future" doc:"Why it was not written."`
}

type tellLogins struct {
	OfDirectory
	Body NewLogins
}

type loginsOut struct {
	Body LoginsTold
}

// loginsBody is how long a body with the most logins may be.
const loginsBody = 4 << 20

func (a *API) addLogins() {
	route(a, operation{method: http.MethodPost, path: "/directories/{d}/logins", id: "tellLogins", tag: "Users", role: helps(deployment), missing: noDirectory,
		status: http.StatusOK, body: loginsBody,
		summary: "Tell when users last signed in",
		description: "For applications: single sign-ins as they happen, or many at once. A user's last login never goes back in time, so the same may be told again. " +
			"It changes no user: no version, no time of change and no event comes of it. A time more than five minutes ahead of the server's clock is refused.",
		errors: map[int]string{http.StatusRequestEntityTooLarge: "The body is too long; send fewer logins at once."},
	}, func(ctx context.Context, in *tellLogins) (*loginsOut, error) {
		logins := make([]directory.Login, len(in.Body.Logins))
		for i, l := range in.Body.Logins {
			logins[i] = directory.Login{User: l.User, At: l.At}
		}
		told, err := a.effective.TellLogins(ctx, in.Directory, logins)
		if err != nil {
			return nil, err
		}
		return &loginsOut{Body: sayLogins(told)}, nil
	})
}

func sayLogins(t directory.LoginsTold) LoginsTold {
	out := LoginsTold{Written: t.Written, Older: t.Older, Problems: []LoginProblem{}}
	for _, p := range t.Problems {
		switch p.Code {
		case directory.LoginUnknown:
			out.Unknown++
		case directory.LoginAmbiguous:
			out.Ambiguous++
		case directory.LoginFuture:
			out.Future++
		}
		out.Problems = append(out.Problems, LoginProblem{Line: p.At + 1, User: p.User, Code: p.Code})
	}
	return out
}
