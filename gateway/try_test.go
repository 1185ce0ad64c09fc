package gateway_test

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"testing"

	"github.com/muster-scim/muster/directory"
	"github.com/muster-scim/muster/gateway"
	"github.com/muster-scim/muster/tenants"
)

// tries are trials over the fake records, which take nothing back.
type tries struct{ *records }

func (r tries) Try(_ context.Context, f func(directory.Records) error) (directory.Trial, error) {
	return directory.Trial{}, f(r.records)
}

// try tries a request of acme's, with attributes that it calls sensitive.
func (s *server) try(method, path, body string, sensitive ...string) (directory.Trial, error) {
	s.t.Helper()
	g := gateway.New(gateway.Options{Records: s.records, Trials: tries{s.records}, PublicURL: "https://scim.example", Log: slog.New(slog.DiscardHandler)})
	c := s.doors.open[acme].Connector
	c.Settings.Demands = tenants.Demands{Sensitive: sensitive}
	return g.Try(s.t.Context(), c, directory.TrialRequest{Method: method, Path: path, Header: http.Header{}, Body: []byte(body)})
}

func TestNoSpellingOfBulkIsTried(t *testing.T) {
	t.Parallel()
	s := serve(t)
	for _, path := range []string{"/Bulk", "/bulk", "/scim/acme/v2/Bulk", "/scim/acme/v1/Bulk", "/scim/acme/v1/Bulk.json", "/scim/acme/v1/bulk.json?x=y"} {
		trial, err := s.try("POST", path, `{"Operations":[]}`)
		var refused *directory.RefusedError
		if !errors.As(err, &refused) || refused.Code != directory.CodeNotTried {
			t.Errorf("%s: %v and the answer %d %s, want it refused", path, err, trial.Response.Status, trial.Response.Body)
		}
	}
	for path, want := range map[string]int{"/Bulk.json": 404, "/scim/acme/v1/Bulk.json.json": 404, "/scim/acme/v1/Bulk.xml": 406, "/scim/acme/v1/Users.json": 200} {
		if trial, err := s.try("GET", path, ""); err != nil || trial.Response.Status != want {
			t.Errorf("%s: %d (%v), want %d", path, trial.Response.Status, err, want)
		}
	}
}

func TestATrialOfAPatchDoesNotGuess(t *testing.T) {
	t.Parallel()
	s := serve(t)
	one := "/Users/" + s.newUser("ada")
	s.do("PATCH", one, `{"Operations":[{"op":"add","path":"phoneNumbers","value":[{"value":"+49 1","type":"work"}]}]}`).wantStatus(t, 200)
	removing := func(path string) string { return `{"Operations":[{"op":"remove","path":"` + path + `"}]}` }
	for path, want := range map[string]int{
		`phoneNumbers[value sw \"+49\"]`:                                          400,
		`phoneNumbers[value sw \"+48\"]`:                                          400,
		`PHONENUMBERS[VALUE co \"9\"].type`:                                       400,
		`phoneNumbers[type eq \"work\" and not (value ge \"+5\")]`:                400,
		`phoneNumbers[type eq \"work\" or value lt \"+5\"]`:                       400,
		`urn:ietf:params:scim:schemas:core:2.0:User:phoneNumbers[value ew \"1\"]`: 400,
		`phoneNumbers[value eq \"+48 1\"]`:                                        200,
		`phoneNumbers[type eq \"home\"].value`:                                    200,
		`emails[value sw \"a\"]`:                                                  200,
	} {
		for _, sensitive := range []string{"phoneNumbers", "phoneNumbers.value"} {
			if trial, err := s.try("PATCH", one, removing(path), sensitive); err != nil || trial.Response.Status != want {
				t.Errorf("%s sensitive, %s: %d %s (%v), want %d", sensitive, path, trial.Response.Status, trial.Response.Body, err, want)
			}
		}
	}
	both := `{"Operations":[{"op":"replace","path":"title","value":"x"},{"op":"replace","path":"phoneNumbers[value sw \"+49\"].type","value":"x"}]}`
	if trial, err := s.try("PATCH", one, both, "phoneNumbers"); err != nil || trial.Response.Status != 400 {
		t.Errorf("behind another operation: %d (%v), want 400", trial.Response.Status, err)
	}
	if trial, err := s.try("PATCH", one, removing(`phoneNumbers[value sw \"+48\"]`)); err != nil || trial.Response.Status != 200 {
		t.Errorf("where nothing is sensitive: %d (%v), want 200", trial.Response.Status, err)
	}
	s.do("PATCH", one, removing(`phoneNumbers[value sw \"+49\"]`)).wantStatus(t, 200)
}
