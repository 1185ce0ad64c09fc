package sql

import (
	"bufio"
	"context"
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

func TestSQLiteURLs(t *testing.T) {
	here, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for url, want := range map[string]string{
		"sqlite://data/muster.db":      filepath.Join(here, "data/muster.db"),
		"sqlite:///var/lib/m/x.db":     "/var/lib/m/x.db",
		"sqlite://with space & %41.db": filepath.Join(here, "with space & %41.db"),
		"sqlite://":                    "",
		"sqlite://folder/":             "",
		"sqlite://x.db?mode=memory":    "",
	} {
		got, err := sqlitePath(url)
		if got != want || (err == nil) != (want != "") {
			t.Errorf("sqlitePath(%q) = %q, %v, want %q", url, got, err, want)
		}
	}
}

func TestSQLiteFileIsPrivateDurableAndOddlyNamed(t *testing.T) {
	path := filepath.Join(t.TempDir(), "new folder", "a #b %41 ä.db")
	if _, err := Open(t.Context(), "sqlite://"+path, Options{}); err == nil {
		t.Fatal("a name with # was taken, which a URL would end at")
	}
	path = filepath.Join(filepath.Dir(path), "a b %41 ä.db")
	s := open(t, "sqlite://"+path)
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the file: %v, %v, want it readable by its owner only", info.Mode(), err)
	}
	db := s.db.(*sqlite)
	for pragma, want := range map[string]string{"journal_mode": "wal", "synchronous": "2", "foreign_keys": "1"} {
		var got string
		if err := db.writer.QueryRow("pragma " + pragma).Scan(&got); err != nil || got != want {
			t.Errorf("%s = %s, %v, want %s", pragma, got, err, want)
		}
	}
}

func TestASecondOpenOfASQLiteFileIsRefused(t *testing.T) {
	url := "sqlite://" + filepath.Join(t.TempDir(), "muster.db")
	first, err := Open(t.Context(), url, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Open(t.Context(), url, Options{}); err == nil || !strings.Contains(err.Error(), "another Muster process (pid ") {
		t.Errorf("the second Open: %v", err)
	}
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	open(t, url)
}

// holderVariable makes this test binary hold a SQLite file until it is killed.
const holderVariable = "MUSTER_TEST_HOLD_SQLITE"

func TestMain(m *testing.M) {
	if url := os.Getenv(holderVariable); url != "" {
		hold(url)
	}
	flag.Parse()
	if parallel := flag.Lookup("test.parallel"); parallel.Value.String() == parallel.DefValue {
		flag.Set("test.parallel", "6") // the tests wait for databases most of the time
	}
	os.Exit(m.Run())
}

func hold(url string) {
	if _, err := Open(context.Background(), url, Options{}); err != nil {
		panic(err)
	}
	os.Stdout.WriteString("held\n")
	select {}
}

func TestAKilledProcessLetsGoOfItsSQLiteFile(t *testing.T) {
	url := "sqlite://" + filepath.Join(t.TempDir(), "muster.db")
	holder := exec.Command(os.Args[0])
	holder.Env = append(os.Environ(), holderVariable+"="+url)
	out, err := holder.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := holder.Start(); err != nil {
		t.Fatal(err)
	}
	defer holder.Process.Kill()
	if line, err := bufio.NewReader(out).ReadString('\n'); err != nil || line != "held\n" {
		t.Fatalf("the other process said %q, %v", line, err)
	}
	if _, err := Open(t.Context(), url, Options{}); err == nil {
		t.Error("two processes have the file open")
	}
	holder.Process.Kill()
	holder.Wait()
	open(t, url)
}
