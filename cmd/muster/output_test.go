package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"syscall"
	"testing"
	"time"
)

func TestANarrowScreenWrapsTheSentencesAndKeepsTheColumns(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	wide := &tableWriter{out: &out, screen: 44, first: []string{"GROUP", "BECAUSE"}}
	err := wide.write([][]string{{"jira-users", "acme-okta sends this group, and onlyAssign admits it."}, {"vpn", "kept."}})
	if err != nil {
		t.Fatal(err)
	}
	const want = "GROUP       BECAUSE\n" +
		"jira-users  acme-okta sends this group, and\n" +
		"            onlyAssign admits it.\n" +
		"vpn         kept.\n"
	if out.String() != want {
		t.Errorf("got\n%s", out.String())
	}
	for _, screen := range []int{0, 20} { // no screen, or none that is worth it
		out.Reset()
		narrow := &tableWriter{out: &out, screen: screen}
		if err := narrow.write([][]string{{"jira-users", strings.Repeat("x ", 40)}}); err != nil || strings.Count(out.String(), "\n") != 1 {
			t.Errorf("on %d columns: %q, %v", screen, out.String(), err)
		}
	}
}

func TestAnEventIsSaidInALine(t *testing.T) {
	t.Parallel()
	for changes, want := range map[string]string{
		`{"because":{"code":"neverAssign","connector":"acme-okta","pattern":".*-admins"},"group":"jira-admins","origin":"idp"}`: "group jira-admins, origin idp, because neverAssign of acme-okta (.*-admins)",
		`{"before":"observe","after":"live"}`: "observe -> live",
		`{"version":2,"before":{"onlyAssign":[],"neverRemove":["a"]},"after":{"onlyAssign":["jira-.*"],"neverRemove":["a"]}}`: "onlyAssign [] -> [jira-.*]",
		`{"before":{"a":1},"after":{"a":1}}`:                                "nothing differs",
		`{"name":{"before":"x","after":"y"},"attributes":["title","name"]}`: "attributes [title name], name x -> y",
		`{"would":{"lines":[{"op":"keepOut","record":"r","userName":"ada","group":"corp","because":{"code":"neverAssign"}},` +
			`{"op":"createUser","record":"r","userName":"ada","status":"active"},{"op":"addMembership","record":"r","userName":"ada","group":"jira","because":{"code":"sent"}}]}}`: "would have created ada, added ada to jira (sent), would not have added ada to corp (neverAssign)",
		`{"displayName":"jira","would":{"lines":[]}}`:               "displayName jira, would have done nothing",
		`{"would":{"lines":[],"people":301}}`:                       "would have concerned 301 people, see the plan of going live",
		`{"would":{"lines":[{"op":"forgetUser","record":"0193"}]}}`: "would no longer have created record 0193",
		`{"would":{"lines":[],"undecided":"rules"}}`:                "what it would have done is not known: the connector's rules do not compile, save them anew",
		`{}`: "", ``: "", `null`: "null",
	} {
		if got := inShort(json.RawMessage(changes)); got != want {
			t.Errorf("%s: %q, want %q", changes, got, want)
		}
	}
}

func TestTimesAreSaidInDaysToo(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]time.Duration{"7d": 7 * 24 * time.Hour, "24h": 24 * time.Hour, "0.5d": 12 * time.Hour, "30m": 30 * time.Minute} {
		var s span
		if err := s.UnmarshalText([]byte(text)); err != nil || s.duration() != want {
			t.Errorf("%s is %s, %v", text, s.duration(), err)
		}
	}
	for _, text := range []string{"", "1x", "d", "-1h", "-1d", "yesterday"} {
		if err := new(span).UnmarshalText([]byte(text)); err == nil || !strings.Contains(err.Error(), "7d") {
			t.Errorf("%q: %v", text, err)
		}
	}
}

func TestAMisspeltVariableIsNoticedAndOthersAreNot(t *testing.T) {
	t.Parallel()
	said := misspelt([]string{"MUSTER_LISEN=1", "MUSTER_DATABSE_URL=x", "MUSTER_COLOUR=red", "MUSTER_LISTEN=1", "MUSTER_URL=x",
		"MUSTER_ADMIN_TOKEN_FILE=x", "MUSTER_PORT_8080_TCP=1", "MUSTER_SERVICE_HOST=x", "HOME=/"})
	if len(said) != 3 || !strings.Contains(said[0], "MUSTER_COLOUR") || !strings.Contains(said[1], "did you mean MUSTER_DATABASE_URL?") ||
		!strings.Contains(said[2], "did you mean MUSTER_LISTEN?") {
		t.Errorf("said %q", said)
	}
}

func TestAnswersOfTheAPIPointToCommands(t *testing.T) {
	t.Parallel()
	for detail, want := range map[string]string{
		"There is no connector x. GET /api/v1/connectors lists them.":                                                      "There is no connector x. muster connectors list lists them.",
		"GET /api/v1/connectors/acme-okta/credentials lists them.":                                                         "muster credentials list acme-okta lists them.",
		"GET /api/v1/directories/main/users?filter=userName sw \"…\" finds users by name.":                                 "muster users list -d main -f 'userName sw \"…\"' finds users by name.",
		"The tenant or the directory does not exist. POST /api/v1/tenants and /api/v1/directories make them.":              "The tenant or the directory does not exist. muster tenants create and muster directories create make them.",
		"body.onlyAsign is not known here; did you mean onlyAssign? The fields are a, b; /api/v1/openapi.json lists them.": "body.onlyAsign is not known here; did you mean onlyAssign? The fields are a, b; /api/v1/openapi.json lists them.",
	} {
		if got := asCommands(detail); got != want {
			t.Errorf("%s: %s", detail, got)
		}
	}
}

func TestEveryFailureToReachAServerNamesTheWayOut(t *testing.T) {
	t.Parallel()
	for name, err := range map[string]error{
		"refused":    unreachable("http://127.0.0.1:9", syscall.ECONNREFUSED),
		"no host":    unreachable("http://nohost", errors.New("no such host")),
		"no address": checkBase("127.0.0.1:8080"),
		"no Muster":  &problem{Status: http.StatusNotFound},
	} {
		if !strings.Contains(err.Error(), "MUSTER_URL") {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, err := range []error{
		cannotListen("MUSTER_LISTEN", "127.0.0.1:80", syscall.EACCES), cannotListen("MUSTER_LISTEN", "127.0.0.1:80", syscall.EADDRINUSE), cannotListen("MUSTER_LISTEN", "1.2.3.4:80", syscall.EADDRNOTAVAIL),
	} {
		if !strings.Contains(err.Error(), "MUSTER_LISTEN") {
			t.Error(err)
		}
	}
	if err := cannotOpen(&settings{DatabaseURL: "postgres://u:hunter2@h/db"}, errors.New("refused")); !strings.Contains(err.Error(), "MUSTER_DATABASE_URL") || strings.Contains(err.Error(), "hunter2") {
		t.Error(err)
	}
}
