package e2e

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// transcript is a recorded conversation of an identity provider with a fresh, empty connector.
type transcript struct {
	IDP      string            `json:"idp"`
	Scenario string            `json:"scenario"`
	SCIM     string            `json:"scim"`
	Inputs   map[string]string `json:"inputs"`
	Steps    []exchange        `json:"steps"`
}

// exchange is one request of it and what has to come back.
type exchange struct {
	Name      string            `json:"name"`
	Connector string            `json:"connector"` // "a" (the default) or "b"
	Method    string            `json:"method"`
	Path      string            `json:"path"`  // below the connector's base URL
	Query     *string           `json:"query"` // as it goes over the wire, after the ?
	Headers   map[string]string `json:"headers"`
	Body      json.RawMessage   `json:"body"`
	Expect    struct {
		Status  []int           `json:"status"`
		Headers json.RawMessage `json:"headers"`
		Body    json.RawMessage `json:"body"` // path to what is there; looked at only if a body came back
	} `json:"expect"`
	Capture map[string]string `json:"capture"` // name to path in the answer
}

func TestTranscripts(t *testing.T) {
	t.Parallel()
	dir := os.Getenv("MUSTER_TRANSCRIPTS")
	if dir == "" {
		dir = filepath.Join("testdata", "idp")
	}
	files, err := filepath.Glob(filepath.Join(dir, "*.json"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no transcripts in %s (%v)", dir, err)
	}
	var servers []*server
	for _, engine := range databases {
		servers = append(servers, startServer(t, engine))
	}
	t.Run("play", func(t *testing.T) {
		for _, file := range files {
			name := strings.TrimSuffix(filepath.Base(file), ".json")
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				script := readTranscript(t, file)
				reportCase(t, name, func() string {
					return fmt.Sprintf("%d steps on %s", len(script.Steps), strings.Join(databases, " and "))
				})
				for _, s := range servers {
					t.Run(s.engine, func(t *testing.T) { s.play(t, script) })
				}
			})
		}
	})
}

func readTranscript(t *testing.T, file string) (script transcript) {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, &script); err != nil {
		t.Fatalf("%s: %v", file, err)
	}
	return script
}

// play plays a transcript against fresh connectors. It stops at the first step that disagrees,
// as the later ones build on it.
func (s *server) play(t *testing.T, script transcript) {
	_, basic := script.Inputs["basic"]
	w := wanted{Tenant: s.tenant(t), Directory: s.directory(t), Kind: kindOf(script.IDP), Basic: basic}
	connectors := map[string]connector{"": s.connector(t, w)}
	connectors["a"] = connectors[""]
	values := map[string]string{}
	for name, value := range script.Inputs {
		values[name] = value
	}
	values["token"], values["basic"] = connectors["a"].Token, connectors["a"].Basic
	if _, two := script.Inputs["tokenB"]; two {
		connectors["b"] = s.connector(t, w)
		values["tokenB"] = connectors["b"].Token
	}
	for i, step := range script.Steps {
		c, ok := connectors[step.Connector]
		if !ok {
			t.Fatalf("step %d, %s: there is no connector %q", i+1, step.Name, step.Connector)
		}
		if !step.play(t, c, script.SCIM, values, i+1) {
			return
		}
	}
}

// play sends one request and compares the answer; it reports whether they agree.
func (e exchange) play(t *testing.T, c connector, version string, values map[string]string, number int) bool {
	t.Helper()
	r := request{Method: e.Method, Target: c.base[version] + fill(t, e.Path, values, asIs), Header: http.Header{}}
	if e.Query != nil {
		r.Target += "?" + fill(t, *e.Query, values, asIs)
	}
	for name, value := range e.Headers {
		r.Header.Set(name, fill(t, value, values, asIs))
	}
	if e.Body != nil {
		r.Body = []byte(fill(t, string(e.Body), values, inJSON))
	}
	answer := c.must(t, r)

	var problems []string
	if !slices.Contains(e.Expect.Status, answer.Status) {
		problems = append(problems, fmt.Sprintf("status %d, want %v", answer.Status, e.Expect.Status))
	}
	problems = append(problems, e.compareHeaders(t, answer, values)...)
	problems = append(problems, e.compareBody(t, answer, values)...)
	if len(problems) == 0 {
		problems = append(problems, e.capture(answer, values)...)
	}
	if len(problems) == 0 {
		return true
	}
	t.Errorf("step %d, %s:\n\t%s\n\trequest:  %s %s\n\t          %s\n\tanswer:   %d %s",
		number, e.Name, strings.Join(problems, "\n\t"), r.Method, r.Target, excerpt(r.Body), answer.Status, excerpt(answer.Body))
	return false
}

func (e exchange) compareHeaders(t *testing.T, answer response, values map[string]string) (problems []string) {
	t.Helper()
	for name, want := range expectations(t, e.Expect.Headers, values) {
		got := found{value: answer.Header.Get(name), present: len(answer.Header.Values(name)) > 0}
		if err := match(got, want); err != nil {
			problems = append(problems, fmt.Sprintf("header %s: %v", name, err))
		}
	}
	return problems
}

func (e exchange) compareBody(t *testing.T, answer response, values map[string]string) (problems []string) {
	t.Helper()
	if e.Expect.Body == nil || len(answer.Body) == 0 {
		return nil
	}
	document, err := decodeJSON(answer.Body)
	if err != nil {
		return []string{fmt.Sprintf("the body is no JSON: %v", err)}
	}
	for path, want := range expectations(t, e.Expect.Body, values) {
		got, err := lookup(document, path)
		if err == nil {
			err = match(got, want)
		}
		if err != nil {
			problems = append(problems, fmt.Sprintf("%s: %v", path, err))
		}
	}
	slices.Sort(problems)
	return problems
}

// capture keeps what later steps refer to.
func (e exchange) capture(answer response, values map[string]string) (problems []string) {
	for name, path := range e.Capture {
		document, err := decodeJSON(answer.Body)
		if err != nil {
			return []string{fmt.Sprintf("%s is to be kept, but the body is no JSON: %v", path, err)}
		}
		got, err := lookup(document, path)
		if err != nil || !got.present {
			problems = append(problems, fmt.Sprintf("%s is to be kept, but is not there", path))
			continue
		}
		values[name] = plainText(got.value)
	}
	return problems
}

// expectations decodes what is expected, by header name or path, with the values filled in.
func expectations(t *testing.T, raw json.RawMessage, values map[string]string) map[string]any {
	t.Helper()
	if raw == nil {
		return nil
	}
	decoded, err := decodeJSON([]byte(fill(t, string(raw), values, inJSON)))
	if err != nil {
		t.Fatalf("the expectation is no JSON: %v", err)
	}
	return decoded.(map[string]any)
}

var placeholder = regexp.MustCompile(`\{\{([A-Za-z0-9_]+)\}\}`)

// fill replaces each {{name}} by its value, written as the place asks for.
func fill(t *testing.T, text string, values map[string]string, write func(string) string) string {
	t.Helper()
	return placeholder.ReplaceAllStringFunc(text, func(found string) string {
		value, ok := values[found[2:len(found)-2]]
		if !ok {
			t.Fatalf("%s is neither an input nor was it kept by an earlier step", found)
		}
		return write(value)
	})
}

func asIs(s string) string { return s }

func inJSON(s string) string {
	quoted, _ := json.Marshal(s)
	return string(quoted[1 : len(quoted)-1])
}

// kindOf is the kind of connector an administrator would choose for an IdP.
func kindOf(idp string) string {
	switch idp {
	case "okta", "entra", "onelogin", "google", "jumpcloud", "keycloak", "authentik":
		return idp
	case "huawei":
		return "oneaccess"
	case "pingfederate", "pingone":
		return "ping"
	}
	return "generic"
}
