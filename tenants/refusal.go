package tenants

import "github.com/google/uuid"

// Refusal is ErrUnauthenticated with what an administrator may know of it. Whoever sent the
// request is told nothing of that.
type Refusal struct {
	Diagnosis  Diagnosis
	Hint       string    // the end of the secret that was presented, or the user name
	Credential uuid.UUID // of the connector that the path names, if it is one of its own
	Owner      string    // slug of the connector whose credential it is, if that is another one
}

func (r *Refusal) Error() string { return "no valid credential: " + string(r.Diagnosis) }
func (r *Refusal) Unwrap() error { return ErrUnauthenticated }
