package e2e

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// scraped reads a listener of metrics until it shows what is wanted, for 40 s at most.
func scraped(t *testing.T, url string, want ...string) (text string) {
	t.Helper()
	for deadline := time.Now().Add(40 * time.Second); ; {
		answer, err := http.Get(url + "/metrics")
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(answer.Body)
		answer.Body.Close()
		if err != nil || answer.StatusCode != http.StatusOK {
			t.Fatalf("%d, %v", answer.StatusCode, err)
		}
		text = string(body)
		missing := slices.DeleteFunc(slices.Clone(want), func(line string) bool { return strings.Contains(text, line) })
		if len(missing) == 0 {
			return text
		}
		if time.Now().After(deadline) {
			t.Fatalf("the metrics lack\n%s\nin\n%s", strings.Join(missing, "\n"), text)
		}
		time.Sleep(200 * time.Millisecond)
	}
}

func TestMetricsSayWhatHappened(t *testing.T) {
	t.Parallel()
	for _, engine := range databases {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			if engine == given {
				t.Skip("the given servers have no listener for metrics that this test knows")
			}
			open := freeAddress(t)
			s := startServer(t, engine, "MUSTER_METRICS_LISTEN="+open)
			c := s.lone(t, wanted{Kind: "okta", Rules: map[string]any{"neverAssign": []string{"secret-.*"}}})
			ada := c.user(t, "ada@example.com")
			c.group(t, "Sales", ada)
			c.group(t, "secret-plans", ada)
			stranger := c.request(t, http.MethodGet, "/Users", nil)
			stranger.Header.Set("Authorization", "Bearer nonsense")
			s.must(t, stranger)

			text := scraped(t, "http://"+open,
				`muster_scim_requests_total{code="2xx",connector="`+c.Slug+`",method="POST",resource="users"} 1`,
				`muster_scim_requests_total{code="2xx",connector="`+c.Slug+`",method="POST",resource="groups"} 2`,
				`muster_scim_request_duration_seconds_count{connector="`+c.Slug+`",method="POST",resource="users"} 1`,
				`muster_scim_auth_failures_total{connector="`+c.Slug+`",reason="wrongToken"} 1`,
				`muster_events_total{action="record.user.created",connector="`+c.Slug+`",reason=""} 1`,
				`muster_connector_info{connector="`+c.Slug+`",kind="okta",mode="live"} 1`,
				`muster_records{connector="`+c.Slug+`",kind="`, // read once in five minutes, so perhaps before ada came
				`muster_transaction_part_seconds_count{part="decide"}`,
				`muster_credential_lookups_total{source="local"}`,
				"muster_database_up 1", "muster_replicas 1", "process_resident_memory_bytes", "go_goroutines")
			for _, secret := range []string{"ada@example", "Sales", ada, c.Token} {
				if strings.Contains(text, secret) {
					t.Errorf("the metrics name %q", secret)
				}
			}

			if answer := s.must(t, request{Method: http.MethodGet, Target: "/metrics"}); answer.Status != http.StatusUnauthorized {
				t.Errorf("the main port shows metrics to a stranger: %d", answer.Status)
			}
			withToken := http.Header{"Authorization": {"Bearer " + s.token}}
			if answer := s.must(t, request{Method: http.MethodGet, Target: "/metrics", Header: withToken}); !strings.Contains(string(answer.Body), "muster_build_info{") {
				t.Errorf("the main port answers the admin token with %d", answer.Status)
			}
			connectorsToken := http.Header{"Authorization": {"Bearer " + c.Token}}
			if answer := s.must(t, request{Method: http.MethodGet, Target: "/metrics", Header: connectorsToken}); answer.Status != http.StatusUnauthorized {
				t.Errorf("a connector's token opens the metrics: %d", answer.Status)
			}
		})
	}
}

func TestReadinessSaysWhyToWhoeverMayKnow(t *testing.T) {
	t.Parallel()
	onEveryDatabase(t, func(t *testing.T, s *server) {
		withToken := http.Header{"Authorization": {"Bearer " + s.token}}
		answer := s.must(t, request{Method: http.MethodGet, Target: "/readyz?verbose", Header: withToken})
		var names []string
		for _, c := range answer.at(t, "$.checks").([]any) {
			check := c.(map[string]any)
			names = append(names, check["name"].(string))
			if check["state"] != "ok" {
				t.Errorf("%v", check)
			}
		}
		if answer.Status != http.StatusOK || !slices.Equal(names, []string{"serving", "database", "schema", "redis"}) {
			t.Errorf("%d, checks %v", answer.Status, names)
		}
		if answer := s.must(t, request{Method: http.MethodGet, Target: "/readyz?verbose"}); string(answer.Body) != "ok\n" {
			t.Errorf("a stranger is told %s", answer.Body)
		}
	})
}

func TestTheLogLevelChangesWhileItRuns(t *testing.T) {
	t.Parallel()
	onEveryDatabase(t, func(t *testing.T, s *server) {
		if s.engine == given {
			t.Skip("the log of the given servers is elsewhere")
		}
		loud, quiet := s.lone(t, wanted{}), s.lone(t, wanted{})
		ask := func(c connector, path string) { c.scimOK(t, http.MethodGet, path, nil) }
		shown := func(c connector) bool { return s.log.contains("path=/scim/" + c.Slug + "/") }
		ask(loud, "/Users")
		if shown(loud) {
			t.Fatal("the server was not started at info")
		}
		s.adminOK(t, http.MethodPut, "/log-level", map[string]any{"level": "debug", "connector": loud.Slug, "for": "15m"})
		ask(loud, "/Users")
		ask(quiet, "/Users")
		if !shown(loud) || shown(quiet) {
			t.Errorf("paths are shown of the one %v, of the other %v; want true and false", shown(loud), shown(quiet))
		}
		if got := s.adminOK(t, http.MethodDelete, "/log-level?connector="+loud.Slug, nil).at(t, "$.changes"); len(got.([]any)) != 0 {
			t.Errorf("after the reset there are %v", got)
		}
		ask(loud, "/Groups")
		if s.log.contains("path=/scim/" + loud.Slug + "/v2/Groups") {
			t.Error("paths are shown after the reset")
		}
		if n := len(s.items(t, "/events?action=deployment.logLevel.changed")); n < 2 {
			t.Errorf("%d events tell of the two changes", n)
		}
		if answer := s.admin(t, http.MethodPut, "/log-level", map[string]any{"level": "debug", "connector": "nobody"}); answer.Status != http.StatusNotFound {
			t.Errorf("a connector that is not there: %d %s", answer.Status, answer.Body)
		}
	})
}

func TestAnotherReplicaLogsByALevelThatOneTook(t *testing.T) {
	t.Parallel()
	if !slices.Contains(databases, "postgres") {
		t.Skip("two replicas need PostgreSQL")
	}
	s := startServer(t, "postgres")
	c := s.lone(t, wanted{})
	other := s.another(t)
	s.adminOK(t, http.MethodPut, "/log-level", map[string]any{"level": "debug"})
	there := c
	there.server = other
	for deadline := time.Now().Add(20 * time.Second); !other.log.contains("path=/scim/" + c.Slug); {
		if time.Now().After(deadline) {
			t.Fatal("the other replica shows no path")
		}
		there.scimOK(t, http.MethodGet, "/Users", nil)
		time.Sleep(100 * time.Millisecond)
	}
}

// collector takes spans as OTLP over HTTP brings them, as they are.
type collector struct {
	mu    sync.Mutex
	taken []byte
}

func (c *collector) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil || r.URL.Path != "/v1/traces" {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.taken = append(c.taken, body...)
	w.Header().Set("Content-Type", "application/x-protobuf")
}

func (c *collector) has(text string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return strings.Contains(string(c.taken), text)
}

func TestTracesFollowARequestThroughTheRooms(t *testing.T) {
	t.Parallel()
	spans := &collector{}
	to := httptest.NewServer(spans)
	defer to.Close()
	s := startServer(t, databases[0], "OTEL_EXPORTER_OTLP_ENDPOINT="+to.URL, "OTEL_BSP_SCHEDULE_DELAY=100")
	c := s.lone(t, wanted{})
	c.user(t, "grace.hopper@example.com")

	const trace = "4bf92f3577b34da6a3ce929d0e0e4736"
	r := c.request(t, http.MethodGet, "/Users/nobody", nil)
	r.Header.Set("Traceparent", "00-"+trace+"-00f067aa0ba902b7-01")
	answer := s.must(t, r)
	if got := answer.Header.Get("X-Trace-Id"); got != trace {
		t.Errorf("the trace that came with the request is not gone on with: %q", got)
	}
	if !strings.Contains(answer.text(t, "$.detail"), "(trace "+trace+")") {
		t.Errorf("the error does not name the trace: %s", answer.Body)
	}
	if problem := s.admin(t, http.MethodGet, "/connectors/nobody", nil); problem.text(t, "$.trace") != problem.Header.Get("X-Trace-Id") {
		t.Errorf("the problem does not name the trace: %s", problem.Body)
	}
	s.log.waits(t, "trace="+trace, 5*time.Second)
	for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(50 * time.Millisecond) {
		missing := slices.DeleteFunc([]string{"SCIM POST /Users", "credential", "transaction", "load", "decide", "save", c.Slug}, spans.has)
		if len(missing) == 0 {
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("the collector lacks %v", missing)
		}
	}
	if spans.has("hopper") || spans.has(c.Token) {
		t.Error("the spans name a person or a secret")
	}
}

func TestWithoutACollectorNothingIsTraced(t *testing.T) {
	t.Parallel()
	s := startServer(t, databases[0])
	c := s.lone(t, wanted{})
	r := c.request(t, http.MethodGet, "/Users/nobody", nil)
	r.Header.Set("Traceparent", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01")
	if answer := s.must(t, r); answer.Header.Get("X-Trace-Id") != "" || strings.Contains(string(answer.Body), "trace") {
		t.Errorf("%v %s", answer.Header, answer.Body)
	}
}

// doctor runs muster doctor in the environment of a server, with changes, and returns its lines by
// state. Its exit status has to say whether one fails.
func (s *server) doctor(t *testing.T, changes ...string) (lines map[string][]string) {
	t.Helper()
	cmd := exec.Command(program(t), "doctor", "-o", "json")
	cmd.Dir = s.dir
	cmd.Env = append(append(cleanEnvironment(), s.env...), changes...)
	out, err := cmd.Output()
	if exited := new(exec.ExitError); err != nil && !errors.As(err, &exited) {
		t.Fatal(err)
	}
	var found []struct{ Check, State, Detail, Next string }
	if err := json.Unmarshal(out, &found); err != nil {
		t.Fatalf("%v in %s", err, out)
	}
	lines, want := map[string][]string{}, 0
	for _, f := range found {
		if f.State == "fail" {
			want = 1
		}
		if f.Check == "database settings" { // a database for tests need not outlive a crash
			continue
		}
		lines[f.State] = append(lines[f.State], f.Check+": "+f.Detail)
		if f.State != "ok" && f.Next == "" && f.Check != "configuration" {
			t.Errorf("%s does not say what to do: %s", f.Check, f.Detail)
		}
	}
	if got := cmd.ProcessState.ExitCode(); got != want {
		t.Errorf("exit status %d, want %d for %s", got, want, out)
	}
	return lines
}

func TestTheDoctorFindsWhatIsWrong(t *testing.T) {
	t.Parallel()
	onEveryDatabase(t, func(t *testing.T, s *server) {
		if s.engine == given {
			t.Skip("the environment of the given servers is elsewhere")
		}
		lines := s.doctor(t)
		if len(lines["fail"]) > 0 {
			t.Errorf("of a server that is well: %q", lines["fail"])
		}
		if !slices.ContainsFunc(lines["ok"], func(l string) bool { return strings.Contains(l, "leads to this deployment") }) {
			t.Errorf("it does not find the server at its public URL: %q", lines)
		}
		for name, c := range map[string]struct{ variable, want string }{
			"another program at the public URL": {"MUSTER_PUBLIC_URL=" + noMuster(t), "public URL: what answers at .* is no Muster"},
			"a name that nobody knows":          {"MUSTER_PUBLIC_URL=https://muster.invalid", "public URL: .*muster.invalid"},
			"a setting that cannot be":          {"MUSTER_RATE_LIMIT=many", "configuration: MUSTER_RATE_LIMIT.*"},
		} {
			lines := s.doctor(t, c.variable)
			if !slices.ContainsFunc(lines["fail"], regexp.MustCompile(c.want).MatchString) {
				t.Errorf("%s: %q", name, lines)
			}
		}
		lines = s.doctor(t, "MUSTER_REDIS_URL=redis://"+freeAddress(t))
		if len(lines["fail"]) > 0 || !slices.ContainsFunc(lines["warn"], func(l string) bool { return strings.HasPrefix(l, "redis: it does not answer") }) {
			t.Errorf("without the Redis it names: %q", lines)
		}
	})
}

func TestTheDoctorNeedsNoServer(t *testing.T) {
	t.Parallel()
	s := startServer(t, databases[0])
	s.terminate(t)
	lines := s.doctor(t)
	if len(lines["fail"]) > 0 || !slices.ContainsFunc(lines["ok"], func(l string) bool { return strings.HasPrefix(l, "schema: version") }) {
		t.Errorf("%q", lines)
	}
	s.start(t) // which ends with the test
}

// noMuster is the address of a program that is no Muster.
func noMuster(t *testing.T) string {
	t.Helper()
	other := httptest.NewServer(http.NotFoundHandler())
	t.Cleanup(other.Close)
	return other.URL
}
