package e2e

import (
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
)

// scratch is a directory for what all tests of this process share.
var scratch string

func TestMain(m *testing.M) { os.Exit(run(m)) }

func run(m *testing.M) int {
	var err error
	if scratch, err = os.MkdirTemp("", "muster-e2e-"); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(scratch)
	// Most tests here wait for the server's disk or for a clock: run more than one per core.
	flag.Parse()
	if chosen := flag.Lookup("test.parallel"); chosen.Value.String() == chosen.DefValue {
		flag.Set("test.parallel", "6")
	}
	code := m.Run()
	if err := writeReport(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return code
}

// program builds the binary, once, and returns its path.
func program(t testing.TB) string {
	t.Helper()
	path, err := buildOnce()
	if err != nil {
		t.Fatal(err)
	}
	return path
}

var buildOnce = sync.OnceValues(func() (string, error) {
	if given := os.Getenv("MUSTER_BINARY"); given != "" {
		return given, nil
	}
	path := filepath.Join(scratch, "muster")
	cmd := exec.Command("go", "build", "-buildvcs=false", "-o", path, "github.com/muster-scim/muster/cmd/muster")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("building the program: %w\n%s", err, out)
	}
	return path, nil
})
