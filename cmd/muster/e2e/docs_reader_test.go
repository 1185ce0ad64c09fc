package e2e

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/muster-scim/muster/cmd/muster/e2e/page"
)

// reader follows one page: a person with a shell, a folder, a server and `muster` on the path.
type reader struct {
	*testing.T
	name    string // of the page
	line    int    // where on it
	dir     string
	server  *server
	env     []string
	read    []string // words of the page and what they stand for, in pairs
	printed string   // by the last block of commands
	answer  string   // to the last HTTP request
}

// world starts what the page begins with, if it has anything to run.
func (r *reader) world(p page.Page) {
	r.Helper()
	if !slices.ContainsFunc(p.Steps, func(s page.Step) bool {
		return s.Block == nil || s.Block.NotRun == "" && !s.Block.Picture && s.Block.Language != page.Mermaid
	}) {
		return
	}
	r.server = startServer(r, "sqlite", "MUSTER_IMPORT_PRIVATE=true", "MUSTER_WEBHOOK_PRIVATE_NETWORKS=127.0.0.0/8")
	receiver := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) }))
	r.Cleanup(receiver.Close)
	r.dir = r.TempDir()
	for _, folder := range []string{"bin", "data", ".state"} {
		if err := os.Mkdir(filepath.Join(r.dir, folder), 0o700); err != nil {
			r.Fatal(err)
		}
	}
	binary, err := filepath.Abs(program(r))
	if err != nil {
		r.Fatal(err)
	}
	if err := os.Symlink(binary, filepath.Join(r.dir, "bin", "muster")); err != nil {
		r.Fatal(err)
	}
	worlds, err := filepath.Abs(filepath.Join("testdata", "docs"))
	if err != nil {
		r.Fatal(err)
	}
	r.write("data/admin.token", r.server.token)
	r.write(".state/folder", r.dir)
	r.write(".state/env", "")
	r.env = append(cleanEnvironment(), "HOME="+r.dir, "PATH="+filepath.Join(r.dir, "bin")+":"+os.Getenv("PATH"), "STATE="+filepath.Join(r.dir, ".state"),
		"MUSTER_URL="+r.server.URL, "MUSTER_ADMIN_TOKEN="+r.server.token, "RECEIVER="+receiver.URL, "WORLDS="+worlds)
	for _, variable := range r.server.env { // for commands that go to the database itself
		if strings.HasPrefix(variable, "MUSTER_LISTEN=") || strings.HasPrefix(variable, "MUSTER_DATABASE_URL=") {
			r.env = append(r.env, variable)
		}
	}
	r.replace("http://127.0.0.1:8080", r.server.URL)
	r.replace("https://muster.example.com", r.server.URL)
	if p.World == "" {
		return
	}
	script, err := os.ReadFile(filepath.Join(worlds, p.World+".sh"))
	if err != nil {
		r.Fatalf("%s has an unknown world: %v", r.name, err)
	}
	r.must(string(script))
}

// replace lets a word of the page stand for a value.
func (r *reader) replace(word, value string) { r.read = append(r.read, word, value) }

// said is a text of the page with every word replaced by what it stands for, the latest first.
func (r *reader) said(text string) string {
	for i := len(r.read) - 2; i >= 0; i -= 2 {
		text = strings.ReplaceAll(text, r.read[i], r.read[i+1])
	}
	return text
}

func (r *reader) write(name, text string) {
	r.Helper()
	if err := os.WriteFile(filepath.Join(r.dir, name), []byte(text), 0o600); err != nil {
		r.Fatal(err)
	}
}

// around carries variables and the working folder from one block to the next, as one shell would.
const around = `cd "$(cat "$STATE/folder")" && . "$STATE/env"
trap 'status=$?; export -p >"$STATE/env"; pwd >"$STATE/folder"; exit $status' EXIT
set -ea
`

// shell runs a script of the page and returns what it prints, errors included.
func (r *reader) shell(script string) (string, error) {
	r.Helper()
	ctx, cancel := context.WithTimeout(r.Context(), 3*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, "sh", "-c", around+r.said(script))
	cmd.Dir, cmd.Env = r.dir, r.env
	cmd.WaitDelay = time.Second
	out, err := cmd.CombinedOutput()
	return string(out), err
}

// shellReads expects a script to be one that a shell can read.
func (r *reader) shellReads(script string) {
	r.Helper()
	cmd := exec.Command("sh", "-n")
	cmd.Stdin = strings.NewReader(script)
	if out, err := cmd.CombinedOutput(); err != nil {
		r.Errorf("%s:%d: a shell cannot read this: %v\n%s", r.name, r.line, err, out)
	}
}

// http sends a request of the page, which has to succeed, or compares an answer with the last.
func (r *reader) http(text string) {
	r.Helper()
	head, body, _ := strings.Cut(text, "\n\n")
	first, headers, _ := strings.Cut(head, "\n")
	words := strings.Fields(first)
	if strings.HasPrefix(first, "HTTP/1.1 ") {
		got, gotBody, _ := strings.Cut(r.answer, "\n\n")
		if !strings.HasPrefix(got, strings.Join(words[:2], " ")) {
			r.Errorf("%s:%d: the server answered\n%s", r.name, r.line, r.answer)
		}
		for want := range strings.SplitSeq(headers, "\n") {
			r.expect(page.Lines("…\n"+want+"\n…", got))
		}
		if body != "" {
			r.expect(page.JSON(body, gotBody))
		}
		return
	}
	request, err := http.ReadRequest(bufio.NewReader(strings.NewReader(first + "\r\nHost: muster\r\n" + strings.ReplaceAll(headers, "\n", "\r\n") + "\r\n\r\n")))
	if err != nil {
		r.Fatalf("%s:%d: this is no HTTP request: %v", r.name, r.line, err)
	}
	sent, err := http.NewRequestWithContext(r.Context(), request.Method, r.server.URL+request.RequestURI, strings.NewReader(body))
	if err != nil {
		r.Fatal(err)
	}
	sent.Header = request.Header
	response, err := http.DefaultClient.Do(sent)
	if err != nil {
		r.Fatal(err)
	}
	defer response.Body.Close()
	said, err := io.ReadAll(response.Body)
	if err != nil {
		r.Fatal(err)
	}
	r.answer = fmt.Sprintf("HTTP/1.1 %d\n", response.StatusCode)
	for name, values := range response.Header {
		r.answer += name + ": " + strings.Join(values, ", ") + "\n"
	}
	r.answer = strings.TrimSuffix(r.answer, "\n") + "\n\n" + string(said)
	if response.StatusCode >= 300 {
		r.Errorf("%s:%d: the server answered\n%s", r.name, r.line, r.answer)
	}
}

var (
	ofProgram = regexp.MustCompile(`(?:^|[ '(])(?:bin/|/)?muster ((?:[a-z][a-z-]* ?)+)(.*)$`)
	longFlag  = regexp.MustCompile(`(?:^| )--([a-z][a-z0-9-]*)`)
)

// lookUpCommand expects a command of the program that is not run to be there, with its flags.
func lookUpCommand(t *testing.T, line string) error {
	line, _, _ = strings.Cut(line, "  #")
	found := ofProgram.FindStringSubmatch(line)
	if found == nil || strings.HasPrefix(line, "make ") {
		return nil
	}
	words := strings.Fields(found[1])
	for ; len(words) > 0; words = words[:len(words)-1] { // what follows may be arguments
		help := helpOf(t, strings.Join(words, " "))
		if help == "" {
			continue
		}
		if strings.Contains(help, "\nCommands:\n") { // what it does without one of them
			help += helpOf(t, strings.Join(words, " ")+" list") + helpOf(t, strings.Join(words, " ")+" run")
		}
		for _, flag := range longFlag.FindAllStringSubmatch(found[2], -1) {
			if !strings.Contains(help, "--"+flag[1]) && !strings.Contains(help, "--[no-]"+strings.TrimPrefix(flag[1], "no-")) {
				return fmt.Errorf("muster %s has no --%s", strings.Join(words, " "), flag[1])
			}
		}
		return nil
	}
	return fmt.Errorf("the program has no command %s", found[1])
}

var helps sync.Map

// helpOf is what a command says of itself; "" when there is no such command.
func helpOf(t *testing.T, command string) string {
	if known, ok := helps.Load(command); ok {
		return known.(string)
	}
	help, err := exec.Command(program(t), append(strings.Fields(command), "--help")...).CombinedOutput()
	if err != nil {
		help = nil
	}
	helps.Store(command, string(help))
	return string(help)
}
