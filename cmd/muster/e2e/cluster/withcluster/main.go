// Command withcluster runs Muster on this machine as docker-compose.yml runs it in production:
//
//	go run ./cmd/muster/e2e/cluster/withcluster [flag…] [command [argument…]]
//
// Without a command it says where everything is and waits for Ctrl-C. With one it runs that,
// and ends with its exit code; the command finds in its environment
//
//	MUSTER_E2E_URL            the proxy; with -direct the replicas themselves
//	MUSTER_E2E_PUBLIC_URL     the proxy
//	MUSTER_E2E_ADMIN_TOKEN    the token of the admin API
//
// However it ends, nothing of the cluster is left, but for the data where -dir is given.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"strings"
	"syscall"

	"github.com/muster-scim/muster/cmd/muster/e2e/cluster"
)

// usual is where the proxy listens if nothing else does: where `make run` would serve.
const usual = "127.0.0.1:8080"

func main() {
	var o cluster.Options
	var install, direct bool
	flag.StringVar(&o.Binary, "binary", "bin/muster", "the program to run")
	flag.BoolVar(&o.Standby, "standby", false, "a synchronous stand-by for PostgreSQL")
	flag.BoolVar(&o.Redis, "redis", false, "a Redis that the replicas share")
	flag.BoolVar(&o.Durable, "durable", false, "flush PostgreSQL's data to disk, as in production")
	flag.StringVar(&o.Dir, "dir", "", "keep the data in this directory, and go on with what is there")
	flag.StringVar(&o.Listen, "listen", "", "the proxy's address; by default "+usual+" if it is free")
	flag.BoolVar(&install, "install", false, "as root on Debian: install PostgreSQL, HAProxy and Redis if they are missing")
	flag.BoolVar(&direct, "direct", false, "send the command to the replicas, past the proxy")
	flag.Func("env", "NAME=value for the replicas; may be repeated", func(text string) error {
		if !strings.Contains(text, "=") {
			return errors.New("write NAME=value")
		}
		o.Env = append(o.Env, text)
		return nil
	})
	flag.Parse()
	o.Proxy = true
	code, err := run(o, install, direct, flag.Args())
	if err != nil {
		fmt.Fprintln(os.Stderr, "withcluster:", err)
	}
	os.Exit(code)
}

func run(o cluster.Options, install, direct bool, command []string) (int, error) {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	defer stop()
	if install {
		if err := cluster.Install(); err != nil {
			return 1, err
		}
	}
	if o.Listen == "" && len(command) == 0 && cluster.Free(usual) {
		o.Listen = usual
	}
	c, err := cluster.Start(ctx, o)
	if err != nil {
		return 1, err
	}
	defer c.Stop()
	if len(command) == 0 {
		greet(c, o)
		return 0, watch(ctx, c)
	}
	return with(c, direct, command)
}

// greet says where everything is.
func greet(c *cluster.Cluster, o cluster.Options) {
	fmt.Printf("Muster is ready: %d replicas behind a proxy.\n\n", c.Replicas())
	fmt.Printf("  proxy        %s\n", c.ProxyURL())
	for i := range c.Replicas() {
		fmt.Printf("  replica %d    %s   log %s\n", i, c.ReplicaURL(i), c.Replica(i).Log())
	}
	fmt.Printf("  PostgreSQL   %s", c.Postgres().Address())
	if o.Standby {
		fmt.Printf(", and a stand-by at %s that every commit waits for", c.Standby().Address())
	}
	if o.Redis {
		fmt.Printf("\n  Redis        %s", c.Redis().Address())
	}
	fmt.Printf("\n  admin token  %s\n", c.AdminTokenFile())
	fmt.Printf("\n  Next, in another terminal here:\n")
	fmt.Printf("    export MUSTER_URL=%s MUSTER_ADMIN_TOKEN=$(cat %s)\n", c.ProxyURL(), c.AdminTokenFile())
	fmt.Printf("    %s simulate --idp okta\n", o.Binary)
	kept := "nothing is left"
	if o.Dir != "" {
		kept = "the data stays in " + c.Dir()
	}
	fmt.Printf("\n  Ctrl-C stops everything; %s.\n", kept)
}

// watch waits for the end, and says when a part ends by itself.
func watch(ctx context.Context, c *cluster.Cluster) error {
	ended := make(chan *cluster.Part)
	for _, part := range c.Parts() {
		go func() {
			<-part.Ended()
			select {
			case ended <- part:
			case <-ctx.Done():
			}
		}()
	}
	for {
		select {
		case <-ctx.Done():
			fmt.Println("stopping")
			return nil
		case part := <-ended:
			fmt.Printf("%s has ended; its log is %s\n", part.Name(), part.Log())
		}
	}
}

// with runs a command beside the cluster. A signal is the command's to act upon.
func with(c *cluster.Cluster, direct bool, command []string) (int, error) {
	target := c.ProxyURL()
	if direct {
		var all []string
		for i := range c.Replicas() {
			all = append(all, c.ReplicaURL(i))
		}
		target = strings.Join(all, ",")
	}
	cmd := exec.Command(command[0], command[1:]...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	cmd.Env = append(os.Environ(), "MUSTER_E2E_URL="+target, "MUSTER_E2E_PUBLIC_URL="+c.ProxyURL(), "MUSTER_E2E_ADMIN_TOKEN="+c.AdminToken())
	err := cmd.Run()
	if !direct {
		shares(c)
	}
	var exit *exec.ExitError
	if errors.As(err, &exit) && exit.ExitCode() > 0 {
		return exit.ExitCode(), nil
	}
	if err != nil {
		return 1, fmt.Errorf("%s: %w", command[0], err)
	}
	return 0, nil
}

// shares says how many requests each replica got, so that one sees that both were used.
func shares(c *cluster.Cluster) {
	list, err := c.Backends(context.Background())
	if err != nil {
		fmt.Fprintln(os.Stderr, "withcluster:", err)
		return
	}
	var text []string
	for _, backend := range list {
		text = append(text, fmt.Sprintf("%s %d", backend.Name, backend.Requests))
	}
	fmt.Println("requests through the proxy:", strings.Join(text, ", "))
}
