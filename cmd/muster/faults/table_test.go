package faults

import (
	"errors"
	"testing"
)

func TestVerdicts(t *testing.T) {
	t.Parallel()
	lost, wrong := found(durability, Lost, "x"), found(honesty, Wrong, "y")
	for verdict, c := range map[string]struct {
		row Row
		ok  bool
	}{
		"ok":                              {Row{Load: 200, Floor: 100}, true},
		"FAIL (durability, honesty)":      {Row{Load: 200, Floor: 100, Findings: []Finding{lost, wrong, lost}}, false},
		"VOID (under 100/s)":              {Row{Load: 50, Floor: 100}, false},
		"NO RUN":                          {Row{Load: 200, Floor: 100, Err: errors.New("x")}, false},
		"ok (loses, as it must)":          {Row{Load: 200, Floor: 100, Control: true, Findings: []Finding{lost}}, true},
		"FAIL (the control lost nothing)": {Row{Load: 200, Floor: 100, Control: true, Findings: []Finding{wrong}}, false},
		"skipped: it takes root":          {Row{Floor: 100, Skipped: "it takes root"}, true},
	} {
		if got := c.row.Verdict(); got != verdict || c.row.OK() != c.ok {
			t.Errorf("%+v is %q, ok=%v, want %q, ok=%v", c.row, got, c.row.OK(), verdict, c.ok)
		}
	}
}
