package redistest_test

import (
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/muster-scim/muster/storage/storagetest/redistest"
)

func TestMain(m *testing.M) {
	if os.Getenv("REDISTEST_DIE") != "" {
		dieWithAServer()
	}
	os.Exit(m.Run())
}

func TestAServerIsEmptyAndItsOwn(t *testing.T) {
	t.Parallel()
	first, second := redistest.New(t, redistest.Options{}), redistest.New(t, redistest.Options{TCP: true})
	do(t, first, "set", "mark", "x")
	if n := do(t, second, "dbsize"); n != int64(0) {
		t.Errorf("a key made in one server shows in another: %v keys", n)
	}
	first.Stop()
	if _, err := first.Do("ping"); err == nil {
		t.Error("a stopped server answers")
	}
	if err := first.Revive(); err != nil {
		t.Fatal(err)
	}
	if n := do(t, first, "dbsize"); n != int64(0) {
		t.Errorf("a revived server holds %v keys", n)
	}
}

func TestAClusterHasThreeNodes(t *testing.T) {
	t.Parallel()
	c := redistest.NewCluster(t)
	for _, node := range c.Nodes {
		if keys, ok := do(t, node, "cluster", "slots").([]any); !ok || len(keys) != 3 {
			t.Errorf("a node knows %v", keys)
		}
	}
}

// TestServerEndsWithItsProcess starts this test binary again, as a process that starts a server
// and is then killed.
func TestServerEndsWithItsProcess(t *testing.T) {
	t.Parallel()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), "REDISTEST_DIE=1")
	out, err := cmd.Output()
	if err == nil {
		t.Fatal("the process that was to be killed ended well")
	}
	socket := strings.TrimSpace(string(out))
	if !strings.HasPrefix(socket, "/tmp/muster-redis-") {
		t.Fatalf("the process said %q, want the socket of its server", out)
	}
	for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(10 * time.Millisecond) { // another process's doing
		if _, err := os.Stat(socket); os.IsNotExist(err) {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("%s is still there 20 s after its process was killed", socket)
		}
	}
}

func dieWithAServer() {
	server, err := redistest.Start(redistest.Options{})
	if err != nil {
		panic(err)
	}
	os.Stdout.WriteString(server.Address)
	self, _ := os.FindProcess(os.Getpid())
	self.Kill()
	select {}
}

func do(t *testing.T, s *redistest.Server, arguments ...any) any {
	t.Helper()
	answer, err := s.Do(arguments...)
	if err != nil {
		t.Fatalf("%v: %v", arguments, err)
	}
	return answer
}
