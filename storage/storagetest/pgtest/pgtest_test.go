package pgtest_test

import (
	"context"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/muster-scim/muster/storage/storagetest/pgtest"
)

func TestMain(m *testing.M) {
	if os.Getenv("PGTEST_DIE") != "" {
		dieWithAServer()
	}
	os.Exit(m.Run())
}

func TestEveryDatabaseIsEmptyAndItsOwn(t *testing.T) {
	t.Parallel()
	first, second := pgtest.New(t), pgtest.New(t)
	execute(t, first, "CREATE TABLE mark (n int)")
	if got := tables(t, second); got != 0 {
		t.Errorf("a table made in one database shows in another: %d tables, want 0", got)
	}
}

func TestTemplateIsBuiltOnceAndCopied(t *testing.T) {
	t.Parallel()
	built := 0
	build := func(url string) { built++; execute(t, url, "CREATE TABLE mark (n int)") }
	key := t.Name() + time.Now().String()
	for range 3 {
		url := pgtest.Template(t, key, build)
		if got := tables(t, url); got != 1 {
			t.Fatalf("a copy of the template holds %d tables, want the one that build made", got)
		}
		execute(t, url, "DROP TABLE mark")
	}
	if built != 1 {
		t.Errorf("build ran %d times for one key, want once", built)
	}
}

func TestDatabaseIsDroppedAtTheEndOfTheTest(t *testing.T) {
	t.Parallel()
	var url string
	t.Run("uses one", func(t *testing.T) { url = pgtest.New(t) })
	if conn, err := pgx.Connect(t.Context(), url); err == nil {
		conn.Close(t.Context())
		t.Error("the database of a test that ended can still be connected to")
	}
}

// TestServerEndsWithItsProcess starts this test binary again, as a process that starts a server
// and is then killed.
func TestServerEndsWithItsProcess(t *testing.T) {
	t.Parallel()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), "PGTEST_DIE=1")
	out, err := cmd.Output()
	if err == nil {
		t.Fatal("the process that was to be killed ended well")
	}
	dir := strings.TrimSpace(string(out))
	if !strings.HasPrefix(dir, "/tmp/muster-pg-") {
		t.Fatalf("the process said %q, want the directory of its server", out)
	}
	deadline := time.Now().Add(20 * time.Second)
	for {
		if _, err := os.Stat(dir); os.IsNotExist(err) {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("%s is still there 20 s after its process was killed", dir)
		}
		time.Sleep(10 * time.Millisecond) // another process's doing: there is nothing to wait on
	}
}

func dieWithAServer() {
	server, err := pgtest.Start(pgtest.Options{})
	if err != nil {
		panic(err)
	}
	config, err := pgx.ParseConfig(server.URL)
	if err != nil {
		panic(err)
	}
	os.Stdout.WriteString(config.Host)
	self, _ := os.FindProcess(os.Getpid())
	self.Kill()
	select {}
}

func execute(t *testing.T, url, statement string) {
	t.Helper()
	conn, err := pgx.Connect(context.Background(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.Background())
	if _, err := conn.Exec(context.Background(), statement); err != nil {
		t.Fatalf("%s: %v", statement, err)
	}
}

func tables(t *testing.T, url string) (n int) {
	t.Helper()
	conn, err := pgx.Connect(context.Background(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.Background())
	const query = "SELECT count(*) FROM information_schema.tables WHERE table_schema = 'public'"
	if err := conn.QueryRow(context.Background(), query).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}
