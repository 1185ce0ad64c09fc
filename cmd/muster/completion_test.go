package main

import (
	"slices"
	"strings"
	"testing"
)

func TestACommandLineIsCompletedWhereverItStands(t *testing.T) {
	t.Parallel()
	model := modelOf(t)
	names := map[string][]string{nameOfConnector: {"acme-okta", "globex-entra"}, nameOfDirectory: {"main"}, nameOfTenant: {"acme", "Globex Inc."}}
	for line, want := range map[string][]string{
		"connectors sh":                       {"show"},
		"connectors show ":                    {"acme-okta", "globex-entra"},
		"connectors get gl":                   {"globex-entra"}, // an alias
		"connectors create acm":               nil,              // a name that nothing has yet
		"connectors create x --tenant ":       {"acme", "Globex Inc."},
		"connectors create x --mode o":        {"observe"},
		"connectors create x --mode=o":        {"--mode=observe"},
		"connectors create x --mode = o":      {"observe"}, // as bash takes it apart
		"connectors mode acme-okta l":         {"live"},
		"connectors set acme-okta --no-st":    {"--no-strict"},
		"users --man":                         {"--managed"}, // a flag of users list
		"users --managed l":                   {"local"},
		"users list -d ":                      {"main"},
		"groups members g -o y":               {"yaml"},
		"holds a":                             {"apply", "acme-okta"},
		"rules diff globex-entra --version 3": nil,
		"directories remove ":                 {"main"},
		"why --attribute title ":              nil,
		"__comp":                              nil, // hidden
	} {
		var got []string
		for _, found := range (&completing{ask: func(kind string) []string { return names[kind] }}).line(model.Node, strings.Split(line, " ")) {
			got = append(got, found.word)
		}
		if !slices.Equal(got, want) {
			t.Errorf("muster %s: %q, want %q", line, got, want)
		}
	}
}
