package e2e

import (
	"fmt"
	"os"
	"sort"
	"strings"
	"sync"
	"testing"
)

// report collects one line per scenario or case, for whoever asked for it with MUSTER_REPORT, a
// file's name. Its last line is `N passed, M failed`.
var report struct {
	sync.Mutex
	lines          []string
	passed, failed int
}

// reportCase adds a line when the test ends.
func reportCase(t *testing.T, name string, detail func() string) {
	t.Cleanup(func() {
		report.Lock()
		defer report.Unlock()
		word := "ok  "
		switch {
		case t.Failed():
			word = "FAIL"
			report.failed++
		case t.Skipped():
			word = "skip"
		default:
			report.passed++
		}
		report.lines = append(report.lines, strings.TrimRight(fmt.Sprintf("%-44s %s  %s", name, word, detail()), " "))
	})
}

func writeReport() error {
	path := os.Getenv("MUSTER_REPORT")
	if path == "" {
		return nil
	}
	report.Lock()
	defer report.Unlock()
	sort.Strings(report.lines)
	lines := append(report.lines, fmt.Sprintf("%d passed, %d failed", report.passed, report.failed))
	return os.WriteFile(path, []byte(strings.Join(lines, "\n")+"\n"), 0o644)
}
