package redistest

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
)

// Cluster is a private Redis Cluster of three nodes, without replicas. The keys of a node that
// is stopped cannot be had; the others go on.
type Cluster struct {
	URL   string // redis://a,b,c
	Nodes []*Server
}

var lazyCluster = sync.OnceValues(StartCluster)

// ClusterURL returns the URL of a cluster that all tests of this process share.
func ClusterURL(t testing.TB) string {
	t.Helper()
	c, err := lazyCluster()
	if err != nil {
		t.Fatalf("redistest: %v", err)
	}
	return c.URL
}

// NewCluster starts a cluster for one test alone, which ends with it.
func NewCluster(t testing.TB) *Cluster {
	t.Helper()
	c, err := StartCluster()
	if err != nil {
		t.Fatalf("redistest: %v", err)
	}
	t.Cleanup(c.Stop)
	return c
}

const nodes, slots = 3, 16384

// StartCluster starts a cluster.
func StartCluster() (*Cluster, error) {
	c := &Cluster{}
	var addresses []string
	for range nodes {
		s, err := Start(Options{TCP: true, Arguments: []string{
			"--cluster-enabled", "yes", "--cluster-node-timeout", "2000", "--cluster-announce-ip", "127.0.0.1", "--cluster-require-full-coverage", "no"}})
		if err != nil {
			c.Stop()
			return nil, err
		}
		c.Nodes = append(c.Nodes, s)
		addresses = append(addresses, s.Address)
	}
	c.URL = "redis://" + strings.Join(addresses, ",")
	if err := c.join(); err != nil {
		c.Stop()
		return nil, fmt.Errorf("making a cluster: %w", err)
	}
	return c, nil
}

// join gives each node its share of the slots and makes the nodes known to each other.
func (c *Cluster) join() error {
	for i, node := range c.Nodes {
		arguments := []any{"cluster", "addslots"}
		for slot := i * slots / nodes; slot < (i+1)*slots/nodes; slot++ {
			arguments = append(arguments, slot)
		}
		if _, err := node.Do(arguments...); err != nil {
			return err
		}
		host, port, _ := strings.Cut(c.Nodes[0].Address, ":")
		if _, err := node.Do("cluster", "meet", host, port); err != nil {
			return err
		}
	}
	return wait(func() error {
		for _, node := range c.Nodes {
			info, err := node.Do("cluster", "info")
			if err != nil {
				return err
			}
			text := fmt.Sprint(info)
			if !strings.Contains(text, "cluster_state:ok") || !strings.Contains(text, fmt.Sprint("cluster_slots_ok:", slots)) {
				return errors.New("the cluster's nodes do not agree:\n" + text)
			}
		}
		return nil
	})
}

// Stop ends all nodes.
func (c *Cluster) Stop() {
	for _, node := range c.Nodes {
		node.Stop()
	}
}
