package e2e

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/muster-scim/muster/storage/storagetest/pgtest"
)

// TestABackupHoldsEverythingThatWasAcknowledgedBeforeIt: while some IdPs go on changing things, a
// backup is made, and restored into an empty place. What the others were told had happened is
// there, the directory agrees with it, and the audit verifies.
func TestABackupHoldsEverythingThatWasAcknowledgedBeforeIt(t *testing.T) {
	t.Parallel()
	onEveryDatabase(t, func(t *testing.T, s *server) {
		s.ownOnly(t)
		tenant, directory := s.tenant(t), s.directory(t)
		c := s.connector(t, wanted{Tenant: tenant, Directory: directory, Rules: noLimits})
		busy := s.connector(t, wanted{Tenant: tenant, Directory: s.directory(t), Rules: noLimits})
		before := []*idp{newIDP(c, 0), newIDP(c, 1)}
		for _, p := range before {
			for range 60 {
				p.work(t)
			}
		}
		s.settled(t, directory)

		file := filepath.Join(t.TempDir(), "muster.backup")
		var done atomic.Bool
		var working sync.WaitGroup
		load := []*idp{newIDP(busy, 2), newIDP(busy, 3)}
		for _, p := range load {
			working.Go(func() {
				for !done.Load() && p.work(t) {
				}
			})
		}
		out := s.atDatabase(t, 0, s.database(), "backup", file)
		done.Store(true)
		working.Wait()
		if t.Failed() {
			t.Fatal(out)
		}
		expectPrivate(t, file)

		restored := restoreElsewhere(t, s, file)
		for _, p := range before {
			p.server = restored
			p.expectRecords(t)
		}
		c.server = restored
		expectDirectoryAgrees(t, c, directory, before)
		expectSettled(t, c, directory)
		restored.expectCLI(t, 0, "The audit is as it was sealed", "audit", "verify")
		restored.expectCLI(t, 0, "system.restored", "events", "--action", "system.restored")
		if p := load[0]; p.acknowledged == 0 {
			t.Error("nothing happened while the backup was made")
		}
		for _, p := range before { // and life goes on
			for range 10 {
				p.work(t)
			}
		}
		restored.expectCLI(t, 0, "The audit is as it was sealed", "audit", "verify")
	})
}

// TestARestoreThatIsRefusedOrFailsLeavesWhatIsThere tries everything that must not work, and then
// what must.
func TestARestoreThatIsRefusedOrFailsLeavesWhatIsThere(t *testing.T) {
	t.Parallel()
	onEveryDatabase(t, func(t *testing.T, s *server) {
		s.ownOnly(t)
		first, second := s.tenant(t), ""
		dir := t.TempDir()
		file := filepath.Join(dir, "muster.backup")
		s.atDatabase(t, 0, s.database(), "backup", file)
		if out := s.atDatabase(t, 1, s.database(), "backup", file); !strings.Contains(out, "is there already") {
			t.Errorf("a backup is written over: %s", out)
		}
		second = s.tenant(t)
		name := filepath.Base(s.database())
		name, _, _ = strings.Cut(name, "?")

		running := s.atDatabase(t, 1, s.database(), "restore", file, "--replace", "--confirm", name)
		if !strings.Contains(running, "stop") {
			t.Errorf("a restore below a running server: %s", running)
		}
		s.terminate(t)
		if s.engine == "postgres" {
			forgetReplicas(t, s.database())
		}
		broken, cut := filepath.Join(dir, "broken.backup"), filepath.Join(dir, "cut.backup")
		spoil(t, file, broken, false)
		spoil(t, file, cut, true)
		for _, try := range []struct {
			part string
			args []string
		}{
			{"holds tenants or users", []string{file}},
			{"nobody can be asked here: add --confirm", []string{file, "--replace"}},
			{"is not the name of the database", []string{file, "--replace", "--confirm", "another"}},
			{"is not as it was written", []string{broken, "--replace", "--confirm", name}},
			{"restoring", []string{cut, "--replace", "--confirm", name}}, // its sum was made to fit
			{"is missing", []string{filepath.Join(dir, "none.backup"), "--replace", "--confirm", name}},
		} {
			if out := s.atDatabase(t, 1, s.database(), append([]string{"restore"}, try.args...)...); !strings.Contains(out, try.part) {
				t.Errorf("restore %s does not say %q: %s", strings.Join(try.args, " "), try.part, out)
			}
		}
		s.start(t)
		if list := s.expectCLI(t, 0, first, "tenants", "list"); !strings.Contains(list, second) {
			t.Errorf("what was refused has changed something:\n%s", list)
		}
		s.terminate(t)
		if s.engine == "postgres" {
			forgetReplicas(t, s.database())
		}
		out := s.atDatabase(t, 0, s.database(), "restore", file, "--replace", "--confirm", name)
		if s.engine == "sqlite" && !strings.Contains(out, "before-restore") {
			t.Errorf("it does not say where the old database is: %s", out)
		}
		s.start(t)
		if list := s.expectCLI(t, 0, first, "tenants", "list"); strings.Contains(list, second) {
			t.Errorf("the backup was made before this:\n%s", list)
		}
		s.expectCLI(t, 0, "The audit is as it was sealed", "audit", "verify")
	})
}

func newIDP(c connector, number int) *idp {
	return &idp{connector: c, number: number, random: rand.New(rand.NewPCG(uint64(number), 1)), users: map[string]*person{}}
}

// database is the URL of the server's database.
func (s *server) database() (url string) {
	for _, variable := range s.env {
		if value, ok := strings.CutPrefix(variable, "MUSTER_DATABASE_URL="); ok {
			url = value
		}
	}
	return url
}

// atDatabase runs a command that goes to a database, and expects an exit status.
func (s *server) atDatabase(t *testing.T, status int, database string, args ...string) string {
	t.Helper()
	cmd := exec.Command(program(t), args...)
	cmd.Dir = t.TempDir()
	cmd.Env = append(cleanEnvironment(), "MUSTER_DATABASE_URL="+database)
	out, _ := cmd.CombinedOutput()
	if got := cmd.ProcessState.ExitCode(); got != status {
		t.Fatalf("muster %s ended with %d, expected was %d:\n%s", strings.Join(args, " "), got, status, out)
	}
	return string(out)
}

// restoreElsewhere restores a backup into an empty database and starts a server on it.
func restoreElsewhere(t *testing.T, s *server, file string) *server {
	t.Helper()
	database := "sqlite://" + filepath.Join(t.TempDir(), "muster.db")
	if s.engine == "postgres" {
		database = pgtest.New(t)
	}
	s.atDatabase(t, 0, database, "restore", file)
	return startServer(t, s.engine, "MUSTER_DATABASE_URL="+database)
}

// spoil copies a backup with a byte changed, or cut in half with a sum that fits.
func spoil(t *testing.T, from, to string, cut bool) {
	t.Helper()
	data, err := os.ReadFile(from)
	if err != nil {
		t.Fatal(err)
	}
	text := readFile(t, from+".json")
	if cut {
		data = data[:len(data)/2]
		text = describe(t, text, data)
	} else {
		data[len(data)/2] ^= 1
	}
	if err := os.WriteFile(to, data, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(to+".json", []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// describe is a manifest that fits other data.
func describe(t *testing.T, text string, data []byte) string {
	t.Helper()
	var manifest map[string]any
	if err := json.Unmarshal([]byte(text), &manifest); err != nil {
		t.Fatal(err)
	}
	manifest["size"], manifest["sha256"] = len(data), fmt.Sprintf("%x", sha256.Sum256(data))
	out, err := json.Marshal(manifest)
	if err != nil {
		t.Fatal(err)
	}
	return string(out)
}

func expectPrivate(t *testing.T, file string) {
	t.Helper()
	for _, path := range []string{file, file + ".json"} {
		info, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		if info.Mode().Perm() != 0o600 {
			t.Errorf("%s can be read by others: %v", path, info.Mode())
		}
	}
}

// forgetReplicas lets the replicas that were stopped have been stopped a minute ago.
func forgetReplicas(t *testing.T, database string) {
	t.Helper()
	pgtest.Run(t, database, "update replicas set seen_at = seen_at - 60000000")
}
