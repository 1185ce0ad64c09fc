package faults

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// Environment variables that choose what is run.
const (
	chosenVariable = "MUSTER_FAULTS"       // all, or names of scenarios and planted bugs with commas; unset: the short run
	seedVariable   = "MUSTER_FAULTS_SEED"  // unset: by the clock
	floorVariable  = "MUSTER_FAULTS_FLOOR" // acknowledged changes a second before the fault
	reportVariable = "MUSTER_REPORT"       // a file for the tables
)

// The floors without floorVariable: what two busy cores reach several times over, and what is
// left of it beside the other tests.
const (
	floor      = 100
	shortFloor = 40
)

// TestShort makes the one run that every run of the tests makes.
func TestShort(t *testing.T) {
	if os.Getenv(chosenVariable) != "" {
		t.Skip("others were chosen: " + os.Getenv(chosenVariable))
	}
	b := bench(t)
	b.Floor = numberIn(t, floorVariable, shortFloor)
	show(t, func(out io.Writer) error { return PrintTable(out, []Row{run(t, b, Short(), seed(t))}) })
}

// TestScenarios makes the runs that were chosen (make faults).
func TestScenarios(t *testing.T) {
	chosen := choice(t)
	seed := seed(t)
	var rows []Row
	for _, s := range append(Scenarios(), Short()) {
		if slices.Contains(chosen, s.Name) || chosen[0] == "all" && s.Name != "short" {
			t.Run(s.Name, func(t *testing.T) { rows = append(rows, run(t, bench(t), s, seed)) })
		}
	}
	if len(rows) > 0 {
		show(t, func(out io.Writer) error { return PrintTable(out, rows) })
	}
}

// choice is what was chosen. A name that nothing has fails the test.
func choice(t *testing.T) []string {
	t.Helper()
	text := os.Getenv(chosenVariable)
	if text == "" {
		t.Skip("this takes minutes: make faults")
	}
	known := []string{"all", "short"}
	for _, s := range Scenarios() {
		known = append(known, s.Name)
	}
	for _, bug := range Bugs() {
		known = append(known, bug.Name)
	}
	chosen := strings.Split(text, ",")
	for _, name := range chosen {
		if !slices.Contains(known, name) {
			t.Fatalf("there is no scenario or planted bug %q, but %s", name, strings.Join(known, ", "))
		}
	}
	return chosen
}

// run makes a run, and makes it again if it was void: the machine may have had something else to
// do for a moment.
func run(t *testing.T, b Bench, s Scenario, seed uint64) Row {
	t.Helper()
	start := time.Now()
	row := b.Run(t.Context(), s, seed)
	for repeats := 0; row.Void() && repeats < 2; repeats++ {
		t.Logf("%s, seed %d: %s, with %.0f/s; once more", s.Name, seed, row.Verdict(), row.Load)
		row = b.Run(t.Context(), s, seed)
	}
	t.Logf("%s(%v)", row.Story(), time.Since(start).Round(time.Second))
	if !row.OK() {
		t.Errorf("%s: %s. Repeat it with: make faults SCENARIO=%s SEED=%d", s.Name, row.Verdict(), s.Name, seed)
	}
	return row
}

// TestPlantedBugsAreCaught checks the harness: what is there it has to find.
func TestPlantedBugsAreCaught(t *testing.T) {
	chosen := choice(t)
	seed := seed(t)
	var catches []Catch
	for _, bug := range Bugs() {
		if chosen[0] != "all" && !slices.Contains(chosen, bug.Name) {
			continue
		}
		t.Run(bug.Name, func(t *testing.T) {
			b := bench(t)
			b.Binary = plantedProgram(t)
			c := b.Catch(t.Context(), bug, seed)
			catches = append(catches, c)
			t.Logf("%s", c.Last.Story())
			if !c.Caught {
				t.Errorf("nobody noticed that %s, in %d runs from seed %d on", bug.Means, c.Runs, seed)
			}
		})
	}
	if len(catches) > 0 {
		show(t, func(out io.Writer) error { return PrintCatches(out, catches) })
	}
}

func bench(t *testing.T) Bench {
	return Bench{Binary: program(t), Query: query, Floor: numberIn(t, floorVariable, floor)}
}

func seed(t *testing.T) uint64 {
	return uint64(numberIn(t, seedVariable, float64(time.Now().UnixNano()%1_000_000)))
}

func show(t *testing.T, print func(io.Writer) error) {
	t.Helper()
	var table strings.Builder
	if err := print(&table); err != nil {
		t.Fatal(err)
	}
	t.Logf("\n%s", table.String())
	if path := os.Getenv(reportVariable); path != "" {
		report, err := os.OpenFile(path, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
		if err != nil {
			t.Fatal(err)
		}
		defer report.Close()
		if _, err := report.WriteString(table.String() + "\n"); err != nil {
			t.Fatal(err)
		}
	}
}

func numberIn(t *testing.T, variable string, otherwise float64) float64 {
	t.Helper()
	text := os.Getenv(variable)
	if text == "" {
		return otherwise
	}
	n, err := strconv.ParseFloat(text, 64)
	if err != nil {
		t.Fatalf("%s: %v", variable, err)
	}
	return n
}

// program builds the program once, and returns its path.
func program(t *testing.T) string { return built(t, "MUSTER_BINARY", programOnce) }

// plantedProgram builds the one with bugs to choose from.
func plantedProgram(t *testing.T) string { return built(t, "MUSTER_PLANTED_BINARY", plantedOnce) }

var (
	programOnce = sync.OnceValues(func() (string, error) { return build("muster") })
	plantedOnce = sync.OnceValues(func() (string, error) { return build("muster-planted", "-tags", "planted") })
)

func built(t *testing.T, variable string, once func() (string, error)) string {
	t.Helper()
	if given := os.Getenv(variable); given != "" {
		return given
	}
	path, err := once()
	if err != nil {
		t.Fatal(err)
	}
	return path
}

func build(name string, arguments ...string) (string, error) {
	path := filepath.Join(scratch, name)
	cmd := exec.Command("go", append([]string{"build", "-buildvcs=false", "-o", path}, append(arguments, "github.com/muster-scim/muster/cmd/muster")...)...)
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("building the program: %w\n%s", err, out)
	}
	return path, nil
}

// query reads rows, each value as text.
func query(ctx context.Context, url, statement string, arguments ...any) (rows [][]string, err error) {
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		return nil, err
	}
	defer conn.Close(context.WithoutCancel(ctx))
	found, err := conn.Query(ctx, statement, arguments...)
	if err != nil {
		return nil, err
	}
	defer found.Close()
	for found.Next() {
		values, err := found.Values()
		if err != nil {
			return nil, err
		}
		texts := make([]string, len(values))
		for i, v := range values {
			texts[i] = fmt.Sprint(v)
		}
		rows = append(rows, texts)
	}
	return rows, found.Err()
}
