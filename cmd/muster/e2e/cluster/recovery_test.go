package cluster_test

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/muster-scim/muster/cmd/muster/e2e/cluster"
	"github.com/muster-scim/muster/storage/storagetest/pgtest"
)

// What docs/deploy.md tells an administrator to do when something is lost.

// TestAPromotedStandbyHasWhatWasAcknowledged kills the primary under four writers and promotes
// the stand-by. Everything acknowledged before is there, and writing goes on by itself.
func TestAPromotedStandbyHasWhatWasAcknowledged(t *testing.T) {
	t.Parallel()
	c := start(t, cluster.Options{Standby: true, Proxy: true, Env: quick})
	var mu sync.Mutex
	var made []string
	enough := make(chan struct{})
	ctx, stop := context.WithCancel(t.Context())
	var clients sync.WaitGroup
	for i := range 4 {
		clients.Go(func() {
			for n := 0; ctx.Err() == nil; n++ {
				name := fmt.Sprintf("client-%d-%d", i, n)
				status, err := ask(ctx, c, http.MethodPost, c.ProxyURL(), "/tenants", fmt.Sprintf(`{"name":%q}`, name), nil)
				if err != nil || status != http.StatusCreated {
					continue
				}
				mu.Lock()
				if made = append(made, name); len(made) == 100 {
					close(enough)
				}
				mu.Unlock()
			}
		})
	}
	<-enough
	if err := c.Postgres().Kill(); err != nil {
		t.Fatal(err)
	}
	stop()
	clients.Wait()
	if err := c.Promote(t.Context()); err != nil {
		t.Fatal(err)
	}
	eventually(t, c, "after")
	found := tenants(t, c, c.ProxyURL())
	for _, name := range made {
		if !found[name] {
			t.Errorf("%s was acknowledged and is not on the former stand-by", name)
		}
	}
}

// TestNothingIsAcknowledgedThatTheStandbyDoesNotHave freezes the stand-by under a request.
func TestNothingIsAcknowledgedThatTheStandbyDoesNotHave(t *testing.T) {
	t.Parallel()
	c := start(t, cluster.Options{Standby: true, Replicas: 1, Env: quick})
	if err := c.Standby().Freeze(); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	status, err := ask(ctx, c, http.MethodPost, c.ReplicaURL(0), "/tenants", `{"name":"alone"}`, nil)
	if err == nil && status == http.StatusCreated {
		t.Error("a write was acknowledged while the stand-by was frozen")
	}
	if err := c.Standby().Thaw(); err != nil {
		t.Fatal(err)
	}
	eventually(t, c, "together")
}

// TestABackUpIsRestoredWhole makes a back-up under load, changes something and restores.
func TestABackUpIsRestoredWhole(t *testing.T) {
	t.Parallel()
	c := start(t, cluster.Options{Env: quick})
	create(t, c, c.ReplicaURL(0), "before")
	dump := postgresTool(t, c, nil, "pg_dump", "--format=custom", "--dbname="+c.DatabaseURL())
	create(t, c, c.ReplicaURL(1), "after")
	for i := range c.Replicas() {
		if err := c.Replica(i).Stop(); err != nil {
			t.Fatal(err)
		}
	}
	postgresTool(t, c, dump, "pg_restore", "--clean", "--create", "--exit-on-error", "--dbname="+c.AdministrationURL())
	for i := range c.Replicas() {
		if err := c.Replica(i).Start(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	found := tenants(t, c, c.ReplicaURL(0))
	if !found["before"] || found["after"] {
		t.Errorf("after the restoration there are the tenants %v, want before and not after", found)
	}
	create(t, c, c.ReplicaURL(1), "again") // the roles' rights were restored too
}

// postgresTool runs one of PostgreSQL's programs with a standard input, and returns its output.
func postgresTool(t *testing.T, c *cluster.Cluster, input []byte, name string, arguments ...string) []byte {
	t.Helper()
	bin, err := pgtest.Binaries()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), filepath.Join(bin, name), arguments...)
	cmd.Stdin = bytes.NewReader(input)
	var output, errors bytes.Buffer
	cmd.Stdout, cmd.Stderr = &output, &errors
	if err := cmd.Run(); err != nil {
		t.Fatalf("%s: %v\n%s", name, err, errors.String())
	}
	return output.Bytes()
}

// TestTheFormerStandbysDataServesInThePrimarysPlace is the way back after a promotion: the data
// of the former stand-by becomes the primary's, and a new stand-by is copied from it.
func TestTheFormerStandbysDataServesInThePrimarysPlace(t *testing.T) {
	t.Parallel()
	dir, err := os.MkdirTemp("/tmp", "muster-back-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	c := start(t, cluster.Options{Dir: dir, Standby: true, Env: quick})
	create(t, c, c.ReplicaURL(0), "before")
	if err := c.Postgres().Kill(); err != nil {
		t.Fatal(err)
	}
	if err := c.Promote(t.Context()); err != nil {
		t.Fatal(err)
	}
	eventually(t, c, "promoted")
	c.Stop()

	former, data := filepath.Join(dir, "standby", "data"), filepath.Join(dir, "postgres", "data")
	if err := os.RemoveAll(data); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command("cp", "-a", former, data).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	if err := os.RemoveAll(former); err != nil {
		t.Fatal(err)
	}
	c = start(t, cluster.Options{Dir: dir, Standby: true, Env: quick})
	found := tenants(t, c, c.ReplicaURL(0))
	if !found["before"] || !found["promoted"] {
		t.Errorf("after the way back there are the tenants %v, want before and promoted", found)
	}
	create(t, c, c.ReplicaURL(1), "back") // which the new stand-by has as well, or it would not return
}

// eventually makes a tenant as soon as that can be done again.
func eventually(t *testing.T, c *cluster.Cluster, name string) {
	t.Helper()
	deadline := time.Now().Add(20 * time.Second)
	for n := 0; ; n++ {
		status, err := ask(t.Context(), c, http.MethodPost, c.ReplicaURL(0), "/tenants", fmt.Sprintf(`{"name":%q}`, name), nil)
		if err == nil && (status == http.StatusCreated || n > 0 && status == http.StatusConflict) {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("20 s later nothing can be written: %d, %v", status, err)
		}
	}
}
