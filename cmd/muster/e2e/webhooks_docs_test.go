package e2e

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var codeBlock = regexp.MustCompile("(?s)```(go|python)\n(.*?)```")

// TestTheReceiversOfTheDocsTakeWhatIsGenuine runs what docs/webhooks.md shows.
func TestTheReceiversOfTheDocsTakeWhatIsGenuine(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("../../../docs/webhooks.md")
	if err != nil {
		t.Fatal(err)
	}
	s := startServer(t, "sqlite", callsHere)
	s.ownOnly(t)
	blocks := codeBlock.FindAllStringSubmatch(string(page), -1)
	if len(blocks) != 2 {
		t.Fatalf("docs/webhooks.md shows %d receivers, want one in Go and one in Python", len(blocks))
	}
	for _, block := range blocks {
		t.Run(block[1], func(t *testing.T) {
			address := freeAddress(t)
			made := s.adminOK(t, "POST", "/webhooks", map[string]any{"url": "http://" + address + "/muster"})
			secret := made.text(t, "$.secret")
			s.remember(secret)
			receiver := receiverOf(t, block[1], block[2])
			receiver.Env = append(cleanEnvironment(), "WEBHOOK_SECRET="+secret, "LISTEN="+address)
			if err := receiver.Start(); err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { receiver.Process.Kill(); receiver.Wait() })
			path := "/webhooks/" + made.text(t, "$.id")
			s.eventually(t, "the receiver takes a message", func() bool {
				return s.adminOK(t, "POST", path+"/test", nil).at(t, "$.taken") == true
			})
			s.adminOK(t, "POST", path+"/secret", map[string]any{"overlapHours": 0})
			if tried := s.adminOK(t, "POST", path+"/test", nil); !strings.Contains(tried.text(t, "$.error"), "401") {
				t.Errorf("what is signed with a secret that it does not know: %s", tried.Body)
			}
		})
	}
}

// receiverOf makes a program of a sample.
func receiverOf(t *testing.T, language, text string) *exec.Cmd {
	t.Helper()
	file := filepath.Join(t.TempDir(), map[string]string{"go": "main.go", "python": "receiver.py"}[language])
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	if language == "python" {
		python, err := exec.LookPath("python3")
		if err != nil {
			t.Skip("there is no python3 here")
		}
		return exec.Command(python, file)
	}
	program := strings.TrimSuffix(file, ".go")
	if out, err := exec.Command("go", "build", "-o", program, file).CombinedOutput(); err != nil {
		t.Fatalf("building the sample: %v\n%s", err, out)
	}
	return exec.Command(program)
}
