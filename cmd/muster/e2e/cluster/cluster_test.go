package cluster_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/muster-scim/muster/cmd/muster/e2e/cluster"
)

func TestMain(m *testing.M) {
	if os.Getenv("CLUSTER_DIE") != "" {
		dieWithACluster()
	}
	var err error
	if scratch, err = os.MkdirTemp("", "muster-cluster-test-"); err != nil {
		panic(err)
	}
	code := m.Run()
	os.RemoveAll(scratch)
	os.Exit(code)
}

// scratch is a directory for the program that these tests build.
var scratch string

// program builds the program, once.
var program = sync.OnceValues(func() (string, error) {
	if given := os.Getenv("MUSTER_BINARY"); given != "" {
		return filepath.Abs(given)
	}
	path := filepath.Join(scratch, "muster")
	cmd := exec.Command("go", "build", "-buildvcs=false", "-o", path, "github.com/muster-scim/muster/cmd/muster")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("building the program: %w\n%s", err, out)
	}
	return path, nil
})

// start starts a cluster that ends with the test.
func start(t *testing.T, o cluster.Options) *cluster.Cluster {
	t.Helper()
	var err error
	if o.Binary, err = program(); err != nil {
		t.Fatal(err)
	}
	o.Env = append([]string{"MUSTER_RATE_LIMIT=0", "MUSTER_CONCURRENCY=0"}, o.Env...)
	c, err := cluster.Start(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		c.Stop()
		if _, err := os.Stat(c.Dir()); o.Dir == "" && !os.IsNotExist(err) {
			t.Errorf("after Stop %s is still there (%v)", c.Dir(), err)
		}
	})
	return c
}

// quick is for tests that do not look at how replicas end.
var quick = []string{"MUSTER_SHUTDOWN_DELAY=0s"}

// ask sends a request to the admin API at a base URL and returns the answer's status.
func ask(ctx context.Context, c *cluster.Cluster, method, base, path, body string, into any) (int, error) {
	ctx, cancel := context.WithTimeout(ctx, 20*time.Second)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, method, base+"/api/v1"+path, strings.NewReader(body))
	if err != nil {
		return 0, err
	}
	request.Header.Set("Authorization", "Bearer "+c.AdminToken())
	request.Header.Set("Content-Type", "application/json")
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		return 0, err
	}
	defer answer.Body.Close()
	if into != nil && answer.StatusCode/100 == 2 {
		return answer.StatusCode, json.NewDecoder(answer.Body).Decode(into)
	}
	return answer.StatusCode, nil
}

// create makes a tenant and expects that it was made.
func create(t *testing.T, c *cluster.Cluster, base, name string) {
	t.Helper()
	adminOK(t, c, http.MethodPost, base, "/tenants", fmt.Sprintf(`{"name":%q}`, name), nil)
}

// tenants reads the names of all tenants. Like any client it asks again after a 5xx: right after
// a restart the replicas still hold connections that are none any more.
func tenants(t *testing.T, c *cluster.Cluster, base string) map[string]bool {
	t.Helper()
	names := map[string]bool{}
	deadline := time.Now().Add(20 * time.Second)
	for cursor := ""; ; {
		var page struct {
			Items []struct {
				Name string `json:"name"`
			} `json:"items"`
			Next string `json:"next"`
		}
		status, err := ask(t.Context(), c, http.MethodGet, base, "/tenants?limit=500"+cursor, "", &page)
		if err != nil || status != http.StatusOK {
			if status/100 != 5 || time.Now().After(deadline) {
				t.Fatalf("reading the tenants at %s: %d, %v", base, status, err)
			}
			continue
		}
		for _, item := range page.Items {
			names[item.Name] = true
		}
		if page.Next == "" {
			return names
		}
		cursor = "&cursor=" + page.Next
	}
}

func TestEveryPartComesBackWithTheSameData(t *testing.T) {
	t.Parallel()
	c := start(t, cluster.Options{Standby: true, Redis: true, Proxy: true, Env: quick})
	create(t, c, c.ProxyURL(), "before")
	for _, part := range c.Parts() {
		for name, end := range map[string]func() error{"Kill": part.Kill, "Stop": part.Stop} {
			address, pid := part.Address(), part.PID()
			if err := end(); err != nil {
				t.Fatalf("%s of %s: %v", name, part.Name(), err)
			}
			if part.Running() || part.PID() != 0 {
				t.Fatalf("%s runs after %s", part.Name(), name)
			}
			if err := part.Start(t.Context()); err != nil {
				t.Fatal(err)
			}
			if part.Address() != address || part.PID() == pid || !part.Running() {
				t.Errorf("%s came back at %s as process %d, was at %s as %d", part.Name(), part.Address(), part.PID(), address, pid)
			}
		}
	}
	if err := c.Balanced(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, base := range []string{c.ProxyURL(), c.ReplicaURL(0), c.ReplicaURL(1)} {
		if !tenants(t, c, base)["before"] {
			t.Errorf("%s has lost the tenant that was made before", base)
		}
	}
}

// TestReplicasAreNotTheOwnerOfTheDatabase: whoever takes over a replica cannot change the schema.
func TestReplicasAreNotTheOwnerOfTheDatabase(t *testing.T) {
	t.Parallel()
	c := start(t, cluster.Options{Env: quick})
	create(t, c, c.ReplicaURL(0), "acme")
	create(t, c, c.ReplicaURL(1), "acme-too")
	const query = "SELECT string_agg(DISTINCT usename, ' ') FROM pg_stat_activity WHERE datname = 'muster' AND pid <> pg_backend_pid()"
	users := postgresTool(t, c, nil, "psql", "--no-align", "--tuples-only", "--command="+query, c.DatabaseURL())
	if got := strings.TrimSpace(string(users)); got != "muster_app" {
		t.Errorf("connected to the database are %q, want muster_app alone", got)
	}
}

// TestRevocationCrossesTheReplicasAtOnce shows that Redis, with the user that secrets.sh makes for
// it, lets Muster do what it needs: by itself a replica would believe a token for seconds more.
func TestRevocationCrossesTheReplicasAtOnce(t *testing.T) {
	t.Parallel()
	c := start(t, cluster.Options{Redis: true, Env: quick})
	create(t, c, c.ReplicaURL(0), "acme")
	var made struct {
		Token string `json:"token"`
	}
	adminOK(t, c, http.MethodPost, c.ReplicaURL(0), "/connectors",
		`{"tenant":"acme","slug":"acme-okta","name":"Okta","kind":"okta","mode":"live"}`, &made)
	for i := range c.Replicas() { // each of them knows the token now
		if status := scimUsers(t, c.ReplicaURL(i), made.Token); status != http.StatusOK {
			t.Fatalf("replica %d answers %d to a good token", i, status)
		}
	}
	var list struct {
		Items []struct {
			ID string `json:"id"`
		} `json:"items"`
	}
	adminOK(t, c, http.MethodGet, c.ReplicaURL(0), "/connectors/acme-okta/credentials", "", &list)
	adminOK(t, c, http.MethodDelete, c.ReplicaURL(0), "/connectors/acme-okta/credentials/"+list.Items[0].ID, "", nil)
	for i := range c.Replicas() {
		if status := scimUsers(t, c.ReplicaURL(i), made.Token); status != http.StatusUnauthorized {
			t.Errorf("replica %d answers %d to a token that was revoked, want 401", i, status)
		}
	}
	for i := range c.Replicas() {
		if log, err := os.ReadFile(c.Replica(i).Log()); err != nil || strings.Contains(string(log), "NOPERM") {
			t.Errorf("Redis refuses replica %d a command (%v):\n%s", i, err, log)
		}
	}
}

// scimUsers lists a connector's users and returns the status.
func scimUsers(t *testing.T, base, token string) int {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, base+"/scim/acme-okta/v2/Users", nil)
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Authorization", "Bearer "+token)
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	answer.Body.Close()
	return answer.StatusCode
}

// adminOK is ask for what has to succeed.
func adminOK(t *testing.T, c *cluster.Cluster, method, base, path, body string, into any) {
	t.Helper()
	if status, err := ask(t.Context(), c, method, base, path, body, into); err != nil || status/100 != 2 {
		t.Fatalf("%s %s at %s: %d, %v", method, path, base, status, err)
	}
}

// TestAFrozenPartStandsStillAndGoesOn freezes PostgreSQL, all its processes, under a request.
func TestAFrozenPartStandsStillAndGoesOn(t *testing.T) {
	t.Parallel()
	c := start(t, cluster.Options{Replicas: 1, Env: quick})
	create(t, c, c.ReplicaURL(0), "before")
	if err := c.Postgres().Freeze(); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 700*time.Millisecond)
	defer cancel()
	if status, err := ask(ctx, c, http.MethodGet, c.ReplicaURL(0), "/tenants", "", nil); err == nil && status == http.StatusOK {
		t.Error("the tenants can be read while PostgreSQL is frozen")
	}
	if err := c.Postgres().Thaw(); err != nil {
		t.Fatal(err)
	}
	if err := c.Postgres().Start(t.Context()); err != nil { // it runs: nothing happens
		t.Fatal(err)
	}
	for deadline := time.Now().Add(20 * time.Second); ; {
		status, err := ask(t.Context(), c, http.MethodGet, c.ReplicaURL(0), "/tenants", "", nil)
		if err == nil && status == http.StatusOK {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("20 s after the thaw: %d, %v", status, err)
		}
	}
}

// TestARollingRestartFailsNoRequest restarts both replicas in turn, as an upgrade does, while
// four clients write through the proxy.
func TestARollingRestartFailsNoRequest(t *testing.T) {
	t.Parallel()
	c := start(t, cluster.Options{Proxy: true})
	ctx, stop := context.WithCancel(t.Context())
	made := make([][]string, 4)
	var clients sync.WaitGroup
	for i := range made {
		clients.Go(func() {
			for n := 0; ctx.Err() == nil; n++ {
				name := fmt.Sprintf("client-%d-%d", i, n)
				status, err := ask(t.Context(), c, http.MethodPost, c.ProxyURL(), "/tenants", fmt.Sprintf(`{"name":%q}`, name), nil)
				if err != nil || status != http.StatusCreated {
					t.Errorf("%s: %d, %v", name, status, err)
					continue
				}
				made[i] = append(made[i], name)
			}
		})
	}
	for i := range c.Replicas() {
		if err := c.Replica(i).Stop(); err != nil {
			t.Error(err)
		}
		if err := c.Replica(i).Start(t.Context()); err != nil {
			t.Fatal(err)
		}
		if err := c.Balanced(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	stop()
	clients.Wait()
	total, found := 0, tenants(t, c, c.ProxyURL())
	for _, names := range made {
		for _, name := range names {
			total++
			if !found[name] {
				t.Errorf("%s was acknowledged and is not there", name)
			}
		}
	}
	t.Logf("%d writes through two restarts", total)
}

func TestAGivenDirectoryIsGoneOnWith(t *testing.T) {
	t.Parallel()
	dir, err := os.MkdirTemp("/tmp", "muster-kept-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"first", "second"} {
		c := start(t, cluster.Options{Dir: dir, Standby: true, Env: quick})
		create(t, c, c.ReplicaURL(1), name)
		if !tenants(t, c, c.ReplicaURL(0))["first"] {
			t.Errorf("in the %s round the first one's tenant is not there", name)
		}
		c.Stop()
	}
}

// TestNothingIsLeftOfAClusterWhoseProcessWasKilled starts this test binary again, as a process
// that starts a cluster and is then killed.
func TestNothingIsLeftOfAClusterWhoseProcessWasKilled(t *testing.T) {
	t.Parallel()
	binary, err := program()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), "CLUSTER_DIE=1", "MUSTER_BINARY="+binary)
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if cmd.ProcessState == nil {
		t.Fatal(err)
	}
	if cmd.ProcessState.Exited() {
		t.Fatalf("the process ended before it was killed:\n%s", out)
	}
	left := strings.Fields(string(out)) // the directory, and each process in /proc
	if len(left) < 6 {
		t.Fatalf("the process said %q, want the directory and processes of its cluster", out)
	}
	for deadline := time.Now().Add(20 * time.Second); len(left) > 0; {
		if _, err := os.Stat(left[0]); os.IsNotExist(err) {
			left = left[1:]
			continue
		}
		if time.Now().After(deadline) {
			t.Fatalf("20 s after the process was killed there still is %v", left)
		}
		time.Sleep(10 * time.Millisecond) // other processes' doing: there is nothing to wait on
	}
}

func dieWithACluster() {
	c, err := cluster.Start(context.Background(), cluster.Options{Binary: os.Getenv("MUSTER_BINARY"), Standby: true, Proxy: true})
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	fmt.Println(c.Dir())
	for _, part := range c.Parts() {
		fmt.Println(filepath.Join("/proc", fmt.Sprint(part.PID())))
	}
	self, _ := os.FindProcess(os.Getpid())
	self.Kill()
	select {}
}
