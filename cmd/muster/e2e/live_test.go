package e2e

import (
	"bufio"
	"context"
	"encoding/json"
	"net/http"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"
)

// tailing is a running "muster … tail", whose lines are objects.
type tailing struct{ lines chan map[string]any }

func (s *server) tail(t *testing.T, args ...string) tailing {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	cmd := exec.CommandContext(ctx, program(t), append(args, "-o", "json")...)
	cmd.Dir = t.TempDir()
	cmd.Env = append(cleanEnvironment(), "MUSTER_URL="+s.URL, "MUSTER_ADMIN_TOKEN="+s.token)
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	said := &logBuffer{}
	cmd.Stderr = said
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	x := tailing{lines: make(chan map[string]any, 1000)}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		for in := bufio.NewScanner(out); in.Scan(); {
			var line map[string]any
			if err := json.Unmarshal(in.Bytes(), &line); err != nil {
				t.Errorf("%q is no line of JSON: %v", in.Text(), err)
			}
			x.lines <- line
		}
		_ = cmd.Wait()
	}()
	t.Cleanup(func() {
		cancel()
		<-ended
		if t.Failed() {
			t.Logf("%v said %s", args, said.tail(4<<10))
		}
	})
	return x
}

// until waits for a line whose field is a value, and returns how many came before it.
func (x tailing) until(t *testing.T, field string, value any) (line map[string]any, before []map[string]any) {
	t.Helper()
	patience := time.After(30 * time.Second)
	for {
		select {
		case line := <-x.lines:
			if line[field] == value {
				return line, before
			}
			before = append(before, line)
		case <-patience:
			t.Fatalf("no line with %s=%v comes; these came: %v", field, value, before)
		}
	}
}

// TestTailsSayWhatHappens: who looks on sees requests and events as they come, only those asked
// for, each once, and also those that came while the server was away.
func TestTailsSayWhatHappens(t *testing.T) {
	t.Parallel()
	for _, engine := range databases {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			s := startServer(t, engine)
			s.ownOnly(t)
			p := newProbe(t, s)
			requests, failed := s.tail(t, "requests", "tail", p.Slug), s.tail(t, "requests", "tail", p.Slug, "--failed")
			of := s.tail(t, "requests", "tail", p.Slug, "--user", "ada@acme.example")
			events := s.tail(t, "events", "tail", "--connector", p.Slug, "--action", "record.user")
			s.eventually(t, "the tails listen", func() bool {
				p.ask("GET /Users?count=1", "", http.StatusOK)
				return len(requests.lines) > 0
			})
			s.eventually(t, "events are told", func() bool {
				p.person("probe" + unique())
				return len(events.lines) > 0
			})
			events.until(t, "action", "record.user.created")
			p.person("bob")
			p.person("ada@acme.example")
			s.eventually(t, "ada's requests are told, and only those", func() bool {
				p.ask("GET /Users?filter=userName+eq+%22ada@acme.example%22", "", http.StatusOK)
				return len(of.lines) > 0
			})
			if _, others := of.until(t, "method", "GET"); len(others) > 1 { // hers may be told from her creation on
				t.Errorf("of ada are told %v", others)
			}
			s.eventually(t, "the failed are told", func() bool {
				p.ask("GET /Users/none", "", http.StatusNotFound)
				return len(failed.lines) > 0
			})
			requests.until(t, "status", 404.0)

			s.terminate(t)
			s.start(t)
			p.ask("GET /Users/gone", "", http.StatusNotFound) // before the tail is back
			_, others := failed.until(t, "path", "/Users/gone")
			ids := map[any]bool{}
			for _, line := range others {
				if ids[line["id"]] || line["status"] != 404.0 {
					t.Errorf("among the failed is, or is told twice, %v", line)
				}
				ids[line["id"]] = true
			}
		})
	}
}

// TestAStreamCrossesReplicas: what comes to one replica is told by the other.
func TestAStreamCrossesReplicas(t *testing.T) {
	t.Parallel()
	if engines()[0] == given {
		t.Skip("starts replicas of its own")
	}
	s := startServer(t, "postgres")
	p := newProbe(t, s)
	requests := s.another(t).tail(t, "requests", "tail", p.Slug)
	s.eventually(t, "the tail listens", func() bool {
		p.ask("GET /Users?count=1", "", http.StatusOK)
		return len(requests.lines) > 0
	})
	p.ask("GET /Users/none", "", http.StatusNotFound)
	requests.until(t, "status", 404.0)
}

// TestEventsAreSearchedAndExported: an event is found by a family name and by its request, at once
// and when it is sealed and indexed; and exports are whole and harmless.
func TestEventsAreSearchedAndExported(t *testing.T) {
	t.Parallel()
	onEveryDatabase(t, func(t *testing.T, s *server) {
		p := newProbe(t, s)
		name := "Family" + unique()
		p.person("ada-"+name, `"name":{"familyName":"=HYPERLINK(`+name+`)"}`)
		find := func(query string) []map[string]any {
			return s.items(t, "/events?connector="+p.Slug+"&"+query)
		}
		found := find("q=" + strings.ToUpper(name[:len(name)-1]))
		if len(found) == 0 {
			t.Fatal("nothing is found by a family name")
		}
		request, _ := found[0]["request"].(string)
		if same := find("request=" + request + "&q=" + name); len(same) == 0 {
			t.Error("nothing is found by its request")
		}
		if none := find("q=" + name + "+nowhere"); len(none) != 0 {
			t.Errorf("of two words one is enough: %v", none)
		}
		p.ask("GET /Users/x%00", "", http.StatusNotFound)
		for _, c := range []struct{ flag, begins string }{{"--csv", "time,action,"}, {"--jsonl", `{"id":`}} {
			out, err := s.muster(t, "events", "--connector", p.Slug, "-q", name, c.flag)
			if err != nil || !strings.HasPrefix(out, c.begins) || !strings.Contains(out, "record.user.created") {
				t.Errorf("muster events %s: %v\n%s", c.flag, err, out)
			}
		}
		if told := s.items(t, "/events?action=audit.exported"); len(told) < 2 {
			t.Errorf("%d exports are events, want 2", len(told))
		}
	})
}
