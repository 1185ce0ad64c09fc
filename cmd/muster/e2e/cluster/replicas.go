package cluster

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// startReplicas migrates the database and starts the replicas.
func (c *Cluster) startReplicas(ctx context.Context) error {
	for i := range c.options.Replicas {
		name := fmt.Sprint("replica-", i)
		address, err := c.address(name)
		if err != nil {
			return err
		}
		c.replicas = append(c.replicas, c.replica(name, address))
	}
	if c.options.Proxy { // the replicas have to know its address
		if err := c.makeProxy(); err != nil {
			return err
		}
	}
	if err := c.migrate(ctx); err != nil {
		return err
	}
	env, err := c.replicaEnvironment()
	if err != nil {
		return err
	}
	for _, replica := range c.replicas {
		replica.command = c.replicaCommand(replica.address, env)
		if err := replica.Start(ctx); err != nil {
			return err
		}
	}
	return nil
}

func (c *Cluster) replica(name, address string) *Part {
	p := &Part{name: name, address: address, log: filepath.Join(c.dir, name+".log"), end: syscall.SIGTERM}
	p.ready = func(ctx context.Context) error { return ask(ctx, "http://"+address+"/readyz") }
	return p
}

func (c *Cluster) replicaCommand(address string, env []string) func() *exec.Cmd {
	return func() *exec.Cmd {
		cmd := exec.Command(c.options.Binary, "serve")
		cmd.Dir = c.dir
		cmd.Env = append(append(environment(), "MUSTER_LISTEN="+address), env...)
		return cmd
	}
}

// replicaEnvironment is what every replica is told.
func (c *Cluster) replicaEnvironment() ([]string, error) {
	public := c.ProxyURL()
	if public == "" {
		public = c.ReplicaURL(0)
	}
	database, err := c.roleURL("muster_app")
	if err != nil {
		return nil, err
	}
	env := []string{
		"MUSTER_PUBLIC_URL=" + public,
		"MUSTER_DATABASE_URL=" + database,
		"MUSTER_MIGRATE=false",
		"MUSTER_ADMIN_TOKEN_FILE=" + c.AdminTokenFile(),
		"MUSTER_SECRET_KEY_FILE=" + filepath.Join(c.secrets, "secret_key"),
		"MUSTER_LOG_FORMAT=json",
	}
	if c.options.Replicas > 1 {
		env = append(env, "GOMAXPROCS=1") // what Go makes of the one CPU that docker-compose.yml gives each
	}
	if c.proxy != nil {
		env = append(env, "MUSTER_TRUSTED_PROXIES=127.0.0.1", "MUSTER_SHUTDOWN_DELAY=3s")
	}
	if c.redis != nil {
		address, err := c.via(c.redis)
		if err != nil {
			return nil, err
		}
		env = append(env, "MUSTER_REDIS_URL=redis://muster:"+c.secret("redis_password")+"@"+address+"/0")
	}
	return append(env, c.options.Env...), nil
}

// migrate brings the database to the program's schema, as the service migrate does.
func (c *Cluster) migrate(ctx context.Context) error {
	url, err := c.roleURL("muster_owner")
	if err != nil {
		return err
	}
	cmd := exec.CommandContext(ctx, c.options.Binary, "migrate", "--app-role", "muster_app")
	cmd.Dir = c.dir
	cmd.Env = append(environment(), "MUSTER_DATABASE_URL="+url)
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("muster migrate: %w\n%s", err, out)
	}
	return nil
}

// via is the address by which the replicas reach a part.
func (c *Cluster) via(part *Part) (string, error) {
	if c.options.Via == nil {
		return part.address, nil
	}
	if known, ok := c.reached[part.name]; ok {
		return known, nil
	}
	address, err := c.options.Via(part.name, part.address)
	if err != nil {
		return "", fmt.Errorf("the way to %s: %w", part.name, err)
	}
	c.reached[part.name] = address
	return address, nil
}

// ask expects 200.
func ask(ctx context.Context, url string) error {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return err
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return fmt.Errorf("%s answers %s", url, answer.Status)
	}
	return nil
}

// environment is this process's, without the settings of Muster and of PostgreSQL's clients.
func environment() (kept []string) {
	for _, variable := range os.Environ() {
		if !strings.HasPrefix(variable, "MUSTER_") && !strings.HasPrefix(variable, "PG") {
			kept = append(kept, variable)
		}
	}
	return kept
}
