package e2e

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	simulated "github.com/muster-scim/muster/cmd/muster/idp"
)

// bigEnough is a company in which everything happens that can happen, deletions too.
var bigEnough = []string{"--users", "90", "--groups", "7", "--seed", "5", "--concurrency", "6", "--patience", "60s", "--rules", `{"safety":{"off":true}}`}

// TestEveryIdPEndsAsItsLedgerSays lets each identity provider provision a company and live
// through a day, once in peace and once with everything that can go wrong on the way. The
// program itself compares what was acknowledged with what it reads back.
func TestEveryIdPEndsAsItsLedgerSays(t *testing.T) {
	t.Parallel()
	onEveryDatabase(t, func(t *testing.T, s *server) {
		for _, product := range simulated.Products {
			t.Run(product.Name, func(t *testing.T) {
				t.Parallel()
				slug := "sim-" + product.Name + "-" + unique()
				simulate(t, s, slug, append([]string{"--idp", product.Name, "--no-day"}, bigEnough...)...) // again, below: it finds what it made
				simulate(t, s, slug, append([]string{"--idp", product.Name}, bigEnough...)...)
				bad := slug + "-bad"
				output := simulate(t, s, bad, append([]string{"--idp", product.Name, "--chaos", "all"}, bigEnough...)...)
				if met := chaosLine.FindStringSubmatch(output); met == nil || slices.Contains(met[1:], "0") {
					t.Errorf("nothing went wrong, or not everything that was asked for: %v", met)
				}
			})
		}
	})
}

var chaosLine = regexp.MustCompile(`Chaos: (\d+) answers lost, (\d+) requests delivered twice, (\d+) never delivered, (\d+) sent again`)

// TestASimulationThatFindsADifferenceFails changes a record behind the IdP's back while it plays:
// with the same credential, as only a second IdP on the same address could.
func TestASimulationThatFindsADifferenceFails(t *testing.T) {
	t.Parallel()
	s := startServer(t, databases[0])
	s.ownOnly(t)
	slug := "sim-" + unique()
	ledger := filepath.Join(s.dir, "ledger.jsonl")
	cmd := simulation(t, s, slug, "--idp", "okta", "--users", "60", "--groups", "4", "--concurrency", "1", "--ledger", ledger)
	var output strings.Builder
	cmd.Stdout, cmd.Stderr = &output, &output
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	if !waitForLines(ledger, 3, ended) {
		t.Fatalf("the simulation ended early:\n%s", output.String())
	}
	s.existing(t, slug).user(t, "mallory@elsewhere.example")
	var exit *exec.ExitError
	if err := <-ended; !errors.As(err, &exit) || exit.ExitCode() != 1 {
		t.Errorf("it ended with %v, want exit status 1", err)
	}
	for _, want := range []string{"user mallory@elsewhere.example was never made, and is there", "differs from what it acknowledged in 1 places", "--seed 1"} {
		if !strings.Contains(output.String(), want) {
			t.Errorf("it does not say %q:\n%s", want, output.String())
		}
	}
}

// simulate runs muster simulate to its end, which has to be a good one, and returns what it said.
func simulate(t *testing.T, s *server, slug string, args ...string) string {
	t.Helper()
	output, err := simulation(t, s, slug, args...).CombinedOutput()
	if err != nil || !strings.Contains(string(output), "all as acknowledged") {
		t.Fatalf("%s: %v\n%s", strings.Join(args, " "), err, output)
	}
	return string(output)
}

// simulation is a muster simulate against a server, in a directory of its own.
func simulation(t *testing.T, s *server, slug string, args ...string) *exec.Cmd {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 4*time.Minute)
	t.Cleanup(cancel)
	cmd := exec.CommandContext(ctx, program(t), append([]string{"simulate", "--connector", slug, "--directory", "dir-" + slug}, args...)...)
	cmd.Env = append(cleanEnvironment(), "MUSTER_URL="+s.URL, "MUSTER_ADMIN_TOKEN="+s.token)
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	return cmd
}
