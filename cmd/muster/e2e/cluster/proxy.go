package cluster

import (
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"net/http"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// makeProxy describes HAProxy before the replicas.
func (c *Cluster) makeProxy() error {
	program, err := Installed("haproxy")
	if err != nil {
		return err
	}
	listen := c.options.Listen
	if listen == "" {
		if listen, err = c.address("proxy"); err != nil {
			return err
		}
	}
	status, err := c.address("proxy-status")
	if err != nil {
		return err
	}
	first, second := c.replicas[0].address, c.replicas[len(c.replicas)-1].address
	c.proxy = &Part{name: "proxy", address: listen, log: filepath.Join(c.dir, "proxy.log"), end: syscall.SIGTERM}
	c.proxy.command = func() *exec.Cmd {
		cmd := exec.Command(program, "-db", "-f", c.deploy("haproxy", "haproxy.cfg"))
		cmd.Env = append(environment(), "LISTEN="+listen, "STATUS_LISTEN="+status, "MUSTER_1="+first, "MUSTER_2="+second)
		return cmd
	}
	c.status = status
	c.proxy.ready = func(ctx context.Context) error { return ask(ctx, "http://"+listen+"/readyz") }
	return nil
}

// Backend is a replica as the proxy sees it.
type Backend struct {
	Name     string // muster-1, muster-2
	Up       bool   // gets new requests
	Requests int64  // that it got since the proxy's start
}

// Backends asks the proxy about the replicas, in their order.
func (c *Cluster) Backends(ctx context.Context) ([]Backend, error) {
	if c.proxy == nil {
		return nil, errors.New("the cluster has no proxy")
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+c.status+"/stats;csv", nil)
	if err != nil {
		return nil, err
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		return nil, fmt.Errorf("asking the proxy about its backends: %w", err)
	}
	defer answer.Body.Close()
	lines, err := csv.NewReader(answer.Body).ReadAll()
	if err != nil || len(lines) == 0 {
		return nil, fmt.Errorf("reading the proxy's statistics: %w", err)
	}
	return backends(lines), nil
}

// backends picks the replicas' lines out of the statistics, whose first line names the columns.
func backends(lines [][]string) (found []Backend) {
	column := map[string]int{}
	for i, name := range lines[0] {
		column[strings.TrimPrefix(name, "# ")] = i
	}
	for _, line := range lines[1:] {
		name := line[column["svname"]]
		if line[column["pxname"]] != "muster" || name == "BACKEND" {
			continue
		}
		requests, _ := strconv.ParseInt(line[column["stot"]], 10, 64) // a number, by HAProxy's word
		found = append(found, Backend{Name: name, Up: strings.HasPrefix(line[column["status"]], "UP"), Requests: requests})
	}
	return found
}

// Balanced waits until the proxy sees each replica as it is: up if it runs, else down.
func (c *Cluster) Balanced(ctx context.Context) error {
	for {
		list, err := c.Backends(ctx)
		if err != nil {
			return err
		}
		right := 0
		for i, backend := range list {
			if backend.Up == c.replicas[min(i, len(c.replicas)-1)].Running() {
				right++
			}
		}
		if right == len(list) {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("the proxy does not see the replicas as they are: %+v: %w", list, ctx.Err())
		case <-time.After(20 * time.Millisecond):
		}
	}
}
