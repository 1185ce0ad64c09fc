package tenants

import (
	"strings"

	"github.com/google/uuid"
)

// Refusal is ErrUnauthenticated with what an administrator may know of it. Whoever sent the
// request is told nothing of that.
type Refusal struct {
	Diagnosis  Diagnosis
	Hint       string    // the end of the secret that was presented, or the user name
	Credential uuid.UUID // whose row was found; zero if none was
	Owner      string    // slug of the connector that it belongs to, if that is another one
}

// Error is the same for all: it may get to whoever sent the request.
func (r *Refusal) Error() string { return ErrUnauthenticated.Error() }
func (r *Refusal) Unwrap() error { return ErrUnauthenticated }

// refusedHeaders is what Authorization headers are that cannot hold a credential.
func refusedHeaders(headers []string) *Refusal {
	if strings.TrimSpace(strings.Join(headers, "")) == "" {
		return &Refusal{Diagnosis: NoCredential}
	}
	return &Refusal{Diagnosis: BadHeader}
}

// refusedToken is what a text is that stands where a token should, and is none of ours.
func refusedToken(text string) *Refusal {
	if text == "" || strings.ContainsAny(text, " \t") {
		return &Refusal{Diagnosis: BadHeader}
	}
	return &Refusal{Diagnosis: WrongToken, Hint: ending(text)}
}

// refusedUnknown is what was presented when there is nothing under its key.
func refusedUnknown(p Presented) *Refusal {
	if p.basic() {
		return &Refusal{Diagnosis: UnknownUser, Hint: p.Hint}
	}
	return &Refusal{Diagnosis: WrongToken, Hint: p.Hint}
}

// refusedClosed is what was presented when it does not open what is under its key. Its key alone
// may say whose credential it is: that is no proof, and nobody but administrators hears of it.
func refusedClosed(e Entry, p Presented) *Refusal {
	r := &Refusal{Hint: p.Hint, Credential: e.Credential.ID}
	switch {
	case e.Connector.Slug != p.Slug:
		r.Diagnosis, r.Owner = OtherConnector, e.Connector.Slug
	case p.basic():
		r.Diagnosis = WrongPassword
	default:
		r.Diagnosis = WrongToken
	}
	return r
}

// ending is what may be shown of a secret.
func ending(secret string) string {
	if len(secret) < 4*hintLength {
		return "" // that would be too much of it
	}
	return "…" + hint(secret)
}
