package directory

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/google/uuid"

	"github.com/muster-scim/muster/policy"
	"github.com/muster-scim/muster/policy/mapping"
	"github.com/muster-scim/muster/scim"
)

// What a coverage looks at. Its memory depends on neither the records nor what is in them.
const (
	coveragePage    = 500
	MostCovered     = 100_000 // records
	mostPaths       = 500
	mostExamples    = 3
	mostListEntries = 20 // of a multi-valued attribute of one record
)

// MappingCoverage is what a connector's records bring, and what its mapping makes of them.
type MappingCoverage struct {
	Records  int  // looked at
	Complete bool // these are all there are
	Dropped  int
	Failed   int
	Paths    []CoveredPath // sorted by path
	More     bool          // there are more paths
	Steps    []CoveredStep
	DropWhen CoveredStep
}

// CoveredPath is an attribute that arrives, as targets and expressions name it.
type CoveredPath struct {
	Path    string
	Records int
}

// CoveredStep is how one step, or dropWhen, fares.
type CoveredStep struct {
	Target   string
	Gave     int // records to which the step gave a value
	Removed  int // from which it took one away
	Skipped  int // for which it was not the time
	Failed   int
	Problem  string      // the first one
	Examples []uuid.UUID // records for which it failed, a few
}

// CoverMapping counts what arrives of a connector's users, and how its mapping fares. most is how
// many records it looks at.
func (d *Directory) CoverMapping(ctx context.Context, connector string, most int) (MappingCoverage, error) {
	c, err := d.connector(ctx, connector)
	if err != nil {
		return MappingCoverage{}, err
	}
	compiled, err := policy.Compile(c.Rules)
	if err != nil {
		return MappingCoverage{}, err
	}
	n := &covering{program: compiled.Attributes(), paths: make(map[string]int)}
	for _, s := range c.Rules.Mapping.Steps {
		n.out.Steps = append(n.out.Steps, CoveredStep{Target: s.Target})
	}
	for after := uuid.Nil; ; {
		limit := min(coveragePage, most-n.out.Records)
		page, err := d.store.MappedRecords(ctx, c.DirectoryID, c.ID, after, limit+1)
		if err != nil {
			return MappingCoverage{}, err
		}
		for _, m := range page[:min(limit, len(page))] {
			n.add(m, c.Slug)
			after = m.ID
		}
		if len(page) <= limit || n.out.Records >= most {
			n.out.Complete = len(page) <= limit
			return n.conclude(), nil
		}
	}
}

// covering is a coverage under way.
type covering struct {
	program *mapping.Program
	paths   map[string]int
	out     MappingCoverage
}

func (n *covering) add(m MappedRecord, connector string) {
	n.out.Records++
	given := m.given(connector)
	for path := range pathsOf(given.Document) {
		if _, known := n.paths[path]; known || len(n.paths) < mostPaths {
			n.paths[path]++
		} else {
			n.out.More = true
		}
	}
	if n.program == nil {
		return
	}
	result := n.program.Trace(given)
	if result.Dropped {
		n.out.Dropped++
	}
	if result.Problem != nil {
		n.out.Failed++
		if result.Problem.Place == "dropWhen" {
			n.out.DropWhen.fail(m.ID, result.Problem)
		}
	}
	for i, s := range result.Steps {
		step := &n.out.Steps[i]
		switch {
		case s.Skipped:
			step.Skipped++
		case s.Problem != nil:
			step.fail(m.ID, s.Problem)
		case s.After != nil:
			step.Gave++
		case s.Before != nil:
			step.Removed++
		}
	}
}

func (s *CoveredStep) fail(record uuid.UUID, p *mapping.Problem) {
	s.Failed++
	if s.Problem == "" {
		s.Problem = p.String()
	}
	if len(s.Examples) < mostExamples {
		s.Examples = append(s.Examples, record)
	}
}

func (n *covering) conclude() MappingCoverage {
	for path, records := range n.paths {
		n.out.Paths = append(n.out.Paths, CoveredPath{path, records})
	}
	slices.SortFunc(n.out.Paths, func(a, b CoveredPath) int { return cmp.Compare(a.Path, b.Path) })
	return n.out
}

// pathsOf are the paths of a document's values as targets name them, each once.
func pathsOf(doc scim.Document) map[string]bool {
	paths := make(map[string]bool)
	for name, value := range doc {
		if inner, ok := value.(map[string]any); ok && strings.HasPrefix(name, "urn:") {
			for sub, value := range inner {
				addPaths(paths, name+":"+sub, value)
			}
			continue
		}
		addPaths(paths, name, value)
	}
	return paths
}

func addPaths(paths map[string]bool, path string, value any) {
	switch v := value.(type) {
	case map[string]any:
		for sub := range v {
			paths[path+"."+sub] = true
		}
	case []any:
		for _, entry := range v[:min(len(v), mostListEntries)] {
			e, _ := entry.(map[string]any)
			if kind, _ := e["type"].(string); kind != "" {
				paths[fmt.Sprintf("%s[type eq %q].value", path, kind)] = true
				continue
			}
			paths[path] = true
		}
	default:
		paths[path] = true
	}
}
