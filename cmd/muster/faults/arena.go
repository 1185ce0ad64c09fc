package faults

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"time"

	"github.com/muster-scim/muster/cmd/muster/e2e/cluster"
)

// Query reads rows of the database at a URL, each value as text. It is given by the caller, as
// the module's PostgreSQL driver is not this package's to import.
type Query func(ctx context.Context, url, statement string, arguments ...any) ([][]string, error)

// Bench is what runs are made with.
type Bench struct {
	Binary string // the program
	Query  Query
	Floor  float64 // acknowledged changes a second that a run needs before its first fault
}

// Arena is a cluster with the load on it.
type Arena struct {
	*cluster.Cluster
	Bench
	Random *rand.Rand
	Faults int       // counted by the scenario
	Healed time.Time // set by the scenario: from when on it can work again
	Notes  []string

	scenario Scenario
	seed     uint64
	dir      string
	doors    []door
	load     *Load
	watch    *Watch
	ledger   *Ledger
	disk     string // where the small disk is; "" without one
	promoted bool   // the stand-by is the primary now
}

// How long the parts of a run take.
const (
	startPatience = 60 * time.Second
	warmUp        = 1500 * time.Millisecond
	baseline      = 3 * time.Second
	aftermath     = 3 * time.Second
	finishing     = 30 * time.Second // for the IdPs to end what they began
	settling      = 30 * time.Second
	checking      = 60 * time.Second
)

// Run makes one run of a scenario. Whatever happens, nothing of it is left but, if something was
// found, the ledger and the logs.
func (b Bench) Run(ctx context.Context, s Scenario, seed uint64) (row Row) {
	row = Row{Scenario: s.Name, Seed: seed, Floor: b.Floor, Control: s.Control, Recovery: -1}
	if (s.SmallData || s.SmallLog) && os.Getuid() != 0 {
		row.Skipped = "mounting a small disk takes root"
		return row
	}
	a := &Arena{Bench: b, scenario: s, seed: seed, watch: &Watch{}, Random: rand.New(rand.NewPCG(seed, 0xfa17))}
	if a.dir, row.Err = os.MkdirTemp("/tmp", "muster-faults-"); row.Err != nil { // not below TMPDIR: the path of a socket is short
		return row
	}
	defer func() {
		row.Notes, row.Faults = a.Notes, a.Faults
		if row.OK() {
			os.RemoveAll(a.dir)
			return
		}
		row.Dir = a.dir
	}()
	defer a.close()
	if row.Err = a.open(ctx); row.Err != nil {
		return row
	}
	if s.Instead != nil {
		row.Floor, row.Err = 0, s.Instead(ctx, a)
		row.Findings = distinct(a.watch.all())
		return row
	}
	if row.Err = a.play(ctx, &row); row.Err == nil {
		row.Err = a.judge(ctx, &row)
	}
	return row
}

// open starts the cluster and builds the world.
func (a *Arena) open(ctx context.Context) (err error) {
	ctx, cancel := context.WithTimeout(ctx, startPatience)
	defer cancel()
	o := a.scenario.Options
	o.Binary = a.Binary
	o.Env = append([]string{"MUSTER_RATE_LIMIT=0"}, o.Env...)
	if a.scenario.SmallData {
		o.Dir = filepath.Join(a.dir, "cluster")
		if err := a.mountDisk(filepath.Join(o.Dir, "postgres")); err != nil {
			return err
		}
	}
	if a.Cluster, err = cluster.Start(ctx, o); err != nil {
		return fmt.Errorf("starting the cluster: %w", err)
	}
	if a.scenario.Instead != nil {
		return nil
	}
	if a.doors, err = a.admin(0).build(ctx); err != nil {
		return fmt.Errorf("building the world: %w", err)
	}
	if err := a.arrangeDisks(ctx); err != nil {
		return err
	}
	if a.scenario.Prepare != nil {
		if err := a.scenario.Prepare(ctx, a); err != nil {
			return fmt.Errorf("preparing: %w", err)
		}
	}
	return nil
}

// close ends the cluster, if it was started, and keeps its logs beside the ledger.
func (a *Arena) close() {
	if a.Cluster != nil {
		for _, part := range a.Parts() {
			if text, err := os.ReadFile(part.Log()); err == nil {
				_ = os.WriteFile(filepath.Join(a.dir, part.Name()+".log"), text, 0o600) // for reading only
			}
		}
		a.Stop()
	}
	a.unmountDisk()
	os.RemoveAll(filepath.Join(a.dir, "cluster"))
}

// targets are the base URLs that the IdPs choose from.
func (a *Arena) targets() []string {
	if a.scenario.Proxied {
		return []string{a.ProxyURL()}
	}
	return a.replicaURLs()
}

func (a *Arena) replicaURLs() (urls []string) {
	for i := range a.Replicas() {
		urls = append(urls, a.ReplicaURL(i))
	}
	return urls
}

func (a *Arena) admin(replica int) admin {
	return admin{base: a.ReplicaURL(replica), token: a.AdminToken()}
}

// databaseURL is the URL of the primary, for its superuser.
func (a *Arena) databaseURL() string {
	if a.promoted {
		return a.StandbyURL()
	}
	return a.DatabaseURL()
}

// note keeps a line for the story of the run.
func (a *Arena) note(format string, arguments ...any) {
	a.Notes = append(a.Notes, fmt.Sprintf(format, arguments...))
}
