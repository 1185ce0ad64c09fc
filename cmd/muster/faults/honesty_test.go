package faults

import (
	"errors"
	"net/http"
	"testing"
)

func TestHonestAnswers(t *testing.T) {
	t.Parallel()
	later := http.Header{"Retry-After": {"10"}}
	broken := answer{err: errors.New("reset")}
	for _, c := range []struct {
		name   string
		answer answer
		in     circumstance
		honest bool
	}{
		{"a success", answer{status: 201}, circumstance{}, true},
		{"503 with Retry-After", answer{status: 503, header: later}, circumstance{}, true},
		{"503 without", answer{status: 503}, circumstance{}, false},
		{"503 with a date", answer{status: 503, header: http.Header{"Retry-After": {"tomorrow"}}}, circumstance{}, false},
		{"429 with Retry-After", answer{status: 429, header: later}, circumstance{}, true},
		{"500", answer{status: 500, header: later}, circumstance{}, false},
		{"a proxy's 502", answer{status: 502}, circumstance{}, false},
		{"404 for what is there", answer{status: 404}, circumstance{}, false},
		{"404 for what may be gone", answer{status: 404}, circumstance{absent: true}, true},
		{"404 for a deletion", answer{status: 404}, circumstance{removal: true}, false},
		{"404 for a deletion tried before", answer{status: 404}, circumstance{removal: true, repeated: true}, true},
		{"409 for a new name", answer{status: 409}, circumstance{creation: true}, false},
		{"409 for a creation tried before", answer{status: 409}, circumstance{creation: true, repeated: true}, true},
		{"401 for a good token", answer{status: 401}, circumstance{killed: true}, false},
		{"a broken connection", broken, circumstance{}, false},
		{"a broken connection while processes are killed", broken, circumstance{killed: true}, true},
	} {
		if wrong := c.in.judge(c.answer); (wrong == "") != c.honest {
			t.Errorf("%s: judged %q", c.name, wrong)
		}
	}
}
