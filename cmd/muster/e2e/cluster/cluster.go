package cluster

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
)

// Options say what a cluster is made of.
type Options struct {
	Binary   string   // the program, bin/muster
	Replicas int      // how many of it; 0 means 2, and the proxy of deploy/ serves two at most
	Standby  bool     // a synchronous stand-by for PostgreSQL
	Redis    bool     // a Redis that the replicas share
	Proxy    bool     // HAProxy before the replicas
	Env      []string // further environment of the replicas, NAME=value; wins over the cluster's own
	Dir      string   // where the data goes, and stays; "" is a temporary directory that goes with the cluster
	Durable  bool     // PostgreSQL flushes to disk, as in production; without, a crash of the machine loses data and tests run faster

	// Listen is the proxy's address; "" picks a free port of 127.0.0.1.
	Listen string

	// Via, if not nil, is asked once for each server that the replicas use (postgres, standby,
	// redis) and returns the address by which they shall reach it: that of a fault proxy before
	// address, for example.
	Via func(part, address string) (string, error)
}

// Cluster is a running cluster.
type Cluster struct {
	options Options
	root    string // of the repository, for deploy/
	dir     string
	secrets string            // the directory of deploy/secrets.sh
	reached map[string]string // what Via said, by part
	life    io.Closer
	gone    chan struct{} // closed when the watchman has left

	postgres *database
	standby  *database // nil without
	redis    *Part     // nil without
	replicas []*Part
	proxy    *Part  // nil without
	status   string // where the proxy says how it is
}

// Start starts a cluster and returns it when every part serves. If it returns an error nothing
// of the cluster is left.
func Start(ctx context.Context, o Options) (*Cluster, error) {
	c, err := prepare(o)
	if err != nil {
		return nil, fmt.Errorf("preparing the cluster: %w", err)
	}
	if err := c.start(ctx); err != nil {
		c.Stop()
		return nil, err
	}
	return c, nil
}

// start brings up the parts, each when what it needs is there.
func (c *Cluster) start(ctx context.Context) error {
	if err := c.startPostgres(ctx); err != nil {
		return err
	}
	if c.options.Standby {
		if err := c.startStandby(ctx); err != nil {
			return err
		}
	}
	if c.options.Redis {
		if err := c.startRedis(ctx); err != nil {
			return err
		}
	}
	if err := c.startReplicas(ctx); err != nil {
		return err
	}
	if c.proxy != nil {
		return c.proxy.Start(ctx)
	}
	return nil
}

// Stop ends every part in good order, and removes the directory unless it was given. Stopping
// twice does nothing more.
func (c *Cluster) Stop() {
	for _, part := range c.Parts() {
		_ = part.Thaw() // a frozen server would keep the others from ending
	}
	var draining sync.WaitGroup
	for _, replica := range c.replicas {
		draining.Go(func() { _ = replica.Stop() }) // what does not end is killed, here and below
	}
	draining.Wait()
	for _, part := range c.Parts() {
		_ = part.Stop()
	}
	c.life.Close()
	<-c.gone
}

// Parts are all parts, those first that use the others.
func (c *Cluster) Parts() (all []*Part) {
	if c.proxy != nil {
		all = append(all, c.proxy)
	}
	all = append(all, c.replicas...)
	if c.redis != nil {
		all = append(all, c.redis)
	}
	// The primary before the stand-by: with it away the primary would wait for it at its end.
	if c.postgres != nil {
		all = append(all, c.postgres.Part)
	}
	if c.standby != nil {
		all = append(all, c.standby.Part)
	}
	return all
}

// ProxyURL is the base URL of the proxy, which is the public URL of every replica; "" without one.
func (c *Cluster) ProxyURL() string {
	if c.proxy == nil {
		return ""
	}
	return "http://" + c.proxy.address
}

// ReplicaURL is the base URL of a replica itself, the first being 0.
func (c *Cluster) ReplicaURL(i int) string { return "http://" + c.replicas[i].address }

// AdminToken is the bearer token of the admin API.
func (c *Cluster) AdminToken() string { return c.secret("admin_token") }

// AdminTokenFile is the file with the admin token.
func (c *Cluster) AdminTokenFile() string { return filepath.Join(c.secrets, "admin_token") }

// Dir is where the cluster keeps its data, sockets, secrets and logs.
func (c *Cluster) Dir() string { return c.dir }

// Postgres is the server that was the primary at the start.
func (c *Cluster) Postgres() *Part { return c.postgres.Part }

// Standby is the stand-by; nil without one.
func (c *Cluster) Standby() *Part {
	if c.standby == nil {
		return nil
	}
	return c.standby.Part
}

// Redis is the Redis server; nil without one.
func (c *Cluster) Redis() *Part { return c.redis }

// Replica is one of the replicas, the first being 0.
func (c *Cluster) Replica(i int) *Part { return c.replicas[i] }

// Replicas says how many replicas there are.
func (c *Cluster) Replicas() int { return len(c.replicas) }

// Proxy is the proxy; nil without one.
func (c *Cluster) Proxy() *Part { return c.proxy }

// prepare makes the directory, the secrets and the watchman.
func prepare(o Options) (*Cluster, error) {
	if o.Binary == "" {
		return nil, errors.New("Options.Binary does not say which program to run")
	}
	binary, err := filepath.Abs(o.Binary)
	if err != nil {
		return nil, err
	}
	o.Binary = binary
	if o.Replicas == 0 {
		o.Replicas = 2
	}
	if o.Proxy && o.Replicas > 2 {
		return nil, fmt.Errorf("%d replicas behind the proxy: deploy/haproxy/haproxy.cfg has two", o.Replicas)
	}
	c := &Cluster{options: o, reached: map[string]string{}}
	if c.root, err = repository(); err != nil {
		return nil, err
	}
	if c.dir, err = directory(o.Dir); err != nil {
		return nil, err
	}
	if err := c.watch(); err != nil {
		return nil, err
	}
	if err := c.makeSecrets(); err != nil {
		c.Stop()
		return nil, err
	}
	return c, nil
}

// repository finds the root of the source tree, upwards from the working directory: deploy/ is in it.
func repository() (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "deploy", "haproxy", "haproxy.cfg")); err == nil {
			return dir, nil
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			return "", errors.New("no deploy/haproxy/haproxy.cfg here or above: run this inside Muster's source tree")
		}
		dir = parent
	}
}

// directory makes the cluster's directory. Not below TMPDIR by default: a unix socket's path has
// room for about a hundred bytes, and PostgreSQL's own user must be able to get there.
func directory(given string) (string, error) {
	if given == "" {
		dir, err := os.MkdirTemp("/tmp", "muster-cluster-")
		if err != nil {
			return "", err
		}
		return dir, os.Chmod(dir, 0o755)
	}
	dir, err := filepath.Abs(given)
	if err != nil {
		return "", err
	}
	return dir, os.MkdirAll(dir, 0o755)
}

// watchman removes a temporary directory once the process that made it is gone, whatever its end
// was; it notices by the pipe that only that process holds open. By then the parts are dying.
const watchman = `
trap '' HUP INT TERM
cat >/dev/null
for try in 1 2 3 4 5 6 7 8 9 10; do
	rm -rf "$1" 2>/dev/null && break
	sleep 0.2
done
`

func (c *Cluster) watch() error {
	script := watchman
	if c.options.Dir != "" {
		script = "trap '' HUP INT TERM; cat >/dev/null"
	}
	cmd := exec.Command("/bin/sh", "-c", script, "watchman", c.dir)
	cmd.Dir = "/"
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	life, err := cmd.StdinPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	c.life, c.gone = life, make(chan struct{})
	go func() {
		_ = cmd.Wait() // it cannot fail in a way that matters here
		close(c.gone)
	}()
	return nil
}

// makeSecrets makes the secrets as an administrator would.
func (c *Cluster) makeSecrets() error {
	c.secrets = filepath.Join(c.dir, "secrets")
	if out, err := exec.Command("/bin/sh", filepath.Join(c.root, "deploy", "secrets.sh"), c.secrets).CombinedOutput(); err != nil {
		return fmt.Errorf("deploy/secrets.sh: %w\n%s", err, out)
	}
	return giveToServer(c.secrets)
}

// secret reads one of the secrets; "" if there is none of that name.
func (c *Cluster) secret(name string) string {
	text, _ := os.ReadFile(filepath.Join(c.secrets, name)) // made at the start
	return strings.TrimSpace(string(text))
}

// deploy is the path of a file of deploy/.
func (c *Cluster) deploy(path ...string) string {
	return filepath.Join(append([]string{c.root, "deploy"}, path...)...)
}
