package web

import (
	"net/http"
	"testing"
)

// away is a database that does not answer, as the store says it.
type away struct{}

func (away) Error() string     { return "the database cannot answer just now" }
func (away) Unavailable() bool { return true }

func TestADatabaseThatIsAwayIsNoErrorOfOurs(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.people.err = away{}
	r := d.do(http.MethodGet, Base+"/directories/main/users", "")
	r.problem(http.StatusServiceUnavailable, "unavailable")
	if r.header.Get("Retry-After") == "" {
		t.Error("the answer does not say when to come back")
	}
}
